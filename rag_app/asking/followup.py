"""Follow-up questions: one that leans on the conversation is rewritten to stand alone; any other is left as it is.

The generator writes it, and its words are checked: one that nobody has said, a name or figure that got lost, or half a
question, and the last one and this are joined instead.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from prompts import examples, render
from rag_app.asking.leaning import is_fragment, leans
from rag_app.evidence.guard import neutral
from rag_app.language.detector import language_of
from rag_app.language.keywords import stems
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import every
from rag_app.language.words import among, tokens
from rag_app.models.generator import Message, Usage
from rag_app.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.models.generator import Generator
    from rag_app.types import Turn

TURNS = 4  # of the conversation, latest last, that the rewriting sees
_LONGEST = 300  # characters of a rewritten question
_TURN = 400  # characters kept of each turn

_MARKER = re.compile(r"\s*\[\d+\]")


def standalone(question: str, history: Sequence[Turn], generator: Callable[[], Generator]) -> str:
    """Return `question` so that it can be understood without `history`; unchanged where it already can.

    The generator is loaded only where there is something to rewrite.
    """
    if not history or not leans(question):
        return question
    said = _said(history, generator)
    last = next((turn.content for turn in reversed(said) if turn.role == "user"), "")
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
