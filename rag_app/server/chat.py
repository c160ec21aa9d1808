"""`POST /v1/chat/completions`: the OpenAI shapes around an answer with its citations."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from sse_starlette import EventSourceResponse
from starlette.responses import Response  # noqa: TC002  fastapi looks it up

from rag_app.asked import LONGEST_QUESTION, usable
from rag_app.errors import RagError
from rag_app.server.answers import Json
from rag_app.server.bodies import Body, read
from rag_app.server.context import Where, context_of, filter_of, ids_of, key_of, named
from rag_app.server.errors import ApiError, invalid, translated
from rag_app.server.models import model_name
from rag_app.server.presence import present
from rag_app.types import Answer, Token, Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from rag_app.server.context import Context
    from rag_app.server.keys import Key
    from rag_app.types import Event, Filter

_PING = 10  # seconds between signs of life while nothing is written
_TURNS = 20  # of the history that are passed on
_WIDGETS = 0.5  # of the queue that widgets may fill

router = APIRouter()


class Part(Body):
    """A piece of a message's content."""

    type: str
    text: str | None = None


class ChatMessage(Body):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None


class StreamOptions(Body):
    """What a stream ends with."""

    include_usage: bool | None = None


class Format(Body):
    """The form of the answer."""

    type: str = "text"


class ChatRequest(Body):
    """The fields that mean something here; temperature, seed and their like are taken and have no effect."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=500)
    model: str | None = Field(None, max_length=200)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    stop: str | list[str] | None = None
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    max_completion_tokens: int | None = Field(None, ge=1, le=1_000_000)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    n: int | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: Format | None = None
    logprobs: bool | None = None
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
    streamed: bool
    usage: bool  # at the end of the stream
    budget: float | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text that is sent."""

    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The end of the text, and all that belongs to it."""

    reason: Literal["stop", "length"]
    answer: Answer


@router.post("/v1/chat/completions")
async def complete(request: Request) -> Response:
    """Answer the last message from the documents."""
    context, key = context_of(request), key_of(request)
    wish = _wish(await read(request, ChatRequest, context.limits.depth), key, context)
    share = _WIDGETS if key.kind == "widget" else 1.0
    events = context.engine.events(wish.question, wish.history, wish.where, wish.budget, share=share)
    head = {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "created": int(time.time()),
        "model": model_name(context.library),
    }
    pieces = _pieces(events, wish, context)
    if wish.streamed:
        first = await present(request, anext(pieces))  # a refusal is a status, not an event
        return EventSourceResponse(_chunks(first, pieces, wish, head, context, key), ping=_PING, sep="\n")
    return Json(await present(request, _whole(pieces, head, context, key)))


def _wish(body: ChatRequest, key: Key, context: Context) -> Wish:
    """Check a request for what the server cannot do; that is an error, and never left out in silence."""
    asked = (
        (body.n not in {None, 1}, "n"),
        (bool(body.tools), "tools"),
        (bool(body.functions), "functions"),
        (bool(body.logprobs), "logprobs"),
        (body.response_format is not None and body.response_format.type != "text", "response_format"),
    )
    for present_, name in asked:
        if present_:
            raise invalid(f"The field {name} asks for what this server cannot do.", "unsupported")
    if key.kind == "widget" and body.filter is not None:
        raise ApiError(403, "This key has its own documents.", "key_not_allowed")
    stops = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    if len(stops) > 4 or any(not 0 < len(stop) <= 200 for stop in stops):
        raise invalid("The field stop takes at most four texts.")
    *before, last = body.messages
    if last.role != "user":
        raise invalid("The last message is not the user's.")
    where = key.where if key.kind == "widget" else filter_of(context.library, body.filter)
    turns = [Turn(m.role, _text(m)) for m in before if m.role == "user" or m.role == "assistant"]
    text = _text(last).strip()
    if len(text) > LONGEST_QUESTION:
        raise invalid(f"The question has more than {LONGEST_QUESTION:,} characters.", "context_length_exceeded")
    return Wish(
        question=usable(text),
        history=tuple(turns[-_TURNS:]),
        where=where,
        stops=stops,
        most=body.max_completion_tokens or body.max_tokens,
        streamed=bool(body.stream),
        usage=bool(body.stream_options and body.stream_options.include_usage),
        budget=body.budget,
    )


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, str) or message.content is None:
        return message.content or ""
    if any(part.type not in {"text", "refusal"} for part in message.content):
        raise invalid("Only text can be read in a message.", "unsupported")
    return "\n".join(part.text or "" for part in message.content)


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


async def _pieces(events: AsyncIterator[Event], wish: Wish, context: Context) -> AsyncIterator[Piece | End]:
    """Yield an empty piece once the passages are found, then the text, then the end."""
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


async def _whole(
    pieces: AsyncIterator[Piece | End], head: dict[str, Any], context: Context, key: Key
) -> dict[str, Any]:
    text, end = "", None
    async with aclosing(pieces):  # type: ignore[type-var]
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
            else:
                text += piece.text
    assert end is not None
    message = {"role": "assistant", "content": text, "refusal": None, **_extra(end.answer, context, key)}
    choice = {"index": 0, "message": message, "finish_reason": end.reason, "logprobs": None}
    return {**head, "object": "chat.completion", "choices": [choice], "usage": _usage(end.answer)}


async def _chunks(
    first: Piece | End,
    pieces: AsyncIterator[Piece | End],
    wish: Wish,
    head: dict[str, Any],
    context: Context,
    key: Key,
) -> AsyncIterator[dict[str, str]]:
    def chunk(delta: dict[str, Any], reason: str | None = None, **extra: Any) -> dict[str, str]:
        usage = {"usage": None} if wish.usage else {}
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _sse({**head, "object": "chat.completion.chunk", "choices": [choice], **usage, **extra})

    async with aclosing(pieces):  # type: ignore[type-var]
        yield chunk({"role": "assistant", "content": first.text if isinstance(first, Piece) else ""})
        try:
            async for piece in pieces:
                if isinstance(piece, Piece):
                    yield chunk({"content": piece.text})
                    continue
                extra = _extra(piece.answer, context, key)
                yield chunk(extra, piece.reason, citations=extra["citations"])
                if wish.usage:
                    last = {"choices": [], "usage": _usage(piece.answer), "citations": extra["citations"]}
                    yield _sse({**head, "object": "chat.completion.chunk", **last})
        except ApiError as error:
            yield _sse(error.body)
        except RagError as error:
            yield _sse(translated(error).body)
    yield {"data": "[DONE]"}


def _sse(value: dict[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(value)}


def _extra(answer: Answer, context: Context, key: Key) -> dict[str, Any]:
    """Return what goes with the text: how the answer stands, its proof, and the question as it was understood."""
    ids, admin = ids_of(context.library), key.kind == "admin"
    extra: dict[str, Any] = {
        "status": answer.status,
        "citations": [named(citation.as_json(), ids, paths=admin) for citation in answer.citations],
        "standalone_question": answer.standalone_question,
    }
    if answer.notes:
        extra["notes"] = list(answer.notes)
    if admin and answer.status == "not_found":
        extra["passages"] = [named(hit.as_json(), ids, paths=True) for hit in answer.passages[:3]]
    return extra


def _usage(answer: Answer) -> dict[str, Any]:
    tokens = answer.tokens
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "prompt_tokens_details": {"cached_tokens": max(0, tokens.prompt - tokens.prompt_evaluated)},
    }
