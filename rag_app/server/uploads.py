"""Files that come over HTTP: each in a folder of its own with a random name, then read into the library like any other.

The file keeps its own name, cleaned, so that answers, the terminal and the ranking by names can use it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
import time
import unicodedata
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ingest import SUFFIXES
from rag_app.errors import RagError, disk_errors
from rag_app.files import sync_folder
from rag_app.server.errors import ApiError, busy, translated
from rag_app.types import COPY, Json

if TYPE_CHECKING:
    from concurrent.futures import Future
    from typing import IO

    from rag_app.builder import Step
    from rag_app.library import Library
    from rag_app.types import DocumentReport

FOLDER = "uploads"
_REMEMBERED = 200  # jobs
_LONGEST = 160  # bytes of a name without its suffix
_PIECE = 1024 * 1024
_HOUR = 3600.0
_SIGNS = " ._,()+&@=-"
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Job(Json):
    """An upload on its way into the library."""

    id: str
    name: str
    status: str  # queued, reading, done or failed
    passages_done: int = 0
    passages: int = 0
    document: str | None = None  # path of what it became; never sent
    reason: str | None = None  # why it failed, or needs attention


class Uploads:
    """Takes files in, one after the other, with a library of its own so that answers go on meanwhile."""

    def __init__(self, library: Library, *, waiting: int) -> None:
        self.folder = library.settings.library / FOLDER
        self._library = library
        self._waiting = waiting
        self._lane = ThreadPoolExecutor(1, "uploads")
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._open = 0

    def sweep(self) -> None:
        """Delete what an interrupted run has stored and not read; what is younger than an hour may still be read."""
        known = {str(Path(path).parent) for document in self._library.documents() for path in document.paths}
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            if str(folder) not in known and time.time() - folder.lstat().st_mtime > _HOUR:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Forget what waits, and wait for what is being read."""
        self._lane.shutdown(cancel_futures=True)

    def job(self, identifier: str) -> Job | None:
        """Return how far an upload is; None for one that is unknown or long done."""
        with self._lock:
            return self._jobs.get(identifier)

    def room(self) -> None:
        """Raise ApiError where too many uploads wait."""
        if self._open >= self._waiting:
            raise busy(30)

    def take(self, file: IO[bytes], name: str, most: int) -> tuple[Job, Future[None]]:
        """Store a file and queue it for reading.

        Raises:
            ApiError: its type cannot be read, it is empty or too large, or too many wait.
            DiskError: it could not be stored.
        """
        safe = safe_name(name)
        self.room()
        path = self._store(file, safe, most)
        job = Job(f"job-{secrets.token_hex(16)}", safe, "queued")
        with self._lock:
            self._jobs[job.id] = job
            self._open += 1
            while len(self._jobs) > _REMEMBERED:
                self._jobs.popitem(last=False)
        return job, self._lane.submit(self._read, job.id, path)

    def remove(self, paths: tuple[str, ...]) -> Future[None]:
        """Queue the removal of a document, by all its paths, and of its files as far as they were uploaded."""

        def work() -> None:
            self._library.remove(paths)
            for path in paths:
                self.discard(Path(path))

        return self._lane.submit(work)

    def holds(self, path: str | Path) -> bool:
        """Tell whether a file was uploaded: it lies in a folder of this folder, links followed."""
        real, folder = Path(os.path.realpath(path)), Path(os.path.realpath(self.folder))
        return real.parent.parent == folder

    def discard(self, path: Path) -> None:
        """Delete an uploaded file with its folder; any other is left alone."""
        if self.holds(path):
            shutil.rmtree(path.parent, ignore_errors=True)

    def _store(self, file: IO[bytes], name: str, most: int) -> Path:
        folder = self.folder / secrets.token_hex(16)
        path = folder / name
        with disk_errors("the upload"):
            folder.mkdir(mode=0o700, parents=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            size = 0
            try:
                with os.fdopen(os.open(path, flags, 0o600), "wb") as target:
                    while piece := file.read(_PIECE):
                        size += len(piece)
                        if size > most:
                            raise ApiError(413, f"The file is larger than {most:,} bytes.", "request_too_large")
                        target.write(piece)
                    target.flush()
                    os.fsync(target.fileno())
                if not size:
                    raise ApiError(400, "The file is empty.", "empty_file")
                sync_folder(folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return path

    def _read(self, identifier: str, path: Path) -> None:
        def progress(step: Step) -> None:
            self._change(identifier, passages_done=step.passages_done, passages=step.passages)

        self._change(identifier, status="reading")
        kept = False
        try:
            [report] = self._library.ingest([path], progress=progress).documents
            kept = self._finish(identifier, path, report)
        except RagError as error:
            self._change(identifier, status="failed", reason=translated(error).message)
        except BaseException:
            self._change(identifier, status="failed", reason="The server could not read it.")
            raise
        finally:
            if not kept:
                self.discard(path)
            with self._lock:
                self._open -= 1

    def _finish(self, identifier: str, path: Path, report: DocumentReport) -> bool:
        """Note what became of an upload; return whether its file is still needed."""
        reason = (report.reason or "").replace(str(path), path.name).replace(str(path.parent), "").strip() or None
        if report.status == "failed":
            self._change(identifier, status="failed", reason=reason)
            return False
        if reason and reason.startswith(COPY):  # the library has it already: the first file stays the only one
            paths = next(known.paths for known in self._library.documents() if str(path) in known.paths)
            self._library.remove([path])
            first = next(other for other in paths if other != str(path))
            self._change(identifier, status="done", document=first, reason="It is in the library already.")
            return False
        done = {"passages_done": report.chunks, "passages": report.chunks}
        self._change(identifier, status="done", document=str(path), reason=reason, **done)
        return True

    def _change(self, identifier: str, **changes: object) -> None:
        with self._lock:
            if identifier in self._jobs:
                self._jobs[identifier] = replace(self._jobs[identifier], **changes)  # type: ignore[arg-type]


def safe_name(name: str) -> str:
    """Return the name under which an upload is stored: no folder, no control or direction marks, a known suffix.

    Raises:
        ApiError: files of this type cannot be read.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFKC", name.replace("\0", "")))[-1]
    suffix = PurePath(last).suffix.lower()
    if suffix not in SUFFIXES:
        raise ApiError(415, "Files of this type cannot be read.", "unsupported_file_type")
    kept = (c if c.isalnum() or c in _SIGNS else " " for c in last[: -len(suffix)])
    stem = " ".join("".join(kept).split()).strip(" .").encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore")
    if not stem or stem.startswith("-") or _DEVICES.fullmatch(stem):
        stem = f"upload {stem.lstrip('-')}".strip()
    return f"{stem}{suffix}"
