"""What the generator may read: pieces of the passages, chosen by score, without text that gives orders.

May import searching, models and what lies below them.
"""
