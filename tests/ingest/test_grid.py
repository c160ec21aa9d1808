from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.grid import Grid, column_header, grid, row_header, value_cells
from ingest.table import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(*rows: Sequence[str | tuple[str, int, int]], heads: int = 1, labels: int = 0) -> Table:
    """Return a table: a cell is its text, or its text with the rows and columns that it spans; None where one spans."""
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        column = 0
        for one in row:
            text, down, across = one if isinstance(one, tuple) else (one, 1, 1)
            while (number, column) in taken:
                column += 1
            taken |= {(number + y, column + x) for y in range(down) for x in range(across)}
            cells.append(Cell(text, number, column, down, across, number < heads or column < labels, 0, 0))
            column += across
    return Table(1, 1, None, None, tuple(cells))


def texts(cells: Sequence[Cell | None]) -> list[str | None]:
    return [cell.text if cell else None for cell in cells]


COSTS = table(
    [("Region", 2, 1), ("2023", 1, 2), ("2024", 1, 2)],
    ["Plan", "Real", "Plan", "Real"],
    ["North", "1", "2", "3", "4"],
    ["South", "5", "", "7", "8"],
    heads=2,
)


def test_a_cell_that_spans_places_stands_in_each_of_them() -> None:
    assert [texts(row) for row in grid(COSTS)] == [
        ["Region", "2023", "2023", "2024", "2024"],
        ["Region", "Plan", "Real", "Plan", "Real"],
        ["North", "1", "2", "3", "4"],
        ["South", "5", "", "7", "8"],
    ]
    assert grid(COSTS)[0][1] is grid(COSTS)[0][2]


def test_a_place_without_a_cell_is_empty() -> None:
    assert [texts(row) for row in grid(table(["a", "b"], ["1"]))] == [["a", "b"], ["1", None]]
    assert grid(Table(1, 1, None, None, ())) == []


def test_a_column_has_the_headers_that_span_it_above_its_own() -> None:
    assert [texts(column_header(COSTS, column)) for column in range(5)] == [
        *(["Region"], ["2023", "Plan"], ["2023", "Real"]),
        *(["2024", "Plan"], ["2024", "Real"]),
    ]


def test_a_header_that_is_left_empty_above_another_is_the_one_to_its_left() -> None:
    unmerged = table(["", "2023", "", "2024", ""], ["", "Plan", "Real", "Plan", "Real"], ["North", *"1234"], heads=2)
    assert [texts(column_header(unmerged, column)) for column in range(5)] == [
        *([], ["2023", "Plan"], ["2023", "Real"]),
        *(["2024", "Plan"], ["2024", "Real"]),
    ]


def test_a_table_without_headers_has_none() -> None:
    plain = table(["1", "2"], ["3", "4"], heads=0)
    assert (column_header(plain, 1), row_header(plain, 1)) == ((), ())
    assert texts(value_cells(plain)) == ["1", "2", "3", "4"]


def test_values_are_neither_headers_nor_labels_and_have_a_text() -> None:
    assert texts(value_cells(COSTS)) == ["1", "2", "3", "4", "5", "7", "8"]


def test_the_label_of_a_row_is_its_first_word_or_year() -> None:
    towns = table(["Id", "Town", "People"], ["1", "Bern", "130"], ["2", "Genf", "200"])
    assert texts(row_header(towns, 2)) == ["Genf"]
    assert texts(value_cells(towns)) == ["1", "130", "2", "200"]
    years = table(["Year", "Sales"], ["2023", "5"], ["2024", "6"])
    assert texts(row_header(years, 2)) == ["2024"]
    days = table(["Day", "Sales"], ["2024-01-31", "5"], ["2024-02-29", "6"])
    assert texts(row_header(days, 1)) == ["2024-01-31"]


def test_a_row_of_headers_has_no_label() -> None:
    assert row_header(COSTS, 0) == ()
    assert row_header(COSTS, 1) == ()


