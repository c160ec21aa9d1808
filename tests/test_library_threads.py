"""One library for many threads: what each gets is what one alone gets, and a closed library says so."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeModels, ScriptedGenerator, make_answer, make_settings, open_library
from toy_network import write_model

from ingest.types import Document, Page
from rag_app.errors import LibraryClosed, UsageError
from rag_app.library import Library
from rag_app.models.conventions import Conventions
from rag_app.models.embedder import BiEncoder
from rag_app.models.encoder import OpenVinoEncoder
from rag_app.models.reranker import CrossEncoder
from rag_app.types import Answer, Citation, Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rag_app.models.generator import Message

LETTERS = "abcdefgh"
QUESTIONS = [f"How long is {LETTERS[n]} {LETTERS[(3 * n + 1) % 8]}?" for n in range(8)]
MANY = 200  # calls
THREADS = 8


def documents(n: int = 24) -> Iterator[Document]:
    """Yield documents of a page each, which say different things of different letters."""
    for number in range(n):
        letters = " ".join(LETTERS[(number * step) % 8] for step in range(1, 2 + number % 7))
        text = f"The period of {letters} is {number} months. It is long."
        yield Document(f"notes-{number}", "Notes", (Page(1, "1", text),))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library whose encoders are real ones, of a network that adds up tokens."""
    folder = tmp_path_factory.mktemp("shared")
    model = write_model(folder / "model")
    embedder = BiEncoder("sums", "f" * 64, OpenVinoEncoder(model, 64, 2), Conventions("", "", "mean", True, 3, 64))
    reranker = CrossEncoder("sums", OpenVinoEncoder(model, 64, 2))
    with open_library(folder, FakeModels(embedder, reranker), passage_tokens=48, overlap_tokens=0) as library:
        library.add(documents())
        library.tag(["notes-7", "notes-8"], add="few")
        yield library


def timeless(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.as_json().items() if name != "seconds"}


def asked(library: Library) -> list[Callable[[str], Any]]:
    """Return the ways to search and to ask; each gives something that can be compared."""
    retriever, tool, runnable = library.as_retriever(k=3), library.as_tool(), library.as_runnable()

    def batch(question: str) -> Any:
        return retriever.batch([question, *QUESTIONS[:3]])

    def abatch(question: str) -> Any:
        return asyncio.run(retriever.abatch([question, *QUESTIONS[3:5]]))

    def awaited(question: str) -> Any:
        return asyncio.run(library.asearch(question, 4))

    return [
        library.search,
        batch,
        lambda question: library.search(question, 2, mode="dense", where=Filter(tags=("few",))),
        abatch,
        tool.invoke,
        lambda question: timeless(runnable.invoke(question)),
        awaited,
        lambda question: timeless(library.ask(question)),
    ]


