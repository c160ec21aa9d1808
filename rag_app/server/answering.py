"""What the chat routes share: a wish, checked, and its answer in pieces, with the proof at the end."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from rag_app.asking.question import LONGEST_QUESTION, usable
from rag_app.server import notes, tasks
from rag_app.server.bodies import Body, Whole
from rag_app.server.errors import ApiError, invalid
from rag_app.server.requests import Where, filter_of, ids_of, named
from rag_app.types import Answer, Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from rag_app.server.keys import Key
    from rag_app.server.messages import Said
    from rag_app.server.notes import Note
    from rag_app.server.requests import Context
    from rag_app.types import Filter, Turn

PING = 10  # seconds between signs of life while nothing is written


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


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text that is sent."""

    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The end of the text, and all that belongs to it."""

    reason: Literal["stop", "length"]
    answer: Answer | None  # None: a chat program's own request, for which no document was read


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
    if key.kind == "widget" and body.filter is not None:
        raise ApiError(403, "This key has its own documents.", "key_not_allowed")
    where = key.where if key.kind == "widget" else filter_of(context.library, body.filter)
    task = tasks.answered(said.question, said.system, said.history)
    if task is None and len(said.question) > LONGEST_QUESTION:
        raise invalid(f"The question has more than {LONGEST_QUESTION:,} characters.", "context_length_exceeded")
    question = usable(said.question) if task is None else said.question
    offered = (notes.TOOLS,) if body.tools and body.tool_choice != "none" else ()
    left_out = (*said.notes, *offered)
    if task is not None:
        used = tasks.answered(said.question, "", said.history) is None  # it is the system message that orders it
        left_out = (notes.TASK, *(note for note in left_out if not (used and note is notes.SYSTEM)))
    return Wish(question, said.history, where, stops, most, body.budget, left_out, task)


class Cut:
    """Lets text through until a stop sequence, or the most tokens; what may begin a stop sequence waits."""

    def __init__(self, stops: Sequence[str], most: int | None, count: Callable[[str], int]) -> None:
        self._stops = stops
        self._most = most
        self._count = count
        self._held = ""
        self._sent = ""
        self.reason: Literal["stop", "length"] | None = None  # why it ended early

    def take(self, text: str) -> str:
        """Return what can be sent now."""
        if self.reason:
            return ""
        if self._most is not None and self._count(self._sent + self._held + text) > self._most:
            self.reason = "length"
            return self.rest()
        self._held += text
        found = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            self.reason = "stop"
            self._held = self._held[: min(found)]
            return self.rest()
        kept = max((n for stop in self._stops for n in range(1, len(stop)) if self._held.endswith(stop[:n])), default=0)
        sent = self._held[: len(self._held) - kept]
        return self._send(sent)

    def rest(self) -> str:
        """Return what was held back."""
        return self._send(self._held)

    def _send(self, text: str) -> str:
        self._held = self._held[len(text) :]
        self._sent += text
        return text


async def pieces(wish: Wish, context: Context, key: Key) -> AsyncIterator[Piece | End]:
    """Yield an empty piece once the passages are found, then the text, then the end."""
    if wish.task is not None:
        yield Piece(wish.task)
        yield End("stop", None)
        return
    events = context.engine.events(wish.question, wish.history, wish.where, wish.budget, key=key)
    begun = time.monotonic()
    cut = Cut(wish.stops, wish.most, context.library.count_tokens if wish.most else len)
    async with aclosing(events):  # type: ignore[type-var]
        async for event in events:
            if isinstance(event, Token):
                text = cut.take(event.text)
                if text:
                    yield Piece(text)
            elif isinstance(event, Answer):
                rest = cut.rest()
                if rest:
                    yield Piece(rest)
                context.metrics.answered(
                    event.status, time.monotonic() - begun, event.tokens.prompt, event.tokens.completion
                )
                yield End(cut.reason or "stop", event)
            else:
                yield Piece("")


async def whole(pieces: AsyncIterator[Piece | End]) -> tuple[str, End]:
    """Return the text of all pieces, and the end."""
    text, end = "", None
    async with aclosing(pieces):  # type: ignore[type-var]
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
            else:
                text += piece.text
    assert end is not None
    return text, end


def extra(end: End, wish: Wish, context: Context, key: Key) -> dict[str, Any]:
    """Return what goes with the text: how the answer stands, its proof, what was left out of the request."""
    answer, admin = end.answer, key.kind == "admin"
    left_out = [note.as_json() for note in wish.notes]
    if answer is None:
        return {"status": "task", "citations": [], "standalone_question": "", "notes": left_out}
    ids = ids_of(context.library)
    found: dict[str, Any] = {
        "status": answer.status,
        "citations": [named(citation.as_json(), ids, paths=admin) for citation in answer.citations],
        "standalone_question": answer.standalone_question,
        "notes": left_out + [notes.Note("source", text).as_json() for text in answer.notes],
    }
    if admin and answer.status == "not_found":
        found["passages"] = [named(hit.as_json(), ids, paths=True) for hit in answer.passages[:3]]
    return found
