"""Workbooks as their program shows them: formats, formulas, merged and hidden cells, comments, tables apart."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from workbooks import formula, number, relations, row, text, write_workbook

from ingest import Document, read
from rag_app.evidence.units import column_units
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet


def sheet_of(rows: list[list[Any]], formats: dict[str, str] | None = None) -> tuple[openpyxl.Workbook, Worksheet]:
    book = openpyxl.Workbook()
    sheet = book.active
    for cells in rows:
        sheet.append(cells)
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    return book, sheet


def reread(book: openpyxl.Workbook, path: Path, name: str = "book.xlsx") -> Document:
    book.save(path / name)
    return read(path / name, None, lexicon())


def unseen(document: Document, page: int = 0) -> list[str]:
    own = document.pages[page]
    return [own.text[start:end].strip() for start, end in own.hidden]


def test_a_workbook_of_orders_shows_codes_amounts_and_sums(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Order", "Net", "VAT", "Total", "Paid"],
        [31, 1200, 0.19, "=B2*(1+C2)", datetime.datetime(2024, 3, 5)],
        [127, -80.5, 0.07, "=B3*(1+C3)", None],
        ["Sum", "=SUM(B2:B3)", None, "=SUM(D2:D3)", None],
    ]
    formats = {"A2": '"PO-"0000', "A3": '"PO-"0000', "C2": "0%", "C3": "0%", "E2": "dd/mm/yyyy"}
    formats |= {f"{column}{line}": "#,##0.00;(#,##0.00)" for column in "BD" for line in (2, 3, 4)}
    document = reread(sheet_of(rows, formats)[0], tmp_path)
    assert document.text.splitlines() == [
        "Order\tNet\tVAT\tTotal\tPaid",
        "PO-0031\t1,200.00\t19%\t1,428.00\t05/03/2024",
        "PO-0127\t(80.50)\t7%\t(86.14)\t",
        "Sum\t1,119.50\t\t1,341.87\t",
    ]
    assert [remark.code for remark in document.remarks] == ["worked_out"]
    assert all(document.text[cell.start : cell.end] == cell.text for cell in document.tables[0].cells)
    assert "(86.14)" in [cell.text for cell in document.tables[0].cells]


def test_a_timetable_keeps_names_that_are_merged_over_columns_and_rows(tmp_path: Path) -> None:
    book, sheet = sheet_of(
        [
            ["Line", "Weekdays", None, "Sundays", None],
            [None, "First", "Last", "First", "Last"],
            ["Harbour", 0.21875, 0.96875, 0.3125, 0.9],
            [None, 0.25, 0.97, 0.35, 0.91],
        ],
        {f"{column}{line}": "h:mm" for column in "BCDE" for line in (3, 4)},
    )
    for area in ("A1:A2", "B1:C1", "D1:E1", "A3:A4"):
        sheet.merge_cells(area)
    document = reread(book, tmp_path)
    assert document.text.splitlines() == [
        "Line\tWeekdays\tWeekdays\tSundays\tSundays",
        "\tFirst\tLast\tFirst\tLast",
        "Harbour\t5:15\t23:15\t7:30\t21:36",
        "Harbour\t6:00\t23:16\t8:24\t21:50",
    ]
    [table] = document.tables
    assert [" ".join(cell.text for cell in table.grid.column_header(at)) for at in range(5)] == [
        "Line", "Weekdays First", "Weekdays Last", "Sundays First", "Sundays Last",
    ]  # fmt: skip
    assert table.grid.row_header(3)[0].text == "Harbour"


def test_a_household_book_keeps_its_tables_apart(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Income", None, None, "Expenses", None, None],
        ["Source", "Euro", None, "Item", "Day", "Euro"],
        ["Pay", 2400, None, "Rent", "1st", 900],
        ["Letting", 350, None, "Phone", "3rd", 35],
        [None, None, None, "Bread", "4th", 6],
        [],
        ["Meter", "Reading"],
        ["Gas", 4711],
    ]
    document = reread(sheet_of(rows)[0], tmp_path)
    assert document.text.split("\n\n") == [
        "Income\nSource\tEuro\nPay\t2400\nLetting\t350",
        "Expenses\nItem\tDay\tEuro\nRent\t1st\t900\nPhone\t3rd\t35\nBread\t4th\t6",
        "Meter\tReading\nGas\t4711",
    ]
    assert [table.caption for table in document.tables] == ["Income", "Expenses", "Sheet"]


def test_an_empty_column_within_a_table_parts_nothing(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Name", "Town", None, "State", "Fee"],
        ["Ada", "Bern", None, "paid", 5],
        ["Bo", "Genf", None, "open", 7],
    ]
    assert reread(sheet_of(rows)[0], tmp_path).text == "Name\tTown\tState\tFee\nAda\tBern\tpaid\t5\nBo\tGenf\topen\t7"


def test_a_price_list_marks_what_its_program_hides(tmp_path: Path) -> None:
    book, sheet = sheet_of(
        [["Tea", "Price", "Cost"], ["Assam", 7.5, 3.1], ["Oolong", 9, 4.2], ["Earl Grey", 6, 2.2], ["Code", 14, None]],
        {"B2": "0.00", "B3": "0.00", "B4": "0.00", "B5": ";;;"},
    )
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    other = book.create_sheet("Suppliers")
    other.append(["Name", "Discount"])
    other.append(["Nilgiri Ltd", 0.4])
    other.sheet_state = "veryHidden"
    document = reread(book, tmp_path)
    assert document.pages[0].text.startswith("Tea\tPrice\nAssam\t7.50\nEarl Grey\t6.00\nCode\n\n")
    assert unseen(document) == [
        "Tea\tPrice\tCost\nOolong\t9.00\t4.2\n\nTea\tCost\nAssam\t3.1\nEarl Grey\t2.2\nCode\t\n\nB5: 14"
    ]
    assert unseen(document, 1) == ["Name\tDiscount\nNilgiri Ltd\t0.4"]
    assert [cell.text for table in document.tables for cell in table.cells] == [
        *("Tea", "Price", "Assam", "7.50", "Earl Grey", "6.00", "Code"),
    ]
    [remark] = document.remarks
    assert remark.text == (
        "hidden in its program, kept as hidden text: row 3 of “Sheet”; column C of “Sheet”; "
        "1 cell of “Sheet” whose format shows nothing; sheet “Suppliers”"
    )


def test_what_is_merged_from_a_hidden_cell_is_shown_all_the_same(tmp_path: Path) -> None:
    book, sheet = sheet_of([["Group", "Name", "Fee"], ["North", "Ada", 5], [None, "Bo", 7]])
    sheet.merge_cells("A2:A3")
    sheet.row_dimensions[2].hidden = True
    document = reread(book, tmp_path)
    assert document.text.startswith("Group\tName\tFee\nNorth\tBo\t7\n\n")
    assert unseen(document) == ["Group\tName\tFee\n\tAda\t5"]


def test_a_log_of_measurements_gives_each_column_the_unit_below_its_name(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Time", "Pressure", "Flow", "Level"],
        ["s", "bar", "(l/min)", "%"],
        [0, 2.5, 11, 40],
        [1, 2.75, 12, 41],
    ]
    document = reread(sheet_of(rows)[0], tmp_path)
    [table] = document.tables
    assert table.grid.header_rows == 2
    assert column_units(table) == ("s", "bar", "l/min", "%")
    rows[1][0] = None
    assert column_units(reread(sheet_of(rows)[0], tmp_path).tables[0]) == (None, "bar", "l/min", "%")


def test_comments_are_kept_with_their_authors_and_cells(tmp_path: Path) -> None:
    book, sheet = sheet_of([["Item", "Cost"], ["Roof", 900], ["Door", 120]])
    sheet["B2"].comment = Comment("Iris:\nask for a\nsecond offer", "Iris")
    sheet["B3"].comment = Comment("paid in cash", "Iris")
    sheet.row_dimensions[3].hidden = True
    document = reread(book, tmp_path)
    assert "\n\nComment (Iris) on B2, Roof, 900: ask for a second offer\n\n" in document.text
    assert unseen(document) == ["Item\tCost\nDoor\t120\n\nComment (Iris) on B3, Door, 120: paid in cash"]


def test_a_conversation_is_kept_once_with_the_names_of_those_who_talk(tmp_path: Path) -> None:
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations(
            {"comments": "../comments1.xml", "threadedComment": "../threadedComments/t.xml"}
        ),
        "xl/comments1.xml": (
            '<comments><authors><author>tc=1</author></authors><commentList><comment ref="B1" authorId="0"><text>'
            "<t>[Threaded comment] Too old for this: too dear?</t></text></comment></commentList></comments>"
        ),
        "xl/threadedComments/t.xml": (
            '<ThreadedComments><threadedComment ref="B1" personId="p1"><text>too dear?</text></threadedComment>'
            '<threadedComment ref="B1" personId="p2"><text>no, agreed</text></threadedComment></ThreadedComments>'
        ),
        "xl/persons/person.xml": (
            '<personList><person id="p1" displayName="Ivo"/><person id="p2" displayName="Una"/></personList>'
        ),
    }
    path = write_workbook(
        tmp_path / "a.xlsx", f"<sheetData>{row(1, text('A1', 'Roof'), number('B1', 900))}</sheetData>", parts=parts
    )
    assert read(path).text == (
        "Roof\t900\n\nComment (Ivo) on B1, Roof, 900: too dear?\n\nComment (Una) on B1, Roof, 900: no, agreed"
    )


def test_struck_text_is_marked_and_no_evidence(tmp_path: Path) -> None:
    book, sheet = sheet_of([["Tour", "Price"], ["Harbour", 49], ["Tower", 12]])
    sheet["B2"].font = Font(strike=True)
    document = reread(book, tmp_path)
    assert document.text == "Tour\tPrice\nHarbour\t~~49~~\nTower\t12"
    assert unseen(document) == ["~~49~~"]


def test_shared_texts_may_be_of_parts_and_say_how_to_speak(tmp_path: Path) -> None:
    texts = (
        "<si><r><t>Open </t></r><r><rPr><strike/></rPr><t>Monday</t></r><r><t xml:space='preserve'> Friday</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
    )
    cells = "".join(f'<c r="{place}" t="s"><v>{item}</v></c>' for place, item in (("A1", 0), ("B1", 1), ("C1", 9)))
    document = read(write_workbook(tmp_path / "a.xlsx", f"<sheetData>{row(1, cells)}</sheetData>", texts=texts))
    assert document.text == "Open ~~Monday~~ Friday\t東京\t#9"
    assert unseen(document) == ["~~Monday~~"]


def test_days_since_1904_truths_and_faults_are_shown(tmp_path: Path) -> None:
    cells = row(
        1, number("A1", 43951, 1), '<c r="B1" t="b"><v>1</v></c>', '<c r="C1" t="e"><v>#DIV/0!</v></c>',
        '<c r="D1" t="d"><v>2024-05-01</v></c>', "<c><v>7</v></c>",
    )  # fmt: skip
    path = write_workbook(
        tmp_path / "a.xlsx", f"<sheetData>{cells}</sheetData>", codes=["dd.mm.yyyy"],
        settings='<workbookPr date1904="1"/>',
    )  # fmt: skip
    assert read(path).text == "01.05.2024\tTRUE\t#DIV/0!\t2024-05-01\t7"


def test_formulas_are_worked_out_where_nothing_or_a_stand_in_is_stored(tmp_path: Path) -> None:
    shared = '<c r="C2"><f t="shared" ref="C2:C3" si="0">A2*B2</f><v/></c>', '<c r="C3"><f t="shared" si="0"/><v/></c>'
    rows = [
        row(1, text("A1", "Units"), text("B1", "Price"), text("C1", "Cost"), text("D1", "Stored")),
        row(2, number("A2", 3), number("B2", 2.5), shared[0], formula("D2", "A2", "5")),
        row(3, number("A3", 4), number("B3", 1.25), shared[1], formula("D3", "A3*2", "0")),
        row(4, formula("C4", "SUM(C2:C3)"), formula("D4", "XIRR(C2:C3,A2:A3)")),
        row(5, formula("C5", "C5+1"), formula("D5", 'IF(A2>1,"","x")', kind="str")),
    ]
    path = write_workbook(
        tmp_path / "a.xlsx", f"<sheetData>{''.join(rows)}</sheetData>", settings='<calcPr fullCalcOnLoad="1"/>'
    )
    document = read(path)
    assert document.text.splitlines() == [
        "Units\tPrice\tCost\tStored",
        "3\t2.5\t7.5\t5",
        "4\t1.25\t5\t8",
        "\t\t12.5\t=XIRR(C2:C3,A2:A3)",
        "\t\t=C5+1\t",
    ]
    assert [(remark.code, remark.detail) for remark in document.remarks] == [
        ("worked_out", "4"),
        ("not_worked_out", "2"),
    ]


def test_a_workbook_with_macros_is_read_without_them(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsm", f"<sheetData>{row(1, text('A1', 'Key'), number('B1', 7))}</sheetData>",
        parts={"xl/vbaProject.bin": "Sub Workbook_Open()"},
    )  # fmt: skip
    assert read(path).text == "Key\t7"


# Hostile


@pytest.mark.timeout(60)
def test_a_million_merged_areas_are_read_in_time(tmp_path: Path) -> None:
    areas = "".join(f'<mergeCell ref="A{at}:C{at + 1_000}"/>' for at in range(1, 1_000_001))
    data = "".join(row(at, text(f"A{at}", "Name"), text(f"B{at}", "x"), number(f"C{at}", at)) for at in range(1, 200))
    path = write_workbook(tmp_path / "a.xlsx", f"<sheetData>{data}</sheetData><mergeCells>{areas}</mergeCells>")
    assert read(path).text.count("\n") >= 198


@pytest.mark.timeout(60)
def test_a_format_of_a_megabyte_is_none(tmp_path: Path) -> None:
    data = f"<sheetData>{row(1, number('A1', 7.5, 1), number('B1', 0.25, 2))}</sheetData>"
    path = write_workbook(tmp_path / "a.xlsx", data, codes=["0;" * 500_000, "[" * 500 + "0%"])
    assert read(path).text.startswith("7.5\t")


@pytest.mark.timeout(60)
def test_a_sheet_that_claims_a_billion_cells_has_those_that_are_there(tmp_path: Path) -> None:
    data = f"<sheetData>{row(1, text('A1', 'Key'))}{row(1_048_576, number('XFD1048576', 7))}</sheetData>"
    columns = '<cols><col min="1" max="999999999" hidden="1"/></cols>'
    path = write_workbook(tmp_path / "a.xlsx", f'<dimension ref="A1:XFD1048576"/>{data}', f"{columns}{data}")
    document = read(path)
    assert document.pages[0].text == "Key\n7"
    assert unseen(document, 1) == ["Key\t\n\t7"]


@pytest.mark.timeout(60)
def test_texts_out_of_range_and_cells_that_are_no_numbers_are_kept_as_they_are(tmp_path: Path) -> None:
    cells = "".join(
        f'<c t="{kind}" s="99"><v>{value}</v></c>'
        for kind, value in (("s", 10**6), ("s", -1), ("n", "1e999"), ("n", "x"), ("q", "y"))
    )
    assert (
        read(write_workbook(tmp_path / "a.xlsx", f"<sheetData>{row(1, cells)}</sheetData>")).text
        == "#1000000\t#-1\t1e999\tx\ty"
    )


@pytest.mark.timeout(60)
def test_formulas_that_go_round_or_nest_deeply_cost_nothing_else(tmp_path: Path) -> None:
    loops = "".join(row(at, formula(f"A{at}", f"A{at % 3_000 + 1}+SUM(A:A)")) for at in range(1, 3_001))
    deep = row(3_001, formula("A3001", "(" * 4_000 + "1" + ")" * 4_000), text("B3001", "kept"))
    document = read(write_workbook(tmp_path / "a.xlsx", f"<sheetData>{loops}{deep}</sheetData>"))
    assert document.text.endswith("\tkept")
    assert [(remark.code, remark.detail) for remark in document.remarks] == [("not_worked_out", "3,001")]
