"""The reader of uploads: a thread that takes one job after the other from the library, and brings each to its end.

A job is read by the writer of the library, so that no two servers read the same; one that is found as being read has
been left behind by a server that is gone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import faults
from rag_app.errors import LibraryBusy, RagError
from rag_app.models.stopping import Stopped
from rag_app.server.api_errors import translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.library import Library
    from rag_app.reports import DocumentReport
    from rag_app.server.shelf import Shelf
    from rag_app.storage.jobs import Job
    from rag_app.writing.builder import Step

MOST_TRIES = 3
THRICE = f"Its reading was begun {MOST_TRIES} times and never came to an end, so it is not tried again."
THERE = "It is in the library already."
BUSY = "Another program is writing to the library; the file is read when that has ended."

_IDLE = 5.0  # seconds after which it looks for jobs that another server has left behind
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 15.0  # seconds before something is tried again
_GIVING_WAY, _GLANCE = 0.25, 0.02  # seconds after each step of some hundredths, while somebody waits for an answer
_UNWINDING = 5.0  # seconds that the step may take which is under way when the time of grace is over

_log = logging.getLogger("rag_app.server")


class Intake:
    """Reads uploads, and removes documents, with a library of its own so that answers go on meanwhile."""

    def __init__(
        self, library: Library, shelf: Shelf, *, grace: float, busy: Callable[[], bool] = lambda: False
    ) -> None:
        """Take the library and the files.

        Args:
            library: the writer.
            shelf: where the files are.
            grace: seconds that a file has to be read when the server stops.
            busy: tells whether somebody waits for an answer, to which reading gives way.
        """
        self._busy = busy
        self._library = library
        self._shelf = shelf
        self._grace = grace
        self._changed = threading.Condition()
        self._removals: deque[tuple[tuple[str, ...], Future[None]]] = deque()
        self._next = 0.0  # when it looks for a job, by the monotonic clock
        self._end: float | None = None  # when what is being read has to end, by the same
        self._failures = 0  # in a row, that were not the fault of a file
        self._blocked: tuple[type[RagError], str] | None = None  # why nothing can be read
        self._now = ""  # id of the job that is being read
        self._passages = (0, 0)  # of it, done and all
        self._untaken: set[str] = set()  # jobs whose last try counts in the library, and should not
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def start(self) -> None:
        """Begin with what waits."""
        self._thread.start()

    def close(self) -> None:
        """Let what is being read come to its end, or hand it over to the next server; what waits stays queued."""
        with self._changed:
            self._end = time.monotonic() + self._grace
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(self._grace + _UNWINDING)
        if self._thread.is_alive():
            _log.warning("An upload is still being read; it is left to the next server.")
            with suppress(RagError):
                self._library.jobs.give_back(self._now, counted=False)
        for _, done in self._removals:
            done.cancel()

    def wake(self) -> None:
        """Tell that there is a new job."""
        with self._changed:
            if not self._failures:
                self._next = 0.0
                self._changed.notify_all()

    def passages(self, job: Job) -> tuple[int, int]:
        """Return how many passages of a job are in the library, and of how many, as far as that is known here."""
        return self._passages if job.id == self._now else (0, 0)

    @property
    def blocked(self) -> str | None:
        """Why nothing can be read at the moment, in words for clients."""
        return self._blocked[1] if self._blocked else None

    def remove(self, paths: tuple[str, ...]) -> Future[None]:
        """Remove a document, by all its paths, and its files as far as they were uploaded, before the next is read."""
        done: Future[None] = Future()
        with self._changed:
            if self._end is not None:
                done.cancel()
            else:
                self._removals.append((paths, done))
                self._changed.notify_all()
        return done

    # The thread

    def _run(self) -> None:
        while self._end is None:
            removal = self._wait()
            if removal:
                self._remove(*removal)
            elif self._end is None:
                self._turn()

    def _wait(self) -> tuple[tuple[str, ...], Future[None]] | None:
        """Return a removal that is asked for; None when it is time to look for a job, or the end."""
        with self._changed:
            while self._end is None and not self._removals and (left := self._next - time.monotonic()) > 0:
                self._changed.wait(left)
            if self._end is not None or not self._removals:
                self._next = time.monotonic() + _IDLE
                return None
            return self._removals.popleft()

    def _remove(self, paths: tuple[str, ...], done: Future[None]) -> None:
        if not done.set_running_or_notify_cancel():
            return
        try:
            self._library.remove(paths)
            for path in paths:
                self._shelf.discard(Path(path))
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    def _turn(self) -> None:
        """Read the next job, and decide when to look for one again."""
        try:
            more = self._read_next()
        except Stopped:
            return
        except RagError as error:
            self._failures += 1
            if not self._blocked or self._blocked[0] is not type(error):
                self._blocked = (type(error), _in_words(error))
            self._look_in(_delay(self._failures))
        except Exception as error:
            if self._end is None:  # else the library was closed meanwhile
                _log.error("%s", faults.told(error))
            self._look_in(_FIRST_DELAY)
        else:
            self._failures, self._blocked = 0, None
            if more:
                self._look_in(0.0)

    def _look_in(self, seconds: float) -> None:
        with self._changed:
            self._next = time.monotonic() + seconds

    def _read_next(self) -> bool:
        """Bring the next job to its end; return False where there is none.

        Raises:
            RagError: the library or the machine cannot do it now; the job is queued as before.
            Stopped: the server stops; the job is queued as before.
        """
        first = self._library.jobs.next()
        if first is None:
            return False
        with self._library.writing():
            job = self._library.jobs.find(first.id)  # again: another server may have read it meanwhile
            if job and job.ended is None:
                self._bring(job)
        return True

    def _bring(self, job: Job) -> None:
        path, again = self._shelf.path(job.path), job.id in self._untaken
        if job.tries >= MOST_TRIES and not again:
            self._give_up(job, path)
            return
        self._library.jobs.begin(job.id, counted=not again)
        self._untaken.discard(job.id)
        self._passages, self._now = (0, 0), job.id
        try:
            [report] = self._library.ingest([path], progress=self._note, stop=self._is_late).documents
            self._conclude(job, path, report)
        except (RagError, Stopped):
            self._untaken.add(job.id)
            self._library.jobs.give_back(job.id, counted=False)
            self._untaken.discard(job.id)
            raise
        except Exception:
            self._library.jobs.give_back(job.id, counted=True)
            raise
        finally:
            self._now = ""

    def _note(self, step: Step) -> None:
        self._passages = (step.passages_done, step.passages)
        until = time.monotonic() + _GIVING_WAY
        while self._busy() and self._end is None and time.monotonic() < until:
            time.sleep(_GLANCE)

    def _is_late(self) -> bool:
        return self._end is not None and time.monotonic() > self._end

    def _give_up(self, job: Job, path: Path) -> None:
        if self._library.find_document(path):  # only what came afterwards failed
            self._conclude(job, path, None)
        else:
            self._library.jobs.end(job.id, "failed", reason=THRICE)
            self._shelf.discard(path)

    def _conclude(self, job: Job, path: Path, report: DocumentReport | None) -> None:
        """Note what became of an upload, and delete its file unless a document needs it."""
        jobs, known = self._library.jobs, self._library.find_document(path)
        if known is None:
            jobs.end(job.id, "failed", reason=_reason(path, report))
            self._shelf.discard(path)
            return
        others = [other for other in known.paths if other != str(path) and Path(other).exists()]
        if others:  # the library has it already: the first file stays the only one
            self._library.remove([path])
            jobs.end(job.id, "done", document=others[0], reason=THERE)
            self._shelf.discard(path)
        else:
            jobs.end(job.id, "done", document=str(path), reason=_reason(path, report))


def _reason(path: Path, report: DocumentReport | None) -> str | None:
    """Return what a client may know of a reason: not where the file lies, nor where another one does."""
    if report is None or not report.reason:
        return None
    if report.code == "copy":
        return THERE
    text = report.reason.replace(str(path), path.name).replace(str(path.parent), "")
    return text.strip() or None


def _delay(failures: int) -> float:
    """Return the seconds before the next try: twice as many after each failure, up to the longest."""
    return min(_FIRST_DELAY * 2.0 ** min(failures - 1, 20), _LONGEST_DELAY)


def _in_words(error: RagError) -> str:
    if isinstance(error, LibraryBusy):
        return BUSY
    return f"{translated(error).message} The file is kept and tried again."
