from __future__ import annotations

import pytest
from fakes import make_hit

from rag_app.context import Evidence
from rag_app.contradictions import contradicted

DEPOSIT = "The deposit for the flat is 250 euros and is paid in cash."


def piece(text: str, *, document: str = "/b.pdf", score: float = 6.0, row: bool = False) -> Evidence:
    return Evidence(make_hit(text, document=document), 0, len(text), text, "", row, score, score)


@pytest.mark.parametrize(
    ("answer", "one", "other"),
    [
        ("250 euros", DEPOSIT, "The deposit for the flat is 300 euros and is paid in cash."),
        ("250 euros", DEPOSIT, "The deposit for the flat is 300 euros."),
        ("Anna Weber", "The treasurer of the club is Anna Weber.", "The treasurer of the club is Otto Brandt."),
        ("three months", "The notice period is three months.", "The notice period is two weeks."),
        ("3 May 2024", "The contract ends on 3 May 2024.", "The contract ends on 14 June 2025."),
    ],
)
def test_the_same_sentence_with_another_answer_contradicts(answer: str, one: str, other: str) -> None:
    against = piece(other)
    question = "Who is the treasurer?" if "Anna" in answer else "What does it say?"
    assert contradicted(question, answer, piece(one, document="/a.pdf"), [piece("Something else."), against]) is against


@pytest.mark.parametrize(
    "other",
    [
        piece("The deposit for the flat is 250 euros and is paid in cash."),
        piece("The deposit for the flat is 300 euros.", document="/a.pdf"),
        piece("The deposit for the flat is 300 euros.", score=2.0),
        piece("The deposit for the garage is 300 euros, and for the flat 250 euros."),
        piece("The rent of the garage is 300 euros."),
        piece("The key deposit for the flat is 20 euros and is paid in cash."),
        piece("The deposit for the flat is paid by the tenant in cash."),
        piece("The deposit for the flat is 300 euros.", row=True),
        piece("The deposit for the flat is paid in cash by everybody who moves in and has no account of his own: 300."),
    ],
)
def test_what_says_the_same_or_is_about_something_else_does_not(other: Evidence) -> None:
    assert contradicted("How much?", "250 euros", piece(DEPOSIT, document="/a.pdf"), [other]) is None


def test_an_answer_that_is_not_in_its_own_evidence_is_not_compared() -> None:
    other = piece("The deposit for the flat is 300 euros and is paid in cash.")
    assert contradicted("How much?", "400 francs", piece(DEPOSIT, document="/a.pdf"), [other]) is None


def test_two_names_are_no_contradiction_where_several_may_be_right() -> None:
    one, other = piece("Cats are allowed in the flat.", document="/a.pdf"), piece("Dogs are allowed in the flat.")
    assert contradicted("Which pets are allowed in the flat?", "Cats", one, [other]) is None


@pytest.mark.parametrize(
    "other",
    [
        "The deposit for the garage is 60 euros.",  # another thing
        "The deposit for the flat is three months.",  # another unit
        "The deposit for the flat is 300 litres.",
    ],
)
def test_a_whole_sentence_is_compared_by_the_words_of_the_question_and_its_units(other: str) -> None:
    one = piece("The deposit for the flat is 250 euros.", document="/a.pdf")
    asked = "How high is the deposit for the flat?"
    assert contradicted(asked, "The deposit for the flat is 250 euros.", one, [piece(other)]) is None
