"""Figures that are known by name: the data, which questions ask for one, and what comes out."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from rag_app.asking import known_formulas
from rag_app.asking.known_formulas import Known, figures, has_name, known_formula
from rag_app.language.words import words
from rag_app.proof.calculator import Named, names, numbers, parse

DATA = tomllib.loads(Path(known_formulas.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
CALLED = frozenset({"acme", "annual", "report"})


def found(question: str) -> str:
    """Return the formula of a question in documents called "Acme annual report"; "" where there is none."""
    known = known_formula(question, called=lambda: CALLED)
    return known.formula if known else ""


@pytest.mark.parametrize("figure", figures(), ids=lambda figure: f"{figure.key}-{figure.language}")
def test_every_formula_works_something_out_in_each_language(figure: known_formulas.Figure) -> None:
    for name in figure.names:
        known = known_formula(f"{name} 2021-12-31")
        assert known is not None
        assert known.name == name
        formula = parse(known.formula)
        assert formula is not None
        assert not isinstance(formula, Named)
        assert names(formula)
        assert all(value.name.endswith(" 2021-12-31") for value in names(formula))


def test_the_unit_of_a_figure_is_the_one_that_its_formula_comes_to() -> None:
    for figure in figures():
        formula = parse(figure.formula)
        assert formula is not None
        assert (figure.unit == "%") == figure.formula.startswith("percent(")
        assert (figure.unit == "days") == (365 in numbers(formula))


def test_every_figure_has_an_english_name_and_no_name_is_that_of_two() -> None:
    assert len(DATA["figures"]) >= 60
    assert all("en" in entry for entry in DATA["figures"].values())
    said = Counter(" ".join(words(name)) for figure in figures() for name in figure.names)
    assert {name for name, count in said.items() if count > 1} == set()


def test_every_value_is_one_of_a_formula_and_every_language_says_how_a_period_follows() -> None:
    used = set(re.findall(r"\[(\w+)\]", " ".join(entry["formula"] for entry in DATA["figures"].values())))
    assert used == set(DATA["values"])
    assert {figure.language for figure in figures()} == set(DATA["period"]) == set(DATA["around"])


def test_the_page_lists_every_figure_by_the_unit_that_it_comes_in() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs" / "questions.md").read_text(encoding="utf-8").split())
    for unit, said in (("%", "In percent"), ("days", "In days"), ("times", "As a bare number")):
        english = [one.names[0] for one in figures() if one.language == "en" and one.unit == unit]
        assert f"- {said}: {', '.join(english)}." in page
    others = [one.names[0] for one in figures() if one.language == "en" and one.unit in ("", "units")]
    assert f"- In the unit of its values: {', '.join(others)}." in page


@pytest.mark.parametrize(
    ("question", "formula"),
    [
        ("What is the equity ratio?", "percent([total shareholders' equity | total equity] / [total assets])"),
        (
            "What was the quick ratio in 2021?",
            "([total current assets in 2021] - [inventories in 2021]) / [total current liabilities in 2021]",
        ),
        ("Calculate Acme's cash ratio for fiscal year 2021.", "[cash and cash equivalents in 2021] / [total cur"),
        ("what was the EQUITY MULTIPLIER in FY2021", "[total assets in 2021] / [total shareholders' equity in 2021 |"),
        ("What was the current ratio at the end of Q1 2023?", "[total current assets in Q1 2023] / [total"),
        (
            "What was the debt ratio at December 31, 2021?",
            "percent([total liabilities December 31, 2021] / [total assets December 31, 2021])",
        ),
        ("What were the company's days sales outstanding in 2020?", "[accounts receivable, net in 2020 | trade"),
        (
            "What was the gross profit margin?",
            "percent(([total revenue | net sales] - abs([cost of sales | cost of goods",
        ),
        ("How high is the acid-test ratio in the annual report?", "([total current assets] - [inventories]) /"),
        ("What is the EBIT margin?", "percent([operating income | operating profit] / [total revenue"),
        (
            "Wie hoch war die Eigenkapitalquote 2021?",
            "percent([Eigenkapital 2021] / [Bilanzsumme 2021 | ",
        ),
        ("Wie hoch ist die Liquidität 2. Grades?", "([Umlaufvermögen | kurzfristige Vermögenswerte] - [Vorräte]) /"),
        (
            "Quel est le taux d'épargne en 2021 ?",
            "percent(([total des revenus en 2021] - abs([total ",
        ),
        ("¿Cuál fue la prueba ácida en 2020?", "([total activo corriente en 2020] - [existencias en 2020 |"),
        ("What was the voter turnout?", "percent([votes cast] / [registered voters | eligible voters])"),
        ("How quick is the ratio?", ""),  # its words, but not side by side
        ("What is the current rate?", ""),
        ("What is the net income margin of safety?", ""),
        ("How did the gross margin change in 2021?", ""),
        ("By how much did the quick ratio grow from 2020 to 2021?", ""),
        ("What was the quick ratio in 2020 and 2021?", ""),
        ("What was the quick ratio in Q1 and in Q2?", ""),
        ("What are the quick ratio and the current ratio?", ""),
        ("Which year had the highest gross margin?", ""),
        ("What is the average equity ratio?", ""),
        ("What was the gross margin of the cloud segment in 2021?", ""),  # its values would be those of the whole
        ("What was the quick ratio before 2021?", ""),
        ("What were days payable outstanding in Q1 2023?", ""),  # a year's days over a quarter's cost
        ("Is the quick ratio above 1.5?", ""),
        ("Wie hat sich die Eigenkapitalquote verändert?", ""),
    ],
)
def test_a_formula_is_known_where_a_figure_is_asked_for_and_nothing_else(question: str, formula: str) -> None:
    assert found(question)[: len(formula) or None] == formula


def test_the_longest_name_is_meant() -> None:
    known = known_formula("What is the working capital ratio?")
    assert known is not None
    assert known.name == "working capital ratio"


def test_the_users_own_formula_goes_before_that_of_the_data_and_gets_the_period_too() -> None:
    own = (("quick ratio", "[cash] / [debt]"), ("km per litre", "[distance | km driven] / [fuel]"))
    assert known_formula("What was the quick ratio in 2021?", own) == Known(
        "quick ratio", "[cash in 2021] / [debt in 2021]"
    )
    assert known_formula("How many km per litre in May 2021?", own) == Known(
        "km per litre", "[distance in May 2021 | km driven in May 2021] / [fuel in May 2021]"
    )


def test_a_longer_name_of_the_data_goes_before_a_shorter_one_of_the_user() -> None:
    known = known_formula("What is the gross margin?", (("margin", "[a] / [b]"),))
    assert known is not None
    assert known.name == "gross margin"


@pytest.mark.parametrize(
    ("text", "name", "has"),
    [
        ("Our gross margins were 45 %.", "gross margin", True),
        ("Gross margin | 45 %", "gross margin", True),
        ("The margin was gross.", "gross margin", False),
        ("EBITDA margin", "EBIT margin", False),  # an abbreviation has no other form
        ("ebit margin", "EBIT margin", True),
        ("Die Eigenkapitalquoten stiegen.", "Eigenkapitalquote", True),
    ],
)
def test_a_text_has_a_name_in_any_of_its_forms(text: str, name: str, has: bool) -> None:
    assert has_name(text, name) is has
