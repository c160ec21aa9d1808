"""First stage: the candidates for a question, from the vector index and the keyword index."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rag_app.searching.fusion import fuse
from rag_app.types import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.types import Mode, Places, Scored, Vectors

_DEEPER = 2  # times as many of each ranking are fused as are wanted


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
        each = n * _DEEPER if mode == "hybrid" else n
        dense: Sequence[Scored] = ()
        if mode != "keyword":
            vector = self._embed(question)
            now = trace.timed("embed", now)
            dense = self._nearest(vector, each)
        keyword = self._keyword(question, each) if mode != "dense" else ()
        ranked = fuse(dense, keyword, self._places) if mode == "hybrid" else dense or keyword
        trace.timed("retrieve", now)
        return [Candidate(passage, rank, score) for rank, (passage, score) in enumerate(ranked[:n], 1)]
