"""Years are found as such, and not within longer numbers; quarters are compared however they are said."""

from __future__ import annotations

import pytest

from rag_app.language.dates import is_year, said_alike, year_places, years_in


@pytest.mark.parametrize(
    ("text", "years", "ever"),
    [
        ("from 2019 to 2021", ["2019", "2021"], ["2019", "2021"]),
        ("FY2019, 31.12.2020", ["2019", "2020"], ["2019", "2020"]),
        ("founded in 1856, sold in 1901", ["1901"], ["1856", "1901"]),
        ("2 0 1 8 and 1 9 9 9", ["2018", "1999"], []),
        ("2 0 1 8 2, 1 2 0 1 8, 2 0 1 3x", [], []),
        ("item 120199, 20,199 pieces, 3019", [], []),
    ],
)
def test_years_are_found_in_their_order(text: str, years: list[str], ever: list[str]) -> None:
    assert years_in(text) == years
    assert years_in(text, ever=True) == (ever or years)


def test_places_of_years_are_those_in_the_text() -> None:
    text = "from 2019 to 2021"
    assert [match.span() for match in year_places(text)] == [(5, 9), (13, 17)]


@pytest.mark.parametrize(
    ("text", "alike"),
    [
        ("third quarter of 2018", "Q3 of 2018"),
        ("Net sales, 3rd Quarter", "Net sales, Q3"),
        ("q3 2018", "Q3 2018"),
        ("Q3FY18", "Q3 FY18"),
        ("drittes Quartal", "Q3"),
        ("troisième trimestre", "Q3"),
        ("the year 2 0 1 8 so far", "the year 2018 so far"),
        ("2 0 1 8", "2018"),
        ("each quarter", "each quarter"),
        ("the first three", "the first three"),
        ("1 9 8 5 2", "1 9 8 5 2"),
    ],
)
def test_a_time_is_said_in_one_way(text: str, alike: str) -> None:
    assert said_alike(text).split() == alike.split()


def test_a_year_is_nothing_but_one() -> None:
    assert [is_year(text) for text in ("2019", "1856", "2019.", "20190")] == [True, False, False, False]
    assert is_year("1856", ever=True)
