"""Tables as short JSON, by which they are sent and stored: numbers that say what is not to be expected.

What a cell says is not repeated where it is the text at its place. In a table of separated values most numbers are the
same, so that hardly anything is left of them where they are compressed.
"""

from __future__ import annotations

import gc
import json
from collections import Counter
from contextlib import contextmanager
from itertools import accumulate, chain, pairwise, repeat
from operator import add, attrgetter, sub
from typing import TYPE_CHECKING, Any

from ingest.table import Cell, Table, sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_CELLS = 1_000_000  # of a document
MOST_SPREAD = 40  # places of a grid for each cell: one that is emptier would fill any memory, and is no table
_SMALL = 10_000  # places; a grid of no more may be as empty as it likes
_LONGEST = 1_000  # characters of a caption or a unit


def is_dense(rows: int, columns: int, cells: int) -> bool:
    """Tell whether so many cells fill enough of a grid for a table."""
    return rows * columns <= max(_SMALL, MOST_SPREAD * cells)


def are_apart(cells: Sequence[Cell]) -> bool:
    """Tell whether some cells can make a table: no two at one place, none outside, and not too far from each other."""
    rows, columns = sizes(cells)
    if not is_dense(rows, columns, len(cells)) or any(cell.row < 0 or cell.column < 0 for cell in cells):
        return False
    taken = bytearray(rows * columns)
    for cell in cells:
        for row in range(cell.row, cell.row + cell.row_span):
            first = row * columns + cell.column
            places = slice(first, first + cell.column_span)
            if any(taken[places]):
                return False
            taken[places] = b"\1" * cell.column_span
    return True


