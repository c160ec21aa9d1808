"""One file in, one `Document` out, whatever its type."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ingest.readers import pdf, text
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Reader = Callable[[Path, str | None], Document]

_READERS: dict[str, Reader] = {
    ".pdf": pdf.read,
    ".txt": text.read,
    ".md": text.read,
    ".markdown": text.read,
}

SUFFIXES = tuple(_READERS)
"""The types that can be read, in lower case and with the dot."""

_LONGEST_DETAIL = 200  # characters; a parser may quote half the file


def is_supported(path: Path) -> bool:
    """Tell whether the suffix of `path`, in either case, is one of `SUFFIXES`."""
    return path.suffix.lower() in _READERS


def read(path: Path, password: str | None = None) -> Document:
    """Read the file at `path` and repair the text of its pages.

    Args:
        path: a regular file, or a link to one; its suffix picks the reader.
        password: opens an encrypted PDF; other files ignore it.

    Raises:
        DocumentError: the file cannot be read, for the reason it names; nothing else is
            raised, however damaged the file is.
    """
    try:
        return _reader(path)(path, password)
    except DocumentError:
        raise
    except OSError as error:
        raise DocumentError(str(path), f"cannot be opened: {error.strerror or _one_line(error)}") from error
    # Parsers answer damage with any exception at all, RecursionError and MemoryError included.
    except Exception as error:
        raise DocumentError(str(path), f"is damaged and cannot be read: {_one_line(error)}") from error


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, in hexadecimal.

    Raises:
        DocumentError: the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise DocumentError(str(path), f"cannot be opened: {_one_line(error)}") from error


def _reader(path: Path) -> Reader:
    if not is_supported(path):
        raise DocumentError(str(path), f"is not a type that can be read: {path.suffix or 'no suffix'}")
    status = path.stat()
    if not path.is_file():  # opening a FIFO would wait for ever
        raise DocumentError(str(path), "is not a file")
    if status.st_size == 0:
        raise DocumentError(str(path), "is empty")
    return _READERS[path.suffix.lower()]


def _one_line(error: BaseException) -> str:
    detail = " ".join(str(error).split()) or type(error).__name__
    return detail if len(detail) <= _LONGEST_DETAIL else detail[: _LONGEST_DETAIL - 1] + "…"
