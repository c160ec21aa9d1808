"""Plain text and Markdown: form feeds separate pages, most files have one."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from ingest.characters import characters
from ingest.clean import repair
from ingest.files import read_bytes, stem
from ingest.limits import check_pages, check_text
from ingest.types import PAGE_BREAK, Document, DocumentError, Page

if TYPE_CHECKING:
    from pathlib import Path

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEADING = re.compile(r"^# +(\S.*)$", re.MULTILINE)
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.02  # share of characters; a compressed file has about 0.1


def read(path: Path, password: str | None = None) -> Document:  # noqa: ARG001 - the signature of a reader
    """Read a text file; the title is its first Markdown heading, else the file's stem.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    text = _decode(read_bytes(path))
    if "\0" in text or len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise DocumentError(str(path), "is not a text file")
    check_text(path, len(text))
    check_pages(path, 1 + text.count(PAGE_BREAK))
    texts = repair(text.replace("\r\n", "\n").split(PAGE_BREAK))
    pages = tuple(Page(number, str(number), page) for number, page in enumerate(texts, start=1))
    return Document(str(path), _title(path, text), pages)


def _decode(raw: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _title(path: Path, text: str) -> str:
    heading = _HEADING.search(text) if path.suffix.lower() in {".md", ".markdown"} else None
    return (heading and characters(heading[1]).strip()) or stem(path)
