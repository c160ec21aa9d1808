from __future__ import annotations

import pytest

from rag_app.asking.leaning import leans

LEANING = [
    # openings
    "And for pets?",
    "But what if the rent is not paid?",
    "Why not?",
    "What about the garage?",
    "How about dogs and cats in the flat?",
    "And the price of the larger model?",
    "Was ist mit Haustieren?",
    "Aber nur für Mieter?",
    # pronouns
    "Is it written down anywhere in the contract?",
    "How long do they have to wait for the deposit?",
    "When was she appointed to the board?",
    "Und wie lange gilt er?",
    "Wie hoch ist sie im zweiten Jahr?",
    "Wann muss es bezahlt werden?",
    # possessives
    "Who pays for their repair?",
    "What is the price of its filter?",
    "Wie hoch ist ihre Kaution im zweiten Jahr?",
    # pointing words
    "Which of these has the longer warranty?",
    "What happens after that?",
    "How much is the other one per month?",
    "How much does that cost per month?",
    "How long is that valid for?",
    "What happens after that date?",
    "Which one is cheaper in winter?",
    "What happens if the tenants lose one?",
    "Does the same apply to guests?",
    "Does the latter need a licence?",
    "Are dogs and cats allowed there?",
    "How many rooms are there?",
    "What do I pay if I park there?",
    "What happens if they lose it?",
    "Is that also true for guests of the club?",
    "Does this contract end by itself?",
    "Gilt das auch dort?",
    "Wer bezahlt dafür am Ende?",
    "Welche Frist haben diese Verträge?",
    "Was kostet das denn im Monat?",
    "Für welche Mieter gilt das?",
    # what is left out
    "In 2023?",
    "How much for students?",
    "For members of the club?",
    "Only on weekdays in summer?",
    "How long exactly?",
    "Und 2022?",
    "Ab wann genau?",
    "Which is cheaper?",
]

STANDING_ALONE = [
    "How long is the notice period for the flat?",
    "What is the monthly rent of apartment 3B?",
    "Who chairs the board of the bicycle club?",
    "What does the study say about rerankers?",
    "Which rules say that pets need consent?",
    "Is there a fee for late payment?",
    "May one tenant sublet?",
    "How many rooms are there in the flat?",
    "How many people live in Varnholm?",
    "Wie lang ist die Kündigungsfrist für den Stellplatz?",
    "Wer trägt die Kosten der Reparatur?",
    "Gibt es eine Frist für den Widerspruch?",
    "Was kostet das Zimmer im Monat?",
    "Wer bezahlt das neue Fahrrad?",
    "Welches Zimmer, das im Keller liegt, ist frei?",
    # a name is enough for a short one
    "What is FAISS?",
    "Who is Pepper?",
    "Was bedeutet E05?",
    # what the pronoun stands for is in the question
    "How do the tenants get their deposit back?",
    "How long is the deposit kept before it is paid back?",
    "What happens to members when they move away?",
    "Who pays if a tenant loses the key and he does not report it?",
    "Wie breit ist der Stellplatz und wie lang ist er?",
    "Wann bekommt die Mieterin ihre Kaution zurück?",
    "What do those who join late pay?",
    "What happens then if the rent is not paid?",
    "How old must children be before they may use the dishwasher alone?",
    "Does the landlord of the house have to repair the dishwasher he left there?",
    "What do guests of the club pay if they sleep there?",
    # pronouns that stand for nothing
    "Is it allowed to smoke in the stairwell?",
    "How long does it take to descale the dishwasher?",
    "What happens to club rides if it rains?",
    "Wie lange dauert es, bis die Kaution zurückgezahlt wird?",
    "Wie erreichen Sie die Hausverwaltung?",
    # a question of several sentences explains itself
    "The dishwasher shows E05. What does that mean?",
    "We lost a front door key of apartment 3B. Who pays for it?",
    "Are there other fees this year?",
]


@pytest.mark.parametrize("question", LEANING)
def test_a_question_with_an_opening_a_pointer_or_something_left_out_leans_on_what_was_said(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize("question", STANDING_ALONE)
def test_a_question_that_names_its_subject_stands_alone(question: str) -> None:
    assert not leans(question)


@pytest.mark.parametrize("question", ["", " ", "?", "\n", "...", "🙂", "it", "x" * 4000, "( " * 500, "a. B" * 900])
def test_any_text_can_be_judged(question: str) -> None:
    assert leans(question) in {True, False}
