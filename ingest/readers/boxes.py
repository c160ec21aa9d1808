"""The boxes that recognition puts around texts, as lines of a page that lies straight, and as its characters."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING

from ingest.readers.reading_order import Line, Word
from ingest.tables.sheet import Glyph, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_Point = tuple[float, float]
Corners = tuple[_Point, _Point, _Point, _Point]
"""Of a box, from the upper left one of its text clockwise; in points from the top left of the page."""
_Edges = tuple[float, float, float, float]  # left, top, right, bottom
_Span = tuple[float, float]

_TIGHT = 0.25  # of the boxes are no higher than one that fits its letters well
_LETTERS = 0.9  # of the height of such a box, in the measure of fonts
_ALIKE = (0.7, 1.6)  # of that height: such a box holds letters of the same size
_LEVEL = 0.3  # of the height of the letters that edges and middles below or beside each other differ by
_APART = 0.75  # of the height: letters with such a gap between them are two words, as they are two cells of a table
_WIDEST = 0.6  # of the height: a letter that stands alone, which has more room beside it than others
_UPRIGHT = 2  # letters that may be higher than wide


@dataclass(frozen=True, slots=True)
class Box:
    """A text in a box that may lean."""

    text: str
    corners: Corners
    parts: tuple[Box, ...] = ()  # the letters of the text, where it is known where some of them stand


def lines_of(boxes: Iterable[Box], width: float, height: float) -> list[Line]:
    """Return the texts of a page of this size, in points, laid straight and with their words."""
    some = [box for box in boxes if box.text.strip()]
    page = _Page(_slope(some), (width / 2, height / 2))
    edges = _level([page.edges(box) for box in some])
    return [_line(box, own, page) for box, own in zip(some, edges, strict=True)]


def sheet_of(lines: Iterable[Line], width: float, height: float) -> Sheet:
    """Return the characters of a page of this size, in the order of its lines; each as wide as its word allows."""
    glyphs = []
    for line in lines:
        for word in line.words:
            places = _spread(word.text, word.left, word.right)
            for at, (letter, (left, right)) in enumerate(zip(word.text, places, strict=True)):
                glyphs.append(Glyph(letter, left, line.top, right, line.bottom, line.turned, spaced=at == 0))
    return Sheet(width, height, tuple(glyphs), (), ())


class _Page:
    """A page that leans, and is turned around its middle until it doesn't."""

    def __init__(self, slope: float, middle: _Point) -> None:
        self._slope = slope
        self._middle = middle

    def edges(self, box: Box) -> _Edges:
        """Return where the edges of a box are then, on average."""
        across, down = self._middle
        points = [(x + self._slope * (y - down), y - self._slope * (x - across)) for x, y in box.corners]
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
        return fmean((x0, x3)), fmean((y0, y1)), fmean((x1, x2)), fmean((y2, y3))


def _slope(boxes: Sequence[Box]) -> float:
    """Return by how much a page leans, in points down for each to the right: as half of the width of its boxes does."""
    leans = []
    for box in boxes:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = box.corners
        width = x1 - x0 + x2 - x3
        if width > 0:
            leans.append(((y1 - y0 + y2 - y3) / width, width))
    leans.sort()
    half = sum(width for _, width in leans) / 2
    for slope, width in leans:
        half -= width
        if half <= 0:
            return slope
    return 0.0


def _level(boxes: Sequence[_Edges]) -> list[_Edges]:
    """Return where the letters of boxes are.

    Boxes are as high as recognition is unsure. So their letters are all as high as those of boxes that fit well, unless
    they surely are larger or smaller, and what stands nearly below or beside each other stands exactly so.
    """
    heights = sorted(bottom - top for _, top, _, bottom in boxes)
    usual = heights[int(_TIGHT * (len(heights) - 1))] if heights else 0.0
    inner = [_letters_in(box, usual) for box in boxes]
    most = _LEVEL * _LETTERS * usual
    lefts = _levelled([left for left, _, _, _ in inner], most)
    middles = _levelled([(top + bottom) / 2 for _, top, _, bottom in inner], most)
    level = []
    for (_, top, right, bottom), left, middle in zip(inner, lefts, middles, strict=True):
        half = (bottom - top) / 2
        level.append((left, middle - half, max(left, right), middle + half))
    return level


def _letters_in(edges: _Edges, usual: float) -> _Edges:
    """Return where the letters of a box are: there is as much room beside them as above."""
    left, top, right, bottom = edges
    own = bottom - top
    size = _LETTERS * (usual if _ALIKE[0] * usual < own < _ALIKE[1] * usual else own)
    room = max((own - size) / 2, 0.0)
    return left + room, top + room, right - room, bottom - room


def _levelled(values: Sequence[float], most: float) -> list[float]:
    """Return the values, those that are no more than `most` apart as their median."""
    groups: list[list[int]] = []
    for at in sorted(range(len(values)), key=lambda at: values[at]):
        if groups and values[at] - values[groups[-1][0]] <= most:
            groups[-1].append(at)
        else:
            groups.append([at])
    level = list(values)
    for group in groups:
        middle = median(values[at] for at in group)
        for at in group:
            level[at] = middle
    return level


def _line(box: Box, edges: _Edges, page: _Page) -> Line:
    left, top, right, bottom = edges
    if len(box.text) == 1:
        room = max((right - left - _WIDEST * (bottom - top)) / 2, 0.0)
        left, right = left + room, right - room
    words = _words(box, _letters(box, page, (left, right)), _APART * (bottom - top))
    turned = len(box.text) > _UPRIGHT and bottom - top > right - left
    return Line(left, top, right, bottom, " ".join(box.text.split()), words, turned)


def _words(box: Box, letters: Sequence[_Span], gap: float) -> tuple[Word, ...]:
    """Return the words of a box, whose letters stand at `letters`; those further apart than `gap` are in two."""
    words: list[Word] = []
    end = 0
    for text in box.text.split():
        start = begin = end
        end += len(text)
        for at in range(start + 1, end + 1):
            if at == end or letters[at][0] - letters[at - 1][1] > gap:
                left, right = letters[begin][0], letters[at - 1][1]
                words.append(Word(text[begin - start : at - start], left, max(left, right)))
                begin = at
    return tuple(words)


def _letters(box: Box, page: _Page, ends: _Span) -> list[_Span]:
    """Return where the letters of a box begin and end; evenly spread where nothing is known of its parts."""
    left, right = ends
    if "".join(part.text for part in box.parts) != "".join(box.text.split()):
        return list(_spread(box.text, left, right))
    letters: list[_Span] = []
    for part in box.parts:
        start, _, end, _ = page.edges(part)
        letters += _spread(part.text, min(max(start, left), right), min(max(end, left), right))
    return [(left, letters[0][1]), *letters[1:-1], (letters[-1][0], right)] if len(letters) > 1 else [ends]


def _spread(text: str, left: float, right: float) -> Iterator[_Span]:
    """Yield where each character that is no space begins and ends, all being of one width."""
    step = (right - left) / max(len(text), 1)
    for at, character in enumerate(text):
        if not character.isspace():
            yield left + at * step, left + (at + 1) * step
