"""The messages of a conversation: the question, what was said before, and notes on all that is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rag_app.server import notes
from rag_app.server.api_errors import invalid
from rag_app.server.bodies import Body
from rag_app.types import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.server.notes import Note

_TURNS = 20  # of the history that are passed on
_TEXTS = frozenset({"input_text", "output_text", "refusal", "text"})


class Part(Body):
    """A piece of a message's content."""

    type: str = "text"
    text: str | None = None


class Message(Body):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    tool_calls: list[Any] | None = None
    function_call: Any = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a conversation says."""

    question: str
    history: tuple[Turn, ...]
    system: str
    notes: tuple[Note, ...]


def said(messages: Sequence[Message]) -> Said:
    """Return what the messages say.

    Raises:
        ApiError: the last one is not the user's, or has no text but something else.
    """
    *before, last = messages
    if last.role != "user":
        raise invalid("The last message is not the user's.")
    question = _text(last).strip()
    if not question and _is_more(last):
        raise invalid("Only text can be read in a message, and the last one has none.", "unsupported")
    system, turns = _system(before), _turns(before)
    found = (
        (bool(system), notes.SYSTEM),
        (any(map(_is_more, messages)), notes.NOT_TEXT),
        (any(map(_is_of_tools, before)), notes.TOOL_TURNS),
        (len(turns) > _TURNS, notes.HISTORY),
    )
    left_out = [note for is_so, note in found if is_so]
    return Said(question, tuple(turns[-_TURNS:]), system, tuple(left_out))


def _system(messages: Sequence[Message]) -> str:
    """Return what the system messages say together."""
    texts = [_text(message) for message in messages if message.role in {"system", "developer"}]
    return "\n".join(texts).strip()


def _turns(messages: Sequence[Message]) -> list[Turn]:
    """Return what the user and the assistant have said, where it is any text."""
    turns = []
    for message in messages:
        text = _text(message)
        if (message.role == "user" or message.role == "assistant") and text.strip():
            turns.append(Turn(message.role, text))
    return turns


def _text(message: Message) -> str:
    if isinstance(message.content, str) or message.content is None:
        return message.content or ""
    return "\n".join(part.text or "" for part in message.content if part.type in _TEXTS)


def _is_more(message: Message) -> bool:
    """Tell whether something in a message is not text."""
    if not isinstance(message.content, list):
        return False
    return any(part.type not in _TEXTS for part in message.content)


def _is_of_tools(message: Message) -> bool:
    return message.role in {"tool", "function"} or bool(message.tool_calls or message.function_call)
