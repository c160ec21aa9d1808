"""Tells by the pieces in which a page draws its text whether its characters are worth a look, before they are read."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.sheet import Box

_SMALLER = 0.9  # of the size beside it
_TINIEST = 0.3
_SHIFT = (0.06, 0.8)  # of the larger size
_NEAR = 0.5
_LEVEL = 0.2  # of the size by which baselines of one line differ
_WIDE = 8.0  # of the size: a line of a column
_ROWS = 3
_THIN = 3.0  # points
_MOST_LINES = 500
_MOST_STRETCHES = 20_000
_INSIDE = (0.15, 0.7)  # of the height of letters, from below
_SHORTEST = 2.0  # points that a line runs through them


class Stretch(NamedTuple):
    """Text that a page draws at once."""

    size: float  # of its font, in points
    base: float  # how high its baseline is; for text that is turned, across its direction
    lean: int  # in tenths: by how much the letters lean to the right
    upright: bool  # they don't stand on their head
    box: Box  # left, bottom, right, top, y upwards


def is_odd(stretches: Sequence[Stretch], paths: Sequence[Box]) -> bool:
    """Tell whether the setting of a page may say what its text does not."""
    turned = len({(one.lean, one.upright) for one in stretches}) > 1
    return turned or may_be_raised(stretches) or _may_be_columns(stretches) or may_be_struck(stretches, paths)


def _may_be_columns(stretches: Sequence[Stretch]) -> bool:
    """Tell whether wide lines are drawn beside each other, and then others below the first."""
    lines: list[Stretch] = []
    for one in stretches:
        last = lines[-1] if lines else None
        if last and abs(last.base - one.base) < _LEVEL * one.size and -one.size < one.box[0] - last.box[2] < one.size:
            left, bottom, _, top = last.box
            lines[-1] = last._replace(box=(left, bottom, one.box[2], top))
        else:
            lines.append(one)
    wide = [line.box[2] - line.box[0] > _WIDE * line.size for line in lines]
    rows = 0
    for at in range(len(lines) - 2):
        first, second, third = lines[at : at + 3]
        beside = abs(first.base - second.base) < _LEVEL * first.size and second.box[0] > first.box[2]
        below = third.base < first.base - _LEVEL * first.size and third.box[0] < second.box[0]
        rows += wide[at] and wide[at + 1] and beside and below
    return rows >= _ROWS


def may_be_raised(stretches: Sequence[Stretch]) -> bool:
    """Tell whether a piece stands higher or lower beside a larger one that is drawn before or after it."""
    return any(
        _TINIEST * larger < smaller <= _SMALLER * larger
        and _SHIFT[0] * larger <= abs(one.base - other.base) <= _SHIFT[1] * larger
        and max(one.box[0], other.box[0]) - min(one.box[2], other.box[2]) <= _NEAR * larger
        for one, other in pairwise(stretches)
        for smaller, larger in ((min(one.size, other.size), max(one.size, other.size)),)
    )


def may_be_struck(stretches: Sequence[Stretch], paths: Sequence[Box]) -> bool:
    """Tell whether a thin line runs through some text; boxes hold left, bottom, right and top, y upwards."""
    lines = sorted(
        ((bottom + top) / 2, left, right)
        for left, bottom, right, top in paths
        if top - bottom <= _THIN and right - left > max(_SHORTEST, top - bottom)
    )[:_MOST_LINES]
    if not lines:
        return False
    heights = [height for height, _, _ in lines]
    for left, bottom, right, top in (one.box for one in stretches[:_MOST_STRETCHES]):
        low, high = (bottom + share * (top - bottom) for share in _INSIDE)
        for height, start, end in lines[bisect_left(heights, low) :]:
            if height > high:
                break
            if min(end, right) - max(start, left) > _SHORTEST:
                return True
    return False
