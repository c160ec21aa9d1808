"""A question as it may be asked: one line that can be read, that says something and is not too long."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rag_app.errors import EmptyQuestion, UsageError
from rag_app.text import one_line, says_something

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.types import Turn

LONGEST_QUESTION = 4000  # characters
OPENING_MARKS = "¿¡ "  # before a Spanish question


def usable(question: str) -> str:
    """Return a question as it goes to the models: line ends and tabs become spaces, what cannot be seen goes.

    Joiners stay where a script spells with them.

    Raises:
        EmptyQuestion: it holds no letter and no digit.
        UsageError: it is too long.
    """
    question = one_line(question)
    if not says_something(question):
        raise EmptyQuestion
    if len(question) > LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(question):,} characters; at most {LONGEST_QUESTION:,} can be used.",
            hint="Ask in a sentence or two; put long texts into the library with `rag ingest`.",
        )
    return question


def readable_turns(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the turns of a conversation, cleaned as a question is; those that say nothing are left out."""
    turns = (replace(turn, content=one_line(turn.content)) for turn in history)
    return tuple(turn for turn in turns if says_something(turn.content))
