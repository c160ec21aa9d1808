"""The names of columns in a table without drawn cells: which columns they stand over, and which lines make one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.tables.grid import GridCell, is_date
from ingest.tables.line import ALIGNED, TELLING, WIDE, WIDE_RULE, Line, middle_of, rules_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.columns import Column
    from ingest.tables.sheet import Rule
    from ingest.tables.words import Word

_CONCENTRIC = 2.0  # points between the middles of two lines of a name
_MIDDLE = 0.2  # of the width of columns that a name over all of them may stand beside their middle
_NEARLY = 0.08  # the same of a name over some
_GAP = 0.9  # of the height of the letters between two lines of a name


def span_names(
    placed: Sequence[Line],
    columns: Sequence[Column],
    across: Sequence[Rule],
    box: tuple[float, ...],
    spacing: float,
) -> None:
    """Widen the names that stand over several columns: a line below them or their middle shows which."""
    middles = [(column.left + column.right) / 2 for column in columns]
    for at in range(len(placed) - 1, -1, -1):  # from the foot: names below show where the middle of a column is
        line = placed[at]
        below = placed[at + 1].top if at + 1 < len(placed) else line.bottom + 6.0
        rules = [
            rule
            for rule in rules_between(line.bottom - 0.25 * (line.bottom - line.top), below + 2.0, across)
            if rule.end - rule.start < WIDE_RULE * (box[2] - box[0])
        ]
        for place in sorted(line.cells):
            words = line.cells[place]
            wider = _under_rule(words, rules, columns)
            if wider is None and at and _is_wrapped(placed[at - 1], line, place, spacing):
                wider = place
            elif wider is None and _is_over_all(placed, at, place, middles, spacing):
                wider = 1, len(columns) - 1
            wider = wider or _centred(place, words, line, middles, columns)
            if wider != place and not any(
                other != place and other[0] <= wider[1] and wider[0] <= other[1] for other in line.cells
            ):
                line.cells[wider] = line.cells.pop(place)
        for (first, last), words in line.cells.items():
            if first == last:
                middles[first] = middle_of(words)
    _unify(placed, spacing)


def _is_wrapped(above: Line, line: Line, place: tuple[int, int], spacing: float) -> bool:
    """Tell whether words go on with those of the same column in the line above."""
    upper, words = above.cells.get(place), line.cells[place]
    if upper is None or words[0].text.startswith("("):
        return False
    gap = line.top - above.bottom
    close = gap < WIDE * spacing if spacing else gap < TELLING * (line.bottom - line.top)
    return close and abs(middle_of(upper) - middle_of(words)) <= _CONCENTRIC


def _unify(lines: Sequence[Line], spacing: float) -> None:
    """Give names of several lines over the same columns one place: that of the widest of their lines."""
    for above, below in pairwise(lines):
        gap = below.top - above.bottom
        close = gap < WIDE * spacing if spacing else gap < TELLING * (below.bottom - below.top)
        if not close or len(above.cells) != len(below.cells):
            continue
        for upper, lower in zip(sorted(above.cells), sorted(below.cells), strict=True):
            overlap = upper[0] <= lower[1] and lower[0] <= upper[1]
            if (
                upper != lower
                and overlap
                and abs(middle_of(above.cells[upper]) - middle_of(below.cells[lower])) <= _CONCENTRIC
            ):
                whole = min(upper[0], lower[0]), max(upper[1], lower[1])
                above.cells[whole], below.cells[whole] = above.cells.pop(upper), below.cells.pop(lower)


def _is_over_all(
    lines: Sequence[Line], at: int, place: tuple[int, int], middles: Sequence[float], spacing: float
) -> bool:
    """Tell whether words that stand alone over the middle column of an odd number are said of all of them.

    They are no first line of that column's name where a gap as between rows parts them from it, or dates stand below;
    below all names they stand alone only if they are no name.
    """
    last = len(middles) - 1
    line = lines[at]
    if len(line.cells) > 1 or last < 3 or last % 2 == 0 or place != ((last + 1) // 2, (last + 1) // 2):
        return False
    off = abs(middle_of(line.cells[place]) - (middles[1] + middles[last]) / 2)
    if off > _MIDDLE * (middles[last] - middles[1]):
        return False
    if at + 1 == len(lines):
        return True
    below = lines[at + 1]
    if spacing:
        return below.top - line.bottom >= WIDE * spacing
    return all(map(is_date, below.values)) or len(below.cells) == 1


def _under_rule(words: Sequence[Word], rules: Sequence[Rule], columns: Sequence[Column]) -> tuple[int, int] | None:
    left, right = words[0].left, max(word.right for word in words)
    middle = (left + right) / 2
    for rule in rules:
        if rule.start <= middle <= rule.end and rule.end - rule.start > right - left:
            over = [
                at
                for at, column in enumerate(columns)
                if rule.start - 3 <= (column.left + column.right) / 2 <= rule.end + 3
            ]
            if len(over) > 1 and over[0] > 0:
                return over[0], over[-1]
    return None


def _centred(
    place: tuple[int, int], words: Sequence[Word], line: Line, middles: Sequence[float], columns: Sequence[Column]
) -> tuple[int, int]:
    """Return the columns over whose middle the words stand; `place` where no others fit better."""
    if place[0] == 0:
        return place
    lowest = max((last + 1 for first, last in line.cells if last < place[0]), default=1)
    highest = min((first - 1 for first, last in line.cells if first > place[1]), default=len(middles) - 1)
    middle, sides = middle_of(words), _sides(middles, columns)
    alone = len(line.cells) == 1
    best, least = place, abs(middle - (middles[place[0]] + middles[place[1]]) / 2) - ALIGNED
    for first in range(max(lowest, 1), place[0] + 1):
        for last in range(max(place[1], first + 1), highest + 1):
            between, whole = (middles[first] + middles[last]) / 2, (sides[first] + sides[last + 1]) / 2
            off = min(abs(middle - between), abs(middle - whole))
            over_all = alone and (first, last) == (1, len(middles) - 1)
            most = ALIGNED + (_MIDDLE if over_all else _NEARLY) * (middles[last] - middles[first])
            wider = alone and (best != place or place[0] < place[1]) and last - first > best[1] - best[0]
            if off <= most and (off < least or wider) and not (alone and last - first < best[1] - best[0]):
                best, least = (first, last), min(off, least)
    return best


def _sides(middles: Sequence[float], columns: Sequence[Column]) -> list[float]:
    """Return where columns end, as far as the middles of their names tell: a name stands in the middle of its cell."""
    sides = [columns[-1].right]
    for at in range(len(columns) - 1, 0, -1):
        side = 2 * middles[at] - sides[0]
        sides.insert(0, min(max(side, columns[at - 1].right), columns[at].left))
    return [columns[0].left, *sides]


def header_cells(lines: Sequence[Line], across: Sequence[Rule], spacing: float) -> tuple[list[GridCell], int]:
    """Return the cells of the rows that name columns, names of several lines put together, and how many rows."""
    stacks: list[tuple[tuple[int, int], int, int, list[list[Word]]]] = []  # place, first and last line, lines
    gaps: list[tuple[int, int]] = []  # first and last line before which a row may begin
    for at, line in enumerate(lines):
        for place, words in sorted(line.cells.items()):
            above = [
                number for number, stack in enumerate(stacks) if stack[0][0] <= place[1] and place[0] <= stack[0][1]
            ]
            last = max(above, key=lambda number: stacks[number][2], default=None)
            if last is not None and stacks[last][0] == place and _goes_on(stacks[last], at, words, across, spacing):
                stacks[last] = (place, stacks[last][1], at, [*stacks[last][3], words])
                continue
            if last is not None:
                gaps.append((stacks[last][2] + 1, at))
            stacks.append((place, at, at, [words]))
    if spacing:
        gaps += [
            (at, at)
            for at in range(1, len(lines))
            if lines[at].top - lines[at - 1].bottom >= WIDE * spacing
            and not any(top < at <= bottom for _, top, bottom, _ in stacks)
        ]
    starts = _fewest_cuts(gaps)
    cells = []
    for (first, last), top, bottom, some in stacks:
        row = max(number for number, cut in enumerate(starts) if cut <= top)
        end = max(number for number, cut in enumerate(starts) if cut <= bottom)
        cells.append(GridCell(row, first, end - row + 1, last - first + 1, some))
    return cells, len(starts) if lines else 0


def _fewest_cuts(gaps: Sequence[tuple[int, int]]) -> list[int]:
    """Return the lines at which rows begin, as few as put one into each gap."""
    cuts = [0]
    for first, last in sorted(gaps, key=lambda gap: gap[1]):
        if cuts[-1] < first:
            cuts.append(last)
    return cuts


def _goes_on(
    stack: tuple[tuple[int, int], int, int, list[list[Word]]],
    at: int,
    words: Sequence[Word],
    across: Sequence[Rule],
    spacing: float,
) -> bool:
    upper, lower = max(word.bottom for word in stack[3][-1]), min(word.top for word in words)
    height = max(word.height for word in words)
    middle = (words[0].left + words[-1].right) / 2
    slack = 0.25 * height
    if any(rule.start <= middle <= rule.end for rule in rules_between(upper - slack, lower + slack, across)):
        return False
    if spacing:
        return lower - upper < WIDE * spacing
    return lower - upper <= _GAP * height or at - stack[2] > 1
