"""A table as cells with places."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.grid import Grid


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; what spans several rows or columns is one cell, at the first of them."""

    text: str  # on one line
    row: int  # from 0
    column: int  # from 0
    row_span: int  # rows that it fills, from 1
    column_span: int  # columns that it fills, from 1
    header: bool  # it names what stands under it or beside it
    start: int  # characters into the text of the page; in `Document.tables`, of the document
    end: int  # the same as `start` where it has no text
    box: tuple[float, float, float, float] | None = None  # left, top, right, bottom in points


@dataclass(frozen=True)  # without slots: what is worked out of all cells is kept with them
class Table:
    """A table of a document; no two of its cells fill one place, and places may be empty."""

    page: int  # that it begins on; 1-based
    page_end: int  # that it ends on
    caption: str | None  # what it is called
    unit: str | None  # of its figures, as it says it: "in thousands of euros"
    cells: tuple[Cell, ...]  # row by row
    box: tuple[float, float, float, float] | None = None  # on its first page, as that of a cell
    column_units: tuple[str | None, ...] = field(default=(), compare=False)  # that its headers name, where looked for

    @cached_property
    def grid(self) -> Grid:
        """Its cells by their places."""
        from ingest.grid import Grid  # it is made of the cells of this module

        return Grid(self)

    @cached_property
    def span(self) -> tuple[int, int]:
        """Where it begins and ends, in characters as those of its cells."""
        return min(cell.start for cell in self.cells), max(cell.end for cell in self.cells)

    @cached_property
    def lines(self) -> Mapping[int, tuple[int, int]]:
        """Where the text of the cells that begin in a row stands, by its number; rows without text are left out."""
        found: dict[int, tuple[int, int]] = {}
        for cell in self.cells:
            if cell.end > cell.start:
                start, end = found.get(cell.row, (cell.start, cell.end))
                found[cell.row] = (min(start, cell.start), max(end, cell.end))
        return found


def sizes(cells: Iterable[Cell]) -> tuple[int, int]:
    """Return how many rows and how many columns some cells fill."""
    rows = columns = 0
    for cell in cells:
        rows = max(rows, cell.row + cell.row_span)
        columns = max(columns, cell.column + cell.column_span)
    return rows, columns


def shifted(table: Table, offset: int) -> Table:
    """Return a table whose cells begin so many characters later."""
    if not offset:
        return table
    cells = tuple(replace(cell, start=cell.start + offset, end=cell.end + offset) for cell in table.cells)
    return replace(table, cells=cells)
