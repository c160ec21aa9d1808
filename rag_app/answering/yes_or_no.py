"""Yes or no before the lines that decide, where the generator is sure of it; else the lines alone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prompts import examples, render
from rag_app.evidence.guard import neutral
from rag_app.language.detector import language_of
from rag_app.models.generator import Message
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
    asked = Message("user", render("polar_user", text=neutral(single_spaced(text)), question=question))
    leaning = generator.preference([*_before(), asked], "yes", "no")
    if abs(leaning) < sure:
        return ""
    sentences = language_of(question).sentences
    return sentences.yes if leaning > 0 else sentences.no


@cache
def _before() -> tuple[Message, ...]:
    messages = [Message("system", render("polar_system"), kept=True)]
    for text, question, word in examples("polar_examples"):
        messages.append(Message("user", render("polar_user", text=text, question=question), kept=True))
        messages.append(Message("assistant", word, kept=True))
    return tuple(messages)
