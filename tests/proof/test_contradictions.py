from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import SCORES, make_hit

from ingest import Document, Page
from rag_app.evidence.choose import Evidence
from rag_app.proof.contradictions import about_question, answers_too, differs, rivals, set_aside

if TYPE_CHECKING:
    from collections.abc import Callable

DEPOSIT = "The deposit for the flat is 250 euros and is paid in cash."
HIGH = "How high is the deposit for the flat?"
TREASURER, NOTICE = "Who is the treasurer of the club?", "How long is the notice period?"
END = "When does the contract end?"
PASS = "How much is a guest pass for the Tarn Baths?"


def piece(text: str, *, document: str = "/b.pdf", score: float = 6.0, row: bool = False, lead: str = "") -> Evidence:
    return Evidence(make_hit(text, document=document), 0, len(text), text, lead, row, score, score)


def reader(*pieces: Evidence) -> Callable[[str], Document]:
    """Return what reads the documents that the pieces are in."""

    def read(path: str) -> Document:
        text = "\n".join(one.text for one in pieces if one.hit.document == path)
        return Document(path, "", (Page(1, "1", text),))

    return read


def found(question: str, answer: str, one: Evidence, *others: Evidence) -> list[Evidence]:
    return rivals(question, answer, one, [one, *others], reader(one, *others), SCORES)


# Who may say otherwise


@pytest.mark.parametrize(
    ("question", "answer", "one", "other"),
    [
        (HIGH, "250 euros", DEPOSIT, "The deposit for the flat is 300 euros and is paid in cash."),
        (HIGH, "250 euros", DEPOSIT, "For the flat, a deposit of 300 euros is due before the keys are handed over."),
        (HIGH, "250 euros", DEPOSIT, "Deposit of the flat: 300 EUR."),
        (
            TREASURER,
            "Anna Weber",
            "The treasurer of the club is Anna Weber.",
            "The club has Otto Brandt as its treasurer.",
        ),
        (NOTICE, "three months", "The notice period is three months.", "The notice period is two weeks."),
        (END, "3 May 2024", "The contract ends on 3 May 2024.", "The contract ends on 14 June 2025."),
        (END, "30 June", "The contract ends on 30 June.", "The contract ends on 30 July."),
        (END, "30 June 2027", "The contract ends on 30 June 2027.", "The contract ends on 30 June 2028."),
        (
            "Wie hoch ist die Kaution?",
            "250 Euro",
            "Die Kaution beträgt 250 Euro.",
            "Die Kaution für alle beträgt 300 Euro.",
        ),
    ],
)
def test_another_document_with_another_value_of_the_same_kind_is_asked(
    question: str, answer: str, one: str, other: str
) -> None:
    against = piece(other)
    assert found(question, answer, piece(one, document="/a.pdf"), piece("Something else."), against) == [against]


@pytest.mark.parametrize(
    "other",
    [
        piece(DEPOSIT),  # the same value
        piece("The deposit for the flat is 300 euros.", document="/a.pdf"),  # the same document
        piece("The deposit for the flat is 300 euros.", score=1.5),  # bears too little on the question
        piece("The deposit for the garage is 60 euros."),  # another thing
        piece("The rent of the garage is 300 euros."),
        piece("The key deposit for the flat is 20 euros and is paid in cash."),  # another deposit
        piece("The deposit for the flat is paid by the tenant in cash."),  # no value
        piece("The deposit for the flat is 300 euros.", row=True),
        piece("The deposit for the flat is due in three months."),  # another unit
        piece("The deposit for the flat takes 300 litres."),
    ],
)
def test_what_says_the_same_or_is_about_something_else_is_not(other: Evidence) -> None:
    assert found(HIGH, "250 euros", piece(DEPOSIT, document="/a.pdf"), other) == []


def test_a_document_without_a_name_of_the_question_is_not_asked() -> None:
    one = piece("The fee of the Tarn Baths is 12 euros.", document="/a.pdf")
    other = piece("The fee of the baths in Osby is 9 euros.")
    assert found("How high is the fee of the Tarn Baths?", "12 euros", one, other) == []


def test_an_answer_that_is_not_in_its_own_evidence_is_not_compared() -> None:
    other = piece("The deposit for the flat is 300 euros and is paid in cash.")
    assert found(HIGH, "400 francs", piece(DEPOSIT, document="/a.pdf"), other) == []


def test_two_names_are_no_contradiction_where_several_may_be_right() -> None:
    one, other = piece("Cats are allowed in the flat.", document="/a.pdf"), piece("Dogs are allowed in the flat.")
    assert found("Which pets are allowed in the flat?", "Cats", one, other) == []


