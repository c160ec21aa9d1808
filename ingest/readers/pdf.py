"""PDF: the text layer of each page, with a second parser where the first fails, and what a reader cannot see marked."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.characters import characters
from ingest.clean import arranged
from ingest.files import read_bytes, stem
from ingest.legible import is_legible, without_shapes
from ingest.lettering.margin import may_count_lines
from ingest.lettering.page import rewritten
from ingest.lettering.struck import with_struck
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import TERMS, check_pages, check_text
from ingest.readers.beside import with_lines
from ingest.readers.form_fields import lines_of
from ingest.readers.hidden import hidden_spans
from ingest.readers.ligatures import holds_ligatures, spelled
from ingest.readers.pdfium import opened
from ingest.readers.right_to_left import runs_right_to_left
from ingest.readers.textlayer import Layer, Locked, describe, read_layer, sensible_labels, sensible_title
from ingest.readers.unmapped import LOST
from ingest.remarks import Remark, by_reason
from ingest.tables.captions import with_captions
from ingest.tables.continued import continued
from ingest.tables.find import grids_of
from ingest.tables.gate import may_hold_table
from ingest.tables.mark import Marked, marked, placed
from ingest.types import Document, DocumentError, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.readers.annotations import Annotation
    from ingest.readers.beside import Line
    from ingest.readers.pdfium import Look, PdfiumFile
    from ingest.table import Table
    from ingest.tables.words import Word
    from ingest.types import Method

_HEADER_WITHIN = 1024  # bytes; where viewers, too, look for the header
_SAME = 0.02  # of the letters of a page, by which two parsers may differ
_PARTED = 0.01  # of its words, by which they part them otherwise
_FEW = 40  # letters: a stamp or a page number on a scan, but not its text
_SCAN = 0.6  # of the page
_PICTURE = 0.02
_MANY_DRAWINGS = 20  # letters may be drawn as shapes


def read(path: Path, password: str | None = None, lexicon: Lexicon = NO_WORDS) -> Document:
    """Read a PDF page by page; a page that cannot be read is empty and named in a remark.

    A scan has no text layer: its pages are empty and among the document's `unread`; so are those whose font does not
    say which letters it shows, without what it makes of them.

    Args:
        path: the file.
        password: the user's or the owner's; the empty one is always tried first.
        lexicon: the words by which its text is repaired.

    Raises:
        DocumentError: no PDF, no page, encrypted and not opened by `password`, or over a limit.
        Exception: whatever pypdf makes of a file that pdfium cannot read either.
    """
    content = read_bytes(path)
    if b"%PDF-" not in content[:_HEADER_WITHIN]:
        raise DocumentError(str(path), "is not a PDF", "wrong_type")
    first = _first(path, content, password, lexicon)
    with _second(content, password) as second:
        layer, fallback, remarks = _combined(path, first, second, lexicon)
        looks = [_look(second, number, text, layer.layers_off) for number, text in enumerate(layer.texts, 1)]
        for number, text in enumerate(layer.texts, 1):
            if letters := _spelled(second, number, text):
                layer.texts[number - 1] = text.translate({ord(sign): own for sign, own in letters.items()})
                looks[number - 1] = _with_letters(looks[number - 1], letters)
        lines = {number: _lines(second, number, some) for number, some in layer.annotations.items()}
        gaps = sorted(second.gaps) if second is not None else []
    shapes = _without_lost_letters(layer, gaps, remarks)
    marks = [
        _marked(text, None if number in shapes else look)
        for number, (text, look) in enumerate(zip(layer.texts, looks, strict=True), 1)
    ]
    numbered = tuple(number for number, mark in enumerate(marks, 1) if mark.numbered)
    remarks += [Remark("line_numbers", numbered)] if numbered else []
    whole = arranged([mark.text for mark in marks], lexicon)
    found = [
        placed(text, mark.tables, number) for number, (text, mark) in enumerate(zip(whole.texts, marks, strict=True), 1)
    ]
    pages = continued(
        [
            _with_tables(
                _page(number, layer.labels[number - 1], text, "fallback" if number in fallback else "text", look, mark),
                tables,
                lexicon,
            )
            for number, ((text, tables), look, mark) in enumerate(zip(found, looks, marks, strict=True), 1)
        ],
        whole.layout,
    )
    beside = [with_lines(page, lines.get(page.number, ())) for page in pages]
    failed = layer.failures.keys()
    unread = tuple(
        page.number
        for page, look in zip(pages, looks, strict=True)
        if page.number not in failed and (page.number in shapes or _is_scan(page, look))
    )
    remarks += by_reason("beside_lost", layer.unread)
    unseen = tuple(page.number for page in beside if page.hidden)
    remarks += [Remark("text_hidden", unseen)] if unseen else []
    remarks += [Remark("parser_said", detail=notice) for notice in layer.notices]
    remarks += whole.remarks
    return Document(str(path), layer.title or stem(path), tuple(beside), tuple(remarks), unread=unread)


def _first(path: Path, content: bytes, password: str | None, lexicon: Lexicon) -> Layer | Exception:
    """Read with pypdf; what it raises is kept for the case that pdfium can do no better."""
    try:
        layer = read_layer(path, content, password, lexicon)
    except Locked as error:
        return error
    except DocumentError:
        raise
    except Exception as error:
        return error
    return layer if layer.texts else DocumentError(str(path), "holds no page", "damaged")


@contextmanager
def _second(content: bytes, password: str | None) -> Iterator[PdfiumFile | None]:
    """Open the file with pdfium, if parsers in C may be used."""
    terms = TERMS.get()
    if not terms.native:
        yield None
        return
    terms.tell({"native": True})
    with opened(content, password) as second:
        yield second


def _combined(
    path: Path, first: Layer | Exception, second: PdfiumFile | None, lexicon: Lexicon
) -> tuple[Layer, set[int], list[Remark]]:
    """Return the best of both parsers, the pages that are the second one's, and what there is to say about it."""
    if isinstance(first, Exception):
        if second is None or len(second) == 0:
            raise first
        layer = _whole(path, second, lexicon)
        if len(layer.failures) == len(layer.texts):
            raise first
        remarks = [Remark("second_parser", detail=f"the first failed: {describe(first)}")]
        remarks += [Remark("page_list_lost")] if second.mended else []
        return layer, set(range(1, len(layer.texts) + 1)), [*remarks, *_unreadable(layer.failures)]
    if second is None:
        return first, set(), _unreadable(first.failures)
    if len(second) <= len(first.texts):
        return _filled(path, first, second)
    found = f"found {len(first.texts)} of {len(second)} pages"
    layer = _whole(path, second, lexicon)
    if any(text.strip() for text in layer.texts[len(first.texts) :]):
        every = set(range(1, len(layer.texts) + 1))
        return layer, every, [Remark("second_parser", detail=f"the first {found}"), *_unreadable(layer.failures)]
    layer, filled, remarks = _filled(path, first, second)
    return layer, filled, [Remark("pages_missing", detail=found), *remarks]


