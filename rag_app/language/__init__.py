"""The words of natural languages, as data, and how text is cut into words.

May import the modules at the top only.
"""
