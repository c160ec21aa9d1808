from __future__ import annotations

import time
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_app.search import Search, Trace, fuse
from rag_app.types import Candidate

if TYPE_CHECKING:
    from rag_app.types import Mode, Scored, Vectors

MEANING = [(1, 0.9), (2, 0.8), (3, 0.7)]
WORDS = [(3, 12.0), (4, 11.0)]


class Ranked:
    """Two rankings that are cut at the number asked for; notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, question: str) -> Vectors:
        self.asked.append(f"embed {question}")
        return np.ones(1, np.float32)

    def nearest(self, vector: Vectors, n: int) -> list[Scored]:
        self.asked.append("nearest")
        return MEANING[:n]

    def keyword(self, question: str, n: int) -> list[Scored]:
        self.asked.append(f"keyword {question}")
        return WORDS[:n]

    def candidates(self, n: int, mode: Mode) -> list[Candidate]:
        return Search(self.embed, self.nearest, self.keyword).candidates("why?", n, mode, Trace())


def test_dense_search_keeps_the_order_and_scores_of_the_vectors() -> None:
    ranked = Ranked()
    assert ranked.candidates(2, "dense") == [Candidate(1, 1, 0.9), Candidate(2, 2, 0.8)]
    assert ranked.asked == ["embed why?", "nearest"]


def test_keyword_search_embeds_nothing() -> None:
    ranked = Ranked()
    assert ranked.candidates(5, "keyword") == [Candidate(3, 1, 12.0), Candidate(4, 2, 11.0)]
    assert ranked.asked == ["keyword why?"]


def test_hybrid_search_puts_first_what_both_rankings_found() -> None:
    found = Ranked().candidates(5, "hybrid")
    assert [(c.passage, c.rank) for c in found] == [(3, 1), (1, 2), (2, 3), (4, 4)]
    assert found[0].score == pytest.approx(1 / 63 + 1 / 61)


def test_no_more_candidates_than_asked_come_back() -> None:
    assert [candidate.passage for candidate in Ranked().candidates(3, "hybrid")] == [3, 1, 2]  # of four


def test_equal_scores_keep_the_order_of_their_ids() -> None:
    assert fuse([[(9, 1.0)], [(4, 1.0)]]) == [(4, 1 / 61), (9, 1 / 61)]


def test_fusing_nothing_gives_nothing() -> None:
    assert fuse([]) == fuse([[], []]) == []


rankings = st.lists(st.lists(st.integers(0, 9), unique=True, max_size=8), max_size=3)


@settings(max_examples=50)
@given(rankings)
def test_a_fused_score_is_the_sum_of_one_over_sixty_plus_rank(lists: list[list[int]]) -> None:
    fused = fuse([[(passage, 0.0) for passage in ranking] for ranking in lists])
    exact = {
        passage: sum((Fraction(1, 61 + ranking.index(passage)) for ranking in lists if passage in ranking), Fraction(0))
        for passage in set().union(*lists)
    }
    assert dict(fused) == {passage: pytest.approx(float(score)) for passage, score in exact.items()}
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


def test_a_trace_adds_up_the_seconds_of_a_stage() -> None:
    trace = Trace()
    now = time.perf_counter()
    trace.timed("rerank", now - 2)
    trace.timed("rerank", now - 3)
    assert list(trace.seconds) == ["rerank"]
    assert trace.seconds["rerank"] == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize(
    ("mode", "stages"), [("hybrid", {"embed", "retrieve"}), ("dense", {"embed", "retrieve"}), ("keyword", {"retrieve"})]
)
def test_each_stage_that_ran_is_timed(mode: Mode, stages: set[str]) -> None:
    ranked, trace = Ranked(), Trace()
    Search(ranked.embed, ranked.nearest, ranked.keyword).candidates("why?", 3, mode, trace)
    assert trace.seconds.keys() == stages
