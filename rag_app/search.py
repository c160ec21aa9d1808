"""First stage: the candidates for a question, from the vector index and the keyword index."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rag_app.types import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rag_app.types import Mode, Places, Scored, Vectors

_RRF = 60  # Cormack, Clarke and Büttcher 2009: damps the lead of the first ranks


class Trace:
    """Seconds spent by stage; one per question."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, stage: str, since: float) -> float:
        """Add the seconds since `since` to `stage` and return the time now."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - since
        return now


class Search:
    """Proposes candidates by meaning, by words, or by both fused."""

    def __init__(
        self,
        embed: Callable[[str], Vectors],
        nearest: Callable[[Vectors, int], Sequence[Scored]],
        keyword: Callable[[str, int], Sequence[Scored]],
        places: Places | None = None,
    ) -> None:
        self._embed = embed
        self._nearest = nearest
        self._keyword = keyword
        self._places = places

    def candidates(self, question: str, n: int, mode: Mode, trace: Trace) -> list[Candidate]:
        """Return at most `n` candidates, best first; equal scores by place, else by id."""
        now = time.perf_counter()
        rankings: list[Sequence[Scored]] = []
        if mode != "keyword":
            vector = self._embed(question)
            now = trace.timed("embed", now)
            rankings.append(self._nearest(vector, n))
        if mode != "dense":
            rankings.append(self._keyword(question, n))
        ranked = fuse(rankings, self._places) if len(rankings) > 1 else list(rankings[0])
        trace.timed("retrieve", now)
        return [Candidate(passage, rank, score) for rank, (passage, score) in enumerate(ranked[:n], 1)]


def fuse(rankings: Iterable[Sequence[Scored]], places: Places | None = None) -> list[Scored]:
    """Join rankings by reciprocal rank fusion: the score of a passage is the sum of 1 / (60 + rank)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, (passage, _) in enumerate(ranking, 1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (_RRF + rank)
    known = places(scores) if places else {}
    return sorted(scores.items(), key=lambda item: (-item[1], known.get(item[0], ("", item[0]))))
