"""Tables without a line around each cell: columns are where segments align, rows are lines and what goes on with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from ingest.tables.columns import Column, columns_of, place_of
from ingest.tables.grid import Grid, GridCell, box_of, compact, is_date, is_figure
from ingest.tables.segments import segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.segments import Segment
    from ingest.tables.sheet import Rule
    from ingest.tables.words import Word

_YEAR = re.compile(
    r"\(?(?:(?:19|20)\d\d(?:\s?[/–-]\s?\d{2,4})?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[12]?[HQ][1-4]?)[*]?(?:\s?\(?\w\)|\s?\d)?\)?"
)
_WIDE_RULE = 0.6  # of a table's width: a line that parts rows
_ALIGNED = 4.0  # points
_CONCENTRIC = 2.0  # points between the middles of two lines of a name
_NEARLY = 0.08  # the same of a name over some
_EVEN = 0.3  # of the widest gap
_TELLING = 0.15  # of the height of the letters: a gap between rows that lines of one cell don't have
_WIDE = 0.75  # of the usual gap between rows: no cell goes on over it
_NARROW = 0.5  # of the usual gap: less is within a row
_MIDDLE = 0.2  # of the width of columns that a name over all of them may stand beside their middle
_GAP = 1.1  # of the height of the letters between two lines of a cell
_HEADER_GAP = 0.9
_MOST_HEADERS = 8  # lines
_INNER_GAP = 0.33  # of the height of the letters, between words of two cells that come close
_INNER = 1.4  # of the usual gap between words
_MOSTLY = 0.5


@dataclass(slots=True)
class _Line:
    """A line of a table: what stands in which columns."""

    cells: dict[tuple[int, int], list[Word]]  # first and last column
    top: float
    bottom: float

    def at(self, column: int) -> list[Word]:
        """Return the words of a column, or of what spans it."""
        return next((words for (first, last), words in self.cells.items() if first <= column <= last), [])

    @property
    def label(self) -> list[Word]:
        """Return the words of the first column."""
        return self.at(0)

    @property
    def values(self) -> list[str]:
        """Return the texts of the other columns."""
        return [_text(words) for (first, _), words in self.cells.items() if first > 0]

    @property
    def figures(self) -> int:
        """Return how many of them are figures, years left out."""
        return sum(is_figure(text) and not is_date(text) and not _YEAR.fullmatch(text) for text in self.values)


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


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
    _span_headers(placed[:first], columns, across, box, spacing)
    cells, count = _header_cells(placed[:first], across, spacing)
    cells += _body_cells(placed[first:], count, columns, across, box, spacing)
    grid = compact(cells, box)
    grid.headers = count
    return grid if grid.columns > 1 and grid.rows > 1 else None


def _word_gap(lines: Sequence[Sequence[Segment]]) -> float:
    """Return the usual gap between two words of a cell, in points."""
    gaps = [
        word.left - before.right
        for line in lines
        for one in line
        for before, word in zip(one.words, one.words[1:], strict=False)
    ]
    return median(gaps) if gaps else 0.0


def _split(line: Sequence[Segment], columns: Sequence[Column], usual: float) -> list[Segment]:
    """Cut segments whose words come close to those of the next cell; `usual`: the gap between two words."""
    done: list[Segment] = []
    for one in line:
        run = [one.words[0]]
        for before, word in zip(one.words, one.words[1:], strict=False):
            gap = word.left - before.right
            over = any(
                a.right <= word.left + 0.5 and b.left >= before.right - 0.5 and a.shared(one) > 0 and b.shared(one) > 0
                and a.right > run[0].left and b.left < one.right
                for a, b in zip(columns, columns[1:], strict=False)
            )
            if over and gap >= max(_INNER_GAP * word.height, _INNER * usual):
                done.append(segment(run, one.line))
                run = []
            run.append(word)
        done.append(segment(run, one.line))
    return done


def _placed(line: Sequence[Segment], columns: Sequence[Column]) -> _Line:
    cells: dict[tuple[int, int], list[Word]] = {}
    for one in line:
        place = place_of(one, columns)
        clash = next((other for other in cells if other[0] <= place[1] and place[0] <= other[1]), None)
        if clash is None:
            cells[place] = list(one.words)
        else:
            words = cells.pop(clash)
            cells[min(clash[0], place[0]), max(clash[1], place[1])] = [*words, *one.words]
    return _Line(cells, min(one.top for one in line), max(one.bottom for one in line))


def _spacing(lines: Sequence[_Line]) -> float:
    """Return the usual gap between two rows, in points; 0 where it tells nothing, for lines of a cell may be as far apart.

    Only lines are compared that are rows of their own, for both have figures.
    """
    gaps = sorted(
        below.top - above.bottom for above, below in zip(lines, lines[1:], strict=False) if above.figures and below.figures
    )
    if not gaps:  # lines that are all equally far apart are rows, too
        gaps = sorted(below.top - above.bottom for above, below in zip(lines, lines[1:], strict=False))
        if not gaps or gaps[-1] - gaps[0] > _EVEN * gaps[-1]:
            return 0.0
    height = median(line.bottom - line.top for line in lines)
    usual = gaps[len(gaps) // 2]
    return usual if usual > _TELLING * height else 0.0


def _span_section(line: _Line, columns: Sequence[Column]) -> None:
    """Let words that stand alone in a line, and not in the column of labels, span all columns."""
    if len(line.cells) == 1:
        [(place, words)] = line.cells.items()
        column = columns[place[0]]
        off = min(abs(words[0].left - column.left), abs(words[-1].right - column.right))
        if place[0] > 0 and off > _ALIGNED and not is_figure(_text(words)):
            line.cells = {(0, len(columns) - 1): words}


def _rules_between(upper: float, lower: float, across: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in across if upper <= rule.at <= lower]


def _is_parted(above: _Line, below: _Line, across: Sequence[Rule], box: tuple[float, ...]) -> bool:
    """Tell whether a line over most of the table's width stands between two lines of text."""
    slack = 0.25 * (above.bottom - above.top)
    between = _rules_between(above.bottom - slack, below.top + slack, across)
    covered = sum(max(min(rule.end, box[2]) - max(rule.start, box[0]), 0.0) for rule in between)
    return covered >= _WIDE_RULE * (box[2] - box[0])


