"""Follow-up questions: one that leans on the conversation is rewritten to stand alone; any other is left as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompts import render
from rag_app.generator import Message, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.generator import Generator
    from rag_app.types import Turn

TURNS = 4  # of the conversation, latest last, that the rewriting sees
_LONGEST = 300  # characters of a rewritten question
_TURN = 400  # characters kept of each turn

_OPENINGS = re.compile(
    r"^(and|but|so|or|then|also|what about|how about|what if|why( not)?\?|und|aber|oder|was ist mit|wie sieht|et|mais"
    r"|y|pero)\b",
    re.IGNORECASE,
)
_POINTERS = re.compile(
    r"\b(it|its|they|them|their|theirs|this|these|those|he|him|his|she|her|hers|then|former|latter|same|above"
    r"|ones|else|sie|er|ihn|ihm|ihre[rnms]?|dort|dafür|davon|dazu|darauf|dabei|diese[rnms]?|deren|dessen"
    r"|celui|celle|ceux|celles|cela|ça|ils?|elles?|ello|eso|esto|ellos|ellas)\b",
    re.IGNORECASE,
)
# words that point in some places only: not in "rules that say", "one tenant", "is there a fee", "gibt es eine Frist"
_PLACED = re.compile(
    r"\b(is|was|does|did|has|can|could|will|would|should|must|about|of|for|after|before|with|than|like) that\b"
    r"|\bdo that\b(?! \w)|^that\b|\bthat\?$"
    r"|\b((the|an?)( \w+)?|this|that|which|another) one\b"
    r"|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?! (is|are|was|were|be|has|have)\b)|\bthere\?$"
    r"|(?<!\bgibt )(?<!\bgab )\bes\b(?! (gibt|gab)\b)"
    r"|(?<!, )\bdas(?= (denn|dann|auch|noch|schon|nur|so|im|in|pro|am|zum|bis|ab|nach|für|bei|mit)\b|\?$)",
    re.IGNORECASE,
)
_FEW = 3  # words; a shorter question says too little to stand alone


def leans(question: str) -> bool:
    """Tell whether `question` points at something said before, by its opening, a pronoun or its shortness."""
    words = question.split()
    return (
        len(words) <= _FEW
        or bool(_OPENINGS.search(question))
        or bool(_POINTERS.search(question))
        or bool(_PLACED.search(question))
    )


def standalone(question: str, history: Sequence[Turn], generator: Callable[[], Generator]) -> str:
    """Return `question` so that it can be understood without `history`; unchanged where it already can.

    The generator is loaded only where there is something to rewrite.
    """
    if not history or not leans(question):
        return question
    lines = [f"{turn.role}: {' '.join(turn.content.split())[:_TURN]}" for turn in history[-TURNS:]]
    messages = [
        Message("system", render("rewrite_system")),
        Message("user", render("rewrite_user", history="\n".join(lines), question=question)),
    ]
    text = "".join(generator().stream(messages, Usage(), max_tokens=80)).strip().strip('"')
    return text if _plausible(text) else _joined(question, history)


def _plausible(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and "\n" not in text


def _joined(question: str, history: Sequence[Turn]) -> str:
    last = next((turn.content for turn in reversed(history) if turn.role == "user"), "")
    return f"{last} {question}".strip()
