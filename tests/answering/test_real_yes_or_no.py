"""Yes or no by the default generator, for texts that decide: it is said where it is right, and else neither is."""

from __future__ import annotations

import pytest

from rag_app import config
from rag_app.answering.yes_or_no import yes_or_no
from rag_app.models.loaded import LoadedModels

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def models() -> LoadedModels:
    return LoadedModels(config.load(environment={"RAG_MODELS": str(config.load().models)}))


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("Is the pool open on Sundays?", "The pool is open every day, also on Sundays, from 8 to 18.", "Yes."),
        ("Can I pay the fee by card?", "The fee is paid in cash only; cards are not accepted.", "No."),
        ("Gibt es eine Kündigungsfrist?", "Die Kündigungsfrist beträgt drei Monate.", "Ja."),
        ("Are dogs allowed in the greenhouse?", "Animals of any kind are forbidden there, dogs included.", ""),
        ("May the tenant sublet the flat?", "Subletting needs the written consent of the landlord.", ""),
    ],
)
def test_the_generator_says_yes_or_no_only_where_it_is_sure(
    models: LoadedModels, question: str, text: str, said: str
) -> None:
    assert yes_or_no(question, text, models.generator) == said
