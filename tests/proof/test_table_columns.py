from __future__ import annotations

import pytest

from rag_app.proof.table_columns import in_column, scale

ROW = (
    "Gross margin: Total; Three Months Ended July 1, 2023: $ 36,413; Three Months Ended June 25, 2022: $ 35,885; "
    "Nine Months Ended July 1, 2023: $ 128,721; Nine Months Ended June 25, 2022: $ 132,687"
)


@pytest.mark.parametrize(
    ("question", "said", "meant"),
    [
        ("What was the margin for the three months?", "$128,721", "$36,413"),
        ("What was the margin for the three months?", "The margin was $128,721.", "The margin was $36,413."),
        ("What was the margin for the nine months?", "$36,413", "$128,721"),
        ("What was the margin for nine months in 2022?", "$36,413", "$132,687"),
        ("What was the margin?", "$35,885", "$36,413"),
        ("What was the margin?", "It is not stated.", "It is not stated."),
        ("What was the margin?", "$36,413 and $35,885", "$36,413 and $35,885"),
    ],
)
def test_the_figure_comes_from_the_time_that_is_asked_for(question: str, said: str, meant: str) -> None:
    assert in_column(question, said, ROW) == meant


def test_columns_that_are_no_times_are_left_to_the_generator() -> None:
    row = "Level: H:05; German degrees: 17; Salt lasts for: 23"
    assert in_column("How long does the salt last?", "17", row) == "17"


def test_a_share_is_not_taken_for_an_amount() -> None:
    row = "Revenue; 2023: $ 10; 2022: $ 9; 2023 Change: 11%"
    assert in_column("What was revenue in 2022?", "11%", row) == "11%"
    assert in_column("What was revenue?", "$9", row) == "$10"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("$36,413", "in millions"),
        ("The margin was $36,413.", "in millions"),
        ("44.5 %", ""),
        ("$1.26", ""),
        ("$36,413 million", ""),
        ("$36,414", ""),
        ("from $36,413 to $35,885", ""),
    ],
)
def test_a_figure_of_a_table_has_the_scale_that_stands_above(answer: str, said: str) -> None:
    above = "Amounts in thousands.\nThe margin was as follows (dollars in millions):\nTotal\t2023\t2022\n"
    assert scale(answer, "Total\t$ 36,413\t$ 35,885\t44.5 %\t$1.26", above) == said
    assert scale(answer, "Total\t$ 36,413", "No such word.") == ""
    assert scale(answer, "Total\t$ 36,413", "It is used in millions of homes.") == ""
