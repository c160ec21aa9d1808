"""Values in the unit that a question asks for, and what becomes of those that cannot be taken to it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from calculating import Calculating, asked

from rag_app.answering.in_unit import in_unit_asked, is_of_unit_asked, quantity_asked
from rag_app.answering.proved import Result
from rag_app.language.language import get_language
from rag_app.proof.calculator import Quantity
from rag_app.types import Citation

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.types import AnswerKind

LENGTH = "How long is the path in {}?"


def answer(text: str, quote: str = "", kind: AnswerKind = "short") -> Result:
    citation = Citation(1, "/files/a.txt", 1, "1", 0, len(quote), quote, verified=True)
    return Result("answered", text, (citation,), kind=kind, confidence=0.9)


def shown(question: str, text: str, quote: str = "") -> tuple[str, str, str]:
    found = in_unit_asked(question, answer(text, quote))
    return found.text, found.kind, found.status


@pytest.mark.parametrize(
    ("question", "text", "first"),
    [
        ("What is the weight of the QM-7 in grams?", "1.35 kg [1]", "1,350 g = 1.35 kg [1]"),
        ("How many grams does the QM-7 weigh?", "1.35 kg. [1]", "1,350 g = 1.35 kg [1]"),
        ("What is the weight of the QM-7 in pounds?", "1.35 kg [1]", "2.98 lb ≈ 1.35 kg [1]"),
        ("What is the weight of the bag in kg?", "1,350 g [1][2]", "1.35 kg = 1,350 g [1][2]"),
        ("What is the weight of the bag in grams?", "1.35 (kg) [1]", "1,350 g = 1.35 (kg) [1]"),
        (LENGTH.format("kilometres"), "26.2 miles [1]", "42.16 km ≈ 26.2 miles [1]"),
        (LENGTH.format("metres"), "5 ft [1]", "1.524 m = 5 ft [1]"),
        (LENGTH.format("inches"), "2.54 cm [1]", "1 inch = 2.54 cm [1]"),
        (LENGTH.format("cm"), "5 m [1]", "500 cm = 5 m [1]"),  # here it is no million and no minute
        ("How long is the trip in hours?", "90 min [1]", "1.5 h = 90 min [1]"),
        ("How many days is the notice?", "two weeks [1]", "14 days = two weeks [1]"),
        ("How many weeks is the notice?", "7 days [1]", "1 week = 7 days [1]"),
        ("How warm is the hall in °F?", "20 °C [1]", "68 °F = 20 °C [1]"),
        ("How cold is the store in degrees Celsius?", "-4 °F [1]", "-20 °C = -4 °F [1]"),
        ("How fast is the tram in m/s?", "90 km/h [1]", "25 m/s = 90 km/h [1]"),
        ("How large is the meadow in square metres?", "2.5 ha [1]", "25,000 m² = 2.5 ha [1]"),
        ("How many pounds does the sack weigh?", "2 kg [1]", "4.41 lb ≈ 2 kg [1]"),
    ],
)
def test_a_value_is_shown_in_the_unit_that_is_asked_for_before_it_as_it_is_written(
    question: str, text: str, first: str
) -> None:
    assert shown(question, text) == (first, "calculation", "answered")


@pytest.mark.parametrize(
    ("question", "text", "quote", "first"),
    [
        ("Wie schwer ist der Kran in Gramm?", "1,350 kg [1]", "Der Kran ist 1,350 kg schwer.", "1350 g = 1,350 kg [1]"),
        ("Wie viele Tage beträgt die Frist?", "zwei Wochen [1]", "", "14 Tage = zwei Wochen [1]"),
        ("Combien d'heures dure le cours ?", "90 minutes [1]", "", "1.5 h = 90 minutes [1]"),
        ("¿Cuántos gramos pesa el saco?", "2,5 kg [1]", "", "2500 g = 2,5 kg [1]"),
        ("Quanto è lungo il sentiero in metri?", "3 km [1]", "", "3000 m = 3 km [1]"),
        ("Hoeveel gram weegt de zak?", "2 kilo [1]", "", "2000 g = 2 kilo [1]"),
        ("Ile gramów waży worek?", "2 kilogramy [1]", "", "2000 g = 2 kilogramy [1]"),
        ("Quantos metros tem o caminho?", "3 quilómetros [1]", "", "3000 m = 3 quilómetros [1]"),
        ("Hur många meter är stigen?", "3 km [1]", "", "3000 m = 3 km [1]"),
    ],
)
def test_units_are_asked_for_in_many_languages(question: str, text: str, quote: str, first: str) -> None:
    assert shown(question, text, quote) == (first, "calculation", "answered")


def test_more_than_the_value_stays_below_the_result() -> None:
    question = "What is the weight of the QM-7 in grams?"
    sentence = "The QM-7 weighs less than 1.35 kg. [1]"
    assert shown(question, sentence)[0] == f"1,350 g = 1.35 kg [1]\n{sentence}"
    assert shown(question, "1.35 kg [1]\nWeight: 1.35 kg [1]")[0] == "1,350 g = 1.35 kg [1]\nWeight: 1.35 kg [1]"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What does the 5 kg bag cost?", "7 euros [1]"),
        ("How long is the working day?", "8 hours [1]"),
        ("What is the weight in kilograms?", "1.35 kg [1]"),
        ("What is the weight in kg or pounds?", "1.35 kg [1]"),
        ("What is the price in dollars?", "$45 [1]"),
        ("What is the weight in grams?", "1.35 [1]"),  # the unit may stand elsewhere
        ("How many days is the leave?", "25 per year [1]"),
        ("What is the weight in grams?", "2–3 kg [1]"),
        ("What is the weight in grams?", "2 kg or 3 kg [1]"),
        ("What is the weight in grams?", "5 million tonnes [1]"),
        ("How many grams are used?", "5 kg per day [1]"),
        ("How large is the box in cm?", "2 m x 3 m [1]"),
        ("By how much did the temperature rise in °F?", "3 °C [1]"),  # a difference
        ("What was the revenue in m?", "$45 million [1]"),  # millions, not metres
        ("In second gear, how fast is it?", "30 km/h [1]"),
        ("What is the weight in grams?", "It is not stated. [1]"),
        ("How many hours is the course?", "room 5, 45 euros [1]"),
        ("Wie schwer ist der Kran in Gramm?", "1,350 kg [1]"),  # its quote is of no language: 1350 or 1.35
    ],
)
def test_all_else_stays_as_it_is(question: str, text: str) -> None:
    found = answer(text)
    assert in_unit_asked(question, found) is found


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the price in dollars?", "45 euros [1]"),
        ("How many hours is the course?", "45 euros [1]"),
        ("How many days is the notice?", "3 months [1]"),
        ("How many hours is the course?", "2 days [1]"),
        ("What was the revenue in euros?", "1,250 (in thousands of dollars) [1]"),
        ("Wie viele Kilometer ist der Weg lang?", "45 Minuten [1]"),
    ],
)
def test_what_has_another_unit_that_cannot_be_taken_to_it_is_not_called_answered(question: str, text: str) -> None:
    found = in_unit_asked(question, answer(text))
    code = "de" if question.startswith("Wie") else "en"
    assert (found.text, found.kind, found.status) == (text, "short", "partial")
    assert found.unsure == get_language(code).sentences.unsure


@pytest.mark.parametrize("kind", ["list", "explanation", "yesno", "comparison", "library"])
def test_longer_answers_stay_as_they_are(kind: AnswerKind) -> None:
    found = answer("1.35 kg [1]", kind=kind)
    assert in_unit_asked("What is the weight in grams?", found) is found


def test_a_result_in_another_currency_is_not_called_answered() -> None:
    found = answer("13.50 euros = 4.50 euros [1] × 3", kind="calculation")
    assert in_unit_asked("What do three rides cost in dollars?", found).status == "partial"
    assert in_unit_asked("What do three rides cost in euros?", found) is found


@pytest.mark.parametrize(
    ("question", "unit", "value", "found"),
    [
        ("How many grams are three bags?", ("kg",), "1.5", ("1500", ("g",))),
        ("How many weeks are both?", ("days",), "21", ("3", ("weeks",))),
        ("How warm is it in °F?", ("°", "C"), "3", ("3", ("°", "C"))),
        ("How many grams are three bags?", ("kg", "in thousands"), "3", ("3", ("kg", "in thousands"))),
        ("How many grams are three bags?", (), "3", ("3", ())),
        ("What is the weight of three bags?", ("kg",), "3", ("3", ("kg",))),
    ],
)
def test_what_is_worked_out_is_given_in_the_unit_that_is_asked_for(
    question: str, unit: tuple[str, ...], value: str, found: tuple[str, tuple[str, ...]]
) -> None:
    quantity = quantity_asked(question, Quantity(Decimal(value), unit))
    assert (quantity.value, quantity.unit) == (Decimal(found[0]), found[1])
    assert is_of_unit_asked(question, Quantity(Decimal(value), unit)) == (found != (value, unit))


BAGS = "The weight of the QM-7 is 1.35 kg.\nThe QM-9 has a bag."


@pytest.mark.parametrize(
    ("question", "formula", "said"),
    [
        ("What is the weight of the QM-7 in grams?", "none", "1,350 g = 1.35 kg [1]"),
        ("What is the weight of the QM-7 in grams?", "[weight of the QM-7] * 1000", "1,350 g = 1.35 kg [1]"),
        ("What do three QM-7 weigh in grams?", "[weight of the QM-7] * 3", "4,050 g = 1.35 kg [1] × 3"),
    ],
)
def test_a_question_for_a_unit_is_answered_in_it(tmp_path: Path, question: str, formula: str, said: str) -> None:
    kind = "none" if formula == "none" else "calculation"
    found = asked(tmp_path, {"qm.txt": BAGS}, question, Calculating(formula, calculation=kind))
    assert (found.kind, found.answer.split("\n")[0]) == ("calculation", said)
