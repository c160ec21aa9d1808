"""How far a run has come, for whoever wants to be told."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag_app.models.stopping import check

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOKING = 0.5  # seconds between two signs of life while files are compared with the library


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run has come."""

    path: str  # of the file being read
    files_done: int
    files: int
    passages_done: int  # of this file
    passages: int
    pages: int = 0  # read in this run
    embedded: int = 0  # passages of this run
    bytes_done: int = 0  # of the files that have to be read, as far as they are in the library; or old passages
    bytes: int = 0  # of all of them
    bytes_now: int = 0  # of this one
    scans_done: int = 0  # pages that were recognised in this run
    scans: int = 0  # of all that are to be; 0 before all documents are read


class Progress:
    """Adds up what a run has done."""

    def __init__(self, tell: Callable[[Step], None] | None, stop: Callable[[], bool] | None) -> None:
        self._tell = tell
        self._stop = stop
        self._now = Step("", 0, 0, 0, 0)
        self._last = time.monotonic()
        self.pages = 0
        self.broken: Exception | None = None  # what was raised by who is told

    def check(self) -> None:
        """Raise Stopped where the run is to end."""
        if self._stop:
            check(self._stop)

    def looking(self, path: str, files: int) -> None:
        """Tell now and then that files are compared with the library."""
        if time.monotonic() - self._last > _LOOKING:
            self._last = time.monotonic()
            self._step(path=path, files=files)

    def begin(self, files: int, done: int, size: int) -> None:
        """Take how much there is to do."""
        self._now = replace(self._now, files=files, files_done=done, bytes=size)

    def file(self, path: str, size: int = 0) -> None:
        """Tell that a file begins."""
        self._step(path=path, passages_done=0, passages=0, bytes_now=size)

    def scanned(self, done: int, scans: int) -> None:
        """Tell how many pages are recognised, and of how many."""
        self._step(scans_done=done, scans=scans)

    def passages(self, done: int, passages: int) -> None:
        """Take how many passages of the file are embedded."""
        self._now = replace(self._now, passages_done=done, passages=passages)

    def embedded(self, passages: int) -> Callable[[int], None]:
        """Return what is to be told of passages as they are embedded."""

        def step(count: int) -> None:
            now = self._now
            self._step(passages_done=now.passages_done + count, passages=passages, embedded=now.embedded + count)

        return step

    def finished(self, files: int, size: int) -> None:
        """Take that files are in the library."""
        now = self._now
        self._now = replace(now, files_done=now.files_done + files, bytes_done=now.bytes_done + size)

    def end(self, path: str) -> None:
        """Tell that all is done."""
        self._step(path=path, files_done=self._now.files, passages_done=0, passages=0)

    def _step(self, **changes: object) -> None:
        self.check()
        self._now = replace(self._now, pages=self.pages, **changes)  # type: ignore[arg-type]
        if self._tell:
            try:
                self._tell(self._now)
            except Exception as error:
                self.broken = error
                raise
