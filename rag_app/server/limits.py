"""What one request and one client may take: sizes, times, requests a minute."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.server.api_errors import ApiError
from rag_app.server.headers import SECURITY

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


SURPLUS = "rag.surplus"
"""In the scope of a request on a connection beyond the limit."""


_MOST_DIGITS = 18  # of a length that is looked at
_CLOSE = {"connection": "close"}  # behind a refusal nothing more of the request is read


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, seconds and counts; the defaults are generous for people and small for a flood."""

    body: int = 1024 * 1024  # bytes of a JSON body
    texts: int = 16 * 1024 * 1024  # bytes of a JSON body with texts to embed: 2,048 passages, of any script
    large: int = 2  # bodies of more than `body` bytes that are in memory at once
    upload: int = 200 * 1024 * 1024  # bytes of an uploaded file, as for files that are read from the disk
    headers: int = 16 * 1024  # bytes of all request headers
    header_count: int = 64
    target: int = 2048  # bytes of the path with its query
    header_seconds: float = 10.0  # from the opening of a connection, or the last answer, to the end of the headers
    idle_seconds: float = 10.0  # between two pieces of a body
    body_seconds: float = 30.0  # for a JSON body
    texts_seconds: float = 120.0  # for one with texts to embed
    upload_seconds: float = 600.0
    write_seconds: float = 30.0  # that one answer waits for a client that does not read; see `patience`
    write_rate: int = 16 * 1024  # bytes a second that a slow client has to take beyond that
    answer_seconds: float = 300.0  # for one answer, waiting included
    embedding_seconds: float = 600.0  # for all texts of one request, waiting included
    connections: int = 256
    spare: int = 16  # connections beyond these, on which `/health` is answered and everything else is 503
    wrong_keys: int = 10  # of one address that are answered with 401; more are 429
    wrong_key_seconds: float = 0.25  # by which the fourth is answered late; each later one twice as much
    waiting: int = 8  # questions in the queue
    jobs: int = 16  # uploads that wait to be read
    key_files: int = 10_000  # uploads of one key that wait, or whose document is in the library
    key_bytes: int = 20 * 1024**3  # of the same
    grace_seconds: float = 5.0  # for an upload to be read to its end when the server stops; else it is handed over
    depth: int = 32  # of nested JSON


class Bounded:
    """Middleware that refuses what is too large or too slow before anything else looks at it."""

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        is_upload: Callable[[Scope], bool],
        holds_texts: Callable[[Scope], bool] = lambda _: False,
        refused: Callable[[str, int], None] = lambda _, __: None,
    ) -> None:
        self._app = app
        self._limits = limits
        self._is_upload = is_upload
        self._holds_texts = holds_texts
        self._refused = refused
        self._large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope.get(SURPLUS):
            await self._refuse(scope, send, full())
            return
        limits, large = self._limits, False
        most, seconds = limits.body, limits.body_seconds
        if self._is_upload(scope):
            most, seconds = limits.upload + 64 * 1024, limits.upload_seconds  # a form puts a little around its file
        elif self._holds_texts(scope):
            most, seconds, large = limits.texts, limits.texts_seconds, True
        refusal = _oversized(scope, limits, most)
        if refusal:
            await self._refuse(scope, send, refusal)
            return
        body = _Body(receive, most, time.monotonic() + seconds, limits.idle_seconds)
        if not large:
            await self._app(scope, body.receive, send)
            return
        body.beyond(limits.body, self._enter)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._large -= body.entered

    async def _refuse(self, scope: Scope, send: Send, error: ApiError) -> None:
        self._refused(scope["method"], error.status)
        await respond(send, error)

    def _enter(self) -> None:
        """Let a large body in; ApiError where there are enough of them, for each is whole in memory."""
        if self._large >= self._limits.large:
            close = {"retry-after": "5", "connection": "close"}
            raise ApiError(429, "Too many large requests at once. Try again in a moment.", "queue_full", close)
        self._large += 1


class _Body:
    """The body of a request, counted and timed; what comes after it is only the end of the connection."""

    def __init__(self, receive: Receive, most: int, until: float, idle: float) -> None:
        self._receive = receive
        self._most = most
        self._until = until
        self._idle = idle
        self._taken = 0
        self._whole = False
        self._small = most
        self._enter: Callable[[], None] | None = None
        self.entered = False  # as a large body

    def beyond(self, small: int, enter: Callable[[], None]) -> None:
        """Call `enter` once more than `small` bytes have come."""
        self._small, self._enter = small, enter

    async def receive(self) -> Message:
        """Return the next piece; ApiError where there is too much, or it is too slow."""
        if self._whole:
            return await self._receive()
        left = self._until - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, min(left, self._idle)))
        except TimeoutError:
            raise ApiError(408, "The body came too slowly.", "timeout", _CLOSE) from None
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            if self._taken > self._most:
                raise too_large(self._most)
            if self._enter and not self.entered and self._taken > self._small:
                self._enter()
                self.entered = True
            self._whole = not message.get("more_body", False)
        return message


def full() -> ApiError:
    """Return the refusal of a connection beyond the limit."""
    wait = {"retry-after": "5", "connection": "close"}
    return ApiError(503, "Too many connections are open. Try again in a moment.", "too_many_connections", wait)


def too_large(most: int) -> ApiError:
    """Return the refusal of a body of more than `most` bytes."""
    return ApiError(413, f"The body is larger than {most:,} bytes.", "request_too_large", _CLOSE)


def _oversized(scope: Scope, limits: Limits, most: int) -> ApiError | None:
    """Return the refusal of a request whose address, headers or announced body are too large."""
    if _address_length(scope) > limits.target:
        return ApiError(414, "The address is too long.", "uri_too_long", _CLOSE)
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > limits.header_count or _size_of(headers) > limits.headers:
        return ApiError(431, "The headers are too large.", "headers_too_large", _CLOSE)
    lengths = [value for name, value in headers if name == b"content-length"]
    return _announced_too_large(lengths, most)


def _address_length(scope: Scope) -> int:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return len(path) + len(query)


def _size_of(headers: list[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) for name, value in headers)


def _announced_too_large(lengths: list[bytes], most: int) -> ApiError | None:
    """Return the refusal of a body by the lengths that its headers announce."""
    if not lengths:
        return None
    length, *others = lengths
    if others or not length.isdigit():
        return ApiError(400, "The length of the body is not a number.", "invalid_header", _CLOSE)
    if len(length) > _MOST_DIGITS or int(length) > most:
        return too_large(most)
    return None


async def respond(send: Send, error: ApiError) -> None:
    """Send an error as the whole answer."""
    content = error.content
    own = {"content-type": "application/json", "content-length": str(len(content))}
    headers = {**SECURITY, **own, **error.headers}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": content})


class Rates:
    """How many requests each client has left: a bucket that fills evenly and holds a minute's worth."""

    def __init__(self, now: Callable[[], float] = time.monotonic, most: int = 10_000) -> None:
        self._now = now
        self._most = most  # clients that are remembered
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}  # requests left, and when that was so

    def wait(self, key: str, client: str, rate: int) -> float:
        """Take a request from the client's bucket; return 0, or the seconds until there is one."""
        now, whole = self._now(), float(rate)
        a_second = rate / 60
        left, since = self._buckets.pop((key, client), (whole, now))
        left = min(whole, left + (now - since) * a_second)
        wait = max(0.0, (1 - left) / a_second)
        if not wait:
            left -= 1
        self._buckets[key, client] = (left, now)
        if len(self._buckets) > self._most:
            quiet_for_longest = next(iter(self._buckets))
            del self._buckets[quiet_for_longest]
        return wait
