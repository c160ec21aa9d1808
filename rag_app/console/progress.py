"""How far a long task is, drawn on standard error where that is a terminal."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from rag_app.console import screen
from rag_app.text import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

    from rag_app.writing.builder import Step

    Count = Callable[[str, int, int], None]
    """Takes the name of what is counted, how many are done, and of how many."""

_FILE_LENGTH = 40  # characters of a file's name


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show that something takes a moment, on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with screen.console(error=True).status(what):
        yield


@contextmanager
def counting(*, shown: bool) -> Iterator[Count]:
    """Draw how many of something are done and the time left on standard error, where that is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield _ignored
        return
    from rich.progress import MofNCompleteColumn, TimeRemainingColumn

    with _bar(MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("", total=None)

        def count(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        yield count


@contextmanager
def ingest_progress(*, shown: bool) -> Iterator[Callable[[Step], None] | None]:
    """Draw files, pages, passages per second and the time left on standard error, where that is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import MofNCompleteColumn, TextColumn

    with _bar(MofNCompleteColumn(), TextColumn("{task.fields[speed]}", markup=False)) as bar:
        files = bar.add_task("files", speed="")
        passages = bar.add_task("passages", visible=False, speed="")
        scans = bar.add_task("scanned pages", visible=False, speed="")
        scanning: list[float] = []  # since when
        begun = time.monotonic()

        def step(now: Step) -> None:
            name = flat(PurePath(now.path).name, _FILE_LENGTH)
            seconds = time.monotonic() - begun
            bar.update(files, description=name, speed=speed_text(now, seconds))
            bar.update(files, completed=now.files_done, total=now.files)
            total = now.passages or None  # not known yet while a file is read
            bar.update(passages, completed=now.passages_done, total=total, visible=total is not None)
            if now.scans:
                scanning.append(time.monotonic())
                left = left_text(now, scanning[-1] - scanning[0])
                bar.update(scans, completed=now.scans_done, total=now.scans, visible=True, speed=left)
                del scanning[1:]

        yield step


def speed_text(now: Step, seconds: float) -> str:
    """Return how many pages and passages a run has done, how fast, and how long the rest will take."""
    if not now.embedded or seconds <= 0:
        return f"{now.pages:,} pages" if now.pages else ""
    text = f"{now.pages:,} pages, {now.embedded / seconds:,.0f} passages/s"
    done = _bytes_done(now)
    if not 0 < done < now.bytes:
        return text
    left = seconds * (now.bytes - done) / done
    return f"{text}, {_clock(round(left))} left"


def left_text(now: Step, seconds: float) -> str:
    """Return how many pages a second are recognised, and how long the rest will take; `seconds` since the first."""
    if not now.scans_done or seconds <= 0:
        return ""
    pace = now.scans_done / seconds
    return f"{pace:.2f} pages/s, {_clock(round((now.scans - now.scans_done) / pace))} left"


def interruption_text(now: Step) -> str:
    """Return what is said where a run is ended: what is done, what is left, and how it goes on."""
    done = f"{now.files_done:,} of {now.files:,} files are done"
    if now.scans:
        done += f", {now.scans_done:,} of {now.scans:,} scanned pages are recognised"
    return f"Stopped: {done}. That is kept; the same command goes on."


def _bytes_done(now: Step) -> float:
    """Return the bytes of the files that are done, and of the one at hand the share of its passages."""
    if not now.passages:
        return now.bytes_done
    return now.bytes_done + now.bytes_now * now.passages_done / now.passages


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


@contextmanager
def fetch_progress(*, shown: bool) -> Iterator[Count]:
    """Draw the bytes and the time left of each model on standard error; a line a model where that is no terminal."""
    if not shown:
        yield _ignored
    elif not sys.stderr.isatty():
        yield _Announcer()
    else:
        with _fetch_bar() as count:
            yield count


@contextmanager
def _fetch_bar() -> Iterator[Count]:
    from rich.progress import DownloadColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    tasks: dict[str, Any] = {}
    with _bar(*columns, transient=False) as bar:

        def count(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield count


class _Announcer:
    """Writes a line for each tenth of a file that is there."""

    def __init__(self) -> None:
        self._announced: set[tuple[str, int]] = set()

    def __call__(self, name: str, done: int, total: int) -> None:
        """Take how many bytes of a file are there."""
        tenth = (name, 10 * done // total if total else 0)
        if tenth in self._announced:
            return
        self._announced.add(tenth)
        print(f"{name}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB", file=sys.stderr, flush=True)


def _bar(*columns: Any, transient: bool = True) -> Progress:
    """Return a bar with a name before it and `columns` behind it; a `transient` one leaves nothing at its end."""
    from rich.progress import BarColumn, Progress, TextColumn

    name = TextColumn("{task.description}", markup=False)
    return Progress(name, BarColumn(), *columns, console=screen.console(error=True), transient=transient)


def _ignored(_name: str, _done: int, _total: int) -> None:
    """Draw nothing."""
