from __future__ import annotations

import pytest

from ingest.raised import lowered, note_mark, raised, with_fractions
from rag_app.proof.amounts import amounts


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", "¹"), ("-6", "⁻⁶"), (" 12 ", " ¹² "), ("1, 2", "¹,²"), ("a", "^(a)"), ("2b", "^(2b)"), ("n", "ⁿ"),
     ("[3]", "³"), ("st", "st"), ("*", "*"), ("a whole line of text", "a whole line of text"), ("", "")],
)  # fmt: skip
def test_raised_text_is_told_from_the_figure_before_it(text: str, expected: str) -> None:
    assert raised(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("2", "₂"), ("max", "max"), ("i", "i")])
def test_lowered_figures_are_small_and_lowered_letters_stay(text: str, expected: str) -> None:
    assert lowered(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("³/₄", "3/4"), ("1¹⁄₂ cups", "1 1/2 cups"), ("10⁶", "10⁶")])
def test_a_small_figure_over_another_is_a_fraction(text: str, expected: str) -> None:
    assert with_fractions(text) == expected


def test_a_mark_of_a_note_never_joins_the_word() -> None:
    assert [note_mark(mark) for mark in ("1", "i", "iv", "b", "*", "")] == ["¹", "ⁱ", "^(iv)", "^(b)", "*", ""]


def test_a_small_figure_is_no_part_of_the_amount_before_it() -> None:
    text = f"A berth costs 45{raised('1')} euro and 7{raised('2')} euro more in May."
    assert [amount.figure for amount in amounts(text)] == ["45", "7"]
