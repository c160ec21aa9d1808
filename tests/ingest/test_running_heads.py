"""PDFs with running heads and feet: each line that is drawn is in the text of its page, or a note tells of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fpdf import FPDF

from ingest import Document, read, sentences
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from pathlib import Path

Row = tuple[str, ...]
Lines = list[str | Row]  # of a page; a row is drawn in columns

SIGHTS = ("the lake", "the old mill", "the harbour", "the glass works", "the bell tower")
CLAIMS = (("Ann Ray", "a broken window", "210.00"), ("Bob Hall", "a flooded cellar", "4,815.50"),
          ("Cy Dunn", "a stolen bicycle", "640.00"), ("Di Moss", "a cracked basin", "95.20"))  # fmt: skip


def bookings(first: int) -> Lines:
    names = ("Baker", "Rent", "Tram", "Library", "Cinema")
    return [(f"{n:02} May", f"{names[n % 5]} {n}", f"{17 * n % 83}.{n % 9}5", f"{900 - 13 * n + n % 7}.10")
            for n in range(first, first + 9)]  # fmt: skip


def statement() -> list[Lines]:
    head: Lines = ["Holder: Noor Haddad  Account 7719-020-55", "Branch: 12 Mill Lane, Ely"]
    foot: Lines = [
        "Objections are to be raised within 45 days of the day on which this statement was sent to the holder"
    ]
    names = ("Date", "Booking", "Amount", "Balance")
    return [[*head, "", "", names, *bookings(9 * n + 1), "", "", *foot, f"Page {n + 1} of 3"] for n in range(3)]


def claims() -> list[Lines]:
    return [["Mutual of Ely, claims", f"Claim file {5120 + n}", f"Claimant: {name}", f"What was reported is {what}.",
             f"Paid: {paid} pounds.", str(n + 1)] for n, (name, what, paid) in enumerate(CLAIMS)]  # fmt: skip


def journey() -> list[Lines]:
    bus = "The bus leaves for {} at nine o'clock from the gate of the hotel, and not later than that."
    walk = "In the morning all of us walk from {} along the river and then, after a rest at the inn, go on to"
    return [[f"Day {n}", f"the gate of {sight}, where the bus waits.", bus.format(sight), walk.format(sight),
             "Call the guide on 0555 0177"] for n, sight in enumerate(SIGHTS, 1)]  # fmt: skip


def prices() -> list[Lines]:
    return [["Bolts and nuts", "", "", ("Article", "Single", "Dozen", "Box"),
             *((f"Bolt B{n}", f"{n * 0.11 + 1:.2f}", f"{n * 0.09 + 0.9:.2f}", str(n * 3 + 50))
               for n in range(20 * page + 1, 20 * page + 21))] for page in range(4)]  # fmt: skip


def handbook() -> list[Lines]:
    parts = ("Leave", "Leave", "Travel", "Travel", "Safety")
    return [["Staff rules of the mill, second edition", f"Section {1 + n // 2}: {part}",
             f"Whoever asks about {SIGHTS[n]} is told by the office what is known of it and what is not.", str(n + 3)]
            for n, part in enumerate(parts)]  # fmt: skip


KINDS = {"statement": statement, "claims": claims, "journey": journey, "prices": prices, "handbook": handbook}


def drawn(path: Path, pages: list[Lines]) -> Document:
    """Draw lines at their places, and read the file."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    for lines in pages:
        pdf.add_page()
        pdf.set_font("helvetica", size=10)
        for at, line in enumerate(lines):
            for column, text in enumerate([line] if isinstance(line, str) else line):
                pdf.text(60 + 120 * column, 60 + 18 * at, text)
    pdf.output(str(path))
    return read(path, lexicon=lexicon())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_without_a_word(kind: str, tmp_path: Path) -> None:
    pages = KINDS[kind]()
    document = drawn(tmp_path / f"{kind}.pdf", pages)
    lost = [(number, line) for number, lines in enumerate(pages, 1) for line in lines
            if not is_told(line if isinstance(line, str) else " ".join(line), number, document)]  # fmt: skip
    assert lost == []
    assert document.warnings == ()


def is_told(line: str, number: int, document: Document) -> bool:
    if squeezed(line) in squeezed(document.pages[number - 1].text):
        return True
    for remark in document.remarks:
        if number in remark.pages and remark.code == "page_numbers" and masked(line) == masked(remark.detail):
            return True
        if number in remark.pages and remark.code == "line_repeated" and squeezed(line) == squeezed(remark.detail):
            return squeezed(line) in squeezed(document.text)
    return False


def squeezed(text: str) -> str:
    return "".join(text.split())


def masked(text: str) -> str:
    return re.sub(r"\d+", "#", squeezed(text))


def test_what_a_statement_says_at_its_edges_is_there_once(tmp_path: Path) -> None:
    document = drawn(tmp_path / "a.pdf", statement())
    assert document.pages[0].text.startswith("Holder: Noor Haddad Account 7719-020-55\nBranch: 12 Mill Lane, Ely\n")
    assert [page.text.count("45 days") for page in document.pages] == [1, 0, 0]
    assert [page.text.count("Date\tBooking\tAmount\tBalance") for page in document.pages] == [1, 1, 1]
    [table] = document.tables
    assert (table.page, table.page_end, len({cell.row for cell in table.cells})) == (1, 3, 28)  # one row of names
    assert [cell.text for cell in table.cells if cell.row == 0] == ["Date", "Booking", "Amount", "Balance"]
    assert all(document.text[cell.start : cell.end] == cell.text for cell in table.cells)


def test_a_number_of_its_own_is_cited_with_its_page(tmp_path: Path) -> None:
    document = drawn(tmp_path / "a.pdf", claims())
    assert [page.text.split("\n")[0] for page in document.pages[1:]] == [f"Claim file {n}" for n in (5121, 5122, 5123)]
    assert document.page_at(document.text.index("Claim file 5122")).number == 3


def test_a_day_is_kept_and_stands_outside_the_sentence_that_runs_over(tmp_path: Path) -> None:
    document = drawn(tmp_path / "a.pdf", journey())
    pages = document.pages
    assert [page.text.count(f"Day {page.number}") for page in pages] == [1] * 5
    assert [page.text.count("0555 0177") for page in pages] == [1, 0, 0, 0, 0]
    found = [document.text[start:end] for start, end in sentences(document.text, lexicon())]
    ends = [f"go on to\fthe gate of {sight}, where the bus waits." for sight in SIGHTS[1:]]
    assert [end for end in ends if not any(sentence.endswith(end) for sentence in found)] == []


def test_the_names_of_columns_hold_for_the_rows_of_each_page(tmp_path: Path) -> None:
    document = drawn(tmp_path / "a.pdf", prices())
    [table] = document.tables
    assert (table.page, table.page_end) == (1, 4)
    assert [cell.text for cell in table.cells if cell.row == 43] == ["Bolt B43", "5.73", "4.77", "179"]
    assert [(cell.text, cell.header) for cell in table.cells if cell.row == 0] == [
        *(("Article", True), ("Single", True), ("Dozen", True), ("Box", True)),
    ]


def test_a_section_is_named_where_it_begins(tmp_path: Path) -> None:
    pages = drawn(tmp_path / "a.pdf", handbook()).pages
    firsts = [page.text.split("\n")[0] for page in pages]
    assert firsts[0] == "Staff rules of the mill, second edition"
    assert [page.text.count("Section") for page in pages] == [1, 1, 1, 1, 1]
    assert not any(re.search(r"^\d+$", page.text, re.MULTILINE) for page in pages)
