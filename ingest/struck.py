"""Text that is struck out: it is kept between marks, and no evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_STRUCK = re.compile(r"~~(?=[^\s~])[^~\n\t]*(?<=\S)~~")

Span = tuple[int, int]


def struck(text: str) -> list[Span]:
    """Return where texts between "~~" stand, with these marks, in order."""
    return [match.span() for match in _STRUCK.finditer(text)]


def together(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
