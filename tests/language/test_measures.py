"""The codes that names of measures stand for."""

from __future__ import annotations

import pytest

from rag_app.language.language import get_language
from rag_app.language.measures import PERCENT, codes, names


@pytest.mark.parametrize(
    ("language", "name", "code"),
    [
        ("en", "kilograms", "kg"),
        ("en", "kg", "kg"),
        ("en", "percent", PERCENT),
        ("de", "prozent", PERCENT),
        ("fr", "kilomètres", "km"),
        ("es", "millas", "mi"),
    ],
)
def test_a_name_stands_for_the_code_of_its_measure(language: str, name: str, code: str) -> None:
    assert codes(get_language(language))[name] == code


def test_names_are_no_codes() -> None:
    assert {"kilograms", "miles", "metres"} <= set(names(get_language("en")))
    assert {"kg", "mi", PERCENT}.isdisjoint(names(get_language("en")))


def test_times_and_money_are_no_measures_of_things() -> None:
    assert {"hours", "dollars"}.isdisjoint(names(get_language("en")))
