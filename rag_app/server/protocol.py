"""HTTP on one connection: uvicorn's, behind a strict reading of each request, within limits of time and number."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from rag_app.server.api_errors import ApiError, internal, invalid
from rag_app.server.framing import Framing
from rag_app.server.headers import SECURITY
from rag_app.server.limits import SURPLUS, Limits, full, respond
from rag_app.server.patience import Patience

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from rag_app.server.doors import Doors

_log = logging.getLogger("rag_app.server")

HEALTH = b"/health"
_LINGER = 2.0  # seconds for a refused client to stop sending; closing at once could lose the answer on its way
_DRAINED = 4 * 1024 * 1024  # bytes that are thrown away meanwhile


class Connection(H11Protocol):
    """Hands h11 only bytes that `Framing` has found good, one request after the other."""

    def __init__(self, *, limits: Limits, doors: Doors[Connection], **uvicorn: Any) -> None:
        """Take what all connections of a server share.

        Args:
            limits: of each connection.
            doors: which connections are open.
            uvicorn: what its own protocol takes.
        """
        super().__init__(**uvicorn)
        self.limits = limits
        self.doors = doors
        self.access_log = False  # it would write whole addresses, with what they ask
        self.app: Any = _Whole(self.app, self._admitted)
        self._framing = Framing(self.limits)
        self._patience = self._new_patience()
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._handed = False  # h11 has the headers of the request that is being read
        self._over = False  # nothing that comes is read any more
        self._drained = 0

    # What the event loop calls

    def connection_made(self, transport: Any) -> None:
        """Let the connection in, or another one out for it."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # what the system does not take at once pauses the answer
        oldest = self.doors.enter(self)
        if oldest is not None:
            oldest.give_way()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.doors.leave(self)
        self._no_deadline()
        self._was_read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the connection is over."""
        if self._over:
            self._drained += len(data)
            if self._drained > _DRAINED:
                self.transport.abort()
            return
        self._advance(self._framing.feed(data))
        self._watch()

    def pause_writing(self) -> None:
        """Let time run for the client to read; it also runs when the answer is whole and the server has closed."""
        super().pause_writing()
        self._no_deadline()
        self._patience.wait(self.loop.time(), self.transport.get_write_buffer_size())
        self._check_reading()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        self._patience.go_on(self.loop.time())
        self._was_read()
        if self._over:
            self._linger()
        self._watch()

    # What uvicorn calls

    def on_response_complete(self) -> None:
        """Go on to the next request, which may have come already."""
        if self._over:
            return
        super().on_response_complete()
        if not self._over:
            self._advance(b"")
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what h11 does not take."""
        self._refuse(invalid("The request is not HTTP.", "invalid_http"))

    def shutdown(self) -> None:
        """End the connection, after the answer that is being sent."""
        if self._over or self.conn.our_state is h11.ERROR:
            self.transport.close()
        else:
            super().shutdown()

    def _should_upgrade(self) -> bool:
        return False  # and no line in the log for whoever asks

    # Requests

    def _advance(self, passed: bytes) -> None:
        """Serve what has come, as far as it is good."""
        framing = self._framing
        while True:
            if framing.refusal:
                self._refuse(framing.refusal)
                return
            if passed:
                self._hand_over(passed)
            if not framing.whole:
                return
            if not self._answered():
                if framing.held:
                    self.flow.pause_reading()
                return
            if self.conn.our_state is not h11.IDLE:  # it was the last request of the connection
                return
            passed = framing.proceed()
            self._handed = False

    def _hand_over(self, passed: bytes) -> None:
        super().data_received(passed)
        if not self._handed and self.cycle:
            self._handed = True
            if not self.flow.write_paused:  # nobody waits for the answer before
                self._patience = self._new_patience()
            self.cycle.transport = cast("asyncio.Transport", _Way(self))
            self.cycle.keep_alive = self.doors.has_place(self)

    def _admitted(self) -> bool:
        """Tell whether the request may be served: it has a place, or asks for nothing but a sign of life.

        What a browser asks before a request counts as one: a page could not read the refusal of its request else.
        """
        start = self._framing.start
        if self.doors.has_place(self) or start is None:
            return True
        is_health = start.method in {b"GET", b"HEAD"} and start.target.partition(b"?")[0] == HEALTH
        return is_health or start.method == b"OPTIONS"

    def _answered(self) -> bool:
        return bool(self.cycle and self.cycle.response_complete)

    def _serving(self) -> bool:
        return bool(self.cycle and not self.cycle.response_complete)

    # Endings

    def give_way(self) -> None:
        """Leave the place beyond the limit to a newer connection."""
        if self._over or self._serving():
            self.transport.abort()
        else:
            self._refuse(full())
            self.transport.close()

    def _refuse(self, error: ApiError) -> None:
        """Answer with an error, read nothing more, and close."""
        if self._over or self.transport.is_closing():
            return
        if self._handed and self.cycle.response_started:  # of two answers the client could believe either
            self._break_off()
            return
        if self._handed:  # what was asked is not served: the application hears that the client left
            self.cycle.disconnected = True
            self.cycle.waiting_for_100_continue = False
            self.cycle.message_event.set()
        _log.info("refused %d %s", error.status, error.code)
        start = self._framing.start
        bodiless = start is not None and start.method == b"HEAD"
        self.transport.write(answer(error, self.server_state.default_headers, bodiless=bodiless))
        self._part()

    def _break_off(self) -> None:
        if self.cycle.response_complete:
            self._part()
        else:
            self.transport.abort()

    def leave(self) -> None:
        """Close the connection after an answer; a client that still sends must not lose it."""
        if self._over:
            return
        if self._framing.whole and not self._framing.held:
            self.transport.close()
        else:
            self._part()

    def _part(self) -> None:
        """Close the way to the client, and let it stop sending for a moment."""
        self._over = True
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        try:
            self.transport.write_eof()
        except OSError:  # the client has just cut the connection
            self.transport.abort()
            return
        if not self.flow.write_paused:
            self._linger()

    def _linger(self) -> None:
        self._no_deadline()
        self._deadline = self.loop.call_later(_LINGER, self.transport.abort)

    @property
    def over(self) -> bool:
        """Whether the connection ends."""
        return self._over or self.transport.is_closing()

    # Time

    def _watch(self) -> None:
        """Let time run while no request is being served: for headers, and for the body of one that was refused."""
        if self._over:
            return
        if self._serving() or self.flow.write_paused or self.transport.is_closing():
            self._no_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.limits.header_seconds, self._late)

    def _late(self) -> None:
        self._deadline = None
        if self._framing.begun and not self._framing.headed:
            self._refuse(ApiError(408, "The headers came too slowly.", "timeout"))
        else:
            self.transport.abort()

    def _check_reading(self) -> None:
        """Cut off a client that takes its answer too slowly."""
        left = self._patience.left(self.loop.time(), self.transport.get_write_buffer_size())
        if left <= 0:
            self.transport.abort()
        else:
            self._unread = self.loop.call_later(left, self._check_reading)

    def _new_patience(self) -> Patience:
        return Patience(self.limits.write_seconds, self.limits.write_rate)

    def _was_read(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def _no_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


def answer(error: ApiError, more: list[tuple[bytes, bytes]], *, bodiless: bool = False) -> bytes:
    """Return an error as a whole answer, after which the connection ends."""
    headers = {
        **SECURITY,
        "content-type": "application/json",
        "content-length": str(len(error.content)),
        **error.headers,
        "connection": "close",
    }
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}".encode()]
    lines += [name + b": " + value for name, value in more]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]
    return b"\r\n".join([*lines, b"", b"" if bodiless else error.content])


class _Way:
    """The way to the client as uvicorn's answer sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        if not self._connection.over:
            self._connection.transport.write(data)

    def is_closing(self) -> bool:
        return self._connection.over

    def close(self) -> None:
        self._connection.leave()


class _Whole:
    """An application whose failures have the form of all errors, where it has not begun to answer.

    It is told of requests beyond the limit, which it refuses: it knows which pages may read the refusal.
    """

    def __init__(self, app: ASGIApp, admitted: Callable[[], bool]) -> None:
        self._app = app
        self._admitted = admitted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        if not self._admitted():
            scope = {**scope, SURPLUS: True}

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except BaseException:
            if not begun:
                await respond(send, internal())
            raise
