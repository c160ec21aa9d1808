"""What a presentation keeps beside plain text: hidden slides, notes, comments, diagrams, feet, numbered steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packed import element, show_file

from ingest import Remark, read

if TYPE_CHECKING:
    from pathlib import Path

    from ingest import Document


def run(text: str, look: str = "") -> str:
    return f"<a:r><a:rPr {look}/><a:t>{text}</a:t></a:r>"


def shape(*paragraphs: str, place: str = "", properties: str = "") -> str:
    body = "".join(f"<a:p>{one if '<' in one else run(one)}</a:p>" for one in paragraphs)
    where = f'<p:ph type="{place}"/>' if place else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x" {properties}/><p:cNvSpPr/><p:nvPr>{where}</p:nvPr></p:nvSpPr>'
        f"<p:txBody>{body}</p:txBody></p:sp>"
    )


def sheet(name: str, *shapes: str) -> str:
    return element(f"p:{name}", f"<p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld>")


def hidden(document: Document) -> list[str]:
    return [page.text[start:end] for page in document.pages for start, end in page.hidden]


def test_hidden_slides_and_shapes_are_kept_marked_and_said(tmp_path: Path) -> None:
    path = show_file(
        tmp_path / "plan.pptx",
        shape("Budget", place="title") + shape("Approved: 70") + shape("Draft: 55", properties='hidden="1"'),
        "!" + shape("Old budget: 40"),
    )
    document = read(path)
    assert [page.text for page in document.pages] == ["Budget\nApproved: 70\n\nDraft: 55", "Old budget: 40"]
    assert hidden(document) == ["Draft: 55", "Old budget: 40"]
    assert document.remarks == (Remark("slides_hidden", (2,)), Remark("text_hidden", (1,)))


def test_notes_and_comments_of_both_forms_stand_at_the_end_of_their_slide(tmp_path: Path) -> None:
    body = "<p188:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p188:txBody>"
    modern = (
        '<p188:cm authorId="{B}"><p188:replyLst><p188:reply authorId="{C}">'
        + body.format("No.")
        + "</p188:reply></p188:replyLst>"
        + body.format("Is it final?")
        + "</p188:cm>"
    )
    path = show_file(
        tmp_path / "plan.pptx",
        shape("Opening in May", place="title"),
        shape("Second"),
        parts={
            "notes1.xml": sheet(
                "notes", shape("Say it slowly.", "Then pause.", place="body"), shape("7", place="sldNum")
            ),
            "c1.xml": element("p:cmLst", '<p:cm authorId="0"><p:text>Rather June.</p:text></p:cm>'),
            "c2.xml": element("p188:cmLst", modern),
            "old.xml": element("p:cmAuthorLst", '<p:cmAuthor id="0" name="Ada Berg"/>'),
            "new.xml": element("p188:authorLst", '<p188:author id="{B}" name="Bo Lind"/>'),
        },
        presentation={"commentAuthors": "old.xml", "authors": "new.xml"},
        slide1={"notesSlide": "notes1.xml", "comments": "c1.xml"},
        slide2={"comments": "c2.xml"},
    )  # fmt: skip
    assert [page.text for page in read(path).pages] == [
        "Opening in May\nNote: Say it slowly.\nThen pause.\n\nComment (Ada Berg): Rather June.",
        "Second\n\nComment (Bo Lind): Is it final?\n\nComment: No.",
    ]


def test_feet_dates_and_the_text_of_masters_stand_once_and_slide_numbers_nowhere(tmp_path: Path) -> None:
    foot = shape("Hall 4, stand B12", place="ftr") + shape("3", place="sldNum")
    path = show_file(
        tmp_path / "fair.pptx",
        shape("Monday") + foot,
        shape("Tuesday") + foot + shape("7 March", place="dt"),
        parts={
            "layout.xml": sheet("sldLayout", shape("Click here", place="body")),
            "master.xml": sheet("sldMaster", shape("Guild of Turners"), shape("Click here", place="title")),
            "_rels/layout.xml.rels": (
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                '<Relationship Id="m" Type="x/slideMaster" Target="master.xml"/></Relationships>'
            ),
        },
        slide1={"slideLayout": "layout.xml"},
        slide2={"slideLayout": "layout.xml"},
    )
    assert [page.text for page in read(path).pages] == [
        "Monday\n\nHall 4, stand B12\n\nGuild of Turners",
        "Tuesday\n\n7 March",
    ]


def test_numbered_steps_groups_and_alternatives_are_read_once(tmp_path: Path) -> None:
    def step(kind: str, text: str, level: int = 0, more: str = "") -> str:
        return f'<a:pPr lvl="{level}"><a:buAutoNum type="{kind}" {more}/></a:pPr>{run(text)}'

    steps = shape(
        step("arabicPeriod", "Fill", more='startAt="3"'),
        step("alphaLcParenR", "slowly", 1),
        step("alphaLcParenR", "to the mark", 1),
        step("arabicPeriod", "Close", more='startAt="3"'),
        "Wait",
    )
    inner = f"<p:grpSp><p:grpSp>{shape('Deep inside')}</p:grpSp></p:grpSp>"
    both = f"<mc:Choice>{shape('Once')}</mc:Choice><mc:Fallback>{shape('Once')}</mc:Fallback>"
    twice = f"<mc:AlternateContent>{both}</mc:AlternateContent>"
    path = show_file(tmp_path / "steps.pptx", steps + inner + twice)
    assert read(path).text == "3. Fill\na) slowly\nb) to the mark\n4. Close\nWait\n\nDeep inside\n\nOnce"


def test_raised_lowered_struck_out_text_and_boxes_of_slides_keep_their_sense(tmp_path: Path) -> None:
    path = show_file(
        tmp_path / "offer.pptx",
        shape(run("Price ") + run("90", 'strike="sngStrike"') + run("75") + run("1", 'baseline="30000"') + run(" euro"))
        + shape(run("CO") + run("2", 'baseline="-25000"') + run(" below 10") + run("3", 'baseline="30000"'))
        + shape("Catering: ☒ yes ☐ no"),
    )
    document = read(path)
    assert document.text == "Price ~~90~~ 75¹ euro\n\nCO₂ below 10³\n\nCatering: yes (☐ no)"
    assert hidden(document) == ["~~90~~", "☐ no"]


def test_a_diagram_on_a_slide_is_read(tmp_path: Path) -> None:
    points = "".join(
        f'<dgm:pt modelId="{at}"><dgm:t><a:p>{run(text)}</a:p></dgm:t></dgm:pt>'
        for at, text in enumerate(("Plan", "Build", "Test"))
    )
    frame = (
        '<p:graphicFrame><a:graphic><a:graphicData><dgm:relIds r:dm="diagramData"/></a:graphicData></a:graphic>'
        "</p:graphicFrame>"
    )
    path = show_file(
        tmp_path / "a.pptx",
        shape("Phases", place="title") + frame,
        parts={"data.xml": element("dgm:dataModel", f"<dgm:ptLst>{points}</dgm:ptLst>")},
        slide1={"diagramData": "data.xml"},
    )
    assert read(path).text == "Phases\n- Plan\n- Build\n- Test"


def test_cells_that_cover_others_are_told_apart(tmp_path: Path) -> None:
    def cell(text: str, more: str = "") -> str:
        return f"<a:tc {more}><a:txBody><a:p>{run(text)}</a:p></a:txBody></a:tc>"

    rows = (
        cell("Team") + cell("Points", 'gridSpan="2"') + cell("", 'hMerge="1"'),
        cell("Red", 'rowSpan="2"') + cell("4") + cell("6"),
        cell("", 'vMerge="1"') + cell("5") + cell("7"),
    )
    table = f'<a:tbl><a:tblPr firstRow="1"/>{"".join(f"<a:tr>{row}</a:tr>" for row in rows)}</a:tbl>'
    path = show_file(tmp_path / "a.pptx", f"<p:graphicFrame><a:graphic>{table}</a:graphic></p:graphicFrame>")
    document = read(path)
    assert document.text == "Team\tPoints\tPoints\nRed\t4\t6\n\t5\t7"
    [made] = document.tables
    assert [(cell.text, cell.row_span, cell.column_span) for cell in made.cells][:3] == [
        ("Team", 1, 1), ("Points", 1, 2), ("Red", 2, 1),
    ]  # fmt: skip


def test_a_slide_whose_part_is_missing_is_an_empty_page_that_is_named(tmp_path: Path) -> None:
    path = show_file(tmp_path / "a.pptx", shape("One"), shape("Two"), presentation={"s1": "gone.xml"})
    document = read(path)
    assert [page.text for page in document.pages] == ["", "Two"]
    assert document.remarks == (Remark("slide_cut", (1,), "ppt/gone.xml is missing or damaged"),)