def _filled(path: Path, layer: Layer, second: PdfiumFile) -> tuple[Layer, set[int], list[Remark]]:
    """Take the pages from the second parser that the first one left empty, or whose words it glued or tore."""
    filled, failures = set(), dict(layer.failures)
    for number, text in enumerate(layer.texts[: len(second)], 1):
        other = _text(second, number)
        if not isinstance(other, str):
            continue
        better = not _is_poor(other) and (_is_poor(text) or _are_parted_otherwise(text, other))
        if better or number in second.gaps:  # the first parser makes other letters of those
            layer.texts[number - 1] = other
            filled.add(number)
    check_text(path, sum(map(len, layer.texts)))
    rescued = {number: why for number, why in failures.items() if number in filled}
    lost = {number: why for number, why in failures.items() if number not in filled}
    return layer, filled, [*by_reason("pages_second_parser", rescued), *_unreadable(lost)]


def _is_poor(text: str) -> bool:
    """Tell whether a text is empty, or no text but what the parser could not make out."""
    return not text.strip() or 2 * text.count("\ufffd") >= len("".join(text.split())) or not is_legible(text)


def _are_parted_otherwise(text: str, other: str) -> bool:
    """Tell whether two texts of a page have the same letters but other spaces between them.

    The first parser guesses from operators where a word ends, the second sees the gaps (docs/decisions/0046), and
    where figures stand among words that are written from right to left.
    """
    letters, others = (sum(map(str.isalnum, one)) for one in (text, other))
    words = len(text.split())
    same = abs(letters - others) <= _SAME * letters
    return same and (abs(len(other.split()) - words) > _PARTED * words or runs_right_to_left(other))


