"""Tells which cells of a table name its columns and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.tables.grid import is_date, is_figure
from ingest.unit import is_amount

if TYPE_CHECKING:
    from ingest.tables.grid import Grid, GridCell

_MOST_ROWS = 6  # that name columns
_MOST_COLUMNS = 3  # that name rows
_WORDS = 0.9  # of the cells of a column that names rows
_FIGURES = 0.6  # of those of the columns beside it


def header_rows(grid: Grid) -> int:
    """Return how many rows at the top name columns: those above the first figures, or one of a table of words."""
    first = next((row for row in range(grid.rows) if _holds_figures(grid.row(row))), None)
    if first is None:
        return 1 if len(grid.row(0)) > 1 else 0
    while first and _is_section(grid.row(first - 1), grid):
        first -= 1
    if first > _MOST_ROWS:
        return 1
    return first


def _holds_figures(cells: list[GridCell]) -> bool:
    """Tell whether half the values of a row are figures; beside one, ranges and measures are, too: "13.5 - 17.5"."""
    values = [cell.text for cell in cells if cell.column > 0 and not is_date(cell.text)]
    figures = sum(map(is_figure, values))
    told = sum(is_figure(text) or is_amount(text) for text in values) if figures else 0
    return 2 * told >= sum(cell.column > 0 for cell in cells) > 0


def _is_section(cells: list[GridCell], grid: Grid) -> bool:
    """Tell whether a row has nothing but a label, which says what comes under it."""
    return len(cells) == 1 and cells[0].column == 0 and (cells[0].column_span in (1, grid.columns))


def label_columns(grid: Grid) -> int:
    """Return how many columns at the left name rows, where it is more than one; else 0.

    A row with nothing but a label would look like one that names columns, so that a table with such a row has none.
    """
    body = [cell for cell in grid.cells if cell.row >= grid.headers]
    count = 0
    for column in range(min(_MOST_COLUMNS, grid.columns - 1)):
        texts = [cell.text for cell in body if cell.column == column]
        if sum(not is_figure(text) or is_date(text) for text in texts) < _WORDS * len(texts) or not texts:
            break
        count += 1
    values = [cell.text for cell in body if cell.column >= count]
    if count < 2 or sum(map(is_figure, values)) < _FIGURES * len(values):
        return 0
    filled = {cell.row for cell in body if cell.column >= count}
    return count if filled == {cell.row for cell in body} else 0
