from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from open_files import open_file

from ingest import Document, DocumentError, read

if TYPE_CHECKING:
    from pathlib import Path

NUMBERED = (
    '<text:list-style style:name="N">'
    '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/>'
    '<text:list-level-style-number text:level="3" style:num-format="i" text:display-levels="3"/></text:list-style>'
    '<text:list-style style:name="B"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/>'
    "</text:list-style>"
)
LOOKS = (
    '<style:style style:name="Gone" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Struck" style:family="text">'
    '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="Up" style:family="text"><style:text-properties style:text-position="super 58%"/>'
    '</style:style><style:style style:name="Down" style:family="text">'
    '<style:text-properties style:text-position="sub 58%"/></style:style>'
    '<style:style style:name="Same" style:family="text" style:parent-style-name="Struck"/>'
)


def text(path: Path, body: str, **parts: str) -> Document:
    return read(open_file(path / "a.odt", "text", body, **parts))


def no_evidence(document: Document) -> list[str]:
    return [page.text[start:end] for page in document.pages for start, end in page.hidden]


def test_headings_are_sections_and_lists_have_their_numbers(tmp_path: Path) -> None:
    outline = (
        '<text:outline-style><text:outline-level-style text:level="1" style:num-format="I" style:num-suffix="."/>'
        '<text:outline-level-style text:level="2" style:num-format="1"/></text:outline-style>'
    )
    document = text(
        tmp_path,
        '<text:h text:outline-level="1">Berths</text:h><text:h text:outline-level="2">Fees</text:h>'
        '<text:list text:style-name="N"><text:list-item><text:p>Open the hatch</text:p><text:list><text:list-item>'
        "<text:p>by hand</text:p><text:list><text:list-item><text:p>slowly</text:p></text:list-item></text:list>"
        "</text:list-item><text:list-item><text:p>with the crank</text:p></text:list-item></text:list>"
        '</text:list-item><text:list-item text:start-value="7"><text:p>Close it</text:p></text:list-item></text:list>'
        '<text:p>Between.</text:p><text:list text:continue-numbering="true" text:style-name="N"><text:list-item>'
        '<text:p>Go</text:p></text:list-item></text:list><text:h text:outline-level="1">Rest</text:h>'
        '<text:list text:style-name="B"><text:list-item><text:p>a rope</text:p></text:list-item></text:list>',
        styles=NUMBERED,
        pages=f"<office:styles>{outline}</office:styles>",
    )
    assert document.text.split("\n") == [
        "I. Berths",
        "1 Fees",
        "1. Open the hatch",
        "a) by hand",
        "1.a.i slowly",
        "b) with the crank",
        "7. Close it",
        "",
        "Between.",
        "",
        "8. Go",
        "",
        "II. Rest",
        "- a rope",
    ]
    assert [label for _, label in document.sections] == ["I. Berths", "1 Fees", "II. Rest"]


def test_struck_and_deleted_text_is_marked_and_hidden_text_is_told(tmp_path: Path) -> None:
    document = text(
        tmp_path,
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><text:p>in May</text:p>'
        '</text:deletion></text:changed-region><text:changed-region text:id="c2"><text:insertion/>'
        "</text:changed-region></text:tracked-changes>"
        '<text:p>The fair is <text:change text:change-id="c1"/> <text:change-start text:change-id="c2"/>in June'
        '<text:change-end text:change-id="c2"/>.</text:p>'
        '<text:p>It costs <text:span text:style-name="Same">9</text:span> 12 euro.</text:p>'
        '<text:p>Code <text:span text:style-name="Gone">4711</text:span></text:p>'
        '<text:section text:display="none"><text:p>Not for print.</text:p></text:section><text:p>End.</text:p>',
        styles=LOOKS,
    )
    assert document.text == (
        "The fair is ~~in May~~ in June.\n\nIt costs ~~9~~ 12 euro.\n\nCode 4711\n\nNot for print.\n\nEnd."
    )
    assert no_evidence(document) == ["~~in May~~", "~~9~~", "4711", "Not for print."]
    assert document.warnings == ("page 1 with hidden text, which is kept and is no evidence",)


