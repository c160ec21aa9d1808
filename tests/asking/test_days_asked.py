"""Questions that put dates in order."""

from __future__ import annotations

import pytest

from rag_app.asking.days_asked import asks_for_days, latest_first

ORDERS = {
    "Which invoice is the latest?": True,
    "What is the most recent inspection?": True,
    "What is the earliest expiry date?": False,
    "Welche Rechnung ist die neueste?": True,
    "Was ist das früheste Ablaufdatum?": False,
    "Quelle est la facture la plus récente ?": True,
    "Quelle est la date la plus ancienne ?": False,
    "¿Cuál es la factura más reciente?": True,
    "Qual è la fattura più recente?": True,
    "Wat is de nieuwste factuur?": True,
    "Która faktura jest najnowsza?": True,
    "Qual é a fatura mais recente?": True,
    "Vilken faktura är den senaste?": True,
    "Who gave the highest amount?": None,
    "Who is the oldest member?": None,  # an age may be meant
    "When was the last inspection?": None,
    "What are the latest and the earliest date?": None,
}


@pytest.mark.parametrize(("question", "latest"), ORDERS.items())
def test_the_latest_or_the_earliest_comes_first(question: str, latest: bool | None) -> None:
    assert latest_first(question) is latest


@pytest.mark.parametrize(
    ("question", "name", "days"),
    [
        ("Which invoice is the latest?", "each invoice", True),
        ("When was the last inspection?", "date of each inspection", True),
        ("Wann war die letzte Prüfung?", "Prüfdatum jeder Prüfung", True),
        ("Which day had the strongest wind?", "wind of each day", False),
        ("Which date had the most rain?", "rain of each day", False),
        ("How much data is there?", "data of each disk", False),  # that is a date in other languages
    ],
)
def test_values_are_dates_where_their_name_or_the_order_says_so(question: str, name: str, days: bool) -> None:
    assert asks_for_days(question, name) == days
