"""The words of a page and the lines they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.sheet import Glyph

_WORD_GAP = 0.18  # of the height of the letters: a wider gap parts words
_BACK = 0.35  # of the height: the next letter of a word begins no further to the left
_SHIFT = 0.45  # of the height: a letter that stands higher or lower is another word's, or a mark at its foot or head
_SAME_LINE = 0.5  # of the lower word's height that two words of a line share
_LEADERS = frozenset(".·…_")
_FEWEST_LEADERS = 4


@dataclass(slots=True)
class Word:
    """Letters without a gap; `glyphs` are their numbers on the sheet, one after the other."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    glyphs: range

    @property
    def height(self) -> float:
        """Return the height of the letters."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Return the height of its middle on the page."""
        return (self.top + self.bottom) / 2


def words_of(glyphs: Sequence[Glyph]) -> list[Word]:
    """Return the upright words of a page, in the order of the file, without dots that lead from a label to a figure."""
    words: list[Word] = []
    first = 0
    left = top = right = bottom = 0.0  # of the character before
    upright = False
    # one loop on plain numbers, without a call for each character: there are thousands on a page
    for place, (_, x0, y0, x1, y1, turned, spaced) in enumerate(glyphs):
        height = bottom - top if bottom - top < y1 - y0 else y1 - y0
        if place and (
            spaced
            or x0 - right > _WORD_GAP * height
            or x0 - right < left - right - _BACK * height
            or abs(y0 + y1 - top - bottom) > 2 * _SHIFT * height
            or turned == upright
        ):
            if upright:
                words += _without_leaders(glyphs, range(first, place))
            first = place
        left, top, right, bottom, upright = x0, y0, x1, y1, not turned
    if upright:
        words += _without_leaders(glyphs, range(first, len(glyphs)))
    return words


def _without_leaders(glyphs: Sequence[Glyph], places: range) -> list[Word]:
    """Return the word at `places`, or what is before and after the dots in it."""
    some = glyphs[places.start : places.stop]
    text = "".join([glyph.text for glyph in some])
    if _LEADERS.isdisjoint(text) or sum(map(text.count, _LEADERS)) < min(_FEWEST_LEADERS, len(text)):
        return [_word(some, text, places)]
    words, start = [], places.start
    while start < places.stop:
        end = start
        dots = glyphs[start].text in _LEADERS
        while end < places.stop and (glyphs[end].text in _LEADERS) == dots:
            end += 1
        if not dots or (end - start < _FEWEST_LEADERS and len(text) > end - start):
            part = glyphs[start:end]
            words.append(_word(part, "".join([glyph.text for glyph in part]), range(start, end)))
        start = end
    return words


def _word(glyphs: Sequence[Glyph], text: str, places: range) -> Word:
    _, lefts, tops, rights, bottoms, _, _ = zip(*glyphs, strict=True)
    return Word(text, min(lefts), min(tops), max(rights), max(bottoms), places)


def lines_of(words: Sequence[Word]) -> list[list[Word]]:
    """Return the lines that words stand in, from top to bottom, each from left to right."""
    lines: list[list[Word]] = []
    bands: list[tuple[float, float]] = []  # top and bottom of the line's first full-size word
    for word in sorted(words, key=lambda word: word.top + word.bottom):
        at = _line_at(word, bands)
        if at is None:
            lines.append([word])
            bands.append((word.top, word.bottom))
        else:
            lines[at].append(word)
            if word.bottom - word.top > bands[at][1] - bands[at][0]:
                bands[at] = (word.top, word.bottom)
    for line in lines:
        line.sort(key=lambda word: word.left)
    order = sorted(range(len(lines)), key=lambda at: sum(bands[at]))
    return [lines[at] for at in order]


def _line_at(word: Word, bands: Sequence[tuple[float, float]]) -> int | None:
    """Return the number of the line that shares most of its height with `word`; the last few can only."""
    best, most = None, 0.0
    high, low = word.top, word.bottom
    for at in range(max(len(bands) - 4, 0), len(bands)):
        top, bottom = bands[at]
        shared = (bottom if bottom < low else low) - (top if top > high else high)
        if shared > most and shared > _SAME_LINE * min(bottom - top, low - high):
            best, most = at, shared
    return best


def joined(words: Sequence[Word]) -> str:
    """Return the words of one or several lines as a text on one line."""
    return " ".join(word.text for word in words)
