"""Where each request begins and ends, told from its bytes before any parser sees them.

What two programs could read in two ways is refused, although RFC 9112 lets a server repair some of it: line ends other
than CR LF, folded headers, a length beside chunks, framing headers that are there twice. Nothing here waits or sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.server.api_errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.server.limits import Limits

EXTENSIONS = 256  # bytes of all chunk extensions of a request
TRAILERS = 16
TRAILER_BYTES = 4096
AROUND = 16 * 1024  # bytes by which what is around the chunks may exceed what is in them

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_REQUEST = re.compile(rb"(" + _TOKEN + rb"{1,32}) ([!-~]+) HTTP/([0-9])\.([0-9])")
_NAME = re.compile(_TOKEN + rb"+")
_HOST = re.compile(rb"[0-9A-Za-z._~%:\[\]-]*")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([/?].*)?", re.IGNORECASE)
_CHUNK = re.compile(
    rb"([0-9A-Fa-f]{1,16})((?:;" + _TOKEN + rb"+(?:=(?:" + _TOKEN + rb'+|"[^"\\]*(?:\\.[^"\\]*)*"))?)*)'
)
# a control character, a CR without LF (one at the end may still get its LF), or an LF without CR
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|\Z)|(?<!\r)\n")
_LONGEST_LENGTH = 18  # digits
_METHOD_AND_VERSION = 48  # bytes of a request line beside its target
_BODILESS = frozenset({b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"TRACE"})
_SINGLE = frozenset({b"host", b"content-length", b"transfer-encoding"})
_NO_TRAILERS = _SINGLE | {
    b"authorization",
    b"connection",
    b"content-encoding",
    b"content-range",
    b"content-type",
    b"cookie",
    b"expect",
    b"keep-alive",
    b"origin",
    b"te",
    b"trailer",
    b"upgrade",
}


@dataclass(frozen=True, slots=True)
class Start:
    """The first line of a request."""

    method: bytes
    target: bytes  # beginning with a slash, or a star
    authority: bytes | None  # of an address that names its host
    version: bytes  # 1.0 or 1.1


class Framing:
    """The requests of one connection, in order; how the bytes are split changes nothing."""

    def __init__(self, limits: Limits) -> None:
        self.refusal: ApiError | None = None  # once it is set, nothing of the connection is read any more
        self._limits = limits
        self._held = bytearray()  # taken, and not yet looked at
        self._begin()

    def _begin(self) -> None:
        self.start: Start | None = None  # of the request that is being read
        self.headed = False  # its headers are whole, and were found good
        self.whole = False  # it has ended; what follows waits for `proceed`
        self._step: Callable[[bytearray], bool] = self._read_head
        self._seen = 0  # bytes of the line that were looked at
        self._raw = bytearray()  # headers or trailers so far
        self._fields: list[tuple[bytes, bytes]] = []
        self._left = 0  # bytes of the body or the chunk
        self._extensions = 0
        self._excess = 0  # bytes around the chunks, less those in them

    @property
    def begun(self) -> bool:
        """Whether a part of a request has come that is not whole."""
        return not self.whole and bool(self._held or self._raw or self.start)

    @property
    def held(self) -> bool:
        """Whether bytes of the next request wait."""
        return bool(self._held)

    def feed(self, data: bytes) -> bytes:
        """Return what may be passed on of this and earlier bytes: whole headers, bodies as they come.

        When `refusal` is set afterwards, the request that it belongs to must not be served.
        """
        passed = bytearray()
        if self.refusal is None:
            self._held += data
            try:
                while not self.whole and self._step(passed):
                    pass
            except ApiError as error:
                self.refusal = error
        if self.refusal is not None:
            self._held.clear()
        return bytes(passed)

    def proceed(self) -> bytes:
        """Go on to the next request; return what may be passed on of it already."""
        assert self.whole
        self._begin()
        return self.feed(b"")

    def _read_head(self, passed: bytearray) -> bool:
        if self.start is None:
            line = self._line(self._limits.target + _METHOD_AND_VERSION, _long_target)
            if line is None:
                return False
            self.start = _started(line, self._limits.target)
            self._raw += b"%s %s HTTP/%s\r\n" % (self.start.method, self.start.target, self.start.version)
            return True
        line = self._line(self._limits.headers - len(self._raw), _large_headers)
        if line is None:
            return False
        self._raw += line + b"\r\n"
        if line:
            self._fields.append(_field(line))
            if len(self._fields) > self._limits.header_count:
                raise _large_headers()
            return True
        self._frame(self.start)
        self.headed = True
        passed += self._raw
        self._raw.clear()
        return True

    def _frame(self, start: Start) -> None:
        """Decide how the body ends."""
        found: dict[bytes, bytes] = {}
        for name, value in self._fields:
            if name in found and name in _SINGLE:
                raise _header("A header is there twice.")
            found[name] = value
        self._fields.clear()
        _check_host(start, found.get(b"host"))
        if found.get(b"expect", b"100-continue").lower() != b"100-continue":
            raise ApiError(417, "The header Expect asks for what this server cannot do.", "expectation_failed")
        length, coding = found.get(b"content-length"), found.get(b"transfer-encoding")
        if coding is not None:
            if length is not None:
                raise _header("A request has a length or comes in chunks, not both.")
            if coding != b"chunked" or start.version == b"1.0":
                raise _header("The only transfer encoding is `chunked`, in HTTP/1.1.")
            self._step = self._read_size
        else:
            self._left = _length(length)
            self._step = self._read_sized
        if start.method in _BODILESS and (coding is not None or self._left):
            raise ApiError(400, "A request with this method has no body.", "body_not_allowed")

    def _read_sized(self, passed: bytearray) -> bool:
        self.whole = self._take(passed)
        return False

    def _read_size(self, passed: bytearray) -> bool:
        line = self._line(16 + EXTENSIONS - self._extensions + 2, _wrong_chunk)
        if line is None:
            return False
        match = _CHUNK.fullmatch(line)
        if match is None:
            raise _wrong_chunk()
        self._extensions += len(match[2])
        self._left = int(match[1], 16)
        self._excess = max(0, self._excess + len(line) + 4 - self._left)
        if self._extensions > EXTENSIONS or self._excess > AROUND:
            raise _wrong_chunk()
        passed += line + b"\r\n"
        self._step = self._read_chunk if self._left else self._read_trailer
        return True

    def _read_chunk(self, passed: bytearray) -> bool:
        if self._take(passed):
            self._step = self._end_chunk
            return True
        return False

    def _end_chunk(self, passed: bytearray) -> bool:
        if not b"\r\n".startswith(self._held[:2]):
            raise _wrong_chunk()
        if len(self._held) < 2:
            return False
        del self._held[:2]
        passed += b"\r\n"
        self._step = self._read_size
        return True

    def _read_trailer(self, passed: bytearray) -> bool:
        line = self._line(TRAILER_BYTES - len(self._raw), _large_headers)
        if line is None:
            return False
        self._raw += line + b"\r\n"
        if line:
            name, value = _field(line)
            self._fields.append((name, value))
            if name in _NO_TRAILERS:
                raise _header("This header must not come after the body.")
            if len(self._fields) > TRAILERS:
                raise _large_headers()
            return True
        passed += self._raw
        self.whole = True
        return False

    def _take(self, passed: bytearray) -> bool:
        """Pass on what has come of the body or the chunk; tell whether that is all of it."""
        piece = self._held[: self._left]
        del self._held[: self._left]
        self._left -= len(piece)
        passed += piece
        return self._left == 0

    def _line(self, most: int, too_long: Callable[[], ApiError]) -> bytes | None:
        """Return the next line without its end, or None where its end has not come; `most` counts its end too."""
        end = self._held.find(b"\n", self._seen, max(most, 0))
        known = end + 1 if end >= 0 else max(most, 0)
        if _CONTROL.search(self._held[max(0, self._seen - 1) : known]):
            raise invalid("A line holds a control character, or does not end with CR LF.", "invalid_http")
        if end < 0:
            if len(self._held) >= most:
                raise too_long()
            self._seen = len(self._held)
            return None
        line = bytes(self._held[: end - 1])
        del self._held[: end + 1]
        self._seen = 0
        return line


def _started(line: bytes, longest: int) -> Start:
    match = _REQUEST.fullmatch(line)
    if match is None:
        raise invalid("The request is not HTTP.", "invalid_http")
    method, target, version = match[1], match[2], b"%s.%s" % (match[3], match[4])
    if version not in {b"1.0", b"1.1"}:
        raise ApiError(505, "The server speaks HTTP/1.1.", "http_version_not_supported")
    if method == b"CONNECT":
        raise ApiError(405, "The method is not allowed.", "method_not_allowed")
    if len(target) > longest:
        raise _long_target()
    authority = None
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute:  # for proxies, but a server has to take it too
        authority, path = absolute[1], absolute[2] or b"/"
        target = path if path.startswith(b"/") else b"/" + path
    if b"#" in target or not (target.startswith(b"/") or (target == b"*" and method == b"OPTIONS")):
        raise invalid("The address is not a path.", "invalid_http")
    return Start(method, target, authority, version)


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Return name and value of a header."""
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.fullmatch(name):  # a fold begins with a blank
        raise _header("A header is folded, or has no name before its colon.")
    return name.lower(), value.strip(b" \t")


def _check_host(start: Start, host: bytes | None) -> None:
    if host is None:
        if start.version == b"1.1":
            raise _header("The header Host is missing.")
    elif not _HOST.fullmatch(host):
        raise _header("The header Host is not a name and a port.")
    if start.authority is not None and start.authority.lower() != (host or b"").lower():
        raise ApiError(421, "The address names another host than the header Host.", "unknown_host")


def _length(value: bytes | None) -> int:
    if value is None:
        return 0
    if not re.fullmatch(rb"[0-9]+", value):
        raise _header("The length of the body is not a number.")
    if len(value) > _LONGEST_LENGTH:
        raise ApiError(413, "The body is too large.", "request_too_large")
    return int(value)


def _header(message: str) -> ApiError:
    return invalid(message, "invalid_header")


def _wrong_chunk() -> ApiError:
    return invalid("The chunks of the body are malformed, too small, or say too much beside it.", "invalid_chunk")


def _long_target() -> ApiError:
    return ApiError(414, "The address is too long.", "uri_too_long")


def _large_headers() -> ApiError:
    return ApiError(431, "The headers are too large.", "headers_too_large")
