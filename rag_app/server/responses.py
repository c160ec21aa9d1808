"""`POST /v1/responses`: the newer shapes of the OpenAI API around the same answer, its citations as annotations."""

from __future__ import annotations

import json
import re
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
from rag_app.server.presence import present
from rag_app.server.reply import PING, End, Piece, Reply
from rag_app.server.requests import context_of, key_of
from rag_app.server.wish import Asked, Format, need, wish_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from rag_app.server.key_ring import Key
    from rag_app.server.requests import Context
    from rag_app.server.wish import Wish

_SHOWN = ("marker", "page", "page_label", "quote", "verified")  # of a citation, in its annotation

router = APIRouter()


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
    reply = Reply(_wish(body, key, context), context, key)
    head = Head(
        id=f"resp_{secrets.token_hex(12)}",
        item=f"msg_{secrets.token_hex(12)}",
        created=int(time.time()),
        model=model_name(context.library),
        metadata=body.metadata or {},
    )
    if body.stream:
        return await _streamed(request, reply, head)
    text, end = await present(request, reply.whole())
    proof = reply.proof(end)
    value = _ended(head, text, end, proof)
    return Json(value, headers=notes.headers(reply.wish.notes, proof["status"]))


async def _streamed(request: Request, reply: Reply, head: Head) -> Response:
    pieces = reply.pieces()
    first = await present(request, anext(pieces))  # a refusal is a status, not an event
    events = _numbered(_events(first, pieces, reply, head))
    return EventSourceResponse(events, ping=PING, sep="\n", headers=notes.headers(reply.wish.notes))


def _wish(body: ResponsesRequest, key: Key, context: Context) -> Wish:
    if body.previous_response_id or body.conversation:
        raise invalid("The server keeps no conversation: send the earlier messages in the field input.", "unsupported")
    need(not body.background, "background")
    need(body.prompt is None, "prompt")
    form = body.text.format if body.text else None
    need(form is None or form.type == "text", "text.format")
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
    """Return an annotation for each place of the text that a citation proves, in their order."""
    found = []
    for citation in citations:
        for place in _places(text, citation["marker"]):
            found.append(_annotation(citation, place))
    return sorted(found, key=lambda annotation: annotation["index"])


def _places(text: str, marker: int) -> list[int]:
    """Return where a text holds the mark of a citation; its end where it does not."""
    mark = re.escape(f"[{marker}]")
    places = [found.start() for found in re.finditer(mark, text)]
    return places or [len(text)]


def _annotation(citation: dict[str, Any], place: int) -> dict[str, Any]:
    shown = {name: citation[name] for name in _SHOWN}
    return {
        "type": "file_citation",
        "file_id": citation["document_id"] or "",
        "filename": citation["name"],
        "index": place,
        **shown,
    }


def _part(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def _ended(head: Head, text: str, end: End, proof: dict[str, Any]) -> dict[str, Any]:
    """Return the response at its end: all fields of a chat's message but the status, whose name is taken here."""
    is_cut = end.reason == "length"
    status = "incomplete" if is_cut else "completed"
    part = _part(text, _annotations(text, proof["citations"]))
    more = {**proof, "answer_status": proof["status"]}
    del more["status"]
    more["metadata"] = _metadata(head, proof)
    more["incomplete_details"] = {"reason": "max_output_tokens"} if is_cut else None
    more["usage"] = _usage(end)
    return head.value(status, [head.message(status, [part])], **more)


def _metadata(head: Head, proof: dict[str, Any]) -> dict[str, str]:
    """Return what the client sent to be kept with the response, with the status and the notes of the answer."""
    metadata = {**head.metadata, "rag_status": proof["status"]}
    if proof["notes"]:
        metadata["rag_notes"] = ", ".join(note["code"] for note in proof["notes"])
    return metadata


def _usage(end: End) -> dict[str, Any]:
    tokens = end.tokens
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
    first: Piece | End, pieces: AsyncIterator[Piece | End], reply: Reply, head: Head
) -> AsyncIterator[dict[str, Any]]:
    """Yield the events of a response in the order of the OpenAI API."""
    part = {"output_index": 0, "item_id": head.item, "content_index": 0}
    text = ""
    async with aclosing(pieces):  # type: ignore[type-var]
        for event in _opening(head, part):
            yield event
        try:
            piece = first
            while isinstance(piece, Piece):
                if piece.text:
                    text += piece.text
                    yield {"type": "response.output_text.delta", **part, "delta": piece.text, "logprobs": []}
                piece = await anext(pieces)
        except (ApiError, RagError) as error:
            yield {"type": "response.failed", "response": _failed(head, error)}
            return
        value = _ended(head, text, piece, reply.proof(piece))
        for event in _closing(value, part, text):
            yield event


def _opening(head: Head, part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events before the text."""
    begun = head.value("in_progress", [])
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    yield {"type": "response.output_item.added", "output_index": 0, "item": head.message("in_progress", [])}
    yield {"type": "response.content_part.added", **part, "part": _part("", [])}


def _closing(value: dict[str, Any], part: dict[str, Any], text: str) -> Iterator[dict[str, Any]]:
    """Yield the events after the text: its annotations, and each thing whole that came in pieces."""
    [message] = value["output"]
    [content] = message["content"]
    for number, annotation in enumerate(content["annotations"]):
        shown = {"annotation_index": number, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **part, **shown}
    yield {"type": "response.output_text.done", **part, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **part, "part": content}
    yield {"type": "response.output_item.done", "output_index": 0, "item": message}
    yield {"type": f"response.{value['status']}", "response": value}


def _failed(head: Head, error: ApiError | RagError) -> dict[str, Any]:
    if isinstance(error, RagError):
        error = translated(error)
    return head.value("failed", [], error={"code": error.code, "message": error.message})
