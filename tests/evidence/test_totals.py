"""Totals and differences among figures."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.evidence.totals import differences, totals


def line(*values: float | str | None) -> list[Decimal | None]:
    return [None if value is None else Decimal(str(value)) for value in values]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((10, 30, 40), {2}),
        ((10, 20, 30), set()),  # even steps
        ((0, 7, 14, 21), set()),
        ((30, 20, 10), set()),
        ((12, 7, 19, 50), set()),  # not the last, and of two digits
        ((121, 70, 191, 50), {2}),
        ((10, None, 30, None, 40), {4}),
        ((40, 10, 30), set()),
        ((431, 400, 31), {0}),  # at the top
        ((101, 205, 306, 54, 75, 129, 435), {2, 5, 6}),  # two groups, and both together
        ((101, 206, 307, 41, 348), {2, 4}),
        ((1, 2, 3), set()),  # so small figures add up by chance
        ((30, 30), set()),
        ((-50, 20, -30), {2}),
        (("1000.4", "2000.4", "3000.7"), {2}),  # rounded
        ((10, 20, 31), set()),  # too small to tell rounding from another value
        ((), set()),
        ((None, None), set()),
    ],
)
def test_totals_are_found_by_adding_up(values: tuple[float | None, ...], found: set[int]) -> None:
    assert totals(line(*values)) == found


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ((1, 2, 3), {2}),
        ((1, 2, None), {2}),
        ((None, None, 9), {2}),
        ((1, 2, 7), set()),
        ((1000, 2000, 3005), {2}),  # nearly
    ],
)
def test_what_is_no_total_in_the_line_beside_it_is_none(other: tuple[float | None, ...], found: set[int]) -> None:
    assert totals(line(10, 30, 40), lambda at: [line(*other)[: at + 1]]) == found


@given(st.lists(st.integers(100, 10**6), min_size=2, max_size=30))
def test_values_of_which_each_is_more_than_all_before_have_their_sum_as_only_total(steps: list[int]) -> None:
    values: list[int] = []
    for step in steps:
        values.append(sum(values) + step)
    whole = line(*values, sum(values))
    even = len({after - before for before, after in pairwise([*values, sum(values)])}) == 1
    assert totals(whole) == (set() if even else {len(values)})


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([(100, 120, 20), (50, 40, -10)], {2}),
        ([(100, 120, -20), (50, 40, 10)], {2}),
        ([(100, 120, 20), (50, 40, 10)], set()),
        ([(100, 120, 20)], set()),  # one line alone may be so by chance
        ([(100, 120, 20), (50, None, 10)], set()),
        ([(5, 5, 0), (7, 7, 0)], set()),
        ([], set()),
    ],
)
def test_a_column_of_differences_is_found_by_all_lines(lines: list[tuple[float | None, ...]], found: set[int]) -> None:
    assert differences([line(*one) for one in lines]) == found
