"""Opens files: regular ones only, of a size that can be read."""

from __future__ import annotations

import io
import os
import re
import stat
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, BinaryIO

from ingest.limits import MOST_BYTES
from ingest.types import INSIDE, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path, PurePath

TOO_LARGE = f"is too large: at most {MOST_BYTES // 1_000_000} MB are read"
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # halves of pairs that do not stand for a byte of a name
_HELD: ContextVar[tuple[Path, bytes] | None] = ContextVar("_HELD", default=None)


@contextmanager
def held(path: Path, content: bytes) -> Iterator[None]:
    """Let `path` be a file with this content, as long as the block lasts; no other is asked for that name."""
    before = _HELD.get()
    _HELD.set((path, content))
    try:
        yield
    finally:
        _HELD.set(before)


def open_regular(path: Path) -> BinaryIO:
    """Open the file at `path`, or the one it links to, for reading.

    Raises:
        DocumentError: it cannot be opened, is no regular file, is empty or too large.
    """
    inside = _HELD.get()
    if inside and inside[0] == path:
        if not inside[1]:
            raise DocumentError(str(path), "is empty", "empty")
        return io.BytesIO(inside[1])
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


def file_of(path: str) -> str:
    """Return the file that a document is read from: its path, or the beginning of it where it lies in a file."""
    if INSIDE not in path or os.path.lexists(path):
        return path
    steps = path.split(INSIDE)
    beginnings = (INSIDE.join(steps[:count]) for count in range(1, len(steps)))
    return next((file for file in beginnings if os.path.isfile(file)), path)  # noqa: PTH113  raises nothing


def stem(path: PurePath) -> str:
    """Return the name of the file without its suffix; bytes that are no text become question marks."""
    return os.fsencode(_NO_BYTE.sub("?", path.stem)).decode("utf-8", "replace")
