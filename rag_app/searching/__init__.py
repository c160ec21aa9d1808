"""From a question to its passages: candidates from both indexes, the reranker's order, named documents.

May import storage, models and what lies below them.
"""
