"""SHA-256 of large files, block by block by several threads; and what only another process may read.

The checksum of a file in blocks is the SHA-256 of the SHA-256s of its blocks, one after the other.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BLOCK = 8 * 2**20  # bytes
_PART = 2**20  # bytes read at once
_THREADS = 8  # at the most: a disk gives no more

_PROGRAM = """\
import hashlib, sys
with open(sys.argv[1], "rb") as file:
    print(hashlib.file_digest(file, "sha256").hexdigest())
"""

_COPYING = """\
import os, sys
lost = 0
source, target = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
for at in range(0, os.fstat(source).st_size, 65536):
    try:
        piece = os.pread(source, 65536, at)
    except OSError:
        piece = b""
        for part in range(at, at + 65536, 4096):
            try:
                piece += os.pread(source, 4096, part)
            except OSError:
                piece, lost = piece + bytes(4096), lost + 1
    while piece:
        piece = piece[os.write(target, piece):]
print(lost)
"""

# Compares the pages that a log holds with those of its database; prints whether all are the same.
_COMPARING = """\
import sys
with open(sys.argv[1], "rb") as file, open(sys.argv[1] + "-wal", "rb") as log:
    head, pages, new = log.read(32), {}, {}
    size = int.from_bytes(head[8:12], "big") if head[:3] == b"\\x37\\x7f\\x06" else 0
    while size:
        frame, page = log.read(24), log.read(size)
        if len(page) < size or frame[8:16] != head[16:24]:
            break
        new[int.from_bytes(frame[:4], "big")] = page
        if any(frame[4:8]):
            pages.update(new)
            new = {}
    def stands(number, page):
        file.seek((number - 1) * size)
        return file.read(size) == page
    print(all(stands(*item) for item in pages.items()))
"""


class Checksum:
    """The checksum of bytes that come in pieces."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._block = hashlib.sha256()
        self._room = BLOCK

    def update(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        rest = memoryview(piece)
        while len(rest):
            part, rest = rest[: self._room], rest[self._room :]
            self._block.update(part)
            self._room -= len(part)
            if not self._room:
                self._blocks.append(self._block.digest())
                self._block, self._room = hashlib.sha256(), BLOCK

    def over(self, pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """Yield the pieces on, and take them."""
        for piece in pieces:
            self.update(piece)
            yield piece

    def hexdigest(self) -> str:
        """Return the checksum of what has come so far."""
        last = [] if self._room == BLOCK else [self._block.digest()]
        return _whole([*self._blocks, *last])


def of_file(file: BinaryIO) -> str:
    """Return the checksum of an open file; raises OSError where it cannot be read."""
    descriptor = file.fileno()
    size = os.fstat(descriptor).st_size

    def digest(at: int) -> bytes:
        block = hashlib.sha256()
        for part in range(at, min(at + BLOCK, size), _PART):
            block.update(os.pread(descriptor, min(_PART, at + BLOCK - part), part))  # both let other threads run
        return block.digest()

    if size <= BLOCK:
        return _whole([digest(0)] if size else [])
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _THREADS)) as pool:
        return _whole(list(pool.map(digest, range(0, size, BLOCK))))


def by_another_process(path: Path) -> str:
    """Return the plain SHA-256 of a file that SQLite may have open in this process.

    Whoever closes any descriptor of a file gives up all POSIX locks that the process holds on it, SQLite's among them;
    another process would then take the database for its own. So the file is opened where no locks can be lost.

    Raises:
        OSError: it could not be read, or no other process be started.
    """
    return _by_another(_PROGRAM, path)


def copied_by_another_process(source: Path, target: Path) -> int:
    """Copy a file as `by_another_process` reads it; return how many parts of 4 KiB could not be read, and are zeros.

    Raises:
        OSError: it could not be read at all, or not be written.
    """
    return int(_by_another(_COPYING, source, target))


def log_is_written_through(path: Path) -> bool:
    """Tell whether the database at `path` has every page that the log beside it holds; read by another process.

    Raises:
        OSError: as for `by_another_process`.
    """
    return _by_another(_COMPARING, path) == "True"


def _by_another(program: str, *paths: Path) -> str:
    command = [sys.executable, "-I", "-S", "-c", program, *map(os.fspath, paths)]
    # In a group of its own: Ctrl-C in the terminal is for this process, which decides what is still to be done.
    quiet = subprocess.DEVNULL
    done = subprocess.run(command, check=False, stdin=quiet, capture_output=True, text=True, process_group=0)
    if done.returncode:
        raise OSError(f"another process could not read it: {(done.stderr.splitlines() or ['it was ended'])[-1]}")
    return done.stdout.strip()


def _whole(blocks: list[bytes]) -> str:
    return hashlib.sha256(b"".join(blocks)).hexdigest()
