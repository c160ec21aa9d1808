"""What is in a paragraph of Word beside plain runs: raised and struck-out text, changes, fields, form fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packed import word_file

from ingest import Remark, read

if TYPE_CHECKING:
    from pathlib import Path

    from ingest import Document


def run(text: str, look: str = "") -> str:
    return f'<w:r>{f"<w:rPr>{look}</w:rPr>" if look else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'


def high(text: str) -> str:
    return run(text, '<w:vertAlign w:val="superscript"/>')


def low(text: str) -> str:
    return run(text, '<w:vertAlign w:val="subscript"/>')


def changed(kind: str, text: str) -> str:
    name = "delText" if kind in ("del", "moveFrom") else "t"
    return f'<w:{kind} w:id="1"><w:r><w:{name} xml:space="preserve">{text}</w:{name}></w:r></w:{kind}>'


def paragraph(inside: str) -> str:
    return f"<w:p>{inside}</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """Return a table; the cells hold paragraphs."""
    inside = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in inside)}</w:tbl>"


def opened(tmp_path: Path, body: str, **parts: str) -> Document:
    return read(word_file(tmp_path / "file.docx", body, **parts))


def hidden(document: Document) -> list[str]:
    [page] = document.pages
    return [page.text[start:end] for start, end in page.hidden]


# Kind 2: raised, lowered, struck-out text, fractions.


def test_marks_of_notes_powers_and_fractions_do_not_join_the_figures(tmp_path: Path) -> None:
    body = (
        paragraph(
            run("A mooring costs 38")
            + high("2")
            + run(" euro, 10")
            + high("6")
            + run(" litres of H")
            + low("2")
            + run("O")
        )
        + paragraph(
            run("1") + high("3") + run("/") + low("4") + run(" turns on the 21") + high("st") + run(" at 8") + high("a")
        )
        + paragraph(run("Opened in 1911") + high("[4]") + run(" and 1") + high("4") + high("2") + run("."))
    )
    assert opened(tmp_path, body).text == (
        "A mooring costs 38² euro, 10⁶ litres of H₂O\n\n1 3/4 turns on the 21st at 8^(a)\n\nOpened in 1911⁴ and 1⁴²."
    )


def test_prices_struck_out_by_hand_or_by_a_style_are_no_evidence(tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="character" w:styleId="Gone"><w:name w:val="Gone"/><w:rPr><w:dstrike/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="Back"><w:name w:val="Back"/><w:basedOn w:val="Gone"/>'
        '<w:rPr><w:dstrike w:val="0"/></w:rPr></w:style>'
    )
    body = paragraph(
        run("Loom hire: ")
        + run("30 ", "<w:strike/>")
        + run("euro", "<w:strike/>")
        + run("26 euro, deposit ")
        + run("50", '<w:rStyle w:val="Gone"/>')
        + run(" 60", '<w:rStyle w:val="Back"/>')
    )
    document = opened(tmp_path, body, styles=styles)
    assert document.text == "Loom hire: ~~30 euro~~ 26 euro, deposit ~~50~~ 60"
    assert hidden(document) == ["~~30 euro~~", "~~50~~"]


def test_of_tracked_changes_insertions_hold_and_deletions_are_no_evidence(tmp_path: Path) -> None:
    body = paragraph(
        run("Delivery within ")
        + changed("del", "ten")
        + changed("ins", "fourteen")
        + run(" days. ")
        + changed("moveFrom", "By rail.")
        + changed("moveTo", " By ship.")
    )
    document = opened(tmp_path, body)
    assert document.text == "Delivery within ~~ten~~ fourteen days. ~~By rail.~~ By ship."
    assert hidden(document) == ["~~ten~~", "~~By rail.~~"]


def test_a_struck_out_cell_of_a_table_keeps_its_place(tmp_path: Path) -> None:
    body = table(
        (paragraph(run("Craft")), paragraph(run("Fee")), paragraph(run("Places"))),
        (paragraph(run("Weaving")), paragraph(run("90", "<w:strike/>") + run(" 75")), paragraph(run("6"))),
        (paragraph(run("Felting")), paragraph(run("40")), paragraph(run("8", "<w:strike/>"))),
    )
    document = opened(tmp_path, body)
    assert document.text == "Craft\tFee\tPlaces\nWeaving\t~~90~~ 75\t6\nFelting\t40\t~~8~~"
    assert hidden(document) == ["~~90~~", "~~8~~"]
    [made] = document.tables
    assert [document.text[cell.start : cell.end] for cell in made.cells if cell.row == 2] == ["Felting", "40", "~~8~~"]


def test_formulas_keep_their_sense(tmp_path: Path) -> None:
    def part(name: str, text: str) -> str:
        return f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>"

    body = paragraph(
        run("The dose is ")
        + f"<m:oMath><m:f>{part('num', '3')}{part('den', '4')}</m:f></m:oMath>"
        + run(" of ")
        + f"<m:oMath><m:sSup>{part('e', 'x')}{part('sup', '2')}</m:sSup></m:oMath>"
        + run(" and ")
        + f"<m:oMath><m:f>{part('num', 'a+b')}{part('den', '2')}</m:f></m:oMath>"
    )
    assert opened(tmp_path, body).text == "The dose is 3/4 of x² and (a+b)/2"


# Kind 4: form fields, check boxes, text beside the text.


def field(data: str, result: str = "", kind: str = "FORMTEXT") -> str:
    shown = f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}' if result else ""
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
        f'<w:r><w:instrText> {kind} </w:instrText></w:r>{shown}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def test_legacy_form_fields_have_their_values(tmp_path: Path) -> None:
    entries = "".join(f'<w:listEntry w:val="{one}"/>' for one in ("oak", "ash", "elm"))
    ticked, empty = "<w:checkBox><w:checked/></w:checkBox>", '<w:checkBox><w:default w:val="0"/></w:checkBox>'
    body = (
        paragraph(run("Name: ") + field("<w:textInput/>", run("Odile Marchetti")))
        + paragraph(
            run("Wood: ") + field(f'<w:ddList><w:result w:val="1"/>{entries}</w:ddList>', run("stale"), "FORMDROPDOWN")
        )
        + paragraph(run("Handle: ") + field(f"<w:ddList>{entries}</w:ddList>", kind="FORMDROPDOWN"))
        + paragraph(run("Varnish: ") + field(ticked, kind="FORMCHECKBOX"))
        + paragraph(
            run("Gift: yes ") + field(empty, kind="FORMCHECKBOX") + run(" no ") + field(ticked, kind="FORMCHECKBOX")
        )
    )
    assert opened(tmp_path, body).text == (
        "Name: Odile Marchetti\n\nWood: ash\n\nHandle: oak\n\nVarnish: yes\n\nGift: no (☐ yes)"
    )


def control(properties: str, inside: str) -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def test_content_controls_have_their_values_and_prompts_are_no_evidence(tmp_path: Path) -> None:
    box = '<w14:checkbox><w14:checked w14:val="{}"/></w14:checkbox>'
    body = (
        paragraph(control(box.format(1), run("☒")) + run(" Vegetarian"))
        + paragraph(control(box.format(0), run("☐")) + run(" Needs a lift"))
        + paragraph(run("Arrival: ") + control("<w:dropDownList/>", run("Friday")))
        + paragraph(run("Phone: ") + control("<w:showingPlcHdr/>", run("Click to enter")))
    )
    document = opened(tmp_path, body)
    assert document.text == "Vegetarian: yes\n\nNeeds a lift: no\n\nArrival: Friday\n\nPhone: Click to enter"
    assert hidden(document) == ["Click to enter"]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', "Insured: yes"),
        ('<w:r><w:sym w:font="Wingdings 2" w:char="F0A3"/></w:r>', "Insured: no"),
        (run("\u00fe", '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'), "Insured: yes"),
        (run("\uf0a8", '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'), "Insured: no"),
        ('<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>', "Insured: α"),
        ('<w:r><w:sym w:font="Wingdings" w:char="no code"/></w:r>', "Insured:"),
    ],
)
def test_symbols_of_fonts_are_what_they_show(tmp_path: Path, box: str, expected: str) -> None:
    assert opened(tmp_path, paragraph(run("Insured: ") + box)).text == expected


def test_check_boxes_of_a_table_answer_what_its_row_asks(tmp_path: Path) -> None:
    body = table(
        (paragraph(run("Smoker")), paragraph(run("☐ yes ☒ no"))),
        (paragraph(run("Glasses")), paragraph(run("☑"))),
    )
    document = opened(tmp_path, body)
    assert document.text == "Smoker\tno (☐ yes)\nGlasses\tyes"
    assert hidden(document) == ["☐ yes"]


def test_hidden_text_is_kept_marked_and_said(tmp_path: Path) -> None:
    document = opened(tmp_path, paragraph(run("Price 80. ") + run("Limit 65.", "<w:vanish/>")))
    assert (document.text, hidden(document)) == ("Price 80. Limit 65.", ["Limit 65."])
    assert document.remarks == (Remark("text_hidden", (1,)),)


def test_hyphens_spaces_and_readings_are_written_as_they_show(tmp_path: Path) -> None:
    ruby = "<w:ruby><w:rt><w:r><w:t>ねこ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>猫</w:t></w:r></w:rubyBase></w:ruby>"
    body = paragraph(
        "<w:r><w:t>Form 17</w:t><w:noBreakHyphen/><w:t>B of Donau</w:t><w:softHyphen/><w:t>werft, 5\u00a0km</w:t></w:r>"
        f"<w:r>{ruby}</w:r>"
    )
    assert opened(tmp_path, body).text == "Form 17-B of Donauwerft, 5 km猫(ねこ)"


def test_a_field_shows_its_result_and_not_how_it_is_worked_out(tmp_path: Path) -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    nested = mark("begin") + "<w:r><w:instrText>X</w:instrText></w:r>" + mark("separate") + run("inner") + mark("end")
    whole = (
        mark("begin")
        + "<w:r><w:instrText>IF </w:instrText></w:r>"
        + nested
        + mark("separate")
        + run("outer")
        + mark("end")
    )
    over_two = paragraph(run("Contents ") + mark("begin") + run("first")) + paragraph(run("second") + mark("end"))
    assert (
        opened(tmp_path, paragraph(run("It is ") + whole) + over_two).text == "It is outer\n\nContents first\n\nsecond"
    )
