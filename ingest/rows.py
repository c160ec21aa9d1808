"""Reads a row of a marked table: what its columns and its table are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lexicon import NO_WORDS, Lexicon
from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_LINES = 300  # above a row, that may belong to its table
_CAPTION_LINES = 2
_LONGEST_ABOVE = 600  # characters
_LONGEST_HEADING = 90  # characters; a longer line between rows ends a table
_END_MARK = re.compile(r"[.!?;…。！？]$")
_VALUE = re.compile(r"[$€£¥(+<~−–-]*\s?\d[\d.,'’]*\)?(?:\s?\S{1,6}){0,2}|[–—-]")
_FIGURE = re.compile(r"[$€£¥]?\s?\(?[+−–-]?\d[\d.,'’]*\)?(?:\s?%\)?)?|[–—-](?=\s|$)")
_YEAR = re.compile(r"(?:19|20)\d\d(?:\s\D*)?|(?:\d{1,2}[./ ]){1,2}(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Row:
    """A table row as somebody would read it out."""

    caption: str  # what the table is called, as far as it says
    text: str  # the cells with the names of their columns
    heads: bool  # it names the columns itself


def row_at(text: str, start: int, lexicon: Lexicon = NO_WORDS) -> Row:
    """Read the row of `text`, a document's, that holds the character at `start`; a lexicon tells figures from names."""
    first = _line_start(text, start)
    cells = _cells(_line(text, first))
    above = _lines_above(text, first)
    top = next((at for at, line in enumerate(above) if CELL in line), len(above))
    table = [line for line in above[top:] if CELL in line]
    caption = " ".join(line.strip() for line in above[:top][-_CAPTION_LINES:])
    heads = _head_rows([*map(_cells, table), cells], lexicon)
    if len(heads) > len(table):
        return Row(caption, _joined(cells), heads=True)
    return Row(caption, _said(_spread(cells, heads), heads, _section(above[top:])), heads=False)


def above_row(text: str, start: int, lexicon: Lexicon = NO_WORDS) -> str:
    """Return what tells somebody who reads a table from the row at `start` on what its cells are, line by line.

    That is what the table is called, the rows that name its columns, and the last line between its rows; "" where no
    row begins there, where it is one of those that name columns, and where they are too far above it.

    Args:
        text: of a document, or of the page that the row is on.
        start: where reading begins.
        lexicon: tells figures from names.
    """
    first = _first_row(text, start)
    if first is None:
        return ""
    above = [line for line in _lines_above(text, first) if line]
    if len(above) >= _MOST_LINES:
        return ""
    top = next((at for at, line in enumerate(above) if CELL in line), len(above))
    rows = [line for line in above[top:] if CELL in line]
    heads = _head_rows([_cells(line) for line in (*rows, _line(text, first))], lexicon)
    if len(heads) > len(rows):
        return ""
    section = _section(above[top:]) if first == _line_start(text, start) else ""  # else reading begins with that line
    told = [*above[:top][-_CAPTION_LINES:], *rows[: len(heads)], section]
    return "\n".join(filter(None, told))[:_LONGEST_ABOVE]


def _first_row(text: str, start: int) -> int | None:
    """Return where the row begins that is read first; what is read may begin with a line between two rows."""
    first = _line_start(text, start)
    line = _line(text, first)
    if CELL in line:
        return first
    after = first + len(line) + 1
    between = CELL in _line(text, after) and first > 0 and CELL in _line(text, _line_start(text, first - 1))
    return after if between and text[after - 1 : after] == "\n" and text[first - 1] == "\n" else None


def names_columns(row: Sequence[str], lexicon: Lexicon) -> bool:
    """Tell whether the first row of a table names its columns: it has several words, and no figures but years."""
    return sum(map(bool, row)) > 1 and not _holds_figures(row, lexicon)


