"""Are the tables of PDFs found as rows and columns of cells, beside pdfplumber and camelot where these are installed?

Run: python benchmarks/tables.py FOLDER [--systems ours pdfplumber camelot] [--each]
     python benchmarks/tables.py FILE --rendered [--show 3] [--layouts ruled open]

FOLDER holds PDFs, each NAME.pdf beside NAME-str.xml, its tables in the form of the ICDAR 2013 table competition. What
is counted are relations: two cells with text, nothing between them, one right of or below the other. A relation that is
found and right needs both texts; precision and recall are means over documents, and what is found where no table is
counts as wrong. With --rendered, FILE is a JSON list of TAT-QA; each of its tables is set on pages in several layouts
between its paragraphs, and what is counted are cells: the same text in the same row and column.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpdf import FPDF

from ingest import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SIGNS = re.compile(r"[\W_]+")
FIGURE = re.compile(r"[$€£]?\s?\(?[$€£]?\s?[\d.,]*\d[\d.,]*\s?\)?\s?%?\)?|[-–—]+\s?%?")
LEADERS = re.compile(r"\.{3,}|_{4,}")  # lead the eye, and are no text
YEAR = re.compile(r"(?:19|20)\d\d")
SEED = 7
MARGIN = 50.0  # points
LABELS = 200.0  # points that a label is wide at the most
VALUES = 92.0
STEP = 10.0  # of an indented label
LAYOUTS = ("ruled", "rules", "open", "filing", "pages", "turned")


@dataclass(frozen=True, slots=True)
class Place:
    """A text in rows and columns."""

    text: str
    row: int
    column: int
    last_row: int
    last_column: int
    indent: int = 0  # steps by which it begins further to the right


Found = list[list[Place]]


def plain(text: str) -> str:
    """Return the letters and digits of a text."""
    return SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold())


def relations(cells: Sequence[Place]) -> Counter[tuple[str, str, str]]:
    """Return which text is the next one to the right of which, and which the next one below."""
    named = [(plain(cell.text), cell) for cell in cells]
    at = {
        (row, column): number
        for number, (text, cell) in reversed(list(enumerate(named)))
        if text
        for row in range(cell.row, cell.last_row + 1)
        for column in range(cell.column, cell.last_column + 1)
    }
    rows, columns = (max((place[axis] for place in at), default=-1) for axis in (0, 1))
    pairs: set[tuple[str, int, int]] = set()
    for (row, column), number in at.items():
        right = next((at[row, other] for other in range(column + 1, columns + 1) if (row, other) in at), number)
        below = next((at[other, column] for other in range(row + 1, rows + 1) if (other, column) in at), number)
        pairs |= {("right", number, right)} if right != number else set()
        pairs |= {("below", number, below)} if below != number else set()
    return Counter((way, named[one][0], named[other][0]) for way, one, other in pairs)


def truth(path: Path) -> Found:
    """Return the tables of a file in the competition's form."""
    return [
        [
            place(cell, int(region.get("row-increment") or 0), int(region.get("col-increment") or 0))
            for region in table.iter("region")
            for cell in region.iter("cell")
        ]
        for table in ET.parse(path).getroot().iter("table")
    ]


def place(cell: ET.Element, down: int, across: int) -> Place:
    """Return the cell of an element, so many rows and columns further on."""
    row, column = int(cell.get("start-row", 0)), int(cell.get("start-col", 0))
    last_row, last_column = int(cell.get("end-row") or row), int(cell.get("end-col") or column)
    content = cell.find("content")
    text = "" if content is None else "".join(content.itertext())
    return Place(text, row + down, column + across, last_row + down, last_column + across)


def of_ours(path: Path) -> Found:
    """Return the tables that this project finds."""
    return [
        [
            Place(cell.text, cell.row, cell.column, cell.row + cell.row_span - 1, cell.column + cell.column_span - 1)
            for cell in table.cells
        ]
        for table in read(path).tables
    ]


def of_rows(tables: Iterable[Sequence[Sequence[str | None]]]) -> Found:
    """Return tables that are given as rows of texts."""
    return [
        [Place(text or "", row, at, row, at) for row, cells in enumerate(table) for at, text in enumerate(cells)]
        for table in tables
    ]


