"""More connections than there are places: each is told so, and a sign of life is always given."""

from __future__ import annotations

import errno
import re
import signal
import socket
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest
from helpers_cli import WITH_WORDS, WORDS, finish, start, wait_for
from running import SMALL, answers, filled, running, serving_app

from rag_app.server.api_errors import ApiError
from rag_app.server.doors import Doors, fitting
from rag_app.server.headers import SECURITY
from rag_app.server.limits import Limits, respond

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import Running
    from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.slow

FEW = replace(SMALL, connections=3, spare=2, header_seconds=60.0)
FULL = {
    "message": "Too many connections are open. Try again in a moment.",
    "type": "server_error",
    "code": "too_many_connections",
}


@contextmanager
def silent(port: int, n: int) -> Iterator[list[socket.socket]]:
    """Hold `n` connections on which nothing is said."""
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(n)]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Running]:
    """A new server for each test, so that no connection of another one is counted."""
    with running(filled(tmp_path), limits=FEW) as target:
        yield target


def freed(served: Running) -> bool:
    """Tell whether there is a place again."""
    return httpx.get(f"{served.url}/v1/models").status_code == 200


def test_beyond_the_limit_there_is_a_503_that_says_when_to_come_back(served: Running) -> None:
    with silent(served.port, FEW.connections):
        answer = httpx.get(f"{served.url}/v1/models")
        assert (answer.status_code, answer.json()["error"]) == (503, FULL)
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["connection"] == "close"
        assert {name: answer.headers[name] for name in SECURITY} == SECURITY
        body = {"messages": [{"role": "user", "content": "x" * 100_000}]}
        assert httpx.post(f"{served.url}/v1/chat/completions", json=body).status_code == 503
        assert httpx.head(f"{served.url}/v1/models").status_code == 503
    wait_for(lambda: freed(served))
    figures = httpx.get(f"{served.url}/metrics").text
    assert 'rag_requests_total{method="GET",route="other",status="503"}' in figures


def test_a_sign_of_life_is_given_however_many_connections_are_held(served: Running) -> None:
    with silent(served.port, FEW.connections + 40):
        for _ in range(5):
            assert served.healthy()
            assert httpx.head(f"{served.url}/health").status_code == 200


def test_the_oldest_connection_beyond_the_limit_gives_way(served: Running) -> None:
    with (
        silent(served.port, FEW.connections),
        silent(served.port, FEW.spare) as (first, second),
        silent(served.port, 1),
    ):
        told = b""
        while piece := first.recv(65536):
            told += piece
        assert [(answer.status, answer.headers["retry-after"]) for answer in answers(told)] == [(503, "5")]
        second.sendall(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        assert second.recv(65536).startswith(b"HTTP/1.1 200 ")
    wait_for(lambda: freed(served))


def test_nothing_follows_a_sign_of_life_beyond_the_limit(served: Running) -> None:
    asked = "".join(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n" for path in ("/health", "/v1/models")
    )
    with silent(served.port, FEW.connections):
        assert [answer.status for answer in answers(served.raw(asked.encode()))] == [200]
    wait_for(lambda: freed(served))


def test_a_place_that_became_free_is_given_to_who_waits() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, ApiError(404, "", ""))

    with (
        serving_app(app, FEW) as (server, port),
        silent(port, FEW.connections) as [early, *_],
        silent(port, 1) as [waiting],
    ):
        wait_for(lambda: len(server.server_state.connections) == FEW.connections + 1)
        early.close()
        wait_for(lambda: len(server.server_state.connections) == FEW.connections)
        waiting.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert waiting.recv(65536).startswith(b"HTTP/1.1 404 ")


def test_doors_count_as_by_hand() -> None:
    doors = Doors[str](2, 1)
    assert [doors.enter(name) for name in "abc"] == [None, None, None]
    assert [doors.has_place(name) for name in "abc"] == [True, True, False]
    assert doors.enter("d") == "c"
    doors.leave("c")
    doors.leave("a")
    assert [doors.has_place(name) for name in "bd"] == [True, True]
    assert doors.enter("e") is None
    assert not doors.has_place("e")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
@pytest.mark.parametrize(
    ("files", "connections"), [(100_000, 256), (400, 256), (399, 255), (256, 112), (64, 8), (-1, 256)]
)
def test_there_are_no_more_connections_than_files_allow(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert fitting(Limits()) == replace(Limits(), connections=connections)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_a_server_with_few_files_says_so_and_runs_out_of_none(tmp_path: Path) -> None:
    shell = ("/bin/sh", "-c", 'ulimit -n 200 && exec "$@"', "sh")
    library = filled(tmp_path) / "library"
    process = start("serve", "--port", "0", "--library", library, program=(*shell, *WITH_WORDS), env=WORDS)
    assert process.stderr is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline().decode())
    assert found
    assert process.stderr.readline().decode() == (
        "At most 56 connections at once: the system lets this process open few files. Raise `ulimit -n` for more.\n"
    )
    url = f"http://127.0.0.1:{found[1]}"
    body = {"messages": [{"role": "user", "content": "How long is the notice period?"}]}
    with httpx.Client(base_url=url, timeout=60) as early:
        assert early.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["status"] == "answered"
        with silent(int(found[1]), 150):
            assert httpx.get(f"{url}/health").status_code == 200
            assert httpx.get(f"{url}/v1/models").status_code == 503
            upload = early.post(
                "/v1/documents", files={"file": ("a.txt", b"The pool opens at nine.")}, params={"wait": 1}
            )
            assert upload.status_code < 300, upload.text
    process.send_signal(signal.SIGINT)
    assert finish(process, timeout=30).error == (
        "error: Interrupted.\nhint: What was finished is kept; run the same command again to go on.\n"
    )


def test_a_client_that_cuts_its_connection_while_it_gives_way_harms_no_other(
    served: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def cut(_: object) -> NoReturn:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    monkeypatch.setattr("asyncio.selector_events._SelectorSocketTransport.write_eof", cut)
    with silent(served.port, FEW.connections), silent(served.port, FEW.spare) as (first, _):
        with silent(served.port, 1) as (last,):  # for it the first gives way
            closing(first)
            last.sendall(b"nothing\r\n\r\n")
            closing(last)
        assert served.healthy()
    wait_for(lambda: freed(served))
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def closing(connection: socket.socket) -> bytes:
    """Return what comes until the connection ends."""
    found = b""
    with suppress(ConnectionError):
        while piece := connection.recv(4096):
            found += piece
    return found


def test_a_page_of_a_listed_site_can_read_that_there_are_too_many_connections(tmp_path: Path) -> None:
    site = "https://notes.example"
    with running(filled(tmp_path), limits=FEW, origins=(site,)) as served, silent(served.port, FEW.connections):
        asked = {"Origin": site, "Access-Control-Request-Method": "POST"}
        before = httpx.options(f"{served.url}/v1/responses", headers=asked)  # else the browser asks nothing more
        assert (before.status_code, before.headers["access-control-allow-origin"]) == (204, site)
        for origin, shown in ((site, site), ("https://other.example", None)):
            answer = httpx.get(f"{served.url}/v1/models", headers={"Origin": origin})
            assert answer.status_code == 503
            assert answer.headers.get("access-control-allow-origin") == shown
