from __future__ import annotations

import pytest

from ingest.reflow import _CASES, _case_of, _lines, _Pair, _patterns, reflow
from ingest.tables import CELL
from rag_app.language.reading import lexicon

WIDTH = 60.0  # of a full line
PATTERNS = _patterns(lexicon())
FULL = "The tenant pays the rent of the flat on the third day of the"  # 60 characters
HALF = "The tenant pays the rent of his flat"


def pair(text: str) -> _Pair:
    """Return the first two lines of a page, which may be blank lines apart, and the one after them."""
    before, line, *rest = _lines(text, PATTERNS)
    return _Pair(before, line, rest[0] if rest else None, WIDTH, PATTERNS)


@pytest.mark.parametrize(
    ("case", "text", "goes_on"),
    [
        ("code or cells", "```\nx = 1", False),
        ("code or cells", f"Rent{CELL}900\nper month", False),
        ("after a marker alone", "•\nThe first point", True),
        ("after a marker alone", "1.\n2.", False),
        ("dates after dates", "March 31,\n2024", True),
        ("dates after dates", "March 31,\n\n2024", False),
        ("bare figures", "Revenue of the year\n1,200", True),
        ("bare figures", "The year was good.\n1,200", False),
        ("bare figures", "1,200\n1,300", True),
        ("bare figures", "1,200 1,300\n1,400 1,500", False),
        ("a line that stands alone", "Revenue 1,200 1,300\nand other income", False),
        ("a line that stands alone", "# Heading\nand its text", False),
        ("a line that stands alone", "The following apply and\n• a point", False),
        ("after a gap", f"{HALF}\n\nwhich is due each month", True),
        ("after a gap", "A short label\n\nwhich is due each month", False),
        ("after a gap", f"{HALF}\n\nWhich is due each month", False),
        ("after a gap", f"{HALF}.\n\nwhich is due each month", False),
        ("an item of a list", f"{HALF}\n2. The landlord pays the tax", False),
        ("an item of a list", f"{FULL}\n2. paragraph, and no more", True),
        ("an item of a list", "$5 Million a year\n$6 Million a year", False),
        (
            "after the end of a sentence",
            f"{FULL} month.\nThe landlord pays the tax, and all that is due on it too.",
            True,
        ),
        ("after the end of a sentence", f"{FULL} month.\nDuties\nThe landlord", False),
        ("after the end of a sentence", "It is due.\nThe landlord pays the tax", False),
        ("after a broken word", "The land-\nlord pays", True),
        ("after a phrase that is cut off", "He pays for\nThe Flat", True),
        ("a lower-case start", f"{HALF} always\nand pays the tax", True),
        ("a lower-case start", "Name,\nand address", True),
        ("a lower-case start", "Name\nand address", False),
        ("a row", "Income,\nRevenue 1,200 1,300", True),
        ("a row", "Income\nRevenue 1,200 1,300", False),
        ("anything else", "The tenant pays the rent of the flat on the first Monday each\nMonth", True),
        ("anything else", f"{HALF},\nJohn Miller", True),
        ("anything else", "Miller,\nJohn", False),
    ],
)
def test_a_line_goes_on_as_the_first_case_says_that_applies(case: str, text: str, goes_on: bool) -> None:
    lines = pair(text)
    found = _case_of(lines)
    assert (found.name, found.continues(lines)) == (case, goes_on)


def test_each_case_has_another_name_and_the_last_one_always_applies() -> None:
    names = [case.name for case in _CASES]
    assert len(set(names)) == len(names)
    assert _CASES[-1].applies(pair("x\ny"))


def test_the_order_of_the_cases_decides_where_several_apply() -> None:
    lines = pair(f"{FULL} month.\n\nand what is due")
    assert [case.name for case in _CASES if case.applies(lines)] == [
        "after a gap",
        "after the end of a sentence",
        "a lower-case start",
        "anything else",
    ]
    assert not _case_of(lines).continues(lines)


def test_a_page_is_joined_where_its_lines_were_wrapped() -> None:
    page = f"{FULL}\nmonth, and the landlord pays the tax that is due on the flat\nand no more.\n\nDuties"
    assert reflow([page], lexicon()) == [page.replace("\n", " ", 2)]
