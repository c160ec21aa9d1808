"""Finds the tables of a page in its layout, and marks their rows and cells in its text.

A PDF stores a table as words with places. The text layer gives the words in order but not which cell they belong to;
a rendering in fixed-width characters keeps the columns but tears wrapped cells apart. Together they tell both: a row is
marked only where its cells, joined, stand in the text word for word, so a column of prose is never taken for one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.characters import characters

if TYPE_CHECKING:
    from collections.abc import Sequence

from ingest.tables import CELL
"""Parts the cells of a row; a table row is a line that holds one."""

_CHUNK = re.compile(r"\S+(?: \S+)*")
_LEAST_GUTTER = 2  # blank characters between two columns
_SHARED = 0.85  # of the lines leave a gutter blank; the others hold words that span columns
_LEAST_LINES = 2
_MANY_COLUMNS = 3  # with fewer a table needs a line more
_RARE = 10  # a column of which fewer rows in ten than one have a cell holds words that span columns
_MARGIN = 0.1  # of the page's width
_MOST_ALONE = 3  # lines in a row with text in one column only, within a table: wrapped cells, sections
_MOST_WRAPPED = 6  # lines of one row
_FAR_ENOUGH = 8  # characters; a shorter row is only looked for where the one before it ended
_FIGURES = re.compile(r"[$€£¥+(<~−–-]*\s?\d[\d.,'’]*\)?\s?%?\)?|[–—-]")
_SIGN_BEFORE = re.compile(r"(?:^|\s+)([$€£¥(]+)$")
_SIGN_AFTER = re.compile(r"[)%]+")
_SPACE = re.compile(r"\s+")

_LIST_MARK = re.compile(
    r"[•▪◦‣·●○■□➢➔►✓✔☐☒*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\(\d{1,3}\)|§\s?\d+|\d{1,3}(?:\.\d{1,3})+\.?"
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Words of a layout line with a single space between them."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A layout line of a table."""

    cells: tuple[str, ...]  # as many as the table has columns, or the words that span columns
    spanning: bool = False


def mark(text: str, layout: str) -> str:
    """Return `text` with each table row on a line of its own and its cells parted by `CELL`.

    Args:
        text: a page's text as `characters` leaves it, in the order of its content.
        layout: the same page set in fixed-width characters, columns parted by two spaces or more.

    Returns:
        The same words in the same order; only white space differs.
    """
    page = _Packed(text)
    rows = [row for table in _tables(layout) for row in _located(table, page)]
    for cells in reversed(rows):
        start = min(start for start, end in cells if end > start)
        end = max(end for _, end in cells)
        row = CELL.join(_SPACE.sub(" ", text[first:last]) for first, last in cells)
        before, after = text[:start].rstrip(" "), text[end:].lstrip(" ")
        text = before + "\n" * (before[-1:] not in ("", "\n")) + row + "\n" * (after[:1] not in ("", "\n")) + after
    return text


class _Packed:
    """A text without its white space, with the way back."""

    def __init__(self, text: str) -> None:
        self.places = [place for place, character in enumerate(text) if not character.isspace()]
        self.text = "".join(text[place] for place in self.places)
        self.cursor = 0

    def find(self, key: str) -> int:
        """Return where `key` stands: just here, or further on if it is long enough to be no accident; else -1."""
        if self.text.startswith(key, self.cursor):
            return self.cursor
        return self.text.find(key, self.cursor) if len(key) >= _FAR_ENOUGH else -1

    def span(self, place: int, length: int) -> Span:
        """Return the span in the text of `length` packed characters from `place`."""
        return (self.places[place], self.places[place + length - 1] + 1) if length else (0, 0)


def _located(lines: Sequence[_Line], page: _Packed) -> list[list[Span]]:
    """Find the rows that `lines` make, wrapped cells joined, in the page's text, in order."""
    rows = []
    at = 0
    while at < len(lines):
        count, place, cells = _row(lines, at, page)
        if sum(map(bool, cells)) > 1:
            spans = []
            for cell in cells:
                spans.append(page.span(place, len(cell)))
                place += len(cell)
            while not cells[len(spans) - 1]:
                spans.pop()
            rows.append(spans)
            page.cursor = place
        at += count
    widest = max(map(len, rows), default=0)
    return rows if len(rows) >= _LEAST_LINES + (widest < _MANY_COLUMNS) else []


def _row(lines: Sequence[_Line], at: int, page: _Packed) -> tuple[int, int, list[str]]:
    """Return how many lines the row that begins at `at` takes, its place in the packed text and its packed cells."""
    found: tuple[int, int, list[str]] = (1, -1, [])
    for count in range(1, min(_MOST_WRAPPED, len(lines) - at) + 1):
        last = lines[at + count - 1]
        if count > 1 and (last.spanning or lines[at].spanning):
            break
        if found[2] and not _wrapped(last.cells, [line.cells for line in lines[at : at + count - 1]]):
            break
        columns = zip(*(line.cells for line in lines[at : at + count]), strict=True)
        cells = ["".join(characters("\n".join(column)).split()) for column in columns]
        place = page.find("".join(cells))
        if place >= 0 and (not found[2] or place == found[1]):
            found = (count, place, cells)
    return found


