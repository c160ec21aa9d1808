"""The tokens of Rich Text Format: groups, control words, text as bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    rb"([{}])|\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([^\\{}\r\n]+)|[\r\n]+", re.DOTALL
)

# Of a font, by the number of its set of characters.
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5hkscs",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_PAGES = {
    10000: "mac_roman", 10007: "mac_cyrillic", 932: "cp932", 936: "gb18030", 949: "cp949", 950: "big5hkscs",
    65001: "utf-8",
}  # fmt: skip


class Token(NamedTuple):
    """A piece of the file."""

    kind: str  # "{", "}", "word", "sign", "bytes"
    name: str = ""  # of a control word, or the sign after a backslash
    value: int | None = None  # the number after a control word
    raw: bytes = b""


def tokens(content: bytes) -> Iterator[Token]:
    """Yield the tokens of a file; the bytes of pictures that are given as such are left out."""
    place, size = 0, len(content)
    while place < size:
        match = _TOKEN.match(content, place)
        if match is None:  # a backslash at the end
            return
        place = match.end()
        bracket, word, value, code, sign, text = match.groups()
        if bracket:
            yield Token(bracket.decode())
        elif word:
            number = int(value) if value else None
            if word == b"bin":
                place += max(number or 0, 0)
            yield Token("word", word.decode("ascii"), number)
        elif code:
            yield Token("bytes", raw=bytes((int(code, 16),)))
        elif sign:
            yield Token("sign", sign.decode("latin-1"))
        elif text:
            yield Token("bytes", raw=text)


def charset(number: int) -> str | None:
    """Return the encoding of a font's set of characters; None for that of the file."""
    return _CHARSETS.get(number)


def code_page(number: int) -> str:
    """Return the encoding that a code page is; one that is not known counts as that of Windows."""
    name = _PAGES.get(number, f"cp{number}")
    try:
        b"".decode(name)
    except LookupError:
        return "cp1252"
    return name
