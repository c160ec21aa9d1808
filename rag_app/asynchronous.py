"""Values that take long to come, for programs that wait for many things at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

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
