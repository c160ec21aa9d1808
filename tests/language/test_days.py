"""Dates in texts: where they stand and which days they are."""

from __future__ import annotations

from datetime import date

import pytest

from rag_app.language.days import dates_in


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("on 2024-03-05, it", date(2024, 3, 5)),
        ("Am 5.3.2024 war", date(2024, 3, 5)),
        ("Am 05. 03. 2024 war", date(2024, 3, 5)),
        ("on 5 March 2024.", date(2024, 3, 5)),
        ("on March 5, 2024.", date(2024, 3, 5)),
        ("the 5th of March 2024", date(2024, 3, 5)),
        ("am 5. März 2024", date(2024, 3, 5)),
        ("le 5 mars 2024", date(2024, 3, 5)),
        ("el 5 de marzo de 2024", date(2024, 3, 5)),
        ("on 5 March", None),
        ("in March 2024", None),
        ("on 31 February 2024", None),
        ("on 2024-13-05", None),
    ],
)
def test_a_date_is_a_day_where_it_is_whole(text: str, day: date | None) -> None:
    [found] = dates_in(text)
    assert found.day == day
    assert not any(map(str.isdigit, text[: found.start] + text[found.end :]))


@pytest.mark.parametrize("text", ["", "version 1.2.2024.7", "2400 kWh", "5 of 7", "the 12 monkeys of 1995"])
def test_other_figures_are_no_dates(text: str) -> None:
    assert dates_in(text) == []


def test_dates_come_in_order() -> None:
    found = dates_in("ordered on 3 March 2025, paid on 2025-03-01 and brought on 24.3.2025")
    assert [one.day for one in found] == [date(2025, 3, 3), date(2025, 3, 1), date(2025, 3, 24)]
