"""The commands of `rag`: they read options, call the library, and hand what it says to the console.

One module a group of commands. May import everything below; nothing imports it but `__main__`.
"""
