"""A cross-encoder that remembers what it read, for comparing systems that rank the same pairs."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.reranker import Reranker
    from rag_app.types import Vectors


class SharedScores:
    """A cross-encoder that scores each pair once; a repeated one costs the time that it took the first time."""

    def __init__(self, reranker: Reranker) -> None:
        self.name = reranker.name
        self.numbers = reranker.numbers
        self.saved = 0.0  # seconds that were not spent because scores were known
        self._reranker = reranker
        self._known: dict[tuple[str, str], tuple[float, float]] = {}  # score, seconds

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return (len(texts),) float32 logits, as the cross-encoder does."""
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if (question, text) not in self._known]
        self.saved += sum(self._known[question, text][1] for text in texts if (question, text) in self._known)
        if new:
            begun = perf_counter()
            scores = self._reranker.score(question, new)
            share = (perf_counter() - begun) / len(new)
            self._known |= {(question, text): (float(s), share) for text, s in zip(new, scores, strict=True)}
        return np.array([self._known[question, text][0] for text in texts], np.float32)

    def forget(self) -> None:
        """Score all pairs anew."""
        self._known.clear()
