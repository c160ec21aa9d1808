"""Which questions are worked out, and how their formula is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import LIKELIHOODS, ScriptedGenerator

from prompts import examples
from rag_app.asking.formula import asks_for_calculation, formula_of
from rag_app.models.numbers import GeneratorNumbers
from rag_app.proof.calculator import Grammar, names, parse
from rag_app.proof.whole import parse as parse_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.generator import Message

QUESTION = "What do nine lamps cost?"


class Leaning(ScriptedGenerator):
    """Leans to a calculation by so many logits."""

    def __init__(self, ahead: float, numbers: GeneratorNumbers = LIKELIHOODS) -> None:
        super().__init__()
        self.ahead = ahead
        self.numbers = numbers

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        assert messages[-1].content == QUESTION
        assert {word for _, _, word in examples("calculation_examples")} == set(words)
        return [self.ahead * (word == "calculation") for word in words]


@pytest.mark.parametrize(("more", "asked"), [(0.1, True), (-0.1, False)])
def test_a_question_is_worked_out_from_a_measured_bound_on(more: float, asked: bool) -> None:
    assert asks_for_calculation(QUESTION, Leaning(LIKELIHOODS.calculation + more)) == asked


def test_a_generator_that_was_not_measured_works_nothing_out() -> None:
    assert not asks_for_calculation(QUESTION, Leaning(1000.0, GeneratorNumbers()))
    assert asks_for_calculation(QUESTION, Leaning(1000.0, replace(GeneratorNumbers(), calculation=1.0)))


def test_the_formula_is_asked_for_after_examples_that_are_the_same_for_all_questions() -> None:
    generator = ScriptedGenerator(lambda _: "[price of a lamp] * 9")
    assert formula_of(QUESTION, generator, Grammar()) == "[price of a lamp] * 9"
    assert formula_of("What is it?", generator, Grammar()) == "[price of a lamp] * 9"
    first, second = generator.prompts
    assert first[-1].content == QUESTION
    assert first[:-1] == second[:-1]


def test_what_is_no_formula_is_not_written() -> None:
    assert formula_of(QUESTION, ScriptedGenerator(lambda _: "The price is 9 euros."), Grammar()) == ""


def test_every_example_is_a_formula_with_values_or_none() -> None:
    for _, question, written in examples("formula_examples"):
        formula = parse(written)
        assert (formula is None and parse_whole(written) is None) == (written == "none"), question
        assert formula is None or names(formula)
