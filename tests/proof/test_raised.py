"""Marks of notes and powers that stand raised at a figure are no part of it."""

from __future__ import annotations

import pytest

from rag_app.language.words import tokens, words
from rag_app.proof.amounts import amounts
from rag_app.proof.cell_figure import figure_of
from rag_app.proof.figures import unsupported_numbers
from rag_app.proof.quotes import normal


@pytest.mark.parametrize(
    ("text", "figure", "unit"),
    [
        ("A berth costs 45¹ euro.", "45", ("euro",)),
        ("A berth costs 45^(a) euro.", "45", ("euro",)),
        ("The yard has 340 m² of grass.", "340", ("m²",)),
        ("Built in 1984³, it stands.", "1984", ()),
    ],
)
def test_an_amount_has_its_unit_and_not_its_mark(text: str, figure: str, unit: tuple[str, ...]) -> None:
    assert [(amount.figure, amount.unit) for amount in amounts(text)] == [(figure, unit)]


def test_the_base_of_a_power_is_no_amount() -> None:
    assert [amount.figure for amount in amounts("It holds 2.5 × 10⁶ litres.")] == ["2.5"]


@pytest.mark.parametrize(
    ("cell", "figure"),
    [("45¹", "45"), ("48.5²", "48.5"), ("(252)³", "-252"), ("45^(a)", "45"), ("~~310~~ 285", "285"), ("~~310~~", None)],
)
def test_a_cell_holds_its_figure_without_marks_and_what_is_struck(cell: str, figure: str | None) -> None:
    found = figure_of(cell)
    assert (found and found.figure) == figure


def test_words_leave_out_what_is_raised_and_keep_lowered_figures() -> None:
    assert words("Fees¹ of 45² for CO₂") == ["fees", "of", "45", "for", "co2"]
    assert [token.text for token in tokens("Fees¹ of 45²")] == ["Fees", "of", "45"]


def test_a_quote_with_a_mark_is_not_the_figure_with_another_digit() -> None:
    assert normal("45¹ euro") != normal("451 euro")
    assert unsupported_numbers("It costs 451 euro.", ["A berth costs 45¹ euro."]) == ["451"]
    assert unsupported_numbers("It costs 45 euro.", ["A berth costs 45¹ euro."]) == []
