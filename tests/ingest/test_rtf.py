from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import Document, DocumentError, read

if TYPE_CHECKING:
    from pathlib import Path

FONTS = (
    r"{\fonttbl{\f0\froman\fcharset0 Times;}{\f1\fswiss\fcharset204{\*\falt Arial Cyr}Arial;}"
    r"{\f2\fnil\fcharset128 Gothic;}}"
)
STYLES = r"{\stylesheet{\ql Normal;}{\s1\f1\b heading 1;}{\s5\outlinelevel1 Clause;}{\*\cs10 heading 9;}}"
START = rf"{{\rtf1\ansi\ansicpg1250\deff0{FONTS}{STYLES}{{\info{{\title Berths of 2024}}{{\author Ines}}}}"


def rtf(path: Path, body: str) -> Document:
    file = path / "a.rtf"
    file.write_bytes(f"{START}{body}}}".encode("latin-1"))
    return read(file)


def no_evidence(document: Document) -> list[str]:
    return [page.text[start:end] for page in document.pages for start, end in page.hidden]


def test_paragraphs_headings_and_numbered_items_are_told_apart(tmp_path: Path) -> None:
    document = rtf(
        tmp_path,
        "\\pard\\s1 Fees\\par\r\n\\pard\\s5 Late\r\n fees\\par\\pard\\plain A berth costs \\{45\\} euro\\~a day.\\par "
        r"\pard{\listtext\pard\plain\f0 1.\tab}Open the hatch.\par{\listtext\f0 2.\tab}Close it.\par"
        r"\pard{\pntext\f1\'b7\tab}a rope\par\pard One\line two\emdash three.",
    )
    assert document.title == "Berths of 2024"
    assert document.text == (
        "Fees\nLate fees\nA berth costs {45} euro a day.\n\n1. Open the hatch.\n2. Close it.\n- a rope\n\n"
        "One\ntwo—three."
    )
    assert [label for _, label in document.sections] == ["Fees", "Late fees"]


def test_letters_are_read_in_the_code_page_of_their_font_or_as_unicode(tmp_path: Path) -> None:
    document = rtf(
        tmp_path,
        r"\pard Z\'b3oty {\f1\'f6\'e5\'ed\'e0} {\f2\'97\'ce\'92\'83} \u8364 ?5 {\uc2\u321 ??ad} "
        r"\u-10179 ?\u-8704 ?.\par",
    )
    assert document.text == "Złoty цена 緑茶 €5 Ład 😀."


def test_struck_hidden_and_raised_text_is_marked(tmp_path: Path) -> None:
    document = rtf(
        tmp_path,
        r"\pard It costs {\strike 65 euro} 48 euro, {\deleted in May}in June.\par"
        r" The code is {\v 4711} secret.\par\pard 10{\super 6} litres of H{\sub 2}O.\par",
    )
    assert document.text == (
        "It costs ~~65 euro~~ 48 euro, ~~in May~~ in June.\n\nThe code is 4711 secret.\n\n10⁶ litres of H₂O."
    )
    assert no_evidence(document) == ["~~65 euro~~", "~~in May~~", "4711"]
    assert document.warnings == ("page 1 with hidden text, which is kept and is no evidence",)


def test_notes_comments_fields_boxes_and_heads_are_kept_and_pictures_are_not(tmp_path: Path) -> None:
    document = rtf(
        tmp_path,
        r"{\header\pard Policy HL-77\par}{\headerf\pard Policy HL-77\par}{\footer\pard Call 555 0101\par}"
        r"\pard A berth costs 45{\super\chftn}{\footnote\pard{\super\chftn} Without power.} euro"
        r"{\*\atnid IS}{\*\atnauthor Ines}\chatn{\*\annotation{\*\atndate 123}\pard Now 47?}, see "
        r'{\field{\*\fldinst{HYPERLINK "https://example.org/x"}}{\fldrslt{the list}}}.'
        r"{\pict\pngblip 89504e47}{\*\shppict{\pict 8950}}{\*\unknown nothing}\par"
        r"{\shp{\*\shpinst\shpleft0{\sp{\sn a}{\sv 1}}{\shptxt\pard Ask the master.\par}}{\shprslt twice}}\par",
    )
    assert document.text == (
        "Policy HL-77\n\nCall 555 0101\n\nA berth costs 45¹ euro, see the list.\n\n"
        "Note 1: Without power.\nComment (Ines): Now 47?\n\nAsk the master."
    )


def test_rows_are_tables_with_cells(tmp_path: Path) -> None:
    row = r"\trowd\cellx1000\cellx2000\pard\intbl {}\cell {}\cell\row ".format
    document = rtf(
        tmp_path,
        r"\pard Fees.\par " + row("Boat", "Fee") + row("Dinghy", r"12\par euro") + r"\pard After.\par",
    )
    assert document.text == "Fees.\n\nBoat\tFee\nDinghy\t12 euro\n\nAfter."
    [table] = document.tables
    assert [(cell.text, cell.row, cell.column) for cell in table.cells] == [
        ("Boat", 0, 0),
        ("Fee", 0, 1),
        ("Dinghy", 1, 0),
        ("12 euro", 1, 1),
    ]


def test_binary_data_is_jumped_over_and_a_file_may_end_anywhere(tmp_path: Path) -> None:
    assert rtf(tmp_path, r"\pard One {\pict\bin5 }}}{\ }two").text == "One two"
    assert rtf(tmp_path, r"\trowd\pard\intbl Left\cell right").text == "Left\tright"
    assert rtf(tmp_path, r"\pard Last {\b word").text == "Last word"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"plain", "is not an RTF file"),
        (b"{\\rtf1 " + b"{" * 1_000_000, "has groups more than 1,000 deep within each other"),
    ],
)
def test_what_is_no_rtf_or_endless_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.rtf").write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "a.rtf")
    assert caught.value.reason == reason
