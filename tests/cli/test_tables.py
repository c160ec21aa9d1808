"""`rag documents tables`, with files of every kind that has some."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pptx
import pytest
from helpers_cli import rag
from pptx.util import Inches

from rag_app import Library, Table

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ROWS = [["Town", "Country", "People"], ["Bern", "Swiss", "130"], ["Lyon", "France", "520"]]
FORMATS = ["csv", "tsv", "md", "html", "docx", "pptx", "xlsx"]


def write(folder: Path) -> None:
    """Write the same table in a file of each kind, and a text without any."""
    folder.mkdir()
    (folder / "towns.csv").write_text("\n".join(map(",".join, ROWS)))
    (folder / "towns.tsv").write_text("\n".join(map("\t".join, ROWS)))
    head, *body = (f"| {' | '.join(row)} |" for row in ROWS)
    (folder / "towns.md").write_text("\n".join(["# Towns\n\nIn thousands\n", head, "|---|---|---|", *body]))
    cells = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row)}" for row in ROWS)
    (folder / "towns.html").write_text(f"<h1>Towns</h1><table><caption>Towns (in thousands)</caption>{cells}</table>")
    word = docx.Document()
    table = word.add_table(3, 3)
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    drawn = slide.shapes.add_table(3, 3, *[Inches(1)] * 4).table
    book = openpyxl.Workbook()
    for number, row in enumerate(ROWS):
        book.active.append(row)
        for column, text in enumerate(row):
            table.cell(number, column).text = drawn.cell(number, column).text = text
    word.save(str(folder / "towns.docx"))
    show.save(str(folder / "towns.pptx"))
    book.save(folder / "towns.xlsx")
    (folder / "plain.txt").write_text("No table.\fNor here.")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towns")
    write(folder / "files")
    made = rag("ingest", folder / "files", "--library", folder / "library", "--json")
    assert (made.code, made.json["added"]) == (0, 8)
    return folder / "library"


def tables(library: Path, *arguments: str) -> Any:
    return rag("documents", "tables", *arguments, "--library", library)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_table_of_every_kind_of_file_comes_back_with_its_places(library: Path, kind: str) -> None:
    run = tables(library, f"towns.{kind}", "--json")
    assert (run.code, run.error) == (0, "")
    assert list(run.json) == ["document", "tables"]
    [table] = run.json["tables"]
    assert list(table) == ["page", "page_end", "caption", "unit", "rows", "columns", "cells"]
    assert (table["page"], table["page_end"], table["rows"], table["columns"]) == (1, 1, 3, 3)
    pages = rag("documents", "show", f"towns.{kind}", "--json", "--library", library).json["pages"]
    text = "\f".join(page["text"] for page in pages)
    keys = ["row", "column", "row_span", "column_span", "header", "text", "start", "end"]
    assert all(list(cell) == keys for cell in table["cells"])
    assert [(cell["row"], cell["column"], cell["text"]) for cell in table["cells"]] == [
        (number, column, said) for number, row in enumerate(ROWS) for column, said in enumerate(row)
    ]
    assert all(text[cell["start"] : cell["end"]] == cell["text"] for cell in table["cells"])
    assert {cell["row"] for cell in table["cells"] if cell["header"]} == {0}
    assert (table["caption"], table["unit"]) == {
        "md": ("Towns", "In thousands"),
        "html": ("Towns (in thousands)", "in thousands"),
        "xlsx": ("Sheet", None),
    }.get(kind, (None, None))


def test_the_unit_that_a_column_has_of_its_own_is_told(tmp_path: Path) -> None:
    (tmp_path / "loads.csv").write_text("Town,Load (kg),Fee (in thousands of euros),Staff\nBern,130,7,4\n")
    own = tmp_path / "library"
    rag("ingest", tmp_path / "loads.csv", "--library", own)
    [table] = tables(own, "loads.csv", "--json").json["tables"]
    assert (table["unit"], table["column_units"]) == (None, [None, "kg", "in thousands of euros", None])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_table_is_printed_for_people_and_as_separated_values(library: Path, kind: str) -> None:
    lines = tables(library, f"towns.{kind}").out.splitlines()
    assert lines[0].startswith("--- page 1")
    assert lines[1:] == ["Town  Country  People", "Bern  Swiss       130", "Lyon  France      520"]
    assert list(csv.reader(io.StringIO(tables(library, f"towns.{kind}", "--csv").out))) == ROWS


def test_a_document_without_tables_says_so_in_one_sentence(library: Path) -> None:
    path = library.parent / "files" / "plain.txt"
    run = tables(library, "plain.txt")
    assert (run.code, run.out, run.error) == (0, f"{path} has no table.\n", "")
    run = tables(library, "plain.txt", "--page", "2")
    assert (run.code, run.out, run.error) == (0, f"{path} has no table on page 2.\n", "")
    run = tables(library, "plain.txt", "--csv")
    assert (run.code, run.out, run.error) == (0, "", f"{path} has no table.\n")
    assert tables(library, "plain.txt", "--json").json == {"document": str(path), "tables": []}


def test_a_page_or_a_document_that_is_not_there_is_an_error(library: Path) -> None:
    run = tables(library, "plain.txt", "--page", "3")
    assert (run.code, run.out) == (1, "")
    assert run.message == f"{library.parent / 'files' / 'plain.txt'} has no page 3."
    run = tables(library, "nix.pdf")
    assert (run.code, run.message) == (1, "nix.pdf is not in the library.")
    assert run.hint == "List what is there with `rag documents`."


def test_two_forms_at_once_are_wrong_usage(library: Path) -> None:
    run = tables(library, "towns.csv", "--csv", "--json")
    assert (run.code, run.out) == (2, "")
    assert "Give --csv or --json, not both." in run.error


def test_python_gets_the_same_tables(library: Path) -> None:
    with Library.open(library) as opened:
        [table] = opened.tables("towns.csv")
        assert isinstance(table, Table)
        assert [cell.text for cell in table.cells if cell.header] == ROWS[0]
        text = opened.read("towns.csv").text
    assert all(text[cell.start : cell.end] == cell.text for cell in table.cells)


def test_only_the_tables_of_one_page_are_printed(library: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("First", "Second"):
        sheet = book.create_sheet(name)
        for row in ROWS:
            sheet.append(row)
    book.save(tmp_path / "two.xlsx")
    own = tmp_path / "library"
    rag("ingest", tmp_path / "two.xlsx", "--library", own)
    both = tables(own, "two.xlsx", "--json").json["tables"]
    assert [(table["page"], table["caption"]) for table in both] == [(2, "First"), (3, "Second")]
    [second] = tables(own, "two.xlsx", "--page", "3", "--json").json["tables"]
    assert second == both[1]
