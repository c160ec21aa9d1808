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
_THIN = 3.0  # points
_MOST_LINES = 500
_INSIDE = (0.15, 0.7)  # of the height of letters, from below
_SHORTEST = 2.0  # points that a line runs through them


class Stretch(NamedTuple):
    """Text that a page draws at once."""

    size: float  # of its font, in points
    base: float  # how high its baseline is; for text that is turned, across its direction
    box: Box  # left, bottom, right, top, y upwards


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
    for _, _, (left, bottom, right, top) in stretches:
        low, high = (bottom + share * (top - bottom) for share in _INSIDE)
        for height, start, end in lines[bisect_left(heights, low) :]:
            if height > high:
                break
            if min(end, right) - max(start, left) > _SHORTEST:
                return True
    return False
