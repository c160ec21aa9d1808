"""Measures of texts: figures with units that are known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rag_app.language.language import get_language
from rag_app.proof.measures import measures

ENGLISH, GERMAN = get_language("en"), get_language("de")


def read(text: str) -> list[tuple[str, str, str]]:
    return [(one.written, str(one.value), one.units[0].name) for one in measures(text, [ENGLISH]) if one.whole]


@pytest.mark.parametrize(
    ("text", "written", "value", "unit"),
    [
        ("The QM-7 is 1.35 kg heavy.", "1.35 kg", "1.35", "kilogram"),
        ("12kg", "12kg", "12", "kilogram"),
        ("1,350 g", "1,350 g", "1350", "gram"),
        ("1 350 g", "1 350 g", "1350", "gram"),
        ("two weeks", "two weeks", "2", "week"),
        ("zwei Wochen", "zwei Wochen", "2", "week"),
        ("240 m2", "240 m2", "240", "square_metre"),
        ("240 m²", "240 m²", "240", "square_metre"),
        ("12 square metres", "12 square metres", "12", "square_metre"),
        ("12 in", "12 in", "12", "inch"),
        ("-5 °C", "-5 °C", "-5", "celsius"),
        ("90 km/h", "90 km/h", "90", "kilometre_per_hour"),
        ("20 kilometres per hour", "20 kilometres per hour", "20", "kilometre_per_hour"),
        ("1.35 (kg)", "1.35 (kg)", "1.35", "kilogram"),
        ("1.35 (in kg)", "1.35 (in kg)", "1.35", "kilogram"),
        ("US$ 5", "$ 5", "5", "dollar"),
        ("EUR 1,250.50", "EUR 1,250.50", "1250.50", "euro"),
        ("£5 m", "£5", "5", "pound_sterling"),
        ("8 litros", "8 litros", "8", "litre"),
        ("3 godziny", "3 godziny", "3", "hour"),
    ],
)
def test_a_measure_is_a_figure_beside_a_unit(text: str, written: str, value: str, unit: str) -> None:
    assert read(text) == [(written, value, unit)]


@pytest.mark.parametrize(
    "text",
    [
        "5 kg per day",
        "5 kg/m³",
        "5–7 kg",
        "5 to 7 kg",
        "two or three weeks",
        "2 x 3 m",
        "5 million tonnes",
        "1,250 (in thousands of euros)",
        "± 0.5 °C",
        "1/2 h",
        "3:20 h",
        "5 in May",
        "a week",
        "25 per year",
        "4 rolls",
        "no figure",
    ],
)
def test_rates_ranges_and_scaled_figures_are_no_whole_measures(text: str) -> None:
    assert read(text) == []


def test_both_currencies_and_other_units_of_a_text_are_read_in_order() -> None:
    assert [one.units[0].name for one in measures("30 minutes for 45 euros or $50", [ENGLISH])] == [
        "minute",
        "euro",
        "dollar",
    ]


@pytest.mark.parametrize(
    ("text", "english", "german", "both"),
    [
        ("1.350 kg", "1.350", "1350", None),
        ("1,350 kg", "1350", "1.350", None),
        ("1.35 kg", "1.35", "1.35", "1.35"),
        ("0.125 kg", "0.125", "0.125", "0.125"),
        ("1,250.50 kg", "1250.50", "1250.50", "1250.50"),
        ("4.2.1 kg", None, None, None),
    ],
)
def test_a_figure_is_read_as_its_language_writes_figures(
    text: str, english: str | None, german: str | None, both: str | None
) -> None:
    values = [measures(text, tongues)[0].value for tongues in ([ENGLISH], [GERMAN], [ENGLISH, GERMAN])]
    assert values == [None if one is None else Decimal(one) for one in (english, german, both)]