def _first_of_body(
    lines: Sequence[_Line], across: Sequence[Rule], box: tuple[float, ...], spacing: float
) -> int:
    """Return the number of the first line that doesn't name columns."""
    found = next((at for at, line in enumerate(lines) if line.figures >= max(1, len(line.values) / 2)), None)
    if found is None or found > _MOST_HEADERS:
        found = next((at for at in range(1, len(lines)) if _is_parted(lines[at - 1], lines[at], across, box)), 1)
        return min(found, _MOST_HEADERS)
    # labels without figures just above are sections, or the beginning of the first label
    while found > 0 and lines[found - 1].cells.keys() == {(0, 0)}:
        above = lines[found - 2] if found > 1 else None
        if _is_parted(lines[found - 1], lines[found], across, box):
            break
        if above and spacing and lines[found - 1].top - above.bottom <= _NARROW * spacing:
            break  # the rest of a name
        found -= 1
    return found


def _span_headers(
    placed: Sequence[_Line],
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
            for rule in _rules_between(line.bottom - 0.25 * (line.bottom - line.top), below + 2.0, across)
            if rule.end - rule.start < _WIDE_RULE * (box[2] - box[0])
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
                middles[first] = _middle(words)
    _unify(placed, spacing)


def _is_wrapped(above: _Line, line: _Line, place: tuple[int, int], spacing: float) -> bool:
    """Tell whether words go on with those of the same column in the line above."""
    upper, words = above.cells.get(place), line.cells[place]
    if upper is None or words[0].text.startswith("("):
        return False
    gap = line.top - above.bottom
    close = gap < _WIDE * spacing if spacing else gap < _TELLING * (line.bottom - line.top)
    return close and abs(_middle(upper) - _middle(words)) <= _CONCENTRIC


def _unify(lines: Sequence[_Line], spacing: float) -> None:
    """Give names of several lines over the same columns one place: that of the widest of their lines."""
    for above, below in zip(lines, lines[1:], strict=False):
        gap = below.top - above.bottom
        close = gap < _WIDE * spacing if spacing else gap < _TELLING * (below.bottom - below.top)
        if not close or len(above.cells) != len(below.cells):
            continue
        for upper, lower in zip(sorted(above.cells), sorted(below.cells), strict=True):
            overlap = upper[0] <= lower[1] and lower[0] <= upper[1]
            if upper != lower and overlap and abs(_middle(above.cells[upper]) - _middle(below.cells[lower])) <= _CONCENTRIC:
                whole = min(upper[0], lower[0]), max(upper[1], lower[1])
                above.cells[whole], below.cells[whole] = above.cells.pop(upper), below.cells.pop(lower)


def _is_over_all(
    lines: Sequence[_Line], at: int, place: tuple[int, int], middles: Sequence[float], spacing: float
) -> bool:
    """Tell whether words that stand alone over the middle column of an odd number are said of all of them.

    They are no first line of that column's name where a gap as between rows parts them from it, or dates stand below;
    below all names they stand alone only if they are no name.
    """
    last = len(middles) - 1
    line = lines[at]
    if len(line.cells) > 1 or last < 3 or last % 2 == 0 or place != ((last + 1) // 2, (last + 1) // 2):
        return False
    off = abs(_middle(line.cells[place]) - (middles[1] + middles[last]) / 2)
    if off > _MIDDLE * (middles[last] - middles[1]):
        return False
    if at + 1 == len(lines):
        return True
    below = lines[at + 1]
    if spacing:
        return below.top - line.bottom >= _WIDE * spacing
    return all(map(is_date, below.values)) or len(below.cells) == 1


def _middle(words: Sequence[Word]) -> float:
    return (words[0].left + max(word.right for word in words)) / 2


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
    place: tuple[int, int], words: Sequence[Word], line: _Line, middles: Sequence[float], columns: Sequence[Column]
) -> tuple[int, int]:
    """Return the columns over whose middle the words stand; `place` where no others fit better."""
    if place[0] == 0:
        return place
    lowest = max((last + 1 for first, last in line.cells if last < place[0]), default=1)
    highest = min((first - 1 for first, last in line.cells if first > place[1]), default=len(middles) - 1)
    middle, sides = _middle(words), _sides(middles, columns)
    alone = len(line.cells) == 1
    best, least = place, abs(middle - (middles[place[0]] + middles[place[1]]) / 2) - _ALIGNED
    for first in range(max(lowest, 1), place[0] + 1):
        for last in range(max(place[1], first + 1), highest + 1):
            between, whole = (middles[first] + middles[last]) / 2, (sides[first] + sides[last + 1]) / 2
            off = min(abs(middle - between), abs(middle - whole))
            over_all = alone and (first, last) == (1, len(middles) - 1)
            most = _ALIGNED + (_MIDDLE if over_all else _NEARLY) * (middles[last] - middles[first])
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


def _header_cells(lines: Sequence[_Line], across: Sequence[Rule], spacing: float) -> tuple[list[GridCell], int]:
    """Return the cells of the rows that name columns, names of several lines put together, and how many rows."""
    stacks: list[tuple[tuple[int, int], int, int, list[list[Word]]]] = []  # place, first and last line, lines
    gaps: list[tuple[int, int]] = []  # first and last line before which a row may begin
    for at, line in enumerate(lines):
        for place, words in sorted(line.cells.items()):
            above = [number for number, stack in enumerate(stacks) if stack[0][0] <= place[1] and place[0] <= stack[0][1]]
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
            if lines[at].top - lines[at - 1].bottom >= _WIDE * spacing
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
    if any(rule.start <= middle <= rule.end for rule in _rules_between(upper - slack, lower + slack, across)):
        return False
    if spacing:
        return lower - upper < _WIDE * spacing
    return lower - upper <= _HEADER_GAP * height or at - stack[2] > 1


def _body_cells(
    lines: Sequence[_Line],
    row: int,
    columns: Sequence[Column],
    across: Sequence[Rule],
    box: tuple[float, ...],
    spacing: float,
) -> list[GridCell]:
    """Return the cells of the other rows, wrapped ones put together, from row number `row` on."""
    limit = _limit(lines, columns)
    parted = [
        _is_parted(above, below, across, box) for above, below in zip(lines, lines[1:], strict=False)
    ]
    last_lines = _values_stand_last(lines)
    # where no two lines are closer than rows, those of a cell may be as far apart
    tight = any(below.top - above.bottom <= _NARROW * spacing for above, below in zip(lines, lines[1:], strict=False))
    rows: list[list[_Line]] = []
    for at, line in enumerate(lines):
        goes_on = bool(rows) and not parted[at - 1] and _is_near(rows[-1], line, spacing)
        if goes_on is None or (goes_on is False and rows and not tight and not parted[at - 1] and _is_cut_off(rows[-1], line)):
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


def _limit(lines: Sequence[_Line], columns: Sequence[Column]) -> float:
    """Return how far labels reach to the right before they are wrapped."""
    longest = max((max(word.right for word in line.label) for line in lines if (0, 0) in line.cells), default=0.0)
    wrapped = any(
        line.label and above.label and line.label[0].text[0].islower() and not (line.values and above.values)
        for above, line in zip(lines, lines[1:], strict=False)
    )
    return longest if wrapped else max(longest, columns[1].left)


def _values_stand_last(lines: Sequence[_Line]) -> bool:
    """Tell whether the values of rows with several lines stand in the last of them, by labels that surely go on."""
    first = last = 0
    for above, line in zip(lines, lines[1:], strict=False):
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


def _is_near(row: Sequence[_Line], line: _Line, spacing: float) -> bool | None:
    """Tell whether a line goes on with the row above it by the gap between them; None where that doesn't tell."""
    if not spacing:
        return None
    gap = line.top - row[-1].bottom
    if gap >= _WIDE * spacing:
        return False
    both = any(other.figures for other in row) and line.figures
    return not both if gap <= _NARROW * spacing else None


def _is_cut_off(row: Sequence[_Line], line: _Line) -> bool:
    """Tell whether a label surely goes on with the one above it: it begins as no label does."""
    return bool(line.label and row[-1].label) and line.label[0].text[0].islower() and line.label[0].text.isalpha()


def _continues(row: Sequence[_Line], line: _Line, limit: float, *, last_lines: bool) -> bool:
    """Tell whether a line goes on with the row above it; `last_lines`: the values of rows stand in their last lines."""
    last = row[-1]
    height = min(last.bottom - last.top, line.bottom - line.top)
    if line.top - last.bottom > _GAP * height:
        return False
    had_values = any(other.values for other in row)
    label, above = line.label, last.label or next((other.label for other in reversed(row) if other.label), [])
    if line.values and had_values:
        return not label and not line.figures and not any(map(_YEAR.fullmatch, line.values))
    if line.values and not label:
        return bool(above)
    if not label or not above:
        return False
    text, before = _text(label), _text(above)
    if before.endswith(":") or is_figure(text):
        return False
    if text[0].islower() or before.endswith((",", "-", "–", "/")) or before.count("(") > before.count(")"):
        return True
    return not (had_values and last_lines) and _was_full(above, label, limit)


def _was_full(above: Sequence[Word], label: Sequence[Word], limit: float) -> bool:
    """Tell whether the first word of `label` had no room on the line above."""
    space = 0.25 * above[-1].height
    return above[-1].right + space + (label[0].right - label[0].left) > limit and len(above) > 1
