"""What comes out of a comparison: which figures it is worked out from, and where none is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import LIKELIHOODS, ScriptedGenerator

from prompts import examples
from rag_app.answering.verdict import Line, verdict
from rag_app.asking.sides import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.generator import Message

QUESTION = "Which is more accurate, QM-7 or QM-9?"
ROW = "Model: {}; Accuracy: {}; Weight: {}"


class Asked(ScriptedGenerator):
    """Says in what order figures are asked for."""

    def __init__(self, order: str, surely: float = 100.0) -> None:
        super().__init__()
        self.order = order
        self.surely = surely
        self.read: list[str] = []

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        assert self.order in words
        assert {word for _, _, word in examples("order_examples")} == set(words)
        self.read.append(messages[-1].content)
        return [self.surely * (word == self.order) for word in words]


def line(name: str, text: str, marker: int, *, row: bool = False) -> Line:
    return Line(Side(name, f"How accurate is {name}?"), text, row, marker)


def worked_out(first: str, second: str, order: str = "smaller", *, question: str = QUESTION, row: bool = False) -> str:
    lines = line("QM-7", first, 1, row=row), line("QM-9", second, 2, row=row)
    return verdict(question, *lines, Asked(order))


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("smaller", "QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]"),
        ("larger", "QM-7: 0.5 mm [1] > QM-9: 0.2 mm [2]"),
        ("difference", "QM-7: 0.5 mm [1] − QM-9: 0.2 mm [2] = 0.3 mm"),
        ("none", ""),
    ],
)
def test_the_side_that_is_asked_for_comes_first_with_both_figures(order: str, text: str) -> None:
    assert worked_out("The QM-7 is off by 0.5 mm.", "It is off by 0.2 mm.", order) == text


@pytest.mark.parametrize("order", ["smaller", "larger", "difference"])
def test_figures_that_are_alike_are_said_to_be(order: str) -> None:
    assert worked_out("off by 0.5 mm", "off by 0,5 mm", order) == "QM-7: 0.5 mm [1] = QM-9: 0,5 mm [2]"


def test_percentages_have_no_difference_in_percent() -> None:
    assert worked_out("in 91 % of cases", "in 96 % of cases", "difference") == "QM-9: 96 % [2] > QM-7: 91 % [1]"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("off by 0.5 mm", "off by 0.2 cm"),
        ("off by 0.5 mm", "off by very little"),
        ("0.5 mm or 0.6 mm", "off by 0.2 mm"),
        ("0.5 mm and 12 kg", "0.2 mm and 10 kg"),
        ("0.5 to 0.7 mm", "0.6 mm"),
        ("5 euros a month", "50 euros a year"),
        ("", ""),
    ],
)
def test_where_it_is_in_doubt_which_figures_count_nothing_comes_out_and_nothing_is_asked(
    first: str, second: str
) -> None:
    generator = Asked("larger")
    assert verdict(QUESTION, line("QM-7", first, 1), line("QM-9", second, 2), generator) == ""
    assert generator.read == []


def test_figures_of_the_question_itself_are_not_compared() -> None:
    question = "How did revenue change from 2021 to 2022?"
    found = worked_out("In 2021 it was 5 million.", "In 2022 it was 6 million.", "difference", question=question)
    assert found == "QM-9: 6 million [2] − QM-7: 5 million [1] = 1 million"
    assert worked_out("In 2021 it was low.", "In 2022 it was high.", question=question) == ""


# Tables


def test_rows_of_one_table_are_compared_in_the_column_that_is_asked_for() -> None:
    rows = ROW.format("QM-7", "0.5 mm", "12 kg"), ROW.format("QM-9", "0.2 mm", "10 kg")
    question = "Is the accuracy of QM-7 better than the accuracy of QM-9?"
    assert worked_out(*rows, question=question, row=True) == "QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]"
    assert worked_out(*rows, question="Which is better, QM-7 or QM-9?", row=True) == ""


def test_the_only_column_that_both_rows_have_figures_in_is_the_one() -> None:
    rows = ROW.format("QM-7", "good", "12 kg"), ROW.format("QM-9", "0.2 mm", "10 kg")
    assert worked_out(*rows, row=True) == "QM-9: 10 kg [2] < QM-7: 12 kg [1]"


def test_cells_of_two_columns_are_not_compared() -> None:
    rows = "Model: QM-7; Error: 0.5 mm; Colour: red", "Model: QM-9; Length: 0.2 mm; Colour: red"
    assert worked_out(*rows, row=True) == ""


def test_rows_without_named_columns_are_compared_by_their_only_cell() -> None:
    assert worked_out("QM-7: 0.5 mm", "QM-9: 0.2 mm", row=True) == "QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]"


def test_sides_that_are_columns_of_one_row_are_compared_in_it() -> None:
    row = "Value: Error; QM-7: 0.5 mm; QM-9: 0.2 mm"
    assert worked_out(row, row, row=True) == "QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]"
    assert worked_out("Value: Error; QM-7: 0.5 mm; QM-8: 0.2 mm", "Value: Error", row=True) == ""


# One sentence about both


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("The QM-7 is off by 0.5 mm, the QM-9 by 0.2 mm.", "QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]"),
        ("The error is 0.5 mm for the QM-7 and 0.2 mm for the QM-9.", "QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]"),
        ("The QM-9 is off by 0.5 mm, the QM-7 by 0.2 mm.", "QM-7: 0.2 mm [1] < QM-9: 0.5 mm [2]"),
        ("QM-7 and QM-9 are off by 0.5 mm and 0.2 mm.", ""),
        ("The QM-7, like the QM-9, is off by 0.5 mm.", ""),
        ("QM-7: 0.5 mm, 0.2 mm more than the QM-9.", ""),
        ("The QM-7 is off by 0.5 mm, the QM-9 by 0.2 cm.", ""),
    ],
)
def test_a_sentence_about_both_sides_counts_where_names_and_figures_take_turns(sentence: str, text: str) -> None:
    assert worked_out(sentence, sentence) == text


# What the generator reads


def test_the_generator_reads_the_question_and_the_figures_without_their_sentences() -> None:
    generator = Asked("larger")
    verdict(QUESTION, line("QM-7", "off by\n0.5 mm", 1), line("QM-9", "off by 0.2 mm", 2), generator)
    assert generator.read == [f"{QUESTION} (0.5 mm, 0.2 mm)"]


@pytest.mark.parametrize(("more", "said"), [(0.1, True), (-0.1, False)])
def test_nothing_is_said_where_the_generator_hardly_leans_to_it(more: float, said: bool) -> None:
    lines = line("QM-7", "0.5 mm", 1), line("QM-9", "0.2 mm", 2)
    assert LIKELIHOODS.order_none > 0
    assert bool(verdict(QUESTION, *lines, Asked("larger", LIKELIHOODS.order_none + more))) == said


def test_a_name_with_brackets_is_no_marker() -> None:
    lines = line("QM [7]", "0.5 mm", 1), line("QM-9", "0.2 mm", 2)
    assert verdict(QUESTION, *lines, Asked("larger")) == "QM (7): 0.5 mm [1] > QM-9: 0.2 mm [2]"
