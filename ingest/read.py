"""One file in, one `Document` out, whatever its type."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ingest.files import TOO_LARGE, not_opened, open_regular
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import MOST_BYTES, TERMS, TOO_MUCH_MEMORY, check_pages, check_sections, check_text
from ingest.members import Holdings, Walk, find_member, with_members
from ingest.readers.code import SUFFIXES as CODE
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Door:
    """A function of a reader, whose module is loaded when it is called: a search needs none of them."""

    module: str
    function: str = "read"

    def __call__(self, *given: Any) -> Any:
        return getattr(import_module(f"ingest.readers.{self.module}"), self.function)(*given)


_READERS: dict[str, _Door] = {
    ".pdf": _Door("pdf"),
    **dict.fromkeys((".txt", ".text", ".rst", ".adoc", ".org", ".tex"), _Door("text")),
    **dict.fromkeys((".md", ".markdown"), _Door("markdown")),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _Door("html")),
    ".docx": _Door("word"),
    ".pptx": _Door("slides"),
    **dict.fromkeys((".xlsx", ".xlsm"), _Door("sheet", "read_workbook")),
    **dict.fromkeys((".csv", ".tsv"), _Door("sheet", "read_csv")),
    ".epub": _Door("epub"),
    ".eml": _Door("mail"),
    ".mbox": _Door("mailbox"),
    ".msg": _Door("outlook"),
    ".zip": _Door("zip"),
    ".rtf": _Door("rtf"),
    **dict.fromkeys((".odt", ".ods", ".odp"), _Door("opendocument")),
    **dict.fromkeys((".json", ".geojson"), _Door("json")),
    **dict.fromkeys((".jsonl", ".ndjson"), _Door("json", "read_lines")),
    ".xml": _Door("xml"),
    ".ics": _Door("calendar"),
    ".log": _Door("log"),
    **dict.fromkeys((".srt", ".vtt"), _Door("subtitles")),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"), _Door("picture")),
    **dict.fromkeys(CODE, _Door("code")),
}

_HOLDINGS: dict[str, Holdings] = {
    ".pdf": _Door("pdf_files", "holdings"),
    ".eml": _Door("mail", "holdings"),
    ".mbox": _Door("mailbox", "holdings"),
    ".msg": _Door("outlook", "holdings"),
    ".zip": _Door("zip", "holdings"),
}

SUFFIXES = tuple(_READERS)
"""The types that can be read, in lower case and with the dot."""


def _family(door: _Door) -> str:
    return "mail" if door.module in ("mailbox", "outlook") else door.module


FAMILIES: dict[str, tuple[str, ...]] = {
    family: tuple(suffix for suffix, door in _READERS.items() if _family(door) == family)
    for family in dict.fromkeys(map(_family, _READERS.values()))
}
"""The suffixes that are read alike, by a word for them, such as "code"."""

_PIECE = 1 << 20  # bytes
_LONGEST_DETAIL = 200  # characters; a parser may quote half the file


KINDS = (
    "PDF, text, Markdown, HTML, Word, PowerPoint, Excel, OpenDocument, RTF, CSV, EPUB, e-mail, calendars, "
    "ZIP archives, JSON, XML, logs, subtitles, pictures (PNG, JPEG, TIFF, WebP) and source code"
)
"""The same in words."""


def is_supported(path: Path) -> bool:
    """Tell whether the suffix of `path`, in either case, is one of `SUFFIXES`."""
    return path.suffix.lower() in _READERS


def read(path: Path, password: str | None = None, lexicon: Lexicon = NO_WORDS) -> Document:
    """Read the file at `path` and repair the text of its pages, with the documents that lie in it.

    Args:
        path: a regular file, or a link to one; its suffix picks the reader.
        password: opens an encrypted PDF; other files ignore it.
        lexicon: the words of natural languages by which its text is repaired.

    Raises:
        DocumentError: the file cannot be read, for the reason it names; nothing else is
            raised, however damaged the file is.
    """
    document = _read(path, password, lexicon)
    if not TERMS.get().members:
        return document
    return with_members(document, path, _walk(password), lambda inner: _read(inner, password, lexicon))


def members_named(path: Path, name: str, password: str | None = None) -> Iterator[Path]:
    """Yield the path of what lies in a file under a name; it can be opened while the next one is not asked for."""
    return find_member(path, name, _walk(password))


def _walk(password: str | None) -> Walk:
    return Walk(_HOLDINGS, is_supported, password)


def _read(path: Path, password: str | None, lexicon: Lexicon) -> Document:
    """Read one file, without what lies in it; raises as `read`."""
    try:
        document = _reader(path)(path, password, lexicon)
        check_pages(path, len(document.pages))
        check_text(path, len(document.text))
        check_sections(path, len(document.sections))
        return document
    except DocumentError:
        raise
    except OSError as error:
        raise not_opened(path, error) from error
    except MemoryError as error:
        raise DocumentError(str(path), TOO_MUCH_MEMORY, "over_limits") from error
    # Parsers answer damage with any exception at all, RecursionError included.
    except Exception as error:
        raise DocumentError(str(path), f"is damaged and cannot be read: {_one_line(error)}", "damaged") from error


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, in hexadecimal.

    Raises:
        DocumentError: the file cannot be opened, is empty or larger than what is read.
    """
    total = hashlib.sha256()
    try:
        with open_regular(path) as file:
            left = MOST_BYTES + 1  # a file may grow as fast as it is read
            while left and (piece := file.read(min(_PIECE, left))):
                total.update(piece)
                left -= len(piece)
    except OSError as error:
        raise not_opened(path, error) from error
    if not left:
        raise DocumentError(str(path), TOO_LARGE, "too_large")
    return total.hexdigest()


def _reader(path: Path) -> Callable[[Path, str | None, Lexicon], Document]:
    if not is_supported(path):
        reason = f"is not a type that can be read: {path.suffix or 'no suffix'}"
        raise DocumentError(str(path), reason, "wrong_type")
    open_regular(path).close()
    return _READERS[path.suffix.lower()]


def _one_line(error: BaseException) -> str:
    detail = " ".join(str(error).split()) or type(error).__name__
    return detail if len(detail) <= _LONGEST_DETAIL else detail[: _LONGEST_DETAIL - 1] + "…"
