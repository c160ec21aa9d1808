"""The folder of a library: SQLite, which is the truth, and the copies beside it.

The only room that opens the library's files. May import language, types, config, errors, files and text.
"""
