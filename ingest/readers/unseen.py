"""Which text of a PDF page its reader does not see: off, covered, the colour of what lies behind it, or invisible."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from ctypes import byref, c_double
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.readers.glyphs import address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.lettering.hints import Stretch

_Box = tuple[float, float, float, float]  # left, bottom, right, top, in points

_SAME = 12  # of 255: a difference in colour that nobody sees
_PIXELS_A_POINT = 2.0  # of the picture in which text is looked for
LONGEST_SIDE = 4_000  # pixels
_SCAN = 0.5  # of the page
_SHOWN = 0.5  # of the recognised letters that are looked for in a smaller picture
_COVERED = 0.6  # of the height of a text
_EDGE = 0.75  # points of a cover in which what is beside it may be seen
_BAND = 20.0  # points
_MOST_COVERED = 100_000  # pairs of a text and what may cover it
_MOST_LOOKED_AT = 2_000  # of them
_MOST_CHARACTERS = 30_000  # of a page


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text that a page draws at once."""

    text: str
    hidden: bool


@dataclass(slots=True)
class Text:
    """A text object."""

    object: Any
    hidden: bool
    doubtful: bool  # so hidden where nothing is to be seen of it
    invisible: bool  # as the text layer is that recognition puts over a scan
    box: _Box
    stretch: Stretch | None = None  # how it is set; None where it shows nothing


@dataclass(frozen=True, slots=True)
class Cover:
    """An area that lies over the texts that were drawn before it."""

    box: _Box
    texts: int  # drawn before
    opaque: bool  # for sure


def pieces_of(
    page: Any, texts: Sequence[Text], covers: Sequence[Cover], pictures: Sequence[_Box], share: float
) -> tuple[Piece, ...]:
    """Mark the hidden ones of `texts`, and return the page's text in the order it is drawn; nothing if all is seen.

    Args:
        page: of pypdfium2, open.
        texts: its text objects, in order.
        covers: what may lie over them.
        pictures: where its images are.
        share: of the page that they fill, 0 to 1.
    """
    covered = _covered(texts, covers)
    if not covered and not any(text.hidden or text.doubtful for text in texts):
        return ()
    with closing(_Canvas(page)) as canvas, closing(page.get_textpage()) as textpage:
        for text in texts:
            if text.doubtful and not text.hidden:
                text.hidden = canvas.is_even(text.box)
        words = [_words(text.object, textpage) for text in texts]
        if _is_recognised(texts, words, pictures, share, canvas):
            for text in texts:
                text.hidden = text.hidden and not (text.invisible and _is_in(text.box, pictures))
        parts = _parts(texts, covered, textpage, canvas) if covered else {}
    pieces = [
        piece
        for nth, (text, word) in enumerate(zip(texts, words, strict=True))
        for piece in parts.get(nth) or (Piece(word, text.hidden),)
        if piece.text.strip()
    ]
    return tuple(pieces) if any(piece.hidden for piece in pieces) else ()


class _Canvas:
    """A page as it is drawn, drawn when it is first looked at."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._bitmap: Any = None

    def is_even(self, box: _Box) -> bool:
        """Tell whether nothing is to be seen in a box but one colour."""
        if self._bitmap is None:
            scale = min(_PIXELS_A_POINT, LONGEST_SIDE / max(*self._page.get_size(), 1))
            self._bitmap = self._page.render(scale=scale, may_draw_forms=False)
            self._places = self._bitmap.get_posconv(self._page)
            self._pixels = memoryview(self._bitmap.buffer).cast("B")
        bitmap, channels = self._bitmap, self._bitmap.n_channels
        corners = [self._places.to_bitmap(box[i], box[j]) for i in (0, 2) for j in (1, 3)]
        columns = [min(max(x, 0), bitmap.width - 1) for x, _ in corners]
        rows = [min(max(y, 0), bitmap.height - 1) for _, y in corners]
        start, end = channels * min(columns), channels * (max(columns) + 1)
        lines = [
            bytes(self._pixels[y * bitmap.stride + start : y * bitmap.stride + end])
            for y in range(min(rows), max(rows) + 1)
        ]
        return all(_is_even([line[channel::channels] for line in lines]) for channel in range(3))

    def close(self) -> None:
        if self._bitmap is not None:
            self._bitmap.close()


def _is_even(lines: Sequence[bytes]) -> bool:
    return max(map(max, lines)) - min(map(min, lines)) <= _SAME


def _is_recognised(
    texts: Sequence[Text], words: Sequence[str], pictures: Sequence[_Box], share: float, canvas: _Canvas
) -> bool:
    """Tell whether the invisible text over the pictures of a page is what recognition read in them.

    There is more of it than of what else stands on them, as stamps do, and a picture that is smaller than the page
    shows something where most of it stands.
    """
    over = [
        (text, len(word))
        for text, word in zip(texts, words, strict=True)
        if word.strip() and _is_in(text.box, pictures)
    ]
    invisible = [(text, length) for text, length in over if text.invisible]
    letters = sum(length for _, length in invisible)
    if not letters or 2 * letters <= sum(length for _, length in over):
        return False
    if share >= _SCAN:
        return True
    return sum(length for text, length in invisible if not canvas.is_even(text.box)) >= _SHOWN * letters


def _is_in(box: _Box, pictures: Sequence[_Box]) -> bool:
    """Tell whether the middle of a box is in a picture."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(left <= x <= right and bottom <= y <= top for left, bottom, right, top in pictures)


