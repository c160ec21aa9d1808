"""Makes PDFs whose setting says something: raised and struck-out words, columns, turned lines."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fpdf import FPDF
from odd_files import assemble, pages, stream

from ingest import read
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest import Document, Page

_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
Part = str | tuple[str, float]  # a text, or one that is set smaller and so many points higher


@cache
def _measure() -> FPDF:
    measure = FPDF(unit="pt")
    measure.add_page()
    return measure


def width(text: str, size: float) -> float:
    _measure().set_font("helvetica", size=size)
    return float(_measure().get_string_width(text))


def at(x: float, y: float, text: str, size: float = 12) -> bytes:
    """Return what writes `text` at a place."""
    return turned((1, 0, 0, 1), x, y, text, size)


def turned(matrix: Sequence[float], x: float, y: float, text: str, size: float = 12) -> bytes:
    """Return what writes `text` at a place and in the direction of `matrix`."""
    place = b" ".join(b"%g" % value for value in (*matrix, x, y))
    return b"BT /F1 %g Tf %b Tm (%b) Tj ET\n" % (size, place, _escaped(text))


def parts(x: float, y: float, *texts: Part, size: float = 12, small: float = 7) -> bytes:
    """Return what writes parts of a line one after the other, each at its place."""
    written = b""
    for part in texts:
        text, rise = (part, 0.0) if isinstance(part, str) else part
        own = small if rise else size
        written += at(x, y + rise, text, own)
        x += width(text, own)
    return written


def rising(x: float, y: float, *texts: Part, size: float = 12, small: float = 7) -> bytes:
    """Return the same, with the operator for raised text."""
    written = b"BT 1 0 0 1 %g %g Tm " % (x, y)
    for part in texts:
        text, rise = (part, 0.0) if isinstance(part, str) else part
        written += b"/F1 %g Tf %g Ts (%b) Tj " % (small if rise else size, rise, _escaped(text))
    return written + b"ET\n"


def struck(x: float, y: float, text: str, size: float = 12) -> bytes:
    """Return what writes `text` with a line through it."""
    height = y + 0.28 * size
    return at(x, y, text, size) + b"0.6 w %g %g m %g %g l S\n" % (x, height, x + width(text, size), height)


def side_by_side(y: float, *columns: Sequence[str], lefts: Sequence[float], size: float = 10) -> bytes:
    """Return what writes columns row by row."""
    rows = max(map(len, columns))
    return b"".join(
        at(left, y - 14 * row, column[row], size)
        for row in range(rows)
        for left, column in zip(lefts, columns, strict=True)
        if row < len(column)
    )


def with_shapes(content: bytes, names: Sequence[str]) -> bytes:
    """Return a PDF in which the first private characters stand for the shapes of these names.

    Its font says of them that they are private.
    """
    private = b"".join(b"<%02X> <%04X>" % (code + 1, 0xE000 + code) for code in range(len(names)))
    cmap = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar %b endbfchar " % (
        len(names),
        private,
    )
    cmap += b"1 beginbfrange <20> <7E> <0020> endbfrange endcmap"
    shapes = b"".join(b"/%b" % name.encode() for name in names)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[1%b]>>/ToUnicode 5 0 R>>" % shapes
    objects = pages([stream(content)], b"/Resources<</Font<</F1 %b>>>>" % font)
    return assemble(objects | {5: stream(cmap)})


def document_of(tmp_path: Path, *contents: bytes) -> Document:
    path = tmp_path / "made.pdf"
    entries = b"/Resources<</Font<</F1 %b>>>>" % _FONT
    path.write_bytes(assemble(pages([stream(content) for content in contents], entries)))
    return read(path, lexicon=lexicon())


def text_of(tmp_path: Path, content: bytes) -> str:
    """Return the text of a PDF of one page."""
    path = tmp_path / "whole.pdf"
    path.write_bytes(content)
    [page] = read(path, lexicon=lexicon()).pages
    return page.text


def page_of(tmp_path: Path, content: bytes) -> Page:
    [page] = document_of(tmp_path, content).pages
    return page


def _escaped(text: str) -> bytes:
    codes = "".join(chr(1 + ord(sign) - 0xE000) if sign >= "\ue000" else sign for sign in text)
    return codes.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
