"""Finds the tables of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.tables.blocks import blocks_of, is_table
from ingest.tables.grid import box_of, is_figure
from ingest.tables.headers import label_columns
from ingest.tables.ruled import ruled_grid
from ingest.tables.rulings import connected, merged
from ingest.tables.segments import mark_prose, segments_of
from ingest.tables.unruled import text_grid
from ingest.tables.words import lines_of, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.grid import Grid
    from ingest.tables.segments import Segment
    from ingest.tables.sheet import Box, Rule, Sheet
    from ingest.tables.words import Word

_CURVED = 0.1  # of a chart's area, at least
_MANY_CURVES = 12  # short pieces, as some programs draw charts
_SPREAD = 0.25  # of a chart's area that they lie in
_NEAR = 14.0  # points above and below a table where a line belongs to it
_COARSE = 0.15  # of the rows: in so many cells of a drawn table words stand apart like cells


def grids_of(sheet: Sheet) -> list[Grid]:
    """Return the tables of a page, from top to bottom."""
    words = words_of(sheet.glyphs)
    across, down = merged(sheet.across), merged(sheet.down)
    grids: list[Grid] = []
    for ruling in connected(across, down):
        grid = ruled_grid(ruling, words)
        if grid and not _is_chart(grid.box, sheet.curves):
            inside = {id(word) for cell in grid.cells for word in cell.words}
            grids.append(_refined(grid, [word for word in words if id(word) in inside], across, down))
    taken = {id(word) for grid in grids for cell in grid.cells for word in cell.words}
    lines = segments_of(lines_of([word for word in words if id(word) not in taken]), down)
    mark_prose(lines)
    for block in blocks_of(lines):
        box = _box(block)
        near = [rule for rule in across if box[1] - _NEAR <= rule.at <= box[3] + _NEAR and _reaches(rule, box)]
        grid = text_grid(block, near, [rule for rule in down if rule.start < box[3] and rule.end > box[1]])
        if grid and is_table(grid, framed=_is_framed(box, near)) and not _is_chart(grid.box, sheet.curves):
            grids.append(grid)
    for grid in grids:
        grid.labels = label_columns(grid)
    return sorted(grids, key=lambda grid: (grid.box[1], grid.box[0]))


def _box(block: Sequence[Sequence[Segment]]) -> tuple[float, float, float, float]:
    return box_of([word for line in block for one in line for word in one.words])


def _reaches(rule: Rule, box: tuple[float, float, float, float]) -> bool:
    return rule.start < box[2] and rule.end > box[0]


def _is_framed(box: tuple[float, float, float, float], across: Sequence[Rule]) -> bool:
    """Tell whether wide lines stand at the upper and at the lower end of a table."""
    wide = [rule for rule in across if min(rule.end, box[2]) - max(rule.start, box[0]) > 0.6 * (box[2] - box[0])]
    middle = (box[1] + box[3]) / 2
    return any(rule.at < middle for rule in wide) and any(rule.at > middle for rule in wide)


def _is_chart(box: Box, curves: Sequence[Box]) -> bool:
    """Tell whether slanting or bent lines cover much of a place."""
    area = max((box[2] - box[0]) * (box[3] - box[1]), 1.0)
    inside = [
        (max(left, box[0]), max(top, box[1]), min(right, box[2]), min(bottom, box[3]))
        for left, top, right, bottom in curves
        if left < box[2] and right > box[0] and top < box[3] and bottom > box[1]
    ]
    covered = sum((right - left) * (bottom - top) for left, top, right, bottom in inside)
    if covered > _CURVED * area:
        return True
    if len(inside) < _MANY_CURVES:
        return False
    width = max(one[2] for one in inside) - min(one[0] for one in inside)
    return width * (max(one[3] for one in inside) - min(one[1] for one in inside)) > _SPREAD * area


def _refined(grid: Grid, words: Sequence[Word], across: Sequence[Rule], down: Sequence[Rule]) -> Grid:
    """Return `grid`, or what alignment makes of its words where its lines leave several cells together."""
    coarse = 0
    for cell in grid.cells:
        for line in segments_of(cell.lines, []):
            figures = sum(is_figure(one.text) for one in line)
            if len(line) > 1 and (figures >= len(line) - 1 or (cell.column_span > 1 and figures > 0)):
                coarse += 1
                break
    if coarse < max(2, _COARSE * grid.rows):
        return grid
    box = grid.box
    inner = [rule for rule in down if rule.start < box[3] and rule.end > box[1] and box[0] - 3 < rule.at < box[2] + 3]
    lines = segments_of(lines_of(words), inner)
    near = [rule for rule in across if box[1] - 3 <= rule.at <= box[3] + 3 and _reaches(rule, box)]
    return text_grid(lines, near, inner) or grid
