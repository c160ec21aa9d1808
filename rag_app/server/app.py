"""The application: routes, behind the guard, behind the limits."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response

from rag_app.errors import RagError
from rag_app.server import completions, documents, embeddings, model_list, responses, search, site
from rag_app.server.access import METHODS, Guard, Policy
from rag_app.server.api_errors import ApiError, internal, translated
from rag_app.server.attempts import Attempts
from rag_app.server.engine import Engine
from rag_app.server.json_response import Json
from rag_app.server.key_ring import KeyRing
from rag_app.server.limits import Bounded, Limits
from rag_app.server.origins import Origins, Readable
from rag_app.server.presence import Gone
from rag_app.server.prometheus import Metrics
from rag_app.server.requests import Context, context_of
from rag_app.server.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Scope

    from rag_app.library import Library

OPEN = frozenset({"/health", *site.FILES})
"""What needs no key: it tells nothing of the library."""

_KNOWN = {  # message and code of what the framework refuses
    404: ("There is nothing here.", "not_found"),
    405: ("The method is not allowed.", "method_not_allowed"),
}
_UNKNOWN = ("The request cannot be used.", "invalid_request")


def create_app(library: Library, writer: Library, policy: Policy, limits: Limits | None = None) -> ASGIApp:
    """Return the server as an ASGI application.

    Args:
        library: answers and searches.
        writer: the same library opened once more, for uploads and removals; they must not share a model in memory.
        policy: under which names it answers.
        limits: of each request.
    """
    limits = limits or Limits()
    engine = Engine(library, waiting=limits.waiting, seconds=limits.answer_seconds)
    uploads = Uploads(writer, limits, library, busy=lambda: engine.inside > 0)
    context = Context(library, engine, uploads, Metrics(), limits)
    return _guarded(_routes(context), context, policy)


def _routes(context: Context) -> FastAPI:
    """Return the routes, which anybody may use who gets to them."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=partial(_running, context),
    )
    app.state.context = context
    app.state.pages = site.load()
    for module in (completions, documents, embeddings, model_list, responses, search, site):
        app.include_router(module.router)
    app.add_api_route("/health", health, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/metrics", figures, methods=["GET"], response_model=None)
    for refusal in (ApiError, RagError, HTTPException):
        app.add_exception_handler(refusal, _refused)
    for leaving in (Gone, ClientDisconnect):
        app.add_exception_handler(leaving, _left)
    app.add_exception_handler(Exception, _failed)
    return app


@asynccontextmanager
async def _running(context: Context, _: FastAPI) -> AsyncIterator[None]:
    """Read uploads while the server runs; at its end let what is under way come to its own."""
    await asyncio.to_thread(context.uploads.start)
    yield
    await asyncio.to_thread(context.uploads.close)
    await asyncio.to_thread(context.engine.close)


def _guarded(app: FastAPI, context: Context, policy: Policy) -> ASGIApp:
    """Return the routes behind the guard behind the limits, in answers that only the right pages may read."""
    limits, metrics = context.limits, context.metrics
    ring = KeyRing(context.library.settings.library)
    attempts = Attempts(limits.wrong_keys, limits.wrong_key_seconds)
    guard = Guard(app, policy, ring, OPEN, metrics.requested, attempts)
    bounded = Bounded(guard, limits, _is_upload, _holds_texts, partial(_count_refusal, metrics))
    return Readable(bounded, Origins(policy.origins, ring))


def _count_refusal(metrics: Metrics, method: str, status: int) -> None:
    metrics.requested(method if method in METHODS else "other", "other", status)


async def health() -> Response:
    """Tell that the server lives, and nothing else."""
    return Json({"status": "ok"})


async def figures(request: Request) -> Response:
    """Return the figures for Prometheus."""
    context = context_of(request)
    n = len(await asyncio.to_thread(context.library.documents))
    text = context.metrics.text(context.engine.inside, n)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _refused(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        message, code = _KNOWN.get(error.status_code, _UNKNOWN)
        error = ApiError(error.status_code, message, code, error.headers)  # the methods that are allowed
    elif isinstance(error, RagError):
        error = translated(error)
    assert isinstance(error, ApiError)
    return Json(error.body, error.status, headers=error.headers)


async def _left(_: Request, __: Exception) -> Response:
    """Answer nobody: a client that goes away, in the middle of its own request too, is no failure of the server."""
    return Response(status_code=499)


async def _failed(_: Request, __: Exception) -> Response:
    """Tell the client; the exception goes on to the guard, which logs it."""
    error = internal()
    return Json(error.body, error.status)


def _is_upload(scope: Scope) -> bool:
    return (scope["method"], scope["path"]) == ("POST", "/v1/documents")


def _holds_texts(scope: Scope) -> bool:
    """Tell whether a request may bring a whole collection of texts."""
    return (scope["method"], scope["path"]) == ("POST", "/v1/embeddings")
