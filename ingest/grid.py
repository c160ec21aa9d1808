"""A table as a reader sees it: what stands where, under which headers and beside which label.

Whoever asks for more than one cell makes a `Grid` once; the functions make one each time.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from ingest.rows import is_figure
from ingest.table import sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.table import Cell, Table

_INDENT = 2.0  # points; a label that begins so much further to the right stands under those before it
_FIGURE = re.compile(r"[$€£¥(+<~−–-]*\s*\d[\d.,'’]*\s*[)%]*|[–—-]+")
_DATE = re.compile(  # "5.50" is an amount
    r"(?:19|20)\d\d(?:-\d\d?){0,2}|(?:\d{1,2}[./ ]){1,2}(?:19|20)\d\d|(?:\d{1,2}[./ ]){2}\d\d"
)


class _Above(NamedTuple):
    """A label that others may stand under."""

    left: float  # in points; 0 where places are not known
    bare: bool  # its row has no values
    label: Cell


def grid(table: Table) -> list[list[Cell | None]]:
    """Return the rows of a table, each with the cell in every column; one that spans places stands in all of them."""
    return Grid(table).rows


def row_header(table: Table, row: int) -> tuple[Cell, ...]:
    """Return the label of a row after those that it stands under; see `Grid.row_header`."""
    return Grid(table).row_header(row)


def column_header(table: Table, column: int) -> tuple[Cell, ...]:
    """Return the headers of a column from top to bottom; see `Grid.column_header`."""
    return Grid(table).column_header(column)


def value_cells(table: Table) -> list[Cell]:
    """Return the cells that say something of a row and a column; see `Grid.value_cells`."""
    return Grid(table).value_cells


class Grid:
    """The places of a table, with one cell at the most in each."""

    def __init__(self, table: Table) -> None:
        height, width = sizes(table.cells)
        self.cells = table.cells
        self.rows: list[list[Cell | None]] = [[None] * width for _ in range(height)]
        for cell in table.cells:
            for row in self.rows[cell.row : cell.row + cell.row_span]:
                row[cell.column : cell.column + cell.column_span] = [cell] * cell.column_span

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.rows[0]) if self.rows else 0

    @cached_property
    def header_rows(self) -> int:
        """How many rows at the top name columns: those of which every cell is a header.

        Where no cell is marked as one, they are those before the first figure that is no year.
        """
        if not any(cell.header for cell in self.cells):
            return self._rows_before_figures()
        heads = list(takewhile(lambda row: all(cell is None or cell.header for cell in row), self.rows))
        if len(heads) == len(self.rows):
            return 0  # of a table of headers alone none is above another
        while heads and _spans(heads[-1]) and not all(map(_spans, heads)):
            heads.pop()  # it says what comes under it, not what the columns are
        return len(heads) + self._names_years_at(len(heads))

    def _names_years_at(self, row: int) -> bool:
        """Tell whether a row under headers is one of them: it names years, and what comes under it does not."""
        return 0 < row < len(self.rows) - 1 and _names_years(self.rows[row]) and not _names_years(self.rows[row + 1])

    def _rows_before_figures(self) -> int:
        for number, row in enumerate(self.rows):
            told = [cell.text for cell in row[1:] if cell is not None and cell.text]
            if any(_FIGURE.fullmatch(text) and not _DATE.fullmatch(text) for text in told):
                return number
        return min(1, len(self.rows) - 1)  # a table of words has one row of headers

    @cached_property
    def label_columns(self) -> frozenset[int]:
        """The columns whose cells name rows: those of header cells, or else the first one of words, years or dates."""
        body = self.rows[self.header_rows :]
        marked = [column for column in range(self.width) if _are_headers([row[column] for row in body], self.width)]
        for column in range(self.width) if not marked else ():
            if _are_labels([row[column] for row in body]):
                return frozenset({column})
        return frozenset(marked)

    @cached_property
    def value_cells(self) -> list[Cell]:
        """The cells with text that are neither headers nor labels, row by row."""
        columns = self.label_columns
        return [
            cell
            for cell in self.cells
            if cell.text and not cell.header and cell.row >= self.header_rows and cell.column not in columns
        ]

    def column_header(self, column: int) -> tuple[Cell, ...]:
        """Return the headers of a column, from the one over most columns down to its own; none where it has none.

        A header that is left empty above another one is the one to its left: so is written what spans columns where
        nothing spans them.
        """
        found: list[Cell] = []
        for number in range(self.header_rows):
            cell = self._header(number, column)
            if cell is not None and cell.text and cell not in found:
                found.append(cell)
        return tuple(found)

    def row_header(self, row: int) -> tuple[Cell, ...]:
        """Return the label of a row after those that it stands under; empty for rows of headers, and without labels.

        It stands under rows that span the table, under labels that span its row, under labels of rows without values,
        and, where places are known, under labels from which it is indented. After "Total current assets" nothing stands
        under "Current assets" any more.
        """
        return self._row_headers[row]

    def _header(self, row: int, column: int) -> Cell | None:
        cell = self.rows[row][column]
        last = row + 1 == self.header_rows
        told = {id(one): one for one in self.rows[row][1:] if one is not None and one.text}
        if len(told) == 1 and not last and column not in self.label_columns:
            return next(iter(told.values()))  # one alone above others is over all of them
        while (cell is None or not cell.text) and not last and column - 1 not in self.label_columns and column > 0:
            column -= 1
            cell = self.rows[row][column]
        return cell

    @cached_property
    def _row_headers(self) -> list[tuple[Cell, ...]]:
        found: list[tuple[Cell, ...]] = [()] * self.header_rows
        above: list[_Above] = []
        bare = [self._is_bare(row) for row in range(len(self.rows))]
        for row in range(self.header_rows, len(self.rows)):
            labels = self._labels(row)
            if not labels:
                found.append(tuple(one.label for one in above))
                continue
            first = bare[row] and not (row > self.header_rows and bare[row - 1])
            left = labels[-1].box[0] if labels[-1].box else 0.0
            above = _still_above(above, left, _length_of_run(bare, row) if first else 0)
            parents = [one.label for one in above if one.label not in labels]
            found.append((*parents, *labels))
            above = [
                *_without_totalled(above, "" if bare[row] else labels[-1].text),
                _Above(left, bare[row], labels[-1]),
            ]
        return found

    def _labels(self, row: int) -> list[Cell]:
        """Return the own labels of a row: one, or several in columns that name rows."""
        cells = self.rows[row]
        if _spans(cells) and cells[0] is not None and cells[0].header:
            return [cells[0]]
        found: list[Cell] = []
        for column in sorted(self.label_columns):
            cell = cells[column]
            if cell is not None and cell.text and cell not in found:
                found.append(cell)
        return found

    def _is_bare(self, row: int) -> bool:
        """Tell whether a row has a label and no values."""
        if row < self.header_rows:
            return False
        labels = self._labels(row)
        return bool(labels) and all(cell is None or not cell.text or cell in labels for cell in self.rows[row])


def _still_above(above: Sequence[_Above], left: float, run: int) -> list[_Above]:
    """Return the labels under which a label stands that begins at `left`.

    Of labels that begin alike those without values stand above those with some, unless others are indented under them.
    Several of them in a row stand each under the one before; the first ends as many before it as they are.
    """
    left_of = [one for one in above if one.left <= left - _INDENT]
    if any(one.left >= left + _INDENT for one in above):
        return left_of
    alike = [one for one in above if one.left > left - _INDENT and one.bare]
    return [*left_of, *(alike[:-run] if run else alike)]


def _without_totalled(above: list[_Above], label: str) -> list[_Above]:
    """Return the labels that stand above what comes after a row of values too: its label may sum up one of them."""
    said = label.casefold()
    for at, one in reversed([*enumerate(above)]):
        named = one.label.text.casefold().rstrip(": ")
        if one.bare and named and said != named and said.endswith(f" {named}"):
            return above[:at]
    return above


def _length_of_run(bare: Sequence[bool], row: int) -> int:
    end = row
    while end < len(bare) and bare[end]:
        end += 1
    return end - row


def _names_years(row: Sequence[Cell | None]) -> bool:
    """Tell whether a row under headers has years beside its label, and no other figures: it is one of them."""
    told = [cell.text for cell in row[1:] if cell is not None and cell.text]
    years = [text for text in told if _DATE.fullmatch(text)]
    return bool(years) and not any(_FIGURE.fullmatch(text) for text in told if text not in years)


def _spans(row: Sequence[Cell | None]) -> bool:
    """Tell whether one cell fills a row of several columns."""
    return len(row) > 1 and row[0] is not None and row[0] is row[-1]


def _are_headers(cells: Sequence[Cell | None], width: int) -> bool:
    """Tell whether the cells of a column are headers; rows that span the table do not count."""
    own = [cell for cell in cells if cell is not None and cell.text and cell.column_span < max(width, 2)]
    return bool(own) and all(cell.header for cell in own)


def _are_labels(cells: Sequence[Cell | None]) -> bool:
    """Tell whether most cells of a column hold words, years or dates."""
    texts = [cell.text for cell in cells if cell is not None and cell.text]
    return 2 * sum(not is_figure(text) or bool(_DATE.fullmatch(text)) for text in texts) > len(texts)
