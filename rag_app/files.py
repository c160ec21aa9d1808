"""The one door through which the files beside the database are written: wholly, or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from rag_app.errors import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Disk:
    """What is asked of the disk, call by call; tests make any of them fail."""

    def open(self, path: Path) -> BinaryIO:
        """Open a new file for writing."""
        return path.open("wb")

    def write(self, file: BinaryIO, data: bytes | memoryview) -> None:
        """Write all of `data`."""
        file.write(data)

    def flush(self, file: BinaryIO) -> None:
        """Hand what is buffered to the system."""
        file.flush()

    def sync(self, file: BinaryIO) -> None:
        """Wait until the file is on the disk."""
        os.fsync(file.fileno())

    def rename(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target`, in one step."""
        source.replace(target)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the names in `folder` are on the disk."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


DISK = Disk()


def write_whole(path: Path, data: bytes | memoryview | Iterable[bytes | memoryview], what: str) -> None:
    """Write a file under a temporary name, and give it its own when all of it is on the disk.

    Large files come in pieces, one after the other.

    Raises:
        DiskError: it could not be written; what was there stays. `what` names it in the message.
    """
    temporary = path.with_name(f"{path.name}.tmp")
    pieces = (data,) if isinstance(data, bytes | memoryview) else data
    with disk_errors(f"{what} {path}"):
        try:
            with DISK.open(temporary) as file:
                for piece in pieces:
                    DISK.write(file, piece)
                DISK.flush(file)
                DISK.sync(file)
            DISK.rename(temporary, path)
            DISK.sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def identity(path: Path | str) -> tuple[int, int] | None:
    """Return what tells a file from any other that may come to stand at `path`; None where it cannot be looked at."""
    try:
        state = os.stat(path)  # noqa: PTH116  names may hold anything
    except OSError:
        return None
    return state.st_dev, state.st_ino


def size_of(path: Path) -> int:
    """Return the size of a file in bytes; 0 where there is none."""
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on the disk."""
    DISK.sync_folder(folder)
