"""What labels of tables have in common with a question, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag_app.evidence.labels import Fit, Label, Scores, content, fits
from rag_app.language.language import get_language

if TYPE_CHECKING:
    from collections.abc import Sequence

TOTAL = Label("Total liabilities")
CURRENT = Label("Total current liabilities")
OTHER = Label("Total other liabilities and debt")


def fits_of(question: str, *labels: Label, crossing: Sequence[Label] = ()) -> list[Fit]:
    return fits(question, labels, crossing, [Scores()] * len(labels))


def fit_of(question: str, label: Label, *crossing: Label) -> Fit:
    return fits_of(question, label, crossing=crossing)[0]


def columns(question: str, *names: str) -> list[Fit]:
    return fits_of(question, *map(Label, names))


# Both ways


def test_a_label_that_says_more_than_was_asked_is_asked_for_in_part() -> None:
    plain, current = fits_of("What are total liabilities?", TOTAL, CURRENT)
    assert (plain.asked, plain.said) == (1, 1)
    assert (current.asked, current.said) == (pytest.approx(2 / 3), 1)


def test_a_label_that_says_less_than_was_asked_says_it_in_part() -> None:
    plain, current = fits_of("What are total current liabilities?", TOTAL, CURRENT)
    assert (plain.asked, plain.said) == (1, pytest.approx(2 / 3))
    assert (current.asked, current.said) == (1, 1)


def test_words_of_what_crosses_a_label_are_not_missed_in_it() -> None:
    question = "What are total liabilities of the consolidated group?"
    assert fit_of(question, TOTAL).said == pytest.approx(1 / 2)
    assert fit_of(question, TOTAL, Label("Consolidated group")).said == 1


def test_the_words_of_parents_are_said_and_need_not_be_asked_for() -> None:
    label = Label("Land", above="Fixed assets")
    assert (label.whole, Label("Land").whole, Label("", above="Assets").whole) == (
        "Fixed assets: Land",
        "Land",
        "Assets",
    )
    assert fit_of("What is the land?", label).asked == 1
    assert fit_of("What of the fixed assets is land?", label).said == 1
    assert fit_of("What of the fixed assets is land?", Label("Land")).said == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("question", "label", "literal", "words"),
    [
        ("What are total liabilities?", "Total liabilities", 1, 2),
        ("What are the TOTAL  LIABILITIES?", "total liabilities", 1, 2),
        ("What are total current liabilities?", "Total liabilities", 0, 0),
        ("What are liabilities in total?", "Total liabilities", 0, 0),
        ("What is the total liability?", "Total liabilities", 1, 2),
        ("Wie hoch sind die kurzfristigen Schulden?", "Kurzfristige Schulden", 1, 2),
        ("How many cashiers are there?", "Cash", 0, 0),  # no part of a word
        ("What was sold in 2021?", "2021", 1, 0),
        ("What are total liabilities?", "", 0, 0),
        ("What are total liabilities?", "—", 0, 0),
    ],
)
def test_a_label_is_literal_where_its_words_stand_side_by_side(
    question: str, label: str, literal: float, words: float
) -> None:
    found = fit_of(question, Label(label))
    assert (found.literal, found.literal_words) == (literal, words)


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("Which interests are payable?", "Interest payables"),
        ("Wie hoch sind die Verbindlichkeiten?", "Verbindlichkeit"),
        ("Wie hoch ist die Miete der Wohnungen?", "Mieten, Wohnung"),
    ],
)
def test_forms_of_a_word_are_one(question: str, label: str) -> None:
    assert fit_of(question, Label(label)).asked == 1


def test_words_that_say_nothing_count_neither_way() -> None:
    found = fit_of("What is the cost of the sales?", Label("The cost of sales"))
    assert (found.asked, found.said) == (1, 1)
    german = fit_of("Wie hoch ist die Summe der Erträge?", Label("Summe der Erträge"))
    assert german.asked == 1


def test_a_label_without_words_is_neither_asked_for_nor_not() -> None:
    assert [one.asked for one in columns("What is rent?", "2021", "", "Tax")] == [0.5, 0.5, 0]


def test_a_question_without_words_is_said_by_nothing() -> None:
    assert fit_of("What?", TOTAL).said == 0


# Years


@pytest.mark.parametrize(
    ("question", "same", "other"),
    [
        ("What was rent in 2020?", [0, 1, 0], [1, 0, 1]),
        ("What was rent in 2019?", [0, 0, 1], [1, 1, 0]),
        ("What was rent in 2018?", [0, 0, 0], [1, 1, 1]),
        ("What was rent in 2020 and 2019?", [0, 1, 1], [1, 0, 0]),
        ("What was rent?", [0, 0, 0], [0, 0, 0]),
    ],
)
def test_columns_are_of_the_year_of_the_question_or_of_another(
    question: str, same: list[int], other: list[int]
) -> None:
    found = columns(question, "December 31, 2021", "December 31, 2020", "December 31, 2019")
    assert [one.same_year for one in found] == same
    assert [one.other_year for one in found] == other


def test_a_column_is_the_first_whatever_its_year() -> None:
    assert [one.first for one in columns("What was rent?", "2019", "2020", "Change")] == [1, 0, 0]


def test_a_label_without_a_year_is_of_no_other_year() -> None:
    assert [one.other_year for one in columns("What was rent in 2020?", "Change", "2020")] == [0, 0]


def test_the_own_year_of_a_label_counts_before_that_of_its_parents() -> None:
    under = Label("Rent", above="Fiscal 2020")
    own = Label("Rent of 2021", above="Report of 2020")
    assert [one.same_year for one in fits_of("What was rent in 2020?", under, own)] == [1, 0]


@pytest.mark.parametrize(
    ("question", "names", "same", "other"),
    [
        ("What were sales in the third quarter?", ("Q2", "Q3", "Year"), [0, 1, 0], [1, 0, 0]),
        ("sales of the first half of 2023", ("H1 2023", "H2 2023", "2023", "H1 2022"), [1, 0, 1, 0], [0, 1, 0, 1]),
        (
            "sales of the nine months ended September 30, 2023",
            ("Three months ended September 30, 2023", "Nine months ended September 30, 2023"),
            [0, 1],
            [1, 0],
        ),
        ("cash at 31 December 2022", ("30 June 2022", "31 December 2022", "2022"), [0, 1, 1], [1, 0, 0]),
        ("gas in March", ("Jan", "Feb", "Mar"), [0, 0, 1], [1, 1, 0]),
    ],
)
def test_quarters_halves_months_and_their_number_are_times_as_years_are(
    question: str, names: Sequence[str], same: list[float], other: list[float]
) -> None:
    found = columns(question, *names)
    assert [one.same_year for one in found] == same
    assert [one.other_year for one in found] == other


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many kilograms does the tent weigh?", ("Weight (lb)", "Weight (kg)")),
        ("By how many percent did the rent rise?", ("Change", "Change (%)")),
        ("¿Cuántos kilómetros tiene la etapa de mañana?", ("Distancia (millas)", "Distancia (km)")),
    ],
)
def test_a_measure_is_asked_for_by_its_name_or_its_code(question: str, names: Sequence[str]) -> None:
    of_neighbour, of_asked = columns(question, *names)
    assert of_asked.said > of_neighbour.said
    assert of_asked.asked > of_neighbour.asked


def test_a_label_is_not_literal_that_is_part_of_another_that_is_asked_for() -> None:
    question = "What does a family ticket for two adults cost?"
    adult, family = fits_of(question, Label("Adult"), Label("Family, two adults"))
    assert (adult.literal, adult.literal_words) == (0, 0)
    assert (family.asked, family.said > adult.said) == (1, True)
    alone, _ = fits_of("What does the ticket of an adult cost?", Label("Adult"), Label("Family, two adults"))
    assert alone.literal == 1


def test_years_are_no_words() -> None:
    assert content("Sales of 2019 and 2020", get_language("en")) == content("Sales", get_language("en"))
    assert fit_of("What were sales in 2019?", Label("Sales")).said == 1


# Encoders


def test_what_the_encoders_say_is_handed_on() -> None:
    found = fits("rent", [TOTAL, OTHER], [], [Scores(0.5, 0.25, 7.0), Scores()])
    assert [(one.alike, one.own_alike, one.relevant) for one in found] == [(0.5, 0.25, 0.7), (0, 0, 0)]


def test_each_label_needs_its_scores() -> None:
    with pytest.raises(ValueError, match="argument"):
        fits("rent", [TOTAL, OTHER], [], [Scores()])


def test_a_year_may_be_set_with_space_in_it() -> None:
    found = columns("What was rent in 2018?", "2 0 1 8", "2 0 1 7")
    assert [(one.same_year, one.other_year) for one in found] == [(1, 0), (0, 1)]


# Quarters


@pytest.mark.parametrize("question", ["What was rent in Q3?", "What was rent in the third quarter?"])
@pytest.mark.parametrize("names", [("Q2", "Q3"), ("Second quarter", "Third Quarter"), ("2nd quarter", "3rd quarter")])
def test_quarters_are_compared_however_they_are_said(question: str, names: tuple[str, str]) -> None:
    found = columns(question, *names)
    assert [(one.asked, one.literal) for one in found] == [(0, 0), (1, 1)]
