"""Writes the rows of a page's tables into its text, and finds their cells there again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.table import Cell, Table
from ingest.tables import CELL
from ingest.tables.align import places_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.tables.grid import Grid, GridCell
    from ingest.tables.sheet import Glyph
    from ingest.tables.words import Word

_KNOWN = 0.98  # of a table's characters that have to be found in the text
_LINE_END = re.compile(r"[^\S\n]*\n\s*")
_BROKEN = re.compile(r"[^\W\d_]-$")


@dataclass(frozen=True, slots=True)
class Marked:
    """The text of a page with its tables' rows on lines of their own, each with `CELL` in it."""

    text: str
    tables: tuple[tuple[Grid, tuple[Row, ...]], ...]  # in the order of the text
    lost: int = 0  # tables that couldn't be found in the text
    struck: bool = False  # words in it are struck out
    numbered: bool = False  # the numbers of its lines are left out


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table."""

    cells: tuple[GridCell, ...]
    slots: tuple[int, ...]  # for each cell, how many times `CELL` stands before it
    texts: tuple[str, ...]

    @property
    def line(self) -> str:
        """Return the row as it stands in the text; one of a single cell ends with `CELL`."""
        parts = [""] * (self.slots[-1] + 1)
        for slot, text in zip(self.slots, self.texts, strict=True):
            parts[slot] = text
        return CELL.join(parts) if len(parts) > 1 else parts[0] + CELL


def marked(text: str, glyphs: Sequence[Glyph], grids: Sequence[Grid]) -> Marked:
    """Write the rows of `grids` into the text of their page.

    Args:
        text: of the page, as `characters` leaves it.
        glyphs: the characters of the page in their places.
        grids: its tables.

    Returns:
        The same words; those of a table stand row by row where the first of them stood.
    """
    if not grids:
        return Marked(text, ())
    page = _Page(text, glyphs)
    located = [(grid, rows) for grid in grids if (rows := page.rows(grid))]
    blocks: list[tuple[int, Grid, list[Row], set[int]]] = []
    for grid, rows in located:
        places = page.places_of(grid)
        blocks.append((min(places), grid, rows, places))
    blocks.sort(key=lambda block: block[0])
    written = _written(text, [(places, [row.line for row in rows]) for _, _, rows, places in blocks])
    tables = tuple((grid, tuple(rows)) for _, grid, rows, _ in blocks)
    return Marked(written, tables, len(grids) - len(tables))


class _Page:
    """The text of a page, and where its glyphs stand in it."""

    def __init__(self, text: str, glyphs: Sequence[Glyph]) -> None:
        self._text = text
        self._places = places_of(text, glyphs)
        self._wanted = [len(plain(glyph.text)) for glyph in glyphs]

    def rows(self, grid: Grid) -> list[Row]:
        """Return the rows of a table with their texts; none if too little of it stands in the text of the page."""
        glyphs = [number for cell in grid.cells for word in cell.words for number in word.glyphs]
        wanted = sum(self._wanted[number] for number in glyphs)
        found = sum(len(self._places[number]) for number in glyphs)
        if not wanted or found < _KNOWN * wanted:
            return []
        rows = (self._row(grid, number) for number in range(grid.rows))
        return [row for row in rows if row]

    def places_of(self, grid: Grid) -> set[int]:
        """Return where the characters of a table stand in the text."""
        return {
            place
            for cell in grid.cells
            for word in cell.words
            for number in word.glyphs
            for place in self._places[number]
        }

    def _row(self, grid: Grid, number: int) -> Row | None:
        cells, texts = [], []
        for cell in grid.row(number):
            text = self._text_of(cell)
            if text:
                cells.append(cell)
                texts.append(text)
        return Row(tuple(cells), tuple(_slots(grid, number, cells)), tuple(texts)) if cells else None

    def _text_of(self, cell: GridCell) -> str:
        """Return the words of a cell, those that a line end breaks put together again."""
        text = ""
        for line in cell.lines:
            words = " ".join(word for one in line if (word := self._word(one)))
            text += (" " if text and not (_BROKEN.search(text) and words[:1].islower()) else "") + words
        return text.strip()

    def _word(self, word: Word) -> str:
        return "".join(self._text[place] for number in word.glyphs for place in self._places[number])


def _slots(grid: Grid, number: int, cells: Sequence[GridCell]) -> Iterator[int]:
    """Yield how many times `CELL` stands before each cell of a row.

    A name over several columns takes one place where all names of its row do so, as whoever reads the row expects.
    """
    spans = {cell.column_span for cell in cells if cell.column > 0}
    alike = number < grid.headers and len(spans) == 1 and spans != {1}
    for at, cell in enumerate(cells):
        yield cell.column if not alike else (at if cells[0].column == 0 else at + 1)


def _written(text: str, blocks: Sequence[tuple[set[int], Sequence[str]]]) -> str:
    """Return `text` with each block of lines in place of the characters that it is made of."""
    taken = {place: number for number, (places, _) in enumerate(blocks) for place in places}
    parts: list[str] = []
    begun: set[int] = set()
    rest: list[str] = []
    for place, character in enumerate(text):
        number = taken.get(place)
        if number is None:
            rest.append(character)
        elif number not in begun:
            begun.add(number)
            parts += [_tidy("".join(rest)), "\n".join(blocks[number][1])]
            rest = []
        elif rest and rest[-1] != "\n" and not rest[-1].isspace():
            rest.append(" ")
    parts.append(_tidy("".join(rest)))
    return "\n".join(part for part in parts if part)


def _tidy(text: str) -> str:
    """Return what is left between tables, without the white space that parted their words."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return _LINE_END.sub(lambda match: "\n\n" if match[0].count("\n") > 1 else "\n", "\n".join(lines)).strip()


