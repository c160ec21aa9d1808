from __future__ import annotations

import pytest

from rag_app.evidence.changes import asks_change, changes


@pytest.mark.parametrize(
    "sentence",
    [
        "Revenue increased $334 million or 3%.",
        "Changes in exchange rates reduced operating income by $304 million.",
        "R&D increased by $499 million, or 10%, driven by salaries.",
        "Der Umsatz stieg um 12 Millionen Euro.",
        "This 5% increase applies in May.",
    ],
)
def test_a_sentence_may_say_only_by_how_much(sentence: str) -> None:
    assert changes(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Cash from operations decreased $1.3 billion to $23.2 billion.",
        "The rent increased to €900.",
        "Revenue was $12 million, an increase of 4%.",
        "The dishwasher uses 9 litres.",
    ],
)
def test_a_sentence_with_what_it_is_now_says_more(sentence: str) -> None:
    assert not changes(sentence)


def test_a_question_may_ask_for_the_change_itself() -> None:
    assert asks_change("By how much was the fee reduced?")
    assert asks_change("How has revenue changed?")
    assert not asks_change("How much did Apple spend on research?")
