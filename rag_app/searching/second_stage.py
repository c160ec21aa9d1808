"""Second stage: the candidates that a cross-encoder finds best, of which no two say the same."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from rag_app.searching.early_stop import read_until_settled
from rag_app.searching.near_duplicates import keep
from rag_app.searching.ranking import blended
from rag_app.storage.heading import heading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag_app.models.numbers import RerankerNumbers
    from rag_app.models.reranker import Reranker
    from rag_app.searching.candidates import Trace

    About = Callable[[str], Mapping[str, float]]  # how much a question names each document, 0 to 1


@dataclass(frozen=True, slots=True)
class Proposed:
    """A candidate of the first stage, as the cross-encoder sees it."""

    text: str
    document: str
    title: str
    rank: int  # 1 is best
    score: float  # of the first stage
    above: str = ""  # what its first row stands under, where it begins within a table

    @property
    def reading(self) -> str:
        """What is read: the document's name and title, then the passage under its table's head."""
        return "\n".join(filter(None, (heading(self.document, self.title), self.above, self.text)))


@dataclass(frozen=True, slots=True)
class Kept:
    """One that is kept."""

    row: int  # of the candidates
    score: float  # what the kept ones are ordered by


class SecondStage:
    """Keeps the best `k` candidates.

    The best differ: of passages that say the same one is kept, and at most `per_document` come from one document, as
    long as others are nearly as relevant. Without a reranker the first stage's best are kept as they are.
    """

    def __init__(
        self,
        reranker: Reranker | None,
        k: int,
        *,
        about: About | None = None,
        trace: Trace | None = None,
        per_document: int = 0,
        adaptive: bool = True,
    ) -> None:
        """Take the parts.

        Args:
            reranker: None keeps the first stage's order.
            k: how many are wanted.
            about: how much the question names each document.
            trace: is told of the seconds.
            per_document: most of one document; 0 means four fifths of k.
            adaptive: stop reading once the best k are settled.
        """
        self._reranker = reranker
        self._k = k
        self._about = about
        self._trace = trace
        self._per_document = per_document or ceil(0.8 * k)
        self._adaptive = adaptive

    def best(self, question: str, candidates: Sequence[Proposed]) -> list[Kept]:
        """Return the best `k` of the candidates, best first; equal scores keep their order."""
        if self._reranker is None:
            return [Kept(row, candidate.score) for row, candidate in enumerate(candidates[: self._k])]
        since = time.perf_counter()
        ranked = self._ranked(question, candidates, self._reranker)
        kept = keep(
            [one.score for one in ranked],
            [candidates[one.row].text for one in ranked],
            [candidates[one.row].document for one in ranked],
            self._k,
            self._per_document,
            self._reranker.numbers,
        )
        if self._trace is not None:
            self._trace.timed("rerank", since)
        return [ranked[row] for row in kept]

    def _ranked(self, question: str, candidates: Sequence[Proposed], reranker: Reranker) -> list[Kept]:
        """Return those that were read, best first."""
        texts = [candidate.reading for candidate in candidates]

        def read(rows: Sequence[int]) -> Sequence[float]:
            return list(map(float, reranker.score(question, [texts[row] for row in rows])))

        priors = self._priors(question, candidates, reranker.numbers)
        scores = read_until_settled(priors, read, self._k, reranker.numbers.margin, adaptive=self._adaptive)
        return [Kept(row, scores[row]) for row in sorted(scores, key=lambda row: (-scores[row], row))]

    def _priors(self, question: str, candidates: Sequence[Proposed], numbers: RerankerNumbers) -> list[float]:
        """Return what each candidate's score has beside its relevance."""
        named = self._about(question) if self._about else {}
        priors = []
        for candidate in candidates:
            bonus = numbers.named_document * named.get(candidate.document, 0.0)
            priors.append(blended(bonus, candidate.rank, numbers.late_rank))
        return priors