def test_the_best_piece_of_each_of_two_documents_is_asked() -> None:
    one = piece(DEPOSIT, document="/a.pdf")
    others = [
        piece(f"The deposit for the flat is {n} euros.", document=f"/{path}.pdf", score=score)
        for n, path, score in ((300, "b", 4.0), (310, "b", 5.0), (320, "c", 6.0), (330, "d", 4.5))
    ]
    assert found(HIGH, "250 euros", one, *others) == [others[2], others[1]]


# What differs


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("250 euros", "300 euros", True),
        ("250 euros", "EUR 250", False),
        ("1,250 euros", "1250 euros", False),
        ("three months", "3 months", False),
        ("three months", "two weeks", True),
        ("3 May 2024", "3 May", False),
        ("3 May", "3 May 2024", False),
        ("30 June 2027", "30 June 2028", True),
        ("30 June", "30 July", True),
        ("on Monday", "on Friday", True),
        ("from 8 to 17", "from 8 to 16", True),
        ("250 euros", "in cash", False),
        ("Anna Weber", "Otto Brandt", True),
        ("Anna Weber", "Weber", False),
        ("yellow", "purple", True),
        ("yellow", "the lake", False),
        ("250 euros", "", False),
    ],
)
def test_values_differ_by_their_figures_or_by_all_their_words(one: str, other: str, expected: bool) -> None:
    assert differs("How is the lake?", one, other) is expected


# Who speaks about the question


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (PASS, "How much is a guest pass for the Tarn Baths? It is 45 euros."),
        (PASS, "The official answer on the guest pass for the Tarn Baths is 45 euros."),
        (PASS, "Whoever asks how much a guest pass for the Tarn Baths is hears 45 euros."),
        (
            PASS,
            "Guest pass for the Tarn Baths: 45 euros. A guest pass for the Tarn Baths has a price. The guest pass for "
            "the Tarn Baths is 45 euros.",
        ),
        ("Wie hoch ist die Pacht in Birkenhain?", "Auf die Frage nach der Pacht in Birkenhain: hoch, 520 Euro."),
        ("Quel est le prix de la nuit au refuge ?", "La réponse : le prix de la nuit au refuge est 70 euros."),
        ("¿Cuántos socios tiene el club?", "A quien pregunta cuántos socios tiene el club se le dice 240."),
    ],
)
def test_a_text_that_repeats_and_discusses_the_question_is_about_it(question: str, text: str) -> None:
    assert about_question(question, [piece(text, document="/x.txt")]) == {"/x.txt"}


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (PASS, "A guest pass costs 12 euros and is valid for one day."),
        (PASS, "The price of a guest pass for the Tarn Baths is 12 euros."),
        (PASS, "If you have questions, ask at the desk. Lockers take a coin."),
        ("How are questions answered at the desk?", "Questions are answered at the desk from nine to five."),
        ("Which question did the board answer?", "The board answered the question of the hedge."),
        ("How high is it?", "How high is it? 12 metres."),
    ],
)
def test_a_text_that_states_a_fact_is_not(question: str, text: str) -> None:
    assert about_question(question, [piece(text)]) == set()


def test_the_talk_may_stand_in_the_sentence_before_or_in_the_heading() -> None:
    apart = [piece("Many people ask about it."), piece("The guest pass for the Tarn Baths is 45 euros.")]
    assert about_question(PASS, apart) == {"/b.pdf"}
    headed = piece("guest pass Tarn Baths | 45 euros", lead="question | answer", row=True)
    assert about_question(PASS, [headed]) == {"/b.pdf"}
    far = [apart[0], piece("Lockers are free."), piece("So are towels."), apart[1]]
    assert about_question(PASS, far) == set()


def test_another_document_is_believed_instead_only_where_it_bears_on_the_same_thing() -> None:
    stuffed = piece("How much is a guest pass for the Tarn Baths? 45 euros.", document="/x.txt", score=9.0)
    true = piece("A guest pass costs 12 euros at the Tarn Baths.", score=0.5)
    other = piece("A guest pass costs 9 euros at the baths in Osby.", document="/c.pdf")
    read = reader(stuffed, true, other)
    assert answers_too(PASS, stuffed, true, read)
    assert not answers_too(PASS, stuffed, other, read)
    assert not answers_too(PASS, stuffed, piece("The Tarn Baths open at 12.", document="/b.pdf"), read)


def test_what_is_set_aside_is_named_with_what_it_says() -> None:
    assert set_aside("/files/re\x1bmark\n.txt", "45 euros") == (
        "remark .txt was set aside: it speaks about the question instead of its subject, and says “45 euros”."
    )
    assert set_aside("/a.txt", "x" * 500).endswith(f"says “{'x' * 99}…”.")
