"""The text of a page read in less time: the operations and the text are those of pypdf, whatever a stream holds."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PageObject, PdfWriter
from pypdf.generic import ArrayObject, ContentStream, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from ingest.readers import textlayer
from ingest.readers.content import TEXT, operations
from ingest.readers.quick_page import QuickPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKENS = st.one_of(
    st.sampled_from(sorted(TEXT)),
    st.sampled_from(
        b"re m l S f* W n rg scn gs BMC EMC Tz true null endobj R BI ID EI % < > << >> [ ] ( ) { }".split()
    ),
    st.sampled_from([b"/F1", b"/F2", b"/F3", b"/X1", b"/X2", b"/None", b"/A#20b", b"/\xc3\xa9", b"/"]),
    st.sampled_from(
        [b"<</MCID 3>>", b"<</A<0041>/B(x)>>", b"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI", b"%note\n", b"1 0 R"]
    ),
    st.sampled_from([b"0", b"1", b"-1", b"12", b".5", b"-7.25", b"+3.", b"--4", b"1-2", b"1,5", b".", b"9" * 22]),
    st.sampled_from(
        [b"<0041>", b"<00 4", b"<4>", b"<0g>", rb"(a\053\)b)", rb"(\8\777)", b"((in) (side))", b"(a\\\nb)"]
    ),
    st.sampled_from([b"[(ab) -300 (c)]", b"[<0041> 2.5 <05D0>]", b"[null true]", b"[[1] /F1]", b"[1 %x\n 2]", b"[(a]"]),
    st.sampled_from(
        [b"/F1 12 Tf", b"/F2 9 Tf", b"BT", b"ET", b"1 0 0 1 72 700 Tm", b"0 -14 Td", b"(word) Tj", b"q", b"Q"]
    ),
    st.binary(max_size=6),
)
SPACES = st.sampled_from([b" ", b" ", b"\n", b"\r\n", b"", b"\t", b"\x00", b"\x0b", b"\f"])
STREAMS = st.lists(st.tuples(TOKENS, SPACES), max_size=25).map(lambda parts: b"".join(map(b"".join, parts)))

LINES = st.one_of(  # operations as programs write them
    st.sampled_from([b"BT", b"ET", b"q", b"Q", b"T*", b"/X1 Do", b"/X2 Do", b"/None Do", b"0 0 5 5 re f", b"-14 TL"]),
    st.builds(b"/%b %d Tf".__mod__, st.tuples(st.sampled_from([b"F1", b"F2", b"F3", b"None"]), st.integers(-2, 20))),
    st.builds(
        lambda numbers, operator: b"%b %b" % (b" ".join(b"%.2f" % number for number in numbers), operator),
        st.lists(st.floats(-400, 800), max_size=6),
        st.sampled_from([b"Td", b"TD", b"Tc", b"Tw", b"TL"]),
    ),
    st.builds(
        lambda four, x, y, operator: b"%b %.1f %.1f %b" % (four, x, y, operator),
        st.sampled_from([b"1 0 0 1", b"0 1 -1 0", b"-1 0 0 -1", b"0 -1 1 0", b"2 0 0 -2", b"0 0 0 0", b".7 .7 -.7 .7"]),
        st.floats(0, 600),
        st.sampled_from([700.0, 686.0, 690.0, 100.0]),
        st.sampled_from([b"Tm", b"cm"]),
    ),
    st.builds(
        lambda strings, operator: b"%b %b" % (strings, operator),
        st.sampled_from(
            [b"(Total)", b"( )", b"()", b"<0041>", b"<05D005D1>", b"<05D00020004100310020>", b"/F1", b"1 2 (x)"]
        ),
        st.sampled_from([b"Tj", b"'", b'"']),
    ),
    st.sampled_from([b"[(To) -20 (tal) -900 (5)] TJ", b"[-900 (5) 400 <05D0>] TJ", b"[] TJ", b"[( ) -700 (x)] TJ"]),
)
PAGES = st.lists(LINES, max_size=40).map(b"\n".join)


@pytest.fixture(autouse=True, scope="module")
def silence() -> Iterator[None]:
    logger = logging.getLogger("pypdf")
    before, logger.propagate = logger.propagate, False
    handler = logging.NullHandler()
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)
    logger.propagate = before


def outcome(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:
        return type(error)


def content(data: bytes) -> ContentStream:
    stream = DecodedStreamObject()
    stream.set_data(data)
    return ContentStream(stream, None, "bytes")


def plain(data: bytes) -> list[tuple[Any, bytes]]:
    return [operation for operation in content(data).operations if operation[1] in TEXT]


def stream_of(data: bytes, **keys: Any) -> DecodedStreamObject:
    stream = DecodedStreamObject()
    stream.set_data(data)
    stream.update({NameObject(f"/{key}"): value for key, value in keys.items()})
    return stream


def page_of(data: bytes) -> PageObject:
    """Return a page with a simple font, one of two bytes a letter, one that is damaged, and a form in a form."""
    simple = DictionaryObject(
        {
            NameObject(f"/{key}"): NameObject(f"/{value}")
            for key, value in [("Subtype", "Type1"), ("BaseFont", "Helvetica")]
        }
    )
    to_unicode = stream_of(b"1 beginbfrange\n<0020> <0042> <0020>\n<05D0> <05D2> <05D0>\nendbfrange")
    wide = DictionaryObject(
        {
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/Encoding"): NameObject("/Identity-H"),
            NameObject("/ToUnicode"): to_unicode,
            NameObject("/DescendantFonts"): ArrayObject([DictionaryObject({NameObject("/DW"): NumberObject(600)})]),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): simple, NameObject("/F2"): wide, NameObject("/F3"): NumberObject(1)})
    resources = DictionaryObject({NameObject("/Font"): fonts})
    inner = stream_of(b"BT /F1 9 Tf 1 0 0 1 80 90 Tm (inner) Tj ET", Subtype=NameObject("/Form"), Resources=resources)
    outer = DictionaryObject({NameObject("/Font"): fonts, NameObject("/XObject"): DictionaryObject()})
    outer["/XObject"][NameObject("/X2")] = inner
    form = stream_of(b"BT /F1 9 Tf (form) Tj ET /X2 Do /X1 Do", Subtype=NameObject("/Form"), Resources=outer)
    outer["/XObject"][NameObject("/X1")] = form
    page = PdfWriter().add_blank_page(612, 792)
    page[NameObject("/Resources")] = outer
    page[NameObject("/Contents")] = stream_of(data)
    return page


@settings(max_examples=400, deadline=None)
@given(STREAMS)
def test_the_operations_are_those_of_pypdf(data: bytes) -> None:
    assert outcome(lambda: operations(content(data))) == outcome(lambda: plain(data))


@settings(max_examples=200, deadline=None)
@given(
    PAGES,
    st.integers(0, 400),
    st.sampled_from([b"", b"(", b")", b"]", b"<", b">", b"\\", b"%", b" ", b"-", b"7", b"BI "]),
)
def test_the_operations_of_a_damaged_stream_are_those_of_pypdf(data: bytes, at: int, damage: bytes) -> None:
    data = data[:at] + damage + data[at + 1 :]
    assert outcome(lambda: operations(content(data))) == outcome(lambda: plain(data))


@settings(max_examples=300, deadline=None)
@given(st.one_of(PAGES, STREAMS))
def test_the_text_of_a_page_is_that_of_pypdf(data: bytes) -> None:
    page = page_of(data)
    assert outcome(QuickPage(page, {}).extract_text) == outcome(page.extract_text)


def test_strings_names_and_numbers_are_read() -> None:
    data = rb"/F1 9.5 Tf [(a\(b\051\\) -20.5 <4 1 4>]TJ (one(two)\061)Tj<</MCID 0>>BDC 1 0 0 1 .5 -3 cm"
    assert operations(content(data)) == [
        (["/F1", 9.5], b"Tf"),
        ([[b"a(b)\\", -20.5, b"A@"]], b"TJ"),
        ([b"one(two)1"], b"Tj"),
        ([1, 0, 0, 1, 0.5, -3], b"cm"),
    ]


def test_what_text_does_not_depend_on_is_left_out() -> None:
    data = b"q 0 0 10 10 re f 1 0 0 rg /G0 gs BI /W 1 /H 1 /BPC 8 /CS /G ID x EI % Tj\n Q"
    assert operations(content(data)) == [([], b"q"), ([], b"Q")]


def test_a_stream_over_the_limit_of_tokens_fails_as_with_pypdf() -> None:
    data = b"1 0 0 1 0 0 cm " * 50
    with pypdf.apply_configuration(stream_parsing_work_maximum_count=100):
        assert (
            outcome(lambda: operations(content(data))) is outcome(lambda: plain(data)) is pypdf.errors.LimitReachedError
        )


def test_a_font_is_parsed_once_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Any] = []
    whole = pypdf.generic._font.Font.from_font_resource
    monkeypatch.setattr(pypdf.generic._font.Font, "from_font_resource", lambda font: parsed.append(font) or whole(font))
    page = page_of(b"BT /F1 9 Tf (one) Tj ET")
    fonts: dict[int, Any] = {}
    assert [QuickPage(page, fonts).extract_text() for _ in range(3)] == ["one"] * 3
    assert len(parsed) == 3  # of the three in the resources


def test_the_installed_pypdf_is_the_one_whose_steps_are_known() -> None:
    assert pypdf.__version__ == textlayer._KNOWN_VERSION


def test_another_version_reads_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pypdf, "__version__", "99.0.0")
    assert textlayer._reading() is PageObject.extract_text
