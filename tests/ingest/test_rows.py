from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest import CELL, Row, row_at


def table(*rows: str) -> str:
    return "\n".join(row.replace(" | ", CELL).replace("| ", CELL) for row in rows)


LEVELS = table(
    "Ask your waterworks for the hardness.",
    "Table 2. Levels of water hardness",
    "Level | German degrees | Salt lasts for",
    "H:04 | 13 to 16 | 34 washes",
    "H:05 | 17 to 21 | 23 washes",
)
INCOME = table(
    "(In millions)",
    "Three Months Ended | Nine Months Ended",
    "| June 25, 2022 | June 26, 2021 | June 25, 2022 | June 26, 2021",
    "Net sales:",
    "Products | $ 63,355 | $ 63,948 | $ 245,241 | $ 232,309",
    "Cost of sales:",
    "Products | 41,485 | 40,899 | 155,084 | 149,476",
)


def read_row(text: str, beginning: str) -> Row:
    return row_at(text, text.index(beginning.replace(" | ", CELL)))


def test_a_row_is_read_out_with_the_names_of_its_columns() -> None:
    row = read_row(LEVELS, "H:05")

    assert row == Row(
        "Table 2. Levels of water hardness",
        "Level: H:05; German degrees: 17 to 21; Salt lasts for: 23 washes",
        heads=False,
    )


def test_the_head_of_a_table_says_so() -> None:
    assert read_row(LEVELS, "Level").heads


def test_a_name_over_several_columns_stands_before_each_ones_own() -> None:
    row = read_row(INCOME, "Products | 41,485")

    assert row.text.startswith("Cost of sales: Products; Three Months Ended June 25, 2022: 41,485; Three Months Ended")
    assert row.text.endswith("Nine Months Ended June 26, 2021: 149,476")
    assert read_row(INCOME, "Products | $ 63,355").text.startswith("Net sales: Products; ")


def test_two_columns_need_no_names() -> None:
    text = table("Part | Torque", "Handlebar clamp | 5 Nm", "Seat post, carbon | 4 Nm, with paste")

    assert read_row(text, "Seat post").text == "Seat post, carbon: 4 Nm, with paste"


def test_cells_that_are_missing_at_the_end_leave_the_names_in_place() -> None:
    text = table("Place | Limit | Remarks", "London | 210 | 250 with a colleague", "Other capitals | 160")

    assert read_row(text, "Other").text == "Place: Other capitals; Limit: 160"


def test_years_name_columns() -> None:
    text = table("Item | 2023 actual | 2024", "Rents | 7,560 | 7,800")

    assert read_row(text, "Rents").text == "Item: Rents; 2023 actual: 7,560; 2024: 7,800"


def test_in_a_table_of_words_only_the_first_row_names_columns() -> None:
    text = table("Code | Meaning | What to do", "E01 | No water | Open the tap", "E06 | Door open | Close it")

    assert read_row(text, "E01").text == "Code: E01; Meaning: No water; What to do: Open the tap"
    assert not read_row(text, "E06").heads


def test_a_table_without_names_is_read_cell_by_cell() -> None:
    text = table("Prose before it ends here.", "Rent | 1,250 | 3 April", "Heating | 160 | 3 May")

    assert read_row(text, "Heating") == Row("", "Heating: 160; 3 May", heads=False)


def test_prose_and_page_breaks_end_a_table() -> None:
    other = table("Year | Rent | Note", "2023 | 1,200 | old")
    prose = "A sentence of prose that stands between the two tables and that says nothing about either of them."

    for between in (f"\n{prose}\n", "\f", "\n\n"):
        text = other + between + table("2024 | 1,250 | new", "2025 | 1,300 | newer")
        assert read_row(text, "2025").text == "2025: 1,300; newer"


@given(st.text("ab1, \t\n\f.:", min_size=1, max_size=200), st.data())
def test_any_line_can_be_read(text: str, data: st.DataObject) -> None:
    row = row_at(text, data.draw(st.integers(0, len(text) - 1)))

    assert "\n" not in row.text
    assert CELL not in row.text


def test_signs_apart_and_figures_together_are_told_by_the_heads() -> None:
    text = table(
        "Three Months Ended",
        "March 31, 2023 | March 31, 2022",
        "Research | $ | 7,709 | $ 6,306",
        "Sales | $ 1,200 $ 1,100",
        "Margin | 35 % 34 %",
        "Costs | higher | lower",
    )

    assert read_row(text, "Research").text == "Research; March 31, 2023: $ 7,709; March 31, 2022: $ 6,306"
    assert read_row(text, "Sales").text == "Sales; March 31, 2023: $ 1,200; March 31, 2022: $ 1,100"
    assert read_row(text, "Margin").text == "Margin; March 31, 2023: 35 %; March 31, 2022: 34 %"
    assert read_row(text, "Costs").text == "Costs; March 31, 2023: higher; March 31, 2022: lower"
