from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import SCORES
from hypothesis import example, given
from hypothesis import strategies as st

from rag_app.models.numbers import RerankerNumbers
from rag_app.searching.second_stage import Proposed, SecondStage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.types import Vectors

NAMES = ["Acme", "Bolt", "Cord"]
QUESTION = "Does Acme deliver XK-4711?"


class Told:
    """A cross-encoder that scores the texts in their order as it is told, times a factor and more."""

    name = "told"

    def __init__(
        self, relevance: Sequence[float], numbers: RerankerNumbers, times: float = 1.0, more: float = 0.0
    ) -> None:
        self.numbers = numbers
        self._scores = [value * times + more for value in relevance]

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        return np.array([self._scores[int(text.rpartition(" ")[2])] for text in texts], np.float32)


def candidates(n: int, documents: int = 1) -> list[Proposed]:
    """Return candidates that say different things, those of a document together; each seventh holds the code."""
    texts = [f"{'XK-4711 ' if row % 7 == 3 else ''}text{row} number {row}" for row in range(n)]
    return [Proposed(text, NAMES[row * documents // n], "", row + 1, 1 / (row + 1)) for row, text in enumerate(texts)]


def rows(reranker: Told, n: int, k: int, documents: int = 1) -> list[int]:
    stage = SecondStage(reranker, k, about=lambda _: {"Acme": 1.0})
    return [kept.row for kept in stage.best(QUESTION, candidates(n, documents))]


def test_equal_scores_keep_the_order_of_the_first_stage() -> None:
    assert rows(Told([5.0] * 12, RerankerNumbers()), 12, 12) == list(range(12))


@pytest.mark.parametrize(("k", "most"), [(5, 4), (10, 8), (1, 1)])
def test_one_document_has_four_fifths_of_the_places_where_another_is_as_relevant(k: int, most: int) -> None:
    proposed = [Proposed(f"text{row} number {row}", "a" if row < 20 else "b", "", 1, 1.0) for row in range(40)]
    kept = SecondStage(Told([6.0] * 20 + [5.9] * 20, SCORES), k).best("number", proposed)
    assert sum(proposed[one.row].document == "a" for one in kept) == most
    assert len(kept) == k


@given(
    st.lists(st.integers(-12, 12), min_size=1, max_size=45),
    st.sampled_from([0.125, 0.5, 8.0]),
    st.sampled_from([-1000.0, 0.0, 400.0]),
    st.integers(1, 3),
)
@example([9] * 20 + [5] * 20, 0.125, -1000.0, 2)  # the fifth of one document gives way to the best of the other
def test_what_is_kept_by_a_model_that_was_not_measured_does_not_depend_on_its_scale(
    relevance: list[int], times: float, more: float, documents: int
) -> None:
    own = rows(Told(relevance, RerankerNumbers()), len(relevance), 5, documents)
    assert rows(Told(relevance, RerankerNumbers(), times, more), len(relevance), 5, documents) == own


def test_a_model_that_was_not_measured_reads_all_however_far_the_best_are_ahead() -> None:
    last_is_best = [9.0] * 20 + [-9.0] * 19 + [10.0]
    assert rows(Told(last_is_best, RerankerNumbers()), 40, 1) == [39]
    assert rows(Told(last_is_best, SCORES), 40, 1) != [39]
