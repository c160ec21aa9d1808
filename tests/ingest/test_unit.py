from __future__ import annotations

import pytest

from ingest.unit import is_unit, says_only_a_unit, unit_in
from rag_app.language.reading import lexicon


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Consolidated balance sheet (in thousands of euros)", "in thousands of euros"),
        ("(In millions, except per share data)", "In millions"),
        ("Dollars in thousands", "Dollars in thousands"),
        ("($ in millions)", "$ in millions"),
        ("Net sales, EUR million", "EUR million"),
        ("Sales in EUR million", "in EUR million"),
        ("Revenue (€m)", "€m"),
        ("Costs, $'000", "$'000"),
        ("amounts in thousands of US dollars", "in thousands of US dollars"),
        ("Prices in euros", "in euros"),
        ("Umsatz in Mio. €", "in Mio. €"),
        ("Angaben in Tausend Euro", "in Tausend Euro"),
        ("Alle Werte in TEUR", "in TEUR"),
        ("Werte in T€", "in T€"),
        ("(en milliers d'euros)", "en milliers d'euros"),
        ("en millions d’euros", "en millions d’euros"),
        ("Cifras en miles de euros", "en miles de euros"),
        ("valori in migliaia di euro", "in migliaia di euro"),
        ("em milhões de reais", "em milhões de reais"),
        ("w tys. zł", "w tys. zł"),
        ("в тыс. руб.", "в тыс. руб."),
        ("Weight (kg)", "kg"),
        ("Speed [km/h]", "km/h"),
        ("Share in %", "in %"),
        ("Weight (lb)", "lb"),
        ("Haemoglobin (mmol/L)", "mmol/L"),
        ("Sugar (g/100 g)", "g/100 g"),
        ("Distancia (millas)", "millas"),
        ("Harvest (million t)", "million t"),
        ("Area (thousand hectares)", "thousand hectares"),
        ("Area (thousand ha)", "thousand ha"),
        ("Ertrag (Mio. t)", "Mio. t"),
        ("Leukocytes (10/L or less)", None),
        ("Family (two adults)", None),
        ("Area in km²", "in km²"),
        ("A loan of 5 million euros", None),
        ("It cost 3.5 EUR million", None),
        ("Rainfall in millions of years", None),
        ("In the garden (see below)", None),
        ("Costs 2024", None),
        ("Members in March", None),
        ("", None),
    ],
)
def test_a_unit_is_found_as_it_is_written(text: str, unit: str | None) -> None:
    assert unit_in(text, lexicon()) == unit


def test_without_words_of_languages_signs_are_known() -> None:
    assert unit_in("Revenue (€m)") == "€m"
    assert unit_in("in thousands of euros") is None


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("(in thousands of euros)", True),
        ("(In millions, except per share data)", True),
        ("Angaben in Tausend Euro", True),
        ("EUR million", True),
        ("Towns (in thousands)", False),
        ("Consolidated balance sheet (in thousands of euros)", False),
        ("In EUR million: all costs of the year", False),
        ("Balance sheet", False),
    ],
)
def test_a_line_may_say_nothing_but_a_unit(text: str, only: bool) -> None:
    assert says_only_a_unit(text, lexicon()) is only


@pytest.mark.parametrize("text", ["bar", "°C", "(l/min)", "%", "kg", "EUR", "k€", "€", "V", "[mm]"])
def test_a_unit_may_stand_alone_under_the_name_of_a_column(text: str) -> None:
    assert is_unit(text)


@pytest.mark.parametrize("text", ["", "Name", "in kg", "7 kg", "bars", "kg per head", "2023"])
def test_what_says_more_or_something_else_is_no_unit_alone(text: str) -> None:
    assert not is_unit(text)