def placed(text: str, tables: Sequence[tuple[Grid, Sequence[Row]]], page: int) -> tuple[str, tuple[Table, ...]]:
    """Find the rows in the text of a page again, after it was repaired.

    Args:
        text: of the page; each of its lines with `CELL` is a row, in the order of `tables`.
        tables: of the page, as `marked` returns them.
        page: its number.

    Returns:
        The text, rows of a single cell without a `CELL`, and the tables with the places of their cells.
    """
    rows = iter([(number, row) for number, (_, some) in enumerate(tables) for row in some])
    found: list[list[Cell]] = [[] for _ in tables]
    lines, offset = [], 0
    for line in text.split("\n"):
        if CELL in line:
            number, row = next(rows)
            found[number] += _cells(tables[number][0], row, offset)
            lines.append(line if len(row.cells) > 1 or row.slots[0] else line.rstrip(CELL))
        else:
            lines.append(line)
        offset += len(lines[-1]) + 1
    made = tuple(
        Table(page, page, None, None, tuple(cells), grid.box) for (grid, _), cells in zip(tables, found, strict=True)
    )
    return "\n".join(lines), made


def _cells(grid: Grid, row: Row, start: int) -> list[Cell]:
    cells, slot = [], 0
    for cell, before, text in zip(row.cells, row.slots, row.texts, strict=True):
        start += (before - slot) * len(CELL)
        header = cell.row < grid.headers or cell.column < grid.labels
        box = _box(cell)
        cells.append(
            Cell(text, cell.row, cell.column, cell.row_span, cell.column_span, header, start, start + len(text), box)
        )
        start += len(text)
        slot = before
    return cells


def _box(cell: GridCell) -> tuple[float, float, float, float]:
    words = cell.words
    left, top = min(word.left for word in words), min(word.top for word in words)
    right, bottom = max(word.right for word in words), max(word.bottom for word in words)
    return round(left, 1), round(top, 1), round(right, 1), round(bottom, 1)
