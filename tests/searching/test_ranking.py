from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import SCORES
from hypothesis import given
from hypothesis import strategies as st

from rag_app.searching.early_stop import FIRST, STEP, read_until_settled
from rag_app.searching.near_duplicates import keep
from rag_app.searching.ranking import blended

if TYPE_CHECKING:
    from collections.abc import Sequence

BLEND, YIELD = SCORES.late_rank, SCORES.gives_way
RANKS = [blended(0.0, rank, BLEND) for rank in range(1, 51)]
FALLING = [5.0 - 0.5 * row for row in range(50)]


def reading(
    relevance: Sequence[float], priors: Sequence[float] = RANKS, k: int = 5, **options: bool
) -> dict[int, float]:
    return read_until_settled(priors, lambda rows: [relevance[row] for row in rows], k, SCORES.margin, **options)


def test_reading_stops_once_what_is_left_is_less_relevant() -> None:
    assert len(reading(FALLING)) == FIRST
    assert len(reading(FALLING, adaptive=False)) == 50


def test_reading_goes_on_while_the_last_ones_are_among_the_best() -> None:
    relevance = [*FALLING[:FIRST], *(6.0 for _ in range(STEP)), *FALLING[FIRST + STEP :]]
    assert len(reading(relevance)) == FIRST
    relevance[FIRST - 1] = 6.0
    assert len(reading(relevance)) == FIRST + 2 * STEP
    assert len(reading(FALLING[::-1])) == 50


def test_as_many_are_read_as_are_wanted() -> None:
    assert len(reading(FALLING, k=33)) >= 33
    assert len(reading(FALLING, k=100)) == 50
    assert reading([], []) == {}


def test_a_candidate_with_a_high_prior_is_read_first_however_late_its_rank() -> None:
    priors = [*RANKS[:49], 6.0]
    assert next(iter(reading(FALLING, priors))) == 49


@given(st.lists(st.floats(-11, 11), max_size=60), st.integers(1, 60))
def test_all_that_is_read_has_its_relevance_and_its_prior(relevance: list[float], k: int) -> None:
    priors = [blended(0.0, rank, BLEND) for rank in range(1, len(relevance) + 1)]
    scores = reading(relevance, priors, k)
    assert scores == {row: relevance[row] + priors[row] for row in scores}
    assert len(scores) >= min(k, len(relevance))
    assert len(reading(relevance, priors, k, adaptive=False)) == len(relevance)


def test_a_late_rank_costs_the_same_each_time_it_doubles() -> None:
    assert [blended(1.0, rank, BLEND) for rank in (1, 2, 4)] == [1.0, 1.0 - BLEND, 1.0 - 2 * BLEND]


LEASE = "The tenant pays a rent of 900 euros on the third working day of each month, in advance."


def kept(texts: Sequence[str], documents: Sequence[str], k: int, per_document: int) -> list[int]:
    return keep([0.0] * len(texts), texts, documents, k, per_document, SCORES)


def test_of_passages_that_say_the_same_the_best_is_kept() -> None:
    texts = [LEASE, LEASE.upper(), f"{LEASE} Signed in Berlin.", "The landlord repairs the roof.", "Pets are allowed."]
    assert kept(texts, ["a", "b", "c", "d", "e"], 3, 5) == [0, 3, 4]
    assert kept(texts, ["a", "b", "c", "d", "e"], 4, 5) == [0, 1, 3, 4]  # too few are left: they come back


def test_the_same_words_with_other_figures_say_something_else() -> None:
    texts = [LEASE, LEASE.replace("900", "950"), LEASE.replace("rent of 900 euros", "rent")]
    assert kept(texts, ["a", "b", "c"], 2, 5) == [0, 1]
    assert kept(texts[::2], ["a", "c"], 2, 5) == [0, 1]


def test_texts_without_words_are_all_kept() -> None:
    assert kept(["", "…", "?"], ["a", "b", "c"], 3, 5) == [0, 1, 2]


@pytest.mark.parametrize(("per_document", "expected"), [(1, [0, 3, 5]), (2, [0, 1, 3]), (3, [0, 1, 2])])
def test_one_document_does_not_take_all_places_while_there_are_others(per_document: int, expected: list[int]) -> None:
    texts = [f"{word} alone" for word in ("one", "two", "three", "four", "five", "six")]
    assert kept(texts, ["a", "a", "a", "b", "a", "c"], 3, per_document) == expected


def test_places_that_no_other_document_wants_stay_with_the_first() -> None:
    texts = [f"{word} alone" for word in ("one", "two", "three", "four")]
    assert kept(texts, ["a", "a", "a", "b"], 4, 1) == [0, 1, 2, 3]


def test_a_document_with_enough_passages_gives_way_only_to_one_that_scores_nearly_as_well() -> None:
    texts = [f"{word} alone" for word in ("one", "two", "three", "four")]
    assert keep([9, 8, 7, 7 - YIELD], texts, ["a", "a", "a", "b"], 3, 2, SCORES) == [0, 1, 3]
    assert keep([9, 8, 7, 6.9 - YIELD], texts, ["a", "a", "a", "b"], 3, 2, SCORES) == [0, 1, 2]
    assert keep([9, 8, -7, -7.1], texts, ["a", "a", "a", "b"], 3, 2, SCORES) == [0, 1, 2]  # neither says anything


@given(st.lists(st.tuples(st.text("ab 1", max_size=8), st.sampled_from("xyz")), max_size=12), st.integers(1, 12))
def test_as_many_are_kept_as_there_are(rows: list[tuple[str, str]], k: int) -> None:
    chosen = kept([text for text, _ in rows], [document for _, document in rows], k, 2)
    assert len(chosen) == min(k, len(rows))
    assert chosen == sorted(set(chosen))
