from __future__ import annotations

import pytest
from fakes import ScriptedGenerator, make_hit

from ingest.types import Document, Page
from rag_app.context import Evidence
from rag_app.refusal import RELEVANT, SURE, foreign, relevant, shared_words, supported

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


def test_below_that_the_second_look_and_the_words_of_the_question_decide() -> None:
    assert support(SURE - 1, "How long is the notice period?", "three months")
    assert not support(SURE - 1, "How long is the notice period?", "four weeks")
    assert not support(SURE - 1, "Who is the president of France?", "three months")


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("notice period", 1.0),
        ("What is the notice?", 1.0),
        ("periods of noticing", 1.0),
        ("notice and deposit", 0.5),
        ("Is it so?", 0.0),
        ("", 0.0),
    ],
)
def test_the_share_of_words_leaves_out_stop_words_and_endings(question: str, share: float) -> None:
    assert shared_words(question, NOTICE) == share
