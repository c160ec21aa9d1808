"""Reads files in processes of their own, several at a time, so that no file can harm or stop the one that asks."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from ingest import faults, wire
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import MOST_TEXT
from ingest.process import Crashed, Lost, Process
from ingest.readers.ocr import ocr_available
from ingest.recognition import Recognition
from ingest.remarks import Remark
from ingest.scans import Scans, completed, left
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType

    from ingest.types import Recognised

    Result = Document | DocumentError

_log = logging.getLogger(__name__)
_MOST = 4  # processes; each may take a gibibyte
_AHEAD = 2  # files a process that are read before they are asked for
_BEAT = 0.5  # seconds between two signs of life while a file is waited for
_AT_ONCE = Scans()


class Readers:
    """Processes that read files, for use in a `with` statement.

    They start when they are needed, and end with the block or with this process.
    """

    def __init__(self, count: int | None = None, lexicon: Lexicon = NO_WORDS) -> None:
        """Read up to `count` files at a time by the words of a lexicon.

        Args:
            count: None: as many as there are processors, at most four.
            lexicon: goes to each process when it starts.
        """
        self.lexicon = lexicon
        self._count = count or min(_processors(), _MOST)
        self._threads = ThreadPoolExecutor(self._count, "reader")
        self._recognition = Recognition(lexicon, _processors())
        self._processes = [*self._recognition.processes]
        self._idle: list[Process] = []
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes, whatever they do."""
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.kill()
        self._recognition.close()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.close()

    def read(self, path: Path, password: str | None = None, scans: Scans = _AT_ONCE) -> Document:
        """Read one file as `ingest.read` does, and its pages that are pictures as `scans` says.

        Raises:
            DocumentError: the file cannot be read, or not within the limits.
        """
        result = self._threads.submit(self._read, path, password, scans).result()
        if isinstance(result, DocumentError):
            raise result
        return result

    def read_all(
        self,
        paths: Iterable[Path],
        password: str | None = None,
        beat: Callable[[], None] | None = None,
        scans: Scans = _AT_ONCE,
    ) -> Iterator[tuple[Path, Result]]:
        """Yield each of `paths` with its document, or with why there is none, in the order given.

        While one is used the next are read: a few files, with no more text than one document may have. `beat` is called
        twice a second while a file is waited for; what it raises ends the reading.
        """
        waiting: deque[tuple[Path, Future[Result]]] = deque()
        coming = iter(paths)
        try:
            while True:
                while len(waiting) < 1 + _AHEAD * self._count and _characters(waiting) < MOST_TEXT:
                    if (path := next(coming, None)) is None:
                        break
                    waiting.append((path, self._threads.submit(self._read, path, password, scans)))
                if not waiting:
                    return
                path, result = waiting.popleft()
                while beat and not wait([result], _BEAT).done:
                    beat()
                yield path, result.result()
        finally:
            for _, result in waiting:
                result.cancel()

    def _read(self, path: Path, password: str | None, scans: Scans) -> Result:
        try:
            document = self._document(path, password)
            members = tuple(
                replace(member, document=self._with_scans(member.document, scans, path, password, member.document.path))
                for member in document.members
            )
            return self._with_scans(replace(document, members=members), scans, path, password)
        except DocumentError as error:
            return error
        except Lost as error:
            return DocumentError(str(path), error.reason, error.code)
        except Exception as error:  # a fault of ours: it is told, and costs this file only
            _log.error("%r could not be read: %s", str(path), faults.told(error))
            return DocumentError(str(path), f"could not be read: {wire.one_line(str(error)) or type(error).__name__}")

    def _document(self, path: Path, password: str | None) -> Document:
        with self._process() as process:
            try:
                return process.read(path, password, native=True)
            except Crashed as crash:  # what can be had without the parser in C is better than nothing
                return self._without(process, path, password, crash)
            except Lost as loss:  # so is the file without what lies in it
                if not loss.inside:
                    raise
                return self._alone(process, path, password, loss, native=True)

    def _without(self, process: Process, path: Path, password: str | None, crash: Crashed) -> Document:
        """Read a file without the parser in C, with which the process crashed, and if need be without its members."""
        try:
            document = process.read(path, password, native=False)
        except Lost as loss:
            if not loss.inside:
                raise
            document = self._alone(process, path, password, loss, native=False)
        return replace(document, remarks=(*document.remarks, Remark("hidden_unknown", detail=str(crash))))

    def _alone(self, process: Process, path: Path, password: str | None, loss: Lost, *, native: bool) -> Document:
        """Read a file without what lies in it, with which the process was lost."""
        document = process.read(path, password, native=native, members=False)
        return replace(document, remarks=(*document.remarks, Remark("members_unread", detail=loss.reason)))

    def _with_scans(
        self, document: Document, scans: Scans, path: Path, password: str | None, member: str = ""
    ) -> Document:
        """Return the document with the text that is on its pictures, page by page, as far as that is read now.

        Args:
            document: what was read.
            scans: what is done with them.
            path: of the file.
            password: of the file.
            member: the name of the document, where it lies in the file.
        """
        wanted = scans.wanted(document)
        if not wanted or scans.ocr == "off" or not ocr_available():
            return left(document, document.unread, "ocr_off" if scans.ocr == "off" else "ocr_missing")
        if scans.later:
            return left(document, wanted, "ocr_waiting")
        found: dict[int, Recognised] = {}
        for number in wanted:
            if scans.kept and (page := scans.kept.find(path, member, number)):
                found[number] = page

        def take(number: int, page: Recognised) -> None:
            found[number] = page
            if scans.kept:
                scans.kept.keep(path, member, number, page)

        rest = [number for number in wanted if number not in found]
        problem = self._recognition.recognise(path, password, member, rest, take)
        return completed(document, found, problem, forced=scans.ocr == "force")

    @contextmanager
    def _process(self) -> Iterator[Process]:
        with self._lock:
            if self._closed:
                raise Lost("was not read: the run has ended", "unreadable")
            if not self._idle:
                self._idle.append(Process(self.lexicon))
                self._processes.append(self._idle[-1])
            process = self._idle.pop()
        try:
            yield process
        finally:
            with self._lock:
                self._idle.append(process)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _characters(waiting: Iterable[tuple[Path, Future[Result]]]) -> int:
    """Count the text that is read and not yet used."""
    results = (result.result() for _, result in waiting if result.done() and not result.cancelled())
    return sum(len(result.text) for result in results if isinstance(result, Document))
