"""The values of formulas that stand in cells of tables."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from tabled import JUDGE, shelf, tabled, whole

from rag_app.answering import cell as module
from rag_app.answering.calculation import calculated
from rag_app.answering.operands import Lookup
from rag_app.proof.calculator import parse
from rag_app.proof.quotes import markers, stands

if TYPE_CHECKING:
    from ingest import Document
    from rag_app.answering.calculation import Calculated
    from rag_app.answering.operands import Operand

SHEET = tabled(
    ["", "2021", "2020"],
    ["Sales", "500", "400"],
    ["Loss", "(50)", "(40)"],
    ["Rent", "50", "50"],
    ["Staff", "none", "12"],
    ["Margin", "10 %", "9 %"],
    unit="in thousands of euros",
)


@pytest.fixture(autouse=True)
def judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "shipped", lambda: JUDGE)


def looked_up(name: str, *documents: Document, question: str = "") -> Operand | None:
    hits = [whole(one) for one in documents]
    return Lookup(question or name, hits, shelf(*documents)).one(name, dated=False)


def value(name: str, *documents: Document, question: str = "") -> Operand:
    found = looked_up(name, *documents, question=question)
    assert found
    return found


def worked_out(formula: str, *documents: Document, question: str) -> Calculated | None:
    """Work a formula out, and check that every citation holds."""
    parsed = parse(formula)
    assert parsed
    found = calculated(question, parsed, [whole(one) for one in documents], shelf(*documents), date(2024, 1, 31))
    if found:
        assert set(markers(found.text)) == {one.marker for one in found.citations}
        by_path = {one.path: one for one in documents}
        assert all(one.verified and stands(one, by_path[one.document]) for one in found.citations)
    return found


def said(formula: str, *documents: Document, question: str) -> str:
    found = worked_out(formula, *documents, question=question)
    return found.text if found else ""


@pytest.mark.parametrize(
    ("name", "written", "figure", "scale"),
    [
        ("sales in 2021", "500", 500, "in thousands of euros"),
        ("sales in 2020", "400", 400, "in thousands of euros"),
        ("loss in 2020", "(40)", -40, "in thousands of euros"),
        ("margin in 2021", "10 %", 10, ""),
    ],
)
def test_a_value_is_that_of_the_cell_that_its_name_means(name: str, written: str, figure: int, scale: str) -> None:
    found = value(name, SHEET)
    assert found.amount
    assert (found.written, found.amount.value, found.scale) == (written, figure, scale)
    assert found.likely == pytest.approx(0.9, abs=0.001)


@pytest.mark.parametrize(
    ("text", "figure"), [("(50)", -50), ("$ (50)", -50), ("( 50 )", -50), ("-50", -50), ("50", 50)]
)
def test_what_stands_in_brackets_is_negative_as_accounts_write_it(text: str, figure: int) -> None:
    found = value("loss in 2021", tabled(["", "2021"], ["Loss", text]))
    assert found.amount
    assert found.amount.value == figure


def test_the_line_of_the_row_and_those_that_name_it_are_the_proof() -> None:
    found = value("loss in 2020", SHEET)
    assert [SHEET.text[slice(*span)] for span in (found.span, *found.heads)] == ["Loss\t(50)\t(40)", "2021\t2020"]


def test_the_unit_of_a_column_counts_before_that_of_the_table() -> None:
    mixed = tabled(["", "Sales (in millions)", "Cost"], ["North", "7", "5"], unit="in thousands")
    assert [value(f"{name} north", mixed).scale for name in ("sales", "cost")] == ["in millions", "in thousands"]


def test_the_one_year_of_the_question_is_that_of_each_value() -> None:
    question = "What share of sales was rent in 2020?"
    assert value("sales", SHEET, question=question).written == "400"
    assert value("sales", SHEET, question="What share of sales was rent?").written == "500"


@pytest.mark.parametrize(
    "name",
    [
        "staff in 2021",  # no figure
        "airship in 2021",  # no such row
    ],
)
def test_what_no_cell_says_is_not_taken_from_one(name: str) -> None:
    found = looked_up(name, SHEET)
    assert found is None or found.likely is None


# Worked out


@pytest.mark.parametrize(
    ("formula", "question", "text"),
    [
        (
            "[sales in 2021] - [sales in 2020]",
            "By how much did sales change from 2020 to 2021?",
            "100 (in thousands of euros) = 500 [1] − 400 [1]",
        ),
        (
            "[loss in 2021] - [loss in 2020]",
            "By how much did the loss change from 2020 to 2021?",
            "-10 (in thousands of euros) = (50) [2][1] − (40) [2][1]",
        ),
        (
            "[loss in 2020] - [loss in 2021]",
            "By how much was the loss of 2020 smaller than in 2021?",
            "10 (in thousands of euros) = (40) [2][1] − (50) [2][1]",
        ),
        (
            "[loss in 2021] / [sales in 2021] * 100",
            "What percentage of sales was the loss in 2021?",
            "-10 % = (50) [1] / 500 [1] × 100",
        ),
        (
            "[rent in 2021] + [rent in 2020]",  # alike, in two columns
            "What was rent in 2021 and 2020 together?",
            "100 (in thousands of euros) = 50 [2][1] + 50 [2][1]",
        ),
    ],
)
def test_a_formula_is_worked_out_from_cells_and_shows_them(formula: str, question: str, text: str) -> None:
    assert said(formula, SHEET, question=question) == text


def test_how_likely_all_cells_are_meant_is_how_likely_the_result_is() -> None:
    found = worked_out("[sales in 2021] - [sales in 2020]", SHEET, question="How did sales change from 2020 to 2021?")
    assert found
    assert found.likely == pytest.approx(0.81, abs=0.002)


@pytest.mark.parametrize(
    ("formula", "question"),
    [
        ("[sales in 2021] / [total sales in 2021]", "What share of sales were total sales in 2021?"),  # one cell
        ("[sales in 2021] + [margin in 2021]", "What are sales and margin in 2021 together?"),  # another unit
        ("[sales in 2021] - [airship in 2021]", "How do sales and airship in 2021 differ?"),
    ],
)
def test_nothing_comes_out_of_one_cell_for_two_names_of_other_units_or_of_what_is_not_there(
    formula: str, question: str
) -> None:
    assert worked_out(formula, SHEET, question=question) is None


def test_cells_of_two_documents_are_cited_both() -> None:
    north = tabled(["North", "2021"], ["Sales", "7"], path="/files/north.html")
    south = tabled(["South", "2021"], ["Rent", "5"], path="/files/south.html")
    found = worked_out("[sales in 2021] + [rent in 2021]", north, south, question="What are sales and rent in 2021?")
    assert found
    assert found.text == "12 = 7 [1] + 5 [2]"
    assert [one.document for one in found.citations] == ["/files/north.html", "/files/south.html"]
