from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest
from helpers_cli import wait_for

from rag_app.models.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator


def waiting(turns: Turns) -> int:
    return len(turns._queue)


def test_those_who_wait_are_served_in_the_order_in_which_they_came() -> None:
    turns, served = Turns(), []

    def work(name: int) -> None:
        with turns.turn():
            served.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    with turns.turn():
        for place, thread in enumerate(threads, 2):
            thread.start()
            wait_for(lambda place=place: waiting(turns) == place)
        assert served == []
    for thread in threads:
        thread.join(10)
    assert served == list(range(8))


def test_who_comes_again_at_once_waits_behind_those_who_were_there() -> None:
    turns, served = Turns(), []

    def work() -> None:
        with turns.turn():
            served.append("other")

    thread = threading.Thread(target=work)
    with turns.turn():
        thread.start()
        wait_for(lambda: waiting(turns) == 2)
        served.append("first")
    with turns.turn():
        served.append("again")
    thread.join(10)
    assert served == ["first", "other", "again"]


def test_one_at_a_time_has_the_turn() -> None:
    turns, inside, most = Turns(), 0, []

    def work() -> None:
        nonlocal inside
        for _ in range(200):
            with turns.turn():
                inside += 1
                most.append(inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [1] * 1600


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="in it"), turns.turn():
        raise ValueError("in it")
    with turns.turn():
        assert waiting(turns) == 1


def test_a_stream_that_nobody_reads_any_more_gives_its_turn_back_in_another_thread() -> None:
    turns, served = Turns(), threading.Event()

    def stream() -> Iterator[int]:
        with turns.turn():
            yield 1
            yield 2

    class Reader:
        def __init__(self) -> None:
            self.pieces, self.itself = stream(), self  # a cycle: it goes when it is collected, and not before
            next(self.pieces)

    def work() -> None:
        with turns.turn():
            served.set()

    gc.disable()
    try:
        begun = threading.Thread(target=Reader)
        begun.start()
        begun.join(10)
        thread = threading.Thread(target=work)
        thread.start()
        wait_for(lambda: waiting(turns) == 2)
        assert not served.is_set()
        gc.collect()
    finally:
        gc.enable()
    assert served.wait(10)
    thread.join(10)
    assert waiting(turns) == 0
