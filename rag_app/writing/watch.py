"""Keep a library equal to a folder: sync at first, then after every change, once the files have come to rest."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from rag_app.errors import RagError, UsageError
from rag_app.files import identity
from rag_app.writing.plan import is_below

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from rag_app.reports import DocumentReport, IngestReport

REST = 1.0  # seconds without a change after which a file counts as written
TRIES = 5  # of a file that cannot be read; a change of the file begins anew
_TICK = 300  # milliseconds between two looks
_DEBOUNCE = 600  # milliseconds in which changes are gathered


class Sync(Protocol):
    """Makes the library equal to the folder."""

    def __call__(self, *, only: Collection[str] | None, skip: Collection[str]) -> IngestReport:
        """Return what was done; `only` these files are surely compared by content, and `skip` not touched."""
        ...


def watch(
    folder: Path,
    sync: Sync,
    *,
    apart: Path | None = None,
    changes: Iterator[set[str]] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[DocumentReport | RagError]:
    """Yield a line for each file that is added, updated, removed or cannot be read, until Ctrl-C.

    What goes wrong meanwhile, such as another process that writes, is yielded too, once, and tried again. Ctrl-C while
    nothing is being done ends this like any loop; in the middle of a sync it is an interruption.

    Args:
        folder: is watched with everything below.
        sync: is called at first, and after changes.
        apart: changes in this folder mean nothing: the library writes to it.
        changes: the paths that have changed since the last time, at least every now and then; an end ends it.
        clock: seconds.

    Raises:
        RagError: the folder cannot be watched, or the first sync is not possible.
    """
    folder = folder.absolute()
    stream = _changes(folder) if changes is None else changes
    resting, news, problem = Resting(clock), _News(), ""
    resting.changed(next(stream, set()))  # before the first sync, so that no change is missed during it
    report = sync(only=None, skip=())
    resting.failed(report)
    yield from news.of(report)
    while (paths := _next(stream)) is not None:
        resting.changed(path for path in paths if apart is None or not is_below(path, str(apart)))
        if not resting.due():
            continue
        try:
            report = sync(only=resting.settled(), skip=resting.unsettled())
        except RagError as error:
            if error.message != problem:
                yield error
            problem = error.message
            resting.wait()
            continue
        problem = ""
        resting.done()
        resting.failed(report)
        yield from news.of(report)


def _next(stream: Iterator[set[str]]) -> set[str] | None:
    try:
        return next(stream, None)
    except KeyboardInterrupt:
        return None


@dataclass
class Resting:
    """Which files have changed, and whether they are still being written."""

    clock: Callable[[], float]
    _seen: dict[str, tuple[float, tuple[int, int] | None]] = field(default_factory=dict)  # since when it is what it is
    _tries: dict[str, int] = field(default_factory=dict)  # of files that could not be read
    _not_before: float = 0.0

    def changed(self, paths: Iterable[str]) -> None:
        """Take the paths that have changed; both names of a renamed file come to rest together."""
        now = self.clock()
        for path in paths:
            self._seen[path] = (now, _look(path))
            self._tries.pop(path, None)

    def due(self) -> bool:
        """Tell whether there is something to do: a file that has changed has come to rest."""
        now = self.clock()
        for path, (_, known) in self._seen.items():
            if (look := _look(path)) != known:
                self._seen[path] = (now, look)
        return now >= self._not_before and bool(self.settled())

    def unsettled(self) -> set[str]:
        """Return the files that have changed a moment ago."""
        now = self.clock()
        return {path for path, (since, _) in self._seen.items() if now - since < REST}

    def settled(self) -> set[str]:
        """Return the changed files that are at rest."""
        return self._seen.keys() - self.unsettled()

    def done(self) -> None:
        """Forget the files that were at rest."""
        for path in self.settled():
            del self._seen[path]

    def failed(self, report: IngestReport) -> None:
        """Look again at files that could not be read, later each time: they may have been half written."""
        for document in report.documents:
            tries = self._tries.get(document.path, 0)
            if document.status == "failed" and tries < TRIES:
                self._tries[document.path] = tries + 1
                self._seen[document.path] = (self.clock() + REST * (2**tries - 1), _look(document.path))

    def wait(self) -> None:
        """Do nothing for a moment."""
        self._not_before = self.clock() + REST


def _look(path: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(path)  # noqa: PTH116  names may hold anything
    except (OSError, ValueError):
        return None
    return stat.st_size, stat.st_mtime_ns


class _News:
    """Leaves out what was told already."""

    def __init__(self) -> None:
        self._failed: dict[str, DocumentReport] = {}

    def of(self, report: IngestReport) -> Iterator[DocumentReport]:
        """Yield what has changed, and files that cannot be read, unless they failed in the same way before."""
        for document in report.documents:
            before = self._failed.pop(document.path, None)
            if document.status == "failed":
                self._failed[document.path] = document
            if document.status != "unchanged" and document != before:
                yield document


def _changes(folder: Path) -> Iterator[set[str]]:
    """Yield the paths that have changed in `folder`, also after it was away, as with a disk that is mounted again."""
    from watchfiles import watch as watch_files

    while True:
        known = identity(folder)
        try:
            for batch in watch_files(
                folder,
                watch_filter=None,
                debounce=_DEBOUNCE,
                step=_TICK // 3,
                rust_timeout=_TICK,
                yield_on_timeout=True,
                raise_interrupt=True,
                ignore_permission_denied=True,
            ):
                yield {path for _, path in batch}
                if identity(folder) != known:
                    break
        except OSError as error:
            if known:
                raise UsageError(
                    f"{folder} cannot be watched: {error}.",
                    hint="Run `rag sync` instead, or let the system watch more files (fs.inotify.max_user_watches).",
                ) from error
        yield {str(folder)}
        while identity(folder) is None:
            time.sleep(REST)
            yield set()
        yield {str(folder)}
