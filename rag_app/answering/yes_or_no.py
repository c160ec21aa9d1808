"""Yes or no before the lines that decide, where the generator is sure of it; else the lines alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompts import render
from rag_app.asking.choice import after_examples
from rag_app.evidence.guard import neutral
from rag_app.language.detector import language_of
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from rag_app.models.generator import Generator


def yes_or_no(question: str, text: str, generator: Generator) -> str:
    """Return "Yes." or "No." in the language of a question, by a text that is shown; empty where that is in doubt.

    A generator that was not measured has no say.
    """
    sure = generator.numbers.verdict
    if not sure:
        return ""
    asked = render("polar_user", text=neutral(single_spaced(text)), question=question)
    leaning = generator.preference(after_examples("polar", asked), "yes", "no")
    if abs(leaning) < sure:
        return ""
    sentences = language_of(question).sentences
    return sentences.yes if leaning > 0 else sentences.no
