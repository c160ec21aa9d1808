"""The files of a run as they are now: each looked at before it is hashed, and once more after it was read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingest import DocumentError, fingerprint
from ingest.files import not_opened
from rag_app.storage.library_files import PART, LibraryFiles
from rag_app.storage.paths import FileState, is_exact, kept_time

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable


class FileStates:
    """What was found of each file; the library's own files are no documents."""

    def __init__(self, library: Path) -> None:
        self.found: dict[str, FileState] = {}  # by path
        self._own = LibraryFiles(library)

    def is_own(self, path: Path) -> bool:
        """Tell whether `path` is a file of the library, in its place."""
        return self._own.names(path)

    def look(self, path: str, known: FileState | None = None) -> None:
        """Find the state of a file; one that is `known` and has its size and time is not opened.

        Raises:
            DocumentError: it cannot be opened, is empty or too large, or belongs to the library.
        """
        stat = self._stat(path)
        time = kept_time(stat.st_mtime_ns)
        if not (known and is_exact(time) and (known.bytes, known.mtime_ns) == (stat.st_size, time)):
            known = FileState(fingerprint(Path(path)), stat.st_size, time)
        self.found[path] = known

    def check_settled(self, path: str) -> None:
        """Look again at a file that was read.

        Raises:
            DocumentError: it is no longer the one that was looked at before.
        """
        self._stat(path)
        if not self.seems_settled(path) or fingerprint(Path(path)) != self.found[path].sha256:
            raise DocumentError(path, "is being written: it changed while it was read", "being_written")

    def seems_settled(self, path: str) -> bool:
        """Tell whether a file has the size and time that it had when it was looked at."""
        state = self.found[path]
        try:
            stat = self._stat(path)
        except DocumentError:
            return False
        return (stat.st_size, kept_time(stat.st_mtime_ns)) == (state.bytes, state.mtime_ns)

    def times_of(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the time of each of these files, by path."""
        return {path: self.found[path].mtime_ns for path in paths}

    def _stat(self, path: str) -> os.stat_result:
        try:
            status = Path(path).stat()
        except OSError as error:
            raise not_opened(Path(path), error) from error
        if self._own.holds(status):
            raise DocumentError(path, PART, "in_library")
        return status
