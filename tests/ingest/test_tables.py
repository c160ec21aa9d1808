from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import CELL, Cell, read
from ingest.characters import characters
from ingest.packing import are_apart
from ingest.tables.align import aligned
from ingest.tables.find import grids_of
from ingest.tables.grid import Grid, GridCell, apart
from ingest.tables.headers import header_rows
from ingest.tables.mark import marked, placed
from ingest.tables.sheet import Glyph, Rule, Sheet
from ingest.tables.words import Word

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
WIDTH = 5.0  # points of each letter
HEIGHT = 10.0
PITCH = 14.0  # from line to line


def sheet(lines: list[str], across: tuple[Rule, ...] = (), down: tuple[Rule, ...] = (), pitch: float = PITCH) -> Sheet:
    """Return a page of fixed-width letters: what stands in column 7 of a line is 35 points from the left."""
    glyphs = []
    for number, line in enumerate(lines):
        before = " "
        for column, letter in enumerate(line):
            if letter != " ":
                left, top = WIDTH * column, pitch * number
                glyphs.append(Glyph(letter, left, top, left + WIDTH, top + HEIGHT, turned=False, spaced=before == " "))
            before = letter
    return Sheet(500.0, 700.0, tuple(glyphs), across, down)


def rows(grid: Grid) -> list[list[str]]:
    """Return the texts of a table, one for each column of each row; what spans places stands in the first."""
    texts = [[""] * grid.columns for _ in range(grid.rows)]
    for cell in grid.cells:
        texts[cell.row][cell.column] = cell.text
    return texts


def tables(lines: list[str]) -> list[list[list[str]]]:
    return [rows(grid) for grid in grids_of(sheet(lines))]


def lattice(xs: list[float], ys: list[float]) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    return tuple(Rule(y, xs[0], xs[-1]) for y in ys), tuple(Rule(x, ys[0], ys[-1]) for x in xs)


def test_figures_below_each_other_are_columns() -> None:
    assert tables(
        [
            "                        2023      2022",
            "Water by meter         7,560     5,208",
            "Rent                      40        38",
            "Fees                       —     1,100",
        ]
    ) == [
        [
            ["", "2023", "2022"],
            ["Water by meter", "7,560", "5,208"],
            ["Rent", "40", "38"],
            ["Fees", "—", "1,100"],
        ]
    ]


def test_an_empty_cell_keeps_its_column() -> None:
    [table] = tables(
        [
            "Item            2023      Cost",
            "Water                    by meter".replace("by meter", "   12"),
            "Rent           7,560        40",
            "Fees           5,208         9",
        ]
    )
    assert table[1] == ["Water", "", "12"]


def test_signs_that_stand_apart_belong_to_their_figures() -> None:
    [table] = tables(
        [
            "                    June 25, 2022        June 26, 2021",
            "Products        $          63,355    $          63,948",
            "Services                   19,604               17,486",
            "Growth                        (3 )%                4 %",
        ]
    )
    assert table[1:] == [
        ["Products", "$ 63,355", "$ 63,948"],
        ["Services", "19,604", "17,486"],
        ["Growth", "(3 )%", "4 %"],
    ]


def test_a_name_over_several_columns_spans_them() -> None:
    [grid] = grids_of(
        sheet(
            [
                "                      Three months            Nine months",
                "                     2023      2022         2023      2022",
                "Revenue             1,200     1,100        3,300     3,000",
                "Costs                 900       800        2,700     2,500",
            ]
        )
    )
    spans = [(cell.text, cell.column, cell.column_span) for cell in grid.cells if cell.row == 0]
    assert spans == [("Three months", 1, 2), ("Nine months", 3, 2)]
    assert grid.headers == 2


def test_a_wrapped_label_is_one_cell() -> None:
    [table] = tables(
        [
            "                                        2023      2022",
            "Net income                             7,560     5,208",
            "Change in the value of instruments that",
            "are held for trading                     121        17",
            "Other income                              40        38",
        ]
    )
    assert [row[0] for row in table] == [
        "",
        "Net income",
        "Change in the value of instruments that are held for trading",
        "Other income",
    ]


def test_lines_closer_than_rows_are_one_row() -> None:
    page = sheet(["                    Shares     Average"])
    glyphs = list(page.glyphs)
    texts = ["                                  price", "Granted                 12       40.10", "Vested", "shares"]
    for top, text in zip((11.0, 35.0, 59.0, 70.0), texts, strict=True):
        glyphs += [glyph._replace(top=top, bottom=top + HEIGHT) for glyph in sheet([text]).glyphs]
    for top, text in (
        (59.0, "                       (3)       39.05"),
        (94.0, "Held                     9       41.00"),
    ):
        glyphs += [glyph._replace(top=top, bottom=top + HEIGHT) for glyph in sheet([text]).glyphs]
    [grid] = grids_of(Sheet(500.0, 700.0, tuple(glyphs), (), ()))
    assert rows(grid) == [
        ["", "Shares", "Average price"],
        ["Granted", "12", "40.10"],
        ["Vested shares", "(3)", "39.05"],
        ["Held", "9", "41.00"],
    ]


