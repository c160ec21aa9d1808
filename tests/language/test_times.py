"""The times that texts name, and whether two texts name the same."""

from __future__ import annotations

import pytest

from rag_app.language.times import Times, times_in, without_parts_of_years

Q3 = Times(quarters=frozenset({3}))
H1 = Times(halves=frozenset({1}))
NINE = Times(lengths=frozenset({9}))


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("in the third quarter", Q3),
        ("Q3", Q3),
        ("im dritten Quartal", Q3),
        ("au troisième trimestre", Q3),
        ("3e trimestre", Q3),
        ("en el tercer trimestre", Q3),
        ("first half", H1),
        ("H1", H1),
        ("1. Halbjahr", H1),
        ("im ersten Halbjahr", H1),
        ("premier semestre", H1),
        ("the nine months ended", NINE),
        ("9 months", NINE),
        ("a nine-month period", NINE),
        ("neun Monate", NINE),
        ("neuf mois", NINE),
        ("nueve meses", NINE),
        ("in 2021 and 2020", Times(years=frozenset({"2021", "2020"}))),
        ("at the end of December", Times(months=frozenset({12}))),
        ("a month", Times()),
        ("the rooms of the house", Times()),
        ("quarters", Times()),
        ("", Times()),
    ],
)
def test_the_times_of_a_text_are_those_that_it_names_in_any_language(text: str, times: Times) -> None:
    assert times_in(text) == times


def test_months_may_be_cut_short_in_labels_only() -> None:
    assert times_in("Mar", label=True) == Times(months=frozenset({3}))
    assert times_in("Mar") == Times()
    assert times_in("Marketing", label=True) == Times()


@pytest.mark.parametrize(
    ("one", "other", "same", "differ"),
    [
        ("third quarter of 2023", "Q3 2023", True, False),
        ("third quarter of 2023", "Q3", True, False),
        ("third quarter of 2023", "Q3 2022", False, True),
        ("third quarter of 2023", "Q2 2023", False, True),
        ("third quarter of 2023", "2023", True, False),
        ("third quarter", "Year", False, False),
        ("third quarter", "2023", False, False),
        ("third quarter", "Three months ended September 30", True, False),
        ("third quarter", "Nine months ended September 30", False, False),  # a report of Q3 has both
        ("nine months ended September 30", "Q3", False, True),
        ("first half of 2023", "2. Halbjahr 2023", False, True),
        ("six months ended June 30, 2023", "Three months ended June 30, 2023", False, True),
        ("31 December 2022", "30 June 2022", False, True),
        ("rent", "2022", False, False),
    ],
)
def test_times_are_the_same_where_they_share_one_and_differ_in_none(
    one: str, other: str, same: bool, differ: bool
) -> None:
    asked, named = times_in(one), times_in(other, label=True)
    assert (named.are(asked), named.differ_from(asked)) == (same, differ)


def test_no_times_are_none() -> None:
    assert not times_in("rent")
    assert times_in("rent in 2021")


def test_what_is_left_without_parts_of_years_has_its_years_and_months() -> None:
    text = "Bread in the third quarter, the first half and the nine months to March 2023"
    assert " ".join(without_parts_of_years(text).split()) == "Bread in the , the and the to March 2023"
    assert without_parts_of_years("a month") == "a month"
