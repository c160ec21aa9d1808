"""Joins the parts of tables that run over pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.table import sizes
from ingest.types import PAGE_BREAK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.clean import Layout
    from ingest.table import Cell, Table
    from ingest.types import Page

_REST = 90  # characters between the end of a table and that of its page: what furniture was left
_ALIGNED = 12.0  # points that a column may begin further to the left or right on the next page


def continued(pages: Sequence[Page], layout: Sequence[Layout] = ()) -> list[Page]:
    """Return the pages with each table that goes on at the top of the next one as a single table of its first page.

    The header row that the next page repeats is left out; offsets count from the first character of the first page.

    Args:
        pages: in order.
        layout: how much of the text of each is a running head or foot.
    """
    joined = list(pages)
    margins = [(part.head, part.foot) for part in layout] or [(0, 0)] * len(joined)
    owner: tuple[int, int] | None = None  # index of the page and length of text from its beginning to this page's
    for at in range(1, len(joined)):
        before, page = joined[at - 1], joined[at]
        first, shift = owner if owner is not None else (at - 1, 0)
        shift += len(before.text) + len(PAGE_BREAK)
        owner = None
        if not page.tables or not joined[first].tables:
            continue
        table, rest = joined[first].tables[-1], page.tables[0]
        end = max(cell.end for cell in table.cells) - shift + len(before.text) + len(PAGE_BREAK)
        if table.page_end != before.number or len(before.text) - end > _REST + margins[at - 1][1]:
            continue
        repeated = _repeated(table, rest)
        columns = _columns(table, rest)
        head = margins[at][0]
        if columns is None or not (
            _is_first(rest, page, table.caption, head) if repeated else _is_top(rest, page, head)
        ):
            continue
        whole = _whole(table, rest, columns, repeated, shift)
        joined[first] = replace(joined[first], tables=(*joined[first].tables[:-1], whole))
        joined[at] = replace(page, tables=page.tables[1:])
        if not joined[at].tables:
            owner = first, shift
    return joined


def _is_top(table: Table, page: Page, head: int) -> bool:
    """Tell whether nothing stands above a table but the running head, of so many characters."""
    return not page.text[head : min(cell.start for cell in table.cells)].strip()


def _is_first(table: Table, page: Page, caption: str | None, head: int) -> bool:
    """Tell whether nothing stands above a table but perhaps the `caption` again: else it is another one.

    So is one that names its columns again below a running head that is another one: that of the next invoice, say.
    """
    above = page.text[: min(cell.start for cell in table.cells)].split()
    if head or not above or caption is None:
        return not above
    return 2 * len(set(above) & set(caption.split())) > len(set(above))


def _header_rows(table: Table) -> int:
    """Return how many rows at the top name columns; below them cells that name rows are headers, too."""
    return min((cell.row for cell in table.cells if not cell.header), default=0)


def _repeated(table: Table, rest: Table) -> int:
    """Return how many rows at the top of `rest` are the header of `table` again."""
    count, other = _header_rows(table), _header_rows(rest)
    return other if count and other and _words(table, count) == _words(rest, other) else 0


def _words(table: Table, rows: int) -> list[str]:
    return sorted(word for cell in table.cells if cell.row < rows for word in cell.text.split())


def _columns(table: Table, rest: Table) -> dict[int, int] | None:
    """Return for each column of `rest` the one of `table` that it goes on with; None where one has none."""
    one, other = _edges(table), _edges(rest)
    places: dict[int, int] = {}
    for column, edges in sorted(other.items()):
        off = {number: min(abs(edges[side] - mine[side]) for side in (0, 1)) for number, mine in one.items()}
        best = min(off, key=lambda number: off[number], default=-1)
        if best < 0 or off[best] > _ALIGNED or best <= max(places.values(), default=-1):
            return None
        places[column] = best
    missing = set(range(sizes(rest.cells)[1])) - places.keys()
    return places if places and not missing else None


def _edges(table: Table) -> dict[int, tuple[float, float]]:
    edges: dict[int, tuple[float, float]] = {}
    headers = _header_rows(table)
    for cell in table.cells:
        if cell.box and cell.column_span == 1 and cell.row >= headers:
            left, right = edges.get(cell.column, (cell.box[0], cell.box[2]))
            edges[cell.column] = min(left, cell.box[0]), max(right, cell.box[2])
    return edges


def _whole(table: Table, rest: Table, columns: dict[int, int], repeated: int, shift: int) -> Table:
    rows = sizes(table.cells)[0] - repeated
    names = 0 if repeated or not _header_rows(table) else _header_rows(rest)  # rows that only seem to name columns
    cells: list[Cell] = list(table.cells)
    for cell in rest.cells:
        if cell.row >= repeated:
            last = columns[cell.column + cell.column_span - 1]
            moved = replace(
                cell,
                row=cell.row + rows,
                column=columns[cell.column],
                column_span=last - columns[cell.column] + 1,
                start=cell.start + shift,
                end=cell.end + shift,
            )
            cells.append(replace(moved, header=False) if cell.row < names else moved)
    return replace(table, page_end=rest.page_end, cells=tuple(cells))
