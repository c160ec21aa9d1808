"""The columns of a table without lines between them: where the segments of its lines stand below each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.segments import Segment

_RICH = 0.65  # of the most segments of a line: such lines tell the columns
_TOUCH = 0.5  # points that two segments share by accident
_TOGETHER = 0.1  # of the lines of the rarer column in which two columns stand side by side
_FEW_LINES = 4  # of a table in which one such line is enough
_COVERED = 0.5  # of a column that a segment over it covers
_NEAR = 1.2  # of the height of the letters between two parts of a column


@dataclass(slots=True)
class Column:
    """A strip of the page."""

    left: float
    right: float
    lines: set[int] = field(default_factory=set)  # that have text there

    @property
    def width(self) -> float:
        """Return its width in points."""
        return self.right - self.left

    def shared(self, one: Segment) -> float:
        """Return the points that a segment stands over it."""
        return min(self.right, one.right) - max(self.left, one.left)


def columns_of(lines: Sequence[Sequence[Segment]], walls: Sequence[float]) -> list[Column]:
    """Return the columns of a table from left to right.

    Args:
        lines: of the table, each cut into segments.
        walls: where vertical lines stand; no column goes over one.
    """
    most = max(map(len, lines), default=0)
    rich = [line for line in lines if len(line) >= max(2, _RICH * most)]
    poor = [line for line in lines if len(line) < max(2, _RICH * most)]
    columns: list[Column] = []
    for one in sorted((one for line in rich for one in line), key=lambda one: one.right - one.left):
        _add(one, columns, walls)
    core = list(columns)
    lines_by_number = {line[0].line: line for line in poor}
    for one in sorted((one for line in poor for one in line), key=lambda one: one.right - one.left):
        over = [column for column in columns if column.shared(one) > _TOUCH]
        if not over and len(lines_by_number[one.line]) > 1:
            columns.append(Column(one.left, one.right, {one.line}))
        elif len(over) == 1:
            over[0].lines.add(one.line)
            if over[0] not in core or over[0].left == min(column.left for column in columns):
                _widen(over[0], one, columns)
        elif sum(column in core for column in over) <= 1:  # a name of several lines, words of which stand apart
            _add(one, columns, walls, certain=True)
    height = _height(lines)
    return _without_rests(sorted(columns, key=lambda column: column.left), height, walls)


def _height(lines: Sequence[Sequence[Segment]]) -> float:
    heights = sorted(one.bottom - one.top for line in lines for one in line)
    return heights[len(heights) // 2] if heights else 10.0


def _widen(column: Column, one: Segment, columns: Sequence[Column]) -> None:
    left, right = min(column.left, one.left), max(column.right, one.right)
    if not any(other is not column and other.left < right and left < other.right for other in columns):
        column.left, column.right = left, right


def _add(one: Segment, columns: list[Column], walls: Sequence[float], *, certain: bool = False) -> None:
    over = [column for column in columns if column.shared(one) > _TOUCH]
    crossed = len(over) > 1 and any(over[0].right <= wall <= over[-1].left for wall in walls)
    least = 1 if certain or len(set().union(*(column.lines for column in columns))) > _FEW_LINES else 0
    if len(over) > 1 and (crossed or (not certain and _are_distinct(over, least))):
        return
    whole = Column(one.left, one.right, {one.line})
    for column in over:
        columns.remove(column)
        whole.left, whole.right = min(whole.left, column.left), max(whole.right, column.right)
        whole.lines |= column.lines
    columns.append(whole)


def _are_distinct(columns: Sequence[Column], least: int) -> bool:
    """Tell whether two of the columns stand side by side in more than `least` lines."""
    return any(
        len(one.lines & other.lines) > max(least, _TOGETHER * min(len(one.lines), len(other.lines)))
        for at, one in enumerate(columns)
        for other in columns[at + 1 :]
    )


def _without_rests(columns: list[Column], height: float, walls: Sequence[float]) -> list[Column]:
    """Join neighbours that never stand side by side: parts of one column."""
    done: list[Column] = []
    for column in columns:
        last = done[-1] if done else None
        if (
            last is not None
            and column.left - last.right <= _NEAR * height
            and not last.lines & column.lines
            and not any(last.right <= wall <= column.left for wall in walls)
        ):
            last.right = max(last.right, column.right)
            last.lines |= column.lines
        else:
            done.append(column)
    return done


def place_of(one: Segment, columns: Sequence[Column]) -> tuple[int, int]:
    """Return the first and the last column that a segment stands in."""
    shares = [column.shared(one) / max(column.width, 1.0) for column in columns]
    over = [at for at, share in enumerate(shares) if share >= _COVERED]
    if over:
        return over[0], over[-1]
    touched = [at for at, share in enumerate(shares) if share > 0]
    if touched:
        best = max(touched, key=lambda at: columns[at].shared(one))
        return best, best
    middle = (one.left + one.right) / 2
    nearest = min(range(len(columns)), key=lambda at: abs((columns[at].left + columns[at].right) / 2 - middle))
    return nearest, nearest
