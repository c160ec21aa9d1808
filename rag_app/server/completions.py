"""`POST /v1/chat/completions`: the OpenAI shapes around an answer with its citations."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import aclosing
from dataclasses import dataclass
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
from rag_app.server.presence import present
from rag_app.server.reply import PING, End, Piece, Reply
from rag_app.server.requests import context_of, key_of
from rag_app.server.wish import Asked, Format, need, wish_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from rag_app.server.key_ring import Key
    from rag_app.server.requests import Context
    from rag_app.server.wish import Wish

_MOST_STOPS = 4
_LONGEST_STOP = 200  # characters

router = APIRouter()


class StreamOptions(Body):
    """What a stream ends with."""

    include_usage: bool | None = None


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

    def value(self, form: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """Return the completion, or a part of it; `form` is its name in the API."""
        return {
            "id": self.id,
            "created": self.created,
            "model": self.model,
            "object": form,
            "choices": choices,
            **more,
        }


class Chunks:
    """The parts of one streamed completion, as events."""

    def __init__(self, head: Head, *, usage: bool) -> None:
        """Take what all parts say, and whether the last one counts the tokens."""
        self._head = head
        self._usage = usage

    def chunk(self, delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, str]:
        """Return one part; `reason` tells why it is the last one of the text."""
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        if self._usage:
            more = {"usage": None, **more}
        return self._event([choice], **more)

    def last(self, end: End, proof: dict[str, Any]) -> Iterator[dict[str, str]]:
        """Yield the part that ends the text and proves it, and that with the tokens where it is wanted."""
        citations = proof["citations"]
        yield self.chunk(proof, end.reason, citations=citations)
        if self._usage:
            yield self._event([], usage=_usage(end), citations=citations)

    def _event(self, choices: list[dict[str, Any]], **more: Any) -> dict[str, str]:
        value = self._head.value("chat.completion.chunk", choices, **more)
        return _sse(value)


@router.post("/v1/chat/completions")
async def complete(request: Request) -> Response:
    """Answer the last message from the documents."""
    context, key = context_of(request), key_of(request)
    body = await read(request, ChatRequest, context.limits.depth)
    reply = Reply(_wish(body, key, context), context, key)
    head = Head(
        id=f"chatcmpl-{secrets.token_hex(12)}",
        created=int(time.time()),
        model=model_name(context.library),
    )
    if not body.stream:
        return await _whole(request, reply, head)
    options = body.stream_options or StreamOptions()
    return await _streamed(request, reply, Chunks(head, usage=bool(options.include_usage)))


async def _whole(request: Request, reply: Reply, head: Head) -> Response:
    text, end = await present(request, reply.whole())
    proof = reply.proof(end)
    message = {"role": "assistant", "content": text, "refusal": None, **proof}
    choice = {"index": 0, "message": message, "finish_reason": end.reason, "logprobs": None}
    value = head.value("chat.completion", [choice], usage=_usage(end))
    headers = notes.headers(reply.wish.notes, proof["status"])
    return Json(value, headers=headers)


async def _streamed(request: Request, reply: Reply, chunks: Chunks) -> Response:
    pieces = reply.pieces()
    first = await present(request, anext(pieces))  # a refusal is a status, not an event
    events = _events(first, pieces, reply, chunks)
    return EventSourceResponse(events, ping=PING, sep="\n", headers=notes.headers(reply.wish.notes))


async def _events(
    first: Piece | End, pieces: AsyncIterator[Piece | End], reply: Reply, chunks: Chunks
) -> AsyncIterator[dict[str, str]]:
    """Yield the events of a stream: its pieces, then the proof or what went wrong, then the mark of the end."""
    async with aclosing(pieces):  # type: ignore[type-var]
        begun = first.text if isinstance(first, Piece) else ""
        yield chunks.chunk({"role": "assistant", "content": begun})
        try:
            async for piece in pieces:
                if isinstance(piece, Piece):
                    yield chunks.chunk({"content": piece.text})
                else:
                    for event in chunks.last(piece, reply.proof(piece)):
                        yield event
        except ApiError as error:
            yield _sse(error.body)
        except RagError as error:
            yield _sse(translated(error).body)
    yield {"data": "[DONE]"}


def _wish(body: ChatRequest, key: Key, context: Context) -> Wish:
    _check(body)
    if body.functions and body.function_call != "none":
        tools = [*(body.tools or ()), *body.functions]
        body = body.model_copy(update={"tools": tools})
    return wish_of(
        body,
        said(body.messages),
        key,
        context,
        stops=_stops(body),
        most=body.max_completion_tokens or body.max_tokens,
    )


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


def _sse(value: dict[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(value)}


def _usage(end: End) -> dict[str, Any]:
    tokens = end.tokens
    cached = tokens.prompt - tokens.prompt_evaluated
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "prompt_tokens_details": {"cached_tokens": max(0, cached)},
    }
