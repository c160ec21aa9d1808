"""Where requests begin and end: the same verdict however the bytes are split, and nothing good is altered."""

from __future__ import annotations

from itertools import pairwise

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_app.server.framing import AROUND, EXTENSIONS, TRAILER_BYTES, TRAILERS, Framing
from rag_app.server.limits import Limits

LIMITS = Limits(headers=400, header_count=8, target=60)

# What well-known clients send, byte by byte.
GOOD: dict[str, bytes] = {
    "curl": b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
    "curl with http2 upgrade": b"GET / HTTP/1.1\r\nHost: localhost:8000\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
    "curl that waits": b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 16\r\nExpect: 100-continue\r\n\r\n" + b'{"question":"x"}',
    "curl in chunks": b"POST /v1/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'10\r\n{"question":"x"}\r\n0\r\n\r\n',
    "httpx": b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nUser-Agent: python-httpx/0.28.1\r\n"
    b"Content-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
    "browser": b"GET /chat.js HTTP/1.1\r\nHost: localhost:8000\r\nConnection: keep-alive\r\n"
    b'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"\r\nsec-ch-ua-mobile: ?0\r\nAccept: */*\r\n'
    b"Sec-Fetch-Site: same-origin\r\nCookie: a=b; c=\xc3\xa9\r\n\r\n",
    "preflight": b"OPTIONS /v1/models HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\nContent-Length: 0\r\n\r\n",
    "http 1.0": b"GET / HTTP/1.0\r\n\r\n",
    "ab": b"GET /health HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: x\r\n\r\n",
    "delete": b"DELETE /v1/documents/doc-0 HTTP/1.1\r\nhost:x\r\n\r\n",
    "empty value": b"GET / HTTP/1.1\r\nHost: x\r\nAccept:\r\nX-Y: \t \r\n\r\n",
    "ipv6": b"GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "any query": b'GET /?q=a|b{c}%20\\^`[]"<> HTTP/1.1\r\nHost: x\r\n\r\n',
    "extensions": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'3;a;b=c;d="e;\\"f"\r\nabc\r\n00\r\n\r\n',
    "trailers": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nab\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n",
    "binary": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n\x00\r\n\r\nGET \xff",
    "binary in chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"A\r\n0\r\n\r\n\n\x00\r\n\r\r\n0\r\n\r\n",
}

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def read(pieces: list[bytes], limits: Limits = LIMITS) -> tuple[bytes, int, str | None, bool]:
    """Return what was passed on, the requests that ended, the code of the refusal, and whether one is not whole."""
    framing, passed, ended = Framing(limits), b"", 0
    for piece in pieces:
        passed += framing.feed(piece)
        while framing.whole:
            ended += 1
            passed += framing.proceed()
    refusal = framing.refusal
    return passed, ended, refusal.code if refusal else None, framing.begun


@pytest.mark.parametrize("name", GOOD)
def test_what_clients_send_passes_untouched_whole_and_byte_by_byte(name: str) -> None:
    request = GOOD[name]
    assert read([request]) == (request, 1, None, False)
    assert read([request[i : i + 1] for i in range(len(request))]) == (request, 1, None, False)
    assert read([request * 3]) == (request * 3, 3, None, False)


@pytest.mark.parametrize("name", GOOD)
def test_the_beginning_of_a_request_is_neither_whole_nor_refused(name: str) -> None:
    request = GOOD[name]
    for n in range(1, len(request)):
        passed, ended, code, begun = read([request[:n]])
        assert (ended, code, begun) == (0, None, True), request[:n]
        assert request.startswith(passed)
        assert not passed or b"\r\n\r\n" in passed  # never a part of the headers


@pytest.mark.parametrize("name", GOOD)
def test_h11_reads_what_passes_as_one_request(name: str) -> None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(GOOD[name])
    events = []
    while (event := connection.next_event()) is not h11.NEED_DATA:
        events.append(event)
        if event is h11.PAUSED or isinstance(event, h11.EndOfMessage):
            break
    assert isinstance(events[0], h11.Request)
    assert isinstance(events[-1], h11.EndOfMessage)
    assert connection.trailing_data == (b"", False)


