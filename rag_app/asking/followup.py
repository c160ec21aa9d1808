"""Follow-up questions: one that leans on the conversation is rewritten to stand alone; any other is left as it is.

A swap of one thing for another of its kind is written by rules, the rest by the generator. Its words are checked: one
that nobody has said, a name or figure that got lost, or half a question, and the last one and this are joined instead.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from prompts import examples, render
from rag_app.asking.leaning import is_fragment, leans
from rag_app.evidence.guard import neutral
from rag_app.language.stopwords import STOP_WORDS
from rag_app.models.generator import Message, Usage
from rag_app.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.models.generator import Generator
    from rag_app.types import Turn

TURNS = 4  # of the conversation, latest last, that the rewriting sees
_LONGEST = 300  # characters of a rewritten question
_TURN = 400  # characters kept of each turn

_WORD = re.compile(r"[^\W_]+(?:[.,:'’-][^\W_]+)*")
_MARKER = re.compile(r"\s*\[\d+\]")
_CODE = r"(?=\w*\d)(?=\w*[A-Za-z])[\w-]{2,}|(?:19|20)\d\d"  # E05, 4B, 2023
_SWAPPED = re.compile(
    rf"^(?:and|und|what about|how about|was ist mit)(?: (in|for|im|für))? ({_CODE}) ?\?$", re.IGNORECASE
)
_ADDED = re.compile(r"^(?:and|but|und|aber) ((?:in|for|at|on|per|during|im|am|bei|pro) [^?,;]+?) ?\?$", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\b(of|for|in|at|on|per|during|from|to|with|by|von|für|im|in|am|an|bei|pro|mit|zum|zur|auf) ", re.IGNORECASE
)
_TALK = frozenset({"else", "instead", "exactly", "actually", "really", "happen", "happens", "one", "ones", "thing"})
_SHORTEST_STEM = 4  # characters that words have to share to be forms of one


def standalone(question: str, history: Sequence[Turn], generator: Callable[[], Generator]) -> str:
    """Return `question` so that it can be understood without `history`; unchanged where it already can.

    The generator is loaded only where there is something to rewrite that no rule covers.
    """
    if not history or not leans(question):
        return question
    last = next((turn.content for turn in reversed(history) if turn.role == "user"), "")
    by_rule = swapped(question, last)
    if by_rule:
        return by_rule
    said = [f"{turn.role}: {neutral(_short(turn))}" for turn in history[-TURNS:]]
    written = _written(question, said, generator())
    if (
        _plausible(written)
        and not is_fragment(written)
        and faithful(written, question, [_short(turn) for turn in history[-TURNS:]])
    ):
        return one_line(written)
    return f"{last} {question}".strip()


def swapped(question: str, last: str) -> str | None:
    """Return the last question with its one code or year exchanged, or a condition added; None where it is not clear.

    "What does E05 mean?" and "And E08?" make "What does E08 mean?"; "How high is the fee?" and "And for guests?" make
    "How high is the fee for guests?".
    """
    if found := _SWAPPED.match(question):
        there = re.findall(rf"\b(?:{_CODE})\b", last)
        return last.replace(there[0], found[2]) if len(there) == 1 and last.count(there[0]) == 1 else None
    found = _ADDED.match(question)
    if found and last.endswith("?") and not _PREPOSITION.search(last) and not leans(last) and not leans_on(found[1]):
        return f"{last[:-1].rstrip()} {found[1]}?"
    return None


def leans_on(condition: str) -> bool:
    """Tell whether a condition such as "for it" points at something itself."""
    return leans(f"What is the fee {condition}?")


def faithful(written: str, question: str, said: Sequence[str]) -> bool:
    """Tell whether a rewritten question says what `question` does, in words of the conversation only.

    Every content word has to come from the question or from what was said; the question's own, its names and figures
    among them, have to be there still; and something has to be added.
    """
    own, new = _content(question), _content(written)
    known = own + [word for text in said for word in _content(text)]
    kept = [word for word in own if word not in _TALK]
    return (
        all(_among(word, known) for word in new)
        and all(_among(word, new) for word in kept)
        and any(not _among(word, own) for word in new)
    )


def _content(text: str) -> list[str]:
    """Return the words of a text that say what it is about, and its figures, in lower case."""
    words = [word.casefold() for word in _WORD.findall(_MARKER.sub("", text))]
    return [word for word in words if word not in STOP_WORDS or any(map(str.isdigit, word))]


def _among(word: str, words: Sequence[str]) -> bool:
    return any(_same(word, other) for other in words)


def _same(one: str, other: str) -> bool:
    """Tell whether two words are forms of one: equal, or alike but for their endings; figures have to be equal."""
    if one == other or any(map(str.isdigit, one + other)):
        return one == other
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= max(_SHORTEST_STEM, max(len(one), len(other)) - 3) or (
        shared >= 3 and shared == min(len(one), len(other)) and max(len(one), len(other)) - shared <= 2
    )


def _written(question: str, said: Sequence[str], generator: Generator) -> str:
    messages = [
        Message("system", render("rewrite_system")),
        *_examples(),
        Message("user", render("rewrite_user", history="\n".join(said), question=question)),
    ]
    return "".join(generator.stream(messages, Usage(), max_tokens=80)).strip().strip('"').strip()


@cache
def _examples() -> tuple[Message, ...]:
    """Return conversations whose last question is rewritten, as turns that go before the one to be rewritten."""
    messages: list[Message] = []
    for history, question, alone in examples("rewrite_examples"):
        messages += [
            Message("user", render("rewrite_user", history=history, question=question)),
            Message("assistant", alone),
        ]
    return tuple(messages)


def _short(turn: Turn) -> str:
    return " ".join(_MARKER.sub("", turn.content).split())[:_TURN]


def _plausible(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and "\n" not in text
