"""Values that a question names together."""

from __future__ import annotations

import pytest
from tabled import fitted, tabled, tables_of

from rag_app.evidence.cells import cells_meant
from rag_app.evidence.several import named_together

SHEET = tabled(
    ["", "2021", "2020", "2019"],
    ["Net income", "50", "45", "40"],
    ["Operating income", "70", "65", "60"],
    ["Net operating income", "20", "25", "26"],
    ["Rent", "7", "8", "9"],
)
FEES = tabled(["", "Member", "Guest"], ["Sauna", "4", "6"], ["Boat, one day", "12", "18"])


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("What was the rent in 2019 and 2021, respectively?", ["7", "9"]),
        ("What was the rent in 2020?", ["8"]),
        ("What were rent and operating income in 2021?", ["70", "7"]),
        ("What were rent and operating income in 2021 and 2020?", ["70", "65", "7", "8"]),
        ("What was the net operating income in 2020?", ["25"]),  # no other row has a word more that is asked for
        ("Wie hoch war Rent 2020 und 2019?", ["8", "9"]),
    ],
)
def test_rows_and_columns_that_a_question_names_as_well_are_meant_too(question: str, values: list[str]) -> None:
    found = cells_meant(question, tables_of(SHEET), fitted())
    assert [one.cell.text for one in named_together(question, found)] == values


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("What does the sauna cost a member and a guest?", ["4", "6"]),
        ("What does the sauna cost a guest?", ["6"]),
        ("What do sauna and boat cost for one day for a guest?", ["6", "18"]),
    ],
)
def test_what_tells_two_names_apart_may_be_any_words(question: str, values: list[str]) -> None:
    found = cells_meant(question, tables_of(FEES), fitted())
    assert [one.cell.text for one in named_together(question, found)] == values


def test_of_two_tables_only_the_one_with_the_likeliest_value_counts() -> None:
    question = "What was the rent in 2019 and 2021?"
    found = cells_meant(
        question, tables_of(SHEET, tabled(["", "2019"], ["Rent", "1"], path="/files/other.html")), fitted()
    )
    assert len({id(one.table) for one in named_together(question, found)}) == 1
