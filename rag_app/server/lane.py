"""A thread that does one thing at a time, and takes those who wait for it by turns."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Lane:
    """Work of several clients: each one's in its order, and after each piece it is the next client's turn."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[tuple[Future[Any], Callable[[], Any]]]] = {}  # the first is next

    def submit(self, who: str, work: Callable[[], T]) -> Future[T]:
        """Let `work` be done when it is the turn of `who`; what it returns is in the future."""
        future: Future[T] = Future()
        with self._lock:
            self._waiting.setdefault(who, deque()).append((future, work))
        self._thread.submit(self._do_next)
        return future

    def close(self) -> None:
        """Forget what waits, and wait for what is being done."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            left = [future for queue in self._waiting.values() for future, _ in queue]
            self._waiting.clear()
        for future in left:
            future.cancel()
        self._thread.shutdown()

    def _do_next(self) -> None:
        taken = self._take()
        if taken is None:
            return
        future, work = taken
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _take(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        with self._lock:
            if not self._waiting:  # it was closed
                return None
            who, queue = next(iter(self._waiting.items()))
            taken = queue.popleft()
            del self._waiting[who]
            if queue:
                self._waiting[who] = queue  # at the end, after all others
            return taken
