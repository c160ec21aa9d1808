"""Makes PDFs that are damaged, hostile or unusual, byte by byte."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

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
    parts, places, place = [b"%PDF-1.7\n"], {}, 9
    for number, body in objects.items():
        places[number] = place
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        place += len(parts[-1])
    size = max(objects) + 1
    parts.append(b"xref\n0 %d\n" % size)
    for number in range(size):
        used = number in places
        parts.append(b"%010d %05d %b \n" % (places.get(number, 0), 0 if used else 65535, b"n" if used else b"f"))
    parts.append(b"trailer\n<</Size %d/Root %d 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, place))
    return b"".join(parts)


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


def zeros_deflated(size: int) -> bytes:
    """Return `size` zeros, deflated; a multiple of a mebibyte."""
    packer = zlib.compressobj(9, wbits=-15)
    mebibyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # stands by itself: it can be repeated
    adler = (size % 65521) << 16 | 1
    return b"\x78\xda" + mebibyte * (size >> 20) + b"\x03\x00" + adler.to_bytes(4, "big")


def form(content: bytes, resources: bytes) -> bytes:
    """Return a form that draws `content`."""
    return stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<<%b>>" % resources)


# Damage: each file says "Alpha text." and more, as far as it can still be read


def broken_xref() -> bytes:
    return simple("Alpha text.", "Beta text.").replace(b"xref\n0 ", b"xrxf\n0 ", 1)


def missing_trailer() -> bytes:
    whole = simple("Alpha text.", "Beta text.")
    return whole[: whole.index(b"trailer")]


def wrong_length() -> bytes:
    return assemble(pages([stream(words("Alpha text."), length=10**15), stream(words("Beta text."))]))


def bad_object_header() -> bytes:
    return simple("Alpha text.", "Beta text.", "Gamma text.").replace(b"7 0 obj", b"7 0 objx", 1)


def bad_catalogue_header() -> bytes:
    return simple("Alpha text.", "Beta text.", "Gamma text.").replace(b"1 0 obj", b"1 x obj", 1)


def lost_page() -> bytes:
    return simple("Alpha text.", "Beta text.", "Gamma text.").replace(b"7 0 obj", b"7 x obj", 1)


def truncated_tail() -> bytes:
    whole = simple("Alpha text.", "Beta text.", "Gamma text.")
    return whole[: whole.index(b"8 0 obj") + 30]


def truncated_without_catalogue() -> bytes:
    objects = pages([stream(words("Alpha text.")), stream(words("Beta text."))])
    whole = assemble({number: objects[number] for number in (3, 4, 5, 6, 2, 1)})
    return whole[: whole.index(b"2 0 obj")]


def one_bad_page() -> bytes:
    bad = b"BT /F1 12 Tf 72 700 Td (Beta text.) Tj ET << [ ( "
    return assemble(pages([stream(words("Alpha text.")), stream(bad), stream(words("Gamma text."))]))


def unknown_filter() -> bytes:
    return assemble(pages([stream(words("Alpha text.")), stream(words("Beta text."), b"/Filter/FooDecode")]))


def cyclic_page_tree() -> bytes:
    objects = pages([stream(words("Alpha text.")), stream(words("Beta text."))])
    return assemble(objects | {2: b"<</Type/Pages/Count 3/Kids[3 0 R 2 0 R 5 0 R]>>"})


def self_referring_length() -> bytes:
    return assemble(pages([b"<</Length 4 0 R>>stream\n%b\nendstream" % words("Alpha text.")]))


def exponential_page_tree() -> bytes:
    """Each node has the next one twice as a child: 2 ** 58 pages."""
    tree = {n: b"<</Type/Pages/Count 1/Kids[%d 0 R %d 0 R]>>" % (n + 1, n + 1) for n in range(2, 60)}
    page = b"<</Type/Page/Parent 59 0 R/MediaBox[0 0 612 792]/Contents 61 0 R%b>>" % RESOURCES
    return assemble({1: b"<</Type/Catalog/Pages 2 0 R>>", **tree, 60: page, 61: stream(words("Alpha text."))})


def bad_resources() -> bytes:
    return assemble(pages([stream(words("Alpha text."))], b"/Resources 17"))


def missing_font() -> bytes:
    return assemble(pages([stream(words("Alpha text."))], b"/Resources<</Font<</F1 99 0 R>>>>"))


def bad_encryption() -> bytes:
    return assemble(pages([stream(words("Alpha text."))]), b"/Encrypt 5")


# Loops, bombs and sheer size


def cyclic_outline_and_labels() -> bytes:
    objects = pages([stream(words("Alpha text."))])
    return assemble(
        objects
        | {
            1: b"<</Type/Catalog/Pages 2 0 R/Outlines 9 0 R/PageLabels 10 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]/Parent 2 0 R>>",
            9: b"<</First 11 0 R/Last 11 0 R>>",
            10: b"<</Kids[10 0 R]>>",
            11: b"<</Title(x)/Next 11 0 R/Prev 11 0 R/Parent 11 0 R/First 11 0 R>>",
        }
    )


def cyclic_xref() -> bytes:
    objects = pages([stream(words("Alpha text."))])
    return assemble(objects, b"/Prev %d" % assemble(objects).index(b"xref\n"))


def self_referring_tree() -> bytes:
    return assemble({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"2 0 R"})


def deep_page_tree() -> bytes:
    tree = {n: b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (n + 1) for n in range(2, 5000)}
    page = b"<</Type/Page/Parent 4999 0 R/MediaBox[0 0 612 792]/Contents 5001 0 R%b>>" % RESOURCES
    return assemble({1: b"<</Type/Catalog/Pages 2 0 R>>", **tree, 5000: page, 5001: stream(words("Alpha text."))})


def deep_array() -> bytes:
    return assemble(pages([stream(words("Alpha text.")), stream(b"[" * 200_000 + words("Beta text."))]))


def recursive_form() -> bytes:
    resources = b"/Font<</F1 %b>>/XObject<</X 10 0 R>>" % FONT
    objects = pages([stream(words("Alpha text.") + b" /X Do")], b"/Resources<<%b>>" % resources)
    return assemble(objects | {10: form(words("Form text.") + b" /X Do /X Do", resources)})


def billion_forms() -> bytes:
    """Ten forms in each of ten forms, nine deep."""
    objects = pages([stream(words("Alpha text.") + b" /X10 Do")], RESOURCES[:-2] + b"/XObject<</X10 10 0 R>>>>")
    for n in range(10, 19):
        objects[n] = form(b"/X%d Do " % (n + 1) * 10, b"/XObject<</X%d %d 0 R>>" % (n + 1, n + 1))
    return assemble(objects | {19: form(words("lol"), b"/Font<</F1 %b>>" % FONT)})


def deflated_bomb() -> bytes:
    """A second page of ten gigabytes of zeros."""
    zeros = stream(zeros_deflated(10_000 << 20), b"/Filter/FlateDecode")
    return assemble(pages([stream(words("Alpha text.")), zeros]))


def nested_bomb() -> bytes:
    zeros = zlib.compress(zlib.compress(zeros_deflated(4_000 << 20), 9), 9)
    bomb = stream(zeros, b"/Filter[/FlateDecode/FlateDecode/FlateDecode]")
    return assemble(pages([stream(words("Alpha text.")), bomb]))


def huge_string() -> bytes:
    """A second page that is one string of 70 megabytes."""
    string = stream(zlib.compress(words("a " * 35_000_000)), b"/Filter/FlateDecode")
    return assemble(pages([stream(words("Alpha text.")), string]))


def many_pages(count: int) -> bytes:
    return simple(*(f"Page {number} of many." for number in range(1, count + 1)))


def xfa_shell() -> bytes:
    objects = pages([stream(words("Please wait... open this in another program."))])
    objects[1] = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 9 0 R/Fields[]>>>>"
    return assemble(objects | {9: stream(b"<xdp:xdp/>")})


# Scripts and fonts


def composite(text: Sequence[str], *, mapped: bool = True) -> bytes:
    """Return a PDF whose font is not in it and numbers its letters from 1; `mapped`: it tells which they are.

    A part of `text` that holds several letters is one shape.
    """
    letters = dict.fromkeys(text)
    codes = {letter: number for number, letter in enumerate(letters, 1)}
    table = "".join(f"<{code:04x}> <{letter.encode('utf-16-be').hex()}>\n" for letter, code in codes.items())
    cmap = f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(codes)} beginbfchar\n{table}endbfchar"
    descendant = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Absent/CIDSystemInfo<</Registry(A)/Ordering(I)>>/DW 600>>"
    font = b"<</Type/Font/Subtype/Type0/BaseFont/Absent/Encoding/Identity-H/DescendantFonts[%b]%b>>" % (
        descendant,
        b"/ToUnicode 10 0 R" * mapped,
    )
    hexadecimal = "".join(f"{codes[letter]:04x}" for letter in text).encode()
    content = stream(b"BT /F1 12 Tf 72 700 Td <%b> Tj ET" % hexadecimal)
    return assemble(pages([content], b"/Resources<</Font<</F1 %b>>>>" % font) | {10: stream(cmap.encode())})


def disguised(text: str) -> bytes:
    """Return a PDF that shows the lines of `text`, and says of each letter that it is a private one."""
    lines = b" ".join(b"(%b) Tj 0 -50 Td" % line.encode("latin-1") for line in text.split("\n"))
    cmap = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <21> <7E> <E021> endbfrange"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 5 0 R>>"
    draw = b"BT /F1 28 Tf 60 700 Td %b ET" % lines
    return assemble(pages([stream(draw)], b"/Resources<</Font<</F1 %b>>>>" % font) | {5: stream(cmap + b" endcmap")})


# Scans: pictures of text


def shapes(text: str, letters: Mapping[str, str] | None = None) -> bytes:
    """Return a PDF that draws `text` with a font of its own, whose shapes are numbered as they first come.

    Args:
        text: its lines.
        letters: what the font's map says of each character; None where it has no map.
    """
    numbers = {character: number for number, character in enumerate(dict.fromkeys(text.replace("\n", "")), 1)}
    lines = [b"<%b> Tj 0 -14 Td" % b"".join(b"%04X" % numbers[c] for c in line) for line in text.split("\n")]
    draw = b"BT /F1 12 Tf 72 700 Td %b ET" % b" ".join(lines)
    entries = b"/Resources<</Font<</F1 5 0 R>>>>"
    font = b"<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/DescendantFonts[6 0 R]%b>>"
    inner = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Own/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
    objects = pages([stream(draw)], entries)
    objects |= {5: font % (b"/ToUnicode 7 0 R" if letters is not None else b""), 6: inner + b"/Supplement 0>>/DW 600>>"}
    if letters is not None:
        pairs = [b"<%04X> <%b>" % (n, letters.get(c, c).encode("utf-16-be").hex().encode()) for c, n in numbers.items()]
        cmap = b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange %d beginbfchar %b endbfchar endcmap"
        objects[7] = stream(cmap % (len(pairs), b"\n".join(pairs)))
    return assemble(objects)


def picture_of(*lines: str, grey: int = 0) -> Image.Image:
    """Return a white page with `lines` on it, in black or a lighter `grey`."""
    image = Image.new("L", (1240, 1754), 255)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=40)
    for number, line in enumerate(lines):
        pen.text((120, 150 + 70 * number), line, fill=grey, font=font)
    return image


def table_picture(caption: str, rows: Sequence[Sequence[str]]) -> Image.Image:
    """Return a white page with a table of labels and figures, which end below each other."""
    image = Image.new("L", (1240, 1754), 255)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=26)
    pen.text((120, 150), caption, fill=0, font=font)
    for number, (label, *figures) in enumerate(rows):
        pen.text((120, 240 + 40 * number), label, fill=0, font=font)
        for column, figure in enumerate(figures):
            pen.text((700 + 250 * column, 240 + 40 * number), figure, fill=0, font=font, anchor="ra")
    return image


def with_scans(path: Path, sheets: Sequence[str | Image.Image], stamp: str = "") -> Path:
    """Write a PDF whose pages are text or a picture that fills them; `stamp` is text on the pictures."""
    writer = FPDF()
    writer.set_font("Helvetica", size=10)
    for sheet in sheets:
        writer.add_page()
        if isinstance(sheet, str):
            writer.cell(0, 5, sheet)
        else:
            writer.image(sheet, x=0, y=0, w=writer.w, h=writer.h)
            writer.cell(0, 5, stamp)
    path.write_bytes(bytes(writer.output()))
    return path
