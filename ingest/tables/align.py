"""Tells which character of one text is which of another, where two parsers read the same page."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.characters import characters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.sheet import Glyph

_KEYS = (20, 10, 6)  # characters by which the place is found again, the longest first
_NEAR_BY = 200  # characters within which what is left of a part is looked for
_NEAR = 400  # characters within which the shortest one is looked for


def places_of(text: str, glyphs: Sequence[Glyph]) -> list[list[int]]:
    """Return for each of the glyphs of a page where its characters stand in the page's text, white space counted."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    packed: list[str] = []
    owners: list[int] = []
    for number, glyph in enumerate(glyphs):
        packed.append(plain(glyph.text))
        owners += [number] * len(packed[-1])
    found: list[list[int]] = [[] for _ in glyphs]
    for owner, place in zip(owners, aligned("".join(text[place] for place in places), "".join(packed)), strict=True):
        if place >= 0:
            found[owner].append(places[place])
    return found


def plain(text: str) -> str:
    """Return the text of a glyph as it stands in a text that is repaired."""
    return text if text.isascii() else _plain(text)


@lru_cache(4096)
def _plain(text: str) -> str:
    return "".join(characters(text).split())


def aligned(text: str, other: str) -> list[int]:
    """Return for each character of `other` its place in `text`; -1 where it isn't there.

    No place is given twice. The texts hold no white space; parts may stand in another order, and letters in another
    case.
    """
    text, other = _folded(text), _folded(other)
    places = [-1] * len(other)
    used = bytearray(len(text))
    at = place = 0
    while at < len(other):
        if place < len(text) and text[place] == other[at] and not used[place]:
            places[at] = place
            used[place] = 1
            at += 1
            place += 1
            continue
        found = _found(text, other, at, place, used)
        if found < 0:
            at += 1
        else:
            place = found
    _fill(text, other, places, used)
    return places


def _folded(text: str) -> str:
    """Return a text in lower case, character by character."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def _fill(text: str, other: str, places: list[int], used: bytearray) -> None:
    """Find the short parts that stand in another order among what is left near the parts beside them."""
    at = 0
    while at < len(other):
        if places[at] >= 0:
            at += 1
            continue
        end = at
        while end < len(other) and places[end] < 0:
            end += 1
        before = places[at - 1] if at else 0
        at = _fill_one(text, other, at, end, before, places, used)


def _fill_one(text: str, other: str, at: int, end: int, before: int, places: list[int], used: bytearray) -> int:
    """Place the longest beginning of `other[at:end]` that is left near `before`; return where the rest begins."""
    for size in range(min(end - at, _KEYS[0]), 0, -1):
        key = other[at : at + size]
        found = text.find(key, max(before - _NEAR_BY, 0), before + _NEAR_BY)
        while found >= 0:
            if not any(used[found : found + size]):
                for offset in range(size):
                    places[at + offset] = found + offset
                    used[found + offset] = 1
                return at + size
            found = text.find(key, found + 1, before + _NEAR_BY)
    return at + 1


def _found(text: str, other: str, at: int, place: int, used: bytearray) -> int:
    """Return where the next characters of `other` stand in `text`, as near after `place` as can be; else -1.

    The shortest key counts only where it stands once: else it would be taken from the part that it belongs to.
    """
    for size in _KEYS:
        key = other[at : at + size]
        last = size == _KEYS[-1]
        if len(key) < size and not last:
            continue
        end = min(place + _NEAR, len(text)) if last else len(text)
        start = max(place - _NEAR, 0) if last else 0
        found = [*_unused(text, key, place, end, used), *_unused(text, key, start, place, used)]
        if found and (not last or len(found) == 1):
            return found[0]
    return -1


def _unused(text: str, key: str, start: int, end: int, used: bytearray) -> list[int]:
    """Return the first two places of `key` between `start` and `end` that are not used, as far as there are any."""
    found: list[int] = []
    while len(found) < 2 and (start := text.find(key, start, end)) >= 0:
        if not used[start]:
            found.append(start)
        start += 1
    return found
