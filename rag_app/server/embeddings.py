"""`POST /v1/embeddings`: the library's own bi-encoder."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from rag_app.server.answers import Json
from rag_app.server.bodies import Body, read
from rag_app.server.context import context_of, key_of
from rag_app.server.errors import invalid
from rag_app.server.models import embedder_name
from rag_app.server.presence import present

if TYPE_CHECKING:
    from rag_app.types import Vectors

MOST_TEXTS = 256
LONGEST_TEXT = 20_000  # characters; the model reads what its window holds

router = APIRouter()


class EmbeddingRequest(Body):
    """Texts to embed. `input_type` says whether they are passages, or questions that are to find passages."""

    input: str | list[Any]
    model: str | None = Field(None, max_length=200)
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1)
    input_type: Literal["passage", "query"] = "passage"


@router.post("/v1/embeddings")
async def embed(request: Request) -> Json:
    """Return a vector of unit length for each text."""
    context = context_of(request)
    body = await read(request, EmbeddingRequest, context.limits.depth)
    texts = _texts(body.input)

    def work() -> tuple[Vectors, int]:
        import numpy as np

        embedder = context.library.embedder
        if body.input_type == "query":
            rows = np.stack([embedder.embed_question(text) for text in texts])
        else:
            rows = embedder.embed_passages(texts)
        return rows, sum(embedder.count_tokens(texts))

    rows, tokens = await present(request, context.engine.run(work, key=key_of(request)))
    if body.dimensions not in {None, rows.shape[1]}:
        raise invalid(f"The vectors have {rows.shape[1]} dimensions, and cannot have others.", "unsupported")
    data = [
        {"object": "embedding", "index": i, "embedding": _encoded(row, body.encoding_format)}
        for i, row in enumerate(rows)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return Json({"object": "list", "data": data, "model": embedder_name(context.library), "usage": usage})


def _texts(given: str | list[Any]) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not 0 < len(texts) <= MOST_TEXTS:
        raise invalid(f"The field input takes 1 to {MOST_TEXTS} texts.")
    if not all(isinstance(text, str) for text in texts):
        raise invalid("The field input takes texts, not tokens; with LangChain set check_embedding_ctx_length=False.")
    if any(not text.strip() or len(text) > LONGEST_TEXT for text in texts):
        raise invalid(f"A text is empty or has more than {LONGEST_TEXT:,} characters.")
    return texts


def _encoded(row: Vectors, form: str) -> list[float] | str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode() if form == "base64" else row.tolist()
