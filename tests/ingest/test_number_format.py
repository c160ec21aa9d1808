"""What a cell shows for its value, by the code of its format."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers.workbook.digits import exact, general
from ingest.readers.workbook.format_code import BUILT_IN
from ingest.readers.workbook.number_format import number_format


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (2.4, "0.00", "2.40"),
        (2.4049, "0.00", "2.40"),
        (2.5, "0", "3"),  # halves go up, away from nought
        (-2.5, "0", "-3"),
        (1.005, "0.00", "1.01"),  # of the digits that are shown, not of the binary fraction
        (-0.001, "0.0", "0.0"),
        (0.5, "#.##", ".5"),
        (2.4, "0.0#", "2.4"),
        (1234567, "#,##0", "1,234,567"),
        (150, "0000", "0150"),
        (7, "00000", "00007"),
        (77, '"M-"00000', "M-00077"),
        (43664555014, '"+"00 000 000000', "+43 664 555014"),
        (123456789, "000-00-0000", "123-45-6789"),
        (5551234567, "[<=9999999]###-####;(###) ###-####", "(555) 123-4567"),
        (5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"),
        (0.125, "0%", "13%"),
        (0.125, "0.00 %", "12.50 %"),
        (0.125, '0.0"%"', "0.1%"),
        (8_400_000, '0.0,,"M $"', "8.4M $"),
        (1_234_567.891, "#,##0.00,", "1,234.57"),
        (1e21, "0.00", "1000000000000000000000.00"),
        (1.7e308, "0%", f"17{'0' * 309}%"),
    ],
)
def test_digits_stand_in_their_places(value: float, code: str, shown: str) -> None:
    assert number_format(code).number(value) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (-48200.5, "#,##0.00 [$€-407];(#,##0.00 [$€-407])", "(48,200.50 €)"),
        (-310, "#,##0;[Red](#,##0)", "(310)"),
        (-1250, r'_-* #,##0.00\ "€"_-;\-* #,##0.00\ "€"_-', "-1,250.00 €"),
        (1234.5, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "$1,234.50"),
        (-1234.5, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "$(1,234.50)"),
        (0, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "$-"),
        (2.5, "[$$-409]#,##0.00", "$2.50"),
        (2.5, "[$CHF] #,##0.00", "CHF 2.50"),
        (-4, '0" °C"', "-4 °C"),
        (0, "0;-0;;@", ""),
        (5, '[<10]"few";"many"', "few"),
        (50, '[<10]"few";"many"', "many"),
        (-7, "[Blue][>=0]0;[Red]0", "-7"),
        (12, 'General" km"', "12 km"),
        (0.5, "@", "0.5"),
    ],
)
def test_a_section_is_chosen_by_the_value(value: float, code: str, shown: str) -> None:
    assert number_format(code).number(value).strip() == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (2.5e-6, "0.0E+00", "2.5E-06"),
        (9.96, "0.0E+00", "1.0E+01"),
        (0, "0.00E+00", "0.00E+00"),
        (12345.678, "##0.0E+0", "12.3E+3"),
        (250000, "0.0E-0", "2.5E5"),
        (0.75, "# ?/?", "3/4"),
        (1.75, "# ?/?", "1 3/4"),
        (-1.75, "# ?/?", "-1 3/4"),
        (2, "# ?/?", "2"),
        (1.999, "# ?/?", "2"),
        (0.5, "# ?/8", "4/8"),
        (1.75, "# ??/16", "1 12/16"),
        (0.333333, "?/?", "1/3"),
        (1.5, "?/?", "3/2"),
    ],
)
def test_powers_and_fractions_are_written_as_such(value: float, code: str, shown: str) -> None:
    assert number_format(code).number(value).strip() == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (43528, "mmm yyyy", "Mar 2019"),
        (13150, "yyyy", "1936"),
        (45383, "mmmm", "April"),
        (45413, "dd.mm.yy", "01.05.24"),
        (45413, "[$-409]mmmm d, yyyy;@", "May 1, 2024"),
        (45413, "[$-F800]dddd, mmmm dd, yyyy", "Wednesday, May 01, 2024"),
        (45413, "[$-407]d. mmmm yyyy", "2024-05-01"),  # names of another language are not known: the date is
        (45413.29166666666, "yyyy-mm-dd h:mm:ss", "2024-05-01 7:00:00"),  # not a moment before
        (45413.8, "d/m/yy h:mm AM/PM", "1/5/24 7:12 PM"),
        (0.5, "h AM/PM", "12 PM"),
        (0.28125, "h:mm", "6:45"),
        (1.5625, "[h]:mm", "37:30"),
        (1.5625, "[hh]:mm:ss", "37:30:00"),
        (0.03125, '[mm]" min"', "45 min"),
        (0.000694, "mm:ss.0", "01:00.0"),
        (-0.0625, "[h]:mm", "-1:30"),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (61, "yyyy-mm-dd", "1900-03-01"),
        (-3, "yyyy-mm-dd", "-3"),
        (1e10, "yyyy-mm-dd", "10000000000"),
    ],
)
def test_dates_times_and_durations_are_shown_as_their_formats_say(value: float, code: str, shown: str) -> None:
    assert number_format(code).number(value) == shown


def test_days_may_be_counted_from_1904() -> None:
    assert number_format("yyyy-mm-dd").number(0, since_1904=True) == "1904-01-01"
    assert number_format("yyyy-mm-dd").number(43951, since_1904=True) == "2024-05-01"


def test_texts_have_a_section_of_their_own() -> None:
    assert number_format('"Nr. "@').text("7a") == "Nr. 7a"
    assert number_format('0;-0;0;"text: "@').text("7a") == "text: 7a"
    assert number_format(";;;").text("7a") == ""
    assert number_format("0.00").text("7a") == "7a"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.1 + 0.2, "0.3"), (2.5e-6, "0.0000025"), (1e21, "1E+21"), (1.5e-12, "1.5E-12"), (120000000000, "120000000000")],
)
def test_without_a_format_no_digit_is_left_out(value: float, shown: str) -> None:
    assert number_format("General").number(value) == general(value) == shown


def test_a_code_of_a_megabyte_says_nothing() -> None:
    assert number_format("0" * 1_000_000).number(2.5) == "2.5"


@given(
    st.text(alphabet='0#?.,;%E+-/[]<>$@_*\\" ymdhsAPG"', max_size=30), st.floats(allow_nan=False, allow_infinity=False)
)
@settings(deadline=None)
def test_any_code_shows_something_for_any_number(code: str, value: float) -> None:
    found = number_format(code)
    assert isinstance(found.number(value), str)
    assert isinstance(found.text("x"), str)


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_decimals_are_those_of_the_number_rounded(value: float, places: int) -> None:
    shown = number_format(f"0.{'0' * places}").number(value)
    assert abs(exact(float(shown)) - exact(value)) * 2 <= exact(10.0**-places) * exact(1.0001)


@pytest.mark.parametrize("number", sorted(BUILT_IN))
def test_every_built_in_format_shows_a_number(number: int) -> None:
    assert any(map(str.isdigit, number_format(BUILT_IN[number]).number(1.5)))
