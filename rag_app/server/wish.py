"""What a chat request asks for, checked: the question, the documents it may use, and what was left out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from rag_app.asking.question import LONGEST_QUESTION, usable
from rag_app.server import notes, tasks
from rag_app.server.api_errors import ApiError, invalid
from rag_app.server.bodies import Body, Whole
from rag_app.server.requests import Where, filter_of

if TYPE_CHECKING:
    from rag_app.server.key_ring import Key
    from rag_app.server.messages import Said
    from rag_app.server.notes import Note
    from rag_app.server.requests import Context
    from rag_app.types import Filter, Turn


class Asked(Body):
    """The fields that all chat routes know; seed, user, metadata and their like are taken and have no effect."""

    model: str | None = Field(None, max_length=200)
    stream: bool | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    n: Whole | None = None
    tools: list[Any] | None = None
    tool_choice: str | dict[str, Any] | None = None
    filter: Where | None = None
    budget: float | None = Field(None, gt=0, le=600)


class Format(Body):
    """The form of the answer."""

    type: str = "text"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for, checked."""

    question: str
    history: tuple[Turn, ...]
    where: Filter | None
    stops: tuple[str, ...]
    most: int | None  # tokens
    budget: float | None
    notes: tuple[Note, ...]
    task: str | None  # the answer to a chat program's own request


def need(able: bool, field: str) -> None:
    """Raise where a field asks for what the server cannot do: that is an error, and never left out in silence."""
    if not able:
        raise invalid(f"The field {field} asks for what this server cannot do.", "unsupported")


def wish_of(
    body: Asked, said: Said, key: Key, context: Context, *, stops: tuple[str, ...] = (), most: int | None = None
) -> Wish:
    """Return what a request asks for.

    Raises:
        ApiError: the server cannot do it, or the key may not ask for it.
        EmptyQuestion: the question has no letter and no digit.
    """
    need(body.n in {None, 1}, "n")
    need(body.tool_choice in ("none", "auto", None), "tool_choice")
    where = _documents(body, key, context)
    task = tasks.answered(said.question, said.system, said.history)
    is_task = task is not None
    return Wish(
        question=said.question if is_task else _question(said),
        history=said.history,
        where=where,
        stops=stops,
        most=most,
        budget=body.budget,
        notes=_left_out(body, said, is_task=is_task),
        task=task,
    )


def _documents(body: Asked, key: Key, context: Context) -> Filter | None:
    """Return which documents are used: those of the key, or, where it opens all, those that are asked for."""
    if key.kind != "widget":
        return filter_of(context.library, body.filter)
    if body.filter is not None:
        raise ApiError(403, "This key has its own documents.", "key_not_allowed")
    return key.where


def _question(said: Said) -> str:
    if len(said.question) > LONGEST_QUESTION:
        raise invalid(f"The question has more than {LONGEST_QUESTION:,} characters.", "context_length_exceeded")
    return usable(said.question)


def _left_out(body: Asked, said: Said, *, is_task: bool) -> tuple[Note, ...]:
    """Return the notes on what is not used of a request."""
    found = list(said.notes)
    if body.tools and body.tool_choice != "none":
        found.append(notes.TOOLS)
    if not is_task:
        return tuple(found)
    if notes.SYSTEM in found and _is_ordered_by_system(said):
        found.remove(notes.SYSTEM)
    return (notes.TASK, *found)


def _is_ordered_by_system(said: Said) -> bool:
    """Tell whether it is the system message that makes a chat program's own request of the last one."""
    return tasks.answered(said.question, "", said.history) is None
