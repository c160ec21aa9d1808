"""The ranking by vectors and the ranking by words, fused into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.types import Places, Scored

DENSE = 0.5  # of a fused score; the rest is the words' share


def fuse(dense: Sequence[Scored], keyword: Sequence[Scored], places: Places | None = None) -> list[Scored]:
    """Join two rankings, best first, by a weighted sum of their scores (Bruch, Gai and Ingber 2023: better than ranks).

    Similarities are scaled so that the last of the ranking has 0 and the first 1, BM25 scores so that the first has 1;
    a passage that a ranking lacks has 0 there. Fused scores lie between 0 and 1; equal ones are ordered by place, else
    by id.
    """
    scores: dict[int, float] = {}
    for ranking, share, low in (
        (dense, DENSE, min((score for _, score in dense), default=0.0)),
        (keyword, 1 - DENSE, 0.0),
    ):
        span = max((score for _, score in ranking), default=0.0) - low
        for passage, score in ranking:
            scores[passage] = scores.get(passage, 0.0) + share * ((score - low) / span if span > 0 else 1.0)
    known = places(scores) if places else {}
    return sorted(scores.items(), key=lambda item: (-item[1], known.get(item[0], ("", item[0]))))
