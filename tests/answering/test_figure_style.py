"""Figures that are worked out are written as those of the documents."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rag_app.answering.figure_style import written_like

ENGLISH, GERMAN = "What does the crane weigh?", "Wie schwer ist der Kran?"


@pytest.mark.parametrize(
    ("value", "figures", "question", "written"),
    [
        ("1350", ["1.35"], ENGLISH, "1,350"),
        ("1350", ["1,35"], GERMAN, "1350"),
        ("1.5", ["1500"], ENGLISH, "1.5"),
        ("1350.5", ["2.400,00"], GERMAN, "1.350,5"),
        ("13500", ["4500"], ENGLISH, "13500"),
        ("13500", ["4,500"], GERMAN, "13,500"),
        ("0.5", ["12,5"], ENGLISH, "0,5"),
    ],
)
def test_marks_are_those_of_the_documents_and_else_of_the_question(
    value: str, figures: list[str], question: str, written: str
) -> None:
    assert written_like(Decimal(value), figures, question) == written
