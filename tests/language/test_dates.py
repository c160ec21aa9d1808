"""Years are found as such, and not within longer numbers."""

from __future__ import annotations

import pytest

from rag_app.language.dates import is_year, year_places, years_in


@pytest.mark.parametrize(
    ("text", "years", "ever"),
    [
        ("from 2019 to 2021", ["2019", "2021"], ["2019", "2021"]),
        ("FY2019, 31.12.2020", ["2019", "2020"], ["2019", "2020"]),
        ("founded in 1856, sold in 1901", ["1901"], ["1856", "1901"]),
        ("item 120199, 20,199 pieces, 3019", [], []),
    ],
)
def test_years_are_found_in_their_order(text: str, years: list[str], ever: list[str]) -> None:
    assert years_in(text) == years
    assert years_in(text, ever=True) == ever
    assert [text[slice(*place.span())] for place in year_places(text)] == years


def test_a_year_is_nothing_but_one() -> None:
    assert [is_year(text) for text in ("2019", "1856", "2019.", "20190")] == [True, False, False, False]
    assert is_year("1856", ever=True)
