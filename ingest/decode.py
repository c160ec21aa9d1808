"""Bytes to text: byte order marks, UTF-8, and what older programs wrote."""

from __future__ import annotations

import codecs
import re

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN = frozenset({"ascii", "iso8859-1"})  # as browsers do: whoever names these means their superset
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.02  # share of characters; a compressed file has about 0.1


def decode(raw: bytes, declared: str | None = None) -> str:
    """Return the text of `raw`: by its byte order mark, else as `declared`, as UTF-8 or as Windows-1252.

    An unknown encoding, or one that does not fit, counts as none declared.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    known = _known(declared)
    for encoding in ([known] if known else []) + ["utf-8", "cp1252"]:
        try:
            return raw.decode(encoding)
        except UnicodeError:
            continue
    return raw.decode("latin-1")


def is_text(text: str) -> bool:
    """Tell whether `text` can be one: it holds no null character and few other control characters."""
    return "\0" not in text and len(_CONTROLS.findall(text)) <= _MOST_CONTROLS * len(text)


def _known(declared: str | None) -> str | None:
    try:
        codec = codecs.lookup(declared.strip()) if declared else None
    except (LookupError, ValueError):
        return None
    # Python's other codecs are no encodings of text: rot13, zlib.
    if codec is None or not getattr(codec, "_is_text_encoding", True):
        return None
    return "cp1252" if codec.name in _LATIN else codec.name
