from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.glyphs import Characters
from ingest.readers.pdfium import opened
from ingest.tables.find import grids_of
from ingest.tables.sheet import Glyph, Rule, Sheet
from ingest.tables.sketch import may_align, may_draw_cells
from ingest.tables.words import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
PROSE = "the machine rinses the dishes before it heats the water"


def glyphs(lines: Sequence[str]) -> tuple[Glyph, ...]:
    """Return letters of 5 by 10 points, a line each 14 points."""
    return tuple(
        Glyph(letter, 5.0 * at, 14.0 * number, 5.0 * at + 5, 14.0 * number + 10, False, line[at - 1 : at] in ("", " "))
        for number, line in enumerate(lines)
        for at, letter in enumerate(line)
        if letter != " "
    )


def aligns(lines: Sequence[str], across: Sequence[Rule] = (), down: Sequence[Rule] = ()) -> bool:
    return may_align(words_of(glyphs(lines)), across, down)


def test_rows_of_figures_may_be_a_table() -> None:
    assert aligns(["Rent      40   38", "Water     12   11"])


@pytest.mark.parametrize(
    "lines",
    [
        [PROSE] * 6,
        ["•   fill in the salt", "•   close the lid", "•   start the machine", "•   wait"],
        ["1.    Open the door", "2.    Close the lid", "(3)   Press the button"],
        ["Chapter 4         Rinsing", *[PROSE] * 7, "Manual of a machine    12"],
        [f"{PROSE}      {PROSE}"] * 8,  # two columns of prose
        ["Name      of a chapter", "Author    of a chapter"],
    ],
    ids=["prose", "bullets", "steps", "head and foot", "columns of prose", "two rows without figures"],
)
def test_what_can_be_no_table_is_told_by_the_ends_of_its_words(lines: list[str]) -> None:
    assert not aligns(lines)
    assert grids_of(Sheet(900.0, 700.0, glyphs(lines), (), ())) == []


def test_lines_cut_words_where_no_gap_does() -> None:
    walls = [Rule(22.5, 0.0, 60.0)]
    lines = ["four five", "fore fife", "form fine"]
    assert not aligns(lines)
    assert aligns(lines, down=walls)


def test_a_frame_draws_no_cells_but_a_line_within_it_does() -> None:
    across, down = [Rule(0.0, 0.0, 90.0), Rule(60.0, 0.0, 90.0)], [Rule(0.0, 0.0, 60.0), Rule(90.0, 0.0, 60.0)]
    assert not may_draw_cells(across, down)
    assert may_draw_cells(across, [*down, Rule(40.0, 0.0, 60.0)])
    assert not may_draw_cells(across, [])


_WORDS = st.lists(
    st.sampled_from(["", "7", "12.5", "(3)", "Rent", "of the house", "•", "$", "2.", "—", "2023"]), max_size=4
)


@given(st.lists(_WORDS, min_size=1, max_size=9), st.integers(8, 20), st.booleans())
def test_each_table_that_is_found_was_thought_possible(table: list[list[str]], width: int, framed: bool) -> None:
    lines = ["".join(cell.ljust(width) for cell in row) for row in table]
    across = (Rule(-1.0, 0.0, 400.0), Rule(14.0 * len(lines), 0.0, 400.0)) if framed else ()
    if grids_of(Sheet(500.0, 700.0, glyphs(lines), across, ())):
        assert aligns(lines, across)


def test_words_have_the_letters_and_sides_that_reading_each_letter_gives() -> None:
    with pypdfium2.PdfDocument(SAMPLES / "dishwasher-manual.pdf") as document:
        for page in document:
            textpage = page.get_textpage()
            sketched, read = Characters(textpage, page.get_bbox()), Characters(textpage, page.get_bbox())
            words, letters = sketched.words(), read.glyphs(())
            assert sketched.glyphs(()) == letters
            starts = [at for at, letter in enumerate(letters) if letter.spaced]
            whole = [letters[start:end] for start, end in zip(starts, [*starts[1:], len(letters)], strict=True)]
            assert [word.text for word in words] == ["".join(one.text for one in word) for word in whole]
            assert [(word.left, word.right) for word in words] == [
                (min(one.left for one in word), max(one.right for one in word)) for word in whole
            ]
            textpage.close()


def test_letters_are_read_of_pages_only_that_may_hold_a_table() -> None:
    with opened((SAMPLES / "dishwasher-manual.pdf").read_bytes(), None) as file:
        assert file is not None
        closely = [number for number in range(1, len(file) + 1) if file.look(number, closely=True).sheet]
        assert closely == [1, 2, 5, 6, 8, 9, 10, 12, 13]  # 1 and 13 hold none, but lines that look like it
        assert len(file) == 13
