from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import ScriptedGenerator

from rag_app.followup import leans, standalone
from rag_app.types import Turn

if TYPE_CHECKING:
    from rag_app.generator import Generator

HISTORY = [Turn("user", "How long is the notice period?"), Turn("assistant", "Three months. [1]")]

LEANING = [
    "And for pets?",
    "But what if the rent is not paid?",
    "Why not?",
    "What about the garage?",
    "How about dogs and cats in the flat?",
    "Is it written down anywhere in the contract?",
    "How long do they have to wait for the deposit?",
    "Who pays for their repair?",
    "Which of these has the longer warranty?",
    "What happens after that?",
    "When was she appointed to the board?",
    "How much is the other one per month?",
    "In 2023?",
    "And the price of the larger model?",
    "Und wie lange gilt er?",
    "Was ist mit Haustieren?",
    "Wie hoch ist sie im zweiten Jahr?",
    "Gilt das auch dort?",
    "Wer bezahlt dafür am Ende?",
    "Aber nur für Mieter?",
    "Welche Frist haben diese Verträge?",
    "How much does that cost per month?",
    "How long is that valid for?",
    "What happens after that date?",
    "Which one is cheaper in winter?",
    "Are dogs and cats allowed there?",
    "How many rooms are there?",
    "Was kostet das denn im Monat?",
    "Für welche Mieter gilt das?",
    "Wann muss es bezahlt werden?",
]

SELF_CONTAINED = [
    "How long is the notice period for the flat?",
    "What is the monthly rent of apartment 3B?",
    "Who chairs the board of the bicycle club?",
    "How often must the dishwasher filter be cleaned?",
    "Which hotel costs are refunded on business trips?",
    "What does the study say about rerankers?",
    "Which rules say that pets need consent?",
    "Wie lang ist die Kündigungsfrist für den Stellplatz?",
    "Wer trägt die Kosten der Reparatur?",
    "Welche Miete zahlt der Mieter für den Stellplatz?",
    "Wann wurde der Vertrag unterschrieben?",
    "Is there a fee for late payment?",
    "May one tenant sublet?",
    "How many rooms are there in the flat?",
    "Gibt es eine Frist für den Widerspruch?",
    "Was kostet das Zimmer im Monat?",
    "Wer bezahlt das neue Fahrrad?",
    "Welches Zimmer, das im Keller liegt, ist frei?",
]


def not_loaded() -> Generator:
    raise AssertionError("the generator was loaded")


@pytest.mark.parametrize("question", LEANING)
def test_a_question_with_a_pointer_an_opening_or_few_words_leans_on_what_was_said(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize("question", SELF_CONTAINED)
def test_a_question_that_names_its_subject_stands_alone(question: str) -> None:
    assert not leans(question)


def test_without_history_no_question_is_rewritten_and_no_generator_loaded() -> None:
    assert standalone("And for pets?", [], not_loaded) == "And for pets?"


@pytest.mark.parametrize("question", SELF_CONTAINED)
def test_a_question_that_stands_alone_is_left_as_it_is_without_loading_the_generator(question: str) -> None:
    assert standalone(question, HISTORY, not_loaded) == question


def test_a_leaning_question_is_rewritten_by_the_generator() -> None:
    assert standalone("And for pets?", HISTORY, ScriptedGenerator) == "And for pets? (How long is the notice period?)"


def test_quotation_marks_and_white_space_around_the_rewritten_question_are_dropped() -> None:
    generator = ScriptedGenerator(lambda _: '  "How long may pets stay?" ')
    assert standalone("And for pets?", HISTORY, lambda: generator) == "How long may pets stay?"


@pytest.mark.parametrize("written", ["", "   ", "First line.\nSecond line.", "word " * 100])
def test_what_is_no_question_is_replaced_by_the_last_question_and_this_one(written: str) -> None:
    generator = ScriptedGenerator(lambda _: written)
    assert standalone("And for pets?", HISTORY, lambda: generator) == "How long is the notice period? And for pets?"


def test_without_a_question_in_the_history_the_replacement_is_the_question_itself() -> None:
    generator = ScriptedGenerator(lambda _: "")
    assert standalone("And for pets?", [Turn("assistant", "Hello.")], lambda: generator) == "And for pets?"


def test_the_generator_sees_the_last_turns_shortened_and_each_on_one_line() -> None:
    history = [Turn("user", f"question number {n}\nwith\fbreaks {'x' * 1000}") for n in range(10)]
    generator = ScriptedGenerator()
    standalone("And then?", history, lambda: generator)
    [[_, message]] = generator.prompts
    lines = [line for line in message.content.splitlines() if line.startswith("user: ")]
    assert [line.split(" with")[0] for line in lines] == [f"user: question number {n}" for n in (6, 7, 8, 9)]
    assert {len(line) for line in lines} == {len("user: ") + 400}
    assert "And then?" in message.content
