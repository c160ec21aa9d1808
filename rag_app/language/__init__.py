"""The words of natural languages, as data, and how text is cut into words.

`data/` has one file a language; `language` loads them, `detector` tells which language a text is in, `words` cuts text
into words and tells which are forms of one. No other room holds a word that decides something (docs/languages.md).
May import the modules at the top only.
"""
