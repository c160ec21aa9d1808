"""The tables of a sheet: where one ends and the next begins, what is merged in them, and what is hidden of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import islice, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

from ingest.cells import Form
from ingest.readers.workbook.cells import Area
from ingest.rows import is_figure, names_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ingest.lexicon import Lexicon

    Texts = Mapping[int, Mapping[int, str]]

_MOST_PLACES = 20_000_000  # of a table, empty ones included: cells that lie far apart make a large one
_MOST_TITLES = 5  # rows, empty ones included, above the names of columns
_FEWEST_COLUMNS = 2  # of a table that stands beside another one
_MOST_SPREAD = 20  # cells that are written anew for each one of a table
_LONGEST_SPREAD = 100  # characters of a cell that is written in all rows that it spans


class TooManyCellsError(Exception):
    """A table is larger than what is read."""


@dataclass(frozen=True, slots=True)
class Block:
    """A table of a sheet: rows and columns from 0 that have any text, in order."""

    rows: Sequence[int]
    columns: Sequence[int]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Rows and columns that are not shown, from 0."""

    rows: Collection[int]
    columns: Collection[int]

    def covers(self, row: int, column: int) -> bool:
        """Tell whether a cell is not shown."""
        return row in self.rows or column in self.columns


Written = tuple[list[tuple[str, ...]], Form]
"""Rows as they are written, and which of their cells are merged."""


def blocks(texts: Texts, lexicon: Lexicon) -> Iterator[Block]:
    """Yield the tables of a sheet, given the texts of its cells by row and column: each row has one at least.

    After an empty row names of columns, or a title above them, begin another one. Tables stand beside each other where
    a column is empty between them and each has its own names of columns and of rows.

    Raises:
        TooManyCellsError: one is too large.
    """
    for rows in _bands(texts, sorted(texts), None, lexicon):
        for columns in _beside(texts, rows, lexicon):
            for own in _bands(texts, rows, columns, lexicon) if columns is not None else [rows]:
                used = sorted({at for row in own for at in texts[row] if columns is None or at in columns})
                kept = [row for row in own if not texts[row].keys().isdisjoint(used)] if columns is not None else own
                if len(kept) * len(used) > _MOST_PLACES:
                    raise TooManyCellsError
                yield Block(kept, used)


def shown(texts: Texts, block: Block, hidden: Hidden, merged: Sequence[Area]) -> Written:
    """Return what its program shows of a table."""
    rows = [row for row in block.rows if row not in hidden.rows]
    columns = [column for column in block.columns if column not in hidden.columns]
    return _table(texts, rows, columns, merged)


def not_shown(texts: Texts, block: Block, hidden: Hidden) -> Iterator[list[tuple[str, ...]]]:
    """Yield what it does not show, under the names of the columns and beside those of the rows."""
    rows = [row for row in block.rows if row in hidden.rows]
    columns = [column for column in block.columns if column in hidden.columns]
    open_rows = [row for row in block.rows if row not in hidden.rows]
    if rows:
        named = islice((row for row in open_rows if len(texts[row]) > 1), 1)
        yield _texts(texts, [*named, *rows], block.columns)
    if columns:
        labels = islice((column for column in block.columns if column not in hidden.columns), 1)
        yield _texts(texts, open_rows, [*labels, *columns])


def _bands(
    texts: Texts, rows: Sequence[int], columns: Collection[int] | None, lexicon: Lexicon
) -> Iterator[Sequence[int]]:
    """Yield rows that belong together; only some columns count where these are given."""
    kept = rows if columns is None else [row for row in rows if not texts[row].keys().isdisjoint(columns)]
    first = 0
    for at in range(1, len(kept)):
        if kept[at] - kept[at - 1] > 1 and _names(texts, kept[at : at + _MOST_TITLES], columns, lexicon):
            yield kept[first:at]
            first = at
    if kept:
        yield kept[first:]


def _names(texts: Texts, rows: Sequence[int], columns: Collection[int] | None, lexicon: Lexicon) -> bool:
    """Tell whether the first of some rows that has several cells names columns; all stand within a few rows."""
    near = (row for row in rows if row - rows[0] < _MOST_TITLES)
    said = (_row(texts[row], columns) for row in near)
    return names_columns(next((row for row in said if len(row) > 1), ()), lexicon)


def _row(row: Mapping[int, str], columns: Collection[int] | None) -> list[str]:
    return [row[at] for at in sorted(row) if columns is None or at in columns]


def _beside(texts: Texts, rows: Sequence[int], lexicon: Lexicon) -> list[Collection[int] | None]:
    """Return the columns of each table among some rows; None where there is but one."""
    used = sorted({at for row in rows for at in texts[row]})
    groups: list[list[int]] = []
    for at in used:
        if groups and at == groups[-1][-1] + 1:
            groups[-1].append(at)
        else:
            groups.append([at])
    joined: list[list[int]] = []
    for group in groups:
        if joined and not _are_apart(texts, rows, joined[-1], group, lexicon):
            joined[-1] += group
        else:
            joined.append(group)
    return [None] if len(joined) < 2 else [frozenset(group) for group in joined]


