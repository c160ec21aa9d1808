"""Puts the lines that recognition finds on a page in the order in which they are read."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPANNING = 0.6  # of the width of the text: such a line belongs to no column
_COLUMN = 0.2  # of the width of the text: the cells of a table are narrower
_LEAST_LINES = 5  # of a column
_SAME_ROW = 0.5  # of the lower line's height


@dataclass(frozen=True, slots=True)
class Word:
    """Letters of a line without a gap."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """Text in a box; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    words: tuple[Word, ...] = ()  # that the text is made of, where their places are known
    turned: bool = False  # it runs upwards or downwards


def in_order(lines: Sequence[Line]) -> str:
    """Return the text of `lines` from top to bottom, column by column; what stands side by side shares a line."""
    return "\n".join(" ".join(line.text for line in row) for row in rows_in_order(lines))


def rows_in_order(lines: Sequence[Line]) -> list[list[Line]]:
    """Return `lines` in that order; each row holds, from left to right, those that stand side by side."""
    if not lines:
        return []
    ordered = sorted(lines, key=lambda line: (line.top, line.left))
    gutter = _gutter(ordered)
    if gutter is None:
        return _rows(ordered)
    rows: list[list[Line]] = []
    columns: tuple[list[Line], list[Line]] = ([], [])
    for line in ordered:
        if line.left < gutter < line.right:
            rows += [*_rows(columns[0]), *_rows(columns[1]), [line]]
            columns = ([], [])
        else:
            columns[line.left >= gutter].append(line)
    return [*rows, *_rows(columns[0]), *_rows(columns[1])]


def _gutter(lines: Sequence[Line]) -> float | None:
    """Return where two columns of prose part, if there are two."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    narrow = [line for line in lines if line.right - line.left < _SPANNING * (right - left)]
    for middle in (left + share * (right - left) / 100 for share in (50, 48, 52, 46, 54, 44, 56, 40, 60, 36, 64)):
        sides = [line for line in narrow if line.right <= middle], [line for line in narrow if line.left >= middle]
        crossing = len(narrow) - len(sides[0]) - len(sides[1])
        wide = all(
            len(side) >= _LEAST_LINES and median(line.right - line.left for line in side) >= _COLUMN * (right - left)
            for side in sides
        )
        if wide and not crossing:
            return middle
    return None


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in lines:
        if rows and _side_by_side(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _side_by_side(one: Line, other: Line) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    apart = one.right <= other.left or other.right <= one.left
    return apart and shared > _SAME_ROW * min(one.bottom - one.top, other.bottom - other.top)
