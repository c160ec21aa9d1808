from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import ScriptedGenerator, make_hit

from ingest.types import Document, Page
from rag_app.context import Evidence
from rag_app.refusal import RELEVANT, SURE, empty, foreign, relevant, supported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.generator import Message

NOTICE = "The notice period is three months."


def piece(score: float, text: str = NOTICE) -> Evidence:
    return Evidence(make_hit(text, score=score), 0, len(text), text, "", False, score, score)


def document(text: str = NOTICE) -> Document:
    return Document("/files/lease.pdf", "Lease", (Page(1, "1", text),))


@pytest.mark.parametrize(
    ("passage", "sentence", "bears"), [(-9.0, -9.0, False), (RELEVANT + 0.1, -9.0, True), (-9.0, RELEVANT + 0.1, True)]
)
def test_one_passage_or_sentence_that_bears_on_the_question_is_enough(
    passage: float, sentence: float, bears: bool
) -> None:
    assert relevant([make_hit(NOTICE, score=passage)], [piece(sentence)]) == bears


def test_without_evidence_nothing_is_relevant() -> None:
    assert not relevant([make_hit(NOTICE, score=9.0)], [])


@pytest.mark.parametrize(
    ("question", "is_foreign"),
    [
        ("What is the rent of flat 4B?", True),
        ("What does E05 mean?", True),
        ("What happened in 2031?", True),
        ("What is the rent of flat 3b?", False),
        ("How long is the notice period, 3 months or 6?", False),
    ],
)
def test_a_code_or_year_that_the_document_never_names_makes_it_foreign(question: str, is_foreign: bool) -> None:
    assert foreign(question, document(f"{NOTICE} Flat 3B.")) == is_foreign


def support(score: float, question: str, answer: str) -> bool:
    evidence = piece(score)
    return supported(question, answer, evidence, [evidence], document(), ScriptedGenerator())


def test_evidence_that_scores_high_needs_no_second_look() -> None:
    assert support(SURE, "Anything?", "Nothing that stands there.")


def test_below_that_two_looks_decide_of_which_one_does_not_see_the_answer() -> None:
    assert support(SURE - 1, "How long is the notice period?", "three months")
    assert not support(SURE - 1, "How long is the notice period?", "four weeks")
    assert not support(SURE - 1, "Who leads France?", "three months")


def test_the_looks_share_their_beginning_so_that_it_is_read_once() -> None:
    seen: list[str] = []

    class Watching(ScriptedGenerator):
        def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
            seen.append(messages[-1].content)
            return super().preference(messages, one, other)

    evidence = piece(SURE - 1)
    supported("How long?", "Three months.", evidence, [evidence], document(), Watching())

    assert len(seen) == 2
    shared = next(at for at, (one, other) in enumerate(zip(*seen, strict=False)) if one != other)
    assert shared > len(NOTICE) + len("Question: How long?")


@pytest.mark.parametrize(
    ("question", "answer", "says_nothing"),
    [
        ("Which brand of loggers was used?", "The loggers used were loggers.", True),
        ("Which brand of loggers was used?", "", True),
        ("Which brand of loggers was used?", "BA", False),
        ("Is it 5 or 6 Nm?", "6 Nm", False),
        ("How tight is it?", "6", False),
    ],
)
def test_an_answer_in_the_words_of_the_question_alone_says_nothing(
    question: str, answer: str, says_nothing: bool
) -> None:
    assert empty(question, answer) == says_nothing
