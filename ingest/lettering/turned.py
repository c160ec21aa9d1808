"""Text that runs in another direction than the page: it is read after what it stands beside or across."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.lettering.changes import Changes, Lettering

_SAME = 3  # degrees


def set_turned_apart(page: Lettering, changes: Changes) -> None:
    """Add to `changes` what goes to the end of the page, since it runs in another direction than most of it."""
    angles = [round(letter.angle / _SAME) % (360 // _SAME) for letter in page.letters]
    [(usual, _)] = Counter(angles).most_common(1) or [(0, 0)]
    for angle, run in groupby(range(len(angles)), key=lambda number: angles[number]):
        numbers = list(run)
        if angle != usual:
            changes.apart.append(range(numbers[0], numbers[-1] + 1))
