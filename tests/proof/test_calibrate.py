from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rag_app.cli.diagnosis import diagnose
from rag_app.errors import UsageError
from rag_app.proof.calibrate import Example, calibrated, examples
from rag_app.proof.refusal import CALIBRATION, EVEN, Look, Signals, calibration, shipped
from rag_app.types import MadeQuestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag_app.library import Library

QUESTIONS = [
    MadeQuestion("How high is the monthly rent?", "/files/lease.pdf", 1, "1,250 euros"),
    MadeQuestion("What does the dishwasher weigh?", "/files/manual.pdf", 1, "3.5 kg"),
]
SEEN = Signals(3.0, 3.0, 2.0)


def look(question: str, without: str | None) -> Look:
    """See both documents but the one that is left out; the lease says what the dishwasher weighs, too."""
    there = frozenset({"/files/lease.pdf", "/files/manual.pdf"} - {without})
    said = {"/files/lease.pdf": "The rent is 1,250  euros, 3.5\nKG of money.", "/files/manual.pdf": "It weighs 3.5 kg."}
    return Look(replace(SEEN, holds=float(len(there))), there, " ".join(said[path] for path in sorted(there)))


def test_each_question_is_asked_with_its_document_and_without_it() -> None:
    done: list[int] = []
    found = list(examples(QUESTIONS[:1], look, done.append))
    assert [(example.signals.holds, example.answerable) for example in found] == [(2.0, True), (1.0, False)]
    assert done == [1]


def test_a_question_that_another_document_answers_as_well_is_no_unanswerable_one() -> None:
    assert [example.answerable for example in examples(QUESTIONS[1:], look, lambda done: None)] == [True]


def test_a_question_whose_document_is_not_found_says_nothing_about_refusal() -> None:
    elsewhere = replace(QUESTIONS[0], document="/files/other.pdf", answer="nowhere")
    assert [example.answerable for example in examples([elsewhere], look, lambda done: None)] == [False]
    assert list(examples(QUESTIONS, lambda question, without: None, lambda done: None)) == []


def shifted(n: int, by: float) -> list[Example]:
    """Return examples whose every score is higher by so many logits than where the program expects them."""
    return [
        Example(Signals(*(by + side * (2.0 + place % 3) for _ in range(2)), by + side * 2.0), side > 0)
        for place in range(n)
        for side in (1, -1)
    ]


def test_a_library_whose_scores_are_all_higher_gets_a_calibration_that_errs_less() -> None:
    own, before = calibrated(shifted(30, by=7.0), shipped())
    assert own.second != shipped().second
    assert own.bound == EVEN
    assert own.questions == 60
    assert own.errors.missed + own.errors.false < before.missed + before.false - 0.3


def test_where_the_programs_weights_err_no_more_often_they_are_kept_with_what_they_err_in_here() -> None:
    own, before = calibrated(shifted(30, by=0.0), shipped())
    assert (own.first, own.second) == (shipped().first, shipped().second)
    assert (own.errors, own.questions) == (before, 60)


@pytest.mark.parametrize("found", [[], shifted(4, by=0.0), [Example(SEEN, answerable=True)] * 20])
def test_too_few_examples_are_refused(found: list[Example]) -> None:
    with pytest.raises(UsageError, match="5 of each are needed"):
        calibrated(found, shipped())


@pytest.fixture
def asked(library: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library, on which nine questions are made."""
    paths = {path.rpartition("/")[2]: path for path in (document.path for document in library.documents())}

    def make(n: int, *, seed: int = 0) -> Iterator[MadeQuestion]:
        kinds = [
            ("How high is the monthly rent in year {}?", "lease.pdf", "1,250 euros"),
            ("How much does the dishwasher weigh in state {}?", "manual.pdf", "3.5 kg"),
        ]
        for turn in range(min(n, 9)):
            question, name, answer = kinds[turn % 2]
            yield MadeQuestion(question.format(turn), paths[name], 1, answer)

    monkeypatch.setattr(library, "make_questions", make)
    return library


def test_the_librarys_own_calibration_is_kept_told_and_forgotten(asked: Library) -> None:
    steps: list[tuple[str, int, int]] = []
    before = asked.refusal()
    assert (before.own, before.fits) == (False, False)
    report = asked.calibrate(9, progress=lambda *step: steps.append(step))
    assert steps[0] == ("questions", 0, 9)
    assert steps[-1] == ("questions", 9, 9)
    assert (report.refusal.own, report.refusal.fits, report.refusal.questions) == (True, True, 18)
    state = diagnose(asked.settings).library
    assert state is not None
    assert state.refusal == report.refusal == asked.refusal()
    assert asked._store.check() == []
    asked.reset_calibration()
    assert asked.refusal() == before


def test_the_calibration_in_force_decides_about_answers(asked: Library) -> None:
    question = "How high is the monthly rent?"
    assert asked.ask(question).status != "not_found"
    names = {"reranker": asked.settings.reranker, "generator": asked.settings.generator}
    strict = replace(shipped(), bound=1.5, **names)
    asked._store.set(CALIBRATION, json.dumps(strict.as_json()))
    assert asked.ask(question).status == "not_found"
    asked._store.set(CALIBRATION, json.dumps(replace(strict, reranker="another").as_json()))
    assert asked.ask(question).status != "not_found"
    asked._store.set(CALIBRATION, "damaged")
    assert asked.ask(question).status != "not_found"


def test_what_is_kept_can_be_read_again(asked: Library) -> None:
    asked.calibrate(9)
    kept = asked._store.get(CALIBRATION)
    assert kept
    assert calibration(kept).reranker == asked.settings.reranker


def test_a_library_of_one_document_cannot_leave_it_out(asked: Library) -> None:
    asked.remove(asked.documents()[0].path)
    with pytest.raises(UsageError, match="at least two documents"):
        asked.calibrate(9)
