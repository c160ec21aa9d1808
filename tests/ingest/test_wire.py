"""Documents survive the way from the process that reads them; what reading cannot make is refused."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import Document, Member, Page, Remark, wire
from ingest.packing import packed
from ingest.table import Cell, Table
from ingest.types import Recognised

PATH = Path("/files/a.pdf")
PAGE = {"page": "1", "method": "text", "confidence": None, "hidden": []}
END = {"title": "A title", "unread": []}
UNSURE = {"code": "ocr_unsure", "pages": [1], "detail": ""}
TOWNS = Table(
    1,
    1,
    "Towns",
    "in thousands",
    (
        Cell("Town", 0, 0, 2, 1, True, 0, 4),
        Cell("2024", 0, 1, 1, 2, True, 5, 9, (1.0, 2.0, 3.0, 4.5)),
        Cell("of it", 1, 1, 1, 1, False, 5, 5),
    ),
    (0.0, 0.0, 9.0, 9.0),
)
RECORD = packed(TOWNS, "Town\t2024")
SAID = {"code": "parser_said", "pages": [], "detail": "odd"}

lines = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\f"), max_size=50)


@st.composite
def pages(draw: st.DrawFn) -> list[Page]:
    made = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        text = draw(texts)
        hidden = ((0, len(text)),) if text and draw(st.booleans()) else ()
        method = draw(st.sampled_from(["text", "ocr", "fallback"]))
        made.append(Page(number, draw(lines), text, method, draw(st.none() | st.floats(0, 1)), hidden))
    return made


def sent(document: Document) -> Document | None:
    """Send a document through bytes and put it together."""
    assembly, arrived = wire.Assembly(Path(document.path)), None
    for message in wire.messages(document):
        packed = wire.pack(message)
        body = packed[wire.HEADER :]
        assert wire.size(packed[: wire.HEADER]) == len(body)
        arrived = assembly.add(wire.unpack(body))
    return arrived


@given(pages(), lines, st.lists(lines, max_size=3), st.data())
def test_a_document_arrives_as_it_was_sent(made: list[Page], title: str, said: list[str], data: st.DataObject) -> None:
    unread = tuple(sorted(data.draw(st.sets(st.sampled_from(range(1, len(made) + 1))) if made else st.just(set()))))
    remarks = [Remark("parser_said", detail=detail) for detail in said]
    remarks += [Remark("pages_lost", unread, detail) for detail in said if unread]
    document = Document(str(PATH), title, tuple(made), tuple(remarks), ((0, "Heading"),), unread)
    assert sent(document) == document


def test_no_field_is_forgotten_on_the_way() -> None:
    page = Page(1, "iv", "Some text.", "ocr", 0.5, ((0, 4),), (TOWNS,))
    document = Document(str(PATH), "Title", (page,), (Remark("pages_lost", (1,), "too deep"),), ((5, "Heading"),), (1,))
    member = Member(replace(document, path="b.eml > c.pdf"), "ab" * 32, 7)
    document = replace(document, members=(member,))
    for value in (page, document, TOWNS, TOWNS.cells[1], *document.remarks):
        own = [field for field in fields(value) if field.init and field.compare]  # others are looked for afterwards
        left_out = [field.name for field in own if getattr(value, field.name) == field.default]
        assert left_out == []  # a field that is new has to be tried here, too
    assert sent(document) == document


@pytest.mark.parametrize(
    "head",
    [
        {"member": "../a.pdf"},
        {"member": ""},
        {"member": "a\x1b.pdf"},
        {"sha256": "ab"},
        {"bytes": -1},
        {"bytes": "7"},
    ],
)
def test_a_member_that_reading_cannot_make_is_refused(head: dict[str, Any]) -> None:
    with pytest.raises(wire.Broken):
        wire.Assembly(PATH).add({"member": "a.pdf", "sha256": "ab" * 32, "bytes": 7} | head)


def test_members_lie_in_files_only_and_have_names_of_their_own() -> None:
    head = {"member": "a.pdf", "sha256": "ab" * 32, "bytes": 7}
    inside = wire.Assembly(PATH)
    inside.add(head)
    with pytest.raises(wire.Broken):
        inside.add(head)
    twice = wire.Assembly(PATH)
    for message in (head, PAGE, END):
        twice.add(message)
    with pytest.raises(wire.Broken):
        twice.add(head)


def test_a_long_text_travels_in_small_messages() -> None:
    document = Document(str(PATH), "a", (Page(1, "1", "日" * 350_000),))
    assert max(len(wire.pack(message)) for message in wire.messages(document)) < wire.MOST
    assert sent(document) == document


def test_a_table_that_runs_over_pages_arrives_as_it_was_sent() -> None:
    cells = (Cell("a", 0, 0, 1, 1, True, 5, 6), Cell("b", 0, 1, 1, 1, True, 7, 8), Cell("c", 1, 0, 1, 1, False, 9, 10))
    table = Table(2, 3, None, None, cells)
    pages = (Page(1, "1", "First"), Page(2, "2", "Text a\tb"), Page(3, "3", "c"))
    pages = (pages[0], Page(2, "2", "Text a\tb", tables=(table,)), pages[2])
    arrived = sent(Document(str(PATH), "a", pages))
    assert arrived is not None
    assert [arrived.text[cell.start : cell.end] for cell in arrived.tables[0].cells] == ["a", "b", "c"]
    assert arrived.pages == pages


def test_a_large_table_travels_in_small_messages() -> None:
    text = "\n".join("a\tb" for _ in range(30_000))
    cells = [Cell("ab"[n % 2], n // 2, n % 2, 1, 1, False, 2 * n, 2 * n + 1) for n in range(60_000)]
    document = Document(str(PATH), "a", (Page(1, "1", text, tables=(Table(1, 1, None, None, tuple(cells)),)),))
    sizes = [len(wire.pack(message)) for message in wire.messages(document)]
    assert max(sizes) < wire.MOST
    assert len(sizes) > 4
    assert sent(document) == document


def test_a_path_keeps_bytes_that_are_no_text() -> None:
    path = os.fsdecode(b"/files/\xff\n\xe9.pdf")
    assert wire.unpack(wire.pack({"path": path})[wire.HEADER :]) == {"path": path}


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([{"text": "no page yet"}], id="text without a page"),
        pytest.param([PAGE, {"text": "two\fpages"}], id="page break"),
        pytest.param([PAGE, {"text": "\ud800"}], id="half a character"),
        pytest.param([PAGE, {"text": 7}], id="number for text"),
        pytest.param([PAGE | {"method": "magic"}, END], id="method"),
        pytest.param([PAGE | {"confidence": float("nan")}, END], id="confidence"),
        pytest.param([PAGE | {"page": "a\nb"}, END], id="label of two lines"),
        pytest.param([PAGE | {"page": "x" * 2000}, END], id="long label"),
        pytest.param([PAGE | {"hidden": [[0, 5]]}, {"text": "abc"}, END], id="span beyond the text"),
        pytest.param([PAGE | {"hidden": [[2, 3], [0, 1]]}, {"text": "abc"}, END], id="spans out of order"),
        pytest.param([PAGE | {"hidden": [[True, 3]]}, {"text": "abc"}, END], id="no numbers"),
        pytest.param([PAGE, END | {"unread": [2]}], id="unread page that is not there"),
        pytest.param([PAGE, END | {"title": "\x1b[2J"}], id="control characters"),
        pytest.param([PAGE, {"sections": [[9, "far"]]}, END], id="section beyond the text"),
        pytest.param([PAGE, *[{"remark": SAID}] * 500, END], id="many remarks"),
        pytest.param([PAGE, {"remark": "page 1 could not be read: x"}, END], id="a sentence for a remark"),
        pytest.param([PAGE, {"remark": UNSURE | {"code": "magic"}}, END], id="another code"),
        pytest.param([PAGE, {"remark": UNSURE | {"pages": [2]}}, END], id="remark on a page that is not there"),
        pytest.param([PAGE, {"remark": UNSURE | {"pages": [True]}}, END], id="remark on no number"),
        pytest.param([PAGE, {"remark": SAID | {"detail": "a\nb"}}, END], id="detail of two lines"),
        pytest.param([PAGE, {"remark": SAID | {"detail": "x" * 2000}}, END], id="long detail"),
        pytest.param([PAGE, {"remark": SAID | {"more": 1}}, END], id="remark with another field"),
        pytest.param([PAGE, {"table": RECORD, "on": 1, "more": False}, END], id="table beyond the text"),
        pytest.param([PAGE, {"text": "Town\t2024"}, {"table": RECORD, "on": 2, "more": False}, END], id="another page"),
        pytest.param([PAGE, {"text": "Town\t2024"}, {"table": RECORD, "on": 1, "more": True}, END], id="half a table"),
        pytest.param([PAGE, {"table": 7, "on": 1, "more": False}, END], id="number for a table"),
        pytest.param([PAGE, *[{"table": "x" * 500_000, "on": 1, "more": True}] * 201, END], id="much of a table"),
        pytest.param([PAGE] * 20_002, id="many pages"),
        pytest.param([PAGE, *[{"text": "x" * 500_000}] * 101], id="much text"),
        pytest.param([{"page": None}, END], id="half a page"),
        pytest.param([{}], id="nothing"),
    ],
)
def test_what_no_reader_sends_is_refused(messages: list[dict[str, Any]]) -> None:
    assembly = wire.Assembly(PATH)
    with pytest.raises(wire.Broken):
        list(map(assembly.add, messages))


def test_remarks_that_hold_are_taken() -> None:
    assembly = wire.Assembly(PATH)
    *_, document = map(assembly.add, [PAGE, {"remark": UNSURE}, {"remark": SAID}, END])
    assert document is not None
    assert document.remarks == (Remark("ocr_unsure", (1,)), Remark("parser_said", detail="odd"))


def test_a_detail_travels_as_one_line_that_is_not_too_long() -> None:
    document = Document(str(PATH), "a", (Page(1, "1", ""),), (Remark("pages_lost", (1,), "two\nlines " * 500),))
    arrived = sent(document)
    assert arrived is not None
    [remark] = arrived.remarks
    assert (remark.pages, len(remark.detail), remark.detail[:9]) == ((1,), 1_000, "two lines")


@pytest.mark.parametrize("body", [b"[]", b"7", b"{", b"\xff", b"[" * 100_000, b"1" * 10_000])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(wire.Broken):
        wire.unpack(body)


def test_a_recognised_page_travels_in_one_message_whatever_is_on_it() -> None:
    text = "日" * 99_999
    cells = tuple(Cell("日", row, 0, 1, 1, False, row, row + 1, (1.25, 2.5, 3.75, 4.125)) for row in range(9_000))
    large, small = Table(1, 1, None, None, cells), Table(1, 1, "日" * 900, None, cells[:2])
    message = wire.recognition(1, Recognised(text, 1.0, (small, large, small)))
    assert len(wire.pack(message)) < wire.MOST
    assert wire.recognised(message) == (1, Recognised(text, 1.0, (small,)))
    assert wire.recognition(1, Recognised(text * 2, 1.0, (small,)))["tables"] == []  # its cells may be in what is cut


def test_a_message_that_is_too_long_is_not_read() -> None:
    with pytest.raises(wire.Broken, match="4294967295 bytes"):
        wire.size(b"\xff\xff\xff\xff")


@pytest.mark.parametrize(
    "changes",
    [
        {"confidence": 2},
        {"text": "a\fb"},
        {"text": "\udcff"},
        {"recognised": "1"},
        {"recognised": 2},  # its tables are those of page 1
        {"text": None},
        {"text": "Town"},  # a cell stands behind its end
        {"tables": None},
        {"tables": [7]},
        {"tables": ["{}"]},
    ],
)
def test_recognised_pages_are_checked_as_well(changes: dict[str, Any]) -> None:
    message = wire.recognition(1, Recognised("Town\t2024", 0.5, (TOWNS,)))
    assert wire.recognised(message) == (1, Recognised("Town\t2024", 0.5, (TOWNS,)))
    with pytest.raises(wire.Broken):
        wire.recognised(message | changes)
