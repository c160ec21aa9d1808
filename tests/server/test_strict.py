"""Requests that two programs could read in two ways, and what comes back: one table, byte by byte, over a socket."""

from __future__ import annotations

import json
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from running import answers, filled, running, serving_app

from rag_app.server.headers import SECURITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Running
    from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.slow

SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
"""What follows each request; it is served after a good one, and never after one that was refused."""
ASKED = b'{"question":"x"}'
SEARCH = b"POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
CHUNKED = SEARCH + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /health HTTP/1.1\r\nHost: HOST\r\n"
NOT_HTTP = "The request is not HTTP."
CONTROL = "A line holds a control character, or does not end with CR LF."
TWICE = "A header is there twice."
BOTH = "A request has a length or comes in chunks, not both."
CODING = "The only transfer encoding is `chunked`, in HTTP/1.1."
FOLDED = "A header is folded, or has no name before its colon."
NUMBER = "The length of the body is not a number."
CHUNKS = "The chunks of the body are malformed, too small, or say too much beside it."
BODILESS = "A request with this method has no body."
NO_PATH = "The address is not a path."
HOST_TEXT = "The header Host is not a name and a port."
AFTER = "This header must not come after the body."


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and what comes back."""

    name: str
    raw: bytes
    status: int
    code: str = ""
    message: str = ""
    kept: bool = False  # the connection is open afterwards, so that the next request is served


def bad(name: str, raw: bytes, message: str, code: str = "invalid_header", status: int = 400) -> Case:
    return Case(name, raw, status, code, message)


def good(name: str, raw: bytes, status: int = 200) -> Case:
    return Case(name, raw, status, kept=True)


def chunk(name: str, body: bytes, message: str = CHUNKS, code: str = "invalid_chunk", status: int = 400) -> Case:
    return bad(name, CHUNKED + body, message, code, status)


CASES = (
    # Good ones: the strictness shuts nobody out
    good("a get", GET + b"\r\n"),
    good("a length", SEARCH + b"Content-Length: 16\r\n\r\n" + ASKED),
    good("a length with zeros", SEARCH + b"Content-Length: 0000016\r\n\r\n" + ASKED),
    good("chunks", CHUNKED + b"8\r\n" + ASKED[:8] + b"\r\n08\r\n" + ASKED[8:] + b"\r\n0\r\n\r\n"),
    good("a chunk extension", CHUNKED + b'10;a="b c";d\r\n' + ASKED + b"\r\n0;e\r\n\r\n"),
    good("trailers", CHUNKED + b"10\r\n" + ASKED + b"\r\n0\r\nX-Sum: 1\r\n\r\n"),
    good("a get with length 0", GET + b"Content-Length: 0\r\n\r\n"),
    good("no space after the colon", b"GET /health HTTP/1.1\r\nhost:HOST\r\n\r\n"),
    good("blanks around a value", b"GET /health HTTP/1.1\r\nHost: \t HOST \t\r\n\r\n"),
    good("bytes beyond ascii in a value", GET + b"X: \xc3\xa9\xff\r\n\r\n"),
    good("own host in the address", b"GET http://HOST/health?x HTTP/1.1\r\nHost: HOST\r\n\r\n"),
    good("an upgrade that is not made", GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    good("nothing there", b"GET /nothing HTTP/1.1\r\nHost: HOST\r\n\r\n", 404),
    Case("a get in http 1.0", b"GET /health HTTP/1.0\r\nHost: HOST\r\nConnection: keep-alive\r\n\r\n", 200),
    Case("a get that closes", GET + b"Connection: close\r\n\r\n", 200),
    # A length and chunks
    bad("length and chunks", SEARCH + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BOTH),
    bad("chunks and length", SEARCH + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", BOTH),
    bad("length and another coding", SEARCH + b"Content-Length: 0\r\nTransfer-Encoding: identity\r\n\r\n", BOTH),
    # Repeated headers
    bad("two equal lengths", SEARCH + b"Content-Length: 16\r\nContent-Length: 16\r\n\r\n" + ASKED, TWICE),
    bad("two lengths", SEARCH + b"Content-Length: 16\r\ncontent-length: 0\r\n\r\n" + ASKED, TWICE),
    bad("two codings", SEARCH + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", TWICE),
    bad("two hosts", GET + b"Host: HOST\r\n\r\n", TWICE),
    bad("two hosts, one foreign", GET + b"hOST: evil.example\r\n\r\n", TWICE),
    bad("a list of lengths", SEARCH + b"Content-Length: 16, 16\r\n\r\n" + ASKED, NUMBER),
    # Lengths
    *(
        bad(f"length {value!r}", SEARCH + b"Content-Length:" + value + b"\r\n\r\n" + ASKED, NUMBER)
        for value in (b" -1", b" +16", b" 0x10", b" 1_6", b" 16.0", b" 1e1", b" ", b"", b" 1 6", b' "16"', b" \xb2")
    ),
    bad(
        "length of nineteen digits",
        SEARCH + b"Content-Length: 1000000000000000016\r\n\r\n" + ASKED,
        "The body is too large.",
        "request_too_large",
        413,
    ),
    bad(
        "length of eighteen digits",
        SEARCH + b"Content-Length: 999999999999999999\r\n\r\n" + ASKED,
        "The body is larger than 1,048,576 bytes.",
        "request_too_large",
        413,
    ),
    # Codings
    *(
        bad(f"coding {value!r}", SEARCH + b"Transfer-Encoding: " + value + b"\r\n\r\n0\r\n\r\n", CODING)
        for value in (
            b"gzip",
            b"identity",
            b"gzip, chunked",
            b"chunked, identity",
            b"chunked, chunked",
            b"chunked;q=1",
            b"Chunked",
            b'"chunked"',
            b"chunkedx",
            b"xchunked",
            b",chunked",
            b"",
        )
    ),
    bad(
        "chunks in http 1.0",
        b"POST /v1/search HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CODING,
    ),
    bad("coding after a vertical tab", SEARCH + b"Transfer-Encoding: \x0bchunked\r\n\r\n", CONTROL, "invalid_http"),
    # Folds, blanks and names
    bad("folded length", SEARCH + b"Content-Length:\r\n 16\r\n\r\n" + ASKED, FOLDED),
    bad("folded coding", SEARCH + b"Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n", FOLDED),
    bad("folded host", b"GET /health HTTP/1.1\r\nHost:\r\n HOST\r\n\r\n", FOLDED),
    bad("folded other header", GET + b"X: a\r\n b\r\n\r\n", FOLDED),
    bad("fold before all headers", b"GET /health HTTP/1.1\r\n X: a\r\nHost: HOST\r\n\r\n", FOLDED),
    bad("a line of blanks", GET + b" \r\n\r\n", FOLDED),
    bad("blank before the colon", SEARCH + b"Content-Length : 16\r\n\r\n" + ASKED, FOLDED),
    bad("tab before the colon", SEARCH + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", FOLDED),
    bad("no name", GET + b": x\r\n\r\n", FOLDED),
    bad("no colon", GET + b"nonsense\r\n\r\n", FOLDED),
    bad("a name beyond ascii", GET + b"Content-L\xe9ngth: 5\r\n\r\n", FOLDED),
    bad("a bracket in a name", GET + b"X(y): 5\r\n\r\n", FOLDED),
    # Line ends and control characters
    *(
        bad(f"line end {name}", raw, CONTROL, "invalid_http")
        for name, raw in (
            ("LF after the first line", b"GET /health HTTP/1.1\nHost: HOST\r\n\r\n"),
            ("LF after a header", GET + b"X: a\nY: b\r\n\r\n"),
            ("LF after all headers", GET + b"\n"),
            ("LF everywhere", b"GET /health HTTP/1.1\nHost: HOST\n\n"),
            ("CR in the first line", b"GET /health\r HTTP/1.1\r\nHost: HOST\r\n\r\n"),
            ("CR in a header", GET + b"X: a\rY: b\r\n\r\n"),
            ("CR after a header", GET + b"X: a\r\r\n\r\n"),
            ("CR CR LF after all headers", GET + b"\r\r\n"),
            ("CR before a length", SEARCH + b"X: a\rContent-Length: 16\r\n\r\n" + ASKED),
        )
    ),
    *(
        bad(f"control {byte!r} in a value", GET + b"X: a" + byte + b"b\r\n\r\n", CONTROL, "invalid_http")
        for byte in (b"\x00", b"\x01", b"\x08", b"\x0b", b"\x0c", b"\x1b", b"\x7f")
    ),
    bad("NUL in a name", GET + b"X\x00: a\r\n\r\n", CONTROL, "invalid_http"),
    bad("NUL in a length", SEARCH + b"Content-Length: 16\x00\r\n\r\n" + ASKED, CONTROL, "invalid_http"),
    bad("NUL in the address", b"GET /hea\x00lth HTTP/1.1\r\nHost: HOST\r\n\r\n", CONTROL, "invalid_http"),
    # The first line
    *(
        bad(f"first line {line!r}", line + b"\r\nHost: HOST\r\n\r\n", NOT_HTTP, "invalid_http")
        for line in (
            b" GET /health HTTP/1.1",
            b"GET  /health HTTP/1.1",
            b"GET /health  HTTP/1.1",
            b"GET /health HTTP/1.1 ",
            b"GET\t/health HTTP/1.1",
            b"GET /hea lth HTTP/1.1",
            b"GET /health",
            b"GET /health http/1.1",
            b"GET",
            b"GET /health HTTP/1",
            b"GET /health HTTP/1.10",
            b"GET /health HTTP/+1.1",
            b"GET /h\xc3\xa9 HTTP/1.1",
            b"G@T /health HTTP/1.1",
            b"GET /health HTTPS/1.1",
            b"X" * 33 + b" /health HTTP/1.1",
        )
    ),
    bad("an empty line first", b"\r\n" + GET + b"\r\n", NOT_HTTP, "invalid_http"),
    *(
        bad(
            f"version {version.decode()}",
            b"GET /health HTTP/" + version + b"\r\nHost: HOST\r\n\r\n",
            "The server speaks HTTP/1.1.",
            "http_version_not_supported",
            505,
        )
        for version in (b"0.9", b"1.2", b"2.0", b"3.0")
    ),
    # Addresses and hosts
    *(
        bad(
            f"address {target.decode()}", b"GET " + target + b" HTTP/1.1\r\nHost: HOST\r\n\r\n", NO_PATH, "invalid_http"
        )
        for target in (b"health", b"HOST", b"*", b"ftp://HOST/health", b"/health#x", b"http:/health", b"?x")
    ),
    *(
        bad(
            f"address {target.decode()}",
            b"GET " + target + b" HTTP/1.1\r\nHost: HOST\r\n\r\n",
            "The address names another host than the header Host.",
            "unknown_host",
            421,
        )
        for target in (b"http://evil.example/health", b"https://u@HOST/health", b"http://HOST:1/", b"http:///health")
    ),
    bad(
        "connect",
        b"CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "The method is not allowed.",
        "method_not_allowed",
        405,
    ),
    bad("no host", b"GET /health HTTP/1.1\r\n\r\n", "The header Host is missing."),
    *(
        bad(f"host {host.decode()}", b"GET /health HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", HOST_TEXT)
        for host in (b"HOST, evil.example", b"evil@HOST", b"HOST/x", b"HOST evil.example", b"http://HOST")
    ),
    bad("long address", b"GET /" + b"a" * 4000 + b" HTTP/1.1\r\n", "The address is too long.", "uri_too_long", 414),
    # Too much
    bad("many headers", GET + b"X: y\r\n" * 64, "The headers are too large.", "headers_too_large", 431),
    bad("large headers", GET + b"X: " + b"y" * 17_000, "The headers are too large.", "headers_too_large", 431),
    bad(
        "another expectation",
        SEARCH + b"Expect: 200-ok\r\nContent-Length: 16\r\n\r\n" + ASKED,
        "The header Expect asks for what this server cannot do.",
        "expectation_failed",
        417,
    ),
    # Bodies where there is none
    bad("a get with a body", GET + b"Content-Length: 5\r\n\r\nabcde", BODILESS, "body_not_allowed"),
    bad("a get with a request as its body", GET + b"Content-Length: 44\r\n\r\n", BODILESS, "body_not_allowed"),
    bad("a get in chunks", GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BODILESS, "body_not_allowed"),
    bad(
        "a deletion with a body",
        b"DELETE /v1/documents/doc-0 HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n\r\n{}",
        BODILESS,
        "body_not_allowed",
    ),
    # Chunks
    *(
        chunk(f"chunk size {size!r}", size + b"\r\n" + ASKED + b"\r\n0\r\n\r\n")
        for size in (b"-10", b"+10", b"0x10", b"10 ", b" 10", b"1_0", b"g", b"", b"\t10", b"10 ;a", b"10,", b"1" * 17)
    ),
    *(
        chunk(f"chunk extension {extension!r}", b"10;" + extension + b"\r\n" + ASKED + b"\r\n0\r\n\r\n")
        for extension in (b"", b"=a", b"a=", b'a="', b'a="b"c', b"a b", b"a;;b", b"a" * 257, b"a=" + b"b" * 255)
    ),
    chunk("extensions that are large together", (b"1;" + b"a" * 99 + b"\r\n \r\n") * 3),
    chunk("a chunk line with LF", b"10\n" + ASKED + b"\r\n0\r\n\r\n", CONTROL, "invalid_http"),
    chunk("a chunk line with CR", b"10\r" + ASKED + b"\r\n0\r\n\r\n", CONTROL, "invalid_http"),
    chunk("an extension with LF", b"10;a\nb\r\n" + ASKED + b"\r\n0\r\n\r\n", CONTROL, "invalid_http"),
    chunk("an extension with NUL", b"10;a=\x00\r\n" + ASKED + b"\r\n0\r\n\r\n", CONTROL, "invalid_http"),
    chunk("a chunk that is longer than it says", b"f\r\n" + ASKED + b"\r\n0\r\n\r\n"),
    chunk("a chunk that is shorter than it says", b"11\r\n" + ASKED + b"\r\n0\r\n\r\n"),
    chunk("a chunk that ends with LF", b"10\r\n" + ASKED + b"\n0\r\n\r\n"),
    chunk("a chunk that ends with CR CR", b"10\r\n" + ASKED + b"\r\r0\r\n\r\n"),
    chunk("thousands of chunks of a byte", b"1\r\n \r\n" * 5000),
    chunk("the last chunk with LF", b"10\r\n" + ASKED + b"\r\n0\n\n", CONTROL, "invalid_http"),
    # Trailers
    *(
        chunk(
            f"trailer {line.decode()}", b"10\r\n" + ASKED + b"\r\n0\r\n" + line + b"\r\n\r\n", AFTER, "invalid_header"
        )
        for line in (b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Host: HOST", b"Authorization: Bearer x")
    ),
    chunk("a folded trailer", b"10\r\n" + ASKED + b"\r\n0\r\nX: a\r\n b\r\n\r\n", FOLDED, "invalid_header"),
    chunk("a trailer with LF", b"10\r\n" + ASKED + b"\r\n0\r\nX: a\n\r\n", CONTROL, "invalid_http"),
    chunk("bytes for a trailer", b"10\r\n" + ASKED + b"\r\n0\r\nabc\r\n\r\n", FOLDED, "invalid_header"),
    chunk(
        "many trailers",
        b"10\r\n" + ASKED + b"\r\n0\r\n" + b"X: y\r\n" * 17,
        "The headers are too large.",
        "headers_too_large",
        431,
    ),
    chunk(
        "large trailers",
        b"10\r\n" + ASKED + b"\r\n0\r\nX: " + b"y" * 4100,
        "The headers are too large.",
        "headers_too_large",
        431,
    ),
    # Not HTTP
    bad("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", CONTROL, "invalid_http"),
    bad(
        "http 2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "The server speaks HTTP/1.1.", "http_version_not_supported", 505
    ),
    bad("http 0.9", b"GET /\r\n\r\n", NOT_HTTP, "invalid_http"),
    bad("a proxy's greeting", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", NOT_HTTP, "invalid_http"),
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(filled(tmp_path_factory.mktemp("strict"))) as served:
        yield served


def served_models(target: Running) -> int:
    """Return how often the smuggled request was served so far."""
    text = target.client.get("/metrics").text
    found = re.search(r'^rag_requests_total\{method="GET",route="/v1/models",status="200"\} (\d+)$', text, re.MULTILINE)
    return int(found[1]) if found else 0


def test_there_are_many_cases_and_each_has_a_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 80
    assert sum(not case.kept and case.status >= 400 for case in CASES) >= 80


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_comes_back(target: Running, case: Case) -> None:
    before = served_models(target)
    host = f"127.0.0.1:{target.port}".encode()
    got = answers(target.raw((case.raw + SMUGGLED).replace(b"HOST", host), wait=5))
    first, *more = got
    assert (first.status, [answer.status for answer in more]) == (case.status, [200] if case.kept else [])
    assert served_models(target) - before == len(more)
    assert [name for name, value in SECURITY.items() if first.headers.get(name) != value] == []
    if case.code:
        error = json.loads(first.body)["error"]
        assert (error["code"], error["message"]) == (case.code, case.message)
        assert error["type"] == ("invalid_request_error" if case.status < 500 else "server_error")
        assert first.headers["connection"] == "close"
    assert target.healthy()


@pytest.mark.parametrize("name", ["chunks", "a chunk that is longer than it says", "two lengths", "LF everywhere"])
def test_bytes_that_come_one_by_one_are_read_in_the_same_way(target: Running, name: str) -> None:
    case = next(case for case in CASES if case.name.endswith(name))
    data = (case.raw + SMUGGLED).replace(b"HOST", f"127.0.0.1:{target.port}".encode())
    got = b""
    with socket.create_connection(("127.0.0.1", target.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):
            for n in range(len(data)):
                connection.sendall(data[n : n + 1])
            while piece := connection.recv(65536):
                got += piece
    assert [answer.status for answer in answers(got)] == [case.status, *([200] if case.kept else [])]


def test_requests_before_a_bad_one_are_answered_and_those_after_it_are_not(target: Running) -> None:
    host = f"127.0.0.1:{target.port}".encode()
    asked = SEARCH + b"Content-Length: 16\r\n\r\n" + ASKED
    before = served_models(target)
    got = answers(target.raw((GET + b"\r\n" + asked + GET + b"X : y\r\n\r\n" + SMUGGLED * 2).replace(b"HOST", host)))
    assert [answer.status for answer in got] == [200, 200, 400]
    assert served_models(target) == before


def test_a_bad_end_of_a_body_that_was_refused_already_gets_no_second_answer(target: Running) -> None:
    head = CHUNKED.replace(b"application/json", b"text/plain").replace(b"HOST", f"127.0.0.1:{target.port}".encode())
    with socket.create_connection(("127.0.0.1", target.port), timeout=5) as connection:
        connection.sendall(head)
        got = connection.recv(65536)
        connection.sendall(b"nonsense\r\n")
        while piece := connection.recv(65536):
            got += piece
    assert [answer.status for answer in answers(got)] == [415]


def test_a_client_that_sends_all_of_a_large_body_before_it_reads_is_told_that_it_is_too_large(target: Running) -> None:
    host = f"127.0.0.1:{target.port}".encode()
    got = target.raw((SEARCH + b"Content-Length: 3000000\r\n\r\n").replace(b"HOST", host) + b" " * 3_000_000)
    assert [(answer.status, answer.headers["connection"]) for answer in answers(got)] == [(413, "close")]


def test_the_answer_to_a_refused_head_request_has_no_body(target: Running) -> None:
    got = target.raw(b"HEAD /health HTTP/1.1\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400 ")
    assert got.endswith(b"\r\n\r\n")


def test_a_failure_of_the_server_itself_has_the_form_of_all_errors(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ConnectionError

    with serving_app(app) as (_, port):
        answer = httpx.get(f"http://127.0.0.1:{port}/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY


def test_nobodys_bad_manners_are_written_as_warnings(target: Running, caplog: pytest.LogCaptureFixture) -> None:
    target.raw(b"nonsense\r\n\r\n")
    target.raw(
        (GET + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n").replace(
            b"HOST", f"127.0.0.1:{target.port}".encode()
        )
    )
    assert [record.getMessage() for record in caplog.records if record.levelname not in {"DEBUG", "INFO"}] == []
