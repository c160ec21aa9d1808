"""The two sides of a comparison: how a question is split, and what is not taken from the generator."""

from __future__ import annotations

import pytest
from fakes import ScriptedGenerator

from prompts import examples
from rag_app.asking.sides import Side, Sides, sides_of

GAUGES = "Which is more accurate, QM-7 or QM-9?"
FEES = "Ist der Beitrag für Familien höher als der für Einzelne?"


def split(question: str, written: str) -> Sides | None:
    return sides_of(question, ScriptedGenerator(lambda _: written))


def both(question: str, written: str) -> Sides:
    found = split(question, written)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("question", "written", "first", "second"),
    [
        (
            GAUGES,
            "QM-7: How accurate is QM-7? | QM-9: How accurate is QM-9?",
            Side("QM-7", "How accurate is QM-7?"),
            Side("QM-9", "How accurate is QM-9?"),
        ),
        (
            FEES,
            "Beitrag für Familien: Wie hoch ist der Beitrag für Familien? "
            "| Beitrag für Einzelne: Wie hoch ist der Beitrag für Einzelne?",
            Side("Familien", "Wie hoch ist der Beitrag für Familien?"),
            Side("Einzelne", "Wie hoch ist der Beitrag für Einzelne?"),
        ),
        (
            "How did revenue change from 2021 to 2022?",
            "2021: What was revenue in 2021? | 2022: What was revenue in 2022?",
            Side("2021", "What was revenue in 2021?"),
            Side("2022", "What was revenue in 2022?"),
        ),
        (
            "Does the north hall hold more people than the south hall?",
            "north hall: How many people does the north hall hold? "
            "| south hall: How many people does the south hall hold?",
            Side("north", "How many people does the north hall hold?"),
            Side("south", "How many people does the south hall hold?"),
        ),
        (
            "¿Cuál pesa menos, la bicicleta Roma o la bicicleta Turín?",
            "Roma: ¿Cuánto pesa la bicicleta Roma? | Turín: ¿Cuánto pesa la bicicleta Turín?",
            Side("Roma", "¿Cuánto pesa la bicicleta Roma?"),
            Side("Turín", "¿Cuánto pesa la bicicleta Turín?"),
        ),
    ],
)
def test_each_side_has_its_name_and_a_question_of_its_own(
    question: str, written: str, first: Side, second: Side
) -> None:
    assert split(question, written) == Sides(first, second)


def test_names_are_spelt_as_the_question_does() -> None:
    found = both(
        "Was kostet mehr, der Hof oder die Garage?", "hof: Was kostet der Hof? | garage: Was kostet die Garage?"
    )
    assert (found.first.name, found.second.name) == ("Hof", "Garage")


def test_a_letter_is_no_name_without_the_word_before_it() -> None:
    written = "Zone A: Was kostet Zone A? | Zone B: Was kostet Zone B?"
    found = both("Ist Zone A teurer als Zone B?", written)
    assert (found.first.name, found.second.name) == ("Zone A", "Zone B")


@pytest.mark.parametrize(
    "written",
    [
        "",
        GAUGES,
        "QM-7: How accurate is QM-7?",
        "QM-7: How accurate is QM-7? | QM-8: How accurate is QM-8?",
        "QM-7: How accurate is QM-7? | QM-9: How accurate is QM-9? | QM-7: How heavy is QM-7?",
        "QM-7: How accurate is QM-7? | QM-7: How accurate is QM-7?",
        "QM-7: How accurate is QM-7? | QM-7 or QM-9: How accurate is QM-9?",
        "QM-7: How accurate is QM-7?\nQM-9 | QM-9: How accurate is QM-9?",
        "is: How accurate is QM-7? | or: How accurate is QM-9?",
        "How accurate is QM-7? | How accurate is QM-9?",
        ": How accurate is QM-7? | : How accurate is QM-9?",
    ],
)
def test_there_are_no_sides_without_two_names_of_the_question(written: str) -> None:
    assert split(GAUGES, written) is None


@pytest.mark.parametrize(
    "asked",
    [
        GAUGES,
        "How accurate is it?",
        "How accurate are QM-9 and QM-7?",
        "How accurate is QM-7 at 20 degrees?",
        "How accurate is the Mitutoyo QM-7?",
        "",
    ],
)
def test_a_question_that_is_not_about_one_side_alone_gives_way_to_the_whole_one(asked: str) -> None:
    found = both(GAUGES, f"QM-7: {asked} | QM-9: How accurate is QM-9?")
    assert found.first == Side("QM-7", f"QM-7: {GAUGES}")
    assert found.second == Side("QM-9", "How accurate is QM-9?")


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("QM-7", "The QM-7 weighs 2 kg.", True),
        ("QM-7", "The qm-7 weighs 2 kg.", True),
        ("QM-7", "The QM-9 weighs 7 kg.", False),
        ("QM-7", "The QM-70 weighs 2 kg.", False),
        ("Familien", "Jede Familie zahlt 90 Euro.", True),
        ("Familien", "Einzelne zahlen 60 Euro.", False),
        ("weekend", "The weekday price", False),
        ("red tent", "The tent, which is red, leaks.", True),
        ("red tent", "The blue tent leaks.", False),
        ("2021", "Revenue in 2021", True),
        ("2021", "Revenue in 2022", False),
        ("Zone A", "In Zone A kostet es nichts.", True),
        ("Zone A", "A day in Zone B", False),
        ("summer of love", "love in summer", True),
    ],
)
def test_a_name_stands_in_a_text_in_any_form_but_not_as_another_figure(name: str, text: str, named: bool) -> None:
    question = "Wie hoch ist der Beitrag für Familien?" if name == "Familien" else f"How long is {name}?"
    assert Side(name, question).named_in(text) == named


def test_the_question_comes_last_after_examples_that_are_the_same_for_all_questions() -> None:
    generator = ScriptedGenerator(lambda _: "")
    for question in (GAUGES, FEES):
        sides_of(question, generator)
    assert [prompt[-1].content for prompt in generator.prompts] == [GAUGES, FEES]
    assert generator.prompts[0][:-1] == generator.prompts[1][:-1]


def test_every_example_is_split_as_it_says() -> None:
    for _, question, written in examples("sides_examples"):
        found = both(question, written)
        for side in (found.first, found.second):
            assert f": {side.question}" in f": {written}"
            assert side.question != f"{side.name}: {question}"
