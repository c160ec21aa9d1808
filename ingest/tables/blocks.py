"""Runs of lines that may be tables: most of them have several segments, and none is prose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.tables.grid import is_date, is_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.grid import Grid, GridCell
    from ingest.tables.segments import Segment

_FEWEST_ROWS = 2  # of figures before another table may begin
_PART = 0.7  # of the height of the letters: the gap above another table
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
_FEWEST_STEPS = 4
_EVEN = 0.6  # of the steps
_FEWEST_PAGES = 5  # in a table of contents
_MOST_PAGES = 40  # from one entry of it to the next, on average
_MOSTLY = 0.8
_JUST = 1.15  # of the usual gap between lines
_TELLING = 0.15  # of the height of the letters: a gap between rows that lines of one cell don't have
_NARROW = 0.5  # of the usual gap: less is within a row
_MOST_ALONE = 4  # lines with one segment only, one after the other, within a table
_WIDEST_GAP = 2.6  # of the height of the letters between two lines
_LONG = 0.5  # of the width of the text: a single segment that is longer, with many words, is prose
_MANY_WORDS = 8
_FIGURES = 0.4  # of the cells beside the labels
_TALKATIVE = 5.0  # words a cell, on average: columns of prose


def blocks_of(lines: Sequence[Sequence[Segment]]) -> list[list[list[Segment]]]:
    """Return the runs of lines that may be tables, without segments that are prose."""
    left = min((one.left for line in lines for one in line), default=0.0)
    right = max((one.right for line in lines for one in line), default=0.0)
    blocks: list[list[list[Segment]]] = []
    current: list[list[Segment]] = []
    for line in lines:
        some = [one for one in line if not one.prose]
        if not some:
            if current and _overlaps(current, line):
                _close(current, blocks)
                current = []
            continue
        single = len(some) == 1
        if single and _is_prose(some[0], _LONG * (right - left), current):
            _close(current, blocks)
            current = []
            continue
        if current and _is_far(current[-1], some):
            _close(current, blocks)
            current = []
        current.append(some)
        if single and len(current) > _MOST_ALONE and all(len(other) == 1 for other in current[-_MOST_ALONE - 1 :]):
            _close(current, blocks)
            current = current[-_MOST_ALONE:]
    _close(current, blocks, ends_page=True)
    pieces: list[list[list[Segment]]] = []
    for block in blocks:
        cut = _cut_at_headers(block)
        for piece in cut[:-1]:
            _close(piece, pieces)
        pieces.append(cut[-1])
    return pieces


def _cut_at_headers(block: Sequence[list[Segment]]) -> list[list[list[Segment]]]:
    """Return the tables of a block: after some rows of figures another row may name columns."""
    labels = min(line[0].left for line in block)
    values = min((line[1].left for line in block if len(line) > 1), default=labels)
    edge = (labels + values) / 2
    starts, rows = [0], 0
    for at, line in enumerate(block):
        if rows >= _FEWEST_ROWS and len(line) > 1 and _names_columns(line, edge):
            start = at
            while (
                start > starts[-1] and len(block[start - 1]) == 1 and block[start - 1][0].left > (labels + values) / 2
            ):
                start -= 1
            gap = min(one.top for one in block[start]) - max(one.bottom for one in block[start - 1])
            height = line[0].bottom - line[0].top
            if start < at or gap > _PART * height or all(map(is_date, (one.text for one in line))):
                starts.append(start)
                rows = 0
        rows += _has_figures(line)
    return [list(block[start:end]) for start, end in zip(starts, [*starts[1:], len(block)], strict=True)]


def _names_columns(line: Sequence[Segment], edge: float) -> bool:
    """Tell whether a line has no figures but years, and no label: nothing to the left of `edge`."""
    texts = [one.text for one in line]
    return line[0].left > edge and all(is_date(text) or not is_figure(text) for text in texts)


def _is_prose(one: Segment, longest: float, block: Sequence[Sequence[Segment]]) -> bool:
    """Tell whether a line is a sentence, and no long label that ends before the figures of the lines above."""
    if len(one.words) < _MANY_WORDS or one.right - one.left <= longest:
        return False
    figures = [line[1].left for line in block if len(line) > 1]
    return not figures or one.right > min(figures)


def _overlaps(block: Sequence[Sequence[Segment]], line: Sequence[Segment]) -> bool:
    left, right = min(one.left for some in block for one in some), max(one.right for some in block for one in some)
    return any(one.left < right and left < one.right for one in line)


def _is_far(above: Sequence[Segment], below: Sequence[Segment]) -> bool:
    bottom, top = max(one.bottom for one in above), min(one.top for one in below)
    height = max(one.bottom - one.top for one in below)
    return top - bottom > _WIDEST_GAP * height


def _close(block: Sequence[list[Segment]], blocks: list[list[list[Segment]]], *, ends_page: bool = False) -> None:
    """Add a block without the single lines at its ends that aren't names of its columns or the end of its last label.

    Labels at the end of a page may be those of rows on the next one.
    """
    several = [at for at, line in enumerate(block) if len(line) > 1]
    if len(several) < 2:
        return
    most = max(map(len, block))
    while len(several) > 2 and _is_apart(block, several[0], several[1], most):
        several.pop(0)
    first, last = several[0], several[-1] + 1
    edges = _edges(block[first:last])
    while first > 0 and _heads(block[first - 1][0], block[first], edges):
        first -= 1
    while last < len(block) and _goes_on(block[last][0], block[last - 1], edges):
        last += 1
    if ends_page and all(_goes_on_over_page(above, below[0], edges) for above, below in pairwise(block[last - 1 :])):
        last = len(block)
    blocks.append(list(block[first:last]))


def _is_apart(block: Sequence[Sequence[Segment]], at: int, following: int, most: int) -> bool:
    """Tell whether a line at the top is no part of a table: like a running head it is short, and headings follow."""
    line, below = block[at], block[at + 1]
    labels = min(one[0].left for one in block)
    at_edge = line[0].left - labels < line[0].bottom - line[0].top
    return following > at + 1 and 2 * len(line) <= most and at_edge and below[0].left < line[0].right


def _goes_on_over_page(above: Sequence[Segment], one: Segment, edges: _Edges) -> bool:
    gap = one.top - max(other.bottom for other in above)
    return one.right < edges.values and one.left >= edges.labels - 1 and gap <= _JUST * edges.gap


@dataclass(frozen=True, slots=True)
class _Edges:
    """Where labels and values of a block stand."""

    labels: float  # the left edge of the former
    values: float  # that of the latter
    right: float
    gap: float  # between two lines, usually


def _edges(block: Sequence[Sequence[Segment]]) -> _Edges:
    labels = min(line[0].left for line in block)
    height = block[0][0].bottom - block[0][0].top
    figures = [one.left for line in block if len(line) > 1 for one in line[1:] if is_figure(one.text)]
    others = [line[1].left for line in block if len(line) > 1]
    values = min(figures or others)
    pairs = list(pairwise(block))
    certain = [(above, below) for above, below in pairs if _has_figures(above) and _has_figures(below)]
    gaps = sorted(min(one.top for one in below) - max(one.bottom for one in above) for above, below in certain or pairs)
    return _Edges(labels, values, max(line[-1].right for line in block), max(gaps[len(gaps) // 2], 0.1 * height))


def _has_figures(line: Sequence[Segment]) -> bool:
    return any(is_figure(one.text) and not is_date(one.text) for one in line[1:])


def _heads(one: Segment, below: Sequence[Segment], edges: _Edges) -> bool:
    """Tell whether a segment names columns: it stands over the values, or is a short line just above the labels."""
    height = one.bottom - one.top
    gap = min(other.top for other in below) - one.bottom
    middle = (one.left + one.right) / 2
    over = middle > edges.values or any(one.left < other.right and other.left < one.right for other in below[1:])
    if over and one.right <= edges.right + 2 * height and one.left > edges.labels + 2 * height:
        return gap < max(1.2 * height, 1.5 * edges.gap)
    plain = not is_figure(one.text) and len(one.words) < _MANY_WORDS and one.text[-1] not in ".;"
    return one.right < edges.values and plain and -0.5 * height < gap <= _JUST * edges.gap


def _goes_on(one: Segment, above: Sequence[Segment], edges: _Edges) -> bool:
    """Tell whether a line below a table is the rest of its last label."""
    height = one.bottom - one.top
    gap = one.top - max(other.bottom for other in above)
    return one.text[0].islower() or (edges.gap > _TELLING * height and gap < _NARROW * edges.gap)


def is_table(grid: Grid, *, framed: bool) -> bool:
    """Tell whether aligned text is a table.

    Args:
        grid: the rows and columns that its alignment makes.
        framed: whether horizontal lines stand above and below it.
    """
    body = [cell for cell in grid.cells if cell.row >= grid.headers]
    rows = len({cell.row for cell in body})
    values = [cell for cell in body if cell.column > 0]
    if _is_contents(grid) or _is_scale(grid):
        return False
    several = sum(sum(cell.row == row for cell in body) > 1 for row in {cell.row for cell in body})
    if not values or several < 0.4 * rows:
        return False
    figures = sum(is_figure(cell.text) for cell in values)
    if figures >= _FIGURES * len(values):
        with_figures = len({cell.row for cell in values if is_figure(cell.text)})
        if with_figures == 1 and figures == len(values) >= 2:  # one row, with a name over each of its figures
            named = {column for cell in grid.cells if cell.row < grid.headers for column in _columns(cell)}
            return {cell.column for cell in values} <= named
        return with_figures >= (2 if grid.columns > 2 or framed else 3)
    words = sum(len(cell.words) for cell in grid.cells) / len(grid.cells)
    if framed:
        return words < 2 * _TALKATIVE and several >= 2
    return grid.columns > 2 and several >= 3 and words < _TALKATIVE


def _columns(cell: GridCell) -> range:
    return range(cell.column, cell.column + cell.column_span)


def _is_contents(grid: Grid) -> bool:
    """Tell whether the last column holds page numbers: they only grow, and several entries share one."""
    last = [cell for cell in grid.cells if cell.column + cell.column_span == grid.columns and cell.row >= grid.headers]
    heads = [cell for cell in grid.cells if cell.row < grid.headers and cell.column_span == 1]
    pages = [int(cell.text) for cell in last if cell.text.isdecimal()]
    others = [cell.text for cell in grid.cells if 0 < cell.column < grid.columns - 1 and is_figure(cell.text)]
    return (
        len(pages) >= _FEWEST_PAGES
        and len(pages) >= _MOSTLY * len(last)
        and pages == sorted(pages)
        and len(set(pages)) < len(pages)
        and pages[-1] - pages[0] <= _MOST_PAGES * len(pages)
        and len(heads) < 2
        and not others
    )


def _is_scale(grid: Grid) -> bool:
    """Tell whether most figures go up or down by even steps, as those at the axes of charts do, which no words name."""
    even = triples = 0
    names = [(cell.row, cell.column) for cell in grid.cells if not is_figure(cell.text)]
    label = dict(sorted(names, reverse=True))  # the first of each row
    for column in range(grid.columns):
        figures = [
            float(cell.text)
            for cell in grid.cells
            if cell.column == column <= label.get(cell.row, column) and _PLAIN.fullmatch(cell.text) is not None
        ]
        for first, second, third in zip(figures, figures[1:], figures[2:], strict=False):
            triples += 1
            even += second != first and abs((second - first) - (third - second)) < 1e-9
    return triples >= _FEWEST_STEPS and even >= _EVEN * triples