def _are_apart(texts: Texts, rows: Sequence[int], left: Sequence[int], right: Sequence[int], lexicon: Lexicon) -> bool:
    """Tell whether columns are two tables: an empty column may also stand within one."""
    one, other = (_own_rows(texts, rows, columns) for columns in (left, right))
    if not (_is_whole(texts, one, left, lexicon) and _is_whole(texts, other, right, lexicon)):
        return False
    if one != other or _is_title(texts, one, left) or _is_title(texts, other, right):
        return True
    return texts[one[0]].get(left[0]) == texts[other[0]].get(right[0])


def _own_rows(texts: Texts, rows: Sequence[int], columns: Sequence[int]) -> list[int]:
    return [row for row in rows if any(at in texts[row] for at in columns)]


def _is_title(texts: Texts, rows: Sequence[int], columns: Sequence[int]) -> bool:
    return bool(rows) and len(_row(texts[rows[0]], columns)) == 1


def _is_whole(texts: Texts, rows: Sequence[int], columns: Sequence[int], lexicon: Lexicon) -> bool:
    """Tell whether columns have names of their own, and a first one that names the rows."""
    if len(columns) < _FEWEST_COLUMNS or not _names(texts, rows[:_MOST_TITLES], columns, lexicon):
        return False
    labels = [text for row in rows if (text := texts[row].get(columns[0]))]
    return 2 * sum(not is_figure(text) for text in labels) > len(labels)


def _texts(texts: Texts, rows: Sequence[int], columns: Sequence[int]) -> list[tuple[str, ...]]:
    return [tuple(texts[row].get(column, "") for column in columns) for row in rows]


def _table(texts: Texts, rows: Sequence[int], columns: Sequence[int], merged: Sequence[Area]) -> Written:
    """Return rows as they are written, and which cells are merged.

    Rows with one word are lines, as titles are. What is merged stands in each of its rows, names in all their columns.
    """
    whole = [(row, cells) for row, cells in zip(rows, _texts(texts, rows, columns), strict=True) if any(cells)]
    lead = list(takewhile(lambda one: sum(map(bool, one[1])) == 1, whole))
    body = [cells for _, cells in whole[len(lead) :]]
    used = [at for at in range(len(columns)) if any(cells[at] for cells in body)]
    kept = [tuple(cells[at] for at in used) for cells in body]
    titles = [(next(filter(None, cells)),) for _, cells in lead]
    written = [*titles, *((row[0],) if row[0] and not any(row[1:]) else row for row in kept)]
    places, across = [row for row, _ in whole], [columns[at] for at in used]
    ends = (places[0], places[-1] + 1) if places else (0, 0)
    tops = slice(*(bisect_left(merged, row, key=attrgetter("top")) for row in ends))
    areas = [area for one in merged[tops] if (area := _within(one, places, across))]
    return _spread(written, areas)


def _within(area: Area, rows: Sequence[int], columns: Sequence[int]) -> Area | None:
    """Return an area by its places among the rows and columns that are left; None where it is not there."""
    top, bottom = bisect_left(rows, area.top), bisect_right(rows, area.bottom) - 1
    left, right = bisect_left(columns, area.left), bisect_right(columns, area.right) - 1
    return Area(top, left, bottom, right) if bottom >= top and right >= left else None


def _spread(rows: list[tuple[str, ...]], areas: Sequence[Area]) -> Written:
    """Write what is merged where it stands, and return the spans."""
    spans = {}
    room = _MOST_SPREAD * sum(map(len, rows))  # a file may say that any number of areas lie over each other
    for area in areas:
        first = rows[area.top]
        room -= (area.bottom - area.top + 1) * len(first)
        if len(first) < 2 or area.right >= len(first) or room < 0:
            continue
        spans[area.top, area.left] = (area.bottom - area.top + 1, area.right - area.left + 1)
        text = first[area.left]
        if len(text) > _LONGEST_SPREAD:
            continue
        names = not any(map(is_figure, filter(None, first)))
        last, right = (area.top, area.right) if names else (area.bottom, area.left)
        for number in range(area.top, last + 1):
            row = rows[number]
            if len(row) == len(first):
                rows[number] = (*row[: area.left], *[text] * (right + 1 - area.left), *row[right + 1 :])
    return rows, Form(spans)


def moved(texts: dict[int, dict[int, str]], merged: Sequence[Area], hidden: Hidden) -> None:
    """Put the text of merged cells whose first one is hidden into the first that is not, where it is shown."""
    for area in merged:
        text = texts.get(area.top, {}).get(area.left)
        if not text or not hidden.covers(area.top, area.left):
            continue
        row = next((row for row in range(area.top, area.bottom + 1) if row not in hidden.rows), None)
        column = next((at for at in range(area.left, area.right + 1) if at not in hidden.columns), None)
        if row is not None and column is not None:
            texts.setdefault(row, {})[column] = text
            del texts[area.top][area.left]
            if not texts[area.top]:
                del texts[area.top]
