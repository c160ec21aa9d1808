"""Makes PDFs that are damaged, hostile or unusual, byte by byte."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
RESOURCES = b"/Resources<</Font<</F1 %b>>>>" % FONT


def stream(content: bytes, entries: bytes = b"", length: int | None = None) -> bytes:
    """Return a stream object; a `length` other than that of `content` is a lie."""
    size = len(content) if length is None else length
    return b"<</Length %d%b>>stream\n%b\nendstream" % (size, entries, content)


def words(text: str, operators: bytes = b"") -> bytes:
    """Return a content stream that writes `text`; `operators` stand before it."""
    return b"BT /F1 12 Tf 72 700 Td %b (%b) Tj ET" % (operators, text.encode("latin-1"))


def assemble(objects: Mapping[int, bytes], trailer: bytes = b"", root: int = 1) -> bytes:
    """Return a PDF of `objects` with a right cross-reference table."""
    data, places = b"%PDF-1.7\n", {}
    for number, body in objects.items():
        places[number] = len(data)
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start, size = len(data), max(objects) + 1
    data += b"xref\n0 %d\n" % size
    for number in range(size):
        data += b"%010d %05d %b \n" % (
            places.get(number, 0),
            0 if number in places else 65535,
            b"fn"[number in places :][:1],
        )
    return data + b"trailer\n<</Size %d/Root %d 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, start)


def pages(contents: Sequence[bytes], entries: bytes = RESOURCES) -> dict[int, bytes]:
    """Return the objects of a PDF whose page n has the content stream object `contents[n - 1]`.

    Object 1 is the catalogue, 2 the page tree; page n is object 2n + 1, its content 2n + 2.
    """
    kids = b" ".join(b"%d 0 R" % (2 * number + 3) for number in range(len(contents)))
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(contents), kids)}
    for number, content in enumerate(contents):
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R%b>>" % (2 * number + 4, entries)
        objects |= {2 * number + 3: page, 2 * number + 4: content}
    return objects


def simple(*texts: str) -> bytes:
    """Return a PDF with a page for each text."""
    return assemble(pages([stream(words(text)) for text in texts]))


# What pypdf cannot read and pdfium can


def broken_xref() -> bytes:
    return simple("Alpha text.", "Beta text.").replace(b"xref\n0 ", b"xrxf\n0 ", 1)


def zeros_deflated(size: int) -> bytes:
    """Return `size` zeros, deflated; made in small memory."""
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(size >> 20)]
    return b"".join(parts) + packer.flush()


def written(path: Path, content: bytes) -> Path:
    """Write `content` to `path`."""
    path.write_bytes(content)
    return path
