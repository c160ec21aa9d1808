"""Where the blocks of a web page go: the page itself, or the cell of a table that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.compose import flat
from ingest.readers.web.grid import WIDEST, Cell, Table, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.readers.web.blocks import Block

_DEEPEST = 8  # tables within tables


class Places:
    """Keeps the open tables."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []  # of the page
        self._sinks = [self.blocks]  # and those of each open cell
        self._tables: list[Table | None] = []  # None: too deep to be told apart

    @property
    def in_table(self) -> bool:
        """Whether one is open."""
        return bool(self._tables)

    def add(self, block: Block) -> None:
        """Put a block where it belongs."""
        self._sinks[-1].append(block)

    def open_table(self, attributes: Mapping[str, str]) -> None:
        """Begin a table."""
        shallow = len(self._tables) < _DEEPEST and None not in self._tables
        self._tables.append(Table(attributes.get("role") == "presentation") if shallow else None)

    def open_row(self) -> None:
        """Begin a row."""
        if table := self._table:
            table.rows.append([])

    def open_cell(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin a cell; one that is open ends."""
        table = self._table
        if table is None:
            return
        if not table.rows:
            table.rows.append([])
        self.close_cell()
        columns = number(attributes.get("colspan"), 1, WIDEST)
        cell = Cell([], columns, number(attributes.get("rowspan"), 1, None), tag == "th")
        table.rows[-1].append(cell)
        self._sinks.append(cell.blocks)
        table.in_cell = True

    def close_cell(self) -> None:
        """End the cell that is open."""
        table = self._table
        if table is not None and table.in_cell:
            self._sinks.pop()
            table.in_cell = False

    def caption(self, text: str) -> None:
        """Note what the table is called."""
        if table := self._table:
            table.caption = flat(text)

    def end_table(self) -> None:
        """End the innermost table, and put it where it belongs."""
        self.close_cell()
        table = self._tables.pop() if self._tables else None
        if table is not None:
            self._sinks[-1] += table.blocks()

    @property
    def _table(self) -> Table | None:
        return self._tables[-1] if self._tables else None
