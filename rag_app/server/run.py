"""The process: a socket, and uvicorn with its names left out."""

from __future__ import annotations

import math
import os
import signal
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from rag_app.errors import UsageError
from rag_app.server.doors import Doors
from rag_app.server.protocol import Connection

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import ASGIApp

    from rag_app.server.limits import Limits

_SEND_BUFFER = 256 * 1024  # bytes: what the system keeps for a client that does not read; it would take megabytes


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port`; port 0 takes a free one.

    Raises:
        UsageError: the address is in use, or not this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        made = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{host} is not an address of this machine.", hint="Try --host 127.0.0.1.") from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)  # each connection inherits it
        made.listen(128)
    except OSError as error:
        made.close()
        raise UsageError(
            f"Cannot listen on {host}, port {port}: {error.strerror}.", hint="Choose another with --port."
        ) from error
    return made


def server(app: ASGIApp, limits: Limits) -> uvicorn.Server:
    """Return a server for one socket; `run(sockets=[...])` serves until it is told to stop."""
    doors: Doors[Connection] = Doors(limits.connections, limits.spare)
    connection = partial(Connection, limits=limits, doors=doors)
    config = uvicorn.Config(
        app,
        http=cast("Any", connection),  # uvicorn calls it once for each connection
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # else anybody could name the address that counts for the rate
        timeout_keep_alive=2 * math.ceil(limits.header_seconds),  # never first: a connection has its own clock
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
