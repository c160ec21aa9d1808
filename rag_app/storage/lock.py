"""One writer at a time: a lock that ends with its process, and a note that says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.errors import LibraryBusy, disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "library.lock"

_LONGEST_NOTE = 1000  # bytes
_TRIES, _AGAIN = 5, 0.01  # seconds between two; who only asks whether it is held has it for an instant
_held: set[int] = set()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes to a library."""

    pid: int
    host: str
    command: str  # the program and its first word: options may hold a password
    since: str  # local time


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Be the only writer of the library in `folder`; the system drops the lock however the process ends.

    Raises:
        LibraryBusy: another process or thread holds it; says which.
        DiskError: the file cannot be opened or written.
    """
    path = folder / FILE
    with disk_errors(f"the lock {path}"):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with disk_errors(f"the lock {path}"):
            if not _take(file):
                raise _busy(folder, _parsed(os.pread(file, _LONGEST_NOTE, 0)))
            _held.add(file)
        with suppress(OSError):  # the note only tells who it is; a full disk may have no room for it
            _write(file, json.dumps(asdict(_this_process())).encode())
        yield
    finally:
        if file in _held:
            _held.discard(file)
            with suppress(OSError):
                os.ftruncate(file, 0)
                fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)


def is_held(folder: Path) -> bool:
    """Tell whether anybody, this process included, is writing to the library in `folder`; nothing is written."""
    try:
        file = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # nobody has written there yet, or nobody but others may
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    except OSError:  # the disk knows no locks, so there is none
        return False
    finally:
        os.close(file)
    return False


def find_holder(folder: Path) -> Holder | None:
    """Return who is writing to the library in `folder`, as far as its note tells, or None."""
    try:
        holder = _parsed((folder / FILE).read_bytes()[:_LONGEST_NOTE])
    except OSError:
        return None
    # The note of a process that was killed stays. The lock is not tried: that could turn a writer away.
    return holder if holder and (holder.host != socket.gethostname() or _is_alive(holder.pid)) else None


def _take(file: int) -> bool:
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_AGAIN)
    return False


def _this_process() -> Holder:
    words = [PurePath(sys.argv[0]).name or "python", *(word for word in sys.argv[1:2] if word.isalpha())]
    return Holder(os.getpid(), socket.gethostname(), " ".join(words), time.strftime("%Y-%m-%d %H:%M:%S"))


def _write(file: int, note: bytes) -> None:
    os.ftruncate(file, 0)
    os.pwrite(file, note, 0)


def _parsed(note: bytes) -> Holder | None:
    try:
        return Holder(**json.loads(note))
    except (ValueError, TypeError):  # it is just being written
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _busy(folder: Path, holder: Holder | None) -> LibraryBusy:
    if holder is None:
        name = who = "another process"
    else:
        name = f"process {holder.pid}"
        who = f"{name} since {holder.since} ({holder.command} on {holder.host})"
    return LibraryBusy(
        f"{folder} is being written by {who}.",
        hint=f"Wait for {name} to finish, or stop it, then run the same command again. Reading is possible meanwhile.",
    )


def _forget_after_fork() -> None:
    """Close the copies that a forked child gets: it would hold the lock after its parent was killed."""
    for file in list(_held):
        _held.discard(file)
        with suppress(OSError):
            os.close(file)


os.register_at_fork(after_in_child=_forget_after_fork)
