"""Answers that are worked out with the default models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag_app import config
from rag_app.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.models

MODELS = str(config.load().models)
FILES = {
    "sauna": """Sauna of the house

The sauna is in the cellar. One evening in the sauna costs 7 euros. Each household may use it on two evenings a week.
The heater of the sauna weighs 18.5 kg. Towels are not lent. A lost key of the sauna costs 25 euros.
""",
    "electricity": """Electricity of the flat

In 2014 the flat used 2,400 kWh. In 2016 the flat used 2,700 kWh, since a second freezer was bought.
The meter is read each December by the caretaker.
""",
    "insurance": """Insurance of the household

The contents insurance covers up to 40,000 euros. The deductible is 150 euros. Claims are sent within two weeks.
""",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Three papers of a household in a library of the default models."""
    folder = tmp_path_factory.mktemp("household")
    for name, text in FILES.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with Library.open(folder / "library", settings=config.load(environment={"RAG_MODELS": MODELS})) as opened:
        opened.ingest([folder / f"{name}.txt" for name in FILES])
        yield opened


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "What do a lost key of the sauna and the deductible of the insurance cost together?",
            "175 euros = 25 euros [1] + 150 euros [2]",
        ),
        (
            "By how many percent did the electricity used grow from 2014 to 2016?",
            "12.5 % = (2,700 kWh [1] − 2,400 kWh [1]) / 2,400 kWh [1] × 100",
        ),
        ("What do nine evenings in the sauna cost?", "63 euros = 7 euros [1] × 9"),
    ],
)
def test_a_result_is_worked_out_from_figures_of_the_documents(library: Library, question: str, said: str) -> None:
    answer = library.ask(question)
    assert (answer.kind, answer.answer) == ("calculation", said)
    assert answer.status == "answered" or answer.unsure
    assert all(library.stands(citation) for citation in answer.citations)


def test_a_fact_is_answered_as_it_stands(library: Library) -> None:
    answer = library.ask("How much does a lost key of the sauna cost?")
    assert answer.kind == "short"
    assert answer.answer.startswith("25 euros [1]")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the weight of the heater of the sauna in grams?", "18,500 g = 18.5 kg [1]"),
        ("How many grams does the heater of the sauna weigh?", "18,500 g = 18.5 kg [1]"),
    ],
)
def test_a_value_is_given_in_the_unit_that_is_asked_for(library: Library, question: str, said: str) -> None:
    answer = library.ask(question)
    assert (answer.kind, answer.answer.split("\n")[0]) == ("calculation", said)
    assert all(library.stands(citation) for citation in answer.citations)
