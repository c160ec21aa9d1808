"""`rag eval`: from question files and collections to measures, their chance, and a picture.

May import the library and what lies below it; says how far it is through an argument and prints nothing.
"""
