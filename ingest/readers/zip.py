"""ZIP archives of any files: what is in them, and each of it, within limits."""

from __future__ import annotations

import stat
import zipfile
from functools import partial
from typing import TYPE_CHECKING

from ingest.compose import Composer
from ingest.files import open_regular, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.members import MOST_OF_ONE, Held
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_MOST_ENTRIES = 50_000
_ENCRYPTED = 0x1
_MOST_RATIO = 200  # of the size of an entry to that of what it takes in the archive; text has up to 50
_HARMLESS = 10_000_000  # bytes, whatever they took


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Return the names of what is in an archive, as one page.

    Raises:
        DocumentError: it is no archive, or holds too much.
    """
    composer = Composer(str(path), lexicon)
    with open_regular(path) as file, _opened(path, file) as archive:
        for entry in archive.infolist():
            composer.item(entry.filename)
    return composer.document(stem(path))


def holdings(path: Path, password: str | None = None) -> Iterator[Held]:
    """Yield the files in an archive."""
    with open_regular(path) as file, _opened(path, file) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                yield Held(entry.filename, partial(_content, archive, entry, password), _refusal(entry, password))


def _opened(path: Path, file: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except (ValueError, OverflowError, NotImplementedError, zipfile.BadZipFile) as error:
        raise DocumentError(str(path), "is damaged or of another type: it is not a ZIP archive", "damaged") from error
    if len(archive.filelist) > _MOST_ENTRIES:
        archive.close()
        raise DocumentError(str(path), f"holds more than {_MOST_ENTRIES:,} entries", "too_large")
    return archive


def _refusal(entry: zipfile.ZipInfo, password: str | None) -> str:
    if entry.flag_bits & _ENCRYPTED and not password:
        return "is encrypted"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    if entry.file_size > max(_HARMLESS, _MOST_RATIO * entry.compress_size):
        return f"unpacks to more than {_MOST_RATIO} times its size"
    return ""


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, password: str | None) -> bytes:
    with archive.open(entry, pwd=password.encode() if password and entry.flag_bits & _ENCRYPTED else None) as file:
        return file.read(MOST_OF_ONE + 1)  # the size that an entry states need not be true
