from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from fakes import make_answer

from rag_app.asynchronous import each
from rag_app.errors import UsageError
from rag_app.langchain.tool import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag_app.library import Library
    from rag_app.types import Answer

NOTICE = "How long is the notice period?"


def timeless(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.as_json().items() if name != "seconds"}


def test_what_is_awaited_is_what_is_returned(library: Library) -> None:
    async def run() -> tuple[Answer, list[Any]]:
        return await library.aask(NOTICE), await library.asearch(NOTICE, 2)

    answer, hits = asyncio.run(run())
    assert timeless(answer) == timeless(library.ask(NOTICE))
    assert hits == library.search(NOTICE, 2)


def test_an_awaited_stream_has_the_same_events_in_one_other_thread(library: Library) -> None:
    async def run() -> list[Any]:
        return [event async for event in library.astream(NOTICE)]

    *events, last = asyncio.run(run())
    *expected, answer = library.stream(NOTICE)
    assert events == expected
    assert timeless(last) == timeless(answer)  # type: ignore[arg-type]


def test_other_work_goes_on_while_an_answer_is_awaited() -> None:
    waiting = threading.Event()

    def slow() -> Iterator[int]:
        waiting.wait(5)
        yield 1

    async def run() -> list[str]:
        order: list[str] = []

        async def read() -> None:
            async for value in each(slow):
                order.append(f"read {value}")

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        order.append("other work")
        waiting.set()
        await task
        return order

    assert asyncio.run(run()) == ["other work", "read 1"]


def test_an_iterator_that_is_left_early_is_closed_in_its_own_thread() -> None:
    threads: list[int] = []
    closed = threading.Event()

    def counting() -> Iterator[int]:
        try:
            for n in range(100):
                threads.append(threading.get_ident())
                yield n
        finally:
            threads.append(threading.get_ident())
            closed.set()

    async def run() -> None:
        events = each(counting)
        assert await anext(events) == 0
        assert await anext(events) == 1
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(run())
    assert closed.wait(5)
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_an_error_reaches_the_one_who_waits(library: Library) -> None:
    with pytest.raises(UsageError):
        asyncio.run(library.aask(" "))


def test_the_tool_tells_an_agent_where_an_answer_is_not_sure() -> None:
    assert "(Not sure.)" in told(make_answer(status="partial", unsure="Not sure.")).splitlines()
    assert "(Not all of this is proved by the quotes.)" in told(make_answer(status="partial")).splitlines()


def test_the_tool_tells_an_agent_the_answer_and_its_sources(library: Library) -> None:
    tool = library.as_tool()
    call = {"name": tool.name, "args": {"question": NOTICE}, "id": "7", "type": "tool_call"}
    message = tool.invoke(call)
    answer = library.ask(NOTICE)
    assert message.content == told(answer)
    assert timeless(message.artifact) == timeless(answer)
    [citation] = answer.citations
    assert f"[1] {citation.document}, page {citation.page}" in message.content


def test_the_tool_can_be_named_and_tells_what_went_wrong(library: Library) -> None:
    tool = library.as_tool("ask_contracts", "Answers questions about contracts.")
    assert (tool.name, tool.description) == ("ask_contracts", "Answers questions about contracts.")
    message = tool.invoke({"name": tool.name, "args": {"question": " "}, "id": "7", "type": "tool_call"})
    assert message.status == "error"
    assert "question" in message.content


def test_the_documented_methods_are_the_public_ones() -> None:
    import re
    from pathlib import Path

    from rag_app import Library

    text = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    rows = [line.partition("| ")[2].partition(" | ")[0] for line in text.splitlines() if line.startswith("| `")]
    documented = set(re.findall(r"`([a-z_]+)[`(]", " ".join(rows)))
    public = {name for name in dir(Library) if not name.startswith("_")}
    elsewhere = {"open", "close", "rebuild"}
    inner = {"embedder", "passages_and_vectors", "shared_scores"}  # for the package's own modules
    assert public - documented - elsewhere - inner == set()
    assert documented - public == set()