def of_pdfplumber(path: Path) -> Found:
    """Return the tables that pdfplumber finds."""
    import pdfplumber

    with pdfplumber.open(path) as document:
        return of_rows(table for page in document.pages for table in page.extract_tables())


def of_camelot(path: Path) -> Found:
    """Return the tables that camelot finds between lines, or by alignment where there are none."""
    import camelot

    for flavor in ("lattice", "stream"):
        try:
            found = camelot.read_pdf(str(path), pages="all", flavor=flavor)
        except Exception as error:
            print(f"camelot, {flavor}, {path.name}: {error}")
            continue
        if len(found):
            return of_rows(table.df.values.tolist() for table in found)
    return []


SYSTEMS: dict[str, Callable[[Path], Found]] = {"ours": of_ours, "pdfplumber": of_pdfplumber, "camelot": of_camelot}


def compare(folder: Path, systems: Sequence[str], *, each: bool) -> None:
    """Print precision and recall of each system on the documents of `folder`."""
    print("| system | documents | precision | recall | F1 | without a table |\n|---|---|---|---|---|---|")
    for system in systems:
        shares, none = [], 0
        for path in sorted(folder.glob("*-str.xml")):
            pdf = path.with_name(path.name.removesuffix("-str.xml") + ".pdf")
            if not pdf.exists():
                continue
            wanted = sum(map(relations, truth(path)), Counter[tuple[str, str, str]]())
            tables = SYSTEMS[system](pdf)
            found = sum(map(relations, tables), Counter[tuple[str, str, str]]())
            right = (wanted & found).total()
            shares.append((right / max(found.total(), 1), right / max(wanted.total(), 1)))
            none += not tables
            if each:
                print(f"| {system}: {pdf.name} | 1 | {shares[-1][0]:.2f} | {shares[-1][1]:.2f} | | |")
        precision, recall = (sum(values) / max(len(shares), 1) for values in zip(*shares, strict=True))
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(f"| {system} | {len(shares)} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {none} |")


def is_figure(text: str) -> bool:
    """Tell whether a cell holds a figure that is no year."""
    return FIGURE.fullmatch(text) is not None and not YEAR.fullmatch(text)


