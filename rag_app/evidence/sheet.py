"""A table that is looked through: its columns of figures, the words of its rows, and what its cells come to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from ingest import stem
from rag_app.evidence.cells import column_labels, row_labels
from rag_app.evidence.labels import Label, content
from rag_app.language.dates import said_alike
from rag_app.language.words import words
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

    from ingest import Cell, Grid, Table
    from rag_app.language.language import Language
    from rag_app.types import Hit

_SAMPLE = 50  # rows by which a column is told to be of figures
_BEGINNING = 3  # letters with which words begin that may be forms of one
_NONE: frozenset[str] = frozenset()


class Figure(Protocol):
    """What a cell comes to."""

    @property
    def value(self) -> Decimal:
        """The number."""
        ...

    @property
    def unit(self) -> tuple[str, ...]:
        """What it counts."""
        ...


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table that is looked through, with all that is asked of it more than once."""

    hit: Hit
    table: Table
    read: Callable[[str], Figure | None]
    asked: frozenset[str]  # stems of the name for which it is looked through
    language: Language
    of_days: bool = False  # dates are read: the columns that name rows may hold them, too

    @cached_property
    def grid(self) -> Grid:
        """Its places."""
        return self.table.grid

    @cached_property
    def body(self) -> range:
        """The rows under the headers."""
        return range(self.grid.header_rows, len(self.grid.rows))

    @cached_property
    def labels(self) -> Mapping[int, Label]:
        """What names each row that has values."""
        return row_labels(self.table, self.grid)

    @cached_property
    def headers(self) -> Mapping[int, Label]:
        """What names each column with values, under the caption of the table."""
        caption = single_spaced(self.table.caption or "")
        return {number: Label(one.own, caption) for number, one in column_labels(self.grid).items()}

    @cached_property
    def label_headers(self) -> Mapping[int, Label]:
        """What names the columns that name the rows."""
        return {number: Label(self.header(number)) for number in sorted(self.grid.label_columns)}

    @cached_property
    def figures(self) -> frozenset[int]:
        """The columns of figures, or of dates where these are read."""
        columns = {*self.headers, *self.label_headers} if self.of_days else self.headers
        return frozenset(number for number in columns if self._holds_figures(number))

    @cached_property
    def document(self) -> str:
        """What its document is called."""
        return stem(PurePath(self.hit.document))

    def header(self, column: int) -> str:
        """Return the headers of a column in one."""
        return " ".join(single_spaced(cell.text) for cell in self.grid.column_header(column))

    def cell(self, row: int, column: int) -> Cell | None:
        """Return the cell of a value; None where none begins there, or where it is empty."""
        found = self.grid.rows[row][column]
        if found is None or not found.text or found.row != row or found.column != column or found.header:
            return None
        return found

    def value(self, row: int, column: int) -> Decimal | None:
        """Return what a place comes to; None where it holds no single figure."""
        found = self.cell(row, column)
        figure = self.read(found.text) if found else None
        return figure.value if figure else None

    def texts(self, row: int) -> Iterator[str]:
        """Yield the words that stand in a row: its labels and its cells that are no figures."""
        yield from (cell.text for cell in self.grid.row_header(row))
        for column in self.headers:
            if column not in self.figures and (found := self.cell(row, column)):
                yield found.text

    @cached_property
    def having(self) -> Mapping[int, frozenset[str]]:
        """The rows in which stems of the name are half of what a cell says, with these stems."""
        begun = {stem[:_BEGINNING] for stem in self.asked}
        told: dict[str, frozenset[str]] = {}
        found: dict[int, frozenset[str]] = {}
        for row in self.body if begun else ():
            for text in self.texts(row):
                if text not in told:
                    told[text] = _NONE if begun.isdisjoint(beginnings(text)) else self._told(text)
                if told[text]:
                    found[row] = found.get(row, _NONE) | told[text]
        return found

    def _told(self, text: str) -> frozenset[str]:
        said = content(text, self.language)
        both = self.asked & said
        return both if 2 * len(both) >= len(said) else _NONE

    def _holds_figures(self, column: int) -> bool:
        cells = islice((cell for row in self.body if (cell := self.cell(row, column))), _SAMPLE)
        told = [self.read(cell.text) is not None for cell in cells if any(map(str.isalnum, cell.text))]
        return bool(told) and 2 * sum(told) >= len(told)


def beginnings(text: str) -> set[str]:
    """Return how the words of a text begin, by which many are compared at once."""
    return {word[:_BEGINNING] for word in words(said_alike(text))}
