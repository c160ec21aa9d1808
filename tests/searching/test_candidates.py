from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_app.searching.candidates import Search, Trace
from rag_app.searching.fusion import DENSE, fuse
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
    assert [(c.passage, c.rank) for c in found] == [(1, 1), (3, 2), (4, 3), (2, 4)]
    assert [c.score for c in found] == pytest.approx([0.5, 0.5, 0.5 * 11 / 12, 0.25])


def test_both_rankings_are_read_deeper_than_the_candidates_wanted() -> None:
    found = Ranked().candidates(2, "hybrid")
    assert [c.passage for c in found] == [1, 3]  # 3 is the third by meaning and the first by words


def test_what_both_rankings_found_goes_first() -> None:
    assert fuse([(1, 0.9), (2, 0.85), (3, 0.1)], [(2, 8.0), (4, 7.0)])[0] == (2, pytest.approx(0.5 * 0.9375 + 0.5))


def test_no_more_candidates_than_asked_come_back() -> None:
    assert [candidate.passage for candidate in Ranked().candidates(3, "hybrid")] == [1, 3, 4]  # of four


def test_equal_scores_keep_the_order_of_their_ids_or_places() -> None:
    assert fuse([(9, 1.0), (4, 1.0)], []) == [(4, DENSE), (9, DENSE)]
    places = {9: ("/a", 0), 4: ("/b", 0)}
    assert fuse([(9, 1.0), (4, 1.0)], [], lambda ids: places) == [(9, DENSE), (4, DENSE)]


def test_fusing_nothing_gives_nothing() -> None:
    assert fuse([], []) == []


scores = st.dictionaries(st.integers(0, 9), st.floats(-2, 2), max_size=8)


@settings(max_examples=50)
@given(scores, st.dictionaries(st.integers(0, 9), st.floats(0.001, 50), max_size=8))
def test_a_fused_score_is_the_weighted_sum_of_the_scaled_ones(
    dense: dict[int, float], keyword: dict[int, float]
) -> None:
    fused = fuse(_ranked(dense), _ranked(keyword))
    assert {passage for passage, _ in fused} == dense.keys() | keyword.keys()
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)
    for passage, score in fused:
        low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
        meaning = ((dense[passage] - low) / (high - low) if high > low else 1.0) if passage in dense else 0.0
        words = keyword[passage] / max(keyword.values()) if passage in keyword else 0.0
        assert score == pytest.approx(DENSE * meaning + (1 - DENSE) * words)


def _ranked(scores: dict[int, float]) -> list[Scored]:
    return sorted(scores.items(), key=lambda item: -item[1])


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
