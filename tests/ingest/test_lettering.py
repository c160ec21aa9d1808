"""What the setting of a page says is in its text: raised, struck out, turned, in columns, numbered in the margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import odd_files
import pytest
from lettered import (
    at,
    document_of,
    page_of,
    parts,
    rising,
    side_by_side,
    struck,
    text_of,
    turned,
    width,
    with_shapes,
)

from ingest.lettering.margin import may_count_lines

if TYPE_CHECKING:
    from pathlib import Path

LEFT = (
    "The harbour board met to hear how the",
    "ice of last winter had lifted the piles",
    "of the old jetty, and decided that the",
    "north arm is to be rebuilt in oak before",
    "the herring fleet comes home in autumn.",
    "The board set aside 46,000 crowns for it.",
)
RIGHT = (
    "A second report was read by Mr Aubrey,",
    "who keeps the light. He asked that the",
    "lamp be changed for one of nine lenses,",
    "since ships from the south had taken it",
    "for the beacon of the next bay. It was",
    "agreed that he may order it at once.",
)


@pytest.mark.parametrize("write", [parts, rising])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (("A locker costs 45", ("1", 5.0), " euro a year."), "A locker costs 45¹ euro a year."),
        (("It holds 2.5 × 10", ("6", 5.0), " litres of oil."), "It holds 2.5 × 10⁶ litres of oil."),
        (("A field of 10", ("-3", 5.0), " tesla."), "A field of 10⁻³ tesla."),
        (("The yard has 340 m", ("2", 4.0), " of grass."), "The yard has 340 m² of grass."),
        (("The kiln emits CO", ("2", -2.0), " and steam."), "The kiln emits CO₂ and steam."),
        (("The rent is 310", ("b", 5.0), " crowns."), "The rent is 310^(b) crowns."),
        (("Paid on the 1", ("st", 5.0), " of May."), "Paid on the 1st of May."),
        (("Take 1", ("3", 4.0), "/", ("4", -1.0), " cups of rye."), "Take 1 3/4 cups of rye."),
        (("Take ", ("1", 4.0), "/", ("2", -1.0), " a cup of rye."), "Take 1/2 a cup of rye."),
        (("As was seen 12", ("[3]", 5.0), " times."), "As was seen 12³ times."),
        ((("1", 3.0), " Half of it for pupils."), "¹ Half of it for pupils."),
    ],
)
def test_what_is_raised_or_lowered_is_written_so(
    tmp_path: Path, write: type[object], line: tuple[str, ...], expected: str
) -> None:
    assert page_of(tmp_path, write(60, 700, *line)).text == expected  # type: ignore[call-arg, arg-type]


def test_a_fraction_of_figures_over_each_other_has_a_slash(tmp_path: Path) -> None:
    left = 60 + width("Cut the board 2", 12)
    content = at(60, 700, "Cut the board 2") + at(left, 705, "5", 7) + at(left, 696, "8", 7)
    content += at(left + 4, 700, " feet long.")
    assert page_of(tmp_path, content).text == "Cut the board 2 5/8 feet long."


def test_a_large_initial_does_not_raise_the_words_beside_it(tmp_path: Path) -> None:
    content = at(60, 700, "O", 40) + at(60 + width("O", 40), 715, "nce a miller had 3 sons.", 12)
    assert "nce a miller had 3 sons." in page_of(tmp_path, content).text


def test_small_print_below_a_line_stays_as_it_is(tmp_path: Path) -> None:
    content = at(60, 700, "The fee is 12 euro.") + at(60, 690, "1 Without lunch.", 8)
    assert "1 Without lunch." in page_of(tmp_path, content).text


def test_marks_in_a_table_stay_at_the_figures_of_their_cells(tmp_path: Path) -> None:
    rows = [("Berth", "2023", "2024", ""), ("Six metres", "45", "48", "1"), ("Nine metres", "70", "75", "2")]
    content = b""
    for row, (label, old, new, mark) in enumerate(rows):
        y = 700.0 - 20 * row
        content += at(60, y, label) + at(220, y, old)
        content += parts(320, y, new, (mark, 5.0)) if mark else at(320, y, new)
    page = page_of(tmp_path, content)
    assert page.text == "Berth\t2023\t2024\nSix metres\t45\t48¹\nNine metres\t70\t75²"
    assert [cell.text for cell in page.tables[0].cells][-1] == "75²"


def test_struck_words_are_marked_and_no_evidence(tmp_path: Path) -> None:
    before = "The canoe costs "
    left = 60 + width(before, 12)
    content = at(60, 700, before) + struck(left, 700, "310 euro")
    content += at(left + width("310 euro ", 12), 700, "285 euro.") + struck(60, 680, "Children row free of charge.")
    page = page_of(tmp_path, content)
    assert page.text == "The canoe costs ~~310 euro~~ 285 euro. ~~Children row free of charge.~~"
    assert [page.text[start:end] for start, end in page.hidden] == ["~~310 euro~~", "~~Children row free of charge.~~"]


def test_a_line_below_words_or_past_them_strikes_nothing(tmp_path: Path) -> None:
    content = at(60, 700, "Underlined words hold.") + b"60 698 m 180 698 l S\n"
    content += at(60, 680, "So do words on a ruled line.") + b"20 683 m 590 683 l S\n"
    assert page_of(tmp_path, content).text == "Underlined words hold.\nSo do words on a ruled line."


def test_struck_cells_of_a_table_are_marked(tmp_path: Path) -> None:
    content = b"".join(
        at(60, y, label) + struck(200, y, old) + at(300, y, new) + b"0.5 w 55 %g m 350 %g l S\n" % (y - 6, y - 6)
        for y, label, old, new in [(700, "Canoe", "310", "285"), (680, "Kayak", "210", "190"), (660, "Oar", "21", "19")]
    )
    page = page_of(tmp_path, content)
    assert page.text == "Canoe\t~~310~~\t285\nKayak\t~~210~~\t190\nOar\t~~21~~\t19"
    assert [page.text[start:end] for start, end in page.hidden] == ["~~310~~", "~~210~~", "~~21~~"]


def test_columns_written_row_by_row_are_read_one_after_the_other(tmp_path: Path) -> None:
    page = page_of(tmp_path, side_by_side(700, LEFT, RIGHT, lefts=(60, 320)))
    assert page.text == f"{' '.join(LEFT)} {' '.join(RIGHT)}"
    assert page.tables == ()


def test_columns_of_different_length_are_read_to_their_ends(tmp_path: Path) -> None:
    page = page_of(tmp_path, side_by_side(700, LEFT[:4], RIGHT, lefts=(60, 320)))
    assert page.text == f"{' '.join(LEFT[:4])} {' '.join(RIGHT)}"


def test_three_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    third = [line.replace("harbour", "village").replace("board", "guild") for line in LEFT]
    content = side_by_side(700, LEFT, RIGHT, third, lefts=(30, 220, 410), size=9)
    assert page_of(tmp_path, content).text == " ".join([*LEFT, *RIGHT, *third])


def test_columns_below_a_title_and_above_a_wide_paragraph_stay_between_them(tmp_path: Path) -> None:
    closing = "The chair closed the meeting at nine and thanked all who had come through the snow to be heard that day."
    content = at(60, 740, "Minutes of the harbour board", 16) + side_by_side(700, LEFT, RIGHT, lefts=(60, 320))
    content += at(60, 560, closing, 10)
    text = page_of(tmp_path, content).text
    assert [text.index(part) for part in ("Minutes", "46,000 crowns", "Mr Aubrey", "The chair")] == sorted(
        text.index(part) for part in ("Minutes", "46,000 crowns", "Mr Aubrey", "The chair")
    )
    assert f"{' '.join(LEFT)} {' '.join(RIGHT)}" in text


def test_columns_that_the_file_holds_in_order_stay_so(tmp_path: Path) -> None:
    content = side_by_side(700, LEFT, lefts=(60,)) + side_by_side(700, RIGHT, lefts=(320,))
    assert page_of(tmp_path, content).text == f"{' '.join(LEFT)} {' '.join(RIGHT)}"


def test_numbers_of_lines_are_left_out_and_said(tmp_path: Path) -> None:
    content = b"".join(at(40, 700 - 24 * n, str(n + 1), 9) + at(90, 700 - 24 * n, line) for n, line in enumerate(LEFT))
    document = document_of(tmp_path, content)
    assert document.pages[0].text == " ".join(LEFT)
    assert document.pages[0].tables == ()
    assert document.warnings == ("page 1 without the numbers in the margin that count lines",)


def test_numbers_of_lines_that_the_file_holds_by_themselves_are_left_out(tmp_path: Path) -> None:
    numbers = b"".join(at(40, 700 - 24 * n, str(n + 1), 9) for n in range(len(LEFT)))
    content = numbers + b"".join(at(90, 700 - 24 * n, line) for n, line in enumerate(LEFT))
    assert page_of(tmp_path, content).text == " ".join(LEFT)


def test_numbers_of_two_figures_alone_on_their_lines_leave_these_whole(tmp_path: Path) -> None:
    lines = [*LEFT, *RIGHT]
    numbers = b"".join(at(40 if n < 9 else 35, 700 - 24 * n, str(n + 1), 9) for n in range(len(lines)))
    content = numbers + b"".join(at(90, 700 - 24 * n, line) for n, line in enumerate(lines))
    assert page_of(tmp_path, content).text == " ".join(lines)


def test_numbers_of_items_stay(tmp_path: Path) -> None:
    items = ("Oak planks", "Copper nails", "Tar from the north", "Hemp rope", "Sailcloth", "Two anchors")
    content = b"".join(at(40, 700 - 20 * n, str(n + 1)) + at(90, 700 - 20 * n, item) for n, item in enumerate(items))
    text = page_of(tmp_path, content).text
    assert [str(number) in text for number in range(1, 7)] == [True] * 6


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("1 a\n2 b\n3 c\n4 d\n5 e", True),
        ("5\n10\n15\n20\n25", True),
        ("1 a\n2 b\n4 c\n5 d", False),
        ("a 1\nb 2", False),
    ],
)
def test_a_page_is_looked_at_for_numbers_of_lines_where_some_count(text: str, counts: bool) -> None:
    assert may_count_lines(text) == counts


@pytest.mark.parametrize(
    "matrix",
    [(0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, -1), (0.7071, 0.7071, -0.7071, 0.7071), (0.966, 0.259, -0.259, 0.966)],
)
def test_turned_text_is_read_after_the_lines_beside_it(tmp_path: Path, matrix: tuple[float, ...]) -> None:
    content = at(60, 700, "The stove is lit on the first frost") + turned(matrix, 300, 400, "Keep for seven years")
    content += at(60, 686, "and raked out before Easter comes.")
    assert page_of(tmp_path, content).text == (
        "The stove is lit on the first frost and raked out before Easter comes.\n\nKeep for seven years"
    )


def test_two_pages_on_a_sheet_are_read_one_after_the_other(tmp_path: Path) -> None:
    first, second = (
        b"".join(at(60, 700 - 16 * row, line) for row, line in enumerate(lines)) for lines in (LEFT, RIGHT)
    )
    content = b"q 0 .7 -.7 0 500 10 cm " + first + b"Q q 0 .7 -.7 0 500 400 cm " + second + b"Q\n"
    assert page_of(tmp_path, content).text == f"{' '.join(LEFT)} {' '.join(RIGHT)}"


def test_ligatures_without_a_meaning_are_written_in_letters(tmp_path: Path) -> None:
    line = "The con\ue000rmed lea\ue001et of the of\ue000ce lists a \ue000g, \ue001our and oil."
    assert text_of(tmp_path, with_shapes(at(60, 700, line), ["fi", "fl"])) == (
        "The confirmed leaflet of the office lists a fig, flour and oil."
    )


def test_a_private_sign_beside_words_stays(tmp_path: Path) -> None:
    line = "The office \ue000 keeps a list of oil lamps for life."
    assert text_of(tmp_path, with_shapes(at(60, 700, line), ["section"])) == line


@pytest.mark.parametrize(
    ("before", "within", "after"),
    [
        ("שכר הדירה", "850", "שקל"),
        ("המכתב נשלח אל משרדי", "Acme Ltd", "בשבוע שעבר"),
    ],
)
def test_figures_and_names_stand_in_their_place_in_text_from_right_to_left(
    tmp_path: Path, before: str, within: str, after: str
) -> None:
    drawn = f"{after[::-1]} {within} {before[::-1]}"  # as it stands on the page, from the left
    assert text_of(tmp_path, odd_files.composite(drawn)) == f"{before} {within} {after}"


def test_the_letters_of_one_arabic_shape_are_in_the_order_of_reading(tmp_path: Path) -> None:
    assert text_of(tmp_path, odd_files.composite([*"رانيد 850 راجي", "لإ", "ا"])) == "الإيجار 850 دينار"


def test_ligatures_in_a_table_are_letters_of_its_cells(tmp_path: Path) -> None:
    rows = (("Of\ue000ce oil", "45", "48"), ("Life raft", "70", "75"), ("Barrel", "9", "8"))
    content = b"".join(
        at(left, 700 - 20 * row, text)
        for row, line in enumerate(rows)
        for left, text in zip((60, 200, 300), line, strict=True)
    )
    assert text_of(tmp_path, with_shapes(content, ["fi"])) == "Office oil\t45\t48\nLife raft\t70\t75\nBarrel\t9\t8"