def test_sections_are_rows_of_their_own() -> None:
    [table] = tables(
        [
            "                           2023      2022",
            "Current assets:",
            "  Cash                    2,800     1,990",
            "  Inventories             4,454     2,605",
            "Other assets:",
            "  Goodwill                4,372     4,349",
        ]
    )
    assert [row[0] for row in table[1:]] == ["Current assets:", "Cash", "Inventories", "Other assets:", "Goodwill"]


def test_drawn_cells_may_span_rows_and_columns_and_hold_several_lines() -> None:
    across, down = lattice([0, 100, 200, 300], [-2, 26, 54, 82])
    across = (across[0], Rule(26, 100, 300), *across[2:])  # the first cell goes over two rows
    down = (down[0], down[1], Rule(200, 26, 82), down[3])  # and the one beside it over two columns
    lines = ["Product               Sales", "(all)", "                      2023                2022"]
    lines += ["", "Lamps of              12                  9", "any kind"]
    [grid] = grids_of(sheet(lines, across, down))
    cells = [(cell.text, cell.row, cell.column, cell.row_span, cell.column_span) for cell in grid.cells]
    assert cells == [
        ("Product (all)", 0, 0, 2, 1),
        ("Sales", 0, 1, 1, 2),
        ("2023", 1, 1, 1, 1),
        ("2022", 1, 2, 1, 1),
        ("Lamps of any kind", 2, 0, 1, 1),
        ("12", 2, 1, 1, 1),
        ("9", 2, 2, 1, 1),
    ]


def test_rows_of_figures_without_a_line_between_them_are_parted() -> None:
    across, down = lattice([0, 100, 200], [-2, 12, 54])
    [grid] = grids_of(
        sheet(
            ["Country             Total", "Spain               12", "Malta               7", "Total               19"],
            across,
            down,
        )
    )
    assert rows(grid) == [["Country", "Total"], ["Spain", "12"], ["Malta", "7"], ["Total", "19"]]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            [
                "The encoder reads each passage    The second one reads both as",
                "alone, so that vectors can be     one text, which is sharp and",
                "stored ahead and be compared      slow, and so it keeps only a",
                "with any question that comes.     few of all that it was given.",
            ],
            id="columns of prose",
        ),
        pytest.param(
            ["1.1    The rent is due.", "1.2    The deposit is kept apart.", "•      One cat", "•      One dog"],
            id="numbered clauses",
        ),
        pytest.param([f"{450 - 50 * at:>6}{450 - 50 * at:>20}" for at in range(9)], id="the axes of two charts"),
        pytest.param(
            [
                f"{name:<20}{page:>4}"
                for name, page in zip(["Purpose", "Limits", "Files", "Rooms", "Terms"], (1, 3, 3, 7, 9), strict=True)
            ],
            id="contents",
        ),
        pytest.param(["Dear Ana,", "thank you for the 12 letters of 2023.", "Yours, Ben"], id="a letter"),
    ],
)
def test_what_is_no_table_is_none(lines: list[str]) -> None:
    assert tables(lines) == []


def test_bent_lines_make_a_chart_and_no_table() -> None:
    page = sheet(["    450     12", "    430     11", "    350     17", "    300      9"])
    assert len(grids_of(page)) == 1
    chart = Sheet(page.width, page.height, page.glyphs, (), (), ((0.0, 0.0, 80.0, 60.0),))
    assert grids_of(chart) == []


TEXT = "Costs of the year\nRent 7,560 fixed\nWater by meter 12 new\nFees 5,208 new\nThat is all."
LINES = ["Costs of the year", "Rent         7,560    fixed", "Water by     12       new", "meter"]
LINES += ["Fees         5,208    new", "That is all."]


def test_rows_stand_in_the_text_on_lines_of_their_own() -> None:
    page = sheet(LINES)
    found = marked(TEXT, page.glyphs, grids_of(page))
    text, [table] = placed(found.text, found.tables, 3)
    assert text.split("\n") == [
        "Costs of the year",
        "Rent\t7,560\tfixed",
        "Water by meter\t12\tnew",
        "Fees\t5,208\tnew",
        "That is all.",
    ]
    assert (table.page, table.page_end) == (3, 3)
    assert all(text[cell.start : cell.end] == cell.text for cell in table.cells)
    assert [cell.text for cell in table.cells if cell.row == 1] == ["Water by meter", "12", "new"]


def test_a_table_of_other_words_than_the_text_is_left_out_and_counted() -> None:
    page = sheet(LINES)
    found = marked("Nothing of it stands here", page.glyphs, grids_of(page))
    assert (found.text, found.tables, found.lost) == ("Nothing of it stands here", (), 1)


