from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import FAMILIES, SUFFIXES
from rag_app.errors import UsageError
from rag_app.storage.filters import conditions, described, parsed
from rag_app.types import Filter

NOW = datetime(2025, 3, 31, 12, 30)


def bounds(where: Filter) -> list[datetime]:
    return [datetime.fromtimestamp(one.values[0] / 1e9) for one in conditions(where, NOW)]


@pytest.mark.parametrize(
    ("given_date", "since", "until"),
    [
        ("2024-03-31", datetime(2024, 3, 31), datetime(2024, 4, 1)),
        ("2024-02", datetime(2024, 2, 1), datetime(2024, 3, 1)),
        ("2024-12", datetime(2024, 12, 1), datetime(2025, 1, 1)),
        ("2024", datetime(2024, 1, 1), datetime(2025, 1, 1)),
        ("2024-03-31T08:15", datetime(2024, 3, 31, 8, 15), datetime(2024, 3, 31, 8, 15)),
        ("30d", NOW - timedelta(30), NOW - timedelta(30)),
        ("2 weeks", NOW - timedelta(14), NOW - timedelta(14)),
        ("1 month", datetime(2025, 2, 28, 12, 30), datetime(2025, 2, 28, 12, 30)),
        ("13M", datetime(2024, 2, 29, 12, 30), datetime(2024, 2, 29, 12, 30)),
        (" 2 years ", datetime(2023, 3, 31, 12, 30), datetime(2023, 3, 31, 12, 30)),
        (date(2024, 3, 31), datetime(2024, 3, 31), datetime(2024, 4, 1)),
        (datetime(2024, 3, 31, 8), datetime(2024, 3, 31, 8), datetime(2024, 3, 31, 8)),
    ],
)
def test_a_date_is_a_whole_period_and_a_span_ends_now(given_date: str | date, since: datetime, until: datetime) -> None:
    assert bounds(Filter(since=given_date, until=given_date)) == [since, until]


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-13", "2024-02-30", "30 hours", "-3d", "99999y", "9999", "0000", "d"]
)
def test_what_is_no_date_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="is not a date that can be used") as raised:
        conditions(Filter(until=text), NOW)
    assert "2024-03-31" in raised.value.hint


@pytest.mark.slow
@given(st.text())
def test_any_text_for_a_date_is_used_or_refused(text: str) -> None:
    try:
        [one] = conditions(Filter(since=text), NOW)
    except UsageError:
        return
    assert -(2**63) < one.values[0] < 2**63


@pytest.mark.parametrize(
    ("types", "suffixes"),
    [
        (("pdf",), (".pdf",)),
        ((".DOCX",), (".docx",)),
        (("markdown", "html"), (".md", ".markdown", ".html", ".htm", ".xhtml")),
        (("md", "py"), (".md", ".py")),
        (("sheet", "csv"), (".xlsx", ".xlsm", ".csv", ".tsv")),
    ],
)
def test_a_type_is_a_suffix_or_a_family_of_them(types: tuple[str, ...], suffixes: tuple[str, ...]) -> None:
    [one] = conditions(Filter(types=types), NOW)
    assert one.values == suffixes


def test_every_suffix_has_one_family() -> None:
    assert sorted(suffix for family in FAMILIES.values() for suffix in family) == sorted(SUFFIXES)


def test_an_unknown_type_is_refused_with_the_families() -> None:
    with pytest.raises(UsageError, match=r"There is no type 'pfd'\.") as raised:
        conditions(Filter(types=("pfd",)), NOW)
    assert all(family in raised.value.hint for family in FAMILIES)


def test_a_single_text_or_path_stands_for_one() -> None:
    assert Filter("a.pdf", ["pdf"], tags="work") == Filter(("a.pdf",), ("pdf",), tags=("work",))  # type: ignore[arg-type]
    assert Filter(None, None) == Filter()  # type: ignore[arg-type]
    assert Filter(within=[Path("a"), "b"]).within == ("a", "b")  # type: ignore[arg-type,list-item]


def test_the_words_of_a_command_line_and_the_filter_they_stand_for() -> None:
    words = ["a.pdf", "--type", "pdf", "--tag=x y", "--since", "30d", "--in", "b", "--until=2024", "--tag", "z"]
    where = parsed(words)
    assert where == Filter(("a.pdf", "b"), ("pdf",), "30d", "2024", ("x y", "z"))
    assert described(where) == "in a.pdf, b; of type pdf; changed since 30d; changed until 2024; tagged x y, z"
    assert parsed([]) == Filter()


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--tags", "x"], "There is no option --tags."), (["a", "--type"], "--type needs a value.")],
)
def test_words_that_are_no_filter_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsed(words)
