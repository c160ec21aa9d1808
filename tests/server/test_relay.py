from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from rag_app.models.stopping import Stopped
from rag_app.server.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


async def take(relay: Relay[int], make: Callable[[], Iterable[int]], found: list[int]) -> None:
    """Carry what `make` returns out of a thread, into `found`."""
    thread = threading.Thread(target=relay.carry, args=(make,))
    thread.start()
    try:
        while (value := await relay.next()) is not None:
            found.append(value)
    finally:
        await asyncio.to_thread(thread.join)


def carried(make: Callable[[], Iterable[int]], found: list[int], *, seconds: float = 60.0) -> None:
    """Do so in an event loop, within some seconds."""

    async def run() -> None:
        await take(Relay(seconds), make, found)

    asyncio.run(run())


def test_what_a_thread_makes_arrives_in_its_order() -> None:
    found: list[int] = []
    carried(lambda: range(100), found)
    assert found == list(range(100))


def test_what_goes_wrong_in_the_thread_is_raised_in_the_task_after_what_was_made_before() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    found: list[int] = []
    with pytest.raises(ValueError, match="no more"):
        carried(make, found)
    assert found == [1]


def test_nothing_is_made_where_the_time_is_up_before_the_thread_begins() -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        made.append(1)
        yield 1

    with pytest.raises(Stopped):
        carried(make, [], seconds=-1.0)
    assert made == []


def test_the_thread_is_told_when_nobody_waits_any_more_and_what_it_still_makes_is_dropped() -> None:
    async def run() -> tuple[bool, bool, int]:
        relay: Relay[int] = Relay(60.0)
        before = relay.is_over()
        relay.close()
        relay.carry(lambda: [1, 2])
        return before, relay.is_over(), relay._arrived.qsize()

    assert asyncio.run(run()) == (False, True, 0)
