"""Opens files: regular ones only, of a size that can be read."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from ingest.limits import MOST_BYTES
from ingest.types import DocumentError

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path, PurePath

TOO_LARGE = f"is too large: at most {MOST_BYTES // 1_000_000} MB are read"
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # halves of pairs that do not stand for a byte of a name


def open_regular(path: Path) -> BufferedReader:
    """Open the file at `path`, or the one it links to, for reading.

    Raises:
        DocumentError: it cannot be opened, is no regular file, is empty or too large.
    """
    try:
        _check(path, path.stat())  # a device may act on being opened
        # Between the two looks a pipe may take the file's place: opening one would wait for a writer.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise not_opened(path, error) from error
    except ValueError as error:
        raise DocumentError(str(path), "cannot be opened: not a valid path", "no_access") from error
    try:
        _check(path, os.fstat(file))
        return os.fdopen(file, "rb")
    except BaseException:
        os.close(file)
        raise


def not_opened(path: Path, error: OSError) -> DocumentError:
    """Return the error that says why the system does not let a file be opened."""
    return DocumentError(str(path), f"cannot be opened: {error.strerror or ' '.join(str(error).split())}", "no_access")


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DocumentError(str(path), "is not a file", "not_a_file")
    if status.st_size == 0:
        raise DocumentError(str(path), "is empty", "empty")
    if status.st_size > MOST_BYTES:
        size = status.st_size / 1_000_000
        reason = f"is too large: {size:,.0f} MB; at most {MOST_BYTES // 1_000_000} MB are read"
        raise DocumentError(str(path), reason, "too_large")


def read_bytes(path: Path) -> bytes:
    """Return what the file at `path` holds.

    Raises:
        DocumentError: as `open_regular`.
    """
    with open_regular(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:  # grown since it was opened
        raise DocumentError(str(path), TOO_LARGE, "too_large")
    return content


def stem(path: PurePath) -> str:
    """Return the name of the file without its suffix; bytes that are no text become question marks."""
    return os.fsencode(_NO_BYTE.sub("?", path.stem)).decode("utf-8", "replace")
