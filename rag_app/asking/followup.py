"""Follow-up questions: one that leans on the conversation is rewritten to stand alone; any other is left as it is.

A swap of one thing for another of its kind is written by rules, the rest by the generator. Its words are checked: one
that nobody has said, a name or figure that got lost, or half a question, and the last one and this are joined instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from prompts import examples, render
from rag_app.asking.leaning import is_fragment, leans, points
from rag_app.evidence.guard import neutral
from rag_app.language.dates import YEAR
from rag_app.language.detector import by_likelihood, language_of, likely_languages
from rag_app.language.keywords import stems
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import alternatives, every, pattern
from rag_app.language.words import among, tokens
from rag_app.models.generator import Message, Usage
from rag_app.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.language.language import Language
    from rag_app.models.generator import Generator
    from rag_app.types import Turn

TURNS = 4  # of the conversation, latest last, that the rewriting sees
_LONGEST = 300  # characters of a rewritten question
_TURN = 400  # characters kept of each turn

_MARKER = re.compile(r"\s*\[\d+\]")
_CODE = rf"(?=\w*\d)(?=\w*[A-Za-z])[\w-]{{2,}}|{YEAR}"  # E05, 4B, 2023


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a language swaps one thing for another, as patterns."""

    swapped: re.Pattern[str]
    added: re.Pattern[str]
    prepositions: re.Pattern[str]


@cache
def _rules(language: Language) -> _Rules:
    said = language.followup
    swapped = rf"{alternatives(said.swap)}(?: {alternatives(said.swap_within)})? (?P<code>{_CODE}) ?"
    added = rf"{alternatives(said.add)} (?P<condition>{alternatives(said.add_within)} [^?,;]+?) ?"
    return _Rules(
        swapped=re.compile(rf"^[¿¡]?{swapped}\?$", re.IGNORECASE),
        added=re.compile(rf"^[¿¡]?{added}\?$", re.IGNORECASE),
        prepositions=pattern(said.prepositions, before=r"\b", after=" "),
    )


def standalone(question: str, history: Sequence[Turn], generator: Callable[[], Generator]) -> str:
    """Return `question` so that it can be understood without `history`; unchanged where it already can.

    The generator is loaded only where there is something to rewrite that no rule covers.
    """
    if not history or not leans(question):
        return question
    said = _said(history, generator)
    last = next((turn.content for turn in reversed(said) if turn.role == "user"), "")
    by_rule = swapped(question, last)
    if by_rule:
        return by_rule
    shown = [f"{turn.role}: {neutral(_short(turn))}" for turn in said]
    written = _written(question, shown, generator())
    if _plausible(written) and not is_fragment(written) and faithful(written, question, list(map(_short, said))):
        return one_line(written)
    return f"{last} {question}".strip()


def _said(history: Sequence[Turn], generator: Callable[[], Generator]) -> list[Turn]:
    """Return the last turns of a conversation, the last question so that it can be understood without those before."""
    said = list(history[-TURNS:])
    for row in reversed(range(len(said))):
        if said[row].role == "user":
            before = history[: len(history) - len(said) + row]
            said[row] = replace(said[row], content=standalone(said[row].content, before[-TURNS:], generator))
            break
    return said


def swapped(question: str, last: str) -> str | None:
    """Return the last question with its one code or year exchanged, or a condition added; None where it is not clear.

    "What does E05 mean?" and "And E08?" make "What does E08 mean?"; "How high is the fee?" and "And for guests?" make
    "How high is the fee for guests?".
    """
    for language in by_likelihood(question):
        rules = _rules(language)
        if found := rules.swapped.match(question):
            there = re.findall(rf"\b(?:{_CODE})\b", last)
            return last.replace(there[0], found["code"]) if len(there) == 1 and last.count(there[0]) == 1 else None
        found = rules.added.match(question)
        if found and last.endswith("?") and not _has_condition(last, question) and not points(found["condition"]):
            asked = last[:-1].rstrip()
            return f"{asked} {found['condition']}{last[len(asked) :]}"
    return None


def _has_condition(last: str, question: str) -> bool:
    """Tell whether a question leans itself, or says for what, where or when already."""
    return leans(last) or any(_rules(language).prepositions.search(last) for language in likely_languages(question))


def faithful(written: str, question: str, said: Sequence[str]) -> bool:
    """Tell whether a rewritten question says what `question` does, in words of the conversation only.

    Every content word has to come from the question or from what was said; the question's own, its names and figures
    among them, have to be there still; and something has to be added.
    """
    own, new, stemmer = _content(question), _content(written), language_of(written).stemmer
    known = own + [word for text in said for word in _content(text)]
    kept = [word for word in own if word not in _talk()]
    return (
        all(_among(word, known, stemmer) for word in new)
        and all(_among(word, new, stemmer) for word in kept)
        and any(not _among(word, own, stemmer) for word in new)
    )


def _among(word: str, others: Sequence[str], stemmer: str) -> bool:
    return among(word, others) or any(stems(word, stemmer) == stems(other, stemmer) != "" for other in others)


@cache
def _talk() -> frozenset[str]:
    return every(lambda language: language.followup.talk)


def _content(text: str) -> list[str]:
    """Return the words of a text that say what it is about, and its figures, in lower case."""
    said = [one.text.casefold() for one in tokens(_MARKER.sub("", text))]
    return [word for word in said if word not in STOP_WORDS or any(map(str.isdigit, word))]


def _written(question: str, said: Sequence[str], generator: Generator) -> str:
    messages = [
        Message("system", render("rewrite_system"), kept=True),
        *_examples(language_of(f"{said[-2:]} {question}").code),
        Message("user", render("rewrite_user", history="\n".join(said), question=question)),
    ]
    return "".join(generator.stream(messages, Usage(), max_tokens=80)).strip().strip('"').strip()


@cache
def _examples(language: str) -> tuple[Message, ...]:
    """Return conversations whose last question is rewritten, as turns that go before the one to be rewritten."""
    messages: list[Message] = []
    for history, question, alone in examples("rewrite_examples", language):
        messages += [
            Message("user", render("rewrite_user", history=history, question=question), kept=True),
            Message("assistant", alone, kept=True),
        ]
    return tuple(messages)


def _short(turn: Turn) -> str:
    return " ".join(_MARKER.sub("", turn.content).split())[:_TURN]


def _plausible(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and "\n" not in text
