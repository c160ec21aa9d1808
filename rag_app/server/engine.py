"""One lane for all that uses the models: a thread, a bounded queue before it, and a stop for whoever has gone away."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from rag_app.models.stopping import Stopped
from rag_app.server.api_errors import ApiError, busy, busy_key
from rag_app.server.lane import Lane
from rag_app.server.relay import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from concurrent.futures import Future

    from rag_app.library import Library
    from rag_app.server.key_ring import Key
    from rag_app.types import Event, Filter, Turn

T = TypeVar("T")

_FIRST_GUESS = 5.0  # seconds of an answer, before any was measured
_WIDGETS = 0.5  # of the places to wait that all widgets together may fill
_ONE_WIDGET = 0.25
_ONE_ADMIN = 0.75


class Engine:
    """Runs what is asked of a library, one thing after the other, and each key in its turn."""

    def __init__(self, library: Library, *, waiting: int, seconds: float) -> None:
        """Take the library, how many may wait, and the most seconds that one may take with its waiting."""
        self.library = library
        self._waiting = waiting
        self._seconds = seconds
        self._lane = Lane("answers")
        self._inside: Counter[str] = Counter()  # being done or waiting, by the name of the key
        self._lock = threading.Lock()
        self._usual = _FIRST_GUESS

    @property
    def inside(self) -> int:
        """How many requests are being done or wait."""
        return self._inside.total()

    def close(self) -> None:
        """Forget what waits, and wait for what is being done."""
        self._lane.close()

    async def run(self, work: Callable[[], T], *, key: Key, admitted: bool = False) -> T:
        """Return what `work` returns; a part of a request that was let in already is `admitted`, and finds a place.

        Raises:
            ApiError: the queue is full, or what the key may fill of it, or the time is up.
        """
        future = self._submit(work, key, admitted=admitted)
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
        key: Key,
    ) -> AsyncIterator[Event]:
        """Yield the events of an answer; when this is closed, the work ends before its next token.

        Raises:
            ApiError: the queue is full, or what the key may fill of it, or the time is up.
        """
        relay: Relay[Event] = Relay(self._seconds)

        def answer() -> Iterator[Event]:
            return self.library.stream(question, history=history, where=where, budget=budget, stop=relay.is_over)

        future = self._submit(partial(relay.carry, answer), key)
        try:
            while (event := await relay.next()) is not None:
                yield event
        except Stopped:
            raise _late() from None
        finally:
            relay.close()
            future.cancel()

    def _submit(self, work: Callable[[], T], key: Key, *, admitted: bool = False) -> Future[T]:
        with self._lock:
            if not admitted:
                self._check_room(key)
            self._inside[key.name] += 1

        future = self._lane.submit(key.name, partial(self._timed, work))
        future.add_done_callback(lambda _: self._leave(key.name))
        return future

    def _timed(self, work: Callable[[], T]) -> T:
        """Do `work`, and let its seconds count in what is usual."""
        begun = time.monotonic()
        try:
            return work()
        finally:
            self._usual += (time.monotonic() - begun - self._usual) / 8

    def _check_room(self, key: Key) -> None:
        inside = self._inside.total()
        all_of_its_kind = _WIDGETS if key.kind == "widget" else 1.0
        if inside > self._waiting * all_of_its_kind:
            raise busy(self._usual * inside)
        if self._inside[key.name] > self._waiting * _share(key):
            raise busy_key(self._usual * inside)

    def _leave(self, name: str) -> None:
        with self._lock:
            self._inside[name] -= 1
            if not self._inside[name]:
                del self._inside[name]


def _share(key: Key) -> float:
    """Return what one key may fill of the places to wait."""
    if not key.sha256:  # who asks without a key: nobody has one, so there are no others
        return 1.0
    return _ONE_WIDGET if key.kind == "widget" else _ONE_ADMIN


def _late() -> ApiError:
    return ApiError(504, "The answer took too long.", "timeout")
