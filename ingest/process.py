"""A process that reads files, seen from outside: started when needed, ended when it overruns, replaced when it dies."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING

from ingest import wire
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import MEMORY, MOST_PAGES, OUT_OF_MEMORY, PATIENCE, SECONDS, SECONDS_A_SCAN, seconds
from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.types import Document, ErrorCode, Recognised
    from ingest.wire import Message

_TO_START = 60.0  # seconds; it takes 0.1
_TO_END = 5.0
_TO_SPARE = 2.0  # seconds more than the worker itself has: what it says of a file says more than its death

# Each thread of the allocator and of OpenCV reserves address space, of which there is little.
_SPARING = {"MALLOC_ARENA_MAX": "2", "OPENCV_FOR_THREADS_NUM": "1"}


class Lost(Exception):
    """The process is gone before it answered; the message is for the report."""

    def __init__(self, reason: str, code: ErrorCode = "crashed", *, inside: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.inside = inside  # it was at work with what lies in the file


class Crashed(Lost):
    """It was at work with a parser in C when it went: without that it may fare better."""


class Process:
    """Reads one file at a time."""

    def __init__(self, lexicon: Lexicon = NO_WORDS, memory: int = MEMORY) -> None:
        """Read by the words of a lexicon, with at most `memory` bytes of address space."""
        self._lexicon = lexicon
        self._memory = memory
        self._child: subprocess.Popen[bytes] | None = None
        self._received = bytearray()
        self._ready = False
        self._closed = False
        self._lock = threading.Lock()  # between the start of a process and the end of all

    def read(self, path: Path, password: str | None, *, native: bool, members: bool = True) -> Document:
        """Read one file as `ingest.read` does; `native`: with parsers in C, too; `members`: with what lies in it.

        Raises:
            DocumentError: the file cannot be read.
            Lost: nor can it be known why: the process is gone.
        """
        assembly = wire.Assembly(path)
        outcome: list[Document | DocumentError] = []

        def take(message: Message) -> None:
            if outcome:
                raise wire.Broken("more than one answer")
            if "error" in message:
                outcome.append(wire.failure(path, message))
            elif (document := assembly.add(message)) is not None:
                outcome.append(document)

        request: Message = {"path": str(path), "password": password, "native": native, "members": members, "pages": []}
        self._ask(request, take, seconds(0))
        if not outcome:
            raise Lost("made the reader crash: no answer")
        if isinstance(outcome[0], DocumentError):
            raise outcome[0]
        return outcome[0]

    def recognise(
        self,
        path: Path,
        password: str | None,
        numbers: Sequence[int],
        recognised: Callable[[int, Recognised], None],
        member: str = "",
    ) -> None:
        """Recognise pages of a PDF, or of a `member` of a file, and tell `recognised` of each as soon as it is read.

        Raises:
            DocumentError: the file cannot be drawn.
            Lost: the process is gone, at work on the first page that was not told of.
        """
        problems: list[DocumentError] = []
        missing = set(numbers)

        def take(message: Message) -> None:
            if "error" in message:
                problems.append(wire.failure(path, message))
                return
            number, page = wire.recognised(message)
            if number not in missing:
                raise wire.Broken("another page")
            missing.remove(number)
            recognised(number, page)

        request: Message = {"path": str(path), "password": password, "native": True, "members": False, "member": member}
        request["pages"] = list(numbers)
        self._ask(request, take, SECONDS + SECONDS_A_SCAN)
        if problems:
            raise problems[0]

    def kill(self) -> None:
        """Kill the process, whatever it does, so that who waits for it is told; no other is started."""
        with self._lock:
            self._closed = True
            if self._child:
                self._child.kill()

    def close(self) -> None:
        """Clear away what is left of a process that nobody waits for."""
        self._end()

    def _ask(self, request: Message, take: Callable[[Message], None], allowed: float) -> None:
        """Send `request` and pass each message of the answer to `take`.

        Args:
            request: what to do.
            take: told of what comes back.
            allowed: seconds of processor time until the answer is there; each recognised page earns another such time.
        """
        native = inside = False
        try:
            self._send(request)
            begun = monotonic()
            while "end" not in (message := self._receive(begun + PATIENCE * allowed + _TO_SPARE)):
                if "pages" in message:
                    allowed = max(allowed, seconds(min(int(message["pages"]), MOST_PAGES)))
                elif "native" in message:
                    native = True
                elif "inside" in message:
                    inside = True
                else:
                    take(message)
                    begun = monotonic() if "recognised" in message else begun
            if message["tired"]:
                self._end()
        except TimeoutError:
            self._end()
            raise (Crashed if native else Lost)(
                _took_longer(PATIENCE * allowed), "over_limits", inside=inside
            ) from None
        except (EOFError, OSError):
            reason, code = self._loss(allowed)
            raise (Crashed if native else Lost)(reason, code, inside=inside) from None
        except (wire.Broken, TypeError, ValueError, KeyError, OverflowError) as error:
            self._end()
            raise Lost(f"made the reader crash: {wire.one_line(str(error))}") from error
        except BaseException:
            self._end()
            raise

    def _loss(self, allowed: float) -> tuple[str, ErrorCode]:
        """Tell why the process went away."""
        status = self._end(gently=True)
        if self._closed:
            return "was not read: the run has ended", "unreadable"
        if status == -signal.SIGXCPU:
            return _took_longer(allowed), "over_limits"
        if status in (OUT_OF_MEMORY, -signal.SIGKILL):
            return f"needed more than {self._memory >> 30} GiB of memory", "over_limits"
        return "made the reader crash", "crashed"

    def _send(self, request: Message) -> None:
        if self._child is None:
            self._start()
        assert self._child
        assert self._child.stdin
        self._child.stdin.write(wire.pack(request))

    def _start(self) -> None:
        with self._lock:
            if self._closed:
                raise EOFError
            # It finds modules where this process does, and takes none from the folder that it starts in.
            places = os.pathsep.join(os.path.abspath(place) for place in sys.path)  # noqa: PTH100 - no link followed
            # The child is born with them blocked: who stops a service sends them to all of its processes, and this one
            # decides what is still read.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            try:
                self._child = subprocess.Popen(
                    [sys.executable, "-P", "-m", "ingest.worker", str(self._memory)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    bufsize=0,
                    env=os.environ | _SPARING | {"PYTHONPATH": places},
                    start_new_session=True,
                )
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._received.clear()
        try:
            ready = self._receive(monotonic() + _TO_START)
        except (EOFError, TimeoutError, wire.Broken):
            ready = {}
        if "ready" not in ready and not self._closed:
            reason = f"was not read: the process that reads files does not start (status {self._end()})"
            raise Lost(reason, "unreadable")
        if self._child and self._child.stdin:
            self._child.stdin.write(wire.pack({"lexicon": self._lexicon.lists()}))

    def _receive(self, until: float) -> Message:
        header = self._take(wire.HEADER, until)
        return wire.unpack(self._take(wire.size(header), until))

    def _take(self, count: int, until: float) -> bytes:
        child = self._child
        if child is None or child.stdout is None or child.stdout.closed:
            raise EOFError  # another thread has ended it
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while len(self._received) < count:
                if not selector.select(max(until - monotonic(), 0)):
                    raise TimeoutError
                try:
                    piece = os.read(child.stdout.fileno(), 1 << 16)
                except (OSError, ValueError) as error:
                    raise EOFError from error  # ended and closed meanwhile
                if not piece:
                    raise EOFError
                self._received += piece
        content = bytes(self._received[:count])
        del self._received[:count]
        return content

    def _end(self, *, gently: bool = False) -> int | None:
        """End the process and return its exit status; `gently`: it is about to end by itself."""
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return None
        with child:
            if gently:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_TO_END)
            child.kill()
            return child.wait()


def _took_longer(limit: float) -> str:
    return f"took longer than {limit:.0f} seconds"
