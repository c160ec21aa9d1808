"""A PDF as pdfium sees it: a second parser, what is drawn on a page, and pictures of pages."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager, suppress
from ctypes import byref, c_float, c_uint
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Any

from ingest.lettering.hints import Stretch, is_odd
from ingest.readers.covers import MOST_COVERS, is_area, is_off, marks_on
from ingest.readers.geometry import geometry_of
from ingest.readers.glyphs import Characters, address, text_of
from ingest.readers.ligatures import ligatures_of
from ingest.readers.right_to_left import in_logical_order, runs_right_to_left
from ingest.readers.salvage import with_new_end
from ingest.readers.unmapped import with_gaps
from ingest.readers.unseen import LONGEST_SIDE, Cover, Text, pieces_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ingest.lettering.changes import Lettering
    from ingest.readers.glyphs import Placing
    from ingest.readers.unseen import Piece
    from ingest.tables.sheet import Sheet
    from ingest.tables.words import Word

_Matrix = tuple[float, float, float, float, float, float]
_Box = tuple[float, float, float, float]  # left, bottom, right, top, in points

_DEEPEST = 8  # forms within forms
_MOST_OBJECTS = 200_000  # of a page
_LIGHT = 3 * 215  # of 3 * 255: from there on a text may vanish on a white page
_FAINT = 25  # of 255: opacity
_TINY = 1.0  # points
_INVISIBLE = 3  # render mode
_FILLED = 0
_MOST_PICTURES = 200
_DPI = 200
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_HYPHEN_AT_LINE_END = re.compile(r"[\x02\ufffe](?:\r?\n)?")


@dataclass(frozen=True, slots=True)
class Look:
    """What is on a page."""

    pictures: float  # share of the page that images cover, 0 to 1
    drawings: int  # lines and shapes
    pieces: tuple[Piece, ...]  # the page's text in the order it is drawn; none where nothing is hidden
    sheet: Sheet | None = None  # where its characters and lines are, if that was asked for and may be a table
    lettering: Lettering | None = None  # how its characters are set, if that says what its text does not


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it is drawn."""

    pixels: Any  # an array of 8-bit numbers: height, width, blue-green-red
    scale: float  # pixels a point


class PdfiumFile:
    """An open PDF."""

    def __init__(self, document: Any, *, mended: bool) -> None:
        self._document = document
        self.mended = mended  # its end was lost
        self.gaps: set[int] = set()  # pages whose text was read and has letters that no font says

    def __len__(self) -> int:
        return len(self._document)

    def title(self) -> str:
        """Return the title in the file's metadata, or nothing."""
        return str(self._document.get_metadata_value("Title"))

    def labels(self) -> list[str]:
        """Return the pages' labels; "" where there is none."""
        return [self._document.get_page_label(index) or "" for index in range(len(self))]

    def text(self, number: int) -> str:
        """Return the text of page `number`, from 1, with `LOST` for letters that its fonts do not say.

        Raises:
            PdfiumError: the page cannot be loaded.
        """
        with closing(self._document[number - 1]) as page, closing(page.get_textpage()) as textpage:
            text = textpage.get_text_range()
            gaps = with_gaps(textpage, text)
            if gaps is not None:
                self.gaps.add(number)
            elif runs_right_to_left(text) and len(text) == len(own := text_of(textpage.raw)):
                text = in_logical_order(textpage.raw, own)
            # pdfium joins a word that a line end parts, and leaves a mark: the hyphen may belong to the word.
            return _HYPHEN_AT_LINE_END.sub("-\n", gaps or text)

    def look(self, number: int, *, closely: bool = False, lettered: bool = False, off: Collection[str] = ()) -> Look:
        """Look at what page `number` draws.

        Args:
            number: from 1.
            closely: tell where its characters and lines are, if that may be a table.
            lettered: tell how its characters are set, also where its pieces of text give no reason to.
            off: names of the layers that are not shown.

        Raises:
            PdfiumError: the page cannot be loaded.
        """
        with closing(self._document[number - 1]) as page:
            return _look(page, closely=closely, lettered=lettered, off=off)

    def words(self, number: int) -> tuple[list[Word], Placing]:
        """Return the words of page `number` in their places, and what tells the place of something else on it.

        Raises:
            PdfiumError: the page cannot be loaded.
        """
        with closing(self._document[number - 1]) as page, closing(page.get_textpage()) as textpage:
            characters = Characters(textpage, page.get_bbox())
            return characters.words(), characters.place

    def ligatures(self, number: int) -> dict[str, str]:
        """Return the letters of the characters within words of page `number` that have no meaning of their own.

        Raises:
            PdfiumError: the page cannot be loaded.
        """
        with closing(self._document[number - 1]) as page:
            return ligatures_of(page)

    def picture(self, number: int) -> Picture:
        """Draw page `number`.

        Raises:
            PdfiumError: the page cannot be loaded or drawn.
        """
        with closing(self._document[number - 1]) as page:
            scale = min(_DPI / 72, LONGEST_SIDE / max(*page.get_size(), 1))
            with closing(page.render(scale=scale, may_draw_forms=False)) as bitmap:
                return Picture(bitmap.to_numpy().copy(), scale)


def pixels_of(image: Any) -> Any:
    """Return the pixels of a picture of the library PIL, in red, green and blue there, as those of a `Picture`."""
    import pypdfium2

    with closing(pypdfium2.PdfBitmap.from_pil(image)) as bitmap:
        return bitmap.to_numpy().copy()


@contextmanager
def opened(content: bytes, password: str | None) -> Iterator[PdfiumFile | None]:
    """Open a PDF, also one that has lost its end; None if pdfium cannot."""
    document = _open(content, password)
    mended = with_new_end(content) if document is None else None
    if mended:
        document = _open(mended, password)
    if document is None:
        yield None
        return
    with document:
        yield PdfiumFile(document, mended=mended is not None)