def test_raised_figures_notes_and_comments_do_not_join_the_text(tmp_path: Path) -> None:
    document = text(
        tmp_path,
        '<text:p>A berth costs 45<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>Without power.</text:p></text:note-body></text:note> euro, 10<text:span "
        'text:style-name="Up">6</text:span> litres of H<text:span text:style-name="Down">2</text:span>O.'
        "<office:annotation><dc:creator>Ines</dc:creator><dc:date>2024-01-01</dc:date><text:p>Now 47?</text:p>"
        '</office:annotation></text:p><text:p>Next<text:s text:c="2"/>one<text:tab/>here.<text:line-break/>'
        "New line</text:p>",
        styles=LOOKS,
    )
    assert document.text == (
        "A berth costs 45¹ euro, 10⁶ litres of H₂O.\n\nNote 1: Without power.\nComment (Ines): Now 47?\n\n"
        "Next one here.\nNew line"
    )


def test_tables_are_cells_and_text_boxes_and_page_heads_are_read_once(tmp_path: Path) -> None:
    cell = "<table:table-cell {}><text:p>{}</text:p></table:table-cell>".format
    body = (
        "<text:p>Fees<draw:frame><draw:text-box><text:p>Ask the harbour master.</text:p></draw:text-box></draw:frame>"
        '</text:p><table:table table:name="T"><table:table-header-rows><table:table-row>'
        + cell("", "Boat") + cell('table:number-columns-spanned="2"', "Fee") + "<table:covered-table-cell/>"
        + "</table:table-row></table:table-header-rows><table:table-row>"
        + cell("", "Dinghy") + cell("", "12") + cell("", "day") + "</table:table-row></table:table>"
    )  # fmt: skip
    head = "<style:header><text:p>Policy HL-77</text:p></style:header><style:footer><text:p>Call 555 0101</text:p>"
    master = f'<style:master-page style:name="M">{head}</style:footer></style:master-page>'
    pages = f"<office:master-styles>{master}{master}</office:master-styles>"
    document = text(tmp_path, body, pages=pages)
    assert document.text == (
        "Policy HL-77\n\nFees\n\nAsk the harbour master.\n\nBoat\tFee\t\nDinghy\t12\tday\n\nCall 555 0101"
    )
    [table] = document.tables
    assert [(cell.text, cell.row, cell.column, cell.column_span, cell.header) for cell in table.cells] == [
        ("Boat", 0, 0, 1, True),
        ("Fee", 0, 1, 2, True),
        ("Dinghy", 1, 0, 1, False),
        ("12", 1, 1, 1, False),
        ("day", 1, 2, 1, False),
    ]


def test_fields_of_forms_stand_behind_their_labels(tmp_path: Path) -> None:
    fields = (
        '<form:text form:name="Applicant" form:current-value="Ines Holm"/><form:text form:name="Second"/>'
        '<form:checkbox form:name="c1" form:label="Vaccinated" form:current-state="checked"/>'
        '<form:checkbox form:name="c2" form:label="Other dogs" form:current-state="unchecked"/>'
        '<form:listbox form:name="Size"><form:option form:label="small"/>'
        '<form:option form:label="large" form:current-selected="true"/></form:listbox><form:button form:name="Send"/>'
    )
    document = text(tmp_path, f"<office:forms><form:form>{fields}</form:form></office:forms><text:p>Kennel</text:p>")
    assert document.text == "Applicant: Ines Holm\nVaccinated: yes\nOther dogs: no\nSize: large\n\nKennel"


def cell(value: str, shown: str = "", more: str = "") -> str:
    paragraph = f"<text:p>{shown}</text:p>" if shown else ""
    return f'<table:table-cell office:value-type="float" office:value="{value}">{paragraph}{more}</table:table-cell>'


