"""`POST /v1/embeddings`: the library's own bi-encoder, some texts at a time, so that questions get in between."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from rag_app.server.api_errors import ApiError, invalid
from rag_app.server.bodies import Body, Whole, read
from rag_app.server.model_list import embedder_name
from rag_app.server.presence import present
from rag_app.server.requests import context_of, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.server.key_ring import Key
    from rag_app.server.requests import Context
    from rag_app.types import Vectors

MOST_TEXTS = 2048
LONGEST_TEXT = 20_000  # characters; the model reads what its window holds
SLICE = 64  # texts that are embedded before others have their turn: some seconds
_NO_TEXTS = "The field input takes texts, not tokens; with LangChain set check_embedding_ctx_length=False."

router = APIRouter()


class EmbeddingRequest(Body):
    """Texts to embed. `input_type` says whether they are passages, or questions that are to find passages."""

    input: str | list[Any]
    model: str | None = Field(None, max_length=200)
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Whole | None = Field(None, ge=1)
    input_type: Literal["passage", "query"] = "passage"


@router.post("/v1/embeddings")
async def embed(request: Request) -> Response:
    """Return a vector of unit length for each text."""
    context = context_of(request)
    body = await read(request, EmbeddingRequest, context.limits.depth)
    texts = _texts(body.input)
    answer = _answer(body, texts, context, key_of(request))
    pieces = await present(request, answer)
    length = sum(map(len, pieces))
    headers = {"content-length": str(length)}
    return StreamingResponse(_each(pieces), media_type="application/json", headers=headers)


async def _each(pieces: list[bytes]) -> Any:
    """Yield piece after piece, so that a slow client has its time for each."""
    for piece in pieces:
        yield piece


async def _answer(body: EmbeddingRequest, texts: Sequence[str], context: Context, key: Key) -> list[bytes]:
    """Return the JSON of the answer in pieces."""
    until = time.monotonic() + context.limits.embedding_seconds
    pieces, tokens = [b'{"object":"list","data":['], 0
    for start in range(0, len(texts), SLICE):
        if time.monotonic() > until:
            raise ApiError(504, "The texts took too long.", "timeout")
        work = partial(_embedded, texts[start : start + SLICE], body, context)
        rows, count = await context.engine.run(work, key=key, admitted=start > 0)
        tokens += count
        piece = await asyncio.to_thread(_written, rows, start, body.encoding_format)
        pieces.append(piece)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    tail = _compact({"model": embedder_name(context.library), "usage": usage})
    pieces.append(b"]," + tail.removeprefix(b"{"))
    return pieces


def _compact(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _embedded(texts: Sequence[str], body: EmbeddingRequest, context: Context) -> tuple[Vectors, int]:
    """Return a row for each text, and how many tokens they have."""
    import numpy as np

    embedder = context.library.embedder
    if body.input_type == "query":
        rows = np.stack([embedder.embed_question(text) for text in texts])
    else:
        rows = embedder.embed_passages(texts)
    if body.dimensions not in {None, rows.shape[1]}:
        raise invalid(f"The vectors have {rows.shape[1]} dimensions, and cannot have others.", "unsupported")
    return rows, sum(embedder.count_tokens(texts))


def _texts(given: str | list[Any]) -> list[str]:
    """Return the texts to embed; ApiError where there are too many, or one cannot be embedded."""
    texts = [given] if isinstance(given, str) else given
    if not 0 < len(texts) <= MOST_TEXTS:
        raise invalid(f"The field input takes 1 to {MOST_TEXTS:,} texts.")
    for text in texts:
        if not isinstance(text, str):
            raise invalid(_NO_TEXTS)
    for text in texts:
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise invalid(f"A text is empty or has more than {LONGEST_TEXT:,} characters.")
    return texts


def _written(rows: Vectors, start: int, form: str) -> bytes:
    """Return the JSON of these rows, with the comma before them; each is written alone, so that other threads run."""
    return b"".join(_entries(rows, start, form))


def _entries(rows: Vectors, start: int, form: str) -> Iterator[bytes]:
    for index, row in enumerate(rows, start):
        if index:
            yield b","
        yield _compact({"object": "embedding", "index": index, "embedding": _encoded(row, form)})


def _encoded(row: Vectors, form: str) -> list[float] | str:
    if form == "base64":
        content = row.astype("<f4").tobytes()
        return base64.b64encode(content).decode()
    numbers: list[float] = row.tolist()
    return numbers
