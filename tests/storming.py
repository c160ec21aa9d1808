"""A storm on a server: clients that are many, slow, rude or hostile, and what became of each, counted.

`python storming.py PORT` asks for `/health` again and again until its standard input ends, and then prints the seconds
that each answer took; in a process of its own, so that the storm's clients do not slow it down.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
import socket
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence, Set

CHAT = "/v1/chat/completions"
GIBIBYTE = 2**30
_PIECE = 65536
_PROBES = 0.02  # seconds between two questions for /health
_LONGEST = 300.0  # seconds, on a machine that is busy otherwise, after which what is wanted is missing
STUCK = 30.0  # seconds of /health after which it counts as not answered

HOSTILE: tuple[tuple[str, bytes], ...] = (
    ("deep arrays", b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ("a MiB of brackets", b'{"messages":[' + b"[]," * 349_000 + b"1]}"),
    ("a MiB of quotation marks", b'{"messages":"' + b'\\"' * 520_000 + b'"}'),
    ("a MiB of messages", b'{"messages":[' + b'{"role":"user","content":""},' * 36_000 + b"1]}"),
    ("a MiB of numbers", b'{"messages":[' + b"1," * 520_000 + b"1]}"),
    ("a MiB of long numbers", b'{"messages":[' + (b"9" * 399 + b",") * 2_600 + b"1]}"),
    ("half a character", b'{"messages":[{"role":"user","content":"\\ud800"}]}'),
    ("half a character as a key", b'{"messages":[{"role":"user","content":"x"}],"\\udfff":1}'),
    ("messages of the wrong type", b'{"messages":{"role":"user"}}'),
    ("content of the wrong type", b'{"messages":[{"role":"user","content":[1,{"type":2}]}]}'),
    ("stream of the wrong type", b'{"messages":[{"role":"user","content":"x"}],"stream":"yes"}'),
    ("no text", b'{"messages":[{"role":"user","content":null}]}'),
    ("not JSON", b"\xff\xfe\x00{"),
)
"""Bodies that have to be refused with status 400."""


@dataclass(frozen=True, slots=True)
class Storm:
    """How many clients of each kind there are at once, and for how long."""

    seconds: float
    asking: int = 50  # by turns for a stream and for the whole answer; they come back when Retry-After says
    leaving: int = 5  # who close the connection in the middle of an answer
    slow: int = 5  # who read a byte of their stream a second
    trickling: int = 60  # by turns headers and bodies, a byte a second
    huge: int = 3  # each: a GiB declared, a GiB in chunks, and the same as an upload
    hostile: int = 4  # who send all of HOSTILE, over and over


@dataclass(slots=True)
class Damage:
    """What became of the clients, and how long `/health` took meanwhile."""

    counts: Counter[str] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)  # seconds of each answer, in the order they were asked for

    def quantile(self, share: float) -> float:
        """Return the seconds within which this share of the answers of `/health` came."""
        ordered = sorted(self.health)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def rage(port: int, storm: Storm, questions: Sequence[str], wanted: Set[str] = frozenset()) -> Damage:
    """Let a storm pass over the server on `port` of this machine; it goes on until all that is `wanted` was counted."""
    damage = Damage()
    probe = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(port), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    server = _Server(port, damage.counts, questions)
    clients: list[Coroutine[Any, Any, None]] = [
        *(server.leave(n) for n in range(storm.leaving)),  # first, so that they find the queue empty
        *(server.read_slowly(n) for n in range(storm.slow)),
        *(server.ask(n) for n in range(storm.asking)),
        *(server.trickle(n) for n in range(storm.trickling)),
        *(server.send_much(n) for _ in range(storm.huge) for n in range(3)),
        *(server.attack() for _ in range(storm.hostile)),
    ]
    tasks = [asyncio.create_task(client) for client in clients]
    await asyncio.sleep(storm.seconds)
    until = time.monotonic() + _LONGEST
    while not wanted <= damage.counts.keys() and time.monotonic() < until:
        await asyncio.sleep(0.1)
    ended = [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()  # a client only ends by a mistake of its own
    out, _ = await probe.communicate(b"")
    damage.health = json.loads(out)
    return damage


def figure(port: int, name: str) -> float:
    """Return a figure of `/metrics`; 0 where it was never counted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STUCK)
    connection.request("GET", "/metrics")
    found = re.search(rf"^{re.escape(name)} (\S+)$", connection.getresponse().read().decode(), re.MULTILINE)
    connection.close()
    return float(found[1]) if found else 0.0


