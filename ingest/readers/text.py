"""Plain text: form feeds separate pages; a file without them is cited by its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.characters import characters
from ingest.clean import arranged
from ingest.decode import Decoded, decoded, is_text, stated_encoding
from ingest.files import read_bytes, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import check_pages, check_text
from ingest.lines import repaired_sections
from ingest.types import PAGE_BREAK, Document, DocumentError, Page

if TYPE_CHECKING:
    from pathlib import Path


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a text file and join its wrapped lines; the title is the file's stem.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    content = content_of(path)
    text = content.text
    check_pages(path, 1 + text.count(PAGE_BREAK))
    whole = arranged([characters(page) for page in text.replace("\r\n", "\n").split(PAGE_BREAK)], lexicon)
    pages = tuple(Page(number, str(number), page) for number, page in enumerate(whole.texts, start=1))
    sections = repaired_sections(text, pages[0].text) if len(pages) == 1 else ()
    return Document(str(path), stem(path), pages, (*content.remarks, *whole.remarks), sections)


def content_of(path: Path) -> Decoded:
    """Return what the file at `path` says, in the encoding that it states or seems to have.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    raw = read_bytes(path)
    content = decoded(raw, stated_encoding(raw))
    if not is_text(content.text):
        raise DocumentError(str(path), "is not a text file", "wrong_type")
    check_text(path, len(content.text))
    return content