def laid_out(rows: Sequence[Sequence[str]], heads: int | None = None) -> tuple[list[Place], int]:
    """Return the cells of a table as its reader sees them, and how many rows name its columns.

    A name that stands alone in its row of names stands over all columns, and several share them where they can. Each
    two spaces before a label indent it by a step.

    Args:
        rows: of texts.
        heads: how many rows name columns; by default those before the first with a label and a figure.
    """
    rows = [row for row in rows if any(text.strip() for text in row)]
    table = [[" ".join(text.split()) for text in row] for row in rows]
    indents = [(len(row[0]) - len(row[0].lstrip(" "))) // 2 for row in rows]
    columns = [at for at in range(len(table[0])) if any(row[at] for row in table)]
    table = [[row[at] for at in columns] for row in table]
    heads = _heads(table) if heads is None else heads
    cells = []
    for number, row in enumerate(table):
        named = [at for at in range(1, len(row)) if row[at]]
        width = len(row) - 1
        spans = number < heads and named and width % len(named) == 0 and len(named) < width
        for nth, at in enumerate([*([0] if row[0] else []), *named]):
            share = width // len(named) if spans and at else 1
            column = 1 + (nth - bool(row[0])) * share if spans and at else at
            indent = 0 if at else indents[number]
            cells.append(Place(row[at], number, column, number, column + share - 1, indent))
    return cells, heads


def _heads(table: Sequence[Sequence[str]]) -> int:
    heads = next((at for at, row in enumerate(table) if row[0] and any(map(is_figure, row[1:]))), 0)
    while heads and table[heads - 1][0] and not any(table[heads - 1][1:]):
        heads -= 1
    return heads


class Sheet:
    """Sets a table between paragraphs."""

    def __init__(self, layout: str, chance: random.Random) -> None:
        self.layout = layout
        self.chance = chance
        self.size = chance.choice((8.0, 9.0, 10.0))
        self.line = self.size * 1.2
        self.pad = chance.choice((1.0, 2.5, 4.0))  # above and below the text of a row
        self.pdf = FPDF(unit="pt", format="A4", orientation="portrait")
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        self.pdf.set_font("Helvetica", size=self.size)
        self.page()

    def page(self, size: tuple[float, float] | None = None) -> None:
        """Begin a page, like the last one if no size is given."""
        self.pdf.add_page(format=size or (self.pdf.w, self.pdf.h), orientation="portrait")
        self.top = MARGIN

    @property
    def bottom(self) -> float:
        """Return where the text of a page ends."""
        return float(self.pdf.h) - MARGIN

    def wrapped(self, text: str, width: float) -> list[str]:
        """Return the lines that a text needs."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.pdf.get_string_width(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def prose(self, text: str) -> None:
        """Write a paragraph."""
        for line in self.wrapped(latin(text), self.pdf.w - 2 * MARGIN):
            if self.top + self.line > self.bottom:
                self.page()
            self.pdf.text(MARGIN, self.top + self.size, line)
            self.top += self.line
        self.top += self.line

    def table(self, cells: Sequence[Place], heads: int) -> None:
        """Write a table, over pages where it does not fit or the layout wants it."""
        columns = 1 + max(cell.last_column for cell in cells)
        widths = [self._width(cells, column) for column in range(columns)]
        room = self.pdf.w - 2 * MARGIN
        if sum(widths) > room:  # a sheet as wide as it needs
            self.page((sum(widths) + 2 * MARGIN, self.pdf.h))
        if sum(widths) < room and self.chance.random() < 0.5:
            widths[0] += (room - sum(widths)) * self.chance.random()
        self.lefts = [MARGIN + sum(widths[:column]) for column in range(columns + 1)]
        rows = [[cell for cell in cells if cell.row == row] for row in range(1 + max(cell.row for cell in cells))]
        repeat = self.chance.random() < 0.5
        if self.layout == "pages" and len(rows) > heads + 4:
            height = sum(self._height(row) for row in rows[: heads + (len(rows) - heads) // 2])
            self.top = max(self.top, self.bottom - height)
        if self.top + sum(self._height(row) for row in rows[: heads + 2]) > self.bottom:
            self.page()
        for number, row in enumerate(rows):
            if self.top + self._height(row) > self.bottom:
                self.page()
                for head in rows[:heads] if repeat else []:
                    self._row(head, heads, len(rows), head[0].row if head else 0)
            self._row(row, heads, len(rows), number)
        self.top += self.line

    def _width(self, cells: Sequence[Place], column: int) -> float:
        texts = [latin(cell.text) for cell in cells if cell.column == column == cell.last_column]
        longest = max((self.pdf.get_string_width(text) for text in texts), default=30.0)
        words = max((self.pdf.get_string_width(word) for text in texts for word in text.split()), default=30.0)
        return float(max(min(longest, LABELS if column == 0 else VALUES), words)) + (24.0 if column else 12.0)

    def _lines(self, cell: Place) -> list[str]:
        return self.wrapped(latin(cell.text), self.lefts[cell.last_column + 1] - self.lefts[cell.column] - 8)

    def _height(self, row: Sequence[Place]) -> float:
        return max((len(self._lines(cell)) for cell in row), default=1) * self.line + 2 * self.pad

    def _row(self, row: Sequence[Place], heads: int, count: int, number: int) -> None:
        height = self._height(row)
        left, right = self.lefts[0], self.lefts[-1]
        if self.layout == "ruled":
            taken = {column: cell for cell in row for column in range(cell.column, cell.last_column + 1)}
            for column in range(len(self.lefts) - 1):
                cell = taken.get(column, Place("", number, column, number, column))
                if column == cell.column:
                    width = self.lefts[cell.last_column + 1] - self.lefts[column]
                    self.pdf.rect(self.lefts[column], self.top, width, height)
        elif self.layout in ("rules", "filing", "turned") and number in (0, heads):
            self.pdf.line(left, self.top, right, self.top)
        if self.layout in ("rules", "turned") and number == count - 1:
            self.pdf.line(left, self.top + height, right, self.top + height)
        for cell in row:
            self._cell(cell, heads, height)
        self.top += height

    def _cell(self, cell: Place, heads: int, height: float) -> None:
        left, right = self.lefts[cell.column] + 4 + cell.indent * STEP, self.lefts[cell.last_column + 1] - 4
        lines = self._lines(cell)
        figure = FIGURE.fullmatch(cell.text) is not None
        top = self.top + self.pad
        if self.layout == "filing" and cell.column:  # as filings do: at the foot of the row
            top = self.top + height - self.pad - self.line * len(lines)
        sign = re.match(r"[$€£] ?", cell.text) if self.layout == "filing" and figure else None
        for at, line in enumerate(lines):
            text = line[sign.end() :].strip() if sign and at == 0 else line
            width = self.pdf.get_string_width(text)
            x = left
            if cell.column:
                x = (left + right - width) / 2 if cell.row < heads else right - width
            base = top + at * self.line + self.size
            if sign and at == 0:
                self.pdf.text(left, base, sign[0].strip())
            self.pdf.text(x, base, text)
            if self.layout == "filing" and cell.row < heads and cell.last_column > cell.column and at == len(lines) - 1:
                self.pdf.line(left, base + 3, right, base + 3)


def latin(text: str) -> str:
    """Return a text with the characters that the standard fonts have."""
    text = unicodedata.normalize("NFKC", text.translate(str.maketrans("–—−‘’“”•€", "---''\"\"*E")))
    return text.encode("latin-1", "ignore").decode("latin-1")


def write(path: Path, layout: str, rows: Sequence[Sequence[str]], paragraphs: Sequence[str], seed: int) -> list[Place]:
    """Write a PDF of a table between paragraphs and return the cells of the table."""
    cells, heads = laid_out(rows)
    sheet = Sheet(layout, random.Random(seed))
    for text in paragraphs[:2]:
        sheet.prose(text)
    sheet.table(cells, heads)
    for text in paragraphs[2:4] or paragraphs[:1]:
        sheet.prose(text)
    sheet.pdf.output(str(path))
    return cells


def key(cell: Place) -> tuple[str, int, int, int, int]:
    """Return what has to be right of a cell."""
    return LEADERS.sub("", "".join(latin(cell.text).split())), cell.row, cell.column, cell.last_row, cell.last_column


def rendered(file: Path, layouts: Sequence[str], show: int) -> None:
    """Print how many cells of the tables in `file` are found in their places, layout by layout."""
    entries: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    print("| layout | tables | whole | cells | right |\n|---|---|---|---|---|")
    total = [0, 0, 0, 0]
    for nth, layout in enumerate(layouts):
        counts = [0, 0, 0, 0]
        for number, entry in enumerate(entries):
            paragraphs = [one["text"] for one in sorted(entry["paragraphs"], key=lambda one: one["order"])]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "table.pdf"
                cells = write(path, layout, entry["table"]["table"], paragraphs, SEED + 1000 * nth + number)
                found = of_ours(path)
            wanted = {key(cell) for cell in cells if key(cell)[0]}
            best = max((wanted & {key(cell) for cell in table} for table in found), key=len, default=set())
            for at, value in enumerate((1, len(best) == len(wanted), len(wanted), len(best))):
                counts[at] += value
                total[at] += value
            if len(best) < len(wanted) and show > 0:
                show -= 1
                print(f"{layout}, table {number}: wanted {sorted(wanted - best)[:8]}")
                for table in found:
                    print("  found", [key(cell) for cell in table if key(cell) not in wanted][:12])
        print_counts(layout, counts)
    print_counts("all", total)


def print_counts(name: str, counts: Sequence[int]) -> None:
    """Print a line of the table of layouts."""
    tables, whole, cells, right = counts
    print(f"| {name} | {tables} | {whole / max(tables, 1):.3f} | {cells} | {right / max(cells, 1):.4f} |", flush=True)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="a folder of PDFs with their tables, or a file of TAT-QA")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, help="all that are installed, if left out")
    parser.add_argument("--each", action="store_true", help="print each document")
    parser.add_argument("--rendered", action="store_true", help="set the tables of a file of TAT-QA on pages")
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=LAYOUTS)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print what is wrong in N tables")
    arguments = parser.parse_args()
    if arguments.rendered:
        rendered(arguments.source, arguments.layouts, arguments.show)
        return
    installed = [name for name in SYSTEMS if name == "ours" or find_spec(name)]
    compare(arguments.source, arguments.systems or installed, each=arguments.each)


if __name__ == "__main__":
    main()
