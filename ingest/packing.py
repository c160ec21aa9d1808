"""Tables as short JSON, by which they are sent and stored: numbers that say what is not to be expected.

What a cell says is not repeated where it is the text at its place. In a table of separated values most numbers are the
same, so that hardly anything is left of them where they are compressed.
"""

from __future__ import annotations

import json
from itertools import accumulate, chain, pairwise
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
    single = all(cell.row_span == 1 == cell.column_span for cell in cells)
    if single and all((one.row, one.column) < (other.row, other.column) for one, other in pairwise(cells)):
        return True
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
        table: of a page.
        text: of the document.
        origin: where the page begins in it.
    """
    cells = table.cells
    ends = [0, *(cell.end for cell in cells)]
    rows = [0, *(cell.row for cell in cells)]
    own = {
        str(at): cell.text
        for at, cell in enumerate(cells)
        if cell.text != text[origin + cell.start : origin + cell.end]
    }
    spans = [(at, c.row_span, c.column_span) for at, c in enumerate(cells) if (c.row_span, c.column_span) != (1, 1)]
    value: dict[str, Any] = {
        "pages": (table.page, table.page_end),
        "caption": table.caption,
        "unit": table.unit,
        "rows": [below - above for above, below in pairwise(rows)],
        "columns": [cell.column - expected for cell, expected in zip(cells, _expected(cells), strict=True)],
        "gaps": [cell.start - end for cell, end in zip(cells, ends, strict=False)],
        "lengths": [cell.end - cell.start for cell in cells],
        "headers": _runs([cell.header for cell in cells]),
        "spans": spans,
        "texts": own,
        "boxes": [cell.box for cell in cells] if any(cell.box for cell in cells) else [],
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
    lists = [value[name] for name in ("rows", "columns", "gaps", "lengths")]
    count = len(lists[0])
    _check(count <= MOST_CELLS and all(len(one) == count and _are_integers(one) for one in lists))
    rows = list(accumulate(lists[0]))
    spans = _spans(value["spans"], count)
    columns = _columns(lists[0], lists[1], spans)
    starts, ends = _places(lists[2], lists[3], text, origin)
    texts = [text[origin + start : origin + end] for start, end in zip(starts, ends, strict=True)]
    for at, own in value["texts"].items():
        texts[_index(int(at), count)] = _line(own, None)
    headers = _flags(value["headers"], count)
    boxes = [_box(box) for box in value["boxes"]] or [None] * count
    down = [spans.get(at, (1, 1))[0] for at in range(count)]
    across = [spans.get(at, (1, 1))[1] for at in range(count)]
    fields = (texts, rows, columns, down, across, headers, starts, ends, boxes)
    _check(all(len(one) == count for one in fields))
    cells = tuple(map(Cell, *fields))
    _check(are_apart(cells))
    page, page_end = value["pages"]
    _check(_are_integers((page, page_end)) and 1 <= page <= page_end)
    caption, unit = (None if value[name] is None else _line(value[name], _LONGEST) for name in ("caption", "unit"))
    return Table(page, page_end, caption, unit, cells, _box(value["box"]))


def _expected(cells: Sequence[Cell]) -> Iterator[int]:
    """Yield for each cell the column after the one before it, or the first where a row begins."""
    row, column = -1, 0
    for cell in cells:
        yield column if cell.row == row else 0
        row, column = cell.row, cell.column + cell.column_span


def _columns(rows: Sequence[int], steps: Sequence[int], spans: dict[int, tuple[int, int]]) -> list[int]:
    columns, column = [], 0
    for at, (below, step) in enumerate(zip(rows, steps, strict=True)):
        column = step if below or not at else column + step
        columns.append(column)
        column += spans[at][1] if at in spans else 1
    return columns


def _places(gaps: Sequence[int], lengths: Sequence[int], text: str, origin: int) -> tuple[list[int], list[int]]:
    """Return where the cells begin and end."""
    ends = list(accumulate(chain.from_iterable(zip(gaps, lengths, strict=True))))
    starts, ends = ends[::2], ends[1::2]
    _check(not starts or (min(lengths) >= 0 and min(starts) >= 0 and origin + max(ends) <= len(text)))
    return starts, ends


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


def _spans(values: Any, count: int) -> dict[int, tuple[int, int]]:
    spans = {}
    for at, down, across in values:
        _check(_are_integers((at, down, across)) and down >= 1 and across >= 1)
        spans[_index(at, count)] = (down, across)
    return spans


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
    _check(0 <= at < count)
    return at


def _are_integers(values: Iterable[Any]) -> bool:
    return all(type(value) is int for value in values)


def _check(holds: bool) -> None:
    if not holds:
        raise ValueError("no table")
