"""Adapters around the library for LangChain; nothing of ours below this room imports LangChain.

May import searching and what lies below it. The library hands in what a retriever or tool calls.
"""
