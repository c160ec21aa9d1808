"""What was left out of a request, said in the answer: nothing that a client sends is dropped without a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.types import Json

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Note(Json):
    """One thing that was left out."""

    code: str  # for programs
    message: str  # for people


SYSTEM = Note(
    "system_unused",
    "The system message was not used: the words around a question are the library's own, so that an answer stays what "
    "the documents prove.",
)
NOT_TEXT = Note("not_text", "Images and other parts that are not text were left out of the messages.")
TOOL_TURNS = Note("tool_turns", "Calls of tools and what tools returned were left out of the conversation.")
TOOLS = Note("tools_unused", "No tool was called: the server answers from the documents only.")
HISTORY = Note("history_cut", "Only the last 20 messages of the conversation were passed on.")
TASK = Note("task", "A chat program's own request was answered without the documents.")

ALL = (SYSTEM, NOT_TEXT, TOOL_TURNS, TOOLS, HISTORY, TASK)


def headers(notes: Sequence[Note], status: str | None = None) -> dict[str, str]:
    """Return the headers that say the same, for clients that drop what they do not know in a body.

    Args:
        notes: all of one answer.
        status: of the answer, where it is known before the headers are sent.
    """
    found = {"x-rag-status": status} if status else {}
    if notes:
        found["x-rag-note"] = ", ".join(note.code for note in notes)
    if SYSTEM in notes:
        found["x-rag-system"] = "unused"
    return found
