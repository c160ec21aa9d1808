"""Greetings, questions about the library, sections and pages, with the default models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag_app import config
from rag_app.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.models

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
MODELS = str(config.load().models)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Three sample documents in a library of the default models."""
    folder = tmp_path_factory.mktemp("program")
    with Library.open(folder, settings=config.load(environment={"RAG_MODELS": MODELS})) as library:
        names = ("apartment-lease.pdf", "travel-policy.pdf", "mietvertrag-stellplatz.pdf")
        library.ingest([SAMPLES / name for name in names])
        yield library


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("How many pages does the travel policy have?", "travel-policy.pdf: 6 pages."),
        ("Wie viele Seiten hat der Mietvertrag?", "mietvertrag-stellplatz.pdf: 5 Seiten."),
        ("When was the travel policy added?", "travel-policy.pdf was added on 20"),
        ("Which document is the longest?", "The longest document is apartment-lease.pdf: 6 pages."),
        ("Quel est le document le plus récent ?", "Le fichier le plus récent est "),
        ("Nice to meet you, my friend", "Hello!"),
        ("Can you tell me what you are able to do for me?", "I answer questions from your documents (3 documents)"),
    ],
)
def test_the_program_answers_what_it_knows(samples: Library, question: str, begins: str) -> None:
    answer = samples.ask(question)
    assert answer.answer.startswith(begins)
    assert (answer.status, answer.citations, answer.tokens.completion) == ("answered", (), 0)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("What does section 1.3 of the apartment lease say?", "1.3 The apartment is let unfurnished"),
        ("Was steht in § 2 des Mietvertrags?", "§ 2 Mietzeit und Kündigung"),
        ("What can I read on page 1 of the travel policy?", "Travel and Expenses Policy"),
        ("Which sections does the apartment lease have?", "- 1 The premises [1]\n- 2 Term [2]"),
    ],
)
def test_a_place_is_said_with_a_quote(samples: Library, question: str, begins: str) -> None:
    answer = samples.ask(question)
    assert answer.answer.startswith(begins)
    assert all(samples.stands(citation) for citation in answer.citations)
    assert len(answer.citations) > 0


def test_a_question_for_a_fact_is_still_one(samples: Library) -> None:
    answer = samples.ask("How many rooms does the apartment have?")
    assert "three rooms" in answer.citations[0].quote
