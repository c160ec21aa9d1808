from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import SCORES, ScriptedGenerator, make_hit

from ingest.types import Document, Page
from rag_app.evidence.choose import Evidence
from rag_app.proof.calibration import Errors, Logistic
from rag_app.proof.refusal import Calibration, Signals, calibration, chance, empty, foreign, holds, shipped, signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.generator import Message

NOTICE = "The notice period is three months."


def piece(score: float, text: str = NOTICE) -> Evidence:
    return Evidence(make_hit(text, score=score), 0, len(text), text, "", False, score, score)


def document(text: str = NOTICE) -> Document:
    return Document("/files/lease.pdf", "Lease", (Page(1, "1", text),))


def scored(signal: Signals, check: float | None, by: Calibration) -> float:
    """Return the probability; `check` is what the generator says, None where it must not be asked."""

    def ask() -> float:
        assert check is not None
        return check

    return chance(signal, ask, by)


BY = Calibration(
    first=Logistic(0.0, {"piece": 1.0}),
    second=Logistic(0.0, {"piece": 0.5, "holds": 1.0}),
    bound=0.5,
    hopeless=0.02,
    sure=0.98,
    reach=12.0,
    errors=Errors(0.1, 0.2),
    questions=100,
    reranker="r",
    generator="g",
)


def test_scores_that_leave_no_doubt_decide_alone() -> None:
    assert scored(Signals(0.0, 4.0), None, BY) == 1.0
    assert scored(Signals(0.0, -4.0), None, BY) == 0.0


@pytest.mark.parametrize(("piece", "check", "answerable"), [(2.0, 1.0, True), (2.0, -2.0, False), (-2.0, 2.0, True)])
def test_in_between_the_generators_check_counts_with_the_scores(piece: float, check: float, answerable: bool) -> None:
    found = scored(Signals(0.0, piece), check, BY)
    assert (found > BY.bound) == answerable
    assert found == pytest.approx(BY.second.probability({"piece": piece, "holds": check}))


def test_the_signals_are_the_best_scores_before_the_first_stages_rank_was_counted_in() -> None:
    hits = [make_hit(NOTICE, score=3.0, rank=1), make_hit(NOTICE, score=2.5, rank=8), make_hit(NOTICE, score=0, rank=2)]
    assert signals(hits, [piece(-1.0), piece(2.5)], SCORES.late_rank) == Signals(4.0, 2.5)


def test_scores_beyond_what_was_measured_count_no_more() -> None:
    assert Signals(99.0, -99.0, 1.0).within(12.0) == {"passage": 12.0, "piece": -12.0, "holds": 1.0}
    assert "holds" not in Signals(0.0, 0.0).within(12.0)


def test_the_shipped_calibration_can_be_read_and_separates_the_clear_cases() -> None:
    by = shipped()
    assert calibration(json.dumps(by.as_json())) == by
    assert by.hopeless <= by.bound <= by.sure
    assert scored(Signals(8.0, 8.0), 5.0, by) > by.bound
    assert scored(Signals(-10.0, -10.0), -2.0, by) < by.bound
    assert by.fits("ms-marco-MiniLM-L-12-v2", "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M")
    assert not by.fits("ms-marco-MiniLM-L-12-v2", "another")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '"text"', '{"first": 1}']
    + [json.dumps(BY.as_json() | change) for change in ({"bound": None}, {"errors": {}}, {"questions": "many"})]
    + [json.dumps(BY.as_json() | {"first": {"bias": 0, "weights": {"unheard": 1}}})],
)
def test_what_is_no_calibration_is_told(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  JSON and numbers have words of their own
        calibration(text)


def test_the_generator_is_shown_the_best_piece_with_its_neighbours_and_the_question() -> None:
    seen: list[str] = []

    class Watching(ScriptedGenerator):
        def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
            seen.append(messages[-1].content)
            return super().preference(messages, one, other)

    first, second, third, fourth = (f"Sentence {n} is about matter {n}." for n in ("one", "two", "three", "four"))
    texts = [first, second, third, fourth]
    pieces = [replace(piece(float(n == 2), text), start=n * 40) for n, text in enumerate(texts)]
    assert holds("Which matter?", pieces, lambda path: document(), Watching()) == 2.0
    [content] = seen
    assert [text in content for text in texts] == [False, True, True, True]
    assert "(from Lease)" in content
    assert "Question: Which matter?" in content


@pytest.mark.parametrize(
    ("question", "is_foreign"),
    [
        ("What is the rent of flat 4B?", True),
        ("What does E05 mean?", True),
        ("What happened in 2031?", True),
        ("What is the rent of flat 3b?", False),
        ("How long is the notice period, 3 months or 6?", False),
        ("Which notice did people give in the 15th century, and in the 1990s?", False),
    ],
)
def test_a_code_or_year_that_the_document_never_names_makes_it_foreign(question: str, is_foreign: bool) -> None:
    assert foreign(question, document(f"{NOTICE} Flat 3B.")) == is_foreign


@pytest.mark.parametrize(
    ("question", "answer", "says_nothing"),
    [
        ("Which brand of loggers was used?", "The loggers used were loggers.", True),
        ("Which brand of loggers was used?", "", True),
        ("Which brand of loggers was used?", "BA", False),
        ("Is it 5 or 6 Nm?", "6 Nm", False),
        ("Which law goes first between EU law and national law?", "EU law", False),
        ("Which law goes first before national law?", "national law", True),
        ("What team won between the Broncos and Steelers?", "Broncos", False),
        ("What rainforest covers most of the Amazon basin?", "the Amazon rainforest", False),
        ("What covers most of the Amazon basin?", "the Amazon basin", True),
        ("What covers most of the basin?", "most of the basin", True),
        ("Where is Berlin?", "Berlin Berlin", True),
        ("How tight is it?", "6", False),
    ],
)
def test_an_answer_in_the_words_of_the_question_alone_says_nothing(
    question: str, answer: str, says_nothing: bool
) -> None:
    assert empty(question, answer) == says_nothing
