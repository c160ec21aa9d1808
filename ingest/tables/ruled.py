"""Tables whose cells are drawn: the lines around each of them make the grid."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from ingest.tables.grid import Grid, GridCell, compact, filled, is_figure
from ingest.tables.headers import header_rows
from ingest.tables.words import joined, lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.rulings import Ruling
    from ingest.tables.sheet import Rule
from ingest.tables.words import Word

_SAME = 3.0  # points between positions that are one
_MARGIN = 6.0  # points that a line goes on beyond the last one that crosses it
_COVERED = 0.5  # of the side of a cell that a line has to cover
_MOST_CELLS = 20_000
_FEWEST_CELLS = 4  # with text
_RAGGED = 0.5
_FILLED = 0.6  # of the lines of a band have to be rows of their own to part it


def ruled_grid(ruling: Ruling, words: Sequence[Word]) -> Grid | None:
    """Return the table that lines draw around `words`; none where they draw a frame or only some of its lines."""
    left, top, right, bottom = ruling.box
    xs, ys = _places(ruling)
    if not draws_cells(ruling):
        return None
    inside = [word for word in words if left < (word.left + word.right) / 2 < right and top < word.middle < bottom]
    if not inside:
        return None
    cells = _cells(xs, ys, ruling)
    _fill(cells, xs, ys, inside)
    if _is_ragged(cells):
        return None
    cells = _parted(cells, len(ys) - 1)
    grid = compact(cells, ruling.box, ruled=True)
    if grid.columns < 2 or grid.rows < 2 or len(grid.cells) < _FEWEST_CELLS:
        return None
    grid.headers = header_rows(grid)
    return grid


def draws_cells(ruling: Ruling) -> bool:
    """Tell whether lines part what they enclose, so that they are no mere frame."""
    xs, ys = _places(ruling)
    return len(xs) > 2 and len(ys) > 1 and len(xs) * len(ys) <= _MOST_CELLS


def _places(ruling: Ruling) -> tuple[list[float], list[float]]:
    left, top, right, bottom = ruling.box
    xs = _positions([rule.at for rule in ruling.down], left, right)
    return xs, _positions([rule.at for rule in ruling.across], top, bottom)


def _positions(values: Sequence[float], first: float, last: float) -> list[float]:
    """Return the places of lines, and of the edges where the lines that cross these go on beyond them."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _SAME:
            places.append(value)
    if not places or places[0] - first > _MARGIN:
        places.insert(0, first)
    if last - places[-1] > _MARGIN:
        places.append(last)
    return places


def _cells(xs: Sequence[float], ys: Sequence[float], ruling: Ruling) -> list[GridCell]:
    """Return the cells of a grid; those without a line between them are one, if together they are a rectangle."""
    rows, columns = len(ys) - 1, len(xs) - 1
    right = [[_is_drawn(xs[j + 1], ys[i], ys[i + 1], ruling.down) for j in range(columns)] for i in range(rows)]
    below = [[_is_drawn(ys[i + 1], xs[j], xs[j + 1], ruling.across) for j in range(columns)] for i in range(rows)]
    owner = [[-1] * columns for _ in range(rows)]
    cells: list[GridCell] = []
    for i in range(rows):
        for j in range(columns):
            if owner[i][j] >= 0:
                continue
            width, height = _extent(i, j, right, below, owner)
            for row in range(i, i + height):
                owner[row][j : j + width] = [len(cells)] * width
            cells.append(GridCell(i, j, height, width))
    return cells


def _extent(
    row: int, column: int, right: list[list[bool]], below: list[list[bool]], owner: list[list[int]]
) -> tuple[int, int]:
    """Return how many columns and rows the cell takes that begins here."""
    rows, columns = len(right), len(right[0])
    width = 1
    while column + width < columns and not right[row][column + width - 1] and owner[row][column + width] < 0:
        width += 1
    height = 1
    while row + height < rows and not any(below[row + height - 1][column : column + width]):
        inner = right[row + height][column : column + width - 1]
        if any(inner) or any(at >= 0 for at in owner[row + height][column : column + width]):
            break
        if column + width < columns and not right[row + height][column + width - 1]:
            break
        height += 1
    return width, height


def _is_drawn(at: float, start: float, end: float, rules: Sequence[Rule]) -> bool:
    covered = sum(max(min(rule.end, end) - max(rule.start, start), 0.0) for rule in rules if abs(rule.at - at) <= _SAME)
    return covered >= _COVERED * (end - start)


def _fill(cells: Sequence[GridCell], xs: Sequence[float], ys: Sequence[float], words: Sequence[Word]) -> None:
    owner = {
        (row, column): cell
        for cell in cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }
    held: dict[int, list[Word]] = {}
    for word in words:
        row = min(max(bisect_right(ys, word.middle) - 1, 0), len(ys) - 2)
        column = min(max(bisect_right(xs, (word.left + word.right) / 2) - 1, 0), len(xs) - 2)
        held.setdefault(id(owner[row, column]), []).append(word)
    for cell in cells:
        filled(cell, held.get(id(cell), []))


def _is_ragged(cells: Sequence[GridCell]) -> bool:
    """Tell whether the lines that part cells stand in another place in each row, as those of bars in a chart do."""
    rows: dict[int, set[int]] = {}
    last = max(cell.column + cell.column_span for cell in cells)
    for cell in cells:
        for row in range(cell.row, cell.row + cell.row_span):
            if cell.lines:
                rows.setdefault(row, set()).update({cell.column, cell.column + cell.column_span} - {0, last})
    edges = [edge for some in rows.values() for edge in some]
    alone = sum(edges.count(edge) == 1 for edge in set(edges))
    return len(rows) > 2 and alone > _RAGGED * len(set(edges))


def _parted(cells: list[GridCell], rows: int) -> list[GridCell]:
    """Return the cells with each band parted that holds several rows without a line between them."""
    parted: list[GridCell] = []
    shift = 0
    for row in range(rows):
        band = [cell for cell in cells if cell.row == row]
        single = [cell for cell in band if cell.row_span == 1]
        lines = _rows_of_band(single)
        for cell in band:
            if cell.row_span > 1 or len(lines) < 2:
                cell.row += shift
                parted.append(cell)
        if len(lines) < 2:
            continue
        for over in cells:
            if over.row_span > 1 and over.row - (shift if over in parted else 0) < row < over.row + over.row_span:
                over.row_span += len(lines) - 1
        for cell in single:
            for at, words in enumerate(lines):
                own = [word for word in words if any(word is one for one in cell.words)]
                parted.append(filled(GridCell(row + shift + at, cell.column, 1, cell.column_span), own))
        shift += len(lines) - 1
    return parted


def _rows_of_band(cells: Sequence[GridCell]) -> list[list[Word]]:
    """Return the lines of a band if they are rows: most have figures in several columns."""
    some = [cell for cell in cells if cell.lines]
    if len(some) < 2 or max((len(cell.lines) for cell in some), default=0) < 2:
        return []
    lines = lines_of([word for cell in some for word in cell.words])
    owner = {id(word): cell for cell in some for word in cell.words}
    whole = 0
    for line in lines:
        texts: dict[int, list[Word]] = {}
        for word in line:
            texts.setdefault(id(owner[id(word)]), []).append(word)
        figures = sum(is_figure(joined(words)) for words in texts.values())
        whole += len(texts) > 1 and figures >= max(1, len(texts) - 1)
    return lines if whole >= 2 and whole >= _FILLED * len(lines) else []
