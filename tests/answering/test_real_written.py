"""Whole sentences by the default generator, which is smaller than those that write freely: what is shown is proved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag_app import config
from rag_app.answering.written import written
from rag_app.library import Library
from rag_app.proof.quotes import markers

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.models

MODELS = str(config.load().models)
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
QUESTIONS = (
    "How do I clean the filter of the dishwasher?",
    "What costs are reimbursed on a business trip?",
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The sample documents, with the default generator as one that writes freely."""
    folder = tmp_path_factory.mktemp("written")
    with Library.open(folder / "library", settings=config.load(environment={"RAG_MODELS": MODELS})) as library:
        library.ingest([SAMPLES])
        generator = library.loaded.generator
        generator.numbers = replace(generator.numbers, writes_freely=True)
        yield library


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sentence_that_is_shown_has_a_citation_that_holds(
    samples: Library, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "rag_app.answering.shaped.written", lambda question, *rest: asked.append(question) or written(question, *rest)
    )
    answer = samples.ask(question)
    assert asked == [question]
    assert answer.tokens.completion > 0
    known = {citation.marker for citation in answer.citations}
    assert set(markers(answer.answer)) == known
    assert (known == set()) == (answer.status == "not_found")
    for citation in answer.citations:
        assert citation.verified
        assert citation.quote == samples.read(citation.document).text[citation.start : citation.end]
