"""Tables of every format that is not a page arrive as cells with their places in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import OxmlElement
from hypothesis import given
from hypothesis import strategies as st
from pptx.util import Inches

from ingest import Document, Page, read
from ingest.cells import Form
from ingest.compose import Composer
from ingest.grid import Grid
from ingest.packing import are_apart
from ingest.table import Cell, Table, sizes
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def written(tmp_path: Path, name: str, text: str) -> Document:
    path = tmp_path / name
    path.write_text(text)
    return read(path, lexicon=lexicon())


def rows(table: Table) -> list[list[str]]:
    """Return the texts of a table, each at its first place; headers in brackets."""
    height, width = sizes(table.cells)
    shown = [[""] * width for _ in range(height)]
    for cell in table.cells:
        shown[cell.row][cell.column] = f"[{cell.text}]" if cell.header else cell.text
    return shown


def spans(table: Table) -> dict[str, tuple[int, int]]:
    """Return the rows and columns of each cell that spans several."""
    found = {cell.text: (cell.row_span, cell.column_span) for cell in table.cells}
    return {text: span for text, span in found.items() if span != (1, 1)}


def only(document: Document) -> Table:
    """Return the only table of a document, after checking that its cells are the text at their places."""
    [table] = document.tables
    check(document)
    return table


def check(document: Document) -> None:
    for table in document.tables:
        assert are_apart(table.cells)
        assert [(cell.row, cell.column) for cell in table.cells] == sorted(
            (cell.row, cell.column) for cell in table.cells
        )
        for cell in table.cells:
            assert document.text[cell.start : cell.end] == cell.text
            assert document.page_at(cell.start).number == table.page == table.page_end


def test_separated_values_are_a_table_under_the_names_of_its_columns(tmp_path: Path) -> None:
    table = only(written(tmp_path, "a.csv", "Town,Country,People\nBern,Swiss,130\nLyon,,520\n"))
    assert rows(table) == [["[Town]", "[Country]", "[People]"], ["Bern", "Swiss", "130"], ["Lyon", "", "520"]]
    assert (table.page, table.caption, table.unit, table.box) == (1, None, None, None)
    assert [cell.text for cell in table.cells if cell.row == 2] == ["Lyon", "520"]


def test_two_columns_have_names_where_figures_stand_under_the_second(tmp_path: Path) -> None:
    prices = only(written(tmp_path, "a.csv", "Item,Price\nTea,3.50\nRice,2\n"))
    assert rows(prices)[0] == ["[Item]", "[Price]"]
    pairs = only(written(tmp_path, "b.csv", "Name,Ada\nTown,Bern\nBorn,1815\n"))
    assert rows(pairs)[0] == ["Name", "Ada"]


def test_a_repeated_header_row_is_no_second_cell(tmp_path: Path) -> None:
    lines = [f"Town{n},Land{n},{1000 + n}" for n in range(200)]
    document = written(tmp_path, "a.csv", "\n".join(["Town,Country,People", *lines]))
    table = only(document)
    assert document.text.count("Town\tCountry\tPeople") > 3
    assert [cell.text for cell in table.cells if cell.header] == ["Town", "Country", "People"]
    assert rows(table)[1:] == [line.split(",") for line in lines]
    assert table.cells[0].start == 0


def test_cells_of_a_row_of_prose_stand_behind_the_names_of_their_columns(tmp_path: Path) -> None:
    prose = "Long words. " * 60
    document = written(tmp_path, "a.csv", f"Id,Stars,Review\n1,5,{prose}\n2,,Short\n")
    assert rows(only(document))[1:] == [["1", "5", prose.strip()], ["2", "", "Short"]]


def test_markdown_marks_its_header_row(tmp_path: Path) -> None:
    document = written(
        tmp_path, "a.md", "# Costs\n\nIn EUR million\n\n| a | 1 |\n|---|---|\n| b | 2 |\n\n| | |\n|-|-|\n|x|y|\n"
    )
    check(document)
    first, second = document.tables
    assert rows(first) == [["[a]", "[1]"], ["b", "2"]]
    assert (first.caption, first.unit) == ("Costs", "In EUR million")
    assert rows(second) == [["x", "y"]]


def test_html_tells_spans_and_headers(tmp_path: Path) -> None:
    document = written(
        tmp_path,
        "a.html",
        "<h2>Costs</h2><table><caption>In thousands of euros</caption>"
        "<tr><th rowspan=2>Region<th colspan=2>2023</tr><tr><th>Plan<th>Real</tr>"
        "<tr><th rowspan=2>North<td>1<td></tr><tr><td>3<td>4</tr><tr><td colspan=3>Rest</tr>"
        "<tr><th>South<td>5<td>6</tr><tr><td colspan=3>Source: Ada</table>",
    )
    table = only(document)
    assert rows(table) == [
        ["[Region]", "[2023]", ""],
        ["", "[Plan]", "[Real]"],
        ["[North]", "1", ""],
        ["", "3", "4"],
        ["[Rest]", "", ""],
        ["[South]", "5", "6"],
        ["Source: Ada", "", ""],
    ]
    assert spans(table) == {
        **{"Region": (2, 1), "2023": (1, 2), "North": (2, 1)},
        **{"Rest": (1, 3), "Source: Ada": (1, 3)},
    }
    assert (table.caption, table.unit) == ("Costs", "In thousands of euros")
    grid = Grid(table)
    assert [cell.text for cell in grid.column_header(2)] == ["2023", "Real"]
    assert [[cell.text for cell in grid.row_header(row)] for row in (3, 5)] == [["North"], ["Rest", "South"]]
    assert [cell.text for cell in grid.value_cells] == ["1", "3", "4", "5", "6"]


def test_rows_that_a_format_marks_are_repeated_whatever_they_say(tmp_path: Path) -> None:
    head = "<tr><th rowspan=2>Plot<th colspan=2>1<tr><th>5<th>6"
    body = "".join(f"<tr><td>{n}<td>{n}1<td>{n}2" for n in range(200))
    document = written(tmp_path, "a.html", f"<table>{head}{body}</table>")
    assert document.text.count("Plot\t1\t1\n\t5\t6\n") > 3
    assert [cell.text for cell in only(document).cells if cell.header] == ["Plot", "1", "5", "6"]


def test_html_columns_without_header_cells_are_named_by_the_first_row(tmp_path: Path) -> None:
    document = written(tmp_path, "a.html", "<table><tr><td>Item<td>2023<td>2024<tr><td>Rail<td>1<td>2</table>")
    assert rows(only(document)) == [["[Item]", "[2023]", "[2024]"], ["Rail", "1", "2"]]


@pytest.mark.parametrize("outer", ["th", "td"])
def test_a_table_within_a_table_is_one_of_its_own(tmp_path: Path, outer: str) -> None:
    inner = "<table><tr><th>a<th>b<tr><td>1<td>2</table>"
    document = written(
        tmp_path,
        "a.html",
        f"<table><tr><{outer}>Part<{outer}>Detail</tr><tr><td>Wheel<td>see {inner} here</tr></table>",
    )
    check(document)
    found = [rows(table) for table in document.tables]
    assert found[-1] == [["[a]", "[b]"], ["1", "2"]]
    assert found[:-1] == ([[["[Part]", "[Detail]"], ["Wheel", "see here"]]] if outer == "th" else [])


@pytest.mark.parametrize(
    "table",
    [
        "<tr><td rowspan=99999 colspan=100>x<td>y<tr><td>z<td>w",
        "<tr><td rowspan=3>a<td>b<tr><td colspan=2>c<tr><td>d<td>e",
        "<tr><td>a<td rowspan=2>b<tr><td colspan=2>c<tr><td>d<td>e<td rowspan=9>f<tr><td>g<tr><td>h<td>i",
        "<tr><td rowspan=2>a<tr><td>b<td>c",
        "<tr>" + "<td colspan=100>x" * 300 + "<tr><td>y" * 300,
        "<tr>" + "<td>a<td rowspan=9000>b" * 500 + "<tr><td>x<td>y" * 500,
    ],
)
def test_odd_spans_make_no_cells_over_each_other(tmp_path: Path, table: str) -> None:
    document = written(tmp_path, "a.html", f"<table>{table}</table>")
    check(document)
    assert len(document.tables) <= 1


def test_tables_of_mail_are_cells_too(tmp_path: Path) -> None:
    table = "<table><tr><th>Town<th>People<tr><td>Bern<td>130</table>"
    mail = "From: a@example.org\nSubject: Towns\nContent-Type: text/html; charset=utf-8\n\n"
    assert rows(only(written(tmp_path, "a.eml", f"{mail}<p>Look</p>{table}"))) == [
        ["[Town]", "[People]"],
        ["Bern", "130"],
    ]


def test_word_tells_merged_cells_and_marked_rows(tmp_path: Path) -> None:
    source = docx.Document()
    source.add_heading("Budget", 1)
    source.add_paragraph("Table 3: Costs by region (EUR million).")
    table = source.add_table(5, 3)
    for number, texts in enumerate(
        [("Region", "2023", ""), ("", "1", "2"), ("North", "1", "2"), ("", "3", "4"), ("Rest", "", "")]
    ):
        for column, text in enumerate(texts):
            table.cell(number, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(2, 0).merge(table.cell(3, 0))
    table.cell(4, 0).merge(table.cell(4, 2))
    for row in table.rows[0], table.rows[1]:
        row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    source.save(str(tmp_path / "a.docx"))
    made = only(read(tmp_path / "a.docx", lexicon=lexicon()))
    assert rows(made) == [
        ["[Region]", "[2023]", ""],
        ["", "[1]", "[2]"],
        ["North", "1", "2"],
        ["", "3", "4"],
        ["Rest", "", ""],
    ]
    assert spans(made) == {"Region": (2, 1), "2023": (1, 2), "North": (2, 1), "Rest": (1, 3)}
    assert (made.caption, made.unit) == ("Table 3: Costs by region (EUR million).", "EUR million")


def test_a_word_table_within_a_marked_one_is_one_of_its_own(tmp_path: Path) -> None:
    source = docx.Document()
    table = source.add_table(2, 2)
    for column, text in enumerate(["Part", "Detail"]):
        table.cell(0, column).text = text
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    table.cell(1, 0).text = "Wheel"
    inner = table.cell(1, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "a", "1"
    source.save(str(tmp_path / "a.docx"))
    document = read(tmp_path / "a.docx")
    check(document)
    assert [rows(table) for table in document.tables] == [[["[Part]", "[Detail]"], ["Wheel", ""]], [["a", "1"]]]


def test_slides_tell_merged_cells_and_their_title(tmp_path: Path) -> None:
    show = pptx.Presentation()
    for title in ("Sales", "Costs (in millions)"):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = title
        table = slide.shapes.add_table(3, 3, *[Inches(1)] * 4).table
        for row, texts in enumerate([("Item", "2023", ""), ("Tea", "1", "2"), ("", "3", "4")]):
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
        table.cell(0, 1).merge(table.cell(0, 2))
        table.cell(1, 0).merge(table.cell(2, 0))
    show.save(str(tmp_path / "a.pptx"))
    document = read(tmp_path / "a.pptx", lexicon=lexicon())
    check(document)
    assert [(table.page, table.caption, table.unit) for table in document.tables] == [
        (1, "Sales", None),
        (2, "Costs (in millions)", "in millions"),
    ]
    second = document.tables[1]
    assert rows(second) == [["[Item]", "[2023]", ""], ["Tea", "1", "2"], ["", "3", "4"]]
    assert spans(second) == {"2023": (1, 2), "Tea": (2, 1)}


def test_sheets_tell_merged_cells_titles_and_names(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Costs"
    for row in [
        ["Budget 2024"],
        ["in thousands of euros"],
        [],
        [None, "Region", "2023", None, "2024", None],
        [None, None, "Plan", "Real", "Plan", "Real"],
        [None, "North", 1, 2, 3, 4],
        [],
        [None, None, 5, 6, 7, 8],
    ]:
        sheet.append(row)
    for area in ("C4:D4", "E4:F4", "B4:B5", "B6:B8", "A1:F1"):
        sheet.merge_cells(area)
    second = book.create_sheet("Names of people")
    for row in [["First", "Last", "Born"], ["Ada", "Lovelace", 1815]]:
        second.append(row)
    book.save(tmp_path / "a.xlsx")
    document = read(tmp_path / "a.xlsx", lexicon=lexicon())
    check(document)
    first, other = document.tables
    assert rows(first) == [
        ["[Region]", "[2023]", "", "[2024]", ""],
        ["", "[Plan]", "[Real]", "[Plan]", "[Real]"],
        ["North", "1", "2", "3", "4"],
        ["", "5", "6", "7", "8"],
    ]
    assert spans(first) == {"Region": (2, 1), "2023": (1, 2), "2024": (1, 2), "North": (2, 1)}
    assert (first.caption, first.unit) == ("Budget 2024", "in thousands of euros")
    assert (other.page, other.caption) == (2, "Names of people")
    assert document.pages[0].text.split("\n")[3:] == [
        "Region\t2023\t2023\t2024\t2024",
        "\tPlan\tReal\tPlan\tReal",
        "North\t1\t2\t3\t4",
        "North\t5\t6\t7\t8",
    ]


def test_a_unit_in_the_corner_is_that_of_the_table(tmp_path: Path) -> None:
    document = written(tmp_path, "a.csv", "(EUR thousand),2023,2024\nSales,1,2\n")
    assert only(document).unit == "EUR thousand"


@pytest.mark.parametrize(
    ("above", "caption"),
    [
        ("# Towns\n\nThey are large.\n\n", "Towns"),
        ("# Towns\n\nThe largest ones:\n\n", "The largest ones:"),
        ("The largest ones\n\n", "The largest ones"),
        ("They are large.\n\n", None),
        ("Table 2. Towns by size.\n\n", "Table 2. Towns by size."),
        ("A paragraph.\n\n- an item\n\n", None),
    ],
)
def test_a_table_is_called_what_stands_above_it(tmp_path: Path, above: str, caption: str | None) -> None:
    document = written(tmp_path, "a.md", f"{above}| Town | People |\n|---|---|\n| Bern | 130 |\n")
    assert only(document).caption == caption


def test_the_next_table_does_not_take_the_caption_of_the_one_before(tmp_path: Path) -> None:
    table = "| Town | People |\n|---|---|\n| Bern | 130 |\n\n"
    document = written(tmp_path, "a.md", f"The largest ones\n\n{table}{table}")
    assert [table.caption for table in document.tables] == ["The largest ones", None]


def test_a_table_of_too_many_cells_is_text_and_the_remark_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.compose.MOST_CELLS", 8)
    composer = Composer("a.csv")
    composer.table([("a", "b", "c"), ("1", "2", "3")])
    composer.table([("d", "e", "f"), ("4", "5", "6"), ("7", "8", "9")])
    document = composer.document("a")
    assert [rows(table) for table in document.tables] == [[["[a]", "[b]", "[c]"], ["1", "2", "3"]]]
    assert document.text.endswith("7\t8\t9")
    assert document.warnings == ("tables of more than 8 cells are kept as text only",)


CELLS = st.lists(st.lists(st.sampled_from(["", "a", "12", "2024", "x y", "z" * 700]), max_size=4), max_size=8)
PLACES = st.tuples(st.integers(0, 7), st.integers(0, 3))


@given(CELLS, st.dictionaries(PLACES, st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=4), st.sets(PLACES))
def test_cells_are_the_text_at_their_places_whatever_is_written(
    texts: list[list[str]], spanning: dict[tuple[int, int], tuple[int, int]], headers: set[tuple[int, int]]
) -> None:
    composer = Composer("a")
    composer.paragraph("Before.")
    composer.table(texts, "Caption", form=Form(spanning, frozenset(headers)))
    composer.table(texts)
    document = composer.document("a")
    check(document)
    for table in document.tables:
        Grid(table).value_cells  # noqa: B018 - whatever it is, it can be read
        assert all(isinstance(Grid(table).row_header(row), tuple) for row in range(sizes(table.cells)[0]))


def test_a_document_has_the_tables_of_all_its_pages_at_their_places_in_its_text() -> None:
    pages = []
    for number in (1, 2):
        cells: Sequence[Cell] = (Cell("a", 0, 0, 1, 1, False, 0, 1), Cell("b", 0, 1, 1, 1, False, 2, 3))
        pages.append(Page(number, str(number), "a\tb", tables=(Table(number, number, None, None, tuple(cells)),)))
    document = Document("a.pdf", "a", tuple(pages))
    assert [(cell.start, cell.end) for table in document.tables for cell in table.cells] == [
        (0, 1),
        (2, 3),
        (4, 5),
        (6, 7),
    ]
