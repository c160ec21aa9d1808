from __future__ import annotations

from itertools import product
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.metrics import METRICS, chance, interval, mean, per_query, significant


def test_the_measures_are_those_of_their_definitions() -> None:
    relevant = {"q": {"a": 2, "b": 1, "c": 0}}
    values = per_query(relevant, {"q": ["x", "a", "c", "b"]})
    ideal = 2 + 1 / log2(3)
    assert values["ndcg@10"]["q"] == pytest.approx((2 / log2(3) + 1 / log2(5)) / ideal, abs=1e-6)
    assert values["mrr@10"]["q"] == 0.5
    assert values["recall@5"]["q"] == 1.0


def test_what_comes_late_counts_for_the_deep_recall_only() -> None:
    ranking = [str(n) for n in range(60)]
    at = {place: per_query({"q": {str(place): 1}}, {"q": ranking}) for place in (5, 10, 49, 50)}
    assert [values["recall@50"]["q"] for values in at.values()] == [1, 1, 1, 0]
    assert [values["mrr@10"]["q"] for values in at.values()] == [pytest.approx(1 / 6, abs=1e-6), 0, 0, 0]
    assert [values["recall@5"]["q"] for values in at.values()] == [0, 0, 0, 0]


def test_a_question_without_a_hit_counts_as_nothing_and_is_not_left_out() -> None:
    values = per_query({"q": {"a": 1}, "r": {"a": 1}}, {"q": [], "r": ["a"]})
    assert values == {metric: {"q": 0.0, "r": 1.0} for metric in METRICS}
    assert mean(values["recall@5"]) == 0.5


def test_the_order_of_the_ranking_decides_and_not_the_names_of_documents() -> None:
    for first, second in (("a", "b"), ("b", "a")):
        assert per_query({"q": {first: 1}}, {"q": [first, second]})["mrr@10"]["q"] == 1.0


def test_the_interval_holds_the_mean_is_the_same_each_time_and_shrinks_with_more_questions() -> None:
    few = {str(n): float(n % 2) for n in range(10)}
    many = {str(n): float(n % 2) for n in range(1000)}
    low, high = interval(few)
    assert 0 < low < 0.5 < high < 1
    assert interval(few) == (low, high)
    assert interval(many)[1] - interval(many)[0] < (high - low) / 5
    assert interval({"q": 0.25}) == (0.25, 0.25)


def test_the_permutation_test_agrees_with_all_permutations() -> None:
    before = {str(n): value for n, value in enumerate([0.9, 0.8, 0.7, 0.6, 0.9, 0.5, 0.3, 0.2])}
    after = {str(n): value for n, value in enumerate([0.5, 0.9, 0.2, 0.1, 0.4, 0.1, 0.3, 0.1])}
    changes = [after[key] - before[key] for key in before]
    every = [abs(sum(s * c for s, c in zip(signs, changes, strict=True))) for signs in product((1, -1), repeat=8)]
    exact = sum(value >= abs(sum(changes)) - 1e-9 for value in every) / len(every)
    assert chance(before, after) == pytest.approx(exact, abs=0.01)


@given(st.dictionaries(st.text(max_size=3), st.sampled_from([0.0, 0.5, 1.0]), min_size=1))
def test_a_run_that_is_the_same_is_never_called_different(values: dict[str, float]) -> None:
    assert chance(values, values) == 1.0


def test_many_comparisons_ask_for_more_than_one_does() -> None:
    assert significant([0.04], 0.05) == [True]
    assert significant([0.04, 0.9], 0.05) == [False, False]
    assert significant([0.04, 0.001, 0.9], 0.05) == [False, True, False]
    assert significant([0.01, 0.001, 0.04], 0.05) == [True, True, True]
    assert significant([], 0.05) == []
