"""`POST /v1/chat/completions`: the OpenAI shapes around an answer with its citations."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import Field
from sse_starlette import EventSourceResponse
from starlette.responses import Response  # noqa: TC002  fastapi looks it up

from rag_app.errors import RagError
from rag_app.server import notes
from rag_app.server.api_errors import ApiError, invalid, translated
from rag_app.server.bodies import Body, Whole, read
from rag_app.server.json_response import Json
from rag_app.server.messages import Message, said
from rag_app.server.model_list import model_name
from rag_app.server.pieces import PING, End, Piece, extra, pieces, whole
from rag_app.server.presence import present
from rag_app.server.requests import context_of, key_of
from rag_app.server.wish import Asked, need, wish_of
from rag_app.types import Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from rag_app.server.key_ring import Key
    from rag_app.server.requests import Context
    from rag_app.server.wish import Wish

_MOST_STOPS = 4
_LONGEST_STOP = 200  # characters

router = APIRouter()


class StreamOptions(Body):
    """What a stream ends with."""

    include_usage: bool | None = None


class Format(Body):
    """The form of the answer."""

    type: str = "text"


class ChatRequest(Asked):
    """A conversation, and how it is to be answered."""

    messages: list[Message] = Field(min_length=1, max_length=500)
    stream_options: StreamOptions | None = None
    stop: str | list[str] | None = None
    max_tokens: Whole | None = Field(None, ge=1, le=1_000_000)
    max_completion_tokens: Whole | None = Field(None, ge=1, le=1_000_000)
    functions: list[Any] | None = None
    function_call: str | dict[str, Any] | None = None
    response_format: Format | None = None
    logprobs: bool | None = None
    modalities: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What every part of one completion says of it."""

    id: str
    created: int
    model: str

    def value(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """Return the completion, or a part of it, with `kind` as the name of its form."""
        head = {"id": self.id, "created": self.created, "model": self.model}
        return {**head, "object": kind, "choices": choices, **more}


class Chunks:
    """The parts of one streamed completion."""

    def __init__(self, head: Head, *, usage: bool) -> None:
        """Take what all parts say, and whether the last one counts the tokens."""
        self._head = head
        self._usage = usage

    def chunk(self, delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, str]:
        """Return the event of one part; `reason` tells why it is the last one of the text."""
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        if self._usage:
            more = {"usage": None, **more}
        return self._event([choice], **more)

    def last(self, end: End, with_it: dict[str, Any]) -> Iterator[dict[str, str]]:
        """Yield the event that ends the text and proves it, and that with the tokens where it is wanted."""
        citations = with_it["citations"]
        yield self.chunk(with_it, end.reason, citations=citations)
        if self._usage:
            yield self._event([], usage=_usage(end), citations=citations)

    def _event(self, choices: list[dict[str, Any]], **more: Any) -> dict[str, str]:
        return _sse(self._head.value("chat.completion.chunk", choices, **more))


@router.post("/v1/chat/completions")
async def complete(request: Request) -> Response:
    """Answer the last message from the documents."""
    context, key = context_of(request), key_of(request)
    body = await read(request, ChatRequest, context.limits.depth)
    wish = _wish(body, key, context)
    head = Head(f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), model_name(context.library))
    found = pieces(wish, context, key)
    if body.stream:
        first = await present(request, anext(found))  # a refusal is a status, not an event
        usage = bool(body.stream_options and body.stream_options.include_usage)
        chunks = Chunks(head, usage=usage)
        events = _events(chunks, first, found, partial(extra, wish=wish, context=context, key=key))
        return EventSourceResponse(events, ping=PING, sep="\n", headers=notes.headers(wish.notes))
    text, end = await present(request, whole(found))
    with_it = extra(end, wish, context, key)
    message = {"role": "assistant", "content": text, "refusal": None, **with_it}
    choice = {"index": 0, "message": message, "finish_reason": end.reason, "logprobs": None}
    value = head.value("chat.completion", [choice], usage=_usage(end))
    return Json(value, headers=notes.headers(wish.notes, with_it["status"]))


def _wish(body: ChatRequest, key: Key, context: Context) -> Wish:
    _check(body)
    if body.functions and body.function_call != "none":
        body = body.model_copy(update={"tools": [*(body.tools or ()), *body.functions]})
    most = body.max_completion_tokens or body.max_tokens
    return wish_of(body, said(body.messages), key, context, stops=_stops(body), most=most)


def _check(body: ChatRequest) -> None:
    """Raise ApiError where a field asks for what the server cannot do."""
    form = body.response_format
    need(body.function_call in ("none", "auto", None), "function_call")
    need(not body.logprobs, "logprobs")
    need(form is None or form.type == "text", "response_format")
    need(set(body.modalities or ()) <= {"text"}, "modalities")


def _stops(body: ChatRequest) -> tuple[str, ...]:
    """Return the texts that end the answer; ApiError where there are too many, or one is empty or too long."""
    stops = [body.stop] if isinstance(body.stop, str) else body.stop or []
    usable = all(0 < len(stop) <= _LONGEST_STOP for stop in stops)
    if len(stops) > _MOST_STOPS or not usable:
        raise invalid("The field stop takes at most four texts.")
    return tuple(stops)


async def _events(
    chunks: Chunks, first: Piece | End, found: AsyncIterator[Piece | End], proved: Callable[[End], dict[str, Any]]
) -> AsyncIterator[dict[str, str]]:
    """Yield the events of a stream: its pieces, then the proof or what went wrong, then the mark of the end."""
    async with aclosing(found):  # type: ignore[type-var]
        yield chunks.chunk({"role": "assistant", "content": first.text if isinstance(first, Piece) else ""})
        try:
            async for piece in found:
                if isinstance(piece, Piece):
                    yield chunks.chunk({"content": piece.text})
                else:
                    for event in chunks.last(piece, proved(piece)):
                        yield event
        except ApiError as error:
            yield _sse(error.body)
        except RagError as error:
            yield _sse(translated(error).body)
    yield {"data": "[DONE]"}


def _sse(value: dict[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(value)}


def _usage(end: End) -> dict[str, Any]:
    tokens = end.answer.tokens if end.answer else Tokens()
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "prompt_tokens_details": {"cached_tokens": max(0, tokens.prompt - tokens.prompt_evaluated)},
    }
