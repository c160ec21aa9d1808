"""Which candidates become the result: how many the cross-encoder reads, and which of the best are kept.

Pure functions over scores and texts, in logits of the cross-encoder.
"""

from __future__ import annotations

from math import log, log2
from typing import TYPE_CHECKING

from rag_app.language.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence


def blended(relevance: float, retrieval_rank: int, late_rank: float) -> float:
    """Return the score that orders passages: the cross-encoder's logit, less a little for a late first-stage rank."""
    return relevance - late_rank * log2(retrieval_rank)


def exactness(codes: Sequence[str], texts: Sequence[str]) -> list[float]:
    """Return how much of what a question means to the letter each text holds, 0 to 1.

    A code counts the more the fewer of the texts have it, on a scale where one that all have says nothing.

    Args:
        codes: sequences of words, as `keywords.codes` gives them.
        texts: the candidates, at least two for any of them to stand out.
    """
    total = [0.0] * len(texts)
    said = [f" {' '.join(words(text))} " for text in texts] if codes else []
    for code in codes:
        holding = [row for row, text in enumerate(said) if f" {code} " in text]
        for row in holding:
            total[row] += log(len(texts) / len(holding)) / log(len(texts)) / len(codes) if len(texts) > 1 else 0.0
    return total
