"""What is asked of whole columns: how it is written, and which values are so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.proof.calculator import Grammar
from rag_app.proof.whole import Test, Whole, begins, holds, is_verdict, parse, says

READ = {
    "highest([each donation])": Whole("highest", "each donation"),
    "lowest( [ rent ] )": Whole("lowest", "rent"),
    "lowest(2, [each price])": Whole("bottom", "each price", 2),
    "top(3, [each price])": Whole("top", "each price", 3),
    "bottom([each price])": Whole("bottom", "each price"),
    "count([each code])": Whole("count", "each code"),
    "count([area of each plot] >= 100)": Whole("count", "area of each plot", test=Test(">=", Decimal(100))),
    "which([depth] < -1.5)": Whole("which", "depth", test=Test("<", Decimal("-1.5"))),
    'which([region of each plot] = "north")': Whole("which", "region of each plot", test=Test("=", "north")),
}


@pytest.mark.parametrize(("text", "whole"), READ.items())
def test_what_is_asked_is_read(text: str, whole: Whole) -> None:
    assert parse(text) == whole


@pytest.mark.parametrize("text", READ)
def test_every_beginning_may_be_written_and_the_whole_is_complete(text: str) -> None:
    assert all(begins(text[:end]) for end in range(len(text) + 1))
    assert Grammar().complete(text)
    assert not any(Grammar().complete(text[:end]) for end in range(1, len(text) - 1))


@pytest.mark.parametrize(
    "text",
    [
        "which([x])",  # all of them are so
        "top(0, [x])",
        "top(2.5, [x])",
        "highest([x] > 3)",
        "highest(3)",
        "highest([])",
        "highest([-])",
        'count([x] > "a")',
        'count([x] = "")',
        "highest([x]) + 1",
        "count([x], [y])",
        "sum([x])",
        "",
        f"highest([{'x' * 300}])",
    ],
)
def test_anything_else_is_nothing(text: str) -> None:
    assert parse(text) is None


@given(st.text(alphabet='highestoplwcbum([x1 a]),<>="-.', max_size=24))
def test_what_can_be_read_could_be_written(text: str) -> None:
    if parse(text):
        assert all(begins(text[:end]) for end in range(len(text) + 1))


@pytest.mark.parametrize(
    "text", ["highest([x]) +", "foo", "which([x])", "top(0", "top(, ", "highest([])", 'count([x] > "']
)
def test_what_cannot_become_whole_is_not_begun(text: str) -> None:
    assert not begins(text)


@pytest.mark.parametrize(("sign", "so"), [("<", [1]), (">", [3]), ("=", [2]), ("<=", [1, 2]), (">=", [2, 3])])
def test_figures_are_compared(sign: str, so: list[int]) -> None:
    assert [one for one in (1, 2, 3) if holds(Test(sign, Decimal(2)), Decimal(one))] == so


@pytest.mark.parametrize(
    ("cell", "value", "so"),
    [
        ("North meadow", "north", True),
        ("north", "north meadow", False),
        ("on Mondays", "Monday", True),
        ("Ja", "yes", True),
        ("Yes, since 2012", "oui", True),
        ("x", "yes", True),
        ("no", "yes", False),
        ("nein", "no", True),
        ("", "yes", False),
        ("", "no", False),
    ],
)
def test_a_cell_says_what_is_asked_in_any_form(cell: str, value: str, so: bool) -> None:
    assert says(cell, value) == so


def test_yes_and_no_are_known_in_several_languages() -> None:
    assert [one for one in ("Yes", "nein", "oui", "sí", "perhaps", "blue") if is_verdict(one)] == [
        "Yes",
        "nein",
        "oui",
        "sí",
    ]


@pytest.mark.parametrize(
    ("function", "orders", "descending", "of_figures"),
    [
        ("highest", True, True, True),
        ("lowest", True, False, True),
        ("top", True, True, True),
        ("bottom", True, False, True),
        ("count", False, False, False),
        ("which", False, False, False),
    ],
)
def test_what_is_put_in_order_has_to_be_figures(
    function: str, orders: bool, descending: bool, of_figures: bool
) -> None:
    whole = Whole(function, "x")
    assert (whole.orders, whole.descending, whole.of_figures) == (orders, descending, of_figures)


def test_what_is_compared_with_a_figure_has_to_be_figures() -> None:
    assert Whole("which", "x", test=Test("=", Decimal(3))).of_figures
    assert not Whole("which", "x", test=Test("=", "north")).of_figures


def test_an_order_is_turned_so_that_the_largest_comes_first_or_last() -> None:
    turned = {
        one: Whole(one, "x").with_first(largest=True).function for one in ("highest", "lowest", "bottom", "count")
    }
    assert turned == {"highest": "highest", "lowest": "highest", "bottom": "top", "count": "count"}
    assert Whole("top", "x", 3).with_first(largest=False) == Whole("bottom", "x", 3)
