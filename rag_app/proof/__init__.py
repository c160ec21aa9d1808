"""What may be said, and its proof: quotes, figures, support, contradictions, and when to refuse.

May import evidence, searching and what lies below them.
"""
