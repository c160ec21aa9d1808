"""The units that questions want their answers in."""

from __future__ import annotations

import pytest

from rag_app.asking.unit_asked import units_asked, without_units


def asked(question: str) -> dict[str, list[str]]:
    return {one.said: [unit.name for unit in one.units] for one in units_asked(question)}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What is the weight of the QM-7 in grams?", {"grams": ["gram"]}),
        ("How many grams does the QM-7 weigh?", {"grams": ["gram"]}),
        ("In grams, what does the QM-7 weigh?", {"grams": ["gram"]}),
        ("weight of the QM-7 in kg", {"kg": ["kilogram"]}),
        ("How many square metres does the hall have?", {"square metres": ["square_metre"]}),
        ("How warm is the room in °F?", {"°F": ["fahrenheit"]}),
        ("How warm is the room in degrees Fahrenheit at night?", {"degrees Fahrenheit": ["fahrenheit"]}),
        ("How many kilometres per hour does the tram go?", {"kilometres per hour": ["kilometre_per_hour"]}),
        ("How fast is the tram in km/h?", {"km/h": ["kilometre_per_hour"]}),
        ("What is the price in dollars?", {"dollars": ["dollar"]}),
        ("How many pounds is it?", {"pounds": ["pound", "pound_sterling"]}),
        ("Wie schwer ist der QM-7 in Gramm?", {"Gramm": ["gram"]}),
        ("Wie viele Stunden dauert der Kurs?", {"Stunden": ["hour"]}),
        ("Quel est le poids du QM-7 en grammes ?", {"grammes": ["gram"]}),
        ("Combien d'heures dure le cours ?", {"heures": ["hour"]}),
        ("¿Cuántos gramos pesa el QM-7?", {"gramos": ["gram"]}),
        ("¿Cuánto pesa el QM-7 en gramos?", {"gramos": ["gram"]}),
        ("Quanto pesa il QM-7 in grammi?", {"grammi": ["gram"]}),
        ("Hoeveel gram weegt de QM-7?", {"gram": ["gram"]}),
        ("Ile gramów waży QM-7?", {"gramów": ["gram"]}),
        ("Ile waży QM-7 w gramach?", {"gramach": ["gram"]}),
        ("Quantos gramas pesa o QM-7?", {"gramas": ["gram"]}),
        ("Hur många gram väger QM-7?", {"gram": ["gram"]}),
    ],
)
def test_a_unit_is_asked_for_after_in_and_how_many(question: str, found: dict[str, list[str]]) -> None:
    assert asked(question) == found


@pytest.mark.parametrize(
    "question",
    [
        "What does the 5 kg bag cost?",
        "How many 5 kg bags are there?",
        "How long is the working day?",
        "How much is paid for the year?",
        "How are children in day care fed?",
        "What happens in an emergency?",  # "an" is a year in French
        "In second gear, how fast is it?",
        "Who came in second?",
        "What is in the yard?",
        "In what year was it built?",
        "What is written in C?",
        "How many in the group are late?",
        "How many hours a week is it open?",
        "How much is it in kg per day?",
        "What was the revenue in millions of dollars?",
        "Vad kostade det i år?",
        "¿Qué se hace hoy en día?",
        "Was ist im Jahr 2020 passiert?",
        "東京の高さは何メートルですか",
    ],
)
def test_what_names_a_thing_a_time_or_a_rate_is_no_unit_that_is_asked_for(question: str) -> None:
    assert asked(question) == {}


def test_a_single_letter_may_mean_something_else() -> None:
    assert [one.sure for one in units_asked("How much is it in m, in km?")] == [False, True]


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("What is the weight of the QM-7 in grams?", "What is the weight of the QM-7?"),
        ("How warm is the room in °F at night?", "How warm is the room at night?"),
        ("Wie schwer ist der QM-7 in Gramm?", "Wie schwer ist der QM-7?"),
        ("What is the price in dollars?", "What is the price in dollars?"),
        ("How many grams does the QM-7 weigh?", "How many grams does the QM-7 weigh?"),
        ("In grams, what does the QM-7 weigh?", "In grams, what does the QM-7 weigh?"),
        ("What does the 5 kg bag cost?", "What does the 5 kg bag cost?"),
    ],
)
def test_a_question_is_asked_without_the_unit_that_its_answer_is_wanted_in(question: str, plain: str) -> None:
    assert without_units(question) == plain
