"""A table while it is being found: cells that hold words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.characters import RAISED
from ingest.tables.words import joined, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.tables.sheet import Box
    from ingest.tables.words import Word

_FIGURE = re.compile(
    r"[$€£¥(\[+<>~≈±−–-]*\s?(?:\d(?:[\d.,'’:/ ]*\d)?|[.,]\d+)[)\]]?\s?(?:%|bn|mn|[kKmM])?[)\]]?"
    rf"(?:\s?[*†‡]+|\s?\^?\([a-z\d]\)|[{RAISED}]+)?"
    r"|[$€£¥(]*\s*[–—−.:*-]{1,3}\s*[)%]*|\.{2,3}"
)


_DATE = re.compile(r"\b(?:19|20)\d\d\b")
_AMOUNT = re.compile(r"\d[.,]\d|[$€£¥%]")


def is_figure(text: str) -> bool:
    """Tell whether a cell holds a figure, or a dash in place of one."""
    return _FIGURE.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Tell whether a text names a year, and no amount."""
    return _DATE.search(text) is not None and not _AMOUNT.search(text)


@dataclass(slots=True)
class GridCell:
    """Words in a place of a table; `lines` from top to bottom."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    lines: list[list[Word]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return its words on one line."""
        return " ".join(map(joined, self.lines))

    @property
    def words(self) -> list[Word]:
        """Return its words in reading order."""
        return [word for line in self.lines for word in line]


@dataclass(slots=True)
class Grid:
    """A table on one page."""

    cells: list[GridCell]  # those with text, row by row, from left to right
    rows: int
    columns: int
    box: Box
    lefts: tuple[float, ...] = ()  # of its columns, in points
    headers: int = 0  # rows that name columns
    labels: int = 0  # columns that name rows, where there are several; else 0
    ruled: bool = False

    def row(self, number: int) -> list[GridCell]:
        """Return the cells that begin in row `number`."""
        return [cell for cell in self.cells if cell.row == number]


def box_of(words: Iterable[Word]) -> Box:
    """Return left, top, right and bottom of `words`."""
    some = list(words)
    return (
        min(word.left for word in some),
        min(word.top for word in some),
        max(word.right for word in some),
        max(word.bottom for word in some),
    )


def filled(cell: GridCell, words: Sequence[Word]) -> GridCell:
    """Return `cell` with `words` in lines."""
    cell.lines = lines_of(words)
    return cell


def compact(cells: Iterable[GridCell], box: Box, *, ruled: bool = False) -> Grid:
    """Return the table of the cells that have text, without rows and columns that have none."""
    some = [cell for cell in cells if cell.lines]
    rows = {number: at for at, number in enumerate(sorted({cell.row for cell in some}))}
    columns = {number: at for at, number in enumerate(sorted({cell.column for cell in some}))}
    for cell in some:
        cell.row_span = sum(number in rows for number in range(cell.row, cell.row + cell.row_span))
        cell.column_span = sum(number in columns for number in range(cell.column, cell.column + cell.column_span))
        cell.row, cell.column = rows[cell.row], columns[cell.column]
    some = apart(some)
    lefts = tuple(
        min((word.left for cell in some if cell.column == column for word in cell.words), default=0.0)
        for column in range(len(columns))
    )
    return Grid(some, len(rows), len(columns), box, lefts, ruled=ruled)


def apart(cells: Iterable[GridCell]) -> list[GridCell]:
    """Return cells row by row, none in the place of another: one that reaches into another is cut off before it."""
    taken: dict[tuple[int, int], GridCell] = {}
    kept: list[GridCell] = []
    for cell in sorted(cells, key=lambda cell: (cell.row, cell.column)):
        other = taken.get((cell.row, cell.column))
        if other and (other.row, other.column) == (cell.row, cell.column):
            other.lines += cell.lines
            continue
        if other:
            _cut(other, cell)
            taken = {place: one for place, one in taken.items() if one is not other}
            taken.update(dict.fromkeys(_places(other), other))
        free = next((n for n in range(cell.column_span) if (cell.row, cell.column + n) in taken), cell.column_span)
        cell.column_span = free
        while any(place in taken for place in _places(cell)):
            cell.row_span -= 1
        taken.update(dict.fromkeys(_places(cell), cell))
        kept.append(cell)
    return kept


def _cut(cell: GridCell, before: GridCell) -> None:
    if cell.column < before.column:
        cell.column_span = before.column - cell.column
    else:
        cell.row_span = before.row - cell.row


def _places(cell: GridCell) -> list[tuple[int, int]]:
    rows = range(cell.row, cell.row + cell.row_span)
    return [(row, column) for row in rows for column in range(cell.column, cell.column + cell.column_span)]
