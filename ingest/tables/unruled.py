"""Tables without a line around each cell: segments align in columns, and rows are lines and what goes on with them."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from ingest.tables.body import body_cells
from ingest.tables.columns import columns_of, place_of
from ingest.tables.grid import box_of, compact, is_figure
from ingest.tables.line import ALIGNED, NARROW, TELLING, Line, is_parted, text_of
from ingest.tables.names import header_cells, span_names
from ingest.tables.segments import segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.columns import Column
    from ingest.tables.grid import Grid
    from ingest.tables.segments import Segment
    from ingest.tables.sheet import Rule
    from ingest.tables.words import Word

_EVEN = 0.3  # of the widest gap between lines that are equally far apart
_MOST_HEADERS = 8  # lines
_INNER_GAP = 0.33  # of the height of the letters, between words of two cells that come close
_INNER = 1.4  # of the usual gap between words
_MOSTLY = 0.5


def text_grid(lines: Sequence[Sequence[Segment]], across: Sequence[Rule], down: Sequence[Rule]) -> Grid | None:
    """Return the table that `lines` make; none where they have no columns in common.

    Args:
        lines: from top to bottom, cut into segments.
        across: horizontal lines near them.
        down: vertical lines near them.
    """
    words = [word for line in lines for one in line for word in one.words]
    box = box_of(words)
    walls = [rule.at for rule in down if rule.end - rule.start >= _MOSTLY * (box[3] - box[1])]
    columns = columns_of(lines, walls)
    if len(columns) < 2:
        return None
    gap = _word_gap(lines)
    lines = [_split(line, columns, gap) for line in lines]
    placed = [_placed(line, columns) for line in lines]
    spacing = _spacing(placed)
    first = _first_of_body(placed, across, box, spacing)
    for line in placed[first:]:
        _span_section(line, columns)
    span_names(placed[:first], columns, across, box, spacing)
    cells, count = header_cells(placed[:first], across, spacing)
    cells += body_cells(placed[first:], count, columns, across, box, spacing)
    grid = compact(cells, box)
    grid.headers = count
    return grid if grid.columns > 1 and grid.rows > 1 else None


def _word_gap(lines: Sequence[Sequence[Segment]]) -> float:
    """Return the usual gap between two words of a cell, in points."""
    gaps = [word.left - before.right for line in lines for one in line for before, word in pairwise(one.words)]
    return median(gaps) if gaps else 0.0


def _split(line: Sequence[Segment], columns: Sequence[Column], usual: float) -> list[Segment]:
    """Cut segments whose words come close to those of the next cell; `usual`: the gap between two words."""
    done: list[Segment] = []
    for one in line:
        run = [one.words[0]]
        for before, word in pairwise(one.words):
            gap = word.left - before.right
            over = any(
                a.right <= word.left + 0.5
                and b.left >= before.right - 0.5
                and a.shared(one) > 0
                and b.shared(one) > 0
                and a.right > run[0].left
                and b.left < one.right
                for a, b in pairwise(columns)
            )
            if over and gap >= max(_INNER_GAP * word.height, _INNER * usual):
                done.append(segment(run, one.line))
                run = []
            run.append(word)
        done.append(segment(run, one.line))
    return done


def _placed(line: Sequence[Segment], columns: Sequence[Column]) -> Line:
    cells: dict[tuple[int, int], list[Word]] = {}
    for one in line:
        place = place_of(one, columns)
        clash = next((other for other in cells if other[0] <= place[1] and place[0] <= other[1]), None)
        if clash is None:
            cells[place] = list(one.words)
        else:
            words = cells.pop(clash)
            cells[min(clash[0], place[0]), max(clash[1], place[1])] = [*words, *one.words]
    return Line(cells, min(one.top for one in line), max(one.bottom for one in line))


def _spacing(lines: Sequence[Line]) -> float:
    """Return the usual gap between two rows, in points; 0 where it tells nothing.

    Only lines are compared that are rows of their own, for both have figures.
    """
    gaps = sorted(below.top - above.bottom for above, below in pairwise(lines) if above.figures and below.figures)
    if not gaps:  # lines that are all equally far apart are rows, too
        gaps = sorted(below.top - above.bottom for above, below in pairwise(lines))
        if not gaps or gaps[-1] - gaps[0] > _EVEN * gaps[-1]:
            return 0.0
    height = median(line.bottom - line.top for line in lines)
    usual = gaps[len(gaps) // 2]
    return usual if usual > TELLING * height else 0.0


def _span_section(line: Line, columns: Sequence[Column]) -> None:
    """Let words that stand alone in a line, and not in the column of labels, span all columns."""
    if len(line.cells) == 1:
        [(place, words)] = line.cells.items()
        column = columns[place[0]]
        off = min(abs(words[0].left - column.left), abs(words[-1].right - column.right))
        if place[0] > 0 and off > ALIGNED and not is_figure(text_of(words)):
            line.cells = {(0, len(columns) - 1): words}


def _first_of_body(lines: Sequence[Line], across: Sequence[Rule], box: tuple[float, ...], spacing: float) -> int:
    """Return the number of the first line that doesn't name columns."""
    found = next((at for at, line in enumerate(lines) if line.figures >= max(1, len(line.values) / 2)), None)
    if found is None or found > _MOST_HEADERS:
        found = next((at for at in range(1, len(lines)) if is_parted(lines[at - 1], lines[at], across, box)), 1)
        return min(found, _MOST_HEADERS)
    # labels without figures just above are sections, or the beginning of the first label
    while found > 0 and lines[found - 1].cells.keys() == {(0, 0)}:
        above = lines[found - 2] if found > 1 else None
        if is_parted(lines[found - 1], lines[found], across, box):
            break
        if above and spacing and lines[found - 1].top - above.bottom <= NARROW * spacing:
            break  # the rest of a name
        found -= 1
    return found
