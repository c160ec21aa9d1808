"""Text that is only what a font makes of its shapes is told from text, and read in another way or named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import odd_files
import pytest

from ingest import Readers, ocr_available, pool
from ingest.legible import is_legible, without_shapes
from ingest.readers.pdf import read

if TYPE_CHECKING:
    from pathlib import Path

LINES = "The boiler is serviced every spring by two people\nand the valve is replaced after nine years at the latest."
FONT = "page 1 set in a font that does not say which letters its shapes are"
HOW = (
    "page 1 not read, shown only as pictures: `pip install '.[ocr]'` in the folder of rag-app's source "
    "and `rag ingest` again would read them"
)
NOT_A_LETTER = {
    "nothing": dict.fromkeys(LINES, "\uffff"),
    "replacements": dict.fromkeys(LINES, "\ufffd"),
    "private": {c: chr(0xE000 + ord(c)) for c in LINES if c != " "},
    "symbols": {c: chr(0xF000 + ord(c)) for c in LINES if c != " "},
    "controls": {c: chr(0x80 + n) for n, c in enumerate(dict.fromkeys(LINES))},
    "one private": {c: "\ue123" for c in LINES if c != " "},
    "one letter": {c: "A" for c in LINES if c != " "},
}

TEXTS = {
    "prose": LINES,
    "zeros": "Deposits 0 0 0 0 0 0 0 0\nLoans 0.00 0.00 0.00 0.00\n" * 20,
    "numbers": "\n".join(f"{n} {n * 7919 % 1000:,} 1111 1111.11 (1,111)" for n in range(60)),
    "Chinese": "本合同自双方签字之日起生效,租赁期限为三年。甲方应当按时支付租金。" * 4,
    "Japanese": "この製品は一年間の保証が付いています。" * 6,
    "Korean": "계약 기간은 삼 년이며 임대료는 매월 지급한다. " * 4,
    "Arabic": "يجب على المستأجر دفع الإيجار في أول كل شهر. " * 4,
    "Hindi": "किरायेदार को हर महीने की पहली तारीख को किराया देना होगा। " * 4,
    "mathematics": "Let ∑ₙ aₙ ≤ ∫ f(x) dx where 𝑓 ∈ 𝐿² and α, β ≥ 0. Then ‖𝐴𝑥‖ ≤ λ‖𝑥‖ ∀𝑥. " * 4,
    "private signs in formulas": "Let \uf0e5 a \uf0a3 \uf0f2 f(x) dx for all x \uf0ce R and \uf061 > 0 it follows. "
    * 4,
    "dotted leaders": "\n".join(f"{n} Chapter {'.' * 60} {n * 9}" for n in range(1, 40)),
    "private leaders": "\n".join(f"{n} Chapter {chr(0xF02E) * 60} {n * 9}" for n in range(1, 40)),
    "bullets": "\n".join(f"\uf0b7 point {n}" for n in range(40)),
    "bullets alone": "\uf0b7 " * 60,
    "crosses": "\n".join(f"Item {n} X X X x" for n in range(60)),
    "placeholders": "Name: XXXXXXXXXX of the street XXXXXXXXXX and of the town called XXXXXXXXXX in this country",
    "code": "0x41414141 aaaa /usr/lib/x86_64/a1 /dev/sda1\n" * 10,
    "genes": "ACGTACGTTTGACCAGTAAAGGCATTTACG " * 20,
    "short": "\ufffd\ufffd 12",
    "empty": "",
    "ligatures as controls": "The o\x0bce \x0crst di\x0bers from the e\x0bect of \x0cre in the o\x0bces of the \x0crm. "
    * 4,
}

SHAPES = {
    "cid": "(cid:12)(cid:7) (cid:3)(cid:44)(cid:45)(cid:12) (cid:7)(cid:3)(cid:44) (cid:9)(cid:1)",
    "names": "/g12/g45/g7/g3 /g9/g17/g3/g4 /g12/g8/g3/g3/g5",
    "names with a heading": "Annual report\n" + "/gid00012/gid00045/gid00007/gid00003 " * 8,
    "half of it": "Annual report of the company\n" + "\ufffd\ufffd\ufffd \ufffd\ufffd " * 10,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_of_every_kind_is_legible(text: str) -> None:
    assert is_legible(text)


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_numbers_and_marks_of_shapes_are_not(text: str) -> None:
    assert not is_legible(text)
    assert without_shapes(text).strip() in {"", "Annual report", "Annual report of the company"}


@pytest.mark.parametrize("letters", [None, *NOT_A_LETTER.values()], ids=["no map", *NOT_A_LETTER])
def test_a_page_in_a_font_without_letters_is_named_and_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, letters: dict[str, str] | None
) -> None:
    monkeypatch.setattr(pool, "ocr_available", lambda: False)
    path = tmp_path / "shapes.pdf"
    path.write_bytes(odd_files.shapes(LINES, letters))
    assert read(path).unread == (1,)
    with Readers(1) as readers:
        document = readers.read(path)
    assert document.warnings == (FONT, HOW)
    assert document.unread == (1,)
    assert document.text.replace("A", "").strip() == ""


def test_a_page_whose_font_says_its_letters_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sound.pdf"
    path.write_bytes(odd_files.shapes(LINES, {}))
    document = read(path)
    assert (document.unread, document.warnings) == ((), ())
    assert " ".join(document.text.split()) == " ".join(LINES.split())


@pytest.mark.slow
def test_a_page_in_a_font_without_letters_is_recognised_by_its_looks(tmp_path: Path) -> None:
    if not ocr_available():
        pytest.skip("the extra ocr is not installed")
    path = tmp_path / "drawn.pdf"
    path.write_bytes(odd_files.disguised("The warranty of the heron boat\nends on 14 March 2031."))
    with Readers(1) as readers:
        document = readers.read(path)
    [page] = document.pages
    assert " ".join(page.text.split()) == "The warranty of the heron boat ends on 14 March 2031."
    assert (page.method, document.unread, document.warnings) == ("ocr", (), (FONT,))


def numbered(text: str, heading: str) -> bytes:
    """Return a PDF with a heading, and lines in a font without a map that numbers its letters as fonts often do."""
    lines = [b"<%b> Tj 0 -14 Td" % b"".join(b"%04X" % (ord(c) - 29) for c in line) for line in text.split("\n")]
    draw = b"BT /F2 12 Tf 72 740 Td (%b) Tj ET BT /F1 12 Tf 72 700 Td %b ET" % (heading.encode(), b" ".join(lines))
    entries = b"/Resources<</Font<</F1 5 0 R/F2 %b>>>>" % odd_files.FONT
    font = b"<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/DescendantFonts[6 0 R]>>"
    inner = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Own/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
    objects = odd_files.pages([odd_files.stream(draw)], entries)
    return odd_files.assemble(objects | {5: font, 6: inner + b"/Supplement 0>>/DW 600>>"})


def test_letters_that_pass_for_others_are_not_taken_for_text(tmp_path: Path) -> None:
    path = tmp_path / "shapes.pdf"
    path.write_bytes(numbered(LINES, "Boiler house"))
    document = read(path)
    assert (document.text, document.unread, document.warnings) == ("Boiler house", (1,), (FONT,))


def test_a_few_words_without_letters_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "shapes.pdf"
    path.write_bytes(numbered("Made in the spring", "The report on the boiler house says what was done there, " * 2))
    document = read(path)
    assert document.text == ("The report on the boiler house says what was done there, " * 2).strip()
    assert document.unread == ()
    assert document.warnings == ("page 1 without some words: their font does not say which letters its shapes are",)
