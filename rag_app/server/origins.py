"""Pages of other sites: which of them may read what the server answers, its errors too.

A browser shows a page an answer only where a header names the page's origin; without it even the status of a refusal
stays hidden. So the header is added outside of everything that refuses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag_app.errors import RagError

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send

    from rag_app.server.key_ring import KeyRing

CHAT = "/v1/chat/completions"
"""The only route of widget keys."""

EXPOSED = "retry-after, x-rag-note, x-rag-status, x-rag-system, x-request-id"
"""Headers that a page may read besides those that every page may."""

# What clients of the OpenAI API send from a browser. No header that says where a request came from is among them.
_SENT = re.compile(
    r"accept|api-key|authorization|content-type|http-referer|idempotency-key|user-agent|x-api-key|x-client-request-id"
    r"|x-filename|x-request-id|x-requested-with|x-title|openai-[a-z0-9-]{1,60}|x-stainless-[a-z0-9-]{1,60}"
)


class Origins:
    """The sites that are let in: those of the server's operator, and for the chat those of widget keys."""

    def __init__(self, listed: frozenset[str], ring: KeyRing) -> None:
        self._listed = listed
        self._ring = ring

    def listed(self, origin: str) -> bool:
        """Tell whether pages of this origin may use admin keys."""
        return origin.lower() in self._listed

    def known(self, origin: str, path: str) -> bool:
        """Tell whether pages of this origin may use `path`; LibraryError where the keys are damaged."""
        if self.listed(origin):
            return True
        return path == CHAT and any(origin.lower() in key.origins for key in self._ring.all())


def allowed_headers(asked: str) -> str:
    """Return those of the headers which a browser asks for that a page may send."""
    names = {name.strip().lower() for name in asked.split(",")}
    return ", ".join(sorted({"authorization", "content-type"} | {name for name in names if _SENT.fullmatch(name)}))


def _without_vary(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() != b"vary"]


class Readable:
    """Middleware that lets pages of known sites read every answer, whoever gives it."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        origin = self._origin(scope) if scope["type"] == "http" else None
        if origin is None:
            await self._app(scope, receive, send)
            return
        shown = [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED.encode()),
            (b"vary", b"origin"),
        ]

        async def readable(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                sent = _without_vary(message.get("headers", ()))
                message = {**message, "headers": [*sent, *shown]}
            await send(message)

        await self._app(scope, receive, readable)

    def _origin(self, scope: Scope) -> bytes | None:
        """Return the request's origin as it was sent, where it is known."""
        found = [value for name, value in scope["headers"] if name.lower() == b"origin"]
        if len(found) != 1:
            return None
        try:
            known = self._origins.known(found[0].decode("latin-1"), scope["path"])
        except RagError:  # the guard says so
            known = False
        return found[0] if known else None
