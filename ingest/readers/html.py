"""HTML pages, as saved from the web or exported by a program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.compose import Composer
from ingest.decode import Decoded, decoded, is_text, readable_encoding
from ingest.files import read_bytes, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.markup import written_html
from ingest.remarks import Remark
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
    content = decoded_html(read_bytes(path))
    if not is_text(content.text):
        raise DocumentError(str(path), "is not an HTML file", "wrong_type")
    composer = Composer(str(path), lexicon)
    page = written_html(path, content.text, composer)
    remarks = (*content.remarks, *([Remark("text_hidden", (1,))] if page.hides else ()))
    return composer.document(page.title or composer.first_heading or stem(path), remarks)


def decode_html(raw: bytes) -> str:
    """Return the text of `raw`, in the encoding that it declares itself."""
    return decoded_html(raw).text


def decoded_html(raw: bytes) -> Decoded:
    """Return the text of `raw`, in the encoding that it declares itself, and what is doubtful of it."""
    declared = _CHARSET.search(raw[:_CHARSET_WITHIN])
    return decoded(raw, readable_encoding(declared[1]) if declared else None)
