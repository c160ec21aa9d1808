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
_LEADERS = ".·…_"
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
    before: Glyph | None = None
    for place, glyph in enumerate(glyphs):
        # one loop, without a call for each character: there are thousands on a page
        if before is not None:
            height = min(before.bottom - before.top, glyph.bottom - glyph.top)
            gap = glyph.left - before.right
            if (
                glyph.spaced
                or gap > _WORD_GAP * height
                or gap < before.left - before.right - _BACK * height
                or abs(glyph.top + glyph.bottom - before.top - before.bottom) > 2 * _SHIFT * height
                or glyph.turned != before.turned
            ):
                if not before.turned:
                    words += _without_leaders(glyphs, range(first, place))
                first = place
        before = glyph
    if before is not None and not before.turned:
        words += _without_leaders(glyphs, range(first, len(glyphs)))
    return words


def _without_leaders(glyphs: Sequence[Glyph], places: range) -> list[Word]:
    """Return the word at `places`, or what is before and after the dots in it."""
    some = glyphs[places.start : places.stop]
    text = "".join([glyph.text for glyph in some])
    if not any(mark in text for mark in _LEADERS) or sum(map(text.count, _LEADERS)) < min(_FEWEST_LEADERS, len(text)):
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
    return Word(
        text,
        min([glyph.left for glyph in glyphs]),
        min([glyph.top for glyph in glyphs]),
        max([glyph.right for glyph in glyphs]),
        max([glyph.bottom for glyph in glyphs]),
        places,
    )


def lines_of(words: Sequence[Word]) -> list[list[Word]]:
    """Return the lines that words stand in, from top to bottom, each from left to right."""
    lines: list[list[Word]] = []
    bands: list[tuple[float, float]] = []  # top and bottom of the line's first full-size word
    for word in sorted(words, key=lambda word: word.middle):
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
    for at in range(max(len(bands) - 4, 0), len(bands)):
        top, bottom = bands[at]
        shared = min(bottom, word.bottom) - max(top, word.top)
        if shared > _SAME_LINE * min(bottom - top, word.height) and shared > most:
            best, most = at, shared
    return best


def joined(words: Sequence[Word]) -> str:
    """Return the words of one or several lines as a text on one line."""
    return " ".join(word.text for word in words)
