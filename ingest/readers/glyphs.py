"""The characters of a PDF page in their places, read with pdfium: the ends of words first, the rest if it is wanted."""

from __future__ import annotations

import re
from collections import Counter
from ctypes import addressof, byref, c_double
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING, Any

from ingest.tables.sheet import Glyph, Letter
from ingest.tables.words import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ingest.tables.sheet import Box

Point = tuple[float, float]

_MOST_CHARACTERS = 30_000  # of a page
_SAMPLES = 60  # characters whose direction decides about the page
_TURNS = (0, 90, 180, 270)
_WORD = re.compile(r"[^\s\x00-\x1f\ufffe-\U0010ffff]+")


class Placing:
    """Turns a place in the file into one on the sheet."""

    def __init__(self, box: Box, turn: int) -> None:
        self.left, self.bottom, self.right, self.top = box
        self.turn = turn
        size = self.right - self.left, self.top - self.bottom
        self.width, self.height = size if turn in (0, 180) else size[::-1]

    def point(self, x: float, y: float) -> Point:
        """Return the distances from the left and the upper edge."""
        if self.turn == 0:
            return x - self.left, self.top - y
        if self.turn == 90:
            return y - self.bottom, x - self.left
        if self.turn == 180:
            return self.right - x, y - self.bottom
        return self.top - y, self.right - x


class Characters:
    """The characters of a page that are no spaces.

    Args:
        textpage: of pypdfium2, open as long as this is used.
        box: of the page: left, bottom, right, top.
    """

    def __init__(self, textpage: Any, box: Box) -> None:
        self._textpage = textpage.raw
        self._text = text_of(textpage.raw)
        self._ends: dict[int, Box] = {}  # of the characters at the ends of words
        self._read: list[int] = []  # the characters that are glyphs
        self.place = Placing(box, _turn(textpage.raw, len(self._text)))
        self._box = _measure(textpage.raw, self.place)

    def words(self) -> list[Word]:
        """Return what stands between two spaces, in the order of the file.

        Only the first and the last character of each are looked up: that takes most of the time.
        """
        words: list[Word] = []
        ends, box_of = self._ends, self._box
        for match in _WORD.finditer(self._text):
            first, after = match.span()
            left, top, right, bottom = ends[first] = box_of(first)
            if after - first > 1:
                x0, y0, x1, y1 = ends[after - 1] = box_of(after - 1)
                if x0 < left:
                    if self._is_turned(first):
                        continue
                    left = x0
                if x1 > right:
                    right = x1
                if y0 != top or y1 != bottom:
                    top, bottom = min(top, y0), max(bottom, y1)
            words.append(Word(match[0], left, top, right, bottom, range(first, after)))
        return words

    def glyphs(self, hidden: Collection[int]) -> list[Glyph]:
        """Return all characters but those of the text objects at the addresses `hidden`, in the order of the file."""
        import pypdfium2.raw as pdfium

        textpage, text, box_of, ends = self._textpage, self._text, self._box, self._ends
        glyphs: list[Glyph] = []
        read: list[int] = []
        add = glyphs.append
        for match in _WORD.finditer(text):
            spaced = True
            for index in range(*match.span()):
                if hidden and address(pdfium.FPDFText_GetTextObject(textpage, index)) in hidden:
                    continue
                if spaced:
                    turned = self._is_turned(index)
                left, top, right, bottom = ends.get(index) or box_of(index)
                add(Glyph(text[index], left, top, right, bottom, turned, spaced))
                read.append(index)
                spaced = False
        self._read = read
        return glyphs

    def letters(self) -> list[Letter]:
        """Return how each of the glyphs that were last returned is set."""
        import pypdfium2.raw as pdfium

        textpage, matrix, x, y = self._textpage, pdfium.FS_MATRIX(), c_double(), c_double()
        letters: list[Letter] = []
        for index in self._read:
            pdfium.FPDFText_GetMatrix(textpage, index, byref(matrix))
            pdfium.FPDFText_GetCharOrigin(textpage, index, byref(x), byref(y))
            size = pdfium.FPDFText_GetFontSize(textpage, index) * hypot(matrix.c, matrix.d)
            angle = round(degrees(atan2(matrix.b, matrix.a))) % 360
            letters.append(Letter(self.place.point(x.value, y.value)[1], size, angle))
        return letters

    def _is_turned(self, index: int) -> bool:
        return _angle(self._textpage, index) != self.place.turn


def address(item: Any) -> int:
    """Return what tells an object of a page from the others; 0 where there is none."""
    return addressof(item.contents) if item else 0


def text_of(textpage: Any) -> str:
    """Return the characters of a page, one for each of its places."""
    import pypdfium2.raw as pdfium

    count = min(pdfium.FPDFText_CountChars(textpage), _MOST_CHARACTERS)
    buffer = (pdfium.FPDF_WCHAR * (count + 1))()
    read = pdfium.FPDFText_GetText(textpage, 0, count, buffer) if count > 0 else 1
    text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
    if read == count + 1 and len(text) == count:
        return text
    # characters without a code, or with a long one, take another place in the whole text than of their own
    return "".join(chr(pdfium.FPDFText_GetUnicode(textpage, index)) for index in range(count))


def _turn(textpage: Any, count: int) -> int:
    """Return by how many degrees most of the text is turned."""
    step = max(count // _SAMPLES, 1)
    angles = Counter(_angle(textpage, index) for index in range(0, count, step))
    return angles.most_common(1)[0][0] if angles else 0


def _angle(textpage: Any, index: int) -> int:
    import pypdfium2.raw as pdfium

    clockwise = pdfium.FPDFText_GetCharAngle(textpage, index)
    if not clockwise:
        return 0
    angle = -degrees(clockwise) % 360
    return min(_TURNS, key=lambda turn: min(abs(angle - turn), 360 - abs(angle - turn)))


def _measure(textpage: Any, place: Placing) -> Callable[[int], Box]:
    """Return what tells the box of a character."""
    import pypdfium2.raw as pdfium

    box_of, rect = pdfium.FPDFText_GetLooseCharBox, pdfium.FS_RECTF()
    pointer, left, top = byref(rect), place.left, place.top

    def upright(index: int) -> Box:
        box_of(textpage, index, pointer)
        return rect.left - left, top - rect.top, rect.right - left, top - rect.bottom

    def turned(index: int) -> Box:
        box_of(textpage, index, pointer)
        (x0, y0), (x1, y1) = place.point(rect.left, rect.bottom), place.point(rect.right, rect.top)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    return upright if place.turn == 0 else turned
