"""One file in, one `Document` out, whatever its type."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ingest.files import TOO_LARGE, not_opened, open_regular
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import MOST_BYTES, TERMS, TOO_MUCH_MEMORY, check_pages, check_sections, check_text
from ingest.members import Holdings, Walk, find_member, with_members
from ingest.readers import (
    calendar,
    code,
    epub,
    html,
    json,
    log,
    mail,
    mailbox,
    markdown,
    opendocument,
    outlook,
    pdf,
    pdf_files,
    picture,
    rtf,
    sheet,
    slides,
    subtitles,
    text,
    word,
    xml,
    zip,
)
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Reader = Callable[[Path, str | None, Lexicon], Document]

_READERS: dict[str, Reader] = {
    ".pdf": pdf.read,
    ".txt": text.read,
    ".text": text.read,
    ".rst": text.read,
    ".adoc": text.read,
    ".org": text.read,
    ".tex": text.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".html": html.read,
    ".htm": html.read,
    ".xhtml": html.read,
    ".docx": word.read,
    ".pptx": slides.read,
    ".xlsx": sheet.read_workbook,
    ".xlsm": sheet.read_workbook,
    ".csv": sheet.read_csv,
    ".tsv": sheet.read_csv,
    ".epub": epub.read,
    ".eml": mail.read,
    ".rtf": rtf.read,
    **dict.fromkeys(picture.SUFFIXES, picture.read),
    ".odt": opendocument.read,
    ".ods": opendocument.read,
    ".odp": opendocument.read,
    ".json": json.read,
    ".geojson": json.read,
    ".jsonl": json.read_lines,
    ".ndjson": json.read_lines,
    ".xml": xml.read,
    ".ics": calendar.read,
    ".log": log.read,
    ".srt": subtitles.read,
    ".vtt": subtitles.read,
    ".mbox": mailbox.read,
    ".msg": outlook.read,
    ".zip": zip.read,
    **dict.fromkeys(code.SUFFIXES, code.read),
}

_HOLDINGS: dict[str, Holdings] = {
    ".pdf": pdf_files.holdings,
    ".eml": mail.holdings,
    ".mbox": mailbox.holdings,
    ".msg": outlook.holdings,
    ".zip": zip.holdings,
}

SUFFIXES = tuple(_READERS)
"""The types that can be read, in lower case and with the dot."""


def _family(reader: Reader) -> str:
    name = reader.__module__.rpartition(".")[2]
    return "mail" if name in ("mailbox", "outlook") else name


FAMILIES: dict[str, tuple[str, ...]] = {
    family: tuple(suffix for suffix, reader in _READERS.items() if _family(reader) == family)
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


def _reader(path: Path) -> Reader:
    if not is_supported(path):
        reason = f"is not a type that can be read: {path.suffix or 'no suffix'}"
        raise DocumentError(str(path), reason, "wrong_type")
    open_regular(path).close()
    return _READERS[path.suffix.lower()]


def _one_line(error: BaseException) -> str:
    detail = " ".join(str(error).split()) or type(error).__name__
    return detail if len(detail) <= _LONGEST_DETAIL else detail[: _LONGEST_DETAIL - 1] + "…"
