"""Answers that are worked out: where their values are from, what is shown, and where nothing is worked out."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from calculating import Calculating, asked

from rag_app.answering import shaped
from rag_app.answering.calculation import trend
from rag_app.proof.calculator import parse
from rag_app.proof.cell_meant import CellJudge
from rag_app.proof.quotes import markers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


RIDES = """The ferry of the lake goes in summer.
The ferry costs 4.50 euros for a ride. The parking place costs 6 euros.
The ferry was built on 2 May 1998 and the parking place was opened on 9 May 1998.
A season ticket of the ferry costs 30 euros a month."""
PORTS = (("Odense", 50), ("Bergen", 70), ("Ystad", 60))
SALES = 'Year,Boats,Income\n2011,12,"40,000 euros"\n2012,15,"50,000 euros"\n2013,20,"45,000 euros"\n'
GIFTS = "Date,Giver,Amount\n2011-03-01,Olga,20.50 euros\n2011-03-04,Sven,40 euros\n2011-04-02,Olga,9.50 euros\n"


def calculation(folder: Path, files: Mapping[str, str], question: str, formula: str) -> str:
    found = asked(folder, files, question, Calculating(formula))
    assert found.kind == "calculation"
    assert set(markers(found.answer)) == {one.marker for one in found.citations}
    return found.answer


@pytest.mark.parametrize(
    ("question", "formula", "answer"),
    [
        ("What do three rides on the ferry cost?", "[ferry for a ride] * 3", "13.50 euros = 4.50 euros [1] × 3"),
        (
            "What do ferry and parking place cost?",
            "[ferry for a ride] + [parking place]",
            "10.50 euros = 4.50 euros [1] + 6 euros [1]",
        ),
        (
            "How many days lie between the building of the ferry and the opening of the parking place?",
            "days([ferry was built], [parking place was opened])",
            "7 days = 2 May 1998 [1] → 9 May 1998 [1]",
        ),
        ("What is a season ticket for a year?", "[season ticket] * 12", "360 euros = 30 euros a month [1] × 12"),
        (
            "What share of the parking place is the ferry, to one decimal?",
            "round([ferry for a ride] / [parking place] * 100, 1)",
            "75.0 % = 4.50 euros [1] / 6 euros [1] × 100",
        ),
    ],
)
def test_a_result_stands_before_its_formula(tmp_path: Path, question: str, formula: str, answer: str) -> None:
    assert calculation(tmp_path, {"lake.txt": RIDES}, question, formula) == answer


def test_values_of_two_documents_are_cited_both(tmp_path: Path) -> None:
    files = {"boat.txt": "The boat costs 1,300 euros.", "mast.txt": "The mast costs 250 euros."}
    said = calculation(
        tmp_path, files, "What do boat and mast cost together?", "[cost of the boat] + [cost of the mast]"
    )
    assert said == "1,550 euros = 1,300 euros [1] + 250 euros [2]"


def test_a_cell_is_taken_from_the_row_and_the_column_that_are_named(tmp_path: Path) -> None:
    formula = "([income in 2012] - [income in 2011]) / [income in 2011] * 100"
    said = calculation(
        tmp_path, {"sales.csv": SALES}, "By how many percent did income grow from 2011 to 2012?", formula
    )
    assert said == "25 % = (50,000 euros [1] − 40,000 euros [1]) / 40,000 euros [1] × 100"


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("sum([each income])", "135,000 euros = 40,000 euros [1] + 50,000 euros [1] + 45,000 euros [1]"),
        ("average([each income])", "45,000 euros = (40,000 euros [1] + 50,000 euros [1] + 45,000 euros [1]) / 3"),
    ],
)
def test_a_series_is_the_whole_column(tmp_path: Path, formula: str, answer: str) -> None:
    assert calculation(tmp_path, {"sales.csv": SALES}, "What about the income of all years?", formula) == answer


def test_a_cell_has_the_currency_that_its_table_says_once(tmp_path: Path) -> None:
    rows = 'Item,2012,2011\nNet sales,"$ 900","$ 800"\nWages,450,410\n'
    formula = "[wages in 2012] / [net sales in 2012] * 100"
    said = calculation(tmp_path, {"sales.csv": rows}, "What share of net sales went to wages in 2012?", formula)
    assert said == "50 % = 450 [1] / $ 900 [1] × 100"


def test_a_proper_name_of_the_question_is_one_of_every_value(tmp_path: Path) -> None:
    files = {f"{name}.txt": f"{name} is a port.\nThe crane costs {cost} euros." for name, cost in PORTS}
    question = "What do four times the crane costs come to in Bergen?"
    assert calculation(tmp_path, files, question, "[crane costs] * 4") == "280 euros = 70 euros [1] × 4"


def test_a_series_is_of_those_rows_that_are_named(tmp_path: Path) -> None:
    said = calculation(tmp_path, {"gifts.csv": GIFTS}, "How much did Olga give?", "sum([each amount of Olga])")
    assert said == "30 euros = 20.50 euros [1] + 9.50 euros [2][1]"


def test_a_last_row_that_adds_up_the_others_is_none_of_a_series(tmp_path: Path) -> None:
    rows = f'{SALES}Together,47,"135,000 euros"\n'
    said = calculation(tmp_path, {"sales.csv": rows}, "What is the income of all years?", "sum([each income])")
    assert said.startswith("135,000 euros = 40,000 euros")


def test_a_series_with_a_row_that_is_not_understood_comes_to_nothing(tmp_path: Path) -> None:
    rows = f'{SALES}2014,9,"7,000 euros and 30 kg"\n'
    found = asked(tmp_path, {"sales.csv": rows}, "What is the income of all years?", Calculating("sum([each income])"))
    assert found.kind == "short"


def test_a_series_may_stand_in_lines_that_follow_each_other(tmp_path: Path) -> None:
    text = "Gifts of the spring:\n\n- Petra: 40 euros\n- Joost: 25 euros\n- Irma: 55 euros\n\nThe hall has 9 doors."
    said = calculation(tmp_path, {"gifts.md": text}, "What are all gifts of the spring?", "sum([each of the gifts])")
    assert said.startswith("120 euros = 40 euros [1] + 25 euros [1] + 55 euros [1]")


def test_figures_are_written_as_the_documents_do(tmp_path: Path) -> None:
    text = "Das Boot kostet 1.200,50 Euro. Der Mast kostet 900 Euro."
    said = calculation(tmp_path, {"boot.txt": text}, "Was kosten zwei Boote?", "[Boot kostet] * 2")
    assert said == "2.401 Euro = 1.200,50 Euro [1] × 2"


@pytest.mark.parametrize(
    "formula",
    [
        "[ferry for a ride] + [season ticket]",  # another unit
        "[ferry for a ride] * 17",  # a figure that nobody asked for
        "[price of the ferry in 2031] * 3",  # a year that nobody asked for
        "[ferry for a ride] + [airship]",  # nowhere named
        "[ferry for a ride] / [ride on the ferry]",  # one value twice
        "[ferry for a ride]",
        "none",
        "3 * 4",
    ],
)
def test_where_nothing_comes_out_the_answer_is_a_short_one(tmp_path: Path, formula: str) -> None:
    question = "What do three rides on the ferry cost?"
    found = asked(tmp_path, {"lake.txt": RIDES}, question, Calculating(formula))
    plain = asked(tmp_path, {"lake.txt": RIDES}, question, Calculating("none", calculation="none"))
    assert found.kind == "short"
    assert found.answer == plain.answer


def test_a_price_of_so_many_is_not_multiplied_by_as_many(tmp_path: Path) -> None:
    text = "A book of ten tickets costs 36 euros."
    found = asked(
        tmp_path, {"bath.txt": text}, "What does a book of ten tickets cost?", Calculating("[book cost] * 10")
    )
    assert found.kind == "short"


@pytest.mark.parametrize(
    "formula",
    [
        "round([ferry for a ride], 2)",
        "round([ferry for a ride] * 100, 2)",
        "[ferry for a ride] * 1 / 100",
        "[ferry for a ride] - [ferry for a ride]",
        "([ferry for a ride] - [ferry for a ride]) / [parking place] * 100",
        "[ferry for a ride] * 12",  # nobody speaks of months or years
    ],
)
def test_a_value_that_stands_alone_or_beside_itself_is_not_worked_out(tmp_path: Path, formula: str) -> None:
    found = asked(tmp_path, {"lake.txt": RIDES}, "What does the ferry cost for a ride?", Calculating(formula))
    assert found.kind == "short"


def test_a_length_of_time_is_no_name_of_a_value(tmp_path: Path) -> None:
    files = {"lake.txt": "After 5 years the ferry costs 4.50 euros."}
    question = "What does the ferry cost after 5 years, by the month?"
    found = asked(tmp_path, files, question, Calculating("[5 years] * 12"))
    assert found.kind == "short"
    named = asked(tmp_path, files, question, Calculating("[ferry after 5 years] * 12"))
    assert named.kind == "calculation"


def test_no_formula_is_written_for_a_question_that_needs_none(tmp_path: Path) -> None:
    generator = Calculating("[ferry for a ride] * 3", calculation="none")
    found = asked(tmp_path, {"lake.txt": RIDES}, "What do three rides on the ferry cost?", generator)
    assert found.kind == "short"
    assert not any("formula" in prompt[0].content for prompt in generator.prompts)


def test_a_comparison_says_a_difference_itself_and_leaves_other_formulas(tmp_path: Path) -> None:
    question = "How did income change from 2011 to 2012?"
    difference = Calculating("[income in 2012] - [income in 2011]", "comparison")
    change = Calculating("([income in 2012] - [income in 2011]) / [income in 2011] * 100", "comparison")
    share = Calculating("[income in 2012] / [income in 2011]", "comparison")
    kinds = [asked(tmp_path, {"sales.csv": SALES}, question, one).kind for one in (difference, change, share)]
    assert kinds == ["comparison", "comparison", "calculation"]


@pytest.mark.parametrize(
    ("formula", "result", "expected"),
    [
        ("[income in 2012] - [income in 2011]", 5, 1),
        ("[income in 2012] - [income in 2011]", -5, -1),
        ("[income in 2011] - [income in 2012]", 5, -1),
        ("[income in 2012] - [income in 2011]", 0, 0),
        ("[income in 2012] - [costs in 2011]", 5, 0),
        ("[income] - [income]", 5, 0),
        ("[income in 2012] / [income in 2011]", 5, 0),
    ],
)
def test_a_value_has_risen_where_that_of_the_later_time_is_more(formula: str, result: int, expected: int) -> None:
    read = parse(formula)
    assert read is not None
    assert trend(read, Decimal(result)) == expected


@pytest.mark.parametrize(
    ("kind", "formula", "begins"),
    [
        ("comparison", "[income in 2013] - [income in 2012]", "Lower. -5,000 euros"),
        ("comparison", "[income in 2011] - [income in 2012]", "Higher. -10,000 euros"),
        ("fact", "[income in 2013] - [income in 2012]", "-5,000 euros"),
    ],
)
def test_a_comparison_of_two_times_says_which_way_a_value_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, formula: str, begins: str
) -> None:
    monkeypatch.setattr(CellJudge, "probability", lambda *_: 0.75)  # of each cell
    monkeypatch.setattr(shaped._Form, "_in_cell", lambda *_, **__: None)
    years = " and ".join(word for word in ("2011", "2012", "2013") if word in formula)
    found = asked(tmp_path, {"sales.csv": SALES}, f"How did income change between {years}?", Calculating(formula, kind))
    assert found.answer.startswith(begins)


# What is worked out already, or by a time that nobody gave


def test_a_price_is_taken_to_a_longer_time_only_where_it_is_that_of_the_shorter(tmp_path: Path) -> None:
    found = asked(
        tmp_path,
        {"rides.txt": RIDES},
        "What does the parking place cost for a day?",
        Calculating("[parking place] * 24"),
    )
    assert found.kind != "calculation"
    year = asked(
        tmp_path, {"rides.txt": RIDES}, "What is a season ticket for a year?", Calculating("[season ticket] * 12")
    )
    assert year.answer.startswith("360 euros")


def test_a_share_that_a_table_states_is_no_part_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CellJudge, "probability", lambda *_: 0.75)  # of each cell
    monkeypatch.setattr(shaped._Form, "_in_cell", lambda *_, **__: None)
    table = "Group,Sales,Portion (%)\nTools,1204 euros,18.5\nPaint,1386 euros,21.3\nTimber,2460 euros,37.8\n"
    formula = "[portion of tools] / [portion of timber] * 100"
    found = asked(tmp_path, {"sales.csv": table}, "What is the portion of tools?", Calculating(formula))
    assert found.kind != "calculation"


def test_a_sum_that_a_table_states_is_not_added_up_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CellJudge, "probability", lambda *_: 0.65)
    bill = "Item,Amount\nStanding charge,44.10\nEnergy,268.30\nTotal before tax,312.40\nTax,15.62\nTotal,328.02\n"
    question = "What is the total of the bill before tax?"
    found = asked(tmp_path, {"bill.csv": bill}, question, Calculating("sum([amount of the bill])"))
    assert found.answer.startswith("312.40 [1]")


def test_the_mark_of_a_footnote_is_none_of_what_is_worked_out(tmp_path: Path) -> None:
    rides = "The ferry costs 4.50² euros for a ride."
    found = asked(
        tmp_path, {"a.txt": rides}, "What do three rides on the ferry cost?", Calculating("[ferry for a ride] * 3")
    )
    assert found.answer.startswith("13.50 euros = 4.50")


# Values side by side


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "What was the income in 2011 and 2012, respectively?",
            "income in 2012: 50,000 euros [1]\nincome in 2011: 40,000 euros [1]",
        ),
        ("How did the income change from 2011 to 2012?", "10,000 euros = 50,000 euros [1] − 40,000 euros [1]"),
    ],
)
def test_values_of_two_times_stand_side_by_side_unless_a_change_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str, answer: str
) -> None:
    monkeypatch.setattr(CellJudge, "probability", lambda *_: 0.75)  # of each cell
    monkeypatch.setattr(shaped._Form, "_in_cell", lambda *_, **__: None)
    monkeypatch.setattr(shaped._Form, "_aggregated", lambda _: None)
    found = asked(tmp_path, {"sales.csv": SALES}, question, Calculating("[income in 2012] - [income in 2011]", "fact"))
    assert found.answer == answer


def test_what_is_left_is_worked_out_though_no_change_is_asked_for(tmp_path: Path) -> None:
    formula = "[parking place] - [ferry for a ride]"
    found = asked(
        tmp_path,
        {"rides.txt": RIDES},
        "What is left of the price of a parking place after a ride?",
        Calculating(formula),
    )
    assert found.answer.startswith("1.50 euros = 6 euros [1] − 4.50 euros")


def test_the_average_of_values_that_are_named_together_is_worked_out_by_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CellJudge, "probability", lambda *_: 0.75)
    question = "What was the average income in 2011 and 2012?"
    found = asked(tmp_path, {"sales.csv": SALES}, question, Calculating("none"))
    assert found.answer == "45,000 euros = (40,000 euros [1] + 50,000 euros [1]) / 2"
