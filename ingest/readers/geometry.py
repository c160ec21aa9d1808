"""The geometry of a PDF page, read with pdfium: where each character and each ruling line is."""

from __future__ import annotations

from collections import Counter
from ctypes import addressof, byref, c_float, c_int
from itertools import pairwise
from math import degrees
from typing import TYPE_CHECKING, Any

from ingest.tables.sheet import Glyph, Rule, Sheet

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ingest.tables.sheet import Box

_Matrix = tuple[float, float, float, float, float, float]
_Point = tuple[float, float]

_MOST_CHARACTERS = 30_000  # of a page
_MOST_PATHS = 20_000
_MOST_POINTS = 2_000  # of a path; a map has more
_SAMPLES = 60  # characters whose direction decides about the page
_THIN = 3.0  # points: a filled rectangle no thicker is a line
_LEVEL = 0.6  # points that a straight line may lean
_SHORTEST = 2.0  # points
_TURNS = (0, 90, 180, 270)
_MOVE = 2  # FPDF_SEGMENT_MOVETO


def sheet_of(page: Any, paths: Sequence[tuple[Any, _Matrix]], hidden: Collection[int]) -> Sheet:
    """Return where the characters and lines of `page` are.

    Args:
        page: of pypdfium2, open.
        paths: its path objects, each with the matrix of the form that holds it.
        hidden: addresses of the text objects that nobody sees.
    """
    textpage = page.get_textpage()
    try:
        turn = _turn(textpage.raw)
        place = _Placing(page.get_bbox(), turn)
        glyphs = _glyphs(textpage.raw, place, turn, hidden)
    finally:
        textpage.close()
    across, down, curves = _rules(paths, place)
    return Sheet(place.width, place.height, tuple(glyphs), tuple(across), tuple(down), tuple(curves))


class _Placing:
    """Turns a place in the file into one on the sheet."""

    def __init__(self, box: tuple[float, float, float, float], turn: int) -> None:
        self.left, self.bottom, self.right, self.top = box
        self.turn = turn
        size = self.right - self.left, self.top - self.bottom
        self.width, self.height = size if turn in (0, 180) else size[::-1]

    def point(self, x: float, y: float) -> _Point:
        """Return the distances from the left and the upper edge."""
        if self.turn == 0:
            return x - self.left, self.top - y
        if self.turn == 90:
            return y - self.bottom, x - self.left
        if self.turn == 180:
            return self.right - x, y - self.bottom
        return self.top - y, self.right - x


def _turn(textpage: Any) -> int:
    """Return by how many degrees most of the text is turned."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(textpage)
    step = max(count // _SAMPLES, 1)
    angles = Counter(_angle(textpage, index) for index in range(0, count, step))
    return angles.most_common(1)[0][0] if angles else 0


def _angle(textpage: Any, index: int) -> int:
    import pypdfium2.raw as pdfium

    angle = -degrees(pdfium.FPDFText_GetCharAngle(textpage, index)) % 360  # pdfium counts clockwise
    return min(_TURNS, key=lambda turn: min(abs(angle - turn), 360 - abs(angle - turn)))


def _glyphs(textpage: Any, place: _Placing, turn: int, hidden: Collection[int]) -> list[Glyph]:
    import pypdfium2.raw as pdfium

    code_of, box_of, rect = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox, pdfium.FS_RECTF()
    pointer, object_of, upright = byref(rect), pdfium.FPDFText_GetTextObject, turn == 0
    left, top = place.left, place.top
    glyphs: list[Glyph] = []
    spaced, turned = True, False
    for index in range(min(pdfium.FPDFText_CountChars(textpage), _MOST_CHARACTERS)):
        code = code_of(textpage, index)
        if code <= 0x20 or code >= 0xFFFE or (code >= 0x7F and chr(code).isspace()):
            spaced = True
            continue
        if hidden and address(object_of(textpage, index)) in hidden:
            continue
        if spaced:
            turned = _angle(textpage, index) != turn
        box_of(textpage, index, pointer)
        if upright:
            glyphs.append(
                Glyph(chr(code), rect.left - left, top - rect.top, rect.right - left, top - rect.bottom, turned, spaced)
            )
        else:
            (x0, y0), (x1, y1) = place.point(rect.left, rect.bottom), place.point(rect.right, rect.top)
            box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
            glyphs.append(Glyph(chr(code), *box, turned, spaced))
        spaced = False
    return glyphs


def address(item: Any) -> int:
    """Return what tells an object of a page from the others; 0 where there is none."""
    return addressof(item.contents) if item else 0


def _rules(paths: Sequence[tuple[Any, _Matrix]], place: _Placing) -> tuple[list[Rule], list[Rule], list[Box]]:
    """Return the horizontal and the vertical lines that are drawn, as strokes or thin areas, and where curves are."""
    across: list[Rule] = []
    down: list[Rule] = []
    curves: list[Box] = []
    for item, matrix in paths[:_MOST_PATHS]:
        for points, stroked in _outlines(item, matrix, place):
            if _is_crooked(points):
                curves.append(_around(points))
            elif stroked:
                for first, second in pairwise(points):
                    _add(first, second, across, down)
            else:
                _add_area(points, across, down)
    return across, down, curves


def _outlines(item: Any, matrix: _Matrix, place: _Placing) -> list[tuple[list[_Point], bool]]:
    """Return the straight stretches of a path, and whether they are drawn as lines; else they are filled."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPath_CountSegments(item)
    fill, stroke, x, y = c_int(), c_int(), c_float(), c_float()
    if not 2 <= count <= _MOST_POINTS or not pdfium.FPDFPath_GetDrawMode(item, fill, stroke):
        return []
    if not (fill.value or stroke.value):
        return []
    a, b, c, d, e, f = matrix
    found: list[list[_Point]] = []
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(item, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = place.point(a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        if kind == _MOVE or not found:
            found.append([point])
        else:
            found[-1].append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and len(found[-1]) > 1:
            found[-1].append(found[-1][0])
    stroked = bool(stroke.value)
    return [(points, stroked) for points in found if len(points) > 1]


def _is_crooked(points: Sequence[_Point]) -> bool:
    """Tell whether an outline slants or bends for most of its length; the corners of a rounded frame may."""
    straight = slanting = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        across, down = abs(x1 - x0), abs(y1 - y0)
        if min(across, down) <= _LEVEL:
            straight += across + down
        else:
            slanting += across + down
    return slanting > straight


def _around(points: Sequence[_Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _add(first: _Point, second: _Point, across: list[Rule], down: list[Rule]) -> None:
    (x0, y0), (x1, y1) = first, second
    if abs(y0 - y1) <= _LEVEL and abs(x0 - x1) >= _SHORTEST:
        across.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
    elif abs(x0 - x1) <= _LEVEL and abs(y0 - y1) >= _SHORTEST:
        down.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))


def _add_area(points: Sequence[_Point], across: list[Rule], down: list[Rule]) -> None:
    """Add a filled rectangle that is thin enough to look like a line."""
    left, top, right, bottom = _around(points)
    width, height = right - left, bottom - top
    if height <= _THIN and width >= _SHORTEST and width > height:
        across.append(Rule((top + bottom) / 2, left, right))
    elif width <= _THIN and height >= _SHORTEST:
        down.append(Rule((left + right) / 2, top, bottom))
