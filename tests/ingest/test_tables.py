from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest import CELL, read
from ingest.characters import characters
from ingest.tables import mark

CODES = """\
Code     Meaning                          What to do
E01      No water comes in                Open the tap
E05      Water in the base; safety        Close the tap, pull the plug
         valve has shut
E06      Door not closed                  Close the door firmly, and if it does
                                          not catch, call the service
"""
CODES_TEXT = (
    "Code Meaning What to do\nE01 No water comes in Open the tap E05 Water in the base; safety\nvalve has shut\n"
    "Close the tap, pull the plug\n"
    "E06 Door not closed Close the door firmly, and if it does\nnot catch, call the service"
)

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


def rows(text: str, layout: str) -> list[list[str]]:
    return [line.split(CELL) for line in mark(text, layout).split("\n") if CELL in line]


def test_rows_stand_on_lines_of_their_own_with_wrapped_cells_joined() -> None:
    assert rows(CODES_TEXT, CODES) == [
        ["Code", "Meaning", "What to do"],
        ["E01", "No water comes in", "Open the tap"],
        ["E05", "Water in the base; safety valve has shut", "Close the tap, pull the plug"],
        ["E06", "Door not closed", "Close the door firmly, and if it does not catch, call the service"],
    ]


def test_text_around_a_table_stays_as_it_was() -> None:
    text = f"Error codes say what is wrong.\n{CODES_TEXT}\nThe service comes within three days."
    layout = f"Error codes say what is wrong.\n{CODES}The service comes within three days."

    marked = mark(text, layout).split("\n")

    assert marked[0] == "Error codes say what is wrong."
    assert marked[-1] == "The service comes within three days."


def test_columns_of_prose_are_no_table() -> None:
    left = ["The bi-encoder reads", "each passage once and", "alone, so vectors can", "be stored ahead."]
    right = ["The cross-encoder reads", "both together, which", "is sharp and slow, so", "it keeps the best."]
    text = "\n".join(left + right)
    layout = "\n".join(f"{a:<30}{b}" for a, b in zip(left, right, strict=True))

    assert mark(text, layout) == text


def test_numbered_clauses_and_bullets_are_no_tables() -> None:
    text = "1.1 The rent is due.\n1.2 The deposit is kept apart.\n• One cat\n• One dog"
    layout = "1.1    The rent is due.\n1.2    The deposit is kept apart.\n•    One cat\n•    One dog"

    assert mark(text, layout) == text


def test_a_currency_sign_belongs_to_its_figure() -> None:
    text = "June 25, 2022 June 26, 2021\nProducts $ 63,355 $ 63,948\nServices 19,604 17,486"
    layout = (
        "                 June 25, 2022          June 26, 2021\n"
        "Products     $         63,355     $        63,948\n"
        "Services               19,604              17,486"
    )

    assert rows(text, layout)[1:] == [["Products", "$ 63,355", "$ 63,948"], ["Services", "19,604", "17,486"]]


def test_an_empty_cell_keeps_its_column() -> None:
    text = "Item 2023 Note\nWater by meter\nRent 7,560 fixed\nFees 5,208 new"
    layout = (
        "Item      2023      Note\nWater               by meter\nRent      7,560     fixed\nFees      5,208     new"
    )

    assert ["Water", "", "by meter"] in rows(text, layout)


def test_a_layout_of_other_words_marks_nothing() -> None:
    assert mark(CODES_TEXT, CODES.replace("E0", "F0").replace("Code", "Name")) == CODES_TEXT


tables = st.lists(
    st.lists(st.text("abc 12.,$()-", min_size=0, max_size=12), min_size=2, max_size=4), min_size=1, max_size=8
)


@given(tables, st.integers(1, 5))
def test_marking_changes_white_space_only(table: list[list[str]], gap: int) -> None:
    text = characters("\n".join(" ".join(cells) for cells in table))
    layout = "\n".join("".join(cell.ljust(12 + gap) for cell in cells) for cells in table)

    assert "".join(mark(text, layout).split()) == "".join(text.split())


@given(st.text(max_size=300), st.text("ab \n", max_size=300))
def test_any_layout_is_safe(text: str, layout: str) -> None:
    text = characters(text)

    assert "".join(mark(text, layout).split()) == "".join(text.split())


def test_a_pdf_keeps_its_rows_and_cells() -> None:
    text = read(SAMPLES / "dishwasher-manual.pdf").text

    assert "P3 Eco\tNormally soiled crockery; test programme\t50 °C\t3 h 35 min\t9.5 l\t0.83 kWh\n" in text
    assert "\nE02\tWater does not drain\tClean filter and drain pump; check the drain hose for kinks\nE03\t" in text
    assert "\t" not in text[text.index("6.2 Faults without a code") : text.index("7 Spare parts and service\n7.1")]
