"""What a question wants made of values that it names together: "the average rent of 2018 and 2019"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rag_app.evidence.labels import content
from rag_app.language.detector import language_of
from rag_app.language.vocabulary import word_pattern

if TYPE_CHECKING:
    from rag_app.language.language import Language, Words

Aggregate = Literal["average", "sum"]


def aggregate_asked(question: str, named: str) -> Aggregate | None:
    """Return what is to be made of several values; None where nothing is.

    Args:
        question: as it is asked.
        named: what the values are called; a word of it asks for nothing: "total costs".
    """
    language = language_of(question)
    said = language.measures
    if _asks(said.average, question, named, language):
        return "average"
    return "sum" if _asks(said.sum, question, named, language) else None


def _asks(asking: Words, question: str, named: str, language: Language) -> bool:
    taken = content(named, language)
    found = word_pattern(asking).finditer(question)
    return any(taken.isdisjoint(content(match[0], language)) for match in found)
