"""What is shown of a draft: a stretch of the evidence, or the sentence where a stretch could say something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.proof.carried import carry

LEASE = (
    "The deposit is 255 euros. Tenants may not keep dogs in the flat. A permit for the flat costs at least 40 euros, "
    "and the lift holds six persons. Members vote by hand, letter or proxy."
)


@pytest.mark.parametrize(
    ("draft", "question", "text", "carried"),
    [
        ("255 euros", "How high is the deposit?", "255 euros", True),
        ("€255", "How high is the deposit?", "The deposit is 255 euros.", False),
        ("6 persons", "What does the lift hold?", "six persons", True),
        ("40 euros", "What does a permit cost?", "at least 40 euros", True),
        ("dogs", "What may tenants keep in the flat?", "Tenants may not keep dogs in the flat.", True),
        ("dogs", "What may tenants not keep?", "dogs", True),
        ("keep dogs in the flat", "May they keep dogs in the flat?", "Tenants may not keep dogs in the flat.", True),
        ("letter or proxy", "How do members vote?", "Members vote by hand, letter or proxy.", True),
        ("hand or proxy", "How do members vote?", "hand, letter or proxy", True),
        ("hand, letter or proxy", "How do members vote?", "hand, letter or proxy", True),
        ("It is 255 euros.", "How high is the deposit?", "255 euros", True),
        ("It is 300 euros.", "How high is the deposit?", "The deposit is 255 euros.", False),
        ("The rent is 255 euros.", "How high is the rent?", "The deposit is 255 euros.", False),
        ("The deposit amounts to 255 euros.", "How high is the deposit?", "The deposit is 255 euros.", True),
        ("Otto", "Who keeps dogs?", "Tenants may not keep dogs in the flat.", False),
        ("", "How high is the deposit?", "", False),
        ("…", "How high is the deposit?", "…", False),
    ],
)
def test_a_draft_is_shown_in_the_words_of_the_evidence(draft: str, question: str, text: str, carried: bool) -> None:
    found = carry(draft, question, LEASE)
    assert (found.text, found.carried) == (text, carried)


@pytest.mark.parametrize(
    ("draft", "evidence", "text"),
    [
        ("koiria saa pitää", "Koiria ei saa pitää.", "Koiria ei saa pitää."),  # no word of Finnish is known
        ("犬飼う", "犬を飼うことはできない。", "犬を飼う"),
        (
            "The wall is higher than the tower.",
            "The tower is higher than the wall.",
            "The tower is higher than the wall.",
        ),
        ("12 August", "Closed from 12 June to 5 August.", "12 June to 5 August"),
    ],
)
def test_what_a_draft_leaves_out_is_back_in_any_language(draft: str, evidence: str, text: str) -> None:
    assert carry(draft, "?", evidence).text == text


def test_each_sentence_of_a_draft_is_shown_and_the_same_once() -> None:
    draft = "The deposit is 255 euros. Tenants may keep dogs in the flat. 255 euros."
    shown = "The deposit is 255 euros. Tenants may not keep dogs in the flat."
    assert carry(draft, "What does the lease say?", LEASE).text == shown


def test_a_draft_from_two_texts_is_shown_in_the_sentences_of_both_and_names_the_likelier() -> None:
    found = carry("48 kilometres by the coast road", "How far is it?", "It is 48 kilometres.", "Take the coast road.")
    assert (found.text, found.source) == ("It is 48 kilometres. Take the coast road.", 0)
    assert carry("the coast road", "Which road?", "It is 48 kilometres.", "Take the coast road.").source == 1


WORDS = ["the", "a", "not", "red", "blue", "3", "4", "pump", "is", "than", "and", ",", "."]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_carried_is_shown_in_words_of_the_evidence(draft: str, question: str, evidence: str) -> None:
    found = carry(draft, question, evidence)
    assert not found.carried or set(found.text.split()) <= set(evidence.split())


@given(st.lists(st.sampled_from(WORDS[:-2]), min_size=1, max_size=12), st.data())
def test_a_stretch_of_the_evidence_is_carried_and_shown(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    draft = " ".join(words[start : data.draw(st.integers(start + 1, len(words)))])
    found = carry(draft, "Which?", " ".join(words))
    assert found.carried
    assert draft in found.text
