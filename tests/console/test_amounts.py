from __future__ import annotations

import pytest

from rag_app.console.amounts import bytes_text, count_text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0.0 kB"), (99_999, "100.0 kB"), (100_000, "0.1 MB"), (986_000_000, "986.0 MB"), (1_110_000_000, "1.11 GB")],
)
def test_sizes_are_given_in_a_unit_for_people(size: int, text: str) -> None:
    assert bytes_text(size) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 sources"), (1, "1 source"), (2, "2 sources"), (1200, "1,200 sources")]
)
def test_only_one_of_something_has_no_s(count: int, text: str) -> None:
    assert count_text(count, "source") == text