def _wrapped(cells: Sequence[str], before: Sequence[Sequence[str]]) -> bool:
    """Tell whether a line goes on with the row `before` by its looks."""
    label_only = not any(cell for row in before for cell in row[1:])
    if any(_FIGURES.fullmatch(cell) for cell in cells if cell):
        return label_only and not cells[0]
    return not cells[0] or (label_only and cells[0][0].islower())


def _tables(layout: str) -> list[list[_Line]]:
    """Return the tables of a page, line by line."""
    lines = [_chunks(line) for line in layout.split("\n") if line.strip()]
    return [table for first, last in _regions(lines) for table in _cut(lines[first:last])]


def _chunks(line: str) -> list[_Chunk]:
    found = [_Chunk(match.start(), match.end(), match[0]) for match in _CHUNK.finditer(line.expandtabs())]
    if len(found) > 1 and _LIST_MARK.fullmatch(found[0].text):  # the mark of a list is no cell
        second = found.pop(1)
        found[0] = _Chunk(found[0].start, second.end, f"{found[0].text} {second.text}")
    return found


def _regions(lines: Sequence[Sequence[_Chunk]]) -> list[Span]:
    """Return the runs of lines that may hold tables: most of them have several chunks, none begins as prose does."""
    widest = max((chunks[-1].end for chunks in lines), default=0)
    regions: list[Span] = []
    barrier = -1
    for at, chunks in enumerate(lines):
        if chunks[0].start < _MARGIN * widest and chunks[0].end - chunks[0].start > widest / 2:
            barrier = at
        elif len(chunks) > 1:
            joins = regions and at - regions[-1][1] <= _MOST_ALONE and barrier < regions[-1][1]
            if joins:
                regions[-1] = (regions[-1][0], at + 1)
            else:
                regions.append((at, at + 1))
    return [(first, min(last + 1, len(lines))) for first, last in regions]  # the last cell may be wrapped, too


def _cut(lines: Sequence[Sequence[_Chunk]]) -> list[list[_Line]]:
    """Return the tables in a run of lines: each goes on as long as its columns do."""
    tables = []
    first = 0
    while first < len(lines):
        last, most = first + 1, 0
        while last < len(lines):
            several = [chunks for chunks in lines[first : last + 1] if len(chunks) > 1]
            count = len(_gutters(several)) if several else 0
            if len(several) >= _LEAST_LINES and count < max(1, most / 2):
                break
            most = max(most, count if len(several) >= _LEAST_LINES else 0)
            last += 1
        if sum(len(chunks) > 1 for chunks in lines[first:last]) >= _LEAST_LINES:
            tables.append(_columns(lines[first:last]))
        first = last
    return [table for table in tables if table]


def _columns(lines: Sequence[Sequence[_Chunk]]) -> list[_Line]:
    """Cut the lines at the columns they share; none where they share none."""
    several = [chunks for chunks in lines if len(chunks) > 1]
    gutters = _gutters(several)
    if not gutters:
        return []
    rows = [_cells(chunks, gutters) for chunks in lines]
    columns = range(len(gutters) + 1)
    most = max(sum(bool(row and row[column]) for row in rows) for column in columns)
    used = [column for column in columns if sum(bool(row and row[column]) for row in rows) * _RARE > most]
    if len(used) < 2:
        return []
    table = []
    for chunks, row in zip(lines, rows, strict=True):
        if row and not any(row[column] for column in columns if column not in used):
            table.append(_Line(tuple(row[column] for column in used)))
        else:
            table.append(_Line(tuple(chunk.text for chunk in chunks), spanning=True))
    return table


def _gutters(several: Sequence[Sequence[_Chunk]]) -> list[int]:
    """Return the middles of the blank strips that part columns."""
    width = max(chunks[-1].end for chunks in several)
    filled = [0] * width
    for chunks in several:
        for chunk in chunks:
            for place in range(chunk.start, chunk.end):
                filled[place] += 1
    most = (1 - _SHARED) * len(several)
    gutters, start = [], None
    for place in range(width):
        blank = filled[place] <= most
        if blank and start is None:
            start = place
        elif not blank and start is not None:
            if start > 0 and place - start >= _LEAST_GUTTER:
                gutters.append((start + place) // 2)
            start = None
    return gutters


def _cells(chunks: Sequence[_Chunk], gutters: Sequence[int]) -> list[str]:
    """Sort chunks into columns; none where one of them lies over a gutter."""
    row = [""] * (len(gutters) + 1)
    for chunk in chunks:
        column = bisect_right(gutters, chunk.start)
        if bisect_right(gutters, chunk.end - 1) != column:
            return []
        row[column] = f"{row[column]} {chunk.text}".strip()
    return _signs_joined(row)


def _signs_joined(row: list[str]) -> list[str]:
    """Move a currency sign or bracket that stands apart to the figure it belongs to."""
    for column in range(len(row) - 1):
        sign = _SIGN_BEFORE.search(row[column])
        if sign and row[column + 1]:
            row[column + 1] = f"{sign[1]} {row[column + 1]}"
            row[column] = row[column][: sign.start()]
    for column in range(1, len(row)):
        if _SIGN_AFTER.fullmatch(row[column]) and row[column - 1]:
            row[column - 1], row[column] = row[column - 1] + row[column], ""
    return row