def _covered(texts: Sequence[Text], covers: Sequence[Cover]) -> dict[int, list[Cover]]:
    """Return what lies over each text, by its number."""
    if not covers:
        return {}
    bands: defaultdict[int, list[int]] = defaultdict(list)
    for nth, text in enumerate(texts):
        bands[int((text.box[1] + text.box[3]) / 2 // _BAND)].append(nth)
    found: defaultdict[int, list[Cover]] = defaultdict(list)
    left = _MOST_COVERED
    for cover in covers:
        for band in _within(bands, cover.box):
            for nth in bands[band]:
                left -= 1
                if left < 0:
                    return found
                if nth < cover.texts and not texts[nth].hidden and _lies_over(cover.box, texts[nth].box):
                    found[nth].append(cover)
    return found


def _within(bands: dict[int, list[int]], box: _Box) -> Iterator[int]:
    low, high = int(box[1] // _BAND), int(box[3] // _BAND)
    if high - low < len(bands):
        return (band for band in range(low, high + 1) if band in bands)
    return (band for band in list(bands) if low <= band <= high)


def _lies_over(cover: _Box, text: _Box) -> bool:
    across = min(cover[2], text[2]) - max(cover[0], text[0])
    up = min(cover[3], text[3]) - max(cover[1], text[1])
    return across > 0 and up >= _COVERED * (text[3] - text[1]) > 0


def _parts(
    texts: Sequence[Text], covered: dict[int, list[Cover]], textpage: Any, canvas: _Canvas
) -> dict[int, list[Piece]]:
    """Return the covered texts in parts that are seen and parts that are not, by their numbers."""
    import pypdfium2.raw as pdfium

    numbers = {address(texts[nth].object): nth for nth in covered}
    characters: defaultdict[int, list[int]] = defaultdict(list)
    for index in range(min(pdfium.FPDFText_CountChars(textpage.raw), _MOST_CHARACTERS)):
        number = numbers.get(address(pdfium.FPDFText_GetTextObject(textpage.raw, index)))
        if number is not None:
            characters[number].append(index)
    parts: dict[int, list[Piece]] = {}
    left = _MOST_LOOKED_AT
    for nth, covers in covered.items():
        boxes = [_character_box(textpage.raw, index) for index in characters[nth]]
        hidden = [False] * len(boxes)
        for cover in covers:
            under = [place for place, box in enumerate(boxes) if not hidden[place] and _is_in(box, [cover.box])]
            if not under:
                continue
            left -= 1
            if left < 0:
                break
            if _is_gone([boxes[place] for place in under], cover, texts[cover.texts :], canvas):
                for place in under:
                    hidden[place] = True
        letters = [chr(pdfium.FPDFText_GetUnicode(textpage.raw, index)) for index in characters[nth]]
        parts[nth] = _runs(letters, hidden)
        texts[nth].hidden = bool(hidden) and all(hidden)
    return parts


def _is_gone(boxes: Sequence[_Box], cover: Cover, later: Sequence[Text], canvas: _Canvas) -> bool:
    """Tell whether nothing is to be seen of some characters: one colour, or what was written over their cover."""
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    x0, y0, x1, y1 = cover.box
    box = (
        max(min(lefts), x0 + _EDGE),
        max(min(bottoms), y0 + _EDGE),
        min(max(rights), x1 - _EDGE),
        min(max(tops), y1 - _EDGE),
    )
    if canvas.is_even(box):
        return True
    return cover.opaque and any(not text.hidden and _lies_over(text.box, box) for text in later)


def _character_box(textpage: Any, index: int) -> _Box:
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage, index, byref(left), byref(right), byref(bottom), byref(top))
    return left.value, bottom.value, right.value, top.value


def _runs(letters: Sequence[str], hidden: Sequence[bool]) -> list[Piece]:
    runs: list[Piece] = []
    for letter, is_hidden in zip(letters, hidden, strict=True):
        if runs and runs[-1].hidden == is_hidden:
            runs[-1] = Piece(runs[-1].text + letter, is_hidden)
        else:
            runs.append(Piece(letter, is_hidden))
    return runs


def _words(item: Any, textpage: Any) -> str:
    import pypdfium2.raw as pdfium

    size = pdfium.FPDFTextObj_GetText(item, textpage.raw, None, 0)  # bytes, with a zero at the end
    buffer = (pdfium.FPDF_WCHAR * (size // 2 + 1))()
    pdfium.FPDFTextObj_GetText(item, textpage.raw, buffer, size)
    return bytes(buffer)[: max(size - 2, 0)].decode("utf-16-le", "replace")
