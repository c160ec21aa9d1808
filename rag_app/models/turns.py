"""Whose turn it is: an engine that does one thing at a time serves those who wait in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turns:
    """A lock that is fair, and that another thread than the one that took it may give back.

    Python's own may be taken again at once by who has just released it, while others wait. And what has its turn may be
    a stream that nobody reads any more: it gives it back when it is collected, in whatever thread that is.
    """

    def __init__(self) -> None:
        # Reentrant: a stream may be collected, and give its turn back, in the middle of any of these methods.
        self._guard = threading.RLock()
        self._queue: deque[_Place] = deque()  # whose turn it is, and then who waits

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until all who came before are done, and keep the turn until the block ends."""
        mine = _Place()
        try:
            with self._guard:
                self._queue.append(mine)
                self._call_first()
            mine.wait()
            yield
        finally:
            with self._guard:
                if mine in self._queue:  # not where Ctrl-C came before it was
                    self._queue.remove(mine)
                self._call_first()

    def _call_first(self) -> None:
        if self._queue:
            self._queue[0].call()


class _Place:
    """In a queue, until it is called."""

    def __init__(self) -> None:
        # No Event: its methods, interrupted by a collection that calls this place, would wait for themselves.
        self._closed = threading.Lock()
        self._closed.acquire()
        self._called = False

    def wait(self) -> None:
        self._closed.acquire()

    def call(self) -> None:
        if not self._called:
            self._called = True
            self._closed.release()
