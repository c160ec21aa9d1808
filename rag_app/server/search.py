"""`POST /v1/search`: passages without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from pydantic import Field

from rag_app.asking.question import LONGEST_QUESTION, usable
from rag_app.server.bodies import Body, Whole, read
from rag_app.server.json_response import Json
from rag_app.server.presence import present
from rag_app.server.requests import Where, context_of, filter_of, ids_of, key_of, named
from rag_app.types import Mode  # noqa: TC001  pydantic looks it up

if TYPE_CHECKING:
    from rag_app.types import SearchResult

router = APIRouter()


class SearchRequest(Body):
    """A question, and how passages are found for it."""

    question: str | None = Field(None, max_length=LONGEST_QUESTION)
    query: str | None = Field(None, max_length=LONGEST_QUESTION)  # another name for it
    k: Whole | None = Field(None, ge=1, le=100)
    candidates: Whole | None = Field(None, ge=1, le=1000)
    mode: Mode = "hybrid"
    rerank: bool = True
    filter: Where | None = None


@router.post("/v1/search")
async def search(request: Request) -> Json:
    """Return the best passages for a question."""
    context = context_of(request)
    body = await read(request, SearchRequest, context.limits.depth)
    question = usable(body.question or body.query or "")
    where = filter_of(context.library, body.filter)

    def work() -> SearchResult:
        return context.library.search_result(
            question, body.k, candidates=body.candidates, mode=body.mode, rerank=body.rerank, where=where
        )

    value = (await present(request, context.engine.run(work, key=key_of(request)))).as_json()
    ids = ids_of(context.library)
    return Json({**value, "passages": [named(hit, ids, paths=True) for hit in value["passages"]]})
