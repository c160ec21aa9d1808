"""Jobs: files that came over HTTP and are on their way into the library, and what became of each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag_app.storage.connection import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.storage.database import Database

JobStatus = Literal["queued", "reading", "done", "failed"]

REMEMBERED = 10_000  # jobs that have ended, beside those whose document is still in the library

_COLUMNS = "id, name, path, owner, bytes, taken, status, tries, document, reason, ended"

_OPEN = "status IN ('queued', 'reading')"

# A file that the library had already became no document of its own.
_KEPT = """substr(jobs.document, -length(jobs.path)) = jobs.path
    AND EXISTS (SELECT 1 FROM paths WHERE paths.path = jobs.document)"""

# In the order of their coming, whatever the clock does meanwhile.
_ADD = f"""
    INSERT INTO jobs (id, name, path, owner, bytes, status, taken)
    VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, 'queued',
        max(?, coalesce((SELECT max(taken) FROM jobs WHERE {_OPEN}), 0) + 1e-6))"""

_USED = f"SELECT count(*), coalesce(sum(bytes), 0) FROM jobs WHERE owner = ? AND ({_OPEN} OR ({_KEPT}))"

# One whose reading was cut off goes behind the others: should it be what ends the server, they come first.
_NEXT = f"SELECT {_COLUMNS} FROM jobs WHERE {_OPEN} ORDER BY tries, taken, id LIMIT 1"

_END = """
    UPDATE jobs SET status = ?, document = CAST(? AS TEXT), reason = CAST(? AS TEXT), ended = ?
    WHERE id = ? AND ended IS NULL"""

_PRUNE = f"""
    DELETE FROM jobs WHERE ended IS NOT NULL AND NOT coalesce({_KEPT}, 0)
    AND id NOT IN (SELECT id FROM jobs WHERE ended IS NOT NULL ORDER BY ended DESC, id LIMIT ?)"""


@dataclass(frozen=True, slots=True)
class Job:
    """A file that was accepted, and how far it is."""

    id: str  # as the client knows it
    name: str  # of the file, as people see it
    path: str  # of the stored file, below the folder of uploads
    owner: str  # the name of the key that sent it
    bytes: int
    taken: float = 0.0  # seconds since 1970
    status: JobStatus = "queued"
    tries: int = 0  # how often its reading was begun; handed back ones do not count
    document: str | None = None  # path of what it became
    reason: str | None = None  # why it failed, or needs attention
    ended: float | None = None  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Usage:
    """How many jobs wait, and what one owner has in the library or on the way there."""

    open: int  # jobs of all owners that have not ended
    files: int  # of this owner: not ended, or with a document of their own that is still there
    bytes: int  # of the same


class Jobs:
    """The jobs of one library; they are written also while another process brings documents in.

    All may raise LibraryError, LibraryBusy (another process is in the middle of a long transaction) or DiskError.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: Job, check: Callable[[Usage], None]) -> None:
        """Keep a new job, queued behind the others, unless `check` raises at what is used up to then."""
        row = (job.id, encode(job.name), encode(job.path), job.owner, job.bytes)
        with self._database.aside():
            check(self.usage(job.owner))
            self._database.connection.execute(_ADD, (*row, time.time()))

    def usage(self, owner: str) -> Usage:
        """Return what waits, and what `owner` has."""
        with self._database.snapshot():
            waiting = int(self._database.value(f"SELECT count(*) FROM jobs WHERE {_OPEN}"))
            [(files, size)] = self._database.rows(_USED, owner)
        return Usage(waiting, files, size)

    def find(self, identifier: str) -> Job | None:
        """Return the job of this id; None where there is none, or it has ended long ago."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", identifier)
        return Job(*rows[0]) if rows else None

    def next(self) -> Job | None:
        """Return the job to be read next: of those with the fewest tries the oldest."""
        rows = self._database.rows(_NEXT)
        return Job(*rows[0]) if rows else None

    def all(self) -> list[Job]:
        """Return all jobs that are remembered, in the order of their coming."""
        return [Job(*row) for row in self._database.rows(f"SELECT {_COLUMNS} FROM jobs ORDER BY taken, id")]

    def begin(self, identifier: str, *, counted: bool = True) -> None:
        """Note that the reading of a job begins; only the writer of the library may, so that no two read the same."""
        with self._database.aside():
            self._database.connection.execute(
                f"UPDATE jobs SET status = 'reading', tries = tries + ? WHERE id = ? AND {_OPEN}",
                (int(counted), identifier),
            )

    def give_back(self, identifier: str, *, counted: bool) -> None:
        """Queue a job again whose reading was broken off; `counted`: it remains one of its tries."""
        with self._database.aside():
            self._database.connection.execute(
                "UPDATE jobs SET status = 'queued', tries = max(tries - ?, 0) WHERE id = ? AND status = 'reading'",
                (int(not counted), identifier),
            )

    def end(
        self,
        identifier: str,
        status: Literal["done", "failed"],
        *,
        document: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Note what became of a job, and forget the oldest of those that have ended."""
        texts = (None if text is None else encode(text) for text in (document, reason))
        with self._database.aside():
            self._database.connection.execute(_END, (status, *texts, time.time(), identifier))
            ended = self._database.value("SELECT count(*) FROM jobs WHERE ended IS NOT NULL")
            if ended > REMEMBERED:
                self._database.connection.execute(_PRUNE, (REMEMBERED,))
