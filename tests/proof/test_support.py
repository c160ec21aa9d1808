from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import SCORES

from rag_app.proof.support import held, supports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.types import Vectors

QUESTION = "How long is the notice period?"
NOTICE = "The notice period is three months to the end of a calendar month."
RENT = "The rent is 1,250 euros."


@pytest.mark.parametrize(
    ("answer", "quote", "share"),
    [
        ("three months", NOTICE, 1.0),
        ("four months", NOTICE, 0.5),
        ("1,250 euros", RENT, 1.0),
        ("1,350 euros", RENT, 0.2),
        ("the notice period", RENT, 1.0),  # says nothing of its own
        ("weeks", NOTICE, 0.0),
    ],
)
def test_what_the_answer_adds_must_stand_in_the_quote_figures_above_all(answer: str, quote: str, share: float) -> None:
    assert held(QUESTION, answer, quote) == pytest.approx(share)


def test_a_quote_supports_by_its_words_and_its_score_with_question_and_answer() -> None:
    asked: list[str] = []

    def score(question: str, texts: Sequence[str]) -> Vectors:
        asked.append(question)
        return np.array([9.0 if "notice" in text else -9.0 for text in texts], np.float32)

    right, wrong = supports(QUESTION, "three months", [NOTICE, RENT], score, SCORES)
    assert asked == [f"{QUESTION} three months"]
    assert 0 < wrong < 0.2 < 0.6 < right < 1
    assert supports(QUESTION, "three months", [NOTICE], lambda q, t: np.array([-9.0], np.float32), SCORES)[0] < right
