"""All items of a list, each by its first sentence, where a window holds a part of them only."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from rag_app.evidence.windows import lines_between
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Document
    from rag_app.evidence.windows import Span, Window

_MARK = re.compile(r"\s*(?:(?P<bullet>[•▪◦‣·●○■□➢➔►✓✔☐☒*–—-])|(?P<before>\(?)(?:\d{1,3}|[a-z])(?P<after>[.)]))\s+\S")
_FEWEST = 2  # items of a window that is part of a list
_REACH = 6000  # characters before and after a window in which its list is looked for
_LONGEST = 120  # words of an item


def whole_list(window: Window, document: Document, most: int) -> tuple[Span, ...]:
    """Return the line that opens a list and the first sentence of each item, where the window lacks items of it.

    Args:
        window: with at least two items that are marked alike.
        document: that it is from.
        most: words.

    Returns:
        Nothing where the window is no part of a list, holds all of it, or where even so it would be too long.
    """
    lines = lines_between(document, max(window.start - _REACH, 0), min(window.end + _REACH, len(document.text)))
    texts = [single_spaced(document.text[start:end]) for start, end in lines]
    marks = [_mark(document.text[start:end]) for start, end in lines]
    inside = [row for row, (start, _) in enumerate(lines) if window.start <= start < window.end and marks[row]]
    if len(inside) < _FEWEST:
        return ()
    [(mark, count)] = Counter(marks[row] for row in inside).most_common(1)
    if count < _FEWEST:
        return ()
    items = _run([row for row, one in enumerate(marks) if one == mark], inside, texts)
    if all(window.start <= lines[row][0] < window.end for row in items):
        return ()
    shown = [*_opening(items[0], texts), *items]
    return tuple(lines[row] for row in shown) if sum(len(texts[row].split()) for row in shown) <= most else ()


def _mark(line: str) -> str:
    """Return how an item is marked: its bullet, or what stands around its number; "" where a line is none."""
    found = _MARK.match(line)
    return (found["bullet"] or f"{found['before']}1{found['after']}") if found else ""


def _run(marked: Sequence[int], inside: Sequence[int], texts: Sequence[str]) -> list[int]:
    """Return the rows of the items that follow each other and of which some are inside."""
    runs = [[marked[0]]]
    for before, row in pairwise(marked):
        if sum(len(text.split()) for text in texts[before:row]) > _LONGEST:
            runs.append([])
        runs[-1].append(row)
    return max(runs, key=lambda run: len({*run} & {*inside}))


def _opening(first: int, texts: Sequence[str]) -> list[int]:
    return [first - 1] if first and texts[first - 1].endswith(":") else []
