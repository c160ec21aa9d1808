"""Notes the cells of a table while its text is written."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from ingest.packing import MOST_CELLS, are_apart, is_dense
from ingest.table import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Place = tuple[int, int]  # row and column, from 0


@dataclass(frozen=True, slots=True)
class Form:
    """What a format says of the cells of a table beside their texts."""

    spans: Mapping[Place, tuple[int, int]] = field(default_factory=dict)  # rows and columns of what fills several
    headers: frozenset[Place] = frozenset()

    def are_headers(self, row: int, texts: Sequence[str]) -> bool:
        """Tell whether every cell of a row that has a text is a header."""
        filled = [column for column, text in enumerate(texts) if text]
        return bool(filled) and all((row, column) in self.headers for column in filled)


PLAIN = Form()
"""Of a format in which a cell is a text."""


class Cells:
    """Collects the cells of one table."""

    def __init__(self, form: Form = PLAIN, most: int = MOST_CELLS) -> None:
        """Take what the format says, and how many cells there may be."""
        self._form = form
        self._most = most
        self._cells: list[Cell] = []
        self._rows: list[int] = []  # for each row of the table its number among those that were given
        self._ends: dict[int, int] = {}  # by number of a cell: the last of the given rows that it spans
        self._hanging: dict[int, int] = {}  # the same by column
        self._alone: list[int] = []  # numbers of cells that are the only one of their row
        self._width = 0  # columns
        self.too_many = False

    def row(self, given: int, texts: Sequence[str], place: int, *, header: bool = False) -> None:
        """Note a row whose cells stand one behind the other, one character apart.

        Args:
            given: which row it is of those that the reader has, from 0.
            texts: one for each column; what spans places may stand in all of them.
            place: where the first begins on the page.
            header: it names columns.
        """
        if self._form is not PLAIN:
            starts = accumulate((len(text) + 1 for text in texts[:-1]), initial=place)
            self.scattered(given, texts, starts, header=header)
            return
        number = self._begin(given, len(texts))
        for column, text in enumerate(texts):  # the fast path: of a large table a million times
            end = place + len(text)
            if text:
                self._cells.append(Cell(text, number, column, 1, 1, header, place, end))
            place = end + 1

    def scattered(self, given: int, texts: Sequence[str], starts: Iterable[int], *, header: bool = False) -> None:
        """Note a row whose cells begin at `starts`."""
        number = self._begin(given, len(texts))
        covered = 0  # columns that the last cell spans
        for column, (text, start) in enumerate(zip(texts, starts, strict=True)):
            if self._hanging.get(column, -1) >= given or column < covered:
                continue
            down, across = self._form.spans.get((given, column), (1, 1))
            covered = column + across
            if not text and (down, across) == (1, 1):
                continue
            if down > 1:
                self._ends[len(self._cells)] = given + down - 1
                self._hanging.update(dict.fromkeys(range(column, covered), given + down - 1))
            self._width = max(self._width, covered)
            marked = header or (given, column) in self._form.headers
            self._cells.append(Cell(text, number, column, 1, across, marked, start, start + len(text)))

    def line(self, given: int, text: str, start: int) -> None:
        """Note a row of one cell, that spans the table."""
        number = self._begin(given, 1)
        self._alone.append(len(self._cells))
        self._cells.append(Cell(text, number, 0, 1, 1, True, start, start + len(text)))

    def table(self, page: int, caption: str | None, unit: str | None) -> Table | None:
        """Return the table; None where there are too many cells for one, or too few, or two at one place."""
        rows, columns = len(self._rows), self._width
        if self.too_many or columns < 2 or not is_dense(rows, columns, len(self._cells)):
            return None
        several = set(range(rows)) - {self._cells[at].row for at in self._alone} if self._alone else ()
        last = max(several, default=0)
        for at in self._alone:
            cell = self._cells[at]  # it is a header if it says what comes under it
            self._cells[at] = replace(cell, column_span=columns, header=cell.row < last)
        for at, end in self._ends.items():
            cell = self._cells[at]
            down = bisect_right(self._rows, end) - cell.row
            self._cells[at] = replace(cell, row_span=max(down, 1))
        fits = self._form is PLAIN or are_apart(self._cells)
        return Table(page, page, caption, unit, tuple(self._cells)) if fits else None

    def _begin(self, given: int, width: int) -> int:
        """Begin a row, and return its number."""
        if len(self._cells) > self._most:
            self.too_many = True
            self._cells.clear()
            self._alone.clear()
            self._ends.clear()
        self._rows.append(given)
        self._width = max(self._width, width)
        return len(self._rows) - 1