def test_a_label_that_spans_rows_stands_above_those_beside_it() -> None:
    regions = table(
        ["Region", "Quarter", "Sales"],
        [("North", 2, 1), "Q1", "1"],
        ["Q2", "2"],
        [("South", 2, 1), "Q1", "3"],
        ["Q2", "4"],
        labels=2,
    )
    assert [texts(row_header(regions, row)) for row in range(1, 5)] == [
        *(["North", "Q1"], ["North", "Q2"]),
        *(["South", "Q1"], ["South", "Q2"]),
    ]
    assert texts(value_cells(regions)) == ["1", "2", "3", "4"]


def section(text: str, row: int, width: int) -> Cell:
    return Cell(text, row, 0, 1, width, True, 0, 0)


def test_a_row_that_spans_the_table_stands_above_those_under_it() -> None:
    rows = [["Item", "2023"], ["Rail", "5"], ["Hotel", "6"], ["Paper", "7"]]
    cells = [
        Cell(text, place, column, 1, 1, place == 0, 0, 0)
        for row, place in zip(rows, (0, 2, 3, 5), strict=True)
        for column, text in enumerate(row)
    ]
    cells += [section("Travel", 1, 2), section("Office", 4, 2)]
    parted = Table(1, 1, None, None, tuple(sorted(cells, key=lambda cell: cell.row)))
    assert [texts(row_header(parted, row)) for row in (1, 2, 3, 5)] == [
        *(["Travel"], ["Travel", "Rail"], ["Travel", "Hotel"], ["Office", "Paper"]),
    ]


def test_a_label_without_values_stands_above_those_under_it() -> None:
    sheet = table(
        ["", "2023"],
        ["Assets", ""],
        ["Current assets", ""],
        ["Cash", "1"],
        ["Other", "2"],
        ["Fixed assets", ""],
        ["Land", "3"],
        ["Liabilities", ""],
        ["Current liabilities", ""],
        ["Debt", "4"],
    )
    assert [" > ".join(cell.text for cell in row_header(sheet, row)) for row in (3, 4, 6, 8, 9)] == [
        "Assets > Current assets > Cash",
        "Assets > Current assets > Other",
        "Assets > Fixed assets > Land",
        "Liabilities > Current liabilities",
        "Liabilities > Current liabilities > Debt",
    ]


def test_nothing_stands_under_a_label_after_its_total() -> None:
    sheet = table(
        ["", "2023"],
        ["Assets:", ""],
        ["Current assets", ""],
        ["Cash", "1"],
        ["Total current assets", "1"],
        ["Land", "3"],
        ["Total assets", "4"],
        ["Debt", "5"],
    )
    assert [" > ".join(cell.text for cell in row_header(sheet, row)) for row in range(3, 8)] == [
        "Assets: > Current assets > Cash",
        "Assets: > Current assets > Total current assets",
        "Assets: > Land",
        "Assets: > Total assets",
        "Debt",
    ]


@pytest.mark.parametrize("values", [["1", "2", "3", "4", "5"], ["", "2", "3", "4", "5"]])
def test_a_label_stands_under_those_from_which_it_is_indented(values: list[str]) -> None:
    lefts = [50.0, 60.0, 60.5, 70.0, 50.0]
    cells = [Cell("", 0, 0, 1, 1, True, 0, 0), Cell("2023", 0, 1, 1, 1, True, 0, 0)]
    for row, (left, value) in enumerate(zip(lefts, values, strict=True), start=1):
        cells.append(Cell(f"Label {row}", row, 0, 1, 1, False, 0, 0, (left, 0.0, left + 40, 10.0)))
        cells.append(Cell(value, row, 1, 1, 1, False, 0, 0, (200.0, 0.0, 220.0, 10.0)))
    indented = Table(1, 1, None, None, tuple(cells))
    assert [[cell.text[-1] for cell in row_header(indented, row)] for row in range(1, 6)] == [
        *(["1"], ["1", "2"], ["1", "3"]),
        *(["1", "3", "4"], ["5"]),
    ]


def test_a_large_table_is_read_once() -> None:
    towns = table(["Town", "People"], *([f"Town {n}", str(n)] for n in range(2000)))
    read = Grid(towns)
    assert [read.row_header(row)[0].text for row in range(1, 2001)] == [f"Town {n}" for n in range(2000)]


