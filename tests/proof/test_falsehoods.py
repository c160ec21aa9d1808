"""Each planted falsehood is caught by the proof, with a generator that lies and a judge that trusts it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import TRUSTING, FakeModels, make_answer, open_library

from rag_app.language.detector import language_of
from rag_app.language.reading import sentences
from rag_app.models.numbers import GeneratorNumbers

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ROWS = [json.loads(line) for line in (BENCHMARKS / "falsehoods.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def planted() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield import_module("falsehoods")
    for name in ("falsehoods", "points"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']}: {row['false']}")
def test_a_falsehood_is_not_told(
    row: dict[str, str], planted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: TRUSTING)
    one = planted.Falsehood(**row)
    with open_library(tmp_path / "library", FakeModels(generator=planted.Liar(one.false))) as library:
        answer = planted.ask(one, library, tmp_path)
    assert not one.told_by(answer), answer.answer
    assert answer.citations
    assert all(citation.verified for citation in answer.citations)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']}: {row['false']}")
def test_a_falsehood_is_not_written_among_true_sentences(
    row: dict[str, str], planted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: TRUSTING)
    one = planted.Falsehood(**row)
    start, end = sentences(one.evidence)[0]
    liar = planted.Liar(f"{one.evidence[start:end]} [1]\n{one.false} [1]")
    liar.numbers = GeneratorNumbers(writes_freely=True)
    with open_library(tmp_path / "library", FakeModels(generator=liar)) as library:
        answer = planted.ask(one, library, tmp_path)
    said = language_of(one.question).sentences.left_out.replace("{count}", "1")
    assert answer.answer == f"{one.evidence[start:end]} [1]\n({said})"
    assert answer.status == "partial"


def test_a_true_answer_of_the_same_generator_is_given(
    planted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: TRUSTING)
    row = next(row for row in ROWS if row["false"] == "fünf Monate")
    one = planted.Falsehood(**{**row, "false": "drei Monate"})
    with open_library(tmp_path / "library", FakeModels(generator=planted.Liar(one.false))) as library:
        answer = planted.ask(one, library, tmp_path)
    assert (answer.status, answer.answer.partition(" [")[0]) == ("answered", "drei Monate")
    assert one.told_by(answer)  # were it false, it would not have been caught


def test_there_are_forty_of_the_kinds_and_languages_that_are_asked_for() -> None:
    assert Counter(row["kind"] for row in ROWS) == {
        "negation": 10,
        "number word": 8,
        "swapped sides": 5,
        "dropped item": 5,
        "quote beside the point": 4,
        "unit": 3,
        "name or date": 3,
        "limit": 2,
    }
    for kind in ("negation", "number word"):
        assert {row["language"] for row in ROWS if row["kind"] == kind} == {"de", "en", "es", "fr", "it", "ru"}
    for row in ROWS:
        assert row["false"].rstrip(".") not in row["evidence"] or row["lost"]


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        ("answered", "may keep dogs [1]", True),
        ("answered", "may not keep dogs [1]\nTenants may not keep dogs. [1]", False),
        ("answered", "keep dogs [1]", True),
        ("answered", "may not keep cats [1]", True),
        ("partial", "may keep dogs [1]", False),
        ("not_found", "The documents do not answer this question.", False),
    ],
)
def test_a_falsehood_counts_as_caught_where_words_of_the_document_are_in_its_place(
    planted: Any, status: str, text: str, told: bool
) -> None:
    one = planted.Falsehood(
        "negation", "en", "Tenants may not keep dogs.", "May they?", "may keep dogs", "not", "", "left out"
    )
    assert one.told_by(make_answer(text=text, status=status)) is told
