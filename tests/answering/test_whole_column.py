"""Answers from whole columns: what is shown and cited, and where nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from calculating import Calculating, asked
from fakes import fakes_of, open_library

from rag_app.storage import documents
from rag_app.storage.table_column import tables_in

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.types import Answer

GIFTS = "Giver,Amount,Month\nOlga,20.50 euros,March\nSven,40 euros,March\nPetra,9.50 euros,April\nJoost,40 euros,May\n"
PLOTS = "| Plot | Area (ha) | Fenced |\n|---|---|---|\n| Mill | 12 | yes |\n| Forge | 8 | no |\n| Hill | 20 | yes |\n"
RAIN = "Town,2011,2012,2013\nLund,710,680,745\nCork,1200,1180,1250\n"
DEBTS = (
    "Debts of the ports in thousands of euros:\n\n| Port | Debt |\n|---|---|\n| Odense | 1,200 |\n| Bergen | (300) |\n"
)
BILLS = """Bill,Supplier,Date,Amount
B-1,Olga,2024-03-05,700 euros
B-2,Sven,2024-11-02,90 euros
B-3,Petra,2023-12-30,400 euros
"""
CHECKS = "| Date | Inspector | Result |\n|---|---|---|\n| 5.3.2023 | Sven | passed |\n| 2 May 2024 | Olga | failed |\n"
THROUGH = "All {} rows of the table were looked through."


def whole(folder: Path, name: str, text: str, question: str, formula: str, kind: str = "fact") -> Answer:
    return asked(folder, {name: text}, question, Calculating(formula, kind))


@pytest.mark.parametrize(
    ("name", "text", "question", "formula", "kind", "lines"),
    [
        (
            "gifts.csv",
            GIFTS,
            "Who gave the highest amount?",
            "highest([each amount])",
            "short",
            ["Sven: 40 euros [2][1]", "Joost: 40 euros [3][1]", THROUGH.format(4)],
        ),
        (
            "gifts.csv",
            GIFTS,
            "Who gave the lowest amount?",
            "lowest([each amount])",
            "short",
            ["Petra: 9.50 euros", THROUGH.format(4)],
        ),
        (
            "gifts.csv",
            GIFTS,
            "What are the two smallest amounts?",
            "bottom(2, [each amount])",
            "list",
            ["Petra: 9.50 euros", "Olga: 20.50 euros", THROUGH.format(4)],
        ),
        (
            "plots.md",
            PLOTS,
            "List the plots by area.",
            "top([area of each plot])",
            "list",
            ["Hill: 20 (ha)", "Mill: 12 (ha)", "Forge: 8 (ha)", THROUGH.format(3)],
        ),
        (
            "plots.md",
            PLOTS,
            "Which plots are fenced?",
            'which([each fenced plot] = "yes")',
            "list",
            ["Mill", "Hill", THROUGH.format(3)],
        ),
        (
            "plots.md",
            PLOTS,
            "Which plots have more than 8 ha of area?",
            "which([area of each plot] > 8)",
            "list",
            ["Mill: 12 (ha)", "Hill: 20 (ha)", THROUGH.format(3)],
        ),
        (
            "plots.md",
            PLOTS,
            "How many plots have an area below 10?",
            "count([area of each plot] < 10)",
            "calculation",
            ["1: Forge", THROUGH.format(3)],
        ),
        (
            "plots.md",
            PLOTS,
            "How many plots have an area below 5?",
            "count([area of each plot] < 5)",
            "calculation",
            ["0", THROUGH.format(3)],
        ),
        (
            "plots.md",
            PLOTS,
            "How many plots are there?",
            "count([each plot])",
            "calculation",
            ["3: Mill, Forge, Hill", THROUGH.format(3)],
        ),
        (
            "plots.md",
            PLOTS,
            "How many plots are fenced?",
            "count([each fenced plot])",
            "calculation",
            ["2: Mill, Hill", THROUGH.format(3)],
        ),
        (
            "rain.csv",
            RAIN,
            "In which year did most rain fall in Cork?",
            "highest([rain in Cork in each year])",
            "short",
            ["2013: 1250"],
        ),
        (
            "rain.csv",
            RAIN,
            "What was the most rain in Lund?",
            "max([rain in Lund in each year])",
            "short",
            ["2013: 745"],
        ),
        (
            "debts.md",
            DEBTS,
            "Which port has the lowest debt?",
            "lowest([debt of each port])",
            "short",
            ["Bergen: (300) (in thousands of euros)", THROUGH.format(2)],
        ),
    ],
)
def test_what_is_asked_of_a_column_is_shown_line_by_line(
    tmp_path: Path, name: str, text: str, question: str, formula: str, kind: str, lines: list[str]
) -> None:
    found = whole(tmp_path, name, text, question, formula)
    assert found.kind == kind
    said = found.answer.split("\n")
    bare = [line.partition(" [")[0] for line in said]
    assert [line if "[" in wanted else other for line, other, wanted in zip(said, bare, lines, strict=True)] == lines
    assert found.citations


@pytest.mark.parametrize(
    ("name", "text", "question", "formula", "lines"),
    [
        ("bills.csv", BILLS, "Which bill is the latest?", "highest([date of each bill])", ["B-2: 2024-11-02"]),
        ("bills.csv", BILLS, "Which bill is the latest?", "lowest([each bill])", ["B-2: 2024-11-02"]),
        ("bills.csv", BILLS, "Which bill is the earliest?", "min([date of each bill])", ["B-3: 2023-12-30"]),
        ("bills.csv", BILLS, "Which bill is the highest?", "highest([amount of each bill])", ["B-1: 700 euros"]),
        (
            "bills.csv",
            BILLS,
            "List the bills by date, latest first.",
            "top([date of each bill])",
            ["B-2: 2024-11-02", "B-1: 2024-03-05", "B-3: 2023-12-30"],
        ),
        (
            "bills.csv",
            BILLS,
            "How many bills have a date after 2023?",
            "count([date of each bill] > 2023)",
            ["2: B-1, B-2"],
        ),
        (
            "bills.csv",
            BILLS,
            "When was the last bill of Olga?",
            "highest([date of each bill of Olga])",
            ["B-1: 2024-03-05"],
        ),
        ("checks.md", CHECKS, "What was the last date?", "highest([each date])", ["Olga: 2 May 2024"]),
        (
            "checks.csv",
            "Date,Inspector\n2023-03-05,Sven\n2024-05-02,Olga\n2022-01-01,Petra\n",
            "When was the last check?",
            "highest([date of each check])",
            ["Olga: 2024-05-02"],  # dates that name rows are put in order, too
        ),
        ("checks.md", CHECKS, "What was the first date?", "lowest([each date])", ["Sven: 5.3.2023"]),
    ],
)
def test_dates_of_a_column_are_put_in_order(
    tmp_path: Path, name: str, text: str, question: str, formula: str, lines: list[str]
) -> None:
    found = whole(tmp_path, name, text, question, formula)
    said = [line.partition(" [")[0] for line in found.answer.split("\n")]
    assert said == [*lines, THROUGH.format(text.count("\n") - (2 if name.endswith(".md") else 1))]
    assert found.citations


def test_the_latest_of_a_column_is_no_question_about_the_files_of_the_library(tmp_path: Path) -> None:
    found = whole(tmp_path, "bills.csv", BILLS, "Which bill is the latest?", "highest([date of each bill])", "library")
    assert found.answer.startswith("B-2: 2024-11-02 [")


def test_where_a_date_is_not_understood_none_is_the_latest(tmp_path: Path) -> None:
    found = whole(
        tmp_path,
        "bills.csv",
        f"{BILLS}B-4,Joost,31.2.2024,5 euros\n",
        "Which is the latest date?",
        "highest([each date])",
    )
    assert "looked through" not in found.answer


def test_at_most_five_rows_are_cited_and_all_are_looked_through(tmp_path: Path) -> None:
    rows = "Kind,Price\n" + "".join(f"plank {row} x {row + 1},{row * 7 % 101} euros\n" for row in range(100))
    found = whole(tmp_path, "planks.csv", rows, "List the planks by price.", "top([price of each plank])", "list")
    *lines, more, note = found.answer.split("\n")
    assert len(lines) == 50
    assert [line for line in lines if line.endswith("]")] == lines[:5]
    assert (more, note) == ("… and 50 more", THROUGH.format(100))
    assert len(found.citations) <= 6


def test_a_long_sum_shows_the_first_values(tmp_path: Path) -> None:
    rows = "Customer,Amount\n" + "".join(f"C{row},{row * 37 % 1009 + 11}.25 euros\n" for row in range(300))
    total = sum(row * 37 % 1009 + 11 for row in range(300)) + 75
    found = whole(tmp_path, "orders.csv", rows, "What do all amounts come to?", "sum([each amount])")
    assert found.kind == "calculation"
    assert found.confidence is not None
    assert found.confidence > 0.5  # it is one column, however many values it has
    assert found.answer.startswith(f"{total} euros = 11.25 euros [1] + ")
    assert found.answer.partition("\n")[0].endswith(" + …")
    assert found.answer.endswith(THROUGH.format(300))


@pytest.mark.parametrize(
    ("question", "formula"),
    [
        ("Which plots are red?", 'which([each fenced plot] = "red")'),  # no cell says so: it may be said otherwise
        ("Which plots are fenced?", 'which([each fenced plot] = "green")'),  # a word that nobody asked for
        ("How many plots are larger than 5?", "count([area of each plot] > 7)"),  # a figure that nobody asked for
        ("What is the highest price?", "highest([price of the moon])"),
    ],
)
def test_where_nothing_can_be_told_the_answer_is_another(tmp_path: Path, question: str, formula: str) -> None:
    found = whole(tmp_path, "plots.md", PLOTS, question, formula)
    plain = asked(tmp_path, {"plots.md": PLOTS}, question, Calculating("none", calculation="none"))
    assert (found.kind, found.answer) == (plain.kind, plain.answer)


TEAMS = "Team,Won,Drawn,Points\nHarlow,13,2,41\nHarlow Reserves,8,3,27\nAldine,6,5,23\n"


@pytest.mark.parametrize(
    "formula", ["count([points of Harlow Reserves])", "count([each point of the Harlow Reserves])"]
)
def test_the_figures_of_a_row_are_not_counted_that_say_how_many_there_are(tmp_path: Path, formula: str) -> None:
    found = whole(tmp_path, "teams.csv", TEAMS, "How many points do the Harlow Reserves have?", formula)
    assert found.answer.partition(":")[0] not in {"1", "2", "3"}
    assert found.kind != "calculation"


@pytest.mark.parametrize("formula", ["highest([each amount])", "sum([each amount])"])
def test_values_of_several_units_are_not_compared(tmp_path: Path, formula: str) -> None:
    rows = "Giver,Amount\nOlga,20 euros\nSven,40 crowns\nPetra,9 euros\n"
    found = whole(tmp_path, "gifts.csv", rows, "What about the amounts?", formula)
    assert "looked through" not in found.answer


def test_a_figure_of_the_question_is_not_compared_with_thousands(tmp_path: Path) -> None:
    found = whole(tmp_path, "debts.md", DEBTS, "Which ports owe more than 500?", "which([debt of each port] > 500)")
    assert "looked through" not in found.answer


def test_the_tables_of_a_document_are_read_once_for_all_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gifts.csv").write_text(GIFTS, encoding="utf-8")
    read: list[int] = []
    monkeypatch.setattr(documents, "tables_in", lambda column, *rest: [read.append(1), tables_in(column, *rest)][1])
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "gifts.csv"])
        fakes_of(library).generator = Calculating("highest([each amount])")
        told = [library.ask("Who gave the highest amount?").answer.split("\n")[0] for _ in range(2)]
        assert told == ["Sven: 40 euros [2][1]"] * 2
        assert len(read) == 1
        (tmp_path / "gifts.csv").write_text(f"{GIFTS}Rosa,50 euros,May\n", encoding="utf-8")
        library.ingest([tmp_path / "gifts.csv"])
        assert library.ask("Who gave the highest amount?").answer.startswith("Rosa: 50 euros")
        assert len(read) == 2
