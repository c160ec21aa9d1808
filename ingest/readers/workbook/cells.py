"""The cells of a sheet as it is stored: values, formulas, what is merged and what is hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.marks import struck
from ingest.readers.workbook.book import Style, is_on, local, number_in, rich_text
from ingest.readers.workbook.formula import Formula
from ingest.readers.workbook.number_format import number_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.readers.workbook.book import Book, Sheet

MOST_ROWS = 1_048_576  # of a sheet, in Excel
MOST_COLUMNS = 16_384
_MOST_MERGED = 100_000  # areas of a sheet
_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?", re.IGNORECASE)

Value = float | int | bool | str | None
"""A number, a truth, a text, or nothing."""


class Place(NamedTuple):
    """Of a cell, from 0."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Area:
    """Cells by rows and columns from 0; the last ones belong to it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is stored."""

    row: int
    column: int
    kind: str  # "n" number, "t" text, "b" truth, "e" error
    value: Value
    style: Style
    formula: Formula | None  # where it has one


@dataclass(slots=True)
class Grid:
    """What a sheet is beside its cells; it is known when all of these were read."""

    merged: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[range] = field(default_factory=list)


def cells_of(book: Book, sheet: Sheet, grid: Grid) -> Iterator[Cell]:
    """Yield the cells of a sheet row by row, and note in `grid` what else it says."""
    row = -1
    shared: dict[str, tuple[Formula, Place]] = {}
    for element in book.elements(sheet.part, "col", "row", "mergeCell"):
        name = local(element.tag)
        if name == "row":
            row = (number_in(element.get("r")) or row + 2) - 1
            if is_on(element, "hidden"):
                grid.hidden_rows.add(row)
            yield from _row(book, element, row, shared)
        elif name == "mergeCell":
            if len(grid.merged) == _MOST_MERGED:
                return  # nothing that counts comes after these
            area = area_of(str(element.get("ref", "")))
            if area is not None:
                grid.merged.append(area)
        else:
            first, last = number_in(element.get("min")), number_in(element.get("max"))
            if is_on(element, "hidden") and first and last:
                grid.hidden_columns.append(range(first - 1, min(last, MOST_COLUMNS)))


def _row(book: Book, element: Any, row: int, shared: dict[str, tuple[Formula, Place]]) -> Iterator[Cell]:
    column = -1
    for one in islice(element, MOST_COLUMNS):
        place = _PLACE.fullmatch(one.get("r", ""))
        column = column_of(place[1]) if place else column + 1
        parts = {local(part.tag): part for part in one}
        formula = _formula(parts.get("f"), Place(row, column), shared)
        kind, value = _value(book, one.get("t", "n"), parts)
        if value is not None or formula is not None:
            number = number_in(one.get("s"))
            styles = book.styles
            style = styles[number] if number is not None and number < len(styles) else Style()
            yield Cell(row, column, kind, value, style, formula)


def _value(book: Book, kind: str, parts: dict[str, Any]) -> tuple[str, Value]:
    """Return what a cell holds, and of which kind that is; None where it holds nothing."""
    if kind == "inlineStr":
        return "t", rich_text(parts["is"]) if "is" in parts else None
    said = parts["v"].text if "v" in parts else None
    if kind == "str":
        return "t", said or ("" if "v" in parts else None)
    if not said:
        return "n", None
    if kind == "s":
        number = number_in(said.strip())
        return "t", book.texts[number] if number is not None and number < len(book.texts) else f"#{said.strip()}"
    if kind == "b":
        return "b", said.strip() in ("1", "true")
    if kind == "n" and _NUMBER.fullmatch(said.strip()) and isfinite(amount := float(said)):
        return "n", int(said) if said.strip().lstrip("+-").isdecimal() else amount
    return ("e" if kind == "e" else "t"), said.strip()


def _formula(element: Any, place: Place, shared: dict[str, tuple[Formula, Place]]) -> Formula | None:
    """Return the formula of a cell; one that several share stands in the first of them."""
    if element is None:
        return None
    text, key = element.text or "", element.get("si", "")
    if element.get("t") == "shared" and not text:
        first, origin = shared.get(key, (None, place))
        return first and Formula(first.text, place.row - origin.row, place.column - origin.column)
    formula = Formula(text, 0, 0, known=element.get("t") not in ("array", "dataTable"))
    if element.get("t") == "shared":
        shared[key] = formula, place
    return formula


def shown(cell: Cell, value: Value, *, since_1904: bool) -> str:
    """Return what a cell shows where it holds a value."""
    if isinstance(value, bool):
        said = str(value).upper()
    elif isinstance(value, (int, float)):
        said = number_format(cell.style.code).number(value, since_1904=since_1904)
    elif cell.kind == "e":
        said = str(value)
    else:
        said = number_format(cell.style.code).text(value or "")
    return struck(said) if cell.style.struck else said


def area_of(said: str) -> Area | None:
    """Return the area that a text names, such as "A1:B2"."""
    first, _, last = said.partition(":")
    one, other = _PLACE.fullmatch(first), _PLACE.fullmatch(last or first)
    if one is None or other is None:
        return None
    rows, columns = sorted((int(one[2]), int(other[2]))), sorted((column_of(one[1]), column_of(other[1])))
    return Area(rows[0] - 1, columns[0], rows[1] - 1, columns[1])


def column_of(letters: str) -> int:
    """Return the column that letters name, from 0."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def letters_of(column: int) -> str:
    """Return the letters of a column, from 0."""
    letters, left = "", column + 1
    while left:
        left, at = divmod(left - 1, 26)
        letters = chr(ord("A") + at) + letters
    return letters


def name_of(place: Sequence[int]) -> str:
    """Return a row and a column from 0 as a sheet names them: "B3"."""
    return f"{letters_of(place[1])}{place[0] + 1}"
