"""What an attacker sends, what comes back, and that the server lives on: one table of requests, byte by byte."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from fakes import LIKELIHOODS, fakes_of
from helpers_cli import wait_for
from running import SMALL, filled, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Running

pytestmark = pytest.mark.slow

HOST = "HOST"  # replaced by the server's own
CHAT = "/v1/chat/completions"
JSON = "application/json"
ASKED = {"messages": [{"role": "user", "content": "How long is the notice period?"}]}
SITE = "https://shop.example"


@dataclass(frozen=True, slots=True)
class Attack:
    """A request, and the statuses that refuse it; 0 is a connection closed without an answer."""

    name: str
    expected: tuple[int, ...]
    method: str = "POST"
    path: str = CHAT
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Host", HOST), ("Content-Type", JSON))
    raw: bytes | None = None  # sent instead of all that
    never: tuple[bytes, ...] = ()  # must not be in the answer

    def bytes(self, host: str) -> bytes:
        """Return the request as it is sent."""
        if self.raw is not None:
            return self.raw.replace(b"HOST", host.encode())
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value.replace(HOST, host)}" for name, value in self.headers]
        if not any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in self.headers):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("utf-8", "surrogateescape") + self.body


def send(value: Any) -> bytes:
    return json.dumps(value).encode()


def asked(**fields: Any) -> bytes:
    return send(ASKED | fields)


def said(content: Any, role: str = "user") -> bytes:
    return send({"messages": [{"role": role, "content": content}]})


def form(filename: str, content: bytes, field: str = "file", kind: str = "application/pdf") -> bytes:
    head = (
        f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'
    )
    return head.encode() + content + b"\r\n--b--\r\n"


def headers(*pairs: tuple[str, str], host: str = HOST, kind: str | None = JSON) -> tuple[tuple[str, str], ...]:
    return (("Host", host), *((("Content-Type", kind),) if kind else ()), *pairs)


FORM = headers(kind="multipart/form-data; boundary=b")
RAW = headers(kind="application/octet-stream")
DOCUMENTS = "/v1/documents"

ATTACKS = (
    # Hosts and origins: pages that reach for a server on the visitor's machine
    Attack("rebound host", (421,), headers=headers(host="evil.example"), body=asked()),
    Attack("rebound host with our port", (421,), headers=headers(host="evil.example:8000"), body=asked()),
    Attack("other port", (421,), headers=headers(host="127.0.0.1:1"), body=asked()),
    Attack("host as suffix", (421,), headers=headers(host="HOST.evil.example"), body=asked()),
    Attack("host with user", (400, 421), headers=headers(host="evil@HOST"), body=asked()),
    Attack("no host", (400,), headers=(("Content-Type", JSON),), body=asked()),
    Attack("two hosts", (400,), headers=(*headers(), ("Host", "evil.example")), body=asked()),
    Attack("empty host", (421,), headers=headers(host=""), body=asked()),
    Attack("all interfaces as host", (421,), headers=headers(host="0.0.0.0"), body=asked()),
    Attack(
        "absolute target",
        (421,),
        raw=b"GET http://evil.example/v1/models HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
    ),
    Attack("forwarded host", (421,), headers=headers(("X-Forwarded-Host", HOST), host="evil.example"), body=asked()),
    Attack("foreign origin", (403,), headers=headers(("Origin", "https://evil.example")), body=asked()),
    Attack("origin null", (403,), headers=headers(("Origin", "null")), body=asked()),
    Attack("empty origin", (403,), headers=headers(("Origin", "")), body=asked()),
    Attack("origin on another port", (403,), headers=headers(("Origin", "http://127.0.0.1:1")), body=asked()),
    Attack(
        "origin with our host inside", (403,), headers=headers(("Origin", "http://HOST.evil.example")), body=asked()
    ),
    Attack("origin of a file", (403,), headers=headers(("Origin", "file://")), body=asked()),
    Attack(
        "two origins",
        (400,),
        headers=headers(("Origin", "http://HOST"), ("Origin", "https://evil.example")),
        body=asked(),
    ),
    Attack(
        "get from a foreign image",
        (403,),
        "GET",
        DOCUMENTS,
        headers=headers(("Sec-Fetch-Site", "cross-site"), kind=None),
    ),
    Attack(
        "preflight from anywhere", (403,), "OPTIONS", headers=headers(("Origin", "https://evil.example"), kind=None)
    ),
    Attack(
        "form from a foreign page",
        (403,),
        path=DOCUMENTS,
        headers=(*FORM, ("Origin", "https://evil.example")),
        body=form("a.txt", b"x"),
    ),
    Attack(
        "deletion from a foreign page",
        (403,),
        "DELETE",
        f"{DOCUMENTS}/doc-0",
        headers=headers(("Origin", "https://evil.example")),
    ),
    *(
        Attack(f"keyless through a proxy, {name}", (401,), "GET", DOCUMENTS, headers=headers((name, "x"), kind=None))
        for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP")
    ),
    # Content types that need no preflight
    Attack("text as json", (415,), headers=headers(kind="text/plain"), body=asked()),
    Attack("form as json", (415,), headers=headers(kind="application/x-www-form-urlencoded"), body=asked()),
    Attack("no content type", (415,), headers=headers(kind=None), body=asked()),
    Attack("two content types", (400,), headers=headers(("Content-Type", "text/plain")), body=asked()),
    Attack("json in another charset", (415,), headers=headers(kind="application/json; charset=utf-16"), body=asked()),
    Attack("content type with more", (415,), headers=headers(kind="application/json; boundary=x"), body=asked()),
    Attack("compressed body", (415,), headers=headers(("Content-Encoding", "gzip")), body=b"\x1f\x8b"),
    # Paths
    *(
        Attack(
            f"path {path}",
            (400, 404, 405),
            "GET",
            path,
            headers=headers(kind=None),
            never=(b"root:", b"rag_app", b"SQLite"),
        )
        for path in (
            "/../../../../etc/passwd",
            "/..%2f..%2f..%2fetc%2fpasswd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "//etc/passwd",
            "/chat.js/../../app.py",
            "/pages/index.html",
            "/chat.js%00.css",
            "/%5c..%5c..%5cwindows",
            "/v1/documents/..%2f..%2flibrary.db/pages/1",
            "/v1/documents/%2Fetc%2Fpasswd/pages/1",
            "/v1/documents/doc-0/pages/0",
            "/v1/documents/doc-0/pages/-1",
            "/v1/documents/doc-0/pages/1e3",
            "/v1/documents/doc-0/pages/99999999999999999999",
            "/v1/documents/doc-0/pages/%D9%A1",
            "/v1/documents/'%20OR%201=1--/pages/1",
            "/v1/models/..%2f..%2fetc%2fpasswd",
            "/server-keys.json",
            "/uploads/",
            "/docs",
            "/openapi.json",
            "/redoc",
        )
    ),
    Attack("long path", (414,), "GET", "/" + "a" * 4000, headers=headers(kind=None)),
    Attack("long query", (414,), "GET", "/health?" + "a" * 4000, headers=headers(kind=None)),
    Attack(
        "unknown method",
        (405,),
        "TRACE",
        "/health",
        headers=headers(("X-Secret", "canary"), kind=None),
        never=(b"canary",),
    ),
    Attack("invented method", (405,), "BREW", "/", headers=headers(kind=None)),
    Attack("connect", (400, 404, 405), "CONNECT", "evil.example:443", headers=headers(kind=None)),
    Attack("put", (405,), "PUT", DOCUMENTS, body=b"{}"),
    # Parsers
    Attack("empty body", (400,)),
    Attack("no json", (400,), body=b"{"),
    Attack("an array", (400,), body=b"[]"),
    Attack("null", (400,), body=b"null"),
    Attack("not utf-8", (400,), body=b'{"messages": "\xff\xfe"}'),
    Attack("utf-16", (400,), body=json.dumps(ASKED).encode("utf-16")),
    Attack("byte order mark", (400,), body=b"\xef\xbb\xbf" + asked()),
    Attack("deep arrays", (400,), body=b"[" * 100_000),
    Attack("deep objects", (400,), body=b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    Attack("deep in a field", (400,), body=b'{"messages":' + b"[" * 50 + b"]" * 50 + b"}"),
    Attack("quotation marks without an end", (400,), body=b'"\\"' * 300_000),
    Attack("backslashes", (400,), body=b'{"a":"' + b"\\" * 500_001),
    Attack("huge number", (400,), body=b'{"max_tokens":' + b"9" * 5000 + b"}"),
    Attack("not a number", (400,), body=asked().replace(b"{", b'{"temperature": NaN, ', 1)),
    Attack("infinite", (400,), body=asked().replace(b"{", b'{"temperature": 1e999, ', 1)),
    Attack("a key twice", (400,), body=b'{"messages": [], "messages": [{"role": "user", "content": "x"}]}'),
    Attack("half a character", (400,), body=b'{"messages":[{"role":"user","content":"\\ud800"}]}'),
    Attack("half a character as a key", (400,), body=asked().replace(b"{", b'{"\\udfff": 1, ', 1)),
    Attack("comment in json", (400,), body=b"/*x*/" + asked()),
    # Types
    *(
        Attack(f"types {name}", (400,), body=body)
        for name, body in (
            ("no messages", b"{}"),
            ("messages text", send({"messages": "x"})),
            ("messages empty", send({"messages": []})),
            ("many messages", send({"messages": [{"role": "user", "content": "x"}] * 501})),
            ("message number", send({"messages": [1]})),
            ("no role", send({"messages": [{"content": "x"}]})),
            ("unknown role", said("x", "root")),
            ("last is the assistant", said("x", "assistant")),
            ("content number", said(1)),
            ("content object", said({"$gt": ""})),
            ("content image", said([{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}])),
            ("content null", said(None)),
            ("content blank", said(" \u00a0\n")),
            ("question too long", said("x" * 4001)),
            ("stream text", asked(stream="yes")),
            ("stop number", asked(stop=1)),
            ("stop many", asked(stop=["a"] * 5)),
            ("stop empty", asked(stop=[""])),
            ("max_tokens negative", asked(max_tokens=-1)),
            ("max_tokens text", asked(max_tokens="1")),
            ("max_tokens true", asked(max_tokens=True)),
            ("n many", asked(n=1000)),
            ("budget zero", asked(budget=0)),
            ("filter path", asked(filter={"documents": ["/etc/passwd"]}) + b" "),
            ("filter type", asked(filter={"types": "pdf"})),
            ("filter date", asked(filter={"since": "1; DROP TABLE documents"})),
            ("filter long", asked(filter={"tags": ["x"] * 101})),
        )
        if name != "filter path"
    ),
    Attack("filter path", (404,), body=asked(filter={"documents": ["/etc/passwd"]}), never=(b"passwd",)),
    Attack("search mode", (400,), path="/v1/search", body=send({"question": "x", "mode": "sql"})),
    Attack("search k", (400,), path="/v1/search", body=send({"question": "x", "k": 10**9})),
    Attack("search nothing", (400,), path="/v1/search", body=send({"question": ""})),
    Attack("embed tokens", (400,), path="/v1/embeddings", body=send({"input": [[1, 2], [3]]})),
    Attack("embed many", (400,), path="/v1/embeddings", body=send({"input": ["x"] * 2049})),
    Attack("embed long", (400,), path="/v1/embeddings", body=send({"input": "x" * 20_001})),
    Attack("embed nothing", (400,), path="/v1/embeddings", body=send({"input": []})),
    # Bodies
    Attack("large body", (413,), headers=headers(("Content-Length", "1073741824")), body=b"x"),
    Attack("length of a thousand digits", (400, 413), headers=headers(("Content-Length", "9" * 1000))),
    Attack("negative length", (400,), headers=headers(("Content-Length", "-1"))),
    Attack("length as text", (400,), headers=headers(("Content-Length", "1_0"))),
    Attack("two lengths", (400,), headers=headers(("Content-Length", "1"), ("Content-Length", "2")), body=b"xx"),
    Attack(
        "length and chunks",
        (400,),
        headers=headers(("Content-Length", "4"), ("Transfer-Encoding", "chunked")),
        body=b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: HOST\r\n\r\n",
        never=(b"rag_requests",),
    ),
    Attack("unknown transfer", (400,), headers=headers(("Transfer-Encoding", "gzip"))),
    Attack(
        "chunk size of a thousand digits",
        (400,),
        headers=headers(("Transfer-Encoding", "chunked")),
        body=b"f" * 1000 + b"\r\n",
    ),
    Attack(
        "headers too many", (431,), "GET", "/health", headers=headers(*((f"X-{n}", "1") for n in range(100)), kind=None)
    ),
    Attack("headers too large", (400, 431), "GET", "/health", headers=headers(("X", "a" * 20_000), kind=None)),
    Attack("header line without colon", (400,), raw=b"GET /health HTTP/1.1\r\nHost: HOST\r\nnonsense\r\n\r\n"),
    Attack(
        "folded header",
        (400,),
        raw=b"GET /health HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
    ),
    Attack("not http", (400,), raw=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    Attack("http 2", (505,), raw=b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Attack("http 0.9", (400,), raw=b"GET /\r\n\r\n"),
    Attack(
        "websocket",
        (200, 400, 404),
        "GET",
        "/",
        headers=headers(
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "eA=="),
            ("Sec-WebSocket-Version", "13"),
            kind=None,
        ),
    ),
    # Uploads
    Attack("upload of a program", (415,), path=DOCUMENTS, headers=FORM, body=form("a.exe", b"MZ")),
    Attack("upload of a pickle", (415,), path=DOCUMENTS, headers=FORM, body=form("a.pkl", b"x")),
    Attack("upload without a name", (400,), path=DOCUMENTS, headers=RAW, body=b"x"),
    Attack("upload of nothing", (400,), path=DOCUMENTS + "?name=a.txt", headers=RAW),
    Attack("upload of a link", (415,), path=DOCUMENTS, body=send({"url": "http://169.254.169.254/"})),
    Attack("upload of a path", (415,), path=DOCUMENTS, body=send({"path": "/etc/passwd"})),
    Attack("upload too large", (413,), path=DOCUMENTS + "?name=a.txt", headers=RAW, body=b"x" * 300_000),
    Attack("upload in another field", (400,), path=DOCUMENTS, headers=FORM, body=form("a.txt", b"x", field="other")),
    Attack("form without a boundary", (400,), path=DOCUMENTS, headers=headers(kind="multipart/form-data"), body=b"x"),
    Attack("form that is none", (400,), path=DOCUMENTS, headers=FORM, body=b"nothing"),
    Attack(
        "form with many files",
        (400,),
        path=DOCUMENTS,
        headers=FORM,
        body=form("a.txt", b"x")[:-7] + form("b.txt", b"x"),
    ),
    Attack(
        "form with a thousand fields",
        (400,),
        path=DOCUMENTS,
        headers=FORM,
        body=b"".join(b'--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\nx\r\n' % n for n in range(1000))
        + b"--b--\r\n",
    ),
    Attack(
        "page that claims to be a pdf",
        (400,),
        path=DOCUMENTS + "?name=a.pdf&wait=1",
        headers=RAW,
        body=b"<script>alert(1)</script>",
        never=(b"/uploads/", b"<script>"),
    ),
    # Keys: there are none, and none can be made here
    Attack("keys over http", (404, 405), path="/v1/keys", body=b"{}"),
    Attack("metrics from another host", (421,), "GET", "/metrics", headers=headers(host="evil.example", kind=None)),
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(filled(tmp_path_factory.mktemp("target"))) as served:
        yield served


def test_there_are_many_attacks_and_each_has_a_name() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_refused_and_the_server_lives(target: Running, attack: Attack) -> None:
    begun = time.monotonic()
    answer = target.raw(attack.bytes(f"127.0.0.1:{target.port}"))
    assert time.monotonic() - begun < 5
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1]) if head else 0
    assert status in attack.expected, answer[:500]
    lowered = head.lower()
    for header in (b"\nserver:", b"uvicorn", b"python", b"x-powered-by"):
        assert header not in lowered
    for text in (*attack.never, str(target.library.settings.library).encode(), b"Traceback", b"site-packages", b".py"):
        assert text not in answer
    if status >= 400:
        error = json.JSONDecoder().raw_decode(body.decode())[0]["error"]
        assert set(error) == {"message", "type", "code"}
    assert target.healthy()


def test_a_gibibyte_in_chunks_is_refused_early(target: Running) -> None:
    lines = (f"POST {CHAT} HTTP/1.1", f"Host: 127.0.0.1:{target.port}", f"Content-Type: {JSON}")
    head = "\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""])
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", target.port), timeout=10) as connection:
        connection.sendall(head.encode())
        try:
            while sent < 2**30:
                connection.sendall(piece)
                sent += 65536
        except ConnectionError:
            pass
        try:
            answer = connection.recv(65536)
        except ConnectionError:
            answer = b"HTTP/1.1 413"  # the answer was lost with the connection
    assert answer.startswith(b"HTTP/1.1 413")
    assert sent < 16 * 2**20  # what the system buffers on both sides
    assert target.healthy()


@pytest.mark.parametrize(
    "slow",
    [
        b"",
        b"GET /health HTTP/1.1\r\n",
        b"GET /health HTTP/1.1\r\nHost: HOST\r\nX: ",
        b"POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        b"POST /v1/search HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 900000\r\n\r\n",
        b"POST /v1/documents?name=a.txt HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/octet-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    ],
    ids=["silence", "request line", "headers", "body", "body of a refused request", "upload"],
)
def test_a_slow_client_is_dropped(target: Running, slow: bytes) -> None:
    """Each sends a byte now and then, so that no single pause is long."""
    limit = max(SMALL.header_seconds, SMALL.upload_seconds) + 2
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", target.port), timeout=limit) as connection:
        connection.sendall(slow.replace(b"HOST", f"127.0.0.1:{target.port}".encode()))
        connection.settimeout(0.3)
        while time.monotonic() - begun < limit:
            try:
                if not connection.recv(65536):
                    break
            except TimeoutError:
                try:
                    if slow:
                        connection.sendall(b"a" if b"chunked" not in slow else b"1\r\na\r\n")
                except ConnectionError:
                    break
            except ConnectionError:
                break
    assert time.monotonic() - begun < limit - 0.5
    assert target.healthy()


def test_idle_connections_do_not_keep_others_out(target: Running) -> None:
    connections = [socket.create_connection(("127.0.0.1", target.port)) for _ in range(100)]
    try:
        assert target.healthy()
    finally:
        for connection in connections:
            connection.close()


def test_a_client_that_does_not_read_is_dropped_and_the_model_is_free(target: Running) -> None:
    stream = Attack("stream", (200,), body=asked(stream=True))
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        connection.sendall(stream.bytes(f"127.0.0.1:{target.port}"))
        assert target.ask("How long is the notice period?").status_code == 200


EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script> javascript:alert(3) \x1b[31m\u202e'


def test_markup_in_a_question_stays_data(target: Running) -> None:
    answer = target.ask(EVIL)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    csp = answer.headers["content-security-policy"]
    assert csp.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'")
    assert "frame-ancestors 'none'" in csp
    assert "unsafe" not in csp


def test_nothing_of_questions_documents_and_keys_is_in_the_log(
    target: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        secret = target.ring.add("canary")
        try:
            bearer = {"authorization": f"Bearer {secret}"}
            target.client.post(CHAT, json=ASKED, headers=bearer)
            target.client.post(CHAT, json=ASKED, headers={"authorization": f"Bearer {secret}x"})
            target.client.post("/v1/search", json={"question": "notice \x1b[31m period"}, headers=bearer)
            target.client.get("/%1b%5b31m/notice?key=" + secret, headers=bearer)
            target.raw(b"GET /\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n")
        finally:
            target.ring.revoke("canary")
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("rag_app", "uvicorn", "sse"))
    )
    assert f"POST {CHAT} 200" in logged
    for canary in (secret, "notice", "three months", "\x1b", str(target.library.settings.library)):
        assert canary not in logged


def test_an_error_inside_is_told_without_its_message(target: Running, caplog: pytest.LogCaptureFixture) -> None:
    generator, text = fakes_of(target.library).generator, "canary of a document"

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError(text)

    fakes_of(target.library).generator = type(
        "Broken", (), {"name": "b", "context": 1, "numbers": LIKELIHOODS, "stream": broken, "preference": broken}
    )()
    try:
        answer = target.ask("How long is the notice period?")
    finally:
        fakes_of(target.library).generator = generator
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
    assert "canary" not in answer.text + caplog.text
    wait_for(lambda: "ZeroDivisionError" in caplog.text)  # the answer is sent before the log is written
    assert "canary" not in caplog.text
    assert target.healthy()
