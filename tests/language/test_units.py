"""Units: their names in all languages, and what so many of one are in another."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rag_app.language.language import get_language, languages
from rag_app.language.units import TIMES, converted, for_a_time, units, units_called, words_of

FULL = [language for language in languages() if language.kinds.lists]
UNNAMED = {"pound", "zloty", "krona", "real", "yen", "cent", "pound_sterling", "franc", "kelvin"}  # in some languages


def named(said: str) -> list[str]:
    return [unit.name for unit in units_called(said)]


@pytest.mark.parametrize(
    ("value", "one", "other", "found"),
    [
        ("1.35", "kg", "g", "1350"),
        ("1500", "g", "kg", "1.5"),
        ("26.2", "miles", "km", "42.1648128"),
        ("5", "ft", "cm", "152.4"),
        ("2.5", "ha", "m²", "25000"),
        ("0.75", "l", "ml", "750"),
        ("100", "lb", "kg", "45.359237"),
        ("2", "weeks", "days", "14"),
        ("3", "years", "months", "36"),
        ("90", "min", "h", "1.5"),
        ("90", "km/h", "m/s", "25"),
        ("20", "°C", "°F", "68"),
        ("98.6", "°F", "°C", "37"),
        ("-40", "°F", "°C", "-40"),
        ("25", "°C", "kelvin", "298.15"),
        ("2", "kWh", "kJ", "7200"),
    ],
)
def test_a_value_is_taken_exactly_to_another_unit_of_its_kind_and_back(
    value: str, one: str, other: str, found: str
) -> None:
    [[mine], [its]] = units_called(one), units_called(other)
    assert converted(Decimal(value), mine, its) == Decimal(found)
    assert converted(Decimal(found), its, mine) == Decimal(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [("kg", "m"), ("hours", "days"), ("days", "months"), ("euros", "dollars"), ("l", "m²"), ("W", "Wh")],
)
def test_units_of_different_kinds_and_currencies_are_not_taken_to_each_other(one: str, other: str) -> None:
    [[mine], [its]] = units_called(one), units_called(other)
    assert converted(Decimal(1), mine, its) is None


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Gramm", ["gram"]),
        ("kilómetros", ["kilometre"]),
        ("metri quadrati", ["square_metre"]),
        ("square  feet", ["square_foot"]),
        ("gramach", ["gram"]),
        ("heures", ["hour"]),
        ("kWh", ["kilowatt_hour"]),
        ("kwh", []),  # letter case counts in symbols
        ("pounds", ["pound", "pound_sterling"]),
        ("gallons", []),  # of different size here and there
        ("in", ["inch"]),
        ("second", []),
    ],
)
def test_a_unit_is_known_by_its_names_in_any_language_and_by_its_symbols(said: str, found: list[str]) -> None:
    assert named(said) == found


@pytest.mark.parametrize("language", FULL, ids=[language.code for language in FULL])
def test_each_full_language_has_names_of_everyday_units_and_no_name_means_two_of_one_kind(language: object) -> None:
    tongue = next(one for one in FULL if one is language)
    assert {unit.name for unit in units() if not unit.names(tongue)} <= UNNAMED
    for unit in units():
        for name in unit.names(tongue):
            assert [one.name for one in units_called(name, [tongue]) if one.dimension == unit.dimension] == [unit.name]


def test_names_are_those_of_the_languages_that_are_given() -> None:
    assert units_called("an", [get_language("en")]) == ()
    assert [unit.name for unit in units_called("an", [get_language("fr")])] == ["year"]


def test_times_are_words_and_currencies_are_signs_and_codes_too() -> None:
    assert {"month", "tage", "ans", "uur"} <= words_of(*TIMES)
    assert "h" not in words_of(*TIMES)
    assert {"euros", "kronor", "€", "usd"} <= words_of("money", symbols=True)


@pytest.mark.parametrize(
    ("rest", "is_rate"),
    [
        (" per day", True),
        (" a week", True),
        (" im Monat", True),
        (" par jour", True),
        (" in all of the days", False),
        (" long", False),
        ("", False),
    ],
)
def test_what_follows_a_unit_may_say_for_which_time_it_is(rest: str, is_rate: bool) -> None:
    assert for_a_time(rest) == is_rate
