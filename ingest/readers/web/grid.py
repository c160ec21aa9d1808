"""Tables of web pages: which ones only place things, and what stands in each row and column of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.cells import Form
from ingest.compose import LONGEST_CELL, flat
from ingest.readers.web.blocks import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDEST = 100  # columns that one cell may span
_MOST_SPREAD = 20  # cells of a grid for each one that the file holds
_LONGEST_SPREAD = 100  # characters; a longer cell stands in the first row and column it spans only


@dataclass(slots=True)
class Cell:
    """A cell while it is read."""

    blocks: list[Block] = field(default_factory=list)
    columns: int = 1
    rows: int = 1
    heads: bool = False


@dataclass(slots=True)
class Table:
    """A table while it is read."""

    layout: bool
    rows: list[list[Cell]] = field(default_factory=list)
    caption: str = ""
    in_cell: bool = False

    def blocks(self) -> list[Block]:
        """Return it, and the tables within it; of one that only places things what is in its cells."""
        cells = [cell for row in self.rows for cell in row]
        if self.layout or _is_layout(self.rows, cells):
            return [block for cell in cells for block in cell.blocks]
        return [_table(self), *(block for cell in cells for block in cell.blocks if block.kind == "table")]


def number(text: str | None, least: int, most: int | None) -> int:
    """Return a number that an attribute states, within bounds; the least one where it states none."""
    value = int(text) if text and text.strip().isdecimal() and len(text) < 6 else least
    return max(least, value if most is None else min(value, most))


def _is_layout(rows: Sequence[Sequence[Cell]], cells: Sequence[Cell]) -> bool:
    """Tell whether a table only places things: one column, headings or tables or much prose in its cells."""
    if max(map(len, rows), default=0) < 2:
        return True
    named = bool(rows[0]) and all(cell.heads for cell in rows[0])  # such a table holds others, and is one
    blocks = [block for cell in cells for block in cell.blocks if block.kind != "table" or not named]
    return any(block.kind in ("heading", "table") or len(block.text) > LONGEST_CELL for block in blocks)


def _table(table: Table) -> Block:
    """Return a table, column below column: what spans rows stands in each, but a column's name once."""
    below: dict[int, tuple[int, str]] = {}  # by column: how many rows more, and what stands there
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    headers: set[tuple[int, int]] = set()
    room = _MOST_SPREAD * sum(map(len, table.rows))  # a few cells of many rows and columns would fill any memory
    grid: list[tuple[str, ...]] = []
    for cells in table.rows:
        row: list[str] = []
        names = all(cell.heads for cell in cells)
        alone = len(cells) == 1 and cells[0].columns > 1 and not below
        for cell in cells:
            _fill(row, below)
            text = flat(" ".join(block.text for block in cell.blocks if block.kind != "table"))
            again = text if len(text) <= _LONGEST_SPREAD else ""
            columns = cell.columns if len(row) < room else 1
            if (cell.rows, columns) != (1, 1):
                spans[len(grid), len(row)] = (cell.rows, columns)
            if cell.heads:
                headers |= {(len(grid), len(row) + nth) for nth in range(columns)}
            for nth in range(columns):
                if cell.rows > 1:
                    below[len(row)] = (cell.rows - 1, "" if names else again)
                row.append(text if nth == 0 else again if cell.heads else "")
        last = max(below, default=-1)
        while len(row) < room and len(row) <= last:
            _fill(row, below)
            row += [""] if len(row) < last else []
        room -= len(row)
        grid.append((row[0],) if alone else tuple(row))
    return Block("table", table.caption, rows=tuple(grid), form=Form(spans, frozenset(headers)))


def _fill(row: list[str], below: dict[int, tuple[int, str]]) -> None:
    """Go on in `row` with the cells that hang down from the rows above."""
    while len(row) in below:
        rows, text = below.pop(len(row))
        if rows > 1:
            below[len(row)] = (rows - 1, text)
        row.append(text)
