"""The unit or scale of cells: of their columns, their rows, their table, or the lines above that."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

from ingest import PAGE_BREAK
from rag_app.language.reading import unit_in
from rag_app.language.vocabulary import every
from rag_app.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest import Cell, Document, Table

_ABOVE = 300  # characters before a table in which it says its unit
_IN_CELL = "%‰"


class Placed(Protocol):
    """A cell and what names it."""

    @property
    def table(self) -> Table:
        """Where it stands."""
        ...

    @property
    def cell(self) -> Cell:
        """What it says."""
        ...

    @property
    def row(self) -> tuple[Cell, ...]:
        """Its label after those that it stands under."""
        ...

    @property
    def column(self) -> tuple[Cell, ...]:
        """Its headers, from top to bottom."""
        ...


def unit_of(meant: Placed, document: Document) -> str:
    """Return the unit of a cell as it is written, such as "in thousands"; "" for none, or where the cell says it."""
    [unit] = units_of([meant], document)
    return unit


def units_of(found: Sequence[Placed], document: Document) -> list[str]:
    """Return the unit of each of some cells of one table, as `unit_of` does."""
    said = cache(_unit_in)
    table = cache(lambda: next((unit for text in _above(found[0].table, document) if (unit := said(text))), ""))
    return ["" if any(sign in one.cell.text for sign in _IN_CELL) else _named(one, said) or table() for one in found]


def column_units(table: Table) -> tuple[str | None, ...]:
    """Return for each column of a table the unit that its headers name, as it is written; None where they name none."""
    headers = (reversed(table.grid.column_header(column)) for column in range(table.grid.width))
    return tuple(next((unit for cell in own if (unit := _unit_in(cell.text))), None) for own in headers)


def is_scaled(unit: str) -> bool:
    """Tell whether a unit counts thousands or millions."""
    return not every(lambda language: language.reading.scales).isdisjoint(words(unit))


def _unit_in(text: str) -> str:
    return (unit_in(text) or "").rstrip(".,;:")


def _named(one: Placed, said: Callable[[str], str]) -> str:
    """Return the unit that the column or the row of a cell says."""
    texts = (cell.text for cell in (*reversed(one.column), *reversed(one.row)))
    return next((unit for text in texts if (unit := said(text))), "")


def _above(table: Table, document: Document) -> Iterator[str]:
    yield table.unit or ""
    yield table.caption or ""
    start, _ = table.span
    lines = document.text[max(start - _ABOVE, 0) : start].rpartition(PAGE_BREAK)[2].split("\n")
    yield from reversed(lines)
