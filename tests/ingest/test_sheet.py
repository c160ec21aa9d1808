from __future__ import annotations

import csv
import datetime
import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from ingest import Document, DocumentError, read, row_at

if TYPE_CHECKING:
    from pathlib import Path


def separated(tmp_path: Path, raw: bytes, name: str = "towns.csv") -> Document:
    path = tmp_path / name
    path.write_bytes(raw)
    return read(path)


def workbook(tmp_path: Path, **sheets: list[list[Any]]) -> Document:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    return read(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_rows_keep_the_names_of_their_columns(tmp_path: Path, delimiter: str, encoding: str) -> None:
    lines = ["Town|Größe|Note", '"Bern"|5,5|""', "", 'Genf|7|"a\r\nb ""c"""']
    raw = "\r\n".join(line.replace("|", delimiter) for line in lines).replace("5,5", '"5,5"')
    document = separated(tmp_path, raw.encode(encoding))
    assert document.text == 'Town\tGröße\tNote\nBern\t5,5\t\nGenf\t7\ta b "c"'
    assert document.sections == ((0, "line 1"), (16, "line 2"), (26, "line 4"))
    assert row_at(document.text, 26).text == 'Town: Genf; Größe: 7; Note: a b "c"'


def test_a_stated_separator_is_no_row(tmp_path: Path) -> None:
    document = separated(tmp_path, b"sep=;\r\na;b,c;d,e\r\n1;2,0;3,0\r\n")
    assert (document.text, document.sections[1]) == ("a\tb,c\td,e\n1\t2,0\t3,0", (10, "line 3"))


def test_tab_separated_values_may_hold_any_sign(tmp_path: Path) -> None:
    assert separated(tmp_path, b"a, b; c\td\n1, 2; 3\t4\n", "t.tsv").text == "a, b; c\td\n1, 2; 3\t4"


def test_lines_of_comment_are_lines_of_their_own_and_name_no_columns(tmp_path: Path) -> None:
    raw = b"# made by hand, Friday\n# 2nd export\nId,Town,Code\n007,Bern,03000\n# not checked, yet\n008,Genf,01200\n"
    document = separated(tmp_path, raw)
    assert document.text == (
        "# made by hand, Friday\n# 2nd export\nId\tTown\tCode\n007\tBern\t03000\n# not checked, yet\n008\tGenf\t01200"
    )
    assert document.label_at(document.text.index("Genf"), document.text.index("Genf") + 4) == "line 6"
    assert document.tables[0].grid.header_rows == 1


def test_names_of_columns_may_begin_with_the_sign_of_a_comment(tmp_path: Path) -> None:
    assert (
        separated(tmp_path, b"#;Name;Score\n1;Ada;0,50\n2;Bo;0,75\n").text
        == "#\tName\tScore\n1\tAda\t0,50\n2\tBo\t0,75"
    )


def test_a_file_may_hold_several_tables(tmp_path: Path) -> None:
    raw = b"Account;Owner\n00471;Ada\n\nDay;Text;Amount\n1.3.2024;Rent;-900,00\n\n2.3.2024;Pay;1.200,00\n"
    document = separated(tmp_path, raw)
    assert document.text == (
        "Account\tOwner\n00471\tAda\n\nDay\tText\tAmount\n1.3.2024\tRent\t-900,00\n2.3.2024\tPay\t1.200,00"
    )
    assert [len(table.cells) for table in document.tables] == [4, 9]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "raw", [b'a,b\n"' + b"x,y\n" * 100_000, b"x" * 1_000_000, b",".join([b"1"] * 200_000), b'"' * 300_001]
)
def test_hostile_values_are_read_in_time(tmp_path: Path, raw: bytes) -> None:
    [page] = separated(tmp_path, raw).pages
    assert len(page.text) > len(raw) // 3 or set(raw) == {34}


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1)] * 3), min_size=2
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_row_has_its_line(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(rows)
    document = separated(tmp_path, buffer.getvalue().encode())
    lines = {int(label.removeprefix("line ")) for _, label in document.sections}
    assert lines <= set(range(1, len(rows) + 1))
    for place, label in document.sections:
        end = document.text.find("\n", place)
        assert document.label_at(place, end if end > 0 else len(document.text)) == label


def test_a_workbook_is_a_page_a_sheet(tmp_path: Path) -> None:
    document = workbook(
        tmp_path,
        Costs=[
            ["Budget 2024"],
            [],
            [None, "Item", None, "Planned", "Paid on", "Share", "Done"],
            [None, "Rail", None, 0.1 + 0.2, datetime.date(2024, 3, 1), 0.125, True],
            [],
            [None, "Hotel", None, 1200.0, datetime.datetime(2024, 3, 2, 9, 30), 1, False],
            [None, "=1+1", None, None, datetime.time(8), "#N/A", None],
        ],
        A_sheet_with_a_rather_long_name=[],
        Names=[
            ["First", "Last", "Born"],
            ["Ada", "Lovelace", 1815],
            [],
            ["Town", "Country", "Code"],
            ["Bern", "Swiss", 3000],
        ],
    )
    assert [(page.number, page.label) for page in document.pages] == [
        (1, "Costs"),
        (2, "A sheet with a rath…"),
        (3, "Names"),
    ]
    assert document.pages[0].text == (
        "Budget 2024\n\nItem\tPlanned\tPaid on\tShare\tDone\nRail\t0.3\t2024-03-01\t0.125\tTRUE\n"
        "Hotel\t1200\t2024-03-02 9:30:00\t1\tFALSE\n2\t\t8:00:00\t#N/A\t"
    )
    assert document.pages[2].text == "First\tLast\tBorn\nAda\tLovelace\t1815\n\nTown\tCountry\tCode\nBern\tSwiss\t3000"
    row = row_at(document.text, document.text.index("Hotel"))
    assert row.text.startswith("Item: Hotel; Planned: 1200; Paid on: 2024-03-02 9:30:00")


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_cells_far_out_do_not_fill_the_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"] = "near", "x"
    book.active[f"{get_column_letter(16384)}200000"] = "far"
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx").text == "near\tx\t\n\t\tfar"
    for row in range(1, 4500):  # a cell in each row and in each column
        book.active[f"{get_column_letter(row + 2)}{row}"] = 1
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "a.xlsx")
    assert caught.value.reason == "has a sheet of too many cells: Sheet"


def test_a_protected_or_old_workbook_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "a.xlsx")
    assert caught.value.reason == "is protected by a password, or in an Office format from before 2007"
