from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.asking.periods import Period, period_as_said, period_in


@pytest.mark.parametrize(
    ("name", "period", "rest"),
    [
        ("2023 Q1 AAPL", Period(2023, quarter=1), "AAPL"),
        ("Q1_2023 report", Period(2023, quarter=1), "report"),
        ("minutes-2025-03-12", Period(2025, month=3, day=12), "minutes"),
        ("20250312 scan", Period(2025, month=3, day=12), "scan"),
        ("Invoice 12.03.2025", Period(2025, month=3, day=12), "Invoice"),
        ("2025-03", Period(2025, month=3), ""),
        ("March 2025 statement", Period(2025, month=3), "statement"),
        ("Mar-2025", Period(2025, month=3), ""),
        ("may_2024_bill", Period(2024, month=5), "bill"),
        ("Protokoll März 2025", Period(2025, month=3), "Protokoll"),
        ("12 May 2024 letter", Period(2024, month=5, day=12), "letter"),
        ("letter May 12, 2024", Period(2024, month=5, day=12), "letter"),
        ("FY2023 accounts", Period(2023), "accounts"),
    ],
)
def test_a_files_name_gives_its_period(name: str, period: Period, rest: str) -> None:
    assert period_in(name, name=True) == (period, rest)


@pytest.mark.parametrize("name", ["2022-2023 report", "travel policy v2", "D540", "2023-01 to 2023-02", ""])
def test_no_date_and_several_are_no_period(name: str) -> None:
    assert period_in(name, name=True)[0] is None


@pytest.mark.parametrize(
    ("question", "period"),
    [
        ("In the first quarter of 2023, how much was it?", Period(2023, quarter=1)),
        ("What does the Q3 2022 10-Q say?", Period(2022, quarter=3)),
        ("Wie hoch war der Umsatz im dritten Quartal 2022?", Period(2022, quarter=3)),
        ("What was said in May 2024?", Period(2024, month=5)),
        ("What was decided in May?", Period(month=5)),
        ("What happened on 3 May?", Period(month=5, day=3)),
        ("May I smoke?", None),
        ("May 2 people live here?", Period(month=5, day=2)),  # a limit that is known
        ("Who is Jan Novak?", None),
        ("How did it change from 2022 to 2023?", None),
    ],
)
def test_a_question_gives_a_period(question: str, period: Period | None) -> None:
    assert period_in(question)[0] == period


def test_a_question_may_leave_out_year_and_day_but_not_the_month() -> None:
    march = Period(2025, month=3, day=12)
    assert Period(2025, month=3).names(march)
    assert Period(month=3).names(march)
    assert not Period(2025).names(march)
    assert not Period(2024, month=3).names(march)
    assert not Period(2025, month=3, day=13).names(march)
    assert Period(2025).names(Period(2025))
    assert not Period(quarter=1).names(march)


@given(st.text(max_size=80), st.booleans())
def test_any_text_is_read(text: str, name: bool) -> None:
    period, rest = period_in(text, name=name)
    assert len(rest) <= len(text)
    assert period is None or any((period.year, period.quarter, period.month, period.day))


@pytest.mark.parametrize(
    ("text", "said", "rest"),
    [
        ("the rent in 2021 of Acme", "2021", "the rent in of Acme"),
        ("the rent in FY 2021", "2021", "the rent in"),
        ("rent in Q1 2023?", "Q1 2023", "rent in ?"),
        ("rent on December 31, 2021 again", "December 31, 2021", "rent on again"),
        ("rent in May 2021", "May 2021", "rent in"),
        ("Miete am 31.12.2021", "31.12.2021", "Miete am"),
        ("the rent", "", "the rent"),
        ("the rent in 2020 and 2021", None, None),
        ("the rent in Q1 and Q2", None, None),
        ("the rent in 2020 and on 31 May 2021", None, None),
    ],
)
def test_the_one_period_of_a_text_is_told_as_it_is_written(text: str, said: str | None, rest: str | None) -> None:
    found, left = period_as_said(text)
    assert found == said
    if rest is not None:
        assert " ".join(left.split()) == rest