def test_threads_that_share_a_library_find_and_answer_what_one_alone_does(shared: Library) -> None:
    ways = asked(shared)
    alone = {(way, question): ways[way](question) for way in range(len(ways)) for question in QUESTIONS}
    work = [(n % len(ways), QUESTIONS[n // len(ways) % len(QUESTIONS)]) for n in range(MANY)]
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(lambda one: ways[one[0]](one[1]), work))
    assert together == [alone[one] for one in work]
    assert len({str(found) for found in alone.values()}) > len(QUESTIONS)  # they do differ


def test_an_answer_that_nobody_reads_to_its_end_keeps_nobody_waiting(shared: Library) -> None:
    whole = timeless(shared.ask(QUESTIONS[0]))
    left = [shared.stream(question) for question in QUESTIONS]
    for stream in left:
        next(stream)
    with ThreadPoolExecutor(THREADS) as threads:
        assert [timeless(answer) for answer in threads.map(shared.ask, QUESTIONS[:1] * THREADS)] == [whole] * THREADS


def test_a_library_that_grows_is_searched_meanwhile(tmp_path: Path) -> None:
    with open_library(tmp_path, passage_tokens=48, overlap_tokens=0) as library:
        library.add(documents(4))
        expected = library.search("period of a b", mode="keyword", k=2)
        grown, found = threading.Event(), []

        def search() -> None:
            while not grown.is_set():
                found.append([hit.document for hit in library.search("period of a b")])

        with ThreadPoolExecutor(4) as threads:
            searching = [threads.submit(search) for _ in range(4)]
            try:
                for document in documents(24):
                    library.add([document])
            finally:
                grown.set()
            for one in searching:
                one.result(60)
        assert expected
        assert found
        assert all(1 <= len(documents) <= 5 for documents in found)
        assert len(library.documents()) == 24


# After close()


USES: dict[str, Callable[[Library], Any]] = {
    "writing": lambda library: library.writing().__enter__(),
    "ingest": lambda library: library.ingest("."),
    "sync": lambda library: library.sync("."),
    "add": lambda library: library.add([]),
    "remove": lambda library: library.remove([]),
    "rebuild": lambda library: library.rebuild(),
    "documents": lambda library: library.documents(),
    "find_document": lambda library: library.find_document("a"),
    "tag": lambda library: library.tag([], add="a"),
    "read": lambda library: library.read("a"),
    "tables": lambda library: library.tables("a"),
    "receipt": lambda library: library.receipt("a"),
    "stands": lambda library: library.stands(Citation(1, "a", 1, "1", 0, 1, "a", True)),
    "verify": lambda library: library.verify(),
    "search": lambda library: library.search("a"),
    "search_result": lambda library: library.search_result("a"),
    "ask": lambda library: library.ask("a"),
    "stream": lambda library: library.stream("a"),
    "asearch": lambda library: asyncio.run(library.asearch("a")),
    "aask": lambda library: asyncio.run(library.aask("a")),
    "astream": lambda library: asyncio.run(anext(library.astream("a"))),  # type: ignore[arg-type]
    "as_tool": lambda library: library.as_tool(),
    "as_retriever": lambda library: library.as_retriever(),
    "as_runnable": lambda library: library.as_runnable(),
    "count_tokens": lambda library: library.count_tokens("a"),
    "generators": lambda library: library.generators(),
    "use_generator": lambda library: library.use_generator("script"),
    "embedder": lambda library: library.embedder,
    "passages_and_vectors": lambda library: library.passages_and_vectors(),
    "sessions": lambda library: library.sessions(),
    "session": lambda library: library.session("a"),
    "keep": lambda library: library.keep("a", make_answer()),
    "remove_sessions": lambda library: library.remove_sessions([]),
    "jobs": lambda library: library.jobs,
    "shared_scores": lambda library: library.shared_scores().__enter__(),
    "make_questions": lambda library: library.make_questions(1),
    "calibrate": lambda library: library.calibrate(),
    "reset_calibration": lambda library: library.reset_calibration(),
    "refusal": lambda library: library.refusal(),
}


def test_every_public_method_is_tried_on_a_closed_library() -> None:
    public = {name for name in dir(Library) if not name.startswith("_")}
    assert public - {"open", "close"} == USES.keys()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = open_library(tmp_path_factory.mktemp("closed"))
    library.add(documents(3))
    library.close()
    return library


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_closed_library_says_so_whatever_it_is_asked(closed: Library, use: Callable[[Library], Any]) -> None:
    with pytest.raises(LibraryClosed, match=r"^The library .* was closed\.$") as caught:
        use(closed)
    assert isinstance(caught.value, UsageError)
    assert "Library.open" in caught.value.hint


def test_what_was_made_of_a_library_before_it_was_closed_says_so_too(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    library.add(documents(3))
    retriever, runnable, tool = library.as_retriever(), library.as_runnable(), library.as_tool()
    events = library.stream("How long is a?")
    library.keep("talk", make_answer())
    library.close()
    with open_library(tmp_path) as other:
        other.keep("talk", make_answer())
        library.close()  # again is nothing, whatever was written since
    uses: list[Callable[[], Any]] = [
        lambda: retriever.invoke("a"),
        lambda: asyncio.run(retriever.abatch(["a", "b"])),
        lambda: runnable.invoke("a"),
        lambda: next(events),
    ]
    for use in uses:
        with pytest.raises(LibraryClosed):
            use()
    assert "was closed" in tool.invoke("a")


def test_models_that_were_handed_in_stay_and_its_own_go_when_it_is_closed(tmp_path: Path) -> None:
    loaded = FakeModels()
    with open_library(tmp_path, loaded) as library:
        library.add(documents(3))
    assert not loaded.closed
    with open_library(tmp_path, loaded) as again:
        assert again.search("a")
    with Library.open(settings=make_settings(tmp_path)) as own:
        models = own.loaded
    with pytest.raises(LibraryClosed, match="models"):
        _ = models.reranker


def test_threads_in_the_middle_of_an_answer_get_it_or_are_told_that_the_library_was_closed(tmp_path: Path) -> None:
    writing, go_on = threading.Semaphore(0), threading.Event()

    def script(messages: Sequence[Message]) -> str:
        writing.release()
        assert go_on.wait(60)
        return "It is 3 months."

    library = open_library(tmp_path, FakeModels(generator=ScriptedGenerator(script)))
    library.add(documents())
    with ThreadPoolExecutor(THREADS) as threads:
        asking = [threads.submit(library.ask, "How long is the period of a b c?") for _ in range(THREADS)]
        searching = [threads.submit(_until_closed, library) for _ in range(3)]
        for _ in range(THREADS - 3):
            assert writing.acquire(timeout=60)
        library.close()
        go_on.set()
        ends = [one.exception(60) for one in [*asking, *searching]]
    assert {type(end) for end in ends} == {LibraryClosed}


def _until_closed(library: Library) -> None:
    while True:
        library.search("period of a b")
