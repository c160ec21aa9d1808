"""SHA-256 of large files: block by block by several threads, or as one by another process.

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
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, os.fspath(path)]
    # In a group of its own: Ctrl-C in the terminal is for this process, which decides what is still to be done.
    quiet = subprocess.DEVNULL
    done = subprocess.run(command, check=False, stdin=quiet, capture_output=True, text=True, process_group=0)
    if done.returncode:
        raise OSError(f"another process could not read it: {(done.stderr.splitlines() or ['it was ended'])[-1]}")
    return done.stdout.strip()


def _whole(blocks: list[bytes]) -> str:
    return hashlib.sha256(b"".join(blocks)).hexdigest()