def memory(pid: int) -> int:
    """Return the bytes of a process that lie in memory; Linux only."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


class _Server:
    """What each kind of client does to a server, without end."""

    def __init__(self, port: int, counts: Counter[str], questions: Sequence[str]) -> None:
        self._port = port
        self._counts = counts
        self._questions = questions

    async def ask(self, n: int) -> None:
        streamed = n % 2 == 0
        while True:
            async with self._connected() as (reader, writer):
                writer.write(self._question(n, stream=streamed))
                status, headers = await _head(reader)
                body = await reader.read()
            if status == 429:
                wait = headers.get("retry-after", "")
                self._counts["asked, 429 with Retry-After" if wait.isdigit() else "asked, 429 without"] += 1
                await asyncio.sleep(min(float(wait or 1), 5.0) * random.uniform(0.5, 1.0))
                continue
            whole = b"data: [DONE]" in body if streamed else b'"finish_reason":"stop"' in body
            kind = "stream" if streamed else "plain"
            good = status == 200 and whole and b'"error"' not in body
            self._counts[f"asked, {kind} answered" if good else f"asked, {kind} {status} broken"] += 1

    async def leave(self, n: int) -> None:
        while True:
            async with self._connected() as (reader, writer):
                writer.write(self._question(n, stream=n % 2 == 0))
                if n % 2:  # somewhere before the end
                    with suppress(TimeoutError):
                        async with asyncio.timeout(random.uniform(0.1, 3.0)):
                            await reader.readline()
                else:
                    status, _ = await _head(reader)
                    if status == 200:
                        await reader.readuntil(b'"content": "')
                        await reader.readline()
                        self._counts["left in the middle of a stream"] += 1
                writer.transport.abort()
            await asyncio.sleep(0.5)

    async def read_slowly(self, n: int) -> None:
        while True:
            async with self._connected(receive=1) as (reader, writer):
                writer.write(self._question(n, stream=True))
                status = await reader.readexactly(12)
                if status.endswith(b"200"):
                    self._counts["streams read a byte a second"] += 1
                    while await reader.read(1):
                        await asyncio.sleep(1.0)
            await asyncio.sleep(0.5)

    async def trickle(self, n: int) -> None:
        head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/json\r\n"
        start, piece = (head + "Content-Length: 1000000\r\n\r\n{", b" ") if n % 2 else (head + "X: ", b"x")
        while True:
            begun = time.monotonic()
            async with self._connected() as (reader, writer):
                writer.write(start.encode())
                answer = asyncio.ensure_future(reader.read())
                try:
                    while not answer.done():
                        writer.write(piece)
                        await asyncio.wait({answer}, timeout=1.0)
                finally:
                    answer.cancel()
            kind = "bodies" if n % 2 else "headers"
            self._counts[f"trickling {kind}, cut off"] += 1
            self._counts["trickling, longest in seconds"] = max(
                self._counts["trickling, longest in seconds"], round(time.monotonic() - begun)
            )

    async def send_much(self, n: int) -> None:
        path, kind = (f"/v1/documents?name=a{n}.txt", "octet-stream") if n == 2 else (CHAT, "json")
        length = "Transfer-Encoding: chunked" if n else f"Content-Length: {GIBIBYTE}"
        piece = b"%x\r\n%s\r\n" % (_PIECE, b"x" * _PIECE) if n else b"x" * _PIECE
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/{kind}\r\n{length}"
        name = ("declared", "in chunks", "uploaded in chunks")[n]
        while True:
            sent, status = 0, b""
            async with self._connected() as (reader, writer):
                with suppress(ConnectionError):
                    writer.write(f"{head}\r\n\r\n".encode())
                    while sent < GIBIBYTE:
                        writer.write(piece)
                        await writer.drain()
                        sent += _PIECE
                with suppress(ConnectionError):
                    status = await reader.read(12)
            refused = sent < GIBIBYTE and status in {b"HTTP/1.1 413", b""}  # lost where the connection was closed first
            self._counts[f"a GiB {name}, {'refused' if refused else 'taken'}"] += 1
            await asyncio.sleep(1.0)

    async def attack(self) -> None:
        while True:
            for name, body in HOSTILE:
                async with self._connected() as (reader, writer):
                    writer.write(self._request(body))
                    status, _ = await _head(reader)
                self._counts["hostile, refused" if status == 400 else f"hostile, {name}: {status}"] += 1
            await asyncio.sleep(0.5)

    def _question(self, n: int, *, stream: bool) -> bytes:
        question = self._questions[n % len(self._questions)]
        body = {"messages": [{"role": "user", "content": question}], "stream": stream, "budget": 600}
        return self._request(json.dumps(body).encode())

    def _request(self, body: bytes) -> bytes:
        lines = [f"POST {CHAT} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", "Content-Type: application/json"]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body

    def _connected(self, receive: int | None = None) -> _Connected:
        return _Connected(self._port, receive)


class _Connected:
    """A connection, closed with the block; what the server cuts off ends the block."""

    def __init__(self, port: int, receive: int | None) -> None:
        self._port = port
        self._receive = receive

    async def __aenter__(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        made = socket.socket()
        made.setblocking(False)
        if self._receive:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive)  # the system rounds it up
        try:
            await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self._port))
            reader, self._writer = await asyncio.open_connection(sock=made, limit=self._receive or _PIECE)
        except BaseException:
            made.close()
            raise
        return reader, self._writer

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._writer.transport.abort()
        return kind is not None and issubclass(kind, ConnectionError | EOFError)


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of an answer."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines[1:] if line)
    return int(lines[0].split(" ")[1]), {name.lower(): value for name, _, value in pairs}


def _probe(port: int) -> None:
    """Ask for `/health` on new connections until standard input ends; print the seconds of each answer."""
    ended, seconds = threading.Event(), list[float]()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STUCK)
        try:
            connection.request("GET", "/health")
            good = connection.getresponse().read() == b'{"status":"ok"}'
        except OSError:
            good = False
        connection.close()
        seconds.append(time.perf_counter() - begun if good else STUCK)
        time.sleep(_PROBES)
    print(json.dumps(seconds))


if __name__ == "__main__":
    _probe(int(sys.argv[1]))
