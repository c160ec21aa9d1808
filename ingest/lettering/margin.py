"""Numbers in the margin that count the lines of a text: they are no part of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.tables.segments import mark_prose, segments_of
from ingest.tables.words import lines_of, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.lettering.changes import Changes, Lettering
    from ingest.tables.words import Word

_FEWEST = 5  # of them on a page
_STEPS = (1, 5)  # from one to the next
_EDGE = 2.5  # points by which their right or left edges may differ
_EVEN = 0.25  # of the usual distance between two of them
_APART = 0.5  # of their height: so far the text stands from them at least
_PROSE = 0.6  # of the lines that they stand at
_LOWER = 0.3  # of these go on within a sentence


def may_count_lines(text: str) -> bool:
    """Tell whether lines of a page's text begin with numbers, or are numbers, that count."""
    known: set[int] = set()
    for line in text.split("\n"):
        first = line.split(None, 1)[:1]
        if first and len(first[0]) <= 3 and first[0].isdecimal():
            known.add(int(first[0]))
    return any(all(start + step * more in known for more in range(_FEWEST)) for step in _STEPS for start in known)


def leave_out_numbers(page: Lettering, changes: Changes) -> None:
    """Add the numbers of lines to what `changes` leaves out."""
    words = words_of(page.glyphs)
    numbers = [word for word in words if len(word.text) <= 3 and word.text.isdecimal()]
    for edge in ("right", "left"):
        column = _column(numbers, edge)
        if column and _stands_at_prose(column, words):
            changes.dropped += [word.glyphs for word in column]
            return


def _column(numbers: Sequence[Word], edge: str) -> list[Word]:
    """Return the numbers furthest to the left that stand below each other, count, and are equally far apart."""
    first = min((getattr(word, edge) for word in numbers), default=0.0)
    column = sorted((word for word in numbers if getattr(word, edge) - first <= _EDGE), key=lambda word: word.top)
    pairs = list(pairwise(column))
    if len(column) < _FEWEST:
        return []
    step = int(column[1].text) - int(column[0].text)
    pitches = sorted(below.top - above.top for above, below in pairs)
    usual = pitches[len(pitches) // 2]
    counts = step in _STEPS and all(int(below.text) - int(above.text) == step for above, below in pairs)
    return column if counts and pitches[-1] - pitches[0] <= _EVEN * usual else []


def _stands_at_prose(column: Sequence[Word], words: Sequence[Word]) -> bool:
    """Tell whether all words stand to the right of the numbers, and those beside them are lines of prose."""
    own = {id(word) for word in column}
    others = [word for word in words if id(word) not in own]
    edge = max(word.right for word in column)
    top, bottom = column[0].top, column[-1].bottom
    beside = [word for word in others if top <= word.middle <= bottom]
    if any(word.left < edge + _APART * column[0].height for word in beside):
        return False
    lines = segments_of(lines_of(beside), [])
    mark_prose(lines)
    prose = [line[0] for line in lines if line[0].prose]
    lower = sum(one.text[0].islower() for one in prose)
    return len(prose) >= _PROSE * len(lines) and lower >= _LOWER * max(len(prose), 1) and len(prose) > 1
