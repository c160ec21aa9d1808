"""Finds the tables of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.tables.blocks import blocks_of, is_table
from ingest.tables.grid import box_of, is_figure
from ingest.tables.ruled import ruled_grid
from ingest.tables.rulings import connected, merged
from ingest.tables.segments import mark_prose, segments_of
from ingest.tables.unruled import text_grid
from ingest.tables.words import lines_of, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.grid import Grid
    from ingest.tables.segments import Segment
    from ingest.tables.sheet import Rule, Sheet
    from ingest.tables.words import Word

_NEAR = 14.0  # points above and below a table where a line belongs to it
_COARSE = 0.15  # of the rows: in so many cells of a drawn table words stand apart like cells


def grids_of(sheet: Sheet) -> list[Grid]:
    """Return the tables of a page, from top to bottom."""
    words = words_of(sheet.glyphs)
    across, down = merged(sheet.across), merged(sheet.down)
    grids: list[Grid] = []
    for ruling in connected(across, down):
        grid = ruled_grid(ruling, words)
        if grid:
            inside = {id(word) for cell in grid.cells for word in cell.words}
            grids.append(_refined(grid, [word for word in words if id(word) in inside], across, down))
    taken = {id(word) for grid in grids for cell in grid.cells for word in cell.words}
    lines = segments_of(lines_of([word for word in words if id(word) not in taken]), down)
    mark_prose(lines)
    for block in blocks_of(lines, across):
        box = _box(block)
        near = [rule for rule in across if box[1] - _NEAR <= rule.at <= box[3] + _NEAR and _reaches(rule, box)]
        grid = text_grid(block, near, [rule for rule in down if rule.start < box[3] and rule.end > box[1]])
        if grid and is_table(grid, framed=_is_framed(box, near)):
            grids.append(grid)
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


def _refined(grid: Grid, words: Sequence[Word], across: Sequence[Rule], down: Sequence[Rule]) -> Grid:
    """Return `grid`, or what alignment makes of its words where its lines leave several cells together."""
    coarse = 0
    for cell in grid.cells:
        for line in segments_of(cell.lines, []):
            if len(line) > 1 and sum(is_figure(one.text) for one in line) >= len(line) - 1:
                coarse += 1
                break
    if coarse < max(2, _COARSE * grid.rows):
        return grid
    box = grid.box
    inner = [rule for rule in down if rule.start < box[3] and rule.end > box[1] and box[0] - 3 < rule.at < box[2] + 3]
    lines = segments_of(lines_of(words), inner)
    near = [rule for rule in across if box[1] - 3 <= rule.at <= box[3] + 3 and _reaches(rule, box)]
    return text_grid(lines, near, inner) or grid