def is_figure(cell: str) -> bool:
    """Tell whether a cell holds an amount, perhaps with a sign or a unit, or a dash in place of one; a year is none."""
    return _VALUE.fullmatch(cell) is not None and not _YEAR.fullmatch(cell)


def _holds_figures(row: Sequence[str], lexicon: Lexicon) -> bool:
    return any(cell in lexicon.no_value or is_figure(cell) for cell in row[1:])


def _line_start(text: str, place: int) -> int:
    start = text.rfind("\n", 0, place) + 1
    return max(start, text.rfind("\f", start, place) + 1)  # not from the beginning: a page may be very long


def _line(text: str, start: int) -> str:
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    return line.partition("\f")[0]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(CELL)]


def _lines_above(text: str, first: int) -> list[str]:
    """Return the lines before `first` that may belong to its table: rows, and short lines between and above them."""
    lines: list[str] = []
    alone = 0
    while first > 0 and text[first - 1] == "\n" and len(lines) < _MOST_LINES:
        end = first - 1
        first = _line_start(text, end)
        line = text[first:end]
        alone = 0 if CELL in line else alone + 1
        if alone > _CAPTION_LINES or not line or (alone and (len(line) > _LONGEST_HEADING or _END_MARK.search(line))):
            break
        lines.append(line)
    return lines[::-1]


def _head_rows(rows: Sequence[Sequence[str]], lexicon: Lexicon) -> list[Sequence[str]]:
    """Return the first rows that name columns: they hold no figures but years and dates."""
    heads: list[Sequence[str]] = []
    for row in rows:
        if _holds_figures(row, lexicon):
            break
        if heads and row[0] and len(heads[-1]) >= len(row):  # in a table of words only the first row does
            break
        heads.append(row)
    return heads


def _spread(cells: list[str], heads: Sequence[Sequence[str]]) -> list[str]:
    """Return the cells with a figure each, where signs stand apart or figures together and the heads say how many."""
    said = " ".join(cells[1:])
    figures = [match[0].strip() for match in _FIGURE.finditer(said)]
    if len(figures) + 1 == len(cells) or not heads or _FIGURE.sub("", said).strip():
        return cells
    return [cells[0], *figures] if len(heads[-1]) - len(figures) in (0, 1) else cells


def _section(lines: Sequence[str]) -> str:
    """Return the last line between the rows that says what comes under it."""
    return next((line for line in reversed(lines) if CELL not in line), "")


def _said(cells: list[str], heads: Sequence[Sequence[str]], section: str) -> str:
    cells = [*cells, *[""] * (len(heads[-1]) - len(cells))] if heads else cells  # the last ones may be empty
    names = _names(heads, len(cells))
    label = f"{section.rstrip(':')}: {cells[0]}" if section else cells[0]
    if len(cells) == 2 or not any(names[1:]):
        return f"{label}: {_joined(cells[1:])}" if label and cells[1:] else _joined([label, *cells[1:]])
    parts = [f"{names[0]}: {label}" if names[0] and label else label]
    parts += [f"{name}: {cell}" if name else cell for name, cell in zip(names[1:], cells[1:], strict=True) if cell]
    return "; ".join(part for part in parts if part)


def _names(heads: Sequence[Sequence[str]], count: int) -> list[str]:
    """Return the names of `count` columns; a name over several of them stands before each one's own."""
    names = [""] * count
    for head in heads:
        row = list(head)
        if len(row) < count:
            named = [cell for cell in row if cell]
            if len(row) == count - 1 and len(named) == len(row):
                row = ["", *row]
            elif named and (count - 1) % len(named) == 0:
                row = ["", *(cell for cell in named for _ in range((count - 1) // len(named)))]
            else:
                row += [""] * (count - len(row))
        names = [f"{name} {cell}".strip() for name, cell in zip(names, row, strict=False)]
    return names


def _joined(cells: Sequence[str]) -> str:
    return "; ".join(cell for cell in cells if cell)