def test_a_section_stands_in_the_text_without_a_mark_and_keeps_its_place() -> None:
    lines = [
        "                  2023     2022",
        "Assets:",
        "  Cash           2,800    1,990",
        "  Goods          4,454    2,605",
    ]
    page = sheet(lines)
    found = marked("2023 2022\nAssets:\nCash 2,800 1,990\nGoods 4,454 2,605", page.glyphs, grids_of(page))
    text, [table] = placed(found.text, found.tables, 1)
    assert text == "\t2023\t2022\nAssets:\nCash\t2,800\t1,990\nGoods\t4,454\t2,605"
    assert [text[cell.start : cell.end] for cell in table.cells] == [cell.text for cell in table.cells]


layouts = st.lists(st.lists(st.text("abc 12.,$()-", max_size=12), min_size=2, max_size=4), min_size=1, max_size=8)


@given(layouts, st.integers(1, 5), st.randoms(use_true_random=False))
def test_marking_loses_and_doubles_nothing(table: list[list[str]], gap: int, chance: object) -> None:
    page = sheet(["".join(cell.ljust(12 + gap) for cell in cells) for cells in table])
    words = [word for cells in table for cell in cells for word in cell.split()]
    chance.shuffle(words)  # type: ignore[attr-defined]
    for order in (words, [word for cells in table for cell in cells for word in cell.split()]):
        text = characters(" ".join(order))
        found = marked(text, page.glyphs, grids_of(page))
        assert sorted("".join(found.text.split())) == sorted("".join(text.split()))


@given(st.text("ab1", max_size=60), st.text("ab1", max_size=60))
def test_aligned_characters_are_the_same_and_none_is_given_twice(text: str, other: str) -> None:
    places = aligned(text, other)
    found = [place for place in places if place >= 0]
    assert len(places) == len(other)
    assert len(set(found)) == len(found)
    assert all(text[place] == other[at] for at, place in enumerate(places) if place >= 0)


@given(st.text(min_size=30, max_size=60, alphabet=st.characters(categories=["L", "N"])))
def test_parts_in_another_order_are_found(text: str) -> None:
    places = aligned(text, text[30:] + text[:30])
    assert [text[place].lower() for place in places] == [one.lower() for one in text[30:] + text[:30]]


def test_a_pdf_keeps_its_rows_and_cells() -> None:
    document = read(SAMPLES / "dishwasher-manual.pdf")
    text = document.text

    assert "P3 Eco\tNormally soiled crockery; test programme\t50 °C\t3 h 35 min\t9.5 l\t0.83 kWh\n" in text
    assert "\nE02\tWater does not drain\tClean filter and drain pump; check the drain hose for kinks\nE03\t" in text
    assert CELL not in text[text.index("6.2 Faults without a code") : text.index("7 Spare parts and service\n7.1")]
    assert all(text[cell.start : cell.end] == cell.text for table in document.tables for cell in table.cells)


_SMALL = st.integers(0, 4)


@given(st.lists(st.tuples(_SMALL, _SMALL, st.integers(1, 4), st.integers(1, 4)), max_size=12))
def test_no_cell_reaches_into_another_and_no_text_goes(places: list[tuple[int, int, int, int]]) -> None:
    words = [placed_word(str(number)) for number in range(len(places))]
    cells = [GridCell(*place, [[word]]) for place, word in zip(places, words, strict=True)]
    kept = apart(cells)
    assert sorted(word.text for cell in kept for word in cell.words) == sorted(word.text for word in words)
    assert all(cell.row_span > 0 and cell.column_span > 0 for cell in kept)
    assert are_apart([Cell("", one.row, one.column, one.row_span, one.column_span, False, 0, 0) for one in kept])


def test_cells_that_are_apart_stay_as_they_are() -> None:
    cells = [GridCell(0, 0, 2, 1), GridCell(0, 1, 1, 2), GridCell(1, 1), GridCell(1, 2)]
    before = [(one.row, one.column, one.row_span, one.column_span) for one in cells]
    assert [(one.row, one.column, one.row_span, one.column_span) for one in apart(cells)] == before


def placed_word(text: str) -> Word:
    return Word(text, 0.0, 0.0, 1.0, 1.0, range(0))


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (
            [
                ["Test", "Result", "Unit", "Range"],
                ["Iron", "14.6", "g/dL", "13.5 - 17.5"],
                ["Fat", "5.9", "mmol/L", "< 5.2"],
            ],
            1,
        ),
        ([["Age", "0-10", "11-20"], ["Swimmers", "12", "30"]], 1),
        ([["", "2021", "2022"], ["Sales", "7", "8"]], 1),
    ],
)
def test_ranges_and_measures_beside_a_figure_are_values(rows: list[list[str]], count: int) -> None:
    cells = [
        GridCell(at, to, 1, 1, [[placed_word(text)]])
        for at, row in enumerate(rows)
        for to, text in enumerate(row)
        if text
    ]
    assert header_rows(Grid(cells, len(rows), len(rows[0]), (0.0, 0.0, 1.0, 1.0))) == count