# Headers that nothing marks


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ((["Town", "People"], ["Bern", "130"], ["Genf", "200"]), 1),
        ((["", "2021", "2020"], ["Sales", "7", "6"]), 1),  # years are no figures
        ((["", "31.12.2021", "2020-12-31"], ["Sales", "7", "6"]), 1),
        ((["", "31.12.21", "12/31/20"], ["Sales", "7", "6"]), 1),
        ((["Ticket", "Price"], ["Child", "5.50"], ["Adult", "11.00"]), 1),  # amounts are no dates
        ((["", "Year ended", ""], ["", "2021", "2020"], ["Sales", "$ 7", "$ 6"]), 2),
        ((["", "2021", "2020"], ["", "$", "$"], ["Sales", "(7)", "—"]), 2),
        ((["", "2021"], ["Assets", ""], ["Cash", "1"]), 2),  # nothing tells the label of a group from a header
        ((["Rent", "7"], ["Wages", "8"]), 0),
        ((["Rent", "7 %"], ["Wages", "8 %"]), 0),
        ((["Post", "Name"], ["Head", "Ana"], ["Cashier", "Olga"]), 1),  # a table of words has one
        ((["Post", "Name"],), 0),
        ((["", "2021"], ["", "2020"]), 1),
    ],
)
def test_where_no_header_is_marked_the_rows_before_the_first_figure_are(
    rows: Sequence[Sequence[str]], count: int
) -> None:
    assert Grid(table(*rows, heads=0)).header_rows == count


def test_headers_that_nothing_marks_name_their_columns() -> None:
    plain = table(["", "2023", "", "2024", ""], ["", "Plan", "Real", "Plan", "Real"], ["North", *"1234"], heads=0)
    assert [texts(column_header(plain, column)) for column in range(1, 5)] == [
        *(["2023", "Plan"], ["2023", "Real"]),
        *(["2024", "Plan"], ["2024", "Real"]),
    ]
    assert texts(row_header(plain, 2)) == ["North"]
    assert texts(value_cells(plain)) == [*"1234"]


def test_one_header_alone_above_others_is_over_all_of_them() -> None:
    ended = table(["", "", "Year ended", ""], ["", "2021", "2020", "2019"], ["Sales", *"765"], heads=0)
    assert [texts(column_header(ended, column)) for column in range(4)] == [
        *([], ["Year ended", "2021"], ["Year ended", "2020"], ["Year ended", "2019"]),
    ]


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (["", "2021", "2020"], 2),
        (["Item", "2021", "2020"], 2),
        (["", "2021", "Change"], 2),
        (["", "31.12.2021", "31.12.2020"], 2),
        (["Sales", "2021", "7"], 1),
        (["Sales", "7", "6"], 1),
        (["Sales", "7.20", "6.95"], 1),
        (["Sales", "", ""], 1),
    ],
)
def test_a_row_of_years_under_marked_headers_is_one_of_them(row: Sequence[str], count: int) -> None:
    marked = table(["", ("Year ended", 1, 2)], row, ["Wages", "3", "4"])
    assert Grid(marked).header_rows == count


def test_rows_of_years_that_follow_each_other_are_values() -> None:
    founded = table(["Club", "Founded"], ["Rowing", "1904"], ["Chess", "1921"], ["Choir", "1933"])
    assert Grid(founded).header_rows == 1
    assert texts(value_cells(founded)) == ["1904", "1921", "1933"]


def test_amounts_with_two_decimals_name_no_rows() -> None:
    prices = table(["Weekday", "Ticket"], ["5.50", "Adult"], ["3.00", "Child"])
    assert Grid(prices).label_columns == {1}


def test_the_last_row_of_a_table_is_no_header_for_its_years() -> None:
    founded = table(["Club", "Founded"], ["Rowing", "1904"])
    assert Grid(founded).header_rows == 1
    assert texts(value_cells(founded)) == ["1904"]
