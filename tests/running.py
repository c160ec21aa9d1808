"""A real server on a free port, over a library with models made of words."""

from __future__ import annotations

import atexit
import json
import shutil
import socket
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from conftest import LEASE, MANUAL
from fakes import open_library, write_pdf
from helpers_cli import wait_for

from rag_app.server.access import policy_for
from rag_app.server.app import create_app
from rag_app.server.key_ring import KeyRing
from rag_app.server.limits import Limits
from rag_app.server.run import bind, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import uvicorn
    from starlette.types import ASGIApp

    from rag_app.library import Library

SMALL = Limits(
    upload=200_000,
    header_seconds=1.0,
    idle_seconds=1.0,
    body_seconds=2.0,
    upload_seconds=3.0,
    write_seconds=2.0,
    wrong_keys=10_000,
    wrong_key_seconds=0.0,
)


@dataclass(frozen=True, slots=True)
class Running:
    """A server, and how to reach it."""

    port: int
    library: Library
    ring: KeyRing
    client: httpx.Client = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, question: str, **fields: Any) -> httpx.Response:
        body = {"model": "rag", "messages": [{"role": "user", "content": question}], **fields}
        return self.client.post("/v1/chat/completions", json=body)

    def events(self, question: str, **fields: Any) -> list[Any]:
        """Return the JSON of each event of a stream; the last is the text [DONE]."""
        answer = self.ask(question, stream=True, **fields)
        assert answer.headers["content-type"].startswith("text/event-stream")
        data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
        return [text if text == "[DONE]" else json.loads(text) for text in data]

    def raw(self, data: bytes, *, wait: float = 10.0) -> bytes:
        """Send bytes as they are; return what comes back until the server closes or falls silent for `wait`."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            got = b""
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    got += piece
            except (TimeoutError, ConnectionError):
                pass
            return got

    def healthy(self) -> bool:
        """Tell whether the server answers, on a new connection."""
        answer = httpx.get(f"{self.url}/health", timeout=10)
        return answer.status_code == 200 and answer.json() == {"status": "ok"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One of the answers that came back on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes


def answers(raw: bytes) -> list[Reply]:
    """Return the answers in what came back, each of which says its length; no header is there twice."""
    found = []
    while raw:
        head, blank, rest = raw.partition(b"\r\n\r\n")
        assert blank, raw
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs)
        length = int(headers["content-length"])
        found.append(Reply(int(first.removeprefix("HTTP/1.1 ")[:3]), headers, rest[:length]))
        raw = rest[length:]
    return found


def filled(folder: Path) -> Path:
    """Put a library into `folder` that holds a lease, and a manual tagged public; their files lie elsewhere."""
    shutil.copytree(_made() / "library", folder / "library")
    return folder


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rag-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_pdf(folder / "papers" / "lease.pdf", *LEASE, title="Residential Lease")
    write_pdf(folder / "papers" / "manual.pdf", *MANUAL, title="Dishwasher Manual")
    with open_library(folder, passage_tokens=48, overlap_tokens=0) as library:
        library.ingest([folder / "papers"])
        library.tag(folder / "papers" / "manual.pdf", add="public")
    return folder


@contextmanager
def running(folder: Path, **how: Any) -> Iterator[Running]:
    """Serve the library in `folder`, with models made of words, until the block ends."""
    with (
        open_library(folder, passage_tokens=48, overlap_tokens=0) as library,
        open_library(folder, passage_tokens=48, overlap_tokens=0) as writer,
        serving(library, writer, **how) as served,
    ):
        yield served


@contextmanager
def serving(
    library: Library, writer: Library, *, limits: Limits = SMALL, host: str = "127.0.0.1", **policy: Any
) -> Iterator[Running]:
    """Serve a library until the block ends."""
    listening = bind(host, 0)
    port = listening.getsockname()[1]
    served = server(create_app(library, writer, policy_for(host, port, **policy), limits), limits)
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not served.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield Running(port, library, KeyRing(library.settings.library), client)
    finally:
        served.should_exit = True
        thread.join(10)
        listening.close()
    assert not thread.is_alive()


@contextmanager
def serving_app(app: ASGIApp, limits: Limits = SMALL) -> Iterator[tuple[uvicorn.Server, int]]:
    """Serve any application as the program's own is served, until the block ends; give the server and its port."""
    listening = bind("127.0.0.1", 0)
    served = server(app, limits)
    served.config.lifespan = "off"
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    wait_for(lambda: served.started)
    try:
        yield served, listening.getsockname()[1]
    finally:
        served.should_exit = True
        thread.join(10)
        listening.close()
