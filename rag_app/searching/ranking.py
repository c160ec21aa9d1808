"""What orders passages: the cross-encoder's logit, and the first stage's rank a little."""

from __future__ import annotations

from math import log2


def blended(relevance: float, retrieval_rank: int, late_rank: float) -> float:
    """Return the score that orders passages: the cross-encoder's logit, less a little for a late first-stage rank."""
    return relevance - late_rank * log2(retrieval_rank)
