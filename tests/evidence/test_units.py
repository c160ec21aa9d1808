"""Where the unit of a cell is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tabled import in_cell, joined, tabled

from rag_app.evidence.units import column_units, unit_of

if TYPE_CHECKING:
    from ingest import Document

ROWS = (["", "2021", "2020"], ["Sales", "7", "6"])
PROSE = "Sales of the year came to more than those of the year before it.\n"


@pytest.mark.parametrize(
    ("document", "unit"),
    [
        (tabled(*ROWS), ""),
        (tabled(["", "2021 (in thousands of euros)", "2020"], ROWS[1]), "in thousands of euros"),
        (tabled(["", ("in millions", 1, 2)], *ROWS, heads=2), "in millions"),
        (tabled(["", ("in millions", 1, 2)], ["", "2021 (in thousands)", "2020"], ROWS[1], heads=2), "in thousands"),
        (tabled(ROWS[0], ["Sales (in EUR million)", "7", "6"]), "in EUR million"),
        (tabled(ROWS[0], ["In thousands of euros", "", ""], ROWS[1]), "In thousands of euros"),
        (tabled(*ROWS, unit="in thousands of euros"), "in thousands of euros"),
        (tabled(*ROWS, caption="Sales, in thousands"), "in thousands"),
        (tabled(*ROWS, before="Sales of the group\n(in millions)\n\n"), "in millions"),
        (tabled(*ROWS, before="Umsatz in Tausend Euro\n"), "in Tausend Euro"),
        (tabled(*ROWS, before=f"(in millions)\n{5 * PROSE}"), ""),  # too far above
        (tabled(*ROWS, before=PROSE), ""),
        (tabled(*ROWS, before="(in thousands)\n(in millions)\n"), "in millions"),  # the nearest line
    ],
)
def test_the_unit_of_a_cell_is_said_by_its_column_its_row_its_table_or_above_it(document: Document, unit: str) -> None:
    assert unit_of(in_cell("7", document), document) == unit


def test_what_is_nearer_to_a_cell_says_its_unit_before_what_is_farther() -> None:
    def said(head: str = "2021", label: str = "Sales", unit: str | None = None, caption: str | None = None) -> str:
        rows = ["", head, "2020"], [label, "7", "6"]
        document = tabled(*rows, unit=unit, caption=caption, before="(in billions of euros)\n")
        return unit_of(in_cell("7", document), document)

    assert said() == "in billions of euros"
    assert said(caption="Sales in millions") == "in millions"
    assert said(caption="Sales in millions", unit="in thousands") == "in thousands"
    assert said(label="Sales in kg", unit="in thousands") == "in kg"
    assert said(head="2021 (in dollars)", label="Sales in kg") == "in dollars"


def test_only_the_own_column_says_the_unit_of_a_cell() -> None:
    document = tabled(["", "2021 (in thousands)", "Change (in dollars)"], ["Sales", "7", "6"])
    assert [unit_of(in_cell(text, document), document) for text in "76"] == ["in thousands", "in dollars"]


@pytest.mark.parametrize("text", ["7 %", "7%", "(7.1)%", "7 ‰"])
def test_a_share_has_no_other_unit(text: str) -> None:
    document = tabled(["", "2021", "2020"], ["Change", text, "6"], unit="in thousands of euros")
    assert unit_of(in_cell(text, document), document) == ""
    assert unit_of(in_cell("6", document), document) == "in thousands of euros"


def test_the_page_before_says_nothing_of_a_table() -> None:
    before = tabled(["", "2021"], ["Rent", "1"], before="(in millions)\n")
    paper = joined(before, tabled(*ROWS))
    assert unit_of(in_cell("1", paper), paper) == "in millions"
    assert unit_of(in_cell("7", paper), paper) == ""


def test_each_column_has_the_unit_that_its_own_headers_name() -> None:
    [plain] = tabled(["", "2021 (in thousands)", "Change (%)", "Staff"], ["Sales", "7", "6", "5"]).tables
    assert column_units(plain) == (None, "in thousands", "%", None)
    above, below = ["", ("in millions", 1, 2), "Other"], ["", "2021", "2020 (in kg)", "Staff"]
    [spanned] = tabled(above, below, ["Sales", "7", "6", "5"], heads=2).tables
    assert column_units(spanned) == (None, "in millions", "in kg", None)


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("Revenue", "in millions"),
        ("Diluted earnings per share", ""),
        ("Weighted average shares", ""),
        ("Shareholders' equity", "in millions"),
        ("Amounts due from banks", "in millions"),
    ],
)
@pytest.mark.parametrize("where", ["caption", "unit", "before"])
def test_rows_that_are_excepted_do_not_have_the_unit_of_their_table(label: str, unit: str, where: str) -> None:
    said = "Income (in millions, except shares and per share amounts)"
    document = tabled(
        *(ROWS[0], [label, "7", "6"]),
        unit="in millions" if where == "unit" else None,
        caption=said if where == "caption" else None,
        before="" if where == "caption" else f"{said}\n",
    )
    assert unit_of(in_cell("7", document), document) == unit


def test_what_excepts_rows_may_be_in_another_language() -> None:
    rows = ["", "2021"], ["Chiffre d'affaires", "7"], ["Résultat par action", "6"]
    document = tabled(*rows, caption="Compte de résultat (en millions d'euros, sauf les données par action)")
    assert [unit_of(in_cell(text, document), document) for text in "76"] == ["en millions d'euros", ""]


def test_a_column_of_units_says_those_of_the_figures_left_of_it() -> None:
    tests = tabled(
        ["Test", "Result", "Unit", "Reference"],
        ["LDL", "3.4", "mmol/L", "below 3.0"],
        ["Blood group", "A", "-", ""],
    )
    assert unit_of(in_cell("3.4", tests), tests) == "mmol/L"
    assert unit_of(in_cell("below 3.0", tests), tests) == ""
    assert unit_of(in_cell("A", tests), tests) == ""


def test_a_column_of_units_beside_the_labels_says_none() -> None:
    prices = tabled(["Item", "Unit", "Price"], ["Tiles", "box", "12.50"])
    assert unit_of(in_cell("12.50", prices), prices) == ""


def test_the_own_column_says_the_unit_before_a_column_of_units() -> None:
    weights = tabled(["Item", "Weight (kg)", "Unit"], ["Tiles", "12.50", "box"])
    assert unit_of(in_cell("12.50", weights), weights) == "kg"
