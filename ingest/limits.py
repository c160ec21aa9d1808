"""What reading one file may cost, and how a process is kept to it."""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

MOST_BYTES = 200_000_000  # of a file
MOST_PAGES = 20_000
MOST_TEXT = 50_000_000  # characters of a document
MOST_PIXELS = 80_000_000  # of a picture; a scan of A3 at 600 dots an inch has 70 million
MOST_SECTIONS = 1_000_000  # headings, or lines of a file that is cited by them
MEMORY = 1 << 30  # bytes of address space
MEMORY_OF_RECOGNITION = 3 << 30  # its runtime reserves much more than it uses
TOO_MUCH_MEMORY = "needed more than 1 GiB of memory"
PATIENCE = 3  # seconds of wall time for each of processor time: other work may leave a reader a third of a processor
OUT_OF_MEMORY = 86  # exit status of a process that had no more
SECONDS = 20.0  # of processor time
SECONDS_A_PAGE = 0.5
SECONDS_A_SCAN = 120.0  # a dense page takes 3 to 10, and three times as long where it lies on its side


def seconds(pages: int) -> float:
    """Return how much processor time a file of `pages` pages may take, recognition left out."""
    return SECONDS + SECONDS_A_PAGE * pages


def _nobody(news: dict[str, object]) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the file at hand may be read."""

    native: bool = True  # with parsers in C, too: they crash where Python raises
    members: bool = True  # with the documents that lie in it
    alarms: bool = False  # a step that takes too long may be broken off by a signal
    tell: Callable[[dict[str, object]], None] = _nobody  # of the number of pages, of a new stage


TERMS: ContextVar[Terms] = ContextVar("TERMS", default=Terms())  # noqa: B039 - frozen


def check_pages(path: Path, count: int) -> None:
    """Tell whoever waits for the file that it has `count` pages: it may take longer then.

    Raises:
        DocumentError: that is more than is read.
    """
    if count > MOST_PAGES:
        raise DocumentError(str(path), f"has {count:,} pages; at most {MOST_PAGES:,} are read", "too_large")
    TERMS.get().tell({"pages": count})


def check_text(path: Path | str, characters: int) -> None:
    """Check the length of a document's text.

    Raises:
        DocumentError: it is longer than what is read.
    """
    if characters > MOST_TEXT:
        reason = f"holds more than {MOST_TEXT // 1_000_000} million characters of text"
        raise DocumentError(str(path), reason, "too_large")


def check_sections(path: Path, count: int) -> None:
    """Check the number of a document's headings or lines.

    Raises:
        DocumentError: there are more than what is read.
    """
    if count > MOST_SECTIONS:
        reason = f"has {count:,} lines or headings; at most {MOST_SECTIONS:,} are read"
        raise DocumentError(str(path), reason, "too_large")


class _Rang(BaseException):
    """Breaks a step off; no `Exception`, because parsers go on after one."""


@contextmanager
def at_most(limit: float) -> Iterator[None]:
    """Break the block off after `limit` seconds of processor time, where the terms allow alarms.

    Raises:
        TimeoutError: the block took longer.
    """
    if not TERMS.get().alarms:
        yield
        return
    signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, max(limit, 0.001), 1.0)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, signal.SIG_IGN)
    except _Rang:  # it may ring in the very moment in which it is switched off
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
        raise TimeoutError(f"took longer than {max(limit, 1):.0f} seconds") from None


def _ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
    raise _Rang


def confine(memory: int) -> bool:
    """Bind this process for good: no core file, no file written, no memory over `memory` bytes.

    Returns:
        Whether the system watches the memory; where it does not, as on macOS, the process has to.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ValueError, OSError):
        return False
    return sys.platform.startswith("linux")


def allow_cpu(limit: float) -> None:
    """Let this process spend `limit` more seconds of processor time; the system ends it when they are over."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + limit) + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def peak_memory() -> int:
    """Return the most bytes that this process has had in memory.

    Where the kernel says so, since it began: on Linux `ru_maxrss` also counts what the process that started it had.
    """
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
