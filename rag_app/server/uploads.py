"""Files that come over HTTP: accepted within limits, kept with a job in the library, and read from there.

A file keeps its own name, cleaned, so that answers, the terminal and the ranking by names can use it.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import SUFFIXES
from rag_app.server.api_errors import ApiError, busy
from rag_app.server.intake import Intake
from rag_app.server.shelf import Shelf, folder_of
from rag_app.storage.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path
    from typing import IO

    from rag_app.library import Library
    from rag_app.server.limits import Limits
    from rag_app.storage.jobs import Usage

_LONGEST = 160  # bytes of a name without its suffix
_SIGNS = " ._,()+&@=-"
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Uploads:
    """Takes files in. What was accepted is in the library or on its way there, whatever happens to this process."""

    def __init__(
        self,
        library: Library,
        limits: Limits,
        reader: Library | None = None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the library, and the same opened once more, which tells how far jobs are while this one writes.

        While `busy` says that somebody waits for an answer, reading gives way.
        """
        self._library = library
        self._jobs = (reader or library).jobs
        self._limits = limits
        self._shelf = Shelf(library.settings.library)
        self._intake = Intake(library, self._shelf, grace=limits.grace_seconds, busy=busy)

    def start(self) -> None:
        """Clear away what nobody needs, and go on with the jobs that an earlier run has left."""
        self.sweep()
        self._intake.start()

    def close(self) -> None:
        """Let what is being read come to its end, or hand it over to the next server; see `Intake.close`."""
        self._intake.close()

    def sweep(self) -> None:
        """Delete files that neither a job that has not ended nor a document needs."""
        folders = self._shelf.folders()
        needed: set[str] = set()
        ended: set[str] = set()
        for job in self._library.jobs.all():  # before the documents: one whose job has ended is among them
            kind = needed if job.ended is None else ended
            kind.add(folder_of(job.path))
        for document in self._library.documents():
            needed.update(map(folder_of, document.paths))
        self._shelf.sweep(folders, needed, ended)

    def job(self, identifier: str) -> Job | None:
        """Return how far an upload is; None for one that is unknown or ended long ago."""
        job = self._jobs.find(identifier)
        if job and job.status == "queued" and self._intake.blocked:
            return replace(job, reason=self._intake.blocked)
        return job

    def passages(self, job: Job) -> tuple[int, int]:
        """Return how many passages of an upload that is being read are done, and of how many."""
        return self._intake.passages(job)

    def room(self, owner: str) -> None:
        """Raise ApiError where too many uploads wait, or `owner` has all that a key may have."""
        self._check(self._jobs.usage(owner), 1)

    def take(self, file: IO[bytes], name: str, owner: str) -> Job:
        """Store a file and queue it for reading; when this returns, both are on the disk.

        Raises:
            ApiError: its type cannot be read, it is empty or too large, too many wait, or the quota is used up.
            DiskError: it could not be stored.
            LibraryBusy: another process is in the middle of a long transaction.
        """
        safe, size = safe_name(name), _size(file)
        if size > self._limits.upload:
            raise ApiError(413, f"The file is larger than {self._limits.upload:,} bytes.", "request_too_large")
        if not size:
            raise ApiError(400, "The file is empty.", "empty_file")
        self._check(self._jobs.usage(owner), size)
        stored = self._shelf.put(file, safe)
        job = Job(f"job-{secrets.token_hex(16)}", safe, stored, owner, size)
        try:
            self._library.jobs.add(job, lambda used: self._check(used, size))
        except BaseException:
            self._shelf.discard(self._shelf.path(job.path))
            raise
        self._intake.wake()
        return job

    def remove(self, paths: tuple[str, ...]) -> Future[None]:
        """Queue the removal of a document, by all its paths, and of its files as far as they were uploaded."""
        return self._intake.remove(paths)

    def holds(self, path: str | Path) -> bool:
        """Tell whether a file was uploaded."""
        return self._shelf.holds(path)

    def _check(self, used: Usage, size: int) -> None:
        if used.open >= self._limits.jobs:
            raise busy(30)
        if used.files >= self._limits.key_files:
            raise _over(f"{used.files:,} of {self._limits.key_files:,} files")
        if used.bytes + size > self._limits.key_bytes:
            raise _over(f"{used.bytes:,} of {self._limits.key_bytes:,} bytes")


def _over(used: str) -> ApiError:
    message = f"The file has no room among the uploads of one key, which has {used} already. Remove some first."
    return ApiError(429, message, "quota_exceeded")


def _size(file: IO[bytes]) -> int:
    file.seek(0, os.SEEK_END)
    size = file.tell()
    file.seek(0)
    return size


def safe_name(name: str) -> str:
    """Return the name under which an upload is stored: no folder, no control or direction marks, a known suffix.

    Raises:
        ApiError: files of this type cannot be read.
    """
    plain = unicodedata.normalize("NFKC", name.replace("\0", ""))
    last = re.split(r"[/\\]", plain)[-1]
    suffix = PurePath(last).suffix.lower()
    if suffix not in SUFFIXES:
        raise ApiError(415, "Files of this type cannot be read.", "unsupported_file_type")
    stem = _safe_stem(last[: -len(suffix)])
    return f"{stem}{suffix}"


def _safe_stem(text: str) -> str:
    """Return a name without its suffix, in signs and of a length that every disk takes."""
    kept = "".join(sign if _is_plain(sign) else " " for sign in text)
    whole = " ".join(kept.split()).strip(" .")
    begun = whole.encode("utf-8", "ignore")[:_LONGEST]
    stem = begun.decode("utf-8", "ignore")
    is_usable = stem and not stem.startswith("-") and not _DEVICES.fullmatch(stem)
    if is_usable:
        return stem
    rest = stem.lstrip("-")
    return f"upload {rest}".strip()


def _is_plain(sign: str) -> bool:
    return sign.isalnum() or sign in _SIGNS
