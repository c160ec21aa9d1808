"""Office files made to harm: each costs a line at most, and little time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from packed import edited, element, show_file, word_file

from ingest import DocumentError, read

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 10  # of processor time; most take less than one
TEXT = "<w:p><w:r><w:t>Kept.</w:t></w:r></w:p>"


def outcome(path: Path) -> str:
    """Return the text of a file, or why it cannot be read."""
    begun = time.process_time()
    try:
        said = read(path).text
    except DocumentError as problem:
        said = f"! {problem.reason}"
    assert time.process_time() - begun < SECONDS
    assert not said.startswith("!") or "\n" not in said
    return said


def test_lists_that_refer_to_themselves_have_no_numbers(tmp_path: Path) -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="Loop"/></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
    )
    styles = (
        '<w:style w:type="numbering" w:styleId="Loop"><w:basedOn w:val="Loop"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="Loop"/><w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{listed}"/></w:numPr>'
        f"</w:pPr><w:r><w:t>{at}</w:t></w:r></w:p>"
        for at, listed in ((0, 1), (8, 1), (99, 1), (0, 2), (0, 3))
    )
    path = word_file(tmp_path / "a.docx", body, numbering=numbering, styles=styles)
    assert outcome(path) == "0\n\n8\n\n99\n\n0\n\n0"


def test_a_number_of_enormous_texts_is_cut(tmp_path: Path) -> None:
    text = "%1" * 100_000
    numbering = (
        f'<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="{"9" * 500}"/>'
        f'<w:numFmt w:val="upperLetter"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    )
    item = '<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>'
    text = outcome(word_file(tmp_path / "a.docx", item * 500, numbering=numbering))
    assert max(map(len, text.splitlines())) <= 102
    assert text.count("x") == 500


def test_thousands_of_nested_tables_are_one_line(tmp_path: Path) -> None:
    depth = 5_000
    body = "<w:tbl><w:tr><w:tc>" * depth + TEXT + "</w:tc></w:tr></w:tbl>" * depth
    assert outcome(word_file(tmp_path / "a.docx", body)).startswith("! is damaged and cannot be read: ")


def test_tables_nested_as_deep_as_a_parser_goes_are_read(tmp_path: Path) -> None:
    depth = 80
    body = "<w:tbl><w:tr><w:tc>" * depth + TEXT + "</w:tc></w:tr></w:tbl>" * depth
    assert outcome(word_file(tmp_path / "a.docx", body)) == "Kept."
    wide = f"<w:tc>{TEXT}</w:tc>"
    body = f"<w:tbl><w:tr>{wide}<w:tc>" * depth + TEXT + "</w:tc></w:tr></w:tbl>" * depth
    assert outcome(word_file(tmp_path / "b.docx", body)).count("Kept.") >= depth


def test_notes_and_comments_that_refer_to_each_other_end(tmp_path: Path) -> None:
    def refer(kind: str, identifier: int) -> str:
        return f'<w:r><w:{kind}Reference w:id="{identifier}"/></w:r>'

    def said(kind: str, identifier: int, text: str, inside: str) -> str:
        return f'<w:{kind} w:id="{identifier}"><w:p><w:r><w:t>{text}</w:t></w:r>{inside}</w:p></w:{kind}>'

    body = f"<w:p><w:r><w:t>Kept.</w:t></w:r>{refer('comment', 1)}{refer('footnote', 1)}</w:p>"
    comments = said("comment", 1, "One", refer("comment", 2)) + said("comment", 2, "Two", refer("comment", 1))
    footnotes = said("footnote", 1, "Foot", refer("footnote", 1) + refer("comment", 1))
    path = word_file(tmp_path / "a.docx", body, comments=comments, footnotes=footnotes)
    assert outcome(path) == "Kept.¹\n\n¹ Foot\n\nComment: One\n\nComment: Two"


def test_styles_diagrams_and_fields_without_end_cost_nothing(tmp_path: Path) -> None:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="s{at}"><w:basedOn w:val="s{(at + 1) % 3_000}"/></w:style>'
        for at in range(3_000)
    )
    circle = "".join(f'<dgm:cxn srcId="p{at}" destId="p{(at + 1) % 900}"/>' for at in range(900))
    points = "".join(
        f'<dgm:pt modelId="p{at}"><dgm:t><a:p><a:r><a:t>{at}</a:t></a:r></a:p></dgm:t></dgm:pt>' for at in range(900)
    )
    data = element("dgm:dataModel", f"<dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{circle}</dgm:cxnLst>")
    begun = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * 5_000
    body = (
        "".join(f'<w:p><w:pPr><w:pStyle w:val="s{at}"/></w:pPr></w:p>' for at in range(3_000))
        + f"<w:p>{begun}<w:r><w:t>Kept.</w:t></w:r></w:p>"
        + '<w:p><w:r><w:drawing><dgm:relIds r:dm="diagramData"/></w:drawing></w:r></w:p>'
    )
    text = outcome(word_file(tmp_path / "a.docx", body, styles=styles, diagramData=data))
    assert text == "Kept.\n\n" + "\n".join(f"- {at}" for at in range(900))


@pytest.mark.parametrize("name", ["gridSpan", "gridBefore"])
def test_cells_of_enormous_width_are_kept_small(tmp_path: Path, name: str) -> None:
    inner = f'<w:tcPr><w:gridSpan w:val="99999"/></w:tcPr>{TEXT}' if name == "gridSpan" else TEXT
    row = f'<w:trPr><w:gridBefore w:val="99999"/></w:trPr><w:tc>{inner}</w:tc><w:tc>{TEXT}</w:tc>'
    text = outcome(word_file(tmp_path / "a.docx", f"<w:tbl>{f'<w:tr>{row}</w:tr>' * 2_000}</w:tbl>"))
    assert text.count("Kept.") >= 4_000
    assert len(text) < 1_000_000


def test_enormous_attributes_and_absent_parts_are_one_line(tmp_path: Path) -> None:
    huge = f'<w:p w:rsidR="{"9" * 11_000_000}"><w:r><w:t>Kept.</w:t></w:r></w:p>'
    assert outcome(word_file(tmp_path / "a.docx", huge)).startswith("! is damaged and cannot be read: ")
    style = f'<w:p><w:pPr><w:pStyle w:val="{"s" * 3_000_000}"/></w:pPr><w:r><w:t>Kept.</w:t></w:r></w:p>'
    assert outcome(word_file(tmp_path / "b.docx", style)) == "Kept."
    empty = show_file(tmp_path / "c.pptx")
    assert outcome(empty) == ""
    edited(empty, "_rels/.rels", lambda raw: raw.replace(b"presentation.xml", b"../../../etc/passwd"))
    assert outcome(empty) == "! is damaged: it lacks etc/passwd"


def test_groups_and_masters_in_a_circle_end(tmp_path: Path) -> None:
    groups = "<p:grpSp>" * 120 + "</p:grpSp>" * 120
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="m" Type="x/slideMaster" Target="layout.xml"/></Relationships>'
    )
    layout = element("p:sldLayout", "<p:cSld><p:spTree/></p:cSld>")
    path = show_file(
        tmp_path / "a.pptx",
        *([groups] * 50),
        parts={"layout.xml": layout, "_rels/layout.xml.rels": links},
        slide1={"slideLayout": "layout.xml", "notesSlide": "slide1.xml", "comments": "slide1.xml"},
    )
    assert outcome(path) == "\f" * 49
