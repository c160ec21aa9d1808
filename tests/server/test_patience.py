"""Slow writers and slow readers: each is cut off after a stated time, and told why where that is possible."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from running import SMALL, answers, filled, running

from rag_app.server.headers import SECURITY
from rag_app.server.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Running

pytestmark = pytest.mark.slow

SEARCH = b"POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
CHUNKED = SEARCH + b"Transfer-Encoding: chunked\r\n\r\n"
HEADERS, BODY = "The headers came too slowly.", "The body came too slowly."


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(filled(tmp_path_factory.mktemp("slow"))) as served:
        yield served


@pytest.mark.parametrize(
    ("begun", "drip", "message"),
    [
        (b"G", b"", HEADERS),
        (b"", b"G", HEADERS),
        (b"GET /health HTTP/1.1\r\n", b"", HEADERS),
        (b"GET /health HTTP/1.1\r\nHost: HOST\r\nX: ", b"a", HEADERS),
        (b"GET /health HTTP/1.1\r\nHost: HOST\r\n", b"X: y\r\n", HEADERS),
        (SEARCH + b"Content-Length: 100\r\n\r\n", b"", BODY),
        (SEARCH + b"Content-Length: 100\r\n\r\n{", b" ", BODY),
        (CHUNKED, b"", BODY),
        (CHUNKED, b"0", BODY),
        (CHUNKED + b"1;", b"a", BODY),
        (CHUNKED, b"1\r\n \r\n", BODY),
        (CHUNKED + b"500\r\n{", b" ", BODY),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", b"", BODY),
        (CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"a", BODY),
    ],
)
def test_a_request_that_comes_too_slowly_is_refused_and_the_connection_closed(
    target: Running, begun: bytes, drip: bytes, message: str
) -> None:
    got, until = b"", time.monotonic() + 20 * SMALL.body_seconds
    with socket.create_connection(("127.0.0.1", target.port), timeout=0.2) as connection:
        connection.sendall(begun.replace(b"HOST", f"127.0.0.1:{target.port}".encode()))
        while time.monotonic() < until:
            with suppress(TimeoutError):
                piece = connection.recv(65536)
                if not piece:
                    break
                got += piece
            if not got:
                connection.sendall(drip)
    [answer] = answers(got)
    assert (answer.status, json.loads(answer.body)["error"]["message"]) == (408, message)
    assert (answer.headers["connection"], time.monotonic() < until) == ("close", True)
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY
    assert target.healthy()


@pytest.mark.parametrize("asked", [b"", b"GET /health HTTP/1.1\r\nHost: HOST\r\n\r\n"])
def test_a_connection_on_which_nothing_is_asked_is_closed_without_a_word(target: Running, asked: bytes) -> None:
    got = target.raw(asked.replace(b"HOST", f"127.0.0.1:{target.port}".encode()), wait=20 * SMALL.header_seconds)
    assert [answer.status for answer in answers(got)] == ([200] if asked else [])


def test_who_takes_nothing_has_the_stated_seconds() -> None:
    patience = Patience(30, 100)
    patience.wait(1000, 5000)
    assert patience.left(1000, 5000) == 30
    assert patience.left(1029, 5000) == 1
    assert patience.left(1031, 5000) == -1


def test_what_is_taken_earns_time_at_the_stated_rate() -> None:
    patience = Patience(30, 100)
    patience.wait(0, 5000)
    assert patience.left(30, 4000) == 10
    patience.go_on(40)  # all 5,000 were taken, which are worth 50 s
    patience.wait(100, 200)  # the server was not waiting in between
    assert patience.left(100, 200) == 30 + 50 - 40
    assert patience.left(110, 100) == 30 + 50 - 40 + 1 - 10


def test_single_drops_that_are_taken_in_time_do_not_add_up_to_forever() -> None:
    patience, now = Patience(30, 100), 0.0
    while now < 1000:
        patience.wait(now, 50)
        now += 1
        if patience.left(now, 0) <= 0:
            break
        patience.go_on(now)
    assert now == 60  # 50 bytes a second are half of what is asked for


def test_who_is_fast_enough_is_never_cut_off() -> None:
    patience, now = Patience(1, 100), 0.0
    for _ in range(10_000):
        patience.wait(now, 1000)
        now += 10
        assert patience.left(now, 0) == pytest.approx(1)
        patience.go_on(now)
