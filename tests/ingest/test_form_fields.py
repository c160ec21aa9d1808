"""What a PDF has beside its text layer: form fields with their labels, typed-on text, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from odd_files import FONT, RESOURCES, assemble, form, pages, stream, zeros_deflated

from ingest import Document, Readers, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

NAME = "/Type/Annot/Subtype/Widget/FT/Tx/Rect[200 696 400 714]/T(f1)/V(Ottilie Brandt)"


def at(*lines: tuple[float, float, str]) -> str:
    """Return a content stream with words at places."""
    return "".join(f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET " for x, y, text in lines)


def pdf(
    content: str,
    annotations: Sequence[str],
    extra: Mapping[int, bytes] | None = None,
    entries: bytes = b"",
    fields: str = "",
) -> bytes:
    """Return a PDF of one page with annotations, which are the objects from 20 on."""
    numbers = range(20, 20 + len(annotations))
    refs = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = pages([stream(content.encode())], RESOURCES + b"/Annots[%b]" % refs + entries)
    objects[1] = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b]>>>>" % (fields.encode() or refs)
    objects |= {number: f"<<{entry}>>".encode() for number, entry in zip(numbers, annotations, strict=True)}
    return assemble(objects | dict(extra or {}))


def document_of(tmp_path: Path, content: bytes) -> Document:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    return read(path)


def lines(document: Document) -> list[str]:
    return [line for line in document.pages[0].text.split("\n") if line]


def text_field(name: str, value: str, left: float, bottom: float, more: str = "", width: float = 150) -> str:
    rect = f"{left} {bottom} {left + width} {bottom + 16}"
    return f"/Type/Annot/Subtype/Widget/FT/Tx/Rect[{rect}]/T({name})/V({value}){more}"


def box(name: str, left: float, bottom: float, *, ticked: bool, more: str = "", on: str = "On") -> str:
    rect = f"{left} {bottom} {left + 12} {bottom + 12}"
    state = f"/AS/{on if ticked else 'Off'}/AP<</N<</{on} 9 0 R/Off 9 0 R>>>>"
    return f"/Type/Annot/Subtype/Widget/FT/Btn/Rect[{rect}]/T({name}){state}{more}"


def test_fields_stand_behind_their_labels_which_are_beside_or_above_them(tmp_path: Path) -> None:
    content = at((60, 740, "Permit for the allotment"), (60, 700, "Holder"), (60, 660, "Plot number:"))
    content += at((60, 622, "Telephone, in the daytime"), (60, 560, "Crop"))
    fields = [
        text_field("f1", "Ottilie Brandt", 200, 696),
        text_field("f2", "17 B", 200, 656),
        text_field("f3", "0555 2210", 60, 600),
        "/Type/Annot/Subtype/Widget/FT/Ch/Rect[200 556 300 572]/T(f4)/V(2)/Opt[[(1)(Leeks)][(2)(Broad beans)]]",
        text_field("secret", "hunter2", 200, 500, "/Ff 8192"),
        text_field("empty", "", 200, 460),
        "/Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/Rect[200 400 260 420]/T(send)/MK<</CA(Send)>>",
    ]
    document = document_of(tmp_path, pdf(content, fields))
    assert lines(document) == [
        "Permit for the allotment",
        "Holder: Ottilie Brandt",
        "Plot number: 17 B",
        "Telephone, in the daytime: 0555 2210",
        "Crop: Broad beans",
    ]
    assert document.warnings == ()


def test_a_field_without_words_beside_it_has_the_name_that_a_viewer_or_the_file_gives_it(tmp_path: Path) -> None:
    fields = [
        text_field("x7", "Kiel", 200, 600, "/TU(Place of birth)"),
        text_field("date_of_birth[0]", "3 May 1971", 200, 400),
        "/Type/Annot/Subtype/Widget/Rect[200 300 350 316]/T(page)/Parent 40 0 R",
    ]
    parent = {40: b"<</FT/Tx/T(permit)/V<FEFF00D6006C>/Kids[22 0 R]>>"}
    assert lines(document_of(tmp_path, pdf("", fields, parent))) == [
        "Place of birth: Kiel",
        "date of birth: 3 May 1971",
        "page: Öl",
    ]


def test_what_a_viewer_calls_a_field_is_told_beside_its_label_if_that_says_something_else(tmp_path: Path) -> None:
    content = at((60, 700, "Since"), (60, 660, "Town"))
    fields = [
        text_field("a", "2011", 200, 696, "/TU(Year of the first lease)"),
        text_field("b", "Hof", 200, 656, "/TU(Town)"),
    ]
    assert lines(document_of(tmp_path, pdf(content, fields))) == [
        "Since",
        "Town: Hof",
        "Since (Year of the first lease): 2011",
    ]


def test_boxes_are_yes_or_no_and_those_behind_a_question_are_its_answer(tmp_path: Path) -> None:
    content = at((60, 700, "Water connection"), (76, 660, "Shed on the plot"), (76, 620, "Bees are kept"))
    content += at((60, 580, "Dogs?"), (160, 580, "yes"), (220, 580, "no"))
    fields = [
        box("w", 200, 698, ticked=True),
        box("s", 60, 658, ticked=False),
        box("b", 60, 618, ticked=True),
        box("d1", 145, 578, ticked=False),
        box("d2", 205, 578, ticked=True),
    ]
    document = document_of(tmp_path, pdf(content, fields))
    assert lines(document) == [
        "Water connection: yes",
        "Shed on the plot: no",
        "Bees are kept: yes",
        "Dogs? yes no",
        "Dogs? no",
    ]


def test_of_radio_buttons_the_one_that_is_chosen_is_the_value(tmp_path: Path) -> None:
    content = at((60, 700, "Size of the plot"), (76, 670, "small"), (76, 640, "middling"), (76, 610, "large"))
    kids = [
        f"/Type/Annot/Subtype/Widget/Parent 40 0 R/Rect[60 {y} 72 {y + 12}]/AS/{state}/AP<</N<</{on} 9 0 R>>>>"
        for y, state, on in ((668, "Off", 0), (638, "1", 1), (608, "Off", 2))
    ]
    parent = {40: b"<</FT/Btn/Ff 32768/T(size)/V/1/Kids[20 0 R 21 0 R 22 0 R]>>"}
    document = document_of(tmp_path, pdf(content, kids, parent, fields="40 0 R"))
    assert "Size of the plot: middling" in lines(document)


def test_the_fields_of_a_table_have_the_names_of_row_and_column(tmp_path: Path) -> None:
    content = at((200, 700, "Morning"), (300, 700, "Evening"), (60, 670, "Monday"), (60, 640, "Tuesday"))
    fields = [
        text_field("a", "8-11", 200, 666, width=80),
        text_field("b", "17-19", 300, 666, width=80),
        text_field("c", "9-12", 200, 636, width=80),
        text_field("d", "closed", 300, 636, width=80),
    ]
    assert lines(document_of(tmp_path, pdf(content, fields)))[-4:] == [
        "Monday, Morning: 8-11",
        "Monday, Evening: 17-19",
        "Tuesday, Morning: 9-12",
        "Tuesday, Evening: closed",
    ]


def test_fields_that_follow_one_label_are_one_value(tmp_path: Path) -> None:
    fields = [text_field(f"d{n}", part, 200 + 50 * n, 696, width=40) for n, part in enumerate(("23", "11", "1987"))]
    assert lines(document_of(tmp_path, pdf(at((60, 700, "Date of birth")), fields))) == ["Date of birth: 23 11 1987"]


def test_the_same_label_in_two_sections_keeps_its_section(tmp_path: Path) -> None:
    content = at((60, 740, "Tenant"), (60, 700, "Name"), (60, 660, "Guarantor"), (60, 620, "Name"))
    fields = [text_field("g", "Ilse Roth", 200, 616), text_field("t", "Jan Maas", 200, 696)]
    assert lines(document_of(tmp_path, pdf(content, fields))) == [
        "Tenant",
        "Name: Jan Maas",
        "Guarantor",
        "Name: Ilse Roth",
    ]


def test_a_page_that_lies_on_its_side_has_its_labels_too(tmp_path: Path) -> None:
    turned = "".join(
        f"BT /F1 10 Tf 0 1 -1 0 {x} {y} Tm ({text}) Tj ET " for x, y, text in ((100, 60, "Holder"), (140, 60, "Plot"))
    )
    fields = [
        "/Type/Annot/Subtype/Widget/FT/Tx/Rect[88 200 104 380]/T(a)/V(Ottilie Brandt)",
        "/Type/Annot/Subtype/Widget/FT/Tx/Rect[128 200 144 380]/T(b)/V(17 B)",
    ]
    found = lines(document_of(tmp_path, pdf(turned, fields, entries=b"/Rotate 90")))
    assert found == ["Holder: Ottilie Brandt", "Plot: 17 B"]


def test_hidden_fields_and_notes_are_marked(tmp_path: Path) -> None:
    fields = [
        text_field("shown", "seen", 200, 600),
        text_field("code", "not seen", 200, 500, "/F 2"),
        "/Type/Annot/Subtype/Text/Rect[10 10 30 30]/Contents(Nor this)/F 32",
    ]
    document = document_of(tmp_path, pdf("", fields))
    [page] = document.pages
    assert page.text == "shown: seen\ncode: not seen\nNote: Nor this"
    assert [page.text[start:end] for start, end in page.hidden] == ["code: not seen", "Note: Nor this"]
    assert document.warnings == ("page 1 with hidden text, which is kept and is no evidence",)


def test_typed_on_text_is_read_and_notes_say_that_they_are_and_whose(tmp_path: Path) -> None:
    content = at((60, 700, "Bill 88 for two chimneys"), (60, 660, "Received by:"))
    picture = form(b"BT /F1 10 Tf 0 0 Td (Booked in March) Tj ET", b"/Font<</F1 %b>>" % FONT)
    annotations = [
        "/Subtype/FreeText/Rect[300 690 500 710]/Contents(Paid on the 4th, in cash)",
        "/Subtype/FreeText/Rect[130 655 300 672]/Contents(Rosa Klee)",
        "/Subtype/Stamp/Rect[300 600 400 640]/AP<</N 9 0 R>>",
        "/Subtype/Text/Rect[10 700 30 720]/Contents(Ask for\rthe discount)/T(Emil)",
        "/Subtype/Highlight/Rect[60 700 100 712]/Contents(Which chimneys?)",
        "/Subtype/Highlight/Rect[60 700 100 712]",
        "/Subtype/Popup/Rect[10 700 30 720]/Contents(Ask for)",
    ]
    document = document_of(tmp_path, pdf(content, annotations, {9: picture}))
    assert lines(document) == [
        "Bill 88 for two chimneys",
        "Received by: Rosa Klee",
        "Paid on the 4th, in cash",
        "Booked in March",
        "Note (Emil): Ask for the discount",
        "Note: Which chimneys?",
    ]


# Hostile ones: what can be read is, the rest is said, and the next file is read


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as opened:
        yield opened


def hostile(readers: Readers, tmp_path: Path, content: bytes) -> Document:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    document = readers.read(path)
    assert "Holder" in document.text
    return document


HOLDER = at((60, 700, "Holder"))


def test_fields_that_are_their_own_parents_and_kids_are_read_once(readers: Readers, tmp_path: Path) -> None:
    loop = "/Parent 21 0 R/Kids[20 0 R 21 0 R]"
    fields = [
        "/Type/Annot/Subtype/Widget/Rect[200 696 400 714]/Parent 21 0 R/V(Ottilie)/FT/Tx",
        f"/Type/Annot/Subtype/Widget/Rect[200 600 400 614]{loop}/T(loop)",
        "/Subtype/Text/Rect[10 10 30 30]/Contents 22 0 R/Popup 22 0 R/Parent 22 0 R",
    ]
    document = hostile(readers, tmp_path, pdf(HOLDER, fields))
    assert document.text == "Holder: Ottilie"


def test_a_tree_of_fields_without_end_costs_nothing(readers: Readers, tmp_path: Path) -> None:
    tree = {n: b"<</T(t)/Kids[%d 0 R %d 0 R]/Parent %d 0 R>>" % (n + 1, n + 1, n + 1) for n in range(50, 120)}
    document = hostile(readers, tmp_path, pdf(HOLDER, [NAME + "/Parent 50 0 R"], tree, fields="50 0 R"))
    assert document.text == "Holder: Ottilie Brandt"


def test_of_an_enormous_number_of_annotations_the_first_are_read_and_it_is_said(
    readers: Readers, tmp_path: Path
) -> None:
    refs = b"/Annots[20 0 R %b]" % (b"21 0 R " * 200_000)
    objects = pages([stream(HOLDER.encode())], RESOURCES + refs)
    objects[20] = b"<<" + NAME.encode() + b">>"
    objects[21] = b"<</Subtype/Text/Rect[0 0 9 9]/Contents(ha)>>"
    document = hostile(readers, tmp_path, assemble(objects))
    assert document.text.count("Note: ha") == 4_999
    assert "Ottilie Brandt" in document.text
    assert document.warnings == (
        "page 1 holding form fields or notes that could not all be read: there are more than are read",
    )


def test_fields_of_megabytes_end_somewhere(readers: Readers, tmp_path: Path) -> None:
    long = "w " * 600_000
    fields = [text_field(f"f{n}", long, 200, 600 - 20 * n) for n in range(8)]
    document = hostile(readers, tmp_path, pdf(HOLDER, fields))
    assert 2_000_000 < len(document.text) < 4_000_000
    assert "there are more than are read" in document.warnings[0]


def test_contents_that_are_no_strings_cost_only_themselves(readers: Readers, tmp_path: Path) -> None:
    bomb = {9: b"<</Length 4/Filter/FlateDecode>>stream\nxxxx\nendstream"}
    packed = zeros_deflated(1 << 30)
    bomb[10] = b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(packed), packed)
    rect = "/Rect[10 10 30 30]"
    annotations = [
        NAME,
        f"/Subtype/Text{rect}/Contents 17",
        f"/Subtype/Text{rect}/Contents<</A 1>>",
        f"/Subtype/Text{rect}/Contents[(a)(b)]",
        f"/Subtype/Text{rect}/Contents 9 0 R",
        f"/Subtype/FreeText{rect}/Contents 10 0 R",
        "/Subtype/Text/Rect(none)/Contents(no place)",
        "/Subtype/Text/Rect[1 2]/Contents(half a place)",
        f"/Subtype 5{rect}/Contents(no kind)",
        f"/Subtype/Text{rect}/Contents(the last one)",
    ]
    document = hostile(readers, tmp_path, pdf(HOLDER, annotations, bomb))
    assert "Holder: Ottilie Brandt" in document.text
    assert document.text.endswith("Note: the last one")
    assert "could not all be read" in document.warnings[0]
