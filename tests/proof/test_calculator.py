"""Formulas: what is one, what it comes to, and where it comes to nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts import examples
from rag_app.proof.amounts import amounts
from rag_app.proof.calculator import (
    Grammar,
    Named,
    Quantity,
    dated,
    evaluate,
    factors,
    names,
    numbers,
    parse,
    places,
    rounded,
    series,
)

TODAY = date(2025, 6, 30)
VALUES = {
    "rent": "900 euros",
    "deposit": "1,800 euros",
    "salary": "2,000 euros",
    "fee": "12 euros a month",
    "ticket": "4 euros",
    "guests": "30 guests",
    "children": "10",
    "adults": "20",
    "discount": "20 %",
    "weight": "3 kg",
    "dollars": "$7",
    "wage": "15 euros per hour",
    "shift": "6 hours",
    "zero": "0 euros",
}
DATES = {"start": date(2024, 2, 28), "end": date(2024, 3, 2), "birth": date(1990, 7, 1)}


def quantity(text: str, *, said: bool = True) -> Quantity:
    [amount] = amounts(text)
    return Quantity(amount.value, amount.unit, said=said)


def worked_out(text: str, question: str = "", **several: list[str]) -> Quantity | None:
    formula = parse(text)
    assert formula is not None
    values = {Named(name): [quantity(said)] for name, said in VALUES.items()}
    values |= {Named(name): [*map(quantity, said)] for name, said in several.items()}
    counted = [Quantity(one.value, one.unit, said=False) for one in amounts(question)]
    days = {Named(name): [day] for name, day in DATES.items()}
    return evaluate(formula, {**values, **days}, today=TODAY, counted=counted)


@pytest.mark.parametrize(
    ("formula", "value", "unit"),
    [
        ("[rent] * 12", "10800", "euros"),
        ("12 * [rent]", "10800", "euros"),
        ("[rent] + [deposit]", "2700", "euros"),
        ("[deposit] - [rent] - [ticket]", "896", "euros"),
        ("[deposit] / 2", "900", "euros"),
        ("[rent] / [salary]", "0.45", ""),
        ("[rent] / [salary] * 100", "45", "%"),
        ("round([rent] / [salary] * 100, 0)", "45", "%"),
        ("percent([rent] / [salary])", "45", "%"),
        ("percent([children] / [adults])", "50", "%"),
        ("abs([rent] - [salary])", "1100", "euros"),
        ("round(abs([children] - [adults]) / 4, 1)", "2.5", ""),
        ("([deposit] - [rent]) / [rent] * 100", "100", "%"),
        ("100 * ([rent] / [salary])", "45", "%"),
        ("[rent] * [discount]", "180", "euros"),
        ("[rent] * [discount] / 100", "180", "euros"),
        ("[rent] * (100 - [discount]) / 100", "720", "euros"),
        ("[rent] * (1 - [discount] / 100)", "720", "euros"),
        ("[rent] - [rent] * [discount] / 100", "720", "euros"),
        ("[ticket] * [guests]", "120", "euros"),
        ("[rent] / [guests]", "30", "euros"),
        ("[adults] / [children]", "2", ""),
        ("[fee] * 12", "144", "euros"),
        ("[fee] * 2", "24", "euros month"),
        ("[wage] * [shift]", "90", "euros"),
        ("max([rent], [deposit])", "1800", "euros"),
        ("min([rent], [deposit], [salary])", "900", "euros"),
        ("sum([rent], [ticket])", "904", "euros"),
        ("average([rent], [salary])", "1450", "euros"),
        ("days([start], [end])", "3", ""),
        ("days([end], [start])", "3", ""),
        ("months([start], [end])", "0", ""),
        ("years([birth], today)", "34", ""),
        ("years([birth], [end])", "33", ""),
    ],
)
def test_a_formula_comes_to_a_number_and_its_unit(formula: str, value: str, unit: str) -> None:
    found = worked_out(formula)
    assert found is not None
    assert (found.value, found.unit) == (Decimal(value), tuple(unit.split()))


@pytest.mark.parametrize(
    "formula",
    [
        "[rent] / [zero]",
        "[rent] / 0",
        "[rent] / ([rent] - [rent])",
        "[rent] + [weight]",
        "[rent] + [dollars]",
        "[rent] + [fee]",
        "[rent] + 100",
        "[rent] + [discount]",
        "[rent] * [deposit]",
        "[weight] * [shift]",
        "[weight] / [shift]",
        "[guests] / [rent]",
        "[rent] + [nobody]",
        "sum([nobody])",
        "days([start], [rent])",
        "[start] + 3",
        "[end] - [start]",
        "max([rent], [weight])",
        "[rent] * [start]",
        "abs([start])",
        "percent([rent])",
        "percent([start])",
        "today",
    ],
)
def test_a_formula_of_unlike_things_comes_to_nothing(formula: str) -> None:
    assert worked_out(formula) is None


def test_a_formula_may_be_longer_by_the_names_in_it_and_no_longer() -> None:
    assert parse(f"[{'rent | ' * 60}fee] / [{'a' * 400}]") is not None
    assert parse(f"[{'a' * 1000}]") is None
    assert parse("+".join(["[a]"] * 110)) is None


def test_a_number_of_the_question_takes_up_the_time_of_a_rate_that_it_counts() -> None:
    months = worked_out("[fee] * 3", "What is the fee for 3 months?")
    people = worked_out("[fee] * 3", "What is the fee for 3 people?")
    assert months == quantity("36 euros")
    assert people == quantity("36 euros a month")


@pytest.mark.parametrize(
    ("formula", "value"),
    [("sum([all])", "12"), ("average([all])", "4"), ("max([all])", "6"), ("min([all])", "2"), ("sum([all]) * 2", "24")],
)
def test_a_series_has_several_values(formula: str, value: str) -> None:
    assert worked_out(formula, all=["2 euros", "4 euros", "6 euros"]) == quantity(f"{value} euros")


def test_a_series_of_two_units_comes_to_nothing() -> None:
    assert worked_out("sum([all])", all=["2 euros", "4 kg"]) is None


def test_several_values_are_no_single_one() -> None:
    assert worked_out("[all] * 2", all=["2 euros", "4 euros"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "[a",
        "a]",
        "[]",
        "[ ] + 1",
        "[a] [b]",
        "[a] 3",
        "[a] ** 2",
        "[a] // 2",
        "-[a]",
        "[a] +",
        "([a]",
        "[a])",
        "sum(3)",
        "sum [a]",
        "days([a])",
        "days([a], [b], [c])",
        "round([a])",
        "abs([a], [b])",
        "percent()",
        "round([a], 9)",
        "round([a], [b])",
        "square([a])",
        "__import__('os')",
        "[a] = 3",
        "[a] * 12 euros",
        "1.2.3",
        "[a]\n+ [b] [c]",
        "(" * 400 + "1" + ")" * 400,
    ],
)
def test_what_does_not_parse_is_no_formula(text: str) -> None:
    assert parse(text) is None


def test_what_a_formula_is_made_of() -> None:
    formula = parse(
        "round(([b] - [a b]) / [a b] * 100, 1) + days([c], today) - sum([each d]) + 3 * average([a b], [e])"
    )
    assert formula is not None
    assert [one.name for one in names(formula)] == ["b", "a b", "c", "each d", "e"]
    assert numbers(formula) == [100, 3]
    assert factors(formula) == [100, 3]
    assert [one.name for one in series(formula)] == ["each d"]
    assert [one.name for one in dated(formula)] == ["c"]


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("12", None, "12"),
        ("12.50", None, "12.5"),
        ("33.3333", None, "33.33"),
        ("0.125", None, "0.13"),
        ("0.004567", None, "0.0046"),
        ("1200", None, "1200"),
        ("-2.345", None, "-2.35"),
        ("2.25", 1, "2.3"),
        ("2", 2, "2.00"),
        ("0", None, "0"),
    ],
)
def test_a_result_is_rounded_as_asked_or_to_two_decimals(value: str, decimals: int | None, shown: str) -> None:
    assert f"{rounded(Decimal(value), decimals):f}" == shown


def test_a_formula_says_how_it_is_rounded() -> None:
    found = [parse(text) for text in ("round([a] / [b], 1)", "[a] / [b]")]
    assert [places(one) for one in found if one] == [1, None]


VALUE = st.decimals(0, 9999, places=2).map(lambda value: f"{value:f}")
TEXT = st.recursive(
    VALUE,
    lambda part: st.tuples(part, st.sampled_from("+-*/"), part).map(lambda one: f"({one[0]} {one[1]} {one[2]})"),
    max_leaves=6,
)


@given(TEXT)
def test_bare_numbers_come_to_what_python_makes_of_them(text: str) -> None:
    formula = parse(text)
    assert formula is not None
    try:
        wanted = eval(_as_decimals(text))  # noqa: S307 - the slow, obvious way
    except ArithmeticError:
        wanted = None
    found = evaluate(formula, {}, today=TODAY)
    assert (found.value if found else None) == wanted


def _as_decimals(text: str) -> str:
    spaced = text.replace("(", "( ").replace(")", " )").split(" ")
    return " ".join(f"Decimal('{part}')" if part[0].isdigit() else part for part in spaced)


@given(st.text(alphabet="[]()+-*/,. 0123456789absumdyo\n'", max_size=40))
def test_any_text_is_a_formula_or_none_and_never_an_error(text: str) -> None:
    formula = parse(text)
    if formula is not None:
        evaluate(formula, {name: [Quantity(Decimal(3))] for name in names(formula)}, today=TODAY)


@pytest.mark.parametrize("text", [*(formula for _, _, formula in examples("formula_examples")), "none"])
def test_a_generator_may_write_every_example(text: str) -> None:
    grammar = Grammar()
    assert all(grammar.allows(text[:at], text[at]) for at in range(len(text)))
    assert grammar.complete(text)
    assert grammar.finished(text) == (text == "none")


@pytest.mark.parametrize("text", ["The rent", "[a] = 3", "[a]\n", "[a\n", "[a[", "[]", "'a'", "1" * 301])
def test_a_generator_may_write_nothing_else(text: str) -> None:
    assert not all(Grammar().allows(text[:at], text[at]) for at in range(len(text)))


@pytest.mark.parametrize("text", ["", "[a", "([a]", "[a] *"])
def test_a_formula_does_not_end_before_it_is_one(text: str) -> None:
    assert not Grammar().complete(text)
