"""Questions that the program answers by itself: greetings, thanks, what it can do, and those about the library.

A whole message that a language file knows is told by rule, before any model is loaded. Else the generator says which
fact of the library is asked for, the same way in every language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from rag_app.asking.choice import leanings
from rag_app.asking.question import OPENING_MARKS
from rag_app.language.detector import by_likelihood
from rag_app.language.vocabulary import pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from rag_app.language.language import Language, Words
    from rag_app.models.generator import Generator

ProgramFact = Literal[
    "hello",
    "thanks",
    "fine",  # "ok"
    "abilities",
    "names",  # of all documents
    "count",
    "pages",
    "added",
    "newest",
    "longest",
    "where",  # in which file something stands
]

_NAMED: dict[str, ProgramFact | None] = {  # as the prompt calls them; the first token of each is another one
    "names": "names",
    "count": "count",
    "pages": "pages",
    "added": "added",
    "newest": "newest",
    "longest": "longest",
    "where": "where",
    "abilities": "abilities",
    "hello": "hello",
    "thanks": "thanks",
    "other": None,
}
_END = r"(?:\s*[.,;:!?…–—-]+\s*|\s+|$)"  # of a phrase
_LONGEST = 80  # characters of small talk


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says to the program, and in which language."""

    facts: tuple[ProgramFact, ...]
    language: Language


def told(question: str) -> Told | None:
    """Return what a message says to the program; None unless a language knows each of its parts as a phrase."""
    text = " ".join(question.split()).strip(OPENING_MARKS + ".!?… ")
    if len(text) > _LONGEST:
        return None
    for language in by_likelihood(text):
        if facts := _facts(text, _phrases(language)):
            return Told(facts, language)
    return None


def _facts(text: str, phrases: Mapping[ProgramFact, re.Pattern[str]]) -> tuple[ProgramFact, ...]:
    """Return the facts of the phrases that a text is made of, in order and each once; none where some of it is else."""
    found: list[ProgramFact] = []
    while text:
        known = [(match.end(), fact) for fact, phrase in phrases.items() if (match := phrase.match(text))]
        if not known:
            return ()
        end, fact = max(known)
        found.append(fact)
        text = text[end:]
    return tuple(dict.fromkeys(found))


@cache
def _phrases(language: Language) -> Mapping[ProgramFact, re.Pattern[str]]:
    """Return the pattern of each fact: one of its phrases, up to the next mark or the end."""
    said = language.program
    known: Mapping[ProgramFact, Words] = {
        "hello": said.hello,
        "thanks": said.thanks,
        "fine": said.fine,
        "abilities": said.abilities,
        "names": said.names,
        "count": said.count,
    }
    return {fact: pattern(phrases, before="[¿¡]?", after=_END) for fact, phrases in known.items()}


def program_fact(question: str, generator: Generator) -> ProgramFact | None:
    """Return what is asked of the program, by the generator's choice; None where it is something else."""
    found = leanings("program", question, _NAMED, generator)
    return _NAMED[max(found, key=found.__getitem__)]
