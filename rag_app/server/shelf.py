"""The files that came over HTTP: each in a folder of its own with a random name, in the library's folder."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING

from rag_app.errors import disk_errors
from rag_app.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Collection

FOLDER = "uploads"
_PIECE = 1024 * 1024
_HOUR = 3600.0


class Shelf:
    """Stores files, and deletes those that nobody needs any more; paths on it are `folder/name`, below `uploads`."""

    def __init__(self, library: Path) -> None:
        self._library = Path(os.path.abspath(library))  # noqa: PTH100  keeps links as they are, as the stored paths do
        self.folder = self._library / FOLDER
        self._lasting = False  # the folder itself is on the disk

    def put(self, file: IO[bytes], name: str) -> str:
        """Store a file under its own name in a new folder; it is on the disk when this returns its path.

        Raises:
            DiskError: it could not be stored.
        """
        folder = self.folder / secrets.token_hex(16)
        with disk_errors("the upload"):
            folder.mkdir(mode=0o700, parents=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            try:
                with os.fdopen(os.open(folder / name, flags, 0o600), "wb") as target:
                    while piece := file.read(_PIECE):
                        target.write(piece)
                    target.flush()
                    os.fsync(target.fileno())
                sync_folder(folder)
                sync_folder(self.folder)
                self._make_lasting()
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return f"{folder.name}/{name}"

    def _make_lasting(self) -> None:
        """See to it, once, that the folder of uploads and that of the library outlive a power cut."""
        if not self._lasting:
            sync_folder(self._library)
            with suppress(PermissionError):  # it may be another user's, who lets nobody list it
                sync_folder(self._library.parent)
            self._lasting = True

    def path(self, stored: str) -> Path:
        """Return where a file lies, as documents are named by it."""
        return self.folder / stored

    def holds(self, path: str | Path) -> bool:
        """Tell whether a file was uploaded: it lies in a folder of this folder, links followed."""
        real, folder = Path(os.path.realpath(path)), Path(os.path.realpath(self.folder))
        return real.parent.parent == folder

    def discard(self, path: Path) -> None:
        """Delete an uploaded file with its folder; any other is left alone."""
        if self.holds(path):
            shutil.rmtree(path.parent, ignore_errors=True)

    def folders(self) -> list[Path]:
        """Return the folders that there are, one for each file."""
        return list(self.folder.iterdir()) if self.folder.is_dir() else []

    def sweep(self, folders: Collection[Path], needed: Collection[str], ended: Collection[str]) -> None:
        """Delete the `folders` that nobody needs.

        Args:
            folders: as they were before it was asked which are needed.
            needed: names of folders whose file waits to be read, or belongs to a document.
            ended: names of others whose file was read: they go at once. What nobody knows may still be on its way into
                the library, and goes when it is an hour old.
        """
        for folder in folders:
            old = time.time() - folder.lstat().st_mtime > _HOUR
            if folder.name not in needed and (old or folder.name in ended):
                shutil.rmtree(folder, ignore_errors=True)


def folder_of(path: str) -> str:
    """Return the name of the folder that a file lies in; it tells uploads apart, wherever the library is moved to."""
    return PurePath(path).parent.name
