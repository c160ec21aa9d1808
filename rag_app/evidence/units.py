"""The unit or scale of cells: of their columns or rows, the cells beside them, their table, or the lines above that."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from ingest import PAGE_BREAK
from rag_app.evidence.unit_columns import unit_columns
from rag_app.language.detector import language_of
from rag_app.language.keywords import stems
from rag_app.language.reading import is_unit, unit_in
from rag_app.language.stopwords import stop_words
from rag_app.language.vocabulary import every, in_order, pattern
from rag_app.language.words import words
from rag_app.text import single_spaced

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

    from ingest import Cell, Document, Table
    from rag_app.language.language import Language

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
    beside = _units_beside(found[0].table)
    above = cache(lambda: [text for text in _above(found[0].table, document) if said(text)])

    def unit(one: Placed) -> str:
        if any(sign in one.cell.text for sign in _IN_CELL):
            return ""
        near = _named(one, said) or beside.get((one.cell.row, one.cell.column), "")
        if near or not above():
            return near
        whole = said(above()[0])
        same = [text for text in above() if said(text).casefold() == whole.casefold()]
        return "" if any(_is_excepted(one, text) for text in same) else whole

    return [unit(one) for one in found]


def column_units(table: Table) -> tuple[str | None, ...]:
    """Return for each column of a table the unit that its headers name, as it is written; None where they name none."""
    headers = (table.grid.column_header(column) for column in range(table.grid.width))
    return tuple(next((unit for unit in _said_by(own, _unit_in) if unit), None) for own in headers)


def is_scaled(unit: str) -> bool:
    """Tell whether a unit counts thousands or millions."""
    return not every(lambda language: language.reading.scales).isdisjoint(words(unit))


def _unit_in(text: str) -> str:
    return (unit_in(text) or "").rstrip(".,;:")


def _named(one: Placed, said: Callable[[str], str]) -> str:
    """Return the unit that the column or the row of a cell says."""
    own = (*_said_by(one.column, said), *(said(cell.text) for cell in reversed(one.row)))
    return next(filter(None, own), "")


def _said_by(headers: Sequence[Cell], said: Callable[[str], str]) -> Iterator[str]:
    """Yield the units that headers of one column say, from the last one up; below another one it may be all of it."""
    for place, cell in reversed([*enumerate(headers)]):
        alone = place and is_unit(cell.text)
        yield single_spaced(cell.text).strip("()[] ") if alone else said(cell.text)


def _units_beside(table: Table) -> dict[tuple[int, int], str]:
    """Return the units of cells, by row and column, that stand right of them in a column of units."""
    grid = table.grid
    found = {}
    for column in unit_columns(grid):
        if column == 0 or column - 1 in grid.label_columns:
            continue
        for row in grid.rows[grid.header_rows :]:
            value, unit = row[column - 1], row[column]
            if value is not None and unit is not None and value is not unit and _has_figure(value.text):
                found[value.row, value.column] = single_spaced(unit.text)
    return found


def _has_figure(text: str) -> bool:
    return any(map(str.isdecimal, text))


def _is_excepted(one: Placed, text: str) -> bool:
    """Tell whether the text that says the unit of a table leaves out the row of a cell: "except per share amounts"."""
    match = _excepted().search(text)
    if not match:
        return False
    language = language_of(text)
    label = _stems(" ".join(cell.text for cell in one.row[-1:]), language)
    without = stop_words(language)
    named = groupby(words(match["what"]), key=lambda word: word not in without)  # a word such as "and" parts two
    parts = (_stems(" ".join(group), language) for told, group in named if told)
    return any(2 * len(label & part) > len(part) for part in parts)


def _stems(text: str, language: Language) -> set[str]:
    return set(stems(text, language.stemmer or "").split() or words(text))


@cache
def _excepted() -> re.Pattern[str]:
    words = in_order(lambda language: language.measures.excepted)
    return pattern(words, before=r"\b", after=r"\b(?P<what>[^)\]]*)")


def _above(table: Table, document: Document) -> Iterator[str]:
    yield table.unit or ""
    yield table.caption or ""
    start, _ = table.span
    lines = document.text[max(start - _ABOVE, 0) : start].rpartition(PAGE_BREAK)[2].split("\n")
    yield from reversed(lines)
