from __future__ import annotations

from itertools import product
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.evaluation.measures import METRICS, chances, interval, mean, per_query


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


BEFORE = {str(n): value for n, value in enumerate([0.9, 0.8, 0.7, 0.6, 0.9, 0.5, 0.3, 0.2])}
AFTER = {str(n): value for n, value in enumerate([0.5, 0.9, 0.2, 0.1, 0.4, 0.1, 0.3, 0.1])}
OTHER = {str(n): value for n, value in enumerate([0.9, 0.8, 0.7, 0.6, 0.8, 0.5, 0.2, 0.4])}


def exact(*afters: dict[str, float]) -> list[float]:
    """Return the p-values from all 256 signs."""
    rows = [[after[key] - BEFORE[key] for key in BEFORE] for after in afters]
    rows = [[change / sum(c * c for c in row) ** 0.5 for change in row] for row in rows]
    every = list(product((1, -1), repeat=8))
    largest = [max(sum(s * c for s, c in zip(signs, row, strict=True)) for row in rows) for signs in every]
    return [sum(value >= abs(sum(row)) - 1e-9 for value in largest) / len(every) for row in rows]


def test_the_permutation_test_agrees_with_all_permutations() -> None:
    assert chances([(BEFORE, AFTER)]) == pytest.approx(exact(AFTER), abs=0.01)
    assert chances([(BEFORE, AFTER), (BEFORE, OTHER)]) == pytest.approx(exact(AFTER, OTHER), abs=0.015)
    assert chances([]) == []


def test_more_comparisons_ask_for_more_but_not_those_that_say_the_same_or_nothing() -> None:
    [alone] = chances([(BEFORE, AFTER)])
    random = np.random.default_rng(2)
    others = [dict(zip(BEFORE, random.permutation(list(AFTER.values())).tolist(), strict=True)) for _ in range(9)]
    assert chances([(BEFORE, AFTER), *((BEFORE, other) for other in others)])[0] > 1.5 * alone
    assert chances([(BEFORE, AFTER), (BEFORE, AFTER)]) == [alone, alone]
    assert chances([(BEFORE, AFTER), (BEFORE, BEFORE)]) == [alone, 1.0]


def test_a_gain_and_a_drop_of_the_same_size_are_as_likely() -> None:
    assert chances([(BEFORE, AFTER)]) == pytest.approx(chances([(AFTER, BEFORE)]), abs=0.005)


def test_a_harmless_change_is_seldom_called_different_however_many_figures_are_compared() -> None:
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(100):
        quality = random.random(30)
        runs = [dict(enumerate(quality + random.normal(0, 0.1, 30))) for _ in range(20)]
        named = [{str(key): value for key, value in run.items()} for run in runs]
        alarms += min(chances([(named[n], named[n + 1]) for n in range(0, 20, 2)])) <= 0.05
    assert alarms <= 20  # 10 are expected: 5 of a hundred in each direction


@given(st.dictionaries(st.text(max_size=3), st.sampled_from([0.0, 0.5, 1.0]), min_size=1))
def test_a_run_that_is_the_same_is_never_called_different(values: dict[str, float]) -> None:
    assert chances([(values, values)] * 3) == [1.0] * 3