def packed(table: Table, text: str, origin: int = 0) -> str:
    """Return a table as JSON.

    Args:
        table: of a page; its cells may be in another order, and come back row by row.
        text: of the document.
        origin: where the page begins in it.
    """
    cells = sorted(table.cells, key=attrgetter("row", "column"))
    texts, rows, columns, across, starts, ends = (
        list(map(attrgetter(name), cells)) for name in ("text", "row", "column", "column_span", "start", "end")
    )
    here = [text[origin + start : origin + end] for start, end in zip(starts, ends, strict=True)]
    counts = Counter(rows)
    value: dict[str, Any] = {
        "pages": (table.page, table.page_end),
        "caption": table.caption,
        "unit": table.unit,
        "rows": [counts[row] for row in range(rows[-1] + 1)] if rows else [],  # how many cells begin in each
        "steps": _others(map(sub, columns, _expected(rows, columns, across)), 0),
        "gaps": _others(map(sub, starts, [0, *ends]), 1),
        "lengths": list(map(sub, ends, starts)),
        "headers": _runs([cell.header for cell in cells]),
        "spans": [(at, c.row_span, c.column_span) for at, c in enumerate(cells) if c.row_span > 1 or c.column_span > 1],
        "texts": [] if texts == here else [(at, own) for at, own in enumerate(texts) if own != here[at]],
        "boxes": [cell.box for cell in cells] if any(map(attrgetter("box"), cells)) else [],
        "box": table.box,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unpacked(record: str, text: str, origin: int = 0) -> Table:
    """Return the table that `packed` made the JSON of.

    Raises:
        ValueError: it is no table of this text.
    """
    try:
        return _table(json.loads(record), text, origin)
    except (TypeError, KeyError, RecursionError, OverflowError, AttributeError) as error:
        raise ValueError(f"no table: {error}") from error


def _table(value: Any, text: str, origin: int) -> Table:
    lengths, counts = value["lengths"], value["rows"]
    count = len(lengths)
    _check(count <= MOST_CELLS and _are_integers(lengths) and min(lengths, default=0) >= 0)
    _check(_are_integers(counts) and min(counts, default=0) >= 0 and sum(counts) == count)
    down, across = _spans(value["spans"], count)
    columns = _columns(counts, _filled(value["steps"], count, 0), across)
    rows = list(chain.from_iterable(map(repeat, range(len(counts)), counts)))
    starts, ends = _places(_filled(value["gaps"], count, 1), lengths, text, origin)
    texts = [text[origin + start : origin + end] for start, end in zip(starts, ends, strict=True)]
    for at, own in value["texts"]:
        texts[_index(at, count)] = _line(own, None)
    boxes = [_box(box) for box in value["boxes"]] or [None] * count
    fields = (texts, rows, columns, down, across, _flags(value["headers"], count), starts, ends, boxes)
    _check(all(len(one) == count for one in fields))
    with _without_collection():
        cells = tuple(map(Cell, *fields))
    _check(is_dense(len(counts), max(map(add, columns, across), default=0), count))
    _check(max(down, default=1) == 1 or are_apart(cells))
    page, page_end = value["pages"]
    _check(_are_integers((page, page_end)) and 1 <= page <= page_end)
    caption, unit = (None if value[name] is None else _line(value[name], _LONGEST) for name in ("caption", "unit"))
    return Table(page, page_end, caption, unit, cells, _box(value["box"]))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Look for no circles of objects meanwhile: cells are in none, and it takes longer than they do."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _expected(rows: Sequence[int], columns: Sequence[int], across: Sequence[int]) -> list[int]:
    """Return for each cell the column after the one before it, or the first where a row begins."""
    after = map(add, columns, across)
    return [
        column if row == last else 0 for row, last, column in zip(rows, [-1, *rows], chain([0], after), strict=False)
    ]


def _columns(counts: Sequence[int], steps: Sequence[int], across: Sequence[int]) -> list[int]:
    """Return the columns of cells that come row by row; no two of a row are in one place."""
    _check(min(steps, default=0) >= 0)
    if not any(steps) and max(across, default=1) == 1:
        return list(chain.from_iterable(map(range, counts)))
    columns: list[int] = []
    for n in counts:
        column = 0
        for at in range(len(columns), len(columns) + n):
            columns.append(column + steps[at])
            column = columns[-1] + across[at]
    return columns


def _places(gaps: Sequence[int], lengths: Sequence[int], text: str, origin: int) -> tuple[list[int], list[int]]:
    """Return where the cells begin and end."""
    bounds = list(accumulate(chain.from_iterable(zip(gaps, lengths, strict=True))))
    starts, ends = bounds[::2], bounds[1::2]
    _check(min(starts, default=0) >= 0 and origin + max(ends, default=0) <= len(text))
    return starts, ends


def _others(values: Iterable[int], usual: int) -> list[tuple[int, int]]:
    """Return the values that are not the usual one, each after its place."""
    return [(at, value) for at, value in enumerate(values) if value != usual]


def _filled(others: Any, count: int, usual: int) -> list[int]:
    """Return the values that `_others` made of."""
    values = [usual] * count
    for at, value in others:
        _check(_are_integers((at, value)))
        values[_index(at, count)] = value
    return values


def _runs(flags: Iterable[bool]) -> list[int]:
    """Return after how many flags each change comes; the first are not set."""
    changes, last = [], False
    for at, flag in enumerate(flags):
        if flag != last:
            changes.append(at)
            last = flag
    return changes


def _flags(changes: Any, count: int) -> list[bool]:
    _check(isinstance(changes, list) and _are_integers(changes) and len(changes) <= count)
    bounds = [0, *changes, count]
    _check(all(before <= after for before, after in pairwise(bounds)))
    flags: list[bool] = []
    for nth, (before, after) in enumerate(pairwise(bounds)):
        flags += [bool(nth % 2)] * (after - before)
    return flags


def _spans(values: Any, count: int) -> tuple[list[int], list[int]]:
    """Return how many rows and how many columns each cell spans."""
    rows, columns = [1] * count, [1] * count
    for at, down, across in values:
        _check(_are_integers((at, down, across)) and down >= 1 and across >= 1)
        rows[_index(at, count)], columns[at] = down, across
    return rows, columns


def _box(value: Any) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    left, top, right, bottom = value
    box = (left, top, right, bottom)
    _check(all(isinstance(side, int | float) and not isinstance(side, bool) and abs(side) < 1e9 for side in box))
    return box


def _line(value: Any, longest: int | None) -> str:
    _check(isinstance(value, str) and "\f" not in value and (longest is None or len(value) <= longest))
    value.encode()  # half a surrogate pair cannot be stored
    return str(value)


def _index(at: int, count: int) -> int:
    _check(type(at) is int and 0 <= at < count)
    return at


def _are_integers(values: Iterable[Any]) -> bool:
    return {*map(type, values)} <= {int}  # no bool, which is one of another kind


def _check(holds: bool) -> None:
    if not holds:
        raise ValueError("no table")
