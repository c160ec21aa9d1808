"""Passages hold whole rows of tables, and what a row stands under is in the passage or known beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docx
import openpyxl
import pptx
import pytest
from pptx.util import Inches

from ingest import CELL, Document, Page, above_row, cut, read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAD = ["Town", "Country", "People"]
ROWS = [[f"Town {n}", f"Land {n % 7}", str(1000 + n)] for n in range(90)]


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def made(folder: Path, kind: str, rows: Sequence[Sequence[str]]) -> Document:
    path = folder / f"a.{kind}"
    if kind in ("csv", "tsv"):
        path.write_text("\n".join(("," if kind == "csv" else "\t").join(row) for row in rows))
    elif kind == "md":
        head, *body = (f"| {' | '.join(row)} |" for row in rows)
        path.write_text("\n".join([head, "|---" * len(rows[0]) + "|", *body]))
    elif kind == "html":
        cells = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row)}" for row in rows)
        path.write_text(f"<h1>Towns</h1><table>{cells}</table>")
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([int(cell) if cell.isdecimal() else cell for cell in row])
        book.save(path)
    else:
        source = docx.Document() if kind == "docx" else pptx.Presentation()
        if kind == "docx":
            table = source.add_table(len(rows), len(rows[0]))
        else:
            slide = source.slides.add_slide(source.slide_layouts[6])
            table = slide.shapes.add_table(len(rows), len(rows[0]), *[Inches(1)] * 4).table
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        source.save(str(path))
    return read(path)


@pytest.mark.parametrize("limit", [30, 60, 200])
@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("kind", ["csv", "tsv", "md", "html", "xlsx", "docx", "pptx"])
def test_passages_hold_whole_rows_and_their_columns_are_named(
    tmp_path: Path, kind: str, columns: int, limit: int
) -> None:
    rows = [[row[0], *row[3 - columns + 1 :]] for row in [HEAD, *ROWS]]
    document = made(tmp_path, kind, rows)
    lines = {CELL.join(row) for row in rows} | {"Towns"}
    head = CELL.join(rows[0])
    passages = cut(document, words, limit, limit // 5)
    assert len(passages) > 1
    for passage in passages:
        assert passage.text == document.text[passage.start : passage.end]
        found = [line for line in passage.text.split("\n") if line]
        assert set(found) <= lines
        first_row = next(line for line in found if CELL in line)
        assert first_row == head or head in above_row(document.text, passage.start).split("\n")


def test_a_row_that_is_too_long_is_cut_between_cells() -> None:
    cells = [f"the words of cell {n}" for n in range(12)]
    document = Document("a.csv", "a", (Page(1, "1", CELL.join(cells)),))
    passages = cut(document, words, 14, 0)
    assert [cell for passage in passages for cell in passage.text.split(CELL)] == cells
    assert max(words([passage.text for passage in passages])) <= 14


TEXT = "Some text.\n\nCosts of the year\nItem\t2023\t2024\nTravel\nRail\t5\t6\nHotel\t7\t8\n\nMore text."


@pytest.mark.parametrize(
    ("row", "above"),
    [
        ("Some text", ""),
        ("Costs of", ""),
        ("Item", ""),
        ("Travel", "Costs of the year\nItem\t2023\t2024"),
        ("Rail", "Costs of the year\nItem\t2023\t2024\nTravel"),
        ("Hotel", "Costs of the year\nItem\t2023\t2024\nTravel"),
        ("More", ""),
    ],
)
def test_what_a_row_stands_under_is_told_line_by_line(row: str, above: str) -> None:
    for before in ("", "Another page\twith\trows\f"):
        assert above_row(before + TEXT, len(before) + TEXT.index(row)) == above


def test_a_table_that_names_no_columns_is_told_by_its_caption_alone() -> None:
    text = "Squares\n" + "\n".join(f"{n}\t{n * n}" for n in range(9))
    assert above_row(text, text.index("5\t")) == "Squares"


def test_nothing_is_said_of_a_row_whose_head_is_too_far_above() -> None:
    text = "\n".join(f"word\tother{n}" for n in range(900))
    assert above_row(text, text.index("other899") - 5) == ""


def test_the_line_of_a_row_is_found_fast_in_a_very_long_page() -> None:
    text = "x\n" * 2_000_000 + TEXT  # a search from its beginning for each line would take minutes
    assert above_row(text * 2, len(text * 2) - len(TEXT) + TEXT.index("Hotel")).endswith("Travel")
