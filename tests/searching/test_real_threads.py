"""Eight threads that share the installed encoders, in both engines: what each gets is what one alone gets."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeModels

from ingest.types import Document, Page
from rag_app import config
from rag_app.library import Library
from rag_app.models.loaded import LoadedModels
from rag_app.types import AnswerSeconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.models

TEXTS = (
    "The rent is due on the third working day of each month.",
    "The night train to Vienna leaves at ten past nine.",
    "Screen repairs for mobile phones take two days and cost 85 euros.",
    "Prune roses in late winter, before the buds swell.",
    "The notice period of the tenant is three months to the end of a calendar month.",
    "The dishwasher weighs 38 kg. Clean its filter once a week under running water.",
)
QUESTIONS = ("When is the rent due?", "How heavy is the dishwasher?", "Wann fährt der Zug?", "roses in winter")
MANY, THREADS = 200, 8
SMALL = "SmolLM2-135M-Instruct-Q4_1"


@pytest.fixture(scope="module", params=["openvino", "torch"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library with encoders of one engine; what writes is scripted."""
    environment = {"RAG_MODELS": str(config.load().models), "RAG_ENGINE": request.param}
    settings = config.load(environment=environment)
    real = LoadedModels(settings)
    loaded = FakeModels(real.embedder, real.reranker)
    with Library.open(tmp_path_factory.mktemp(request.param), settings=settings, loaded=loaded) as library:
        library.add(Document(f"notes-{n}", "", (Page(1, "1", text),)) for n, text in enumerate(TEXTS))
        yield library


def test_threads_find_and_answer_bit_for_bit_what_one_alone_does(shared: Library) -> None:
    retriever, tool = shared.as_retriever(k=2, candidates=3), shared.as_tool()

    def ask(question: str) -> Any:
        message = tool.invoke({"name": tool.name, "args": {"question": question}, "id": "1", "type": "tool_call"})
        return message.artifact.as_json() | {"seconds": AnswerSeconds()}

    ways = [
        lambda question: shared.search(question, 2, candidates=4),
        lambda question: retriever.batch([question, QUESTIONS[0]]),
        lambda question: shared.search(question, 3, mode="dense", rerank=False),
        lambda question: asyncio.run(retriever.abatch([question, QUESTIONS[1]])),
        lambda question: shared.embedder.embed_passages([question, *TEXTS[:3]]).tobytes(),
        lambda question: shared.search(question, 2, mode="dense", candidates=3),
        ask,
        lambda question: shared.embedder.count_tokens([question, *TEXTS]),
    ]
    alone = {(way, question): ways[way](question) for way in range(len(ways)) for question in QUESTIONS}
    work = [(n % len(ways), QUESTIONS[n // len(ways) % len(QUESTIONS)]) for n in range(MANY)]
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(lambda one: ways[one[0]](one[1]), work))
    assert together == [alone[one] for one in work]
    assert "rent" in alone[0, QUESTIONS[0]][0].text


def test_threads_that_ask_the_installed_generator_get_the_answers_that_one_alone_gets(tmp_path: Path) -> None:
    settings = config.load(environment={"RAG_MODELS": str(config.load().models), "RAG_GENERATOR": SMALL})

    with Library.open(tmp_path, settings=settings) as library:
        library.add(Document(f"notes-{n}", "", (Page(1, "1", text),)) for n, text in enumerate(TEXTS))

        def ask(question: str) -> dict[str, Any]:
            told = library.ask(question).as_json()
            return {name: value for name, value in told.items() if name not in {"seconds", "tokens"}}

        questions = QUESTIONS[:2]
        alone = [ask(question) for question in questions]
        with ThreadPoolExecutor(THREADS) as threads:
            assert list(threads.map(ask, questions * 4)) == alone * 4
    assert all(one["citations"] for one in alone)