def test_an_address_with_the_host_of_the_header_becomes_a_path() -> None:
    for target, path in ((b"http://A:1/x?y", b"/x?y"), (b"HTTP://a:1", b"/"), (b"https://a:1?q", b"/?q")):
        passed, ended, code, _ = read([b"GET %s HTTP/1.1\r\nHost: a:1\r\n\r\n" % target])
        assert (passed, ended, code) == (b"GET %s HTTP/1.1\r\nHost: a:1\r\n\r\n" % path, 1, None)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b"GET /" + b"a" * 59 + b" HTTP/1.1\r\nHost: x\r\n\r\n", None),
        (b"GET /" + b"a" * 60 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "uri_too_long"),
        (b"GET /" + b"a" * 200, "uri_too_long"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 7 + b"\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 8, "headers_too_large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 368 + b"\r\n\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 369 + b"\r\n\r\n", "headers_too_large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 372, "headers_too_large"),
        (CHUNKED + b"1;" + b"a" * (EXTENSIONS - 1) + b"\r\nx\r\n0\r\n\r\n", None),
        (CHUNKED + b"1;" + b"a" * EXTENSIONS + b"\r\nx\r\n0\r\n\r\n", "invalid_chunk"),
        (CHUNKED + b"1;aaa\r\nx\r\n" * (EXTENSIONS // 4) + b"0\r\n\r\n", None),
        (CHUNKED + b"1;aaa\r\nx\r\n" * (EXTENSIONS // 4) + b"0;a\r\n\r\n", "invalid_chunk"),
        (CHUNKED + b"1\r\nx\r\n" * (AROUND // 4 - 2) + b"0\r\n\r\n", None),
        (CHUNKED + b"1\r\nx\r\n" * (AROUND // 4 + 1), "invalid_chunk"),
        (CHUNKED + b"8\r\n12345678\r\n" * 20_000 + b"0\r\n\r\n", None),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * TRAILERS + b"\r\n", None),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * (TRAILERS + 1), "headers_too_large"),
        (CHUNKED + b"0\r\nX: " + b"y" * (TRAILER_BYTES - 7) + b"\r\n\r\n", None),
        (CHUNKED + b"0\r\nX: " + b"y" * TRAILER_BYTES + b"\r\n\r\n", "headers_too_large"),
    ],
)
def test_the_limits_are_where_they_are_said_to_be(request_: bytes, code: str | None) -> None:
    passed, ended, found, _ = read([request_])
    assert (ended, found) == (0 if code else 1, code)
    assert code or passed == request_


_LINES = (
    *(b"GET ", b"POST ", b"/ ", b"/a?b ", b"* ", b"http://x/ ", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0"),
    *(
        b"Host: x",
        b"Content-Length: 3",
        b"Content-Length: +3",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip",
    ),
    *(b"Expect: 100-continue", b"X: y", b"x" * 70, b"3", b"a;b=c", b"abc", b"abc\r\n", b"0", b"0\r\n\r\n", b"\r\n\r\n"),
    *(b"\r\n", b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\x00", b"\xff"),
)
_BITS = st.sampled_from([*_LINES, POST, CHUNKED, *GOOD.values()])


@given(st.lists(_BITS, max_size=14).map(b"".join), st.lists(st.integers(0, 600), max_size=8))
@settings(max_examples=400)
def test_splitting_the_bytes_changes_nothing(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    whole = read([data])
    assert read([data[a:b] for a, b in pairwise(edges)]) == whole
    assert read([data[i : i + 1] for i in range(len(data))]) == whole


@given(
    st.sampled_from(sorted(GOOD)),
    st.integers(0, 400),
    st.sampled_from([b"\r", b"\n", b"\x00", b" ", b"\t", b":", b"x"]),
)
@settings(max_examples=400)
def test_what_passes_after_one_changed_byte_is_read_by_h11_in_the_same_way(name: str, at: int, put: bytes) -> None:
    """Whatever is accepted ends for h11 where it ends here: nothing is left over for a second request."""
    good = GOOD[name]
    data = good[: at % len(good)] + put + good[at % len(good) + 1 :]
    framing = Framing(Limits())
    passed = framing.feed(data)
    if framing.refusal or not framing.whole:
        return
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(passed)
    assert isinstance(connection.next_event(), h11.Request)
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        assert isinstance(event, h11.Data)
    assert connection.trailing_data == (b"", False)
