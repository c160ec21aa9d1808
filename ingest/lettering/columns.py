"""Columns of prose that the file holds row by row: they are read one after the other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.tables.segments import mark_prose, segments_of
from ingest.tables.words import lines_of, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.lettering.changes import Changes, Lettering
    from ingest.tables.segments import Segment

_FEWEST = 4  # lines of prose side by side
_FAR = 2.6  # of the height of the letters between two lines of a band
_RETURNS = 3  # to an earlier column in the order of the file
_TOUCH = 1.0  # points that a segment may stand over another column

Interval = tuple[float, float]


def read_by_columns(page: Lettering, changes: Changes) -> None:
    """Add the bands of columns to `changes` that the file holds row by row."""
    left_out = {number for numbers in changes.dropped for number in numbers}
    words = [word for word in words_of(page.glyphs) if left_out.isdisjoint(word.glyphs)]
    lines = segments_of(lines_of(words), [])
    mark_prose(lines)
    for band, columns in _bands(lines):
        ordered = [[one for one in band if _column_of(one, columns) == number] for number in range(len(columns))]
        if _returns(band, columns) >= _RETURNS:
            changes.columns.append([_glyphs(one) for column in ordered for one in column])


def _bands(lines: Sequence[Sequence[Segment]]) -> list[tuple[list[Segment], list[Interval]]]:
    """Return the segments of bands of the page in which prose stands side by side, and where their columns are."""
    bands: list[tuple[list[Segment], list[Interval]]] = []
    at = 0
    while at < len(lines):
        end, columns = at, _intervals(lines[at])
        while columns and end + 1 < len(lines) and _near(lines[end], lines[end + 1]):
            wider = _with(columns, lines[end + 1])
            if not wider:
                break
            end, columns = end + 1, wider
        side_by_side = sum(sum(one.prose for one in line) > 1 for line in lines[at : end + 1])
        if columns and side_by_side >= _FEWEST:
            bands.append(([one for line in lines[at : end + 1] for one in line], columns))
        at = end + 1
    return bands


def _intervals(line: Sequence[Segment]) -> list[Interval]:
    """Return where the columns are that a line begins; none if it isn't prose side by side."""
    return [(one.left, one.right) for one in line] if len(line) > 1 and all(one.prose for one in line) else []


def _with(columns: Sequence[Interval], line: Sequence[Segment]) -> list[Interval]:
    """Return columns with the segments of a line in them; none if one of these stands in two."""
    wider = list(columns)
    for one in line:
        over = [at for at, (left, right) in enumerate(wider) if one.left < right - _TOUCH and left < one.right - _TOUCH]
        if len(over) != 1:
            return []
        left, right = wider[over[0]]
        wider[over[0]] = min(left, one.left), max(right, one.right)
    return wider


def _near(line: Sequence[Segment], below: Sequence[Segment]) -> bool:
    bottom, top = max(one.bottom for one in line), min(one.top for one in below)
    return top - bottom <= _FAR * max(one.bottom - one.top for one in below)


def _column_of(one: Segment, columns: Sequence[Interval]) -> int:
    return next(at for at, (left, right) in enumerate(columns) if left <= one.left and one.right <= right)


def _glyphs(one: Segment) -> tuple[int, ...]:
    return tuple(number for word in one.words for number in word.glyphs)


def _returns(band: Sequence[Segment], columns: Sequence[Interval]) -> int:
    """Return how often the file goes back to an earlier column."""
    order = [_column_of(one, columns) for one in sorted(band, key=lambda one: min(_glyphs(one)))]
    return sum(after < before for before, after in pairwise(order))