def _open(content: bytes, password: str | None) -> Any:
    import pypdfium2

    for candidate in dict.fromkeys((None, password)):
        with suppress(pypdfium2.PdfiumError):
            return pypdfium2.PdfDocument(content, candidate)
    return None


def _look(page: Any, *, closely: bool, lettered: bool, off: Collection[str]) -> Look:
    import pypdfium2.raw as pdfium

    box = page.get_bbox()
    area = max((box[2] - box[0]) * (box[3] - box[1]), 1.0)
    covered, drawings, texts, paths = 0.0, 0, [], []
    pictures: list[_Box] = []
    covers: list[Cover] = []
    for kind, item, matrix in _objects(page):
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            texts.append(_text(item, matrix, box, off))
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = bounds = _bounds(item, matrix)
            width, height = min(right, box[2]) - max(left, box[0]), min(top, box[3]) - max(bottom, box[1])
            covered += max(width, 0) * max(height, 0)
            pictures.append(bounds)
        elif kind in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING):
            drawings += 1
            if kind == pdfium.FPDF_PAGEOBJ_PATH:
                paths.append((item, matrix))
                if texts and len(covers) < MOST_COVERS and is_area(item):
                    covers.append(Cover(_bounds(item, matrix), len(texts), opaque=True))
    covers += [Cover(box, len(texts), opaque=False) for box in marks_on(page)]
    share = min(covered / area, 1.0)
    pieces = pieces_of(page, texts, covers, pictures[:_MOST_PICTURES], share)
    hidden = {address(text.object) for text in texts if text.hidden}
    stretches = [text.stretch for text in texts if text.stretch and not text.hidden]
    lettered = lettered or is_odd(stretches, [_bounds(*path) for path in paths])
    if not closely and not lettered:
        return Look(share, drawings, pieces)
    placed = [(item, _product(_matrix(item), matrix)) for item, matrix in paths]
    return Look(share, drawings, pieces, *geometry_of(page, placed, hidden, closely=closely, lettered=lettered))


def _objects(page: Any) -> Iterator[tuple[int, Any, _Matrix]]:
    """Yield kind, object and the matrix that puts it on the page, forms opened."""
    import pypdfium2.raw as pdfium

    kind_of, is_form = pdfium.FPDFPageObj_GetType, pdfium.FPDF_PAGEOBJ_FORM
    left = _MOST_OBJECTS

    def walk(parent: Any, count: Any, get: Any, matrix: _Matrix, depth: int) -> Iterator[tuple[int, Any, _Matrix]]:
        nonlocal left
        for index in range(count(parent)):
            item = get(parent, index)
            kind = kind_of(item)
            left -= 1
            if left < 0:
                return
            if kind != is_form:
                yield kind, item, matrix
            elif depth < _DEEPEST:
                inner = _product(_matrix(item), matrix)
                yield from walk(item, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, inner, depth + 1)

    yield from walk(page.raw, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, _IDENTITY, 0)


def _text(item: Any, matrix: _Matrix, page: _Box, off: Collection[str]) -> Text:
    import pypdfium2.raw as pdfium

    mode = pdfium.FPDFTextObj_GetTextRenderMode(item)
    invisible = mode == _INVISIBLE
    box = _bounds(item, matrix)
    left, bottom, right, top = box
    hidden = invisible or right < page[0] or left > page[2] or top < page[1] or bottom > page[3]
    if not hidden and top - bottom < _TINY and right > left:
        hidden = _height(item, matrix) < _TINY
    doubtful = bool(off) and matrix is not _IDENTITY  # the form itself may be on a layer
    hidden = hidden or (bool(off) and is_off(item, off))
    if mode == _FILLED and not hidden:
        red, green, blue, alpha = _COLOUR
        if pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
            hidden = alpha.value < _FAINT
            doubtful = doubtful or red.value + green.value + blue.value >= _LIGHT
    return Text(item, hidden, doubtful, invisible, box, _stretch(item, matrix, box))


def _stretch(item: Any, matrix: _Matrix, box: _Box) -> Stretch | None:
    """Return how a text is set; None where it shows nothing."""
    import pypdfium2.raw as pdfium

    if box[0] == box[2]:
        return None
    pdfium.FPDFTextObj_GetFontSize(item, _SIZE)
    own = _matrix(item)
    _, _, c, d, e, f = own if matrix is _IDENTITY else _product(own, matrix)
    upright = hypot(c, d) or 1.0
    return Stretch(_SIZE.value * upright, (c * e + d * f) / upright, round(10 * c / upright), d >= 0, box)


_COLOUR = (c_uint(), c_uint(), c_uint(), c_uint())
_EDGES = (c_float(), c_float(), c_float(), c_float())
_SIZE = c_float()


def _bounds(item: Any, matrix: _Matrix) -> _Box:
    import pypdfium2.raw as pdfium

    left, bottom, right, top = _EDGES
    pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top)
    box = (left.value, bottom.value, right.value, top.value)
    if matrix is _IDENTITY:
        return box
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    across, up = zip(*corners, strict=True)
    return min(across), min(up), max(across), max(up)


def _height(item: Any, matrix: _Matrix) -> float:
    """Return the size of the letters on the page, in points."""
    import pypdfium2.raw as pdfium

    pdfium.FPDFTextObj_GetFontSize(item, _SIZE)
    _, _, c, d, _, _ = _product(_matrix(item), matrix)
    return _SIZE.value * hypot(c, d)


def _matrix(item: Any) -> _Matrix:
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, byref(matrix)):
        return _IDENTITY
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _product(first: _Matrix, second: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m
