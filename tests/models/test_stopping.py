"""An answer that is stopped from outside: at each stage, before the next token, and in the middle of a prompt."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from fakes import LIKELIHOODS

from ingest import DocumentError, Readers
from rag_app.answering.stages import StoppableStages
from rag_app.models.generator import Message, Usage
from rag_app.models.stopping import StoppableGenerator, Stopped
from rag_app.types import Answer, Passages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rag_app.library import Library

NOTICE = "How long is the notice period?"


class Endless:
    """Writes without an end, and notes when it is closed."""

    name = "endless"
    context = 4096
    numbers = LIKELIHOODS

    def __init__(self) -> None:
        self.written = 0
        self.closed = False

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def stream(self, *_: Any, **__: Any) -> Iterator[str]:
        try:
            while True:
                self.written += 1
                yield "word "
        finally:
            self.closed = True

    def preference(self, *_: Any) -> float:
        return 0.0

    def leanings(self, _: Any, words: Sequence[str]) -> Sequence[float]:
        return [float(len(word)) for word in words]


def test_a_generator_that_is_not_stopped_leans_as_the_one_it_stands_for() -> None:
    asked: list[int] = []
    stoppable = StoppableGenerator(Endless(), lambda: bool(asked.append(1)))  # type: ignore[func-returns-value]
    assert stoppable.leanings([], ["yes", "list"]) == [3.0, 4.0]
    assert asked == [1]


def test_a_generator_stops_before_the_next_token_and_is_closed() -> None:
    endless = Endless()
    stoppable = StoppableGenerator(endless, lambda: endless.written >= 3)
    with pytest.raises(Stopped):
        list(stoppable.stream([], Usage(), max_tokens=100))
    assert (endless.written, endless.closed) == (3, True)


def test_a_generator_that_is_left_early_is_closed() -> None:
    endless = Endless()
    pieces = StoppableGenerator(endless, lambda: False).stream([], Usage(), max_tokens=100)
    assert next(pieces) == "word "
    pieces.close()  # type: ignore[attr-defined]
    assert endless.closed


def test_a_question_is_answered_as_ever_while_nobody_stops_it(library: Library) -> None:
    *_, answer = library.stream(NOTICE, stop=lambda: False)
    assert isinstance(answer, Answer)
    assert answer.answer == library.ask(NOTICE).answer


@pytest.mark.parametrize("calls", range(6))
def test_a_question_ends_at_the_stage_where_it_is_stopped(library: Library, calls: int) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > calls

    events: list[Any] = []
    with pytest.raises(Stopped):
        events += library.stream(NOTICE, stop=stop)
    assert asked == calls + 1
    assert all(isinstance(event, Passages) for event in events)
    assert library.ask(NOTICE).status == "answered"


@pytest.mark.parametrize(
    "use",
    [
        lambda stages: stages.find(NOTICE),
        lambda stages: stages.find_in(NOTICE, "lease.pdf"),
        lambda stages: stages.score(NOTICE, ["a"]),
        lambda stages: stages.embed(["a"]),
        lambda stages: stages.generator().preference([], "yes", "no"),
        lambda stages: stages.generator().leanings([], ["list"]),
    ],
)
def test_no_stage_that_takes_long_begins_after_the_stop(library: Library, use: Callable[[Any], Any]) -> None:
    with pytest.raises(Stopped):
        use(StoppableStages(library._stages(None), lambda: True))


def test_a_summary_that_is_stopped_embeds_nothing_more(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[list[str]] = []
    monkeypatch.setattr(library.embedder, "embed_passages", embedded.append)
    [name, *_] = sorted(document.path.rpartition("/")[2] for document in library.documents())
    answers = iter([False])
    with pytest.raises(Stopped):
        list(library.stream(f"Summarise {name}", stop=lambda: next(answers, True)))
    assert embedded == []


@pytest.mark.models
def test_the_real_generator_stops_in_the_middle_of_a_prompt_and_goes_on_as_if_nothing_was() -> None:
    from rag_app import config
    from rag_app.models.catalogue import resolve
    from rag_app.models.generator import open_generator

    settings = config.load(environment={"RAG_MODELS": str(config.load().models)})
    generator = open_generator(resolve(settings.generator, "generator", settings), settings)
    long = [Message("user", "Sort these words by their length: " + "apple pear plum fig " * 400)]
    short = [Message("user", "What is the capital of France?")]

    def answer(generator: Any) -> str:
        return "".join(generator.stream(short, Usage(), max_tokens=8))

    before, gone = answer(generator), threading.Event()
    stoppable = StoppableGenerator(generator, gone.is_set)
    timer = threading.Timer(1.0, gone.set)
    begun = time.monotonic()
    timer.start()
    with pytest.raises(Stopped):
        list(stoppable.stream(long, Usage(), max_tokens=8))
    assert 1.0 <= time.monotonic() - begun < 2.0
    assert answer(generator) == answer(StoppableGenerator(generator, lambda: False)) == before
    assert "Paris" in before


def test_an_ingest_stops_at_its_next_step_and_keeps_what_is_done(empty_library: Library, papers: Path) -> None:
    with pytest.raises(Stopped):
        empty_library.ingest([papers], stop=lambda: bool(empty_library.documents()))
    assert [document.title for document in empty_library.documents()] == ["Residential Lease"]
    assert empty_library.search(NOTICE)[0].document.endswith("lease.pdf")
    assert empty_library.ingest([papers]).added == 1


def test_an_ingest_stops_while_a_file_is_read(
    empty_library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def stop() -> bool:
        asked.set()
        return reading.is_set()

    def read(*_: Any) -> Any:
        reading.set()
        asked.clear()
        asked.wait(20)  # nothing is read before somebody has asked
        return DocumentError("a.pdf", "was never read")

    reading = threading.Event()
    monkeypatch.setattr(Readers, "_read", read)
    with pytest.raises(Stopped):
        empty_library.ingest([papers], stop=stop)
    assert empty_library.documents() == []
