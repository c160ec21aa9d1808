"""The geometry of a PDF page, read with pdfium: where each character and each ruling line is."""

from __future__ import annotations

from contextlib import closing
from ctypes import c_float, c_int
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ingest.lettering.changes import Lettering
from ingest.readers.glyphs import Characters
from ingest.tables.sheet import Rule, Sheet
from ingest.tables.sketch import may_align, may_draw_cells

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ingest.readers.glyphs import Placing, Point
    from ingest.tables.sheet import Box

_Matrix = tuple[float, float, float, float, float, float]

_MOST_PATHS = 20_000
_MOST_POINTS = 2_000  # of a path; a map has more
_THIN = 3.0  # points: a filled rectangle no thicker is a line
_LEVEL = 0.6  # points that a straight line may lean
_SHORTEST = 2.0  # points
_MOVE = 2  # FPDF_SEGMENT_MOVETO


def geometry_of(
    page: Any, paths: Sequence[tuple[Any, _Matrix]], hidden: Collection[int], *, closely: bool, lettered: bool
) -> tuple[Sheet | None, Lettering | None]:
    """Return where the characters and lines of `page` are, and how the former are set.

    Args:
        page: of pypdfium2, open.
        paths: its path objects, each with the matrix of the form that holds it.
        hidden: addresses of the text objects that nobody sees.
        closely: whether the first is wanted; it is None where nothing on the page can be a table.
        lettered: whether the second is wanted.
    """
    with closing(page.get_textpage()) as textpage:
        characters = Characters(textpage, page.get_bbox())
        place = characters.place
        across, down, curves = _rules(paths, place)
        tabular = closely and (
            bool(hidden) or may_draw_cells(across, down) or may_align(characters.words(), across, down)
        )
        if not tabular and not lettered:
            return None, None
        glyphs = tuple(characters.glyphs(hidden))
        letters = tuple(characters.letters()) if lettered else ()
    sheet = Sheet(place.width, place.height, glyphs, tuple(across), tuple(down), tuple(curves)) if tabular else None
    return sheet, Lettering(glyphs, letters, tuple(across)) if lettered else None


def _rules(paths: Sequence[tuple[Any, _Matrix]], place: Placing) -> tuple[list[Rule], list[Rule], list[Box]]:
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


def _outlines(item: Any, matrix: _Matrix, place: Placing) -> list[tuple[list[Point], bool]]:
    """Return the straight stretches of a path, and whether they are drawn as lines; else they are filled."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPath_CountSegments(item)
    fill, stroke, x, y = c_int(), c_int(), c_float(), c_float()
    if not 2 <= count <= _MOST_POINTS or not pdfium.FPDFPath_GetDrawMode(item, fill, stroke):
        return []
    if not (fill.value or stroke.value):
        return []
    a, b, c, d, e, f = matrix
    found: list[list[Point]] = []
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


def _is_crooked(points: Sequence[Point]) -> bool:
    """Tell whether an outline slants or bends for most of its length; the corners of a rounded frame may."""
    straight = slanting = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        across, down = abs(x1 - x0), abs(y1 - y0)
        if min(across, down) <= _LEVEL:
            straight += across + down
        else:
            slanting += across + down
    return slanting > straight


def _around(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _add(first: Point, second: Point, across: list[Rule], down: list[Rule]) -> None:
    (x0, y0), (x1, y1) = first, second
    if abs(y0 - y1) <= _LEVEL and abs(x0 - x1) >= _SHORTEST:
        across.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
    elif abs(x0 - x1) <= _LEVEL and abs(y0 - y1) >= _SHORTEST:
        down.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))


def _add_area(points: Sequence[Point], across: list[Rule], down: list[Rule]) -> None:
    """Add a filled rectangle that is thin enough to look like a line."""
    left, top, right, bottom = _around(points)
    width, height = right - left, bottom - top
    if height <= _THIN and width >= _SHORTEST and width > height:
        across.append(Rule((top + bottom) / 2, left, right))
    elif width <= _THIN and height >= _SHORTEST:
        down.append(Rule((left + right) / 2, top, bottom))
