"""Figures with their units: what is read of a text, and which two can be compared."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.proof.amounts import amounts, apart, comparable, same_unit, values


def read(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(one.value), one.unit) for one in amounts(text)]


def pair(one: str, other: str) -> tuple[str, str] | None:
    found = comparable(amounts(one), amounts(other))
    return (found[0].written, found[1].written) if found else None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The error is 0.5 mm at most.", [("0.5", ("mm",))]),
        ("It costs $1,250.50 and EUR 90.", [("1250.50", ("$",)), ("90", ("EUR",))]),
        ("Umsatz: 5,6 Millionen Euro", [("5.6", ("Millionen", "Euro"))]),
        ("ingresos de 5,6 millones de euros", [("5.6", ("millones", "euros"))]),
        ("90 euros a month, 100 €/month", [("90", ("euros", "month")), ("100", ("€", "/", "month"))]),
        ("$90 per month", [("90", ("$", "month"))]),
        ("90 km/h at 20 °C", [("90", ("km", "/", "h")), ("20", ("°", "C"))]),
        ("5 %, 5%, 5 percent, 5 per cent", [("5", ("%",))] * 4),
        ("three months", [("3", ("months",))]),
        ("at -5 °C, (−3 °C)", [("-5", ("°", "C")), ("-3", ("°", "C"))]),
        ("12kg and 350W", [("12", ("kg",)), ("350", ("W",))]),
        ("It seats 40.", [("40", ())]),
        ("1.250 Euro", [("1250", ("Euro",))]),
        ("0.125 mm", [("0.125", ("mm",))]),
    ],
)
def test_an_amount_is_a_figure_with_the_signs_and_the_word_beside_it(
    text: str, found: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "The QM-7 and the P200",
        "open 9:00 to 18:30",
        "the 15th day",
        "one day",
        "version 4.2.1",
        "§ 3 The fee is due.",
        "2. Bring a towel.",
        "",
    ],
)
def test_codes_times_ordinals_and_numbers_of_lines_are_no_amounts(text: str) -> None:
    assert amounts(text) == []


@pytest.mark.parametrize("text", ["5 to 7 kg", "5–7 kg", "5 - 7 kg", "between 5 and 7 kg", "5 x 7 kg", "5 bis 7 kg"])
def test_both_ends_of_a_range_have_its_unit_so_that_neither_is_compared(text: str) -> None:
    assert read(text) == [("5", ("kg",)), ("7", ("kg",))]
    assert pair(text, "6 kg") is None


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("an error of 0.5 mm", "within 0.2 mm", ("0.5 mm", "0.2 mm")),
        ("In May the fee was 90 euros", "one euro more: 91 euro", ("90 euros", "91 euro")),
        ("12 kg and 0.5 mm", "0.2 mm at 20 °C", ("0.5 mm", "0.2 mm")),
        ("at 20 °C 0.5 mm", "at 20 °C 0.2 mm", ("0.5 mm", "0.2 mm")),  # what is alike tells nothing
        ("built in 1904", "built in 1930", ("1904", "1930")),
        ("20 days", "20 days", ("20 days", "20 days")),
        ("0.5 mm", "0.2 cm", None),
        ("90 euros a month", "900 euros a year", None),
        ("90 euros", "90 dollars", None),
        ("5 million euros", "900 thousand euros", None),
        ("5 %", "5", None),
        ("$5", "€5", None),
        ("5 mW", "5 MW", None),
        ("12 kg and 14 kg", "13 kg", None),
        ("12 kg, 0.5 mm", "13 kg, 0.2 mm", None),
        ("no figure", "13 kg", None),
    ],
)
def test_two_amounts_are_compared_where_they_are_the_only_ones_of_their_unit(
    one: str, other: str, found: tuple[str, str] | None
) -> None:
    assert pair(one, other) == found
    assert pair(other, one) == (found and found[::-1])


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("1.250 mm", "2.5 mm", ("1.250", "2.5")),
        ("1.250 Euro", "980 Euro", ("1250", "980")),
        ("1,250 euros", "2.5 euros", ("1250", "2.5")),
        ("1,250 kg", "0,5 kg", ("1.250", "0.5")),
    ],
)
def test_a_mark_that_is_one_of_decimals_beside_is_one_here(one: str, other: str, found: tuple[str, str]) -> None:
    [first], [second] = amounts(one), amounts(other)
    assert values(first, second) == tuple(map(Decimal, found))
    assert values(second, first) == tuple(map(Decimal, found[::-1]))


@pytest.mark.parametrize(
    ("larger", "smaller", "difference"),
    [
        ("5.6 million euros", "5.0 million euros", "0.6 million euros"),
        ("5,6 Millionen Euro", "5,0 Millionen Euro", "0,6 Millionen Euro"),
        ("$1,250.50", "$50", "$1200.50"),
        ("1,250 euros", "980 euros", "270 euros"),
        ("three months", "two months", "1 months"),
        ("2 °C", "-5 °C", "7 °C"),
        ("0.3 mm", "0.1 mm", "0.2 mm"),
    ],
)
def test_a_difference_is_exact_and_written_as_the_larger_amount(larger: str, smaller: str, difference: str) -> None:
    [one], [other] = amounts(larger), amounts(smaller)
    assert apart(one, other) == difference


@given(st.text(alphabet="a5 .,-€%/kgm\n§", max_size=30))
def test_every_amount_stands_where_it_says(text: str) -> None:
    for one in amounts(text):
        assert text[one.start : one.end] == one.said
        assert one.said in one.written
        assert same_unit(one.unit, one.unit)
