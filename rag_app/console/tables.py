"""Tables of documents: drawn for a terminal, or as comma-separated values for another program."""

from __future__ import annotations

import csv
import re
import sys
from typing import TYPE_CHECKING

from ingest.rows import is_figure
from rag_app.console import screen
from rag_app.text import flat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest import Cell, Grid, Table

_LONGEST = 1000  # characters of a cell
_GAP = "  "  # between columns
_NARROWEST = 8  # columns of the terminal that a wide column keeps
_CUT = "…"
_FORMULA = re.compile(r"[=@]|[+-](?![\d\s().,/%–-]*\Z)")  # in a spreadsheet; a telephone number is none


def show_tables(tables: Sequence[Table]) -> None:
    """Draw tables below each other: columns aligned, figures on the right, no line wider than the terminal."""
    for number, table in enumerate(tables):
        if number:
            screen.show_line("")
        screen.show_line((_title(table), "bold"))
        grid = table.grid
        for row, line in enumerate(_lines(grid, screen.console().width)):
            screen.show_line((line, "bold") if row < grid.header_rows else line)


def write_csv(tables: Sequence[Table]) -> None:
    """Write tables as comma-separated values, an empty line between two; what spans places stands in the first.

    Text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for number, table in enumerate(tables):
        if number:
            print()
        grid = table.grid
        for row, cells in enumerate(grid.rows):
            writer.writerow(
                [_inert(_text(cell)) if _begins(cell, row, column) else "" for column, cell in enumerate(cells)]
            )
    sys.stdout.flush()


def _inert(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not is_figure(text) else text


def _title(table: Table) -> str:
    pages = f"page {table.page}" if table.page == table.page_end else f"pages {table.page}-{table.page_end}"
    said = [screen.note_text(one) for one in (table.caption, table.unit) if one]
    said = said[:1] if len(said) > 1 and said[1] in said[0] else said
    return f"--- {pages}: {', '.join(said)} ---" if said else f"--- {pages} ---"


def _lines(grid: Grid, width: int) -> Iterator[str]:
    widths = _fitting(_widths(grid), width)
    right = [_are_figures(grid, column) for column in range(grid.width)]
    for number, cells in enumerate(grid.rows):
        parts, column = [], 0
        while column < grid.width:
            cell = cells[column]
            span = cell.column + cell.column_span - column if cell else 1
            room = sum(widths[column : column + span]) + len(_GAP) * (span - 1)
            text = _text(cell) if _begins(cell, number, column) else ""
            parts.append(_set(text, room, right=right[column] and span == 1))
            column += span
        yield _shortened(_GAP.join(parts).rstrip(), width)


def _widths(grid: Grid) -> list[int]:
    """Return how many columns of a terminal each column takes; one that is too narrow for what spans it grows."""
    widths = [0] * grid.width
    spanning = []
    for cell in grid.cells:
        if cell.column_span == 1:
            widths[cell.column] = max(widths[cell.column], _length(_text(cell)))
        elif cell.column_span < grid.width:
            spanning.append(cell)
    for cell in spanning:
        last = cell.column + cell.column_span - 1
        room = sum(widths[cell.column : last + 1]) + len(_GAP) * (cell.column_span - 1)
        widths[last] += max(_length(_text(cell)) - room, 0)
    return widths


def _fitting(widths: Sequence[int], width: int) -> list[int]:
    """Return widths of which the largest are cut until all have room, as far as that leaves each readable."""
    room = width - len(_GAP) * (len(widths) - 1)
    most = max(widths, default=0)
    while most > _NARROWEST and sum(min(one, most) for one in widths) > room:
        most -= 1
    return [min(one, most) for one in widths]


def _are_figures(grid: Grid, column: int) -> bool:
    """Tell whether most cells of a column under its headers hold figures."""
    cells = [row[column] for row in grid.rows[grid.header_rows :]]
    texts = [cell.text for cell in cells if cell and cell.text and cell.column_span == 1]
    return 2 * sum(map(is_figure, texts)) > len(texts)


def _begins(cell: Cell | None, row: int, column: int) -> bool:
    return cell is not None and (cell.row, cell.column) == (row, column)


def _text(cell: Cell | None) -> str:
    return flat(cell.text, _LONGEST) if cell else ""


def _set(text: str, width: int, *, right: bool) -> str:
    text = _shortened(text, width)
    space = " " * (width - _length(text))
    return space + text if right else text + space


def _shortened(text: str, width: int) -> str:
    if len(text) <= width and text.isascii():
        return text
    from rich.cells import set_cell_size

    return text if _length(text) <= width else set_cell_size(text, width - 1).rstrip() + _CUT


def _length(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
