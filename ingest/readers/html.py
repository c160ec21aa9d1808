"""HTML pages, as saved from the web or exported by a program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.compose import Composer
from ingest.decode import decode, is_text
from ingest.files import read_bytes, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.markup import write_html
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from pathlib import Path

_CHARSET_WITHIN = 4096  # bytes; browsers look at 1,024
_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read the blocks of an HTML page; its headings are its sections.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    text = decode_html(read_bytes(path))
    if not is_text(text):
        raise DocumentError(str(path), "is not an HTML file", "wrong_type")
    composer = Composer(str(path), lexicon)
    title = write_html(path, text, composer)
    return composer.document(title or composer.first_heading or stem(path))


def decode_html(raw: bytes) -> str:
    """Return the text of `raw`, in the encoding that it declares itself."""
    declared = _CHARSET.search(raw[:_CHARSET_WITHIN])
    encoding = declared[1].decode("ascii") if declared else None
    # Whoever could write this name readably did not write in UTF-16.
    return decode(raw, "utf-8" if encoding and encoding.lower().startswith("utf-16") else encoding)
