"""Comparisons by sides with the default models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag_app import config
from rag_app.answering.verdict import Line, verdict
from rag_app.asking.sides import Side, Sides, sides_of
from rag_app.library import Library
from rag_app.proof.quotes import markers

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.models

MODELS = str(config.load().models)
GAUGES = """Gauges of the workshop

The workshop has two gauges for the thickness of metal sheets. Both were bought in the spring and are calibrated every
six months by the same laboratory.

The QM-7 is the older model. The QM-7 measures the thickness of a sheet with an error of at most 0.5 mm. It runs for
eight hours on one charge and is kept in the cabinet beside the door.

The QM-9 came with a new probe. The QM-9 has an error of at most 0.2 mm at room temperature. It is lent out to other
departments only with the consent of the foreman.

Gauges are cleaned after each use with a dry cloth.
"""
FEES = """Beitragsordnung des Schwimmvereins

§ 1 Der Verein erhebt Jahresbeiträge, die bis Ende März zu zahlen sind.

§ 2 Für Familien beträgt der Beitrag 140 Euro. Zu einer Familie zählen alle Kinder, die im selben Haushalt leben.

§ 3 Für Einzelne beträgt der Beitrag 85 Euro. Wer nach dem 1. Juli eintritt, zahlt die Hälfte.
"""
HALLS = """Rules for the halls

The north hall is used for sports. In the north hall shoes with dark soles are forbidden, and the doors are locked at
night by the caretaker.

The south hall is used for concerts and meetings. In the south hall food is allowed only at the back, and the chairs are
put away by whoever rented it.
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Three small documents in a library of the default models."""
    folder = tmp_path_factory.mktemp("sides")
    for name, text in (("gauges", GAUGES), ("beitraege", FEES), ("halls", HALLS)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with Library.open(folder / "library", settings=config.load(environment={"RAG_MODELS": MODELS})) as opened:
        opened.ingest([folder / f"{name}.txt" for name in ("gauges", "beitraege", "halls")])
        yield opened


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        (
            "Which is more accurate, QM-7 or QM-9?",
            ["QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]", "QM-7: The QM-7 ", "QM-9: The QM-9 "],
        ),
        (
            "Ist der Beitrag für Familien höher als der für Einzelne?",
            ["Familien: 140 Euro [1] > Einzelne: 85 Euro [2]", "Familien: § 2 Für ", "Einzelne: § 3 Für "],
        ),
        (
            "How do the rules of the north hall differ from those of the south hall?",
            ["north: The north hall is used for sports.", "south: The south hall is used for concerts"],
        ),
    ],
)
def test_both_sides_are_shown_after_what_comes_out_of_them(library: Library, question: str, begins: list[str]) -> None:
    answer = library.ask(question)
    lines = answer.answer.splitlines()
    assert [line[: len(begin)] for line, begin in zip(lines, begins, strict=True)] == begins
    assert answer.kind == "comparison"
    assert answer.status == "answered" or answer.unsure
    assert set(markers(answer.answer)) == {1, 2}
    assert all(library.stands(citation) for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        (
            "Does Team Blue have more members than Team Green?",
            Side("Blue", "How many members does Team Blue have?"),
            Side("Green", "How many members does Team Green have?"),
        ),
        (
            "What changed in the number of accidents between 2015 and 2017?",
            Side("2015", "What was the number of accidents in 2015?"),
            Side("2017", "What was the number of accidents in 2017?"),
        ),
        (
            "Wo ist die Miete niedriger, in Graz oder in Linz?",
            Side("Graz", "Wie viel ist die Miete in Graz?"),
            Side("Linz", "Wie viel ist die Miete in Linz?"),
        ),
        (
            "La garantie du modèle A est-elle plus longue que celle du modèle B ?",
            Side("modèle A", "Quelle est la garantie du modèle A ?"),
            Side("modèle B", "Quelle est la garantie du modèle B ?"),
        ),
        (
            "¿Cuál es la diferencia de peso entre el modelo X1 y el modelo X2?",
            Side("X1", "¿Cuál es el peso del modelo X1?"),
            Side("X2", "¿Cuál es el peso del modelo X2?"),
        ),
    ],
)
def test_a_comparison_is_split_into_two_questions(library: Library, question: str, first: Side, second: Side) -> None:
    assert sides_of(question, library.loaded.generator) == Sides(first, second)


@pytest.mark.parametrize(
    ("question", "one", "other", "said"),
    [
        ("Which river is longer, the Ahr or the Lahn?", "85 km", "242 km", "B: 242 km [2] > A: 85 km [1]"),
        ("Which laptop is lighter, the Air or the Pro?", "1.2 kg", "1.9 kg", "A: 1.2 kg [1] < B: 1.9 kg [2]"),
        ("By how much did the rent rise?", "500 euros", "620 euros", "B: 620 euros [2] − A: 500 euros [1] = 120 euros"),
        (
            "Hat Bonn mehr Einwohner als Trier?",
            "30 Einwohner",
            "11 Einwohner",
            "A: 30 Einwohner [1] > B: 11 Einwohner [2]",
        ),
        ("¿Qué edificio es más alto, el Norte o el Sur?", "80 m", "65 m", "A: 80 m [1] > B: 65 m [2]"),
        ("Are the rules for cats different from the rules for dogs?", "2 cats", "3 cats", ""),
    ],
)
def test_what_is_asked_for_of_two_figures_is_understood(
    library: Library, question: str, one: str, other: str, said: str
) -> None:
    lines = Line(Side("A", ""), one, row=False, marker=1), Line(Side("B", ""), other, row=False, marker=2)
    assert verdict(question, *lines, library.loaded.generator) == said
