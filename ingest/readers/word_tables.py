"""The tables of a Word document as rows of cells, each at its column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.cells import Form
from ingest.compose import flat
from ingest.readers.package import is_on, local_name, number
from ingest.readers.word_styles import VALUE, WORDS, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_SPREAD = 100  # characters of a cell that is repeated in the rows it spans

_WIDEST = 100  # columns that a cell may span
_HOLDERS = ("sdt", "sdtContent", "customXml", "ins", "del", "moveFrom", "moveTo", "AlternateContent", "Choice")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row."""

    element: Any
    column: int
    width: int  # columns
    merged: str  # with those above and below: "restart", "continue", or "" where it stands alone


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table."""

    cells: tuple[Cell, ...]
    width: int  # columns, with those that have no cell at its ends
    names: bool  # it is marked as one that comes again on each page

    @property
    def is_one_cell(self) -> bool:
        """Whether a single cell fills it, or most of it."""
        return len(self.cells) == 1 < self.cells[0].width and 2 * self.cells[0].width > self.width


def rows_of(table: Any) -> list[Row]:
    """Return the rows of a table, those in content controls too; columns that no row has a cell in are left out."""
    rows = [_row(row) for row in _of(table, "tr")]
    before = min((row.cells[0].column for row in rows if row.cells), default=0)
    after = min((row.width - _end(row) for row in rows if row.cells), default=0)
    return [_cut(row, before, after) for row in rows] if before or after else rows


def texts_of(row: Row, texts: Sequence[str], above: Sequence[str], *, first: bool) -> list[str]:
    """Return the texts of a row, one a column; a header over several columns or a cell over several rows repeats.

    Args:
        row: the row.
        texts: of its cells.
        above: of the row above it, one a column.
        first: it is the first one.
    """
    line = [""] * row.width
    for cell, own in zip(row.cells, texts, strict=True):
        hangs = cell.merged == "continue"
        text = (above[cell.column] if cell.column < len(above) else "") if hangs else flat(own)
        line[cell.column] = "" if hangs and len(text) > LONGEST_SPREAD else text
        if first and len(text) <= LONGEST_SPREAD:
            line[cell.column + 1 : cell.column + cell.width] = [text] * (cell.width - 1)
    return line


def form_of(rows: Sequence[Row]) -> Form:
    """Return which cells span others, and which stand in rows that are marked as headers."""
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    headers: set[tuple[int, int]] = set()
    begun: dict[int, int] = {}  # by column: the row in which the cell begins that hangs down
    for at, row in enumerate(rows):
        for cell in row.cells:
            if cell.merged == "continue" and cell.column in begun:
                first = begun[cell.column]
                spans[first, cell.column] = (at - first + 1, cell.width)
            else:
                begun.pop(cell.column, None)
                if cell.width > 1:
                    spans[at, cell.column] = (1, cell.width)
                if cell.merged:
                    begun[cell.column] = at
        if row.names:
            headers |= {(at, column) for column in range(row.width)}
    return Form(spans, frozenset(headers))


def inner_tables(cell: Any) -> Iterator[Any]:
    """Yield the tables within a cell, those within these left out."""
    for table in cell.iter(f"{WORDS}tbl"):
        if next(table.iterancestors(f"{WORDS}tc")) is cell and not in_fallback(table):
            yield table


def paragraphs_of(cell: Any) -> Iterator[Any]:
    """Yield the paragraphs of a cell, those of tables within it left out."""
    for paragraph in cell.iter(f"{WORDS}p"):
        if next(paragraph.iterancestors(f"{WORDS}tc")) is cell and not in_fallback(paragraph):
            yield paragraph


def in_fallback(element: Any) -> bool:
    """Tell whether an element is the second writing of a thing, for old programs."""
    return any(local_name(above) == "Fallback" for above in element.iterancestors())


def _row(row: Any) -> Row:
    properties = row.find(f"{WORDS}trPr")
    before, after = (_columns(properties, name, 0) for name in ("gridBefore", "gridAfter"))
    mark = None if properties is None else properties.find(f"{WORDS}tblHeader")
    cells, column = [], before
    for element in _of(row, "tc"):
        own = element.find(f"{WORDS}tcPr")
        width = max(_columns(own, "gridSpan", 1), 1)
        merged = None if own is None else own.find(f"{WORDS}vMerge")
        cells.append(Cell(element, column, width, "" if merged is None else merged.get(VALUE, "continue")))
        column += width
    return Row(tuple(cells), column + after, is_on(mark, value_of(mark)))


def _end(row: Row) -> int:
    return row.cells[-1].column + row.cells[-1].width


def _cut(row: Row, before: int, after: int) -> Row:
    """Return a row without columns at its ends that no row of the table has a cell in."""
    cells = tuple(replace(cell, column=cell.column - before) for cell in row.cells)
    return replace(row, cells=cells, width=max(row.width - before - after, 0))


def _columns(properties: Any, name: str, default: int) -> int:
    value = None if properties is None else value_of(properties.find(f"{WORDS}{name}"))
    return min(number(value, default), _WIDEST)


def _of(parent: Any, name: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, those in content controls too."""
    for element in parent:
        if local_name(element) == name:
            yield element
        elif local_name(element) in _HOLDERS:
            yield from _of(element, name)
