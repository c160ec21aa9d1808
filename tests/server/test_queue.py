"""The queue before the models: by turns among keys, and no key fills it alone."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest
from helpers_cli import wait_for
from running import filled, running

from rag_app.server.access import LOCAL
from rag_app.server.api_errors import ApiError
from rag_app.server.engine import Engine
from rag_app.server.key_ring import Key
from rag_app.server.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag_app.library import Library

pytestmark = pytest.mark.slow

ADMIN, OTHER = Key("a", "admin", "1", 0.0), Key("b", "admin", "2", 0.0)
SHOP, SECOND, THIRD = (Key(name, "widget", name, 0.0) for name in ("shop", "second", "third"))


@contextmanager
def shut() -> Iterator[tuple[Lane, threading.Event, list[str]]]:
    """Give a lane that does a first thing until the event is set, and a list of what was done after it."""
    lane, go_on, done = Lane("test"), threading.Event(), []
    begun = threading.Event()

    def first() -> None:
        begun.set()
        go_on.wait(30)

    lane.submit("first", first)
    begun.wait(30)
    try:
        yield lane, go_on, done
    finally:
        go_on.set()
        lane.close()


def test_clients_take_turns_and_each_keeps_its_order() -> None:
    with shut() as (lane, go_on, done):
        futures = [
            lane.submit(who[0], lambda who=who: done.append(who)) for who in ("a1", "a2", "a3", "b1", "c1", "b2")
        ]
        go_on.set()
        for future in futures:
            future.result(30)
        assert done == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_what_was_cancelled_is_left_out_and_failures_are_told() -> None:
    with shut() as (lane, go_on, done):
        gone = lane.submit("a", lambda: done.append("gone"))
        failed = lane.submit("a", lambda: 1 // 0)
        last = lane.submit("b", lambda: 7)
        assert gone.cancel()
        go_on.set()
        assert last.result(30) == 7
        with pytest.raises(ZeroDivisionError):
            failed.result(30)
        assert done == []


def test_what_waits_is_cancelled_when_the_lane_is_closed() -> None:
    with shut() as (lane, go_on, done):
        waiting = [lane.submit("a", lambda: done.append("a")) for _ in range(3)]
        closing = threading.Thread(target=lane.close)
        closing.start()
        for future in waiting:
            with pytest.raises(CancelledError):
                future.result(30)
        go_on.set()
        closing.join(30)
        assert done == []


@pytest.mark.parametrize(
    ("keys", "codes"),
    [
        # eight wait, and one is being done
        ([LOCAL] * 10, [None] * 9 + ["queue_full"]),
        ([ADMIN] * 8, [None] * 7 + ["key_queue_full"]),
        ([ADMIN] * 8 + [OTHER] * 3, [None] * 7 + ["key_queue_full", None, None, "queue_full"]),
        ([SHOP] * 4, [None] * 3 + ["key_queue_full"]),
        ([SHOP] * 3 + [SECOND] * 3 + [ADMIN], [None] * 5 + ["queue_full", None]),
        ([SHOP] * 3 + [SECOND] * 2 + [THIRD], [None] * 5 + ["queue_full"]),
        ([ADMIN] * 7 + [SHOP], [None] * 7 + ["queue_full"]),
    ],
)
def test_each_key_fills_its_share_of_the_queue(keys: list[Key], codes: list[str | None]) -> None:
    async def fill() -> list[str | None]:
        engine, go_on = Engine(cast("Library", None), waiting=8, seconds=60), threading.Event()
        found: list[str | None] = []

        async def ask(key: Key) -> None:
            await engine.run(lambda: go_on.wait(30), key=key)

        tasks: list[asyncio.Task[Any]] = []
        for key in keys:
            task = asyncio.create_task(ask(key))
            await asyncio.sleep(0)
            error = task.exception() if task.done() else None
            found.append(error.code if isinstance(error, ApiError) else None)
            tasks.append(task)
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(engine.close)
        wait_for(lambda: engine.inside == 0)
        return found

    assert asyncio.run(fill()) == codes


def test_a_key_that_fills_its_share_is_told_so_and_another_is_answered(tmp_path: Path) -> None:
    with running(filled(tmp_path)) as served:
        engine = served.library  # its first answer waits for this
        go_on, begun = threading.Event(), threading.Event()
        search = engine.search_result

        def slow(*arguments: Any, **how: Any) -> Any:
            begun.set()
            go_on.wait(60)
            return search(*arguments, **how)

        engine.search_result = slow  # type: ignore[method-assign]
        keys = {name: {"authorization": f"Bearer {served.ring.add(name)}"} for name in ("greedy", "modest")}
        statuses: dict[str, list[int]] = {"greedy": [], "modest": []}
        last: dict[str, Any] = {}

        def ask(name: str) -> None:
            answer = served.client.post("/v1/search", json={"question": "notice"}, headers=keys[name])
            statuses[name].append(answer.status_code)
            if answer.status_code == 429:
                last["error"], last["wait"] = answer.json()["error"], answer.headers["retry-after"]

        threads = [threading.Thread(target=ask, args=["greedy"]) for _ in range(12)]
        for thread in threads:
            thread.start()
        begun.wait(60)
        wait_for(lambda: len(statuses["greedy"]) == 5)
        threads.append(threading.Thread(target=ask, args=["modest"]))
        threads[-1].start()
        wait_for(lambda: "rag_queue 8" in served.client.get("/metrics", headers=keys["modest"]).text)
        go_on.set()
        for thread in threads:
            thread.join(60)
        assert sorted(statuses["greedy"]) == [200] * 7 + [429] * 5
        assert statuses["modest"] == [200]
        assert last["error"] == {
            "message": "Too many requests of this key are waiting. Try again in a moment.",
            "type": "rate_limit_error",
            "code": "key_queue_full",
        }
        assert int(last["wait"]) >= 1
