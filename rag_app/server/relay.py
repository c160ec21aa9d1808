"""The way of an answer's events from the thread that makes them to the task that sends them."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from rag_app.models.stopping import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

_STOPPING = 5.0  # seconds that a thread may take to end after its time is up
_LEAST_WAIT = 0.1


class Relay(Generic[T]):
    """Carries values out of a thread; made in the task that takes them, which may leave at any time."""

    def __init__(self, seconds: float) -> None:
        """Take how long it may all last."""
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[T | Exception | None] = asyncio.Queue()  # None is the end
        self._until = time.monotonic() + seconds
        self._gone = threading.Event()  # the task has left

    def is_over(self) -> bool:
        """Tell whether the thread is to stop: nobody waits any more, or the time is up."""
        return self._gone.is_set() or time.monotonic() > self._until

    def carry(self, make: Callable[[], Iterable[T]]) -> None:
        """Pass on what `make` returns, one by one, then an exception where there is one; called in the thread."""
        try:
            if self.is_over():
                raise Stopped
            for value in make():
                self._pass(value)
        except Exception as error:
            self._pass(error)
        finally:
            self._pass(None)

    async def next(self) -> T | None:
        """Return the next value; None at the end.

        Raises:
            Stopped: the time is up.
            Exception: whatever the thread has raised.
        """
        left = self._until + _STOPPING - time.monotonic()
        try:
            value = await asyncio.wait_for(self._arrived.get(), max(_LEAST_WAIT, left))
        except TimeoutError:
            raise Stopped from None
        if isinstance(value, Exception):
            raise value
        return value

    def close(self) -> None:
        """Let the thread stop; what it still makes is dropped."""
        self._gone.set()

    def _pass(self, value: T | Exception | None) -> None:
        if not self._gone.is_set():
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, value)
