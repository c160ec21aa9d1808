"""The process: a socket, uvicorn with its names left out, and time limits where it has none."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from rag_app.errors import UsageError
from rag_app.server.errors import invalid

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from starlette.types import ASGIApp

    from rag_app.server.limits import Limits


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port`; port 0 takes a free one.

    Raises:
        UsageError: the address is in use, or not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{host} is not an address of this machine.", hint="Try --host 127.0.0.1.") from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except OSError as error:
        made.close()
        raise UsageError(
            f"Cannot listen on {host}, port {port}: {error.strerror}.", hint="Choose another with --port."
        ) from error
    return made


def server(app: ASGIApp, limits: Limits) -> uvicorn.Server:
    """Return a server for one socket; `run(sockets=[...])` serves until it is told to stop."""
    config = uvicorn.Config(
        app,
        http=_protocol(limits),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # else anybody could name the address that counts for the rate
        limit_concurrency=limits.connections,
        timeout_keep_alive=round(limits.header_seconds),
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=limits.headers,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """Ends in good order at the first signal, and at once at the second."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if self.should_exit:  # whatever is under way: what was accepted is kept, as after a power cut
            signal.signal(sig, signal.SIG_DFL)
            os.kill(os.getpid(), sig)
        super().handle_exit(sig, frame)


def _protocol(limits: Limits) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with a time limit for the headers of each request, and for the client to read."""

    class Hurried(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None
        _unread: asyncio.TimerHandle | None = None

        def __init__(self, *arguments: Any, **how: Any) -> None:
            super().__init__(*arguments, **how)
            self.access_log = False  # it would write whole addresses, with what they ask

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)  # what the system does not take at once pauses the answer
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._no_deadline()
            self._was_read()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def pause_writing(self) -> None:
            """Let time run for the client to read; it also runs when the answer is whole and the server has closed."""
            super().pause_writing()
            self._no_deadline()
            self._unread = self.loop.call_later(limits.write_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._was_read()
            self._watch()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._watch()

        def send_400_response(self, msg: str) -> None:
            if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:  # an answer is on its way already
                self.transport.abort()
                return
            content = invalid("The request is not HTTP.", "invalid_http").content
            headers = [
                ("content-type", "application/json"),
                ("content-length", str(len(content))),
                ("connection", "close"),
            ]
            for event in (
                h11.Response(status_code=400, headers=headers),
                h11.Data(data=content),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

        def _watch(self) -> None:
            """Let time run while no request is being served: for headers, and for the body of one that was refused."""
            served = self.cycle and not self.cycle.response_complete
            if served or self.flow.write_paused or self.transport.is_closing():
                self._no_deadline()
            elif self._deadline is None:
                self._deadline = self.loop.call_later(limits.header_seconds, self.transport.abort)

        def _was_read(self) -> None:
            if self._unread:
                self._unread.cancel()
                self._unread = None

        def _no_deadline(self) -> None:
            if self._deadline:
                self._deadline.cancel()
                self._deadline = None

    return Hurried
