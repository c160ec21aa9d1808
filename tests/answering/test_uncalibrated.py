"""A reranker and a generator of which nothing was measured: no rule may depend on the scale of their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import SCORES, ScriptedGenerator, WordReranker, fakes_of, open_library

from rag_app.models.numbers import GeneratorNumbers, RerankerNumbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.types import Vectors

QUESTION = "How high is the monthly rent?"
SCALES = {
    "a hundredth, all near 0": (0.01, 0.0),
    "ten times, all far below 0": (10.0, -1000.0),
    "far above": (5.0, 400.0),
}


class Scaled(WordReranker):
    """Scores as `WordReranker` does, on another scale."""

    name = "scaled"

    def __init__(self, times: float, more: float, numbers: RerankerNumbers) -> None:
        self.numbers = numbers
        self._times, self._more = times, more
        self.read: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        self.read += texts
        return (super().score(question, texts) * self._times + self._more).astype(np.float32)


class Unmeasured(ScriptedGenerator):
    numbers = GeneratorNumbers()


@pytest.fixture(params=SCALES.values(), ids=SCALES)
def uncalibrated(request: pytest.FixtureRequest, tmp_path: Path, papers: Path) -> Iterator[Library]:
    with open_library(tmp_path / "other") as library:
        library.ingest([papers])
        fakes_of(library).reranker = Scaled(*request.param, RerankerNumbers())
        fakes_of(library).generator = Unmeasured()
        yield library


def test_a_question_is_answered_with_proof_whatever_the_scale(uncalibrated: Library) -> None:
    found = uncalibrated.ask(QUESTION)
    assert (found.status, [citation.verified for citation in found.citations]) == ("answered", [True])
    assert "1,250 euros" in found.answer
    assert found.citations[0].quote in uncalibrated.read(found.citations[0].document).text


def test_a_question_that_the_generator_does_not_see_answered_is_refused(uncalibrated: Library) -> None:
    assert uncalibrated.ask("Who was the president of France?").status == "not_found"


def test_the_passages_come_in_the_order_of_the_models_own_scores(uncalibrated: Library) -> None:
    hits = uncalibrated.search("consent for a dog")
    assert "dog" in hits[0].text
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    reranker = fakes_of(uncalibrated).reranker
    assert isinstance(reranker, Scaled)
    own = reranker.score("consent for a dog", [hit.text for hit in hits])
    assert hits[0].score == pytest.approx(max(own), abs=1e-3)


def test_all_candidates_are_read_where_nobody_knows_what_a_gap_means(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        for n in range(45):
            (tmp_path / f"{n}.txt").write_text(
                f"Clause {n} is about the stairs." + " More." * (n % 7), encoding="utf-8"
            )
        library.ingest([tmp_path])
        fakes_of(library).reranker = known = Scaled(1.0, 0.0, SCORES)
        library.search("clause 7 about the lift of the house in summer")
        fakes_of(library).reranker = unknown = Scaled(1.0, 0.0, RerankerNumbers())
        library.search("clause 7 about the lift of the house in summer")
    assert len(known.read) < len(unknown.read) == 45


def test_with_the_numbers_of_another_model_such_scores_mislead(tmp_path: Path, papers: Path) -> None:
    with open_library(tmp_path / "other") as library:
        library.ingest([papers])
        statuses = []
        for numbers in (SCORES, RerankerNumbers()):
            fakes_of(library).reranker = Scaled(10.0, -1000.0, numbers)
            statuses.append(library.ask(QUESTION).status)
        assert statuses == ["partial", "answered"]
