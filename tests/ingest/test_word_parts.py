"""What a Word document keeps beside its text: page heads and feet, notes, comments, boxes, drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packed import edited, element, word_file

from ingest import Remark, read
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from pathlib import Path

    from ingest import Document


def text(inside: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{inside}</w:t></w:r>'


def paragraph(inside: str, properties: str = "") -> str:
    own = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{own}{inside if '<' in inside else text(inside)}</w:p>"


def opened(tmp_path: Path, body: str, **parts: str) -> Document:
    return read(word_file(tmp_path / "file.docx", body, **parts), lexicon=lexicon())


def edges(*references: str, more: str = "") -> str:
    """Return the properties of a section: its references are "header1 first", and so on."""
    inside = ""
    for reference in references:
        name, _, kind = reference.partition(" ")
        inside += f'<w:{name.rstrip("0123456789")}Reference w:type="{kind or "default"}" r:id="{name}"/>'
    return f"<w:sectPr>{inside}{more}</w:sectPr>"


def page_number(kind: str, shown: str) -> str:
    return f'<w:fldSimple w:instr=" {kind} "><w:r><w:t>{shown}</w:t></w:r></w:fldSimple>'


def test_heads_and_feet_stand_once_where_they_come_into_use_without_page_numbers(tmp_path: Path) -> None:
    body = (
        paragraph("Cover of the tender.")
        + paragraph("Lot one.", edges("header1", "footer1", "header3 even"))
        + paragraph("Lot two.")
        + edges("header2", "footer1")
    )
    numbered = text("Page ") + page_number("PAGE", "1") + text(" of ") + page_number("NUMPAGES", "9")
    document = opened(
        tmp_path, body,
        header1=paragraph("Tender no. 7731"), header2=paragraph("Tender no. 7731, lot two"), header3=paragraph("Even"),
        footer1=paragraph(numbered) + paragraph("Bids to: bids@harbour.example"),
    )  # fmt: skip
    assert document.text == (
        "Tender no. 7731\n\nCover of the tender.\n\nLot one.\n\nBids to: bids@harbour.example\n\n"
        "Tender no. 7731, lot two\n\nLot two."
    )


def test_the_head_of_a_first_page_counts_where_the_section_has_one(tmp_path: Path) -> None:
    parts = {"header1": paragraph("Letterhead: 12 Mill Row"), "header2": paragraph("Ref. QX-88")}
    plain = opened(tmp_path, paragraph("Dear sir,") + edges("header1 first", "header2"), **parts)
    assert plain.text == "Ref. QX-88\n\nDear sir,"
    titled = opened(tmp_path, paragraph("Dear sir,") + edges("header1 first", "header2", more="<w:titlePg/>"), **parts)
    assert titled.text == "Letterhead: 12 Mill Row\n\nRef. QX-88\n\nDear sir,"


def refer(kind: str, identifier: int) -> str:
    return f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:{kind}Reference w:id="{identifier}"/></w:r>'


def note(kind: str, identifier: int, inside: str, attributes: str = "") -> str:
    return f'<w:{kind} w:id="{identifier}" {attributes}>{paragraph(text(inside))}</w:{kind}>'


def test_footnotes_follow_their_paragraph_and_endnotes_the_text_with_their_marks(tmp_path: Path) -> None:
    body = paragraph(
        text("A pitch costs 18") + refer("footnote", 7) + refer("footnote", 3) + text(" euro") + refer("endnote", 2)
    ) + paragraph("Dogs are welcome.")
    footnotes = (
        note("footnote", -1, "---", 'w:type="separator"')
        + note("footnote", 3, "In May 15.")
        + note("footnote", 7, "Per night.")
        + note("footnote", 9, "Nobody refers to me.")
    )
    document = opened(tmp_path, body, footnotes=footnotes, endnotes=note("endnote", 2, "Prices of 2024."))
    assert document.text == (
        "A pitch costs 18¹,² euroⁱ\n\n¹ Per night.\n² In May 15.\n\nDogs are welcome.\n\n"
        "Nobody refers to me.\nⁱ Prices of 2024."
    )


def test_marks_of_notes_have_the_form_that_the_settings_name(tmp_path: Path) -> None:
    settings = '<w:footnotePr><w:numFmt w:val="lowerLetter"/><w:numStart w:val="2"/></w:footnotePr>'
    body = paragraph(text("Fee 30") + refer("footnote", 1))
    document = opened(tmp_path, body, footnotes=note("footnote", 1, "Net."), settings=settings)
    assert document.text == "Fee 30^(b)\n\n^(b) Net."


def test_comments_stand_at_their_place_with_their_authors(tmp_path: Path) -> None:
    body = (
        paragraph('<w:commentRangeStart w:id="4"/>' + text("The boat leaves at nine.") + '<w:commentRangeEnd w:id="4"/>'
                  + refer("comment", 4) + refer("comment", 5))
        + paragraph("Bring a coat.")
    )  # fmt: skip
    comments = (
        note("comment", 4, "Moved to ten.", 'w:author="Ines Roth"')
        + note("comment", 5, "Says who?")
        + note("comment", 6, "Left over.", 'w:author="X"')
    )
    assert opened(tmp_path, body, comments=comments).text == (
        "The boat leaves at nine.\n\nComment (Ines Roth): Moved to ten.\n\nComment: Says who?\n\nBring a coat.\n\n"
        "Comment (X): Left over."
    )


def boxed(inside: str) -> str:
    box = f"<w:txbxContent>{inside}</w:txbxContent>"
    return (
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )


def test_text_boxes_are_read_once_also_one_in_another_and_in_a_cell(tmp_path: Path) -> None:
    inner = paragraph(boxed(paragraph("Gate code 4417")) + text("Parking"))
    cell = f"<w:tc>{paragraph(text('Row') + boxed(paragraph('boxed')))}</w:tc><w:tc>{paragraph('beside')}</w:tc>"
    body = paragraph(text("Welcome.") + boxed(inner)) + f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>"
    assert opened(tmp_path, body).text == "Welcome.\n\nParking\n\nGate code 4417\n\nRow boxed\tbeside"


def row(*cells: str, properties: str = "") -> str:
    inside = "".join(f"<w:tc>{cell if '<' in cell else paragraph(cell)}</w:tc>" for cell in cells)
    return f"<w:tr>{f'<w:trPr>{properties}</w:trPr>' if properties else ''}{inside}</w:tr>"


def test_rows_that_begin_or_end_inside_the_grid_keep_their_columns(tmp_path: Path) -> None:
    body = (
        "<w:tbl>"
        + row("Town", "Spring", "Autumn")
        + row("Lund", "4", "7")
        + row("9", properties='<w:gridBefore w:val="2"/>')
        + row("Visby", "3", properties='<w:gridAfter w:val="1"/>')
        + "</w:tbl>"
    )
    document = opened(tmp_path, body)
    assert document.text == "Town\tSpring\tAutumn\nLund\t4\t7\n\t\t9\nVisby\t3\t"
    [table] = document.tables
    assert [(cell.row, cell.column, cell.text) for cell in table.cells if cell.row > 1] == [
        (2, 2, "9"), (3, 0, "Visby"), (3, 1, "3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("", "Bit\tSense\n1\ton\nAll others are reserved."),
        (row("a", "b", "c"), "\tBit\tSense\n\t1\ton\nAll others are reserved.\na\tb\tc"),
    ],
)
def test_a_column_that_no_row_has_a_cell_in_is_none(tmp_path: Path, extra: str, expected: str) -> None:
    before = '<w:gridBefore w:val="1"/>'
    whole = f"<w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>{paragraph('All others are reserved.')}</w:tc>"
    body = (
        f"<w:tbl>{row('Bit', 'Sense', properties=before)}{row('1', 'on', properties=before)}"
        f"<w:tr><w:trPr>{before}</w:trPr>{whole}</w:tr>{extra}</w:tbl>"
    )
    assert opened(tmp_path, body).text == expected


def test_a_table_within_a_cell_is_read_after_its_table_with_the_name_of_its_row(tmp_path: Path) -> None:
    inner = "<w:tbl>" + row("Monday", "9-12") + row("Friday", "13-17") + "</w:tbl>"
    body = (
        "<w:tbl>"
        + row("Branch", "Phone", "Hours")
        + row("Aston", "5150", inner + paragraph(text("see left")))
        + row("Barton", "5160", "closed")
        + row("Corley", "5170", "by call")
        + "</w:tbl>"
    )
    assert opened(tmp_path, body).text == (
        "Branch\tPhone\tHours\nAston\t5150\tsee left\nBarton\t5160\tclosed\nCorley\t5170\tby call\n\n"
        "Aston\n\nMonday\t9-12\nFriday\t13-17"
    )


def point(name: str, words: str, kind: str = "node") -> str:
    said = f"<dgm:t><a:p><a:r><a:t>{words}</a:t></a:r></a:p></dgm:t>"
    return f'<dgm:pt modelId="{name}" type="{kind}">{said if words else ""}</dgm:pt>'


def test_the_words_of_a_diagram_and_the_figures_of_a_chart_follow_their_place(tmp_path: Path) -> None:
    links = "".join(
        f'<dgm:cxn modelId="c{above}{below}" srcId="{above}" destId="{below}" srcOrd="{order}"/>'
        for above, below, order in (("d", "2", 0), ("d", "1", 1), ("2", "3", 0), ("3", "2", 0))  # the last is a circle
    )
    points = point("d", "", "doc") + point("1", "Sales: Bo") + point("2", "Chair: Ada") + point("3", "Deputy: Cy")
    data = element("dgm:dataModel", f"<dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst>")

    def values(name: str, *texts: str) -> str:
        inside = "".join(f'<c:pt idx="{at}"><c:v>{one}</c:v></c:pt>' for at, one in enumerate(texts))
        return f"<c:{name}><c:ref><c:cache>{inside}</c:cache></c:ref></c:{name}>"

    series = f"<c:ser>{values('tx', 'Visitors')}{values('cat', 'May', 'June')}{values('val', '120', '95.5')}</c:ser>"
    title = "<c:title><c:tx><c:rich><a:p><a:r><a:t>Museum</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    chart = element(
        "c:chartSpace", f"<c:chart>{title}<c:plotArea><c:barChart>{series}</c:barChart></c:plotArea></c:chart>"
    )
    body = (
        paragraph(text("The board") + '<w:r><w:drawing><dgm:relIds r:dm="diagramData"/></w:drawing></w:r>')
        + paragraph('<w:r><w:drawing><c:chart r:id="chart"/></w:drawing></w:r>')
        + paragraph("The end.")
    )  # fmt: skip
    document = opened(tmp_path, body, diagramData=data, chart=chart)
    assert document.text == (
        "The board\n\n- Chair: Ada\n- Deputy: Cy\n- Sales: Bo\n\nMuseum\n\tVisitors\nMay\t120\nJune\t95.5\n\nThe end."
    )


def test_a_part_that_is_missing_or_damaged_is_named_and_costs_only_itself(tmp_path: Path) -> None:
    body = paragraph(text("Fee 30") + refer("footnote", 1)) + edges("header1")
    document = opened(tmp_path, body, footnotes="</w:p>", header1=paragraph("Ref. 9"))
    assert document.text == "Ref. 9\n\nFee 30"
    assert document.remarks == (Remark("parts_missing", detail="word/footnotes.xml"),)


def test_a_file_of_the_strict_form_of_the_standard_is_read(tmp_path: Path) -> None:
    path = word_file(tmp_path / "file.docx", paragraph("Read me.") + edges("header1"), header1=paragraph("Ref. 9"))
    usual, strict = b"http://schemas.openxmlformats.org/%s/2006/", b"http://purl.oclc.org/ooxml/%s/"
    for name in ("word/document.xml", "word/header1.xml", "word/_rels/document.xml.rels", "_rels/.rels"):
        for kind in (b"officeDocument", b"wordprocessingml"):
            old, new = usual % kind, strict % kind
            edited(path, name, lambda raw, old=old, new=new: raw.replace(old, new))
    assert read(path).text == "Ref. 9\n\nRead me."
