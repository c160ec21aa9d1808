"""What takes long, for programs that wait for many things at once: it is done in another thread."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from rag_app.types import Answer, Event, Filter, Hit, Mode, Turn

T = TypeVar("T")


async def each(start: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
    """Yield what an iterator yields, which is begun, continued and closed in one thread of its own.

    Where the caller stops early or is cancelled, the iterator is closed as soon as it yields again.
    """
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix="rag")
    iterator = start()
    end = object()
    try:
        while (value := await loop.run_in_executor(thread, next, iterator, end)) is not end:
            yield value  # type: ignore[misc]
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            thread.submit(close)
        thread.shutdown(wait=False)


class Awaited(ABC):
    """The methods of `Library` that can be awaited; each calls the one that cannot."""

    @abstractmethod
    def search(
        self,
        question: str,
        k: int | None = None,
        *,
        candidates: int | None = None,
        mode: Mode = "hybrid",
        rerank: bool = True,
        where: Filter | None = None,
    ) -> list[Hit]:
        """Return the best `k` passages for a question."""

    @abstractmethod
    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
    ) -> Answer:
        """Return the answer to a question."""

    @abstractmethod
    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Iterator[Event]:
        """Yield the events of an answer."""

    async def asearch(
        self,
        question: str,
        k: int | None = None,
        *,
        candidates: int | None = None,
        mode: Mode = "hybrid",
        rerank: bool = True,
        where: Filter | None = None,
    ) -> list[Hit]:
        """Search in another thread; see `search`."""
        return await asyncio.to_thread(
            self.search, question, k, candidates=candidates, mode=mode, rerank=rerank, where=where
        )

    async def aask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
    ) -> Answer:
        """Answer in another thread; see `ask`."""
        return await asyncio.to_thread(self.ask, question, history=history, budget=budget, where=where)

    def astream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
    ) -> AsyncIterator[Event]:
        """Yield the events of `stream`, which runs in another thread."""
        return each(lambda: self.stream(question, history=history, budget=budget, where=where))
