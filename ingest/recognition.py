"""Recognises pages in as many processes as there are processors, each with one thread: see docs/decisions/0055."""

from __future__ import annotations

import os
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.limits import MEMORY_OF_RECOGNITION
from ingest.process import Lost, Process
from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.lexicon import Lexicon
    from ingest.types import Recognised

    Take = Callable[[int, Recognised], None]

_BATCH = 4  # pages that a process takes at a time: the file is opened once for them
_MOST_LOSSES = 3  # in a row, of processes that recognised no page
_MEMORY = 3 << 29  # bytes that a process may come to need
_ENDED = "was not read: the run has ended"


@dataclass(slots=True)
class _Run:
    """The pages of one document that are being recognised."""

    path: Path
    password: str | None
    member: str
    take: Take
    losses: int = 0  # in a row
    problems: list[str] = field(default_factory=list)

    def taken(self, number: int, page: Recognised) -> None:
        self.losses = 0
        self.take(number, page)


class Recognition:
    """Processes that recognise pages; they start when they are needed."""

    def __init__(self, lexicon: Lexicon, processors: int) -> None:
        """Use up to so many processors, and as many as the memory allows."""
        count = max(1, min(processors, _memory() // _MEMORY))
        self.processes = [Process(lexicon, MEMORY_OF_RECOGNITION) for _ in range(count)]
        self._idle = list(self.processes)
        self._threads = ThreadPoolExecutor(count, "recogniser")

    def close(self) -> None:
        """Forget what nobody has begun; the processes are killed by whoever closes all."""
        self._threads.shutdown(cancel_futures=True)

    def recognise(
        self, path: Path, password: str | None, member: str, numbers: Sequence[int], take: Take
    ) -> str | None:
        """Recognise pages of a file or of a member of it; return why some were left out, or None.

        Args:
            path: of the file.
            password: of the file.
            member: the name of the document, where it lies in the file; else "".
            numbers: of the pages.
            take: told of each page as soon as it is there, by several threads.
        """
        run = _Run(path, password, member, take)
        try:
            batches = [
                self._threads.submit(self._batch, run, numbers[first : first + _BATCH])
                for first in range(0, len(numbers), _BATCH)
            ]
            for batch in batches:
                batch.result()
        except (CancelledError, RuntimeError):  # closed meanwhile
            return _ENDED
        return run.problems[-1] if run.problems else None

    def _batch(self, run: _Run, numbers: Sequence[int]) -> None:
        process, waiting = self._idle.pop(), list(numbers)

        def take(number: int, page: Recognised) -> None:
            waiting.remove(number)
            run.taken(number, page)

        try:
            while waiting and run.losses < _MOST_LOSSES:
                try:
                    process.recognise(run.path, run.password, tuple(waiting), take, run.member)
                    return
                except DocumentError as error:
                    run.problems.append(error.reason)
                    return
                except Lost as error:  # at work on the first of them: the others may fare better
                    run.problems.append(error.reason)
                    run.losses += 1
                    del waiting[:1]
        finally:
            self._idle.append(process)


def _memory() -> int:
    """Return the bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
