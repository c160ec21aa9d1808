"""The one day of a cell."""

from __future__ import annotations

from datetime import date

import pytest

from rag_app.proof.cell_day import day_of


@pytest.mark.parametrize(
    "text",
    ["2024-03-05", "2024-03-05 14:30:00", "5.3.2024", "05.03.2024", "5 March 2024", "March 5, 2024", "am 5. März 2024"],
)
def test_a_cell_has_a_day_where_it_is_written_in_full(text: str) -> None:
    found = day_of(text)
    assert found is not None
    assert (found.day, found.value) == (date(2024, 3, 5), date(2024, 3, 5).toordinal())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open",
        "2024",
        "March 2024",
        "5 March",
        "31 February 2024",
        "5 March 2024, 12 pages",
        "1.1.2024 - 3.3.2024",
        "1,250",
    ],
)
def test_what_is_no_single_whole_day_is_none(text: str) -> None:
    assert day_of(text) is None
