"""The rows of a table without drawn cells: lines, and those that go on with the row above."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.tables.grid import GridCell, is_figure
from ingest.tables.line import NARROW, WIDE, Line, is_parted, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.columns import Column
    from ingest.tables.sheet import Rule
    from ingest.tables.words import Word

_GAP = 1.1  # of the height of the letters between two lines of a cell


def body_cells(
    lines: Sequence[Line],
    row: int,
    columns: Sequence[Column],
    across: Sequence[Rule],
    box: tuple[float, ...],
    spacing: float,
) -> list[GridCell]:
    """Return the cells of the other rows, wrapped ones put together, from row number `row` on."""
    limit = _limit(lines, columns)
    parted = [is_parted(above, below, across, box) for above, below in pairwise(lines)]
    last_lines = _values_stand_last(lines)
    # where no two lines are closer than rows, those of a cell may be as far apart
    tight = any(below.top - above.bottom <= NARROW * spacing for above, below in pairwise(lines))
    rows: list[list[Line]] = []
    for at, line in enumerate(lines):
        goes_on = bool(rows) and not parted[at - 1] and _is_near(rows[-1], line, spacing)
        if goes_on is None or (
            goes_on is False and rows and not tight and not parted[at - 1] and _is_cut_off(rows[-1], line)
        ):
            goes_on = _continues(rows[-1], line, limit, last_lines=last_lines)
        if goes_on:
            rows[-1].append(line)
        else:
            rows.append([line])
    cells: list[GridCell] = []
    for number, some in enumerate(rows, row):
        held: dict[tuple[int, int], list[list[Word]]] = {}
        for line in some:
            for place, words in line.cells.items():
                held.setdefault(place, []).append(words)
        cells += _without_overlap(number, held)
    return cells


def _limit(lines: Sequence[Line], columns: Sequence[Column]) -> float:
    """Return how far labels reach to the right before they are wrapped."""
    longest = max((max(word.right for word in line.label) for line in lines if (0, 0) in line.cells), default=0.0)
    wrapped = any(
        line.label and above.label and line.label[0].text[0].islower() and not (line.values and above.values)
        for above, line in pairwise(lines)
    )
    return longest if wrapped else max(longest, columns[1].left)


def _values_stand_last(lines: Sequence[Line]) -> bool:
    """Tell whether the values of rows with several lines stand in the last of them, by labels that surely go on."""
    first = last = 0
    for above, line in pairwise(lines):
        if line.label and above.label and line.label[0].text[0].islower():
            last += bool(line.values) and not above.values
            first += bool(above.values) and not line.values
    return last > first


def _without_overlap(row: int, held: dict[tuple[int, int], list[list[Word]]]) -> list[GridCell]:
    """Return the cells of a row; what overlaps is one cell."""
    cells: list[GridCell] = []
    for (first, last), lines in sorted(held.items()):
        before = cells[-1] if cells else None
        if before is not None and first < before.column + before.column_span:
            before.column_span = max(before.column_span, last - before.column + 1)
            before.lines += lines
            before.lines.sort(key=lambda words: words[0].middle)
        else:
            cells.append(GridCell(row, first, 1, last - first + 1, list(lines)))
    return cells


def _is_near(row: Sequence[Line], line: Line, spacing: float) -> bool | None:
    """Tell whether a line goes on with the row above it by the gap between them; None where that doesn't tell."""
    if not spacing:
        return None
    gap = line.top - row[-1].bottom
    if gap >= WIDE * spacing:
        return False
    both = any(other.figures for other in row) and line.figures
    return not both if gap <= NARROW * spacing else None


def _is_cut_off(row: Sequence[Line], line: Line) -> bool:
    """Tell whether a label surely goes on with the one above it: it begins as no label does."""
    return bool(line.label and row[-1].label) and line.label[0].text[0].islower() and line.label[0].text.isalpha()


def _continues(row: Sequence[Line], line: Line, limit: float, *, last_lines: bool) -> bool:
    """Tell whether a line goes on with the row above it; `last_lines`: the values of rows stand in their last lines."""
    last = row[-1]
    height = min(last.bottom - last.top, line.bottom - line.top)
    if line.top - last.bottom > _GAP * height:
        return False
    had_values = any(other.values for other in row)
    label, above = line.label, last.label or next((other.label for other in reversed(row) if other.label), [])
    if line.values and had_values:
        return not label and not line.figures and not line.dated
    if line.values and not label:
        return bool(above)
    if not label or not above:
        return False
    text, before = text_of(label), text_of(above)
    if before.endswith(":") or is_figure(text):
        return False
    if text[0].islower() or before.endswith((",", "-", "–", "/")) or before.count("(") > before.count(")"):
        return True
    return not (had_values and last_lines) and _was_full(above, label, limit)


def _was_full(above: Sequence[Word], label: Sequence[Word], limit: float) -> bool:
    """Tell whether the first word of `label` had no room on the line above."""
    space = 0.25 * above[-1].height
    return above[-1].right + space + (label[0].right - label[0].left) > limit and len(above) > 1