SHEETS = (
    '<style:style style:name="Off" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def test_a_sheet_has_what_its_cells_show_and_what_is_hidden_is_marked(tmp_path: Path) -> None:
    note = "<office:annotation><dc:creator>Omar</dc:creator><text:p>estimated</text:p></office:annotation>"
    rows = (
        "<table:table-column/><table:table-column/>"
        '<table:table-column table:visibility="collapse"/>'
        "<table:table-row>" + "".join(cell("", name) for name in ("Town", "Share", "Secret")) + "</table:table-row>"
        + "<table:table-row>" + cell("150", "0150") + cell("0.125", "12.5 %", note) + cell("9", "9")
        + '</table:table-row><table:table-row table:number-rows-repeated="2">' + cell("7") + cell("0.5", "50 %")
        + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        + '<table:table-row table:visibility="collapse">' + cell("8", "8") + cell("1", "100 %") + "</table:table-row>"
        + '<table:table-row table:number-rows-repeated="1000000000"><table:table-cell/></table:table-row>'
    )  # fmt: skip
    body = f'<table:table table:name="Towns">{rows}</table:table>'
    body += f'<table:table table:name="Pay" table:style-name="Off"><table:table-row>{cell("3", "3,000")}'
    body += f"{cell('4', '4,000')}</table:table-row></table:table>"
    document = read(open_file(tmp_path / "a.ods", "spreadsheet", body, styles=SHEETS))
    assert [page.label for page in document.pages] == ["Towns", "Pay"]
    assert document.pages[0].text == (
        "Town\tShare\tSecret\n0150\t12.5 %\t9\n7\t50 %\t\n7\t50 %\t\n8\t100 %\t\n\nComment (Omar): estimated"
    )
    assert no_evidence(document) == ["Secret", "9", "8", "100 %", "3,000\t4,000"]
    assert document.warnings == ("pages 1-2 with hidden text, which is kept and is no evidence",)


def test_slides_are_pages_with_their_notes_and_hidden_ones_are_marked(tmp_path: Path) -> None:
    styles = (
        '<style:style style:name="H" style:family="drawing-page">'
        '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    frame = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>".format
    body = (
        "<draw:page>" + frame(' presentation:class="title"', "Launch") + frame("", "The fair is in Porto.")
        + "<presentation:notes>" + frame("", "Bring the banner.") + "</presentation:notes></draw:page>"
        + '<draw:page draw:style-name="H">' + frame("", "It was in Faro.") + "</draw:page>"
    )  # fmt: skip
    document = read(open_file(tmp_path / "a.odp", "presentation", body, styles=styles))
    assert [page.text for page in document.pages] == [
        "Launch\nThe fair is in Porto.\n\nNote: Bring the banner.",
        "It was in Faro.",
    ]
    assert no_evidence(document) == ["It was in Faro."]


@pytest.mark.parametrize(
    ("kind", "body", "parts", "reason"),
    [
        ("chart", "<text:p>x</text:p>", {}, "is not an OpenDocument text, spreadsheet or presentation"),
        ("text", "", {"META-INF__manifest_xml": "<m><encryption-data/></m>"}, "is protected by a password"),
        ("text", "", {"meta_xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}, "declares XML entities in meta.xml"),
        (
            "spreadsheet",
            f'<table:table table:name="T"><table:table-row table:number-rows-repeated="1000000000">{cell("1", "1")}'
            "</table:table-row></table:table>",
            {},
            "has a sheet of too many cells: T",
        ),
        (
            "spreadsheet",
            '<table:table table:name="T"><table:table-row><table:table-cell table:number-columns-repeated="1000000000">'
            "<text:p>1</text:p></table:table-cell></table:table-row></table:table>",
            {},
            "has a sheet of too many cells: T",
        ),
        ("text", "<text:p>" + "<text:span>" * 100_000 + "</text:span>" * 100_000 + "</text:p>", {}, "is damaged"),
        ("text", "<text:p>" + "x" * 60_000_000 + "</text:p>", {}, "unpacks to more than 50 MB"),
    ],
)
def test_what_is_no_such_document_or_too_large_is_refused(
    tmp_path: Path, kind: str, body: str, parts: dict[str, str], reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read(open_file(tmp_path / "a.odt", kind, body, **parts))
    assert caught.value.reason.startswith(reason)
    assert "\n" not in caught.value.reason