def _whole(path: Path, second: PdfiumFile, lexicon: Lexicon) -> Layer:
    """Read all pages with the second parser."""
    check_pages(path, len(second))
    numbers = [str(number) for number in range(1, len(second) + 1)]
    title = sensible_title(second.title(), lexicon)
    layer = Layer([], sensible_labels(second.labels(), numbers), title)
    for number in range(1, len(numbers) + 1):
        text = _text(second, number)
        layer.texts.append(text if isinstance(text, str) else "")
        if not isinstance(text, str):
            layer.failures[number] = describe(text)
        check_text(path, len(layer.texts[-1]))
    check_text(path, sum(map(len, layer.texts)))
    return layer


def _text(second: PdfiumFile, number: int) -> str | Exception:
    try:
        return second.text(number)
    except Exception as error:
        return error


def _spelled(second: PdfiumFile | None, number: int, text: str) -> dict[str, str]:
    """Return the letters of the ligatures of a page to which its font gives no meaning."""
    if second is None or number > len(second) or not holds_ligatures(text):
        return {}
    try:
        return second.ligatures(number)
    except Exception:  # the words are there but for these letters
        return {}


def _with_letters(look: Look | None, letters: Mapping[str, str]) -> Look | None:
    """Return what is on a page with the letters of its ligatures."""
    if look is None or not letters:
        return look
    sheet, lettering = look.sheet, look.lettering
    if sheet:
        sheet = replace(sheet, glyphs=spelled(sheet.glyphs, letters))
    if lettering:
        lettering = replace(lettering, glyphs=spelled(lettering.glyphs, letters))
    return replace(look, sheet=sheet, lettering=lettering)


def _look(second: PdfiumFile | None, number: int, text: str, off: frozenset[str]) -> Look | None:
    """Look at a page, closely if its text may hold a table; None if that cannot be done."""
    if second is None or number > len(second):
        return None
    try:
        return second.look(number, closely=may_hold_table(text), lettered=may_count_lines(text), off=off)
    except Exception:  # the words are there, or the failure is known
        return None


def _without_lost_letters(layer: Layer, gaps: Sequence[int], remarks: list[Remark]) -> tuple[int, ...]:
    """Take out of the texts what fonts do not say, add remarks on it, and return the pages of which little is left."""
    shapes = tuple(number for number, text in enumerate(layer.texts, 1) if not is_legible(text))
    partly = tuple(number for number in gaps if number not in shapes)
    for number in shapes:
        layer.texts[number - 1] = without_shapes(layer.texts[number - 1])
    for number in partly:
        layer.texts[number - 1] = layer.texts[number - 1].replace(LOST, "")
    remarks += [Remark("no_letters", shapes)] if shapes else []
    remarks += [Remark("letters_lost", partly)] if partly else []
    return shapes


def _marked(text: str, look: Look | None) -> Marked:
    """Normalise the characters of a page's text, and write into it what its setting says and the rows of its tables."""
    text = characters(text)
    if look is None:
        return Marked(text, ())
    sheet = look.sheet
    if look.lettering is None:
        return marked(text, sheet.glyphs, grids_of(sheet)) if sheet else Marked(text, ())
    new = rewritten(text, look.lettering)
    sheet = replace(sheet, glyphs=new.glyphs) if sheet else None
    mark = marked(new.text, sheet.glyphs, grids_of(sheet)) if sheet else Marked(new.text, ())
    return replace(mark, struck=new.struck, numbered=new.numbered)


def _page(number: int, label: str, text: str, method: Method, look: Look | None, mark: Marked) -> Page:
    hidden = hidden_spans(text, look.pieces) if look and look.pieces else ()
    hidden = with_struck(text, hidden) if mark.struck else hidden
    return Page(number, label, text, method, None, hidden)


def _with_tables(page: Page, tables: Sequence[Table], lexicon: Lexicon) -> Page:
    return replace(page, tables=with_captions(page.text, tables, lexicon))


def _lines(second: PdfiumFile | None, number: int, annotations: Sequence[Annotation]) -> list[Line]:
    """Return the lines for what a page has beside its text."""
    words: list[Word] = []
    place = None
    if second is not None and number <= len(second):
        with suppress(Exception):  # without them fields have their names
            words, place = second.words(number)
    return lines_of(annotations, words, place)


def _is_scan(page: Page, look: Look | None) -> bool:
    """Tell whether a page shows more than its text layer says."""
    letters = sum(map(str.isalnum, page.text))
    if look is None:  # it cannot be known
        return letters == 0
    if letters == 0:
        return look.pictures >= _PICTURE or look.drawings >= _MANY_DRAWINGS
    return letters < _FEW and look.pictures >= _SCAN


def _unreadable(failures: dict[int, str]) -> list[Remark]:
    """Say which pages failed."""
    return by_reason("pages_lost", failures)
