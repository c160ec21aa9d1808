"""Words that a line runs through: they are said no more, and stay in the text between two marks."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.lettering.changes import Changes, Lettering
    from ingest.tables.sheet import Rule

_MARK = "~~"
_HIGH = (0.12, 0.55)  # of the size of the letters that the line stands above their feet
_EDGE = 0.35  # of a character's width that the line may leave free
_BEYOND = 1.0  # of the size that it may reach beyond the words: a longer one is a border
_STRUCK = re.compile(rf"{_MARK}(?=\S)[^~]+?{_MARK}")

Span = tuple[int, int]


def mark_struck(page: Lettering, changes: Changes) -> None:
    """Add the marks around struck words to `changes`."""
    struck = [_rule_through(page, number) for number in range(len(page.glyphs))]
    for rule, run in groupby(range(len(struck)), key=lambda number: struck[number]):
        numbers = list(run)
        if rule is None:
            continue
        first, last = numbers[0], numbers[-1]
        most = _BEYOND * page.letters[first].size
        if rule.start < page.glyphs[first].left - most or rule.end > page.glyphs[last].right + most:
            continue
        changes.struck = True
        changes.texts[first] = _MARK + changes.texts.get(first, page.glyphs[first].text)
        changes.texts[last] = changes.texts.get(last, page.glyphs[last].text) + _MARK


def _rule_through(page: Lettering, number: int) -> Rule | None:
    glyph, letter = page.glyphs[number], page.letters[number]
    if glyph.turned:
        return None
    low, high = (letter.base - share * letter.size for share in _HIGH)
    edge = _EDGE * (glyph.right - glyph.left)
    return next(
        (
            rule
            for rule in page.across
            if high <= rule.at <= low and rule.start <= glyph.left + edge and rule.end >= glyph.right - edge
        ),
        None,
    )


def with_struck(text: str, hidden: Sequence[Span]) -> tuple[Span, ...]:
    """Return the hidden spans of a text of which some words are struck, with where these and their marks stand."""
    struck = [match.span() for match in _STRUCK.finditer(text)]
    apart = [one for one in struck if not any(start < one[1] and one[0] < end for start, end in hidden)]
    return tuple(sorted([*hidden, *apart]))
