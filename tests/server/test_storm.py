"""Many clients at once, slow ones, rude ones and hostile ones: what each gets, and what is left of the server."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import storming
from helpers_cli import start, wait_for
from hypothesis import given
from hypothesis import strategies as st
from running import SMALL, filled, serving_app

from rag_app.server.api_errors import ApiError
from rag_app.server.bodies import _closes, parsed

if TYPE_CHECKING:
    from pathlib import Path

    from running import Running

pytestmark = pytest.mark.slow

QUESTION = "How long is the notice period?"
EXPECTED = {
    "a GiB declared, refused",
    "a GiB in chunks, refused",
    "asked, 429 with Retry-After",
    "asked, plain answered",
    "asked, stream answered",
    "hostile, refused",
    "left in the middle of a stream",
    "streams read a byte a second",
}


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts are sent differently there")
def test_a_storm_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as written:
        process = start(
            "serve", "--port", "0", "--library", filled(tmp_path) / "library", stdout=subprocess.DEVNULL, stderr=written
        )
    try:
        wait_for(lambda: b"Listening" in log.read_bytes())
        port = int(re.findall(r":(\d+)/", log.read_text())[0])
        documents = httpx.get(f"http://127.0.0.1:{port}/v1/documents", timeout=60).json()
        passing = storming.Storm(6.0, leaving=4, slow=3, trickling=30, huge=1, hostile=1)
        damage = asyncio.run(storming.rage(port, passing, [QUESTION], EXPECTED))
        wait_for(lambda: storming.figure(port, "rag_queue") == 0)
        assert httpx.get(f"http://127.0.0.1:{port}/v1/documents", timeout=60).json() == documents
        asked = {"messages": [{"role": "user", "content": QUESTION}]}
        answer = httpx.post(f"http://127.0.0.1:{port}{storming.CHAT}", json=asked, timeout=60).json()
        assert "three months" in answer["choices"][0]["message"]["content"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    late = {"a GiB uploaded in chunks, refused", *(name for name in damage.counts if name.startswith("trickling"))}
    assert set(damage.counts) - late == EXPECTED
    assert damage.counts["asked, 429 with Retry-After"] >= 50 - 9  # one is answered, eight wait
    assert max(damage.health) < storming.STUCK
    assert log.read_text().splitlines()[1:2] == ["error: Interrupted."]  # nobody's bad manners fill the log


def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_error(
    served: Running, caplog: pytest.LogCaptureFixture
) -> None:
    for path, kind in ((storming.CHAT, "application/json"), ("/v1/documents?name=a.txt", "application/octet-stream")):
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Type: {kind}\r\nContent-Length: 9\r\n"
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(f"{head}\r\n{{".encode())
    wait_for(lambda: served.client.get("/metrics").text.count('status="499"} 1') == 2)  # one of each route
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def large(size: int) -> Any:
    """Serve an answer of `size` bytes, whole, in pieces of a MiB or in drops of a KiB, as its path says."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        pieces = {"/whole": 1, "/pieces": size // 2**20, "/drops": size // 2**10}[scope["path"]]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for n in range(pieces):
            more = n < pieces - 1
            await send({"type": "http.response.body", "body": b"x" * (size // pieces), "more_body": more})

    return serving_app(app)


@pytest.mark.parametrize("path", ["/whole", "/pieces"])
@pytest.mark.parametrize("ending", ["close", "keep-alive"])
def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(path: str, ending: str) -> None:
    with large(32 * 2**20) as (served, port), socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.connect(("127.0.0.1", port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: {ending}\r\n\r\n".encode())
        wait_for(lambda: served.server_state.connections)
        wait_for(lambda: not served.server_state.connections, 10 * SMALL.write_seconds)


def test_a_client_that_takes_its_answer_in_drops_is_cut_off() -> None:
    """Each drop is taken in time, but 4 KiB a second are fewer than the server waits for."""
    with large(32 * 2**20) as (served, port), socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /drops HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: served.server_state.connections)
        until = time.monotonic() + 20 * SMALL.write_seconds
        while served.server_state.connections and time.monotonic() < until:
            connection.recv(1024)
            time.sleep(0.25)
        assert not served.server_state.connections


def test_a_client_that_takes_its_answer_in_its_time_gets_all_of_it() -> None:
    with large(32 * 2**20) as (_, port), socket.socket() as connection:
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /pieces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got, begun = 0, time.monotonic()
        while piece := connection.recv(2**20):
            got += len(piece)
            if time.monotonic() - begun < 2 * SMALL.header_seconds:  # slower than other limits allow
                time.sleep(SMALL.header_seconds / 2)
    assert got > 32 * 2**20


@given(st.text("[]{}", max_size=40), st.integers(1, 6))
def test_brackets_are_counted_as_by_hand(text: str, depth: int) -> None:
    level, deepest, good = 0, 0, True
    for bracket in text:
        level += 1 if bracket in "[{" else -1
        deepest, good = max(deepest, level), good and level >= 0
    assert _closes(text.encode(), depth) == (good and level == 0 and deepest <= depth)


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers() | st.floats(-1, 1), st.lists, max_leaves=20))
def test_json_is_read_as_python_reads_it(value: Any) -> None:
    for data in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert parsed(data.encode(), 32) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[" + b"1," * 20_001 + b"1]", "more than 20,000 values"),
        (b'{"":' * 40_001 + b"1" + b"}" * 40_001, "more than 20,000 values"),
        (b"[" * 33 + b"]" * 33, "nested more than 32 deep"),
        (b'["]"', "a bracket stays open"),
        (b"[" + b"7" * 400 + b"]", "a number that is too long"),
        (b'["\\ud83d"]', "half of a character"),
        (b'["\\ud83d\\ud83d\\ude00"]', "half of a character"),
    ],
)
def test_json_that_is_refused_says_why(data: bytes, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        parsed(data, 32)


@pytest.mark.parametrize(
    "data", [b'["' + b"," * 30_000 + b'"]', b"[" + b"7" * 399 + b"]", b'["\\\\ud83d", "\\ud83d\\ude00"]']
)
def test_json_near_the_limits_is_read(data: bytes) -> None:
    assert parsed(data, 32) == json.loads(data)
