"""What a question wants made of several values."""

from __future__ import annotations

import pytest

from rag_app.asking.aggregate import aggregate_asked


@pytest.mark.parametrize(
    ("question", "named", "wanted"),
    [
        ("What is the average rent of 2018 and 2019?", "Rent, 2018 Rent, 2019", "average"),
        ("What is the average price of oil and gas?", "Average price, oil Average price, gas", None),
        ("What do tent and stove cost together?", "Tent, price Stove, price", "sum"),
        ("What were the total costs in 2018 and 2019?", "Total costs, 2018 Total costs, 2019", None),
        ("What were rent and wages in 2018?", "Rent, 2018 Wages, 2018", None),
        ("Wie hoch war die durchschnittliche Miete 2018 und 2019?", "Miete, 2018 Miete, 2019", "average"),
        ("Was kosten Zelt und Herd zusammen?", "Zelt Herd", "sum"),
        ("Quel est le loyer moyen de 2018 et 2019 ?", "Loyer, 2018 Loyer, 2019", "average"),
    ],
)
def test_average_and_sum_are_asked_for_in_words_that_name_no_value(
    question: str, named: str, wanted: str | None
) -> None:
    assert aggregate_asked(question, named) == wanted
