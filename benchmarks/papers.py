"""Made documents of paragraphs and tables, written as PDF, CSV, XLSX, DOCX, Markdown or HTML.

A table is rows of texts, of which so many name the columns. Two spaces before a label indent it by a step on a page. A
CSV has no paragraphs. A paragraph that begins with "# " is a heading in Markdown.
"""

from __future__ import annotations

import csv
import random
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from tables import Sheet, laid_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tables import Place

PLAIN_NUMBER = re.compile(r"-?\d+(?P<decimals>\.\d+)?")


@dataclass(frozen=True)
class Rows:
    """A table."""

    heads: int  # how many rows name columns
    rows: Sequence[Sequence[str]]

    @property
    def laid_out(self) -> list[list[Place]]:
        """Its cells with the columns that they span, row by row."""
        cells, _ = laid_out(self.rows, self.heads)
        return [[cell for cell in cells if cell.row == row] for row in range(len(self.rows))]


Part = str | Rows


def write(path: Path, parts: Sequence[Part], layout: str = "ruled", seed: int = 0) -> None:
    """Write a document in the format that the ending of its name says; a PDF's tables are set in a layout."""
    if path.suffix == ".pdf":
        write_pdf(path, parts, layout, seed)
    else:
        WRITERS[path.suffix](path, parts)


def write_pdf(path: Path, parts: Sequence[Part], layout: str, seed: int) -> None:
    """Write a PDF whose type and measures are by chance, the same for each seed."""
    sheet = Sheet(layout, random.Random(seed))
    for part in parts:
        if isinstance(part, str):
            sheet.prose(part)
        else:
            sheet.table(*laid_out(part.rows, part.heads))
    sheet.pdf.output(str(path))


def write_csv(path: Path, parts: Sequence[Part]) -> None:
    """Write the rows of one table."""
    [table] = parts
    assert isinstance(table, Rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table.rows)


def write_xlsx(path: Path, parts: Sequence[Part]) -> None:
    """Write a workbook of one sheet, with an empty row between parts; plain numbers are numbers in it."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    top = 1
    for part in parts:
        if isinstance(part, str):
            sheet.cell(top, 1, part)
            top += 2
            continue
        for row in part.laid_out:
            for place in row:
                cell, number = sheet.cell(top, place.column + 1), PLAIN_NUMBER.fullmatch(place.text)
                cell.value = float(place.text) if number and number["decimals"] else place.text
                cell.value = int(place.text) if number and not number["decimals"] else cell.value
                if number and number["decimals"]:
                    cell.number_format = "0." + "0" * len(number["decimals"][1:])
                if place.last_column > place.column:
                    sheet.merge_cells(None, top, place.column + 1, top, place.last_column + 1)
            top += 1
        top += 1
    book.save(path)


def write_docx(path: Path, parts: Sequence[Part]) -> None:
    """Write a Word document, its tables with a grid."""
    import docx

    document = docx.Document()
    for part in parts:
        if isinstance(part, str):
            document.add_paragraph(part)
            continue
        table = document.add_table(len(part.rows), len(part.rows[0]), "Table Grid")
        for number, row in enumerate(part.laid_out):
            for place in row:
                cell = table.cell(number, place.column)
                if place.last_column > place.column:
                    cell = cell.merge(table.cell(number, place.last_column))
                cell.text = place.text
    document.save(str(path))


def write_markdown(path: Path, parts: Sequence[Part]) -> None:
    """Write paragraphs and tables with pipes."""
    blocks = []
    for part in parts:
        if isinstance(part, str):
            blocks.append(part)
            continue
        lines = [f"| {' | '.join(row)} |" for row in part.rows]
        lines.insert(1, "|" + "---|" * len(part.rows[0]))
        blocks.append("\n".join(lines))
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def write_html(path: Path, parts: Sequence[Part]) -> None:
    """Write a page whose tables mark the names of their columns."""
    body = "\n".join(f"<p>{escape(part)}</p>" if isinstance(part, str) else _html_table(part) for part in parts)
    page = f"<!doctype html><html><head><meta charset='utf-8'></head><body>\n{body}\n</body></html>\n"
    path.write_text(page, encoding="utf-8")


def _html_table(table: Rows) -> str:
    lines = []
    for number, row in enumerate(table.laid_out):
        name = "th" if number < table.heads else "td"
        places = {place.column: place for place in row}
        spanned = {at for place in row for at in range(place.column + 1, place.last_column + 1)}
        cells = ""
        for column in range(len(table.rows[0])):
            if column in spanned:
                continue
            place = places.get(column)
            width = place.last_column - place.column + 1 if place else 1
            span = f" colspan='{width}'" if width > 1 else ""
            cells += f"<{name}{span}>{escape(place.text if place else '')}</{name}>"
        lines.append(f"<tr>{cells}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


WRITERS: dict[str, Callable[[Any, Sequence[Part]], None]] = {
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".docx": write_docx,
    ".md": write_markdown,
    ".html": write_html,
}
