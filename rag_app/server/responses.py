"""`POST /v1/responses`: the newer shapes of the OpenAI API around the same answer, its citations as annotations."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import Field, ValidationError
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
    from collections.abc import AsyncIterator

    from rag_app.server.key_ring import Key
    from rag_app.server.requests import Context
    from rag_app.server.wish import Wish

_SHOWN = ("marker", "page", "page_label", "quote", "verified")  # of a citation, in its annotation

router = APIRouter()


class Format(Body):
    """The form of the answer."""

    type: str = "text"


class Text(Body):
    """How the text is written."""

    format: Format | None = None


class ResponsesRequest(Asked):
    """A conversation, and how it is to be answered. Nothing is kept, so nothing can be gone on with by an id."""

    input: str | list[Any]
    instructions: str | None = None
    max_output_tokens: Whole | None = Field(None, ge=1, le=1_000_000)
    text: Text | None = None
    metadata: dict[str, str] | None = Field(None, max_length=16)
    previous_response_id: str | None = None
    conversation: Any = None
    prompt: Any = None
    background: bool | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What every form of one response says of it."""

    id: str
    item: str  # the id of its one message
    created: int
    model: str
    metadata: dict[str, str] = field(default_factory=dict)

    def value(self, status: str, output: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """Return the response as it stands."""
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": None,
            "model": self.model,
            "output": output,
            "parallel_tool_calls": False,
            "previous_response_id": None,
            "store": False,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "none",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": None,
            "metadata": self.metadata,
            **more,
        }

    def message(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the one message of the output."""
        return {"id": self.item, "type": "message", "role": "assistant", "status": status, "content": content}


@router.post("/v1/responses")
async def respond(request: Request) -> Response:
    """Answer the last message from the documents."""
    context, key = context_of(request), key_of(request)
    body = await read(request, ResponsesRequest, context.limits.depth)
    wish = _wish(body, key, context)
    head = Head(
        f"resp_{secrets.token_hex(12)}",
        f"msg_{secrets.token_hex(12)}",
        int(time.time()),
        model_name(context.library),
        body.metadata or {},
    )
    found = pieces(wish, context, key)
    if body.stream:
        first = await present(request, anext(found))  # a refusal is a status, not an event
        events = _numbered(_events(first, found, wish, head, context, key))
        return EventSourceResponse(events, ping=PING, sep="\n", headers=notes.headers(wish.notes))
    text, end = await present(request, whole(found))
    with_it = extra(end, wish, context, key)
    value = _ended(head, text, end, with_it)
    return Json(value, headers=notes.headers(wish.notes, with_it["status"]))


def _wish(body: ResponsesRequest, key: Key, context: Context) -> Wish:
    if body.previous_response_id or body.conversation:
        raise invalid("The server keeps no conversation: send the earlier messages in the field input.", "unsupported")
    need(not body.background, "background")
    need(body.prompt is None, "prompt")
    need(body.text is None or body.text.format is None or body.text.format.type == "text", "text.format")
    return wish_of(body, said(_messages(body)), key, context, most=body.max_output_tokens)


def _messages(body: ResponsesRequest) -> list[Message]:
    """Return the messages of the input; calls of tools and what they returned count as messages of tools."""
    items = [{"role": "user", "content": body.input}] if isinstance(body.input, str) else body.input
    if not 0 < len(items) <= 500:
        raise invalid("The field input takes a text, or 1 to 500 messages.")
    found = [Message(role="system", content=body.instructions)] if body.instructions else []
    for number, item in enumerate(items):
        kind = item.get("type") if isinstance(item, dict) else None
        if kind not in {None, "message"}:
            found.append(Message(role="tool"))
            continue
        try:
            found.append(Message.model_validate(item))
        except ValidationError:
            raise invalid(f"The message {number} of the field input has the wrong form.") from None
    return found


def _annotations(text: str, citations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return an annotation for each place of the text that a citation proves; one without a mark stands at the end."""
    found = []
    for citation in citations:
        mark = f"[{citation['marker']}]"
        places = [at for at in range(len(text)) if text.startswith(mark, at)] or [len(text)]
        known = {name: citation[name] for name in _SHOWN}
        cited = {"type": "file_citation", "file_id": citation["document_id"] or "", "filename": citation["name"]}
        found += [{**cited, "index": at, **known} for at in places]
    return sorted(found, key=lambda annotation: annotation["index"])


def _part(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def _ended(head: Head, text: str, end: End, with_it: dict[str, Any]) -> dict[str, Any]:
    """Return the response at its end: all fields of a chat's message but the status, whose name is taken here."""
    cut = end.reason == "length"
    status = "incomplete" if cut else "completed"
    message = head.message(status, [_part(text, _annotations(text, with_it["citations"]))])
    more = {("answer_status" if name == "status" else name): value for name, value in with_it.items()}
    codes = ", ".join(note["code"] for note in with_it["notes"])
    more["metadata"] = {**head.metadata, "rag_status": with_it["status"], **({"rag_notes": codes} if codes else {})}
    more["incomplete_details"] = {"reason": "max_output_tokens"} if cut else None
    return head.value(status, [message], usage=_usage(end), **more)


def _usage(end: End) -> dict[str, Any]:
    tokens = end.answer.tokens if end.answer else Tokens()
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": max(0, tokens.prompt - tokens.prompt_evaluated)},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens.prompt + tokens.completion,
    }


async def _numbered(events: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, str]]:
    """Yield the events as they are sent, counted from 0."""
    number = 0
    async with aclosing(events):  # type: ignore[type-var]
        async for event in events:
            yield {"event": event["type"], "data": json.dumps({**event, "sequence_number": number})}
            number += 1


async def _events(
    first: Piece | End, found: AsyncIterator[Piece | End], wish: Wish, head: Head, context: Context, key: Key
) -> AsyncIterator[dict[str, Any]]:
    """Yield the events of a response in the order of the OpenAI API."""
    item = {"output_index": 0, "item_id": head.item}
    part = {**item, "content_index": 0}
    text = ""
    async with aclosing(found):  # type: ignore[type-var]
        yield {"type": "response.created", "response": head.value("in_progress", [])}
        yield {"type": "response.in_progress", "response": head.value("in_progress", [])}
        yield {"type": "response.output_item.added", "output_index": 0, "item": head.message("in_progress", [])}
        yield {"type": "response.content_part.added", **part, "part": _part("", [])}
        try:
            piece = first
            while isinstance(piece, Piece):
                if piece.text:
                    text += piece.text
                    yield {"type": "response.output_text.delta", **part, "delta": piece.text, "logprobs": []}
                piece = await anext(found)
        except (ApiError, RagError) as error:
            yield {"type": "response.failed", "response": _failed(head, error)}
            return
        value = _ended(head, text, piece, extra(piece, wish, context, key))
        [message] = value["output"]
        [content] = message["content"]
        for i, annotation in enumerate(content["annotations"]):
            known = {"annotation_index": i, "annotation": annotation}
            yield {"type": "response.output_text.annotation.added", **part, **known}
        yield {"type": "response.output_text.done", **part, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **part, "part": content}
        yield {"type": "response.output_item.done", "output_index": 0, "item": message}
        yield {"type": f"response.{value['status']}", "response": value}


def _failed(head: Head, error: ApiError | RagError) -> dict[str, Any]:
    told = error if isinstance(error, ApiError) else translated(error)
    return head.value("failed", [], error={"code": told.code, "message": told.message})
