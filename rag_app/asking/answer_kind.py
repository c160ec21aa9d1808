"""Which kind of answer a question asks for, by the generator's choice: the same way in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.asking.choice import leanings

if TYPE_CHECKING:
    from rag_app.models.generator import Generator
    from rag_app.types import AnswerKind


_ROOMY = 2048  # tokens of a generator that holds the examples too
_NAMED: dict[str, AnswerKind] = {  # as the prompt calls them; the first token of each is another one
    "fact": "short",
    "list": "list",
    "steps": "howto",
    "explanation": "explanation",
    "yes": "yesno",
    "comparison": "comparison",
    "section": "section",
    "library": "library",
    "chat": "library",
}


def answer_kind(question: str, generator: Generator) -> AnswerKind:
    """Return the kind of answer that a question asks for; a short one where the generator does not surely say else.

    A generator that was not measured has no say: its answers are short ones.
    """
    if not generator.numbers.kind_short or generator.context < _ROOMY:
        return "short"
    found = leanings("kind", question, _NAMED, generator)
    found["fact"] += generator.numbers.kind_short
    return _NAMED[max(found, key=found.__getitem__)]
