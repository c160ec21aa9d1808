"""Joins the parts of tables that run over pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.table import sizes
from ingest.types import PAGE_BREAK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.table import Cell, Table
    from ingest.types import Page

_REST = 90  # characters between the end of a table and that of its page: what furniture was left
_ALIGNED = 12.0  # points that a column may begin further to the left or right on the next page
_SHARED = 0.7  # of the columns have to be where they were


def continued(pages: Sequence[Page]) -> list[Page]:
    """Return the pages with each table that goes on at the top of the next one as a single table of its first page.

    The header row that the next page repeats is left out; offsets count from the first character of the first page.
    """
    joined = list(pages)
    owner: tuple[int, int] | None = None  # index of the page and length of text from its beginning to this page's
    for at in range(1, len(joined)):
        before, page = joined[at - 1], joined[at]
        first, shift = owner if owner is not None else (at - 1, 0)
        shift += len(before.text) + len(PAGE_BREAK)
        owner = None
        if not page.tables or not joined[first].tables:
            continue
        table, rest = joined[first].tables[-1], page.tables[0]
        if table.page_end != before.number or not _is_last(table, before, shift - len(before.text) - len(PAGE_BREAK)):
            continue
        repeated = _repeated(table, rest)
        if not _is_first(rest, page, repeated) or not _same_columns(table, rest):
            continue
        whole = _whole(table, rest, repeated, shift)
        joined[first] = replace(joined[first], tables=(*joined[first].tables[:-1], whole))
        joined[at] = replace(page, tables=page.tables[1:])
        if not joined[at].tables:
            owner = first, shift
    return joined


def _is_last(table: Table, page: Page, shift: int) -> bool:
    end = max(cell.end for cell in table.cells) - shift
    return len(page.text) - end <= _REST


def _is_first(table: Table, page: Page, repeated: int) -> bool:
    """Tell whether nothing stands above a table that could say that it is another one."""
    above = page.text[: min(cell.start for cell in table.cells)]
    return not above.strip() or (repeated > 0 and len(above) <= _REST)


def _header_rows(table: Table) -> int:
    return max((cell.row + cell.row_span for cell in table.cells if cell.header and cell.column > 0), default=0)


def _repeated(table: Table, rest: Table) -> int:
    """Return how many rows at the top of `rest` are the header of `table` again."""
    count = _header_rows(table)
    return count if count and _texts(table, count) == _texts(rest, count) else 0


def _texts(table: Table, rows: int) -> list[tuple[int, int, str]]:
    return [(cell.row, cell.column, " ".join(cell.text.split())) for cell in table.cells if cell.row < rows]


def _same_columns(table: Table, rest: Table) -> bool:
    if sizes(table.cells)[1] != sizes(rest.cells)[1]:
        return False
    one, other = _edges(table), _edges(rest)
    both = one.keys() & other.keys()
    near = sum(
        min(abs(one[column][side] - other[column][side]) for side in (0, 1)) <= _ALIGNED for column in both
    )
    return bool(both) and near >= _SHARED * len(both)


def _edges(table: Table) -> dict[int, tuple[float, float]]:
    edges: dict[int, tuple[float, float]] = {}
    for cell in table.cells:
        if cell.box and cell.column_span == 1 and not cell.header:
            left, right = edges.get(cell.column, (cell.box[0], cell.box[2]))
            edges[cell.column] = min(left, cell.box[0]), max(right, cell.box[2])
    return edges


def _whole(table: Table, rest: Table, repeated: int, shift: int) -> Table:
    rows = sizes(table.cells)[0] - repeated
    cells: list[Cell] = list(table.cells)
    for cell in rest.cells:
        if cell.row >= repeated:
            moved = replace(cell, row=cell.row + rows, start=cell.start + shift, end=cell.end + shift)
            cells.append(moved if repeated or not _header_rows(table) else replace(moved, header=False))
    return replace(table, page_end=rest.page_end, cells=tuple(cells))
