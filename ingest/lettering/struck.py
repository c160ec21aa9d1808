"""Words that a line runs through: they are said no more, and stay in the text between two marks."""

from __future__ import annotations

import re
from bisect import bisect_left
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
_BEYOND_ONE = 0.35  # the same for one character
_GAP = 0.15  # of the size: it parts words
_MOST = 100  # lines at the height of a character that are compared with it
_STRUCK = re.compile(rf"{_MARK}(?=\S)[^~]+?{_MARK}")

Span = tuple[int, int]


def mark_struck(page: Lettering, changes: Changes) -> None:
    """Add the marks around struck words to `changes`."""
    rules = sorted(page.across)
    heights = [rule.at for rule in rules]
    struck = [_rule_through(page, number, rules, heights) for number in range(len(page.glyphs))]
    for rule, run in groupby(range(len(struck)), key=lambda number: struck[number]):
        numbers = list(run)
        if rule is None:
            continue
        first, last = numbers[0], numbers[-1]
        if not _are_words(page, first, last) or not _ends_with(rule, page, first, last):
            continue
        changes.struck = True
        changes.texts[first] = _MARK + changes.texts.get(first, page.glyphs[first].text)
        changes.texts[last] = changes.texts.get(last, page.glyphs[last].text) + _MARK


def _are_words(page: Lettering, first: int, last: int) -> bool:
    """Tell whether characters are whole words; a line through one sign may be part of it, as those of notes are."""
    text = "".join(glyph.text for glyph in page.glyphs[first : last + 1])
    begins = first == 0 or page.glyphs[first].spaced or _are_apart(page, first - 1, first)
    ends = last + 1 == len(page.glyphs) or page.glyphs[last + 1].spaced or _are_apart(page, last, last + 1)
    return begins and ends and (text.isdecimal() or sum(map(str.isalnum, text)) > 1)


def _are_apart(page: Lettering, one: int, other: int) -> bool:
    size = page.letters[one].size
    gap = page.glyphs[other].left - page.glyphs[one].right
    return not -size < gap < _GAP * size or abs(page.letters[one].base - page.letters[other].base) > _GAP * size


def _ends_with(rule: Rule, page: Lettering, first: int, last: int) -> bool:
    """Tell whether a line reaches from the first to the last character, and not much further."""
    most = (_BEYOND if last > first else _BEYOND_ONE) * page.letters[first].size
    return rule.start >= page.glyphs[first].left - most and rule.end <= page.glyphs[last].right + most


def _rule_through(page: Lettering, number: int, rules: Sequence[Rule], heights: Sequence[float]) -> Rule | None:
    """Return the line that runs through a character; `heights` are those of `rules`, in order."""
    glyph, letter = page.glyphs[number], page.letters[number]
    if glyph.turned:
        return None
    low, high = (letter.base - share * letter.size for share in _HIGH)
    edge = _EDGE * (glyph.right - glyph.left)
    start = bisect_left(heights, high)
    for rule in rules[start : start + _MOST]:
        if rule.at > low:
            break
        if rule.start <= glyph.left + edge and rule.end >= glyph.right - edge:
            return rule
    return None


def with_struck(text: str, hidden: Sequence[Span]) -> tuple[Span, ...]:
    """Return the hidden spans of a text of which some words are struck, with where these and their marks stand."""
    struck = [match.span() for match in _STRUCK.finditer(text)]
    apart = [one for one in struck if not any(start < one[1] and one[0] < end for start, end in hidden)]
    return tuple(sorted([*hidden, *apart]))
