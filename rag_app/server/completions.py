"""`POST /v1/chat/completions`: the OpenAI shapes around an answer with its citations."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import Field
from sse_starlette import EventSourceResponse
from starlette.responses import Response  # noqa: TC002  fastapi looks it up

from rag_app.errors import RagError
from rag_app.server import notes
from rag_app.server.answering import PING, Asked, End, Piece, extra, need, pieces, whole, wish_of
from rag_app.server.bodies import Body, Whole, read
from rag_app.server.errors import ApiError, invalid, translated
from rag_app.server.json_response import Json
from rag_app.server.messages import Message, said
from rag_app.server.models import model_name
from rag_app.server.presence import present
from rag_app.server.requests import context_of, key_of
from rag_app.types import Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rag_app.server.answering import Wish
    from rag_app.server.keys import Key
    from rag_app.server.requests import Context

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


@router.post("/v1/chat/completions")
async def complete(request: Request) -> Response:
    """Answer the last message from the documents."""
    context, key = context_of(request), key_of(request)
    body = await read(request, ChatRequest, context.limits.depth)
    wish = _wish(body, key, context)
    head = {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "created": int(time.time()),
        "model": model_name(context.library),
    }
    found = pieces(wish, context, key)
    if body.stream:
        first = await present(request, anext(found))  # a refusal is a status, not an event
        usage = bool(body.stream_options and body.stream_options.include_usage)
        events = _chunks(first, found, wish, head, usage, context, key)
        return EventSourceResponse(events, ping=PING, sep="\n", headers=notes.headers(wish.notes))
    text, end = await present(request, whole(found))
    with_it = extra(end, wish, context, key)
    message = {"role": "assistant", "content": text, "refusal": None, **with_it}
    choice = {"index": 0, "message": message, "finish_reason": end.reason, "logprobs": None}
    value = {**head, "object": "chat.completion", "choices": [choice], "usage": _usage(end)}
    return Json(value, headers=notes.headers(wish.notes, with_it["status"]))


def _wish(body: ChatRequest, key: Key, context: Context) -> Wish:
    need(body.function_call in ("none", "auto", None), "function_call")
    need(not body.logprobs, "logprobs")
    need(body.response_format is None or body.response_format.type == "text", "response_format")
    need(set(body.modalities or ()) <= {"text"}, "modalities")
    stops = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    if len(stops) > 4 or any(not 0 < len(stop) <= 200 for stop in stops):
        raise invalid("The field stop takes at most four texts.")
    if body.functions and body.function_call != "none":
        body = body.model_copy(update={"tools": [*(body.tools or ()), *body.functions]})
    most = body.max_completion_tokens or body.max_tokens
    return wish_of(body, said(body.messages), key, context, stops=stops, most=most)


async def _chunks(
    first: Piece | End,
    found: AsyncIterator[Piece | End],
    wish: Wish,
    head: dict[str, Any],
    usage: bool,
    context: Context,
    key: Key,
) -> AsyncIterator[dict[str, str]]:
    def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, str]:
        empty = {"usage": None} if usage else {}
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _sse({**head, "object": "chat.completion.chunk", "choices": [choice], **empty, **more})

    async with aclosing(found):  # type: ignore[type-var]
        yield chunk({"role": "assistant", "content": first.text if isinstance(first, Piece) else ""})
        try:
            async for piece in found:
                if isinstance(piece, Piece):
                    yield chunk({"content": piece.text})
                    continue
                with_it = extra(piece, wish, context, key)
                yield chunk(with_it, piece.reason, citations=with_it["citations"])
                if usage:
                    last = {"choices": [], "usage": _usage(piece), "citations": with_it["citations"]}
                    yield _sse({**head, "object": "chat.completion.chunk", **last})
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
