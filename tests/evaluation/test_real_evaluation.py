"""`rag eval` with the real models on the sample documents: reruns agree, and what makes search worse is noticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rag_app import config
from rag_app.evaluation.compare import compare
from rag_app.evaluation.run import run_questions
from rag_app.library import Library
from rag_app.models.embedder import BiEncoder
from rag_app.models.reranker import CrossEncoder
from rag_app.writing.embedding import Embedding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.evaluation.compare import Evaluation

pytestmark = pytest.mark.models

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
SETTINGS = config.load(environment={"RAG_MODELS": str(config.load().models)})
EVERY = 3  # of the questions with an answer
CANDIDATES = 20  # fewer pairs than by default, to be quick


@pytest.fixture(scope="module", autouse=True)
def _each_pair_is_scored_once() -> Iterator[None]:
    """Keep the cross-encoder's scores over all runs: they depend on the pair alone, as `test_real_models` shows."""
    known: dict[tuple[str, str], float] = {}
    real = CrossEncoder.score

    def score(self: CrossEncoder, question: str, texts: Sequence[str]) -> Any:
        new = [text for text in texts if (question, text) not in known]
        known.update({(question, text): float(s) for text, s in zip(new, real(self, question, new), strict=True)})
        return np.array([known[question, text] for text in texts], np.float32)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CrossEncoder, "score", score)
        yield


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the sample questions for facts."""
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    facts = [line for line in lines if json.loads(line)["answers"] and "kind" not in json.loads(line)]
    file = tmp_path_factory.mktemp("questions") / "some.jsonl"
    file.write_text("\n".join(facts[::EVERY]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library of the sample documents."""
    with Library.open(tmp_path_factory.mktemp("samples"), settings=SETTINGS) as library:
        library.ingest(SAMPLES)
        yield library


@pytest.fixture(scope="module")
def before(samples: Library, questions: Path) -> Evaluation:
    """The run that the others are compared with."""
    return run_questions(questions, samples, candidates=CANDIDATES)


def dropped(now: Evaluation, before: Evaluation) -> set[str]:
    """Return the systems of which a figure is significantly worse, after a check that the file can be read back."""
    saved = json.loads(json.dumps(before.saved()))
    return {comparison.system for comparison in compare(now, saved, "before.json") if comparison.dropped}


def test_a_rerun_passes_and_the_cross_encoder_is_worth_its_time(
    samples: Library, questions: Path, before: Evaluation
) -> None:
    again = run_questions(questions, samples, candidates=CANDIDATES)
    assert [system.values for system in again.systems] == [system.values for system in before.systems]
    assert dropped(again, before) == set()
    figures = {system["name"]: system["ndcg@10"] for system in before.as_json()["systems"]}
    assert figures["hybrid+rerank"] >= 0.9
    assert figures["dense+rerank"] > figures["dense"]


def test_a_cross_encoder_that_scores_nothing_is_noticed(
    samples: Library, questions: Path, before: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CrossEncoder, "score", lambda self, question, texts: np.zeros(len(texts), np.float32))
    assert dropped(run_questions(questions, samples, candidates=CANDIDATES), before) <= {
        "dense+rerank",
        "hybrid+rerank",
    }
    monkeypatch.setattr(CrossEncoder, "score", lambda self, question, texts: np.arange(len(texts), dtype=np.float32))
    assert dropped(run_questions(questions, samples, candidates=CANDIDATES), before) == {
        "dense+rerank",
        "hybrid+rerank",
    }


def test_a_prompt_that_the_bi_encoder_was_not_trained_with_is_noticed(
    samples: Library, questions: Path, before: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = BiEncoder.embed_question
    prompt = "Represent this document title for classification: rent, dishwasher, bicycle. "
    monkeypatch.setattr(BiEncoder, "embed_question", lambda self, text: real(self, prompt + text))
    monkeypatch.setattr(CrossEncoder, "score", lambda self, question, texts: np.zeros(len(texts), np.float32))
    assert "dense" in dropped(run_questions(questions, samples, candidates=CANDIDATES), before)


def test_passages_that_are_eight_times_as_long_are_noticed(
    questions: Path, before: Evaluation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    length = 8 * SETTINGS.passage_tokens
    monkeypatch.setattr(Embedding, "_limit", lambda self: length)  # past the limit of the embedder, too
    monkeypatch.setattr(CrossEncoder, "score", lambda self, question, texts: np.zeros(len(texts), np.float32))
    with Library.open(tmp_path, settings=config.changed(SETTINGS, {"passage_tokens": length})) as library:
        library.ingest(SAMPLES)
        worse = run_questions(questions, library, candidates=CANDIDATES)
    assert {"keyword", "dense", "hybrid"} <= dropped(worse, before)
