"""Text that runs in another direction than the page: it stands apart from what is written beside it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.lettering.changes import Changes, Lettering

_SAME = 3  # degrees


def set_turned_apart(page: Lettering, changes: Changes) -> None:
    """Add to `changes` the gaps where the direction of the text changes."""
    if not page.letters:
        return
    angles = [_SAME * round(letter.angle / _SAME) % 360 for letter in page.letters]
    if len(Counter(angles)) == 1:
        return
    for number in range(1, len(angles)):
        if angles[number] != angles[number - 1]:
            changes.gaps[number] = "\n\n"
