"""One lane for all that uses the models: a thread, a bounded queue before it, and a stop for whoever has gone away."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from rag_app.server.errors import ApiError, busy
from rag_app.stopping import Stopped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from concurrent.futures import Future

    from rag_app.library import Library
    from rag_app.types import Event, Filter, Turn

T = TypeVar("T")

ADMITTED = float("inf")
"""The share of the queue for what goes on with a request that was let in already."""

_FIRST_GUESS = 5.0  # seconds of an answer, before any was measured


class Engine:
    """Runs what is asked of a library, one thing after the other."""

    def __init__(self, library: Library, *, waiting: int, seconds: float) -> None:
        """Take the library, how many may wait, and the most seconds that one may take with its waiting."""
        self.library = library
        self._waiting = waiting
        self._seconds = seconds
        self._lane = ThreadPoolExecutor(1, "answers")
        self._inside = 0  # being done or waiting
        self._lock = threading.Lock()
        self._usual = _FIRST_GUESS

    @property
    def inside(self) -> int:
        """How many requests are being done or wait."""
        return self._inside

    def close(self) -> None:
        """Forget what waits, and wait for what is being done."""
        self._lane.shutdown(cancel_futures=True)

    async def run(self, work: Callable[[], T], *, share: float = 1.0) -> T:
        """Return what `work` returns.

        Raises:
            ApiError: the queue is full, or the time is up.
        """
        future = self._submit(work, share)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError:
            raise _late() from None

    async def events(
        self,
        question: str,
        history: Sequence[Turn],
        where: Filter | None,
        budget: float | None = None,
        *,
        share: float = 1.0,
    ) -> AsyncIterator[Event]:
        """Yield the events of an answer; when this is closed, the work ends before its next token.

        Raises:
            ApiError: the queue is full, of which widgets may fill only their `share`, or the time is up.
        """
        loop = asyncio.get_running_loop()
        found: asyncio.Queue[Any] = asyncio.Queue()
        gone = threading.Event()
        until = time.monotonic() + self._seconds

        def stop() -> bool:
            return gone.is_set() or time.monotonic() > until

        def tell(value: Any) -> None:
            if not gone.is_set():
                loop.call_soon_threadsafe(found.put_nowait, value)

        def work() -> None:
            try:
                if not stop():
                    stream = self.library.stream(question, history=history, where=where, budget=budget, stop=stop)
                    for event in stream:
                        tell(event)
            except Stopped:
                tell(_late())
            except Exception as error:
                tell(error)
            finally:
                tell(None)

        future = self._submit(work, share)
        try:
            while True:
                try:
                    event = await asyncio.wait_for(found.get(), max(0.1, until + 5 - time.monotonic()))
                except TimeoutError:
                    raise _late() from None
                if event is None:
                    return
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            gone.set()
            future.cancel()

    def _submit(self, work: Callable[[], T], share: float) -> Future[T]:
        with self._lock:
            if self._inside > self._waiting * share:
                raise busy(self._usual * self._inside)
            self._inside += 1

        def timed() -> T:
            begun = time.monotonic()
            try:
                return work()
            finally:
                self._usual += (time.monotonic() - begun - self._usual) / 8

        future = self._lane.submit(timed)
        future.add_done_callback(lambda _: self._leave())
        return future

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def _late() -> ApiError:
    return ApiError(504, "The answer took too long.", "timeout")
