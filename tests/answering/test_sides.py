"""Comparisons side by side: which lines are shown for each side, and what is said before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import LIKELIHOODS, ScriptedGenerator, fakes_of, open_library

from rag_app.proof.quotes import markers, unmarked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rag_app.models.generator import Message
    from rag_app.types import Answer

GAUGES = """The gauges of the workshop are checked each spring.
The QM-7 is an old gauge. The QM-7 has an error of at most 0.5 mm.
It is kept beside the door of the workshop.
The QM-9 is a new gauge. The QM-9 has an error of at most 0.2 mm.
It is kept in the office of the workshop."""
QUESTION = "Which gauge has the larger error, QM-7 or QM-9?"
SPLIT = "QM-7: Which error has the gauge QM-7? | QM-9: Which error has the gauge QM-9?"


class Comparing(ScriptedGenerator):
    """Takes every question for a comparison, and writes the sides that it is told."""

    numbers = LIKELIHOODS

    def __init__(self, written: str = SPLIT, order: str = "larger") -> None:
        super().__init__(lambda _: written)
        self.order = order

    def leanings(self, _: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        return [100.0 * (word in ("comparison", self.order)) for word in words]

    def preference(self, _: Sequence[Message], one: str, other: str) -> float:
        return 2.0


def asked(folder: Path, files: Mapping[str, str], generator: Comparing, question: str = QUESTION) -> Answer:
    """Ask, and check what holds of every comparison."""
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with open_library(folder) as library:
        library.ingest([folder / f"{name}.txt" for name in files])
        fakes_of(library).generator = generator
        found = library.ask(question)
        assert found.kind == "comparison"
        assert [one.marker for one in found.citations] == list(range(1, len(found.citations) + 1))
        assert set(markers(found.answer)) == {one.marker for one in found.citations}
        assert len(unmarked(found.answer).split()) <= 100
        for citation in found.citations:
            assert citation.verified
            assert citation.quote == library.read(citation.document).text[citation.start : citation.end]
    return found


def lines_of(answer: Answer) -> list[str]:
    return answer.answer.splitlines()


def test_each_side_is_shown_with_its_own_lines_after_what_comes_out_of_them(tmp_path: Path) -> None:
    said, first, second = lines_of(asked(tmp_path, {"gauges": GAUGES}, Comparing()))
    assert said == "QM-7: 0.5 mm [1] > QM-9: 0.2 mm [2]"
    assert first.startswith("QM-7: The QM-7 ")
    assert second.startswith("QM-9: The QM-9 ")
    assert "0.5 mm" in first
    assert "QM-9" not in first
    assert "0.2 mm" in second
    assert "QM-7" not in second
    assert first.endswith("[1]")
    assert second.endswith("[2]")


def test_sides_may_stand_in_two_documents(tmp_path: Path) -> None:
    old, new = GAUGES.split("The QM-9", 1)
    found = asked(tmp_path, {"old": old, "new": f"The QM-9{new}"}, Comparing(order="difference"))
    assert lines_of(found)[0] == "QM-7: 0.5 mm [1] − QM-9: 0.2 mm [2] = 0.3 mm"
    assert [citation.document.rpartition("/")[2] for citation in found.citations] == ["old.txt", "new.txt"]


def test_a_document_that_is_called_as_a_side_tells_of_it(tmp_path: Path) -> None:
    files = {
        "lease": "The deposit is 900 euros, paid at once. A key costs 20 euros.",
        "garage": "The deposit is 100 euros, paid at once.",
    }
    written = "lease: What is the deposit of the lease? | garage: What is the deposit of the garage?"
    question = "Is the deposit of the lease larger than the deposit of the garage?"
    assert lines_of(asked(tmp_path, files, Comparing(written), question)) == [
        "lease: 900 euros [1] > garage: 100 euros [2]",
        "lease: The deposit is 900 euros, paid at once. A key costs 20 euros. [1]",
        "garage: The deposit is 100 euros, paid at once. [2]",
    ]


def test_a_sentence_about_both_sides_is_shown_once(tmp_path: Path) -> None:
    text = "The error of the gauge QM-7 is 0.5 mm, that of the gauge QM-9 is 0.2 mm."
    assert lines_of(asked(tmp_path, {"gauges": text}, Comparing())) == [
        "QM-7: 0.5 mm [1] > QM-9: 0.2 mm [1]",
        f"{text} [1]",
    ]


def test_rows_of_a_table_are_compared_in_their_column(tmp_path: Path) -> None:
    rows = ["Gauge,Largest error,Weight", "QM-7,0.5 mm,12 kg", "QM-9,0.2 mm,10 kg"]
    (tmp_path / "gauges.csv").write_text("\n".join(rows), encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "gauges.csv"])
        fakes_of(library).generator = Comparing()
        found = library.ask(QUESTION)
    assert lines_of(found)[0] == "QM-7: 0.5 mm [1] > QM-9: 0.2 mm [2]"


@pytest.mark.parametrize(
    "changed",
    [
        ("at most 0.2 mm", "at most 0.2 cm"),
        ("at most 0.2 mm", "hardly any size"),
        ("at most 0.2 mm", "0.2 mm or 0.3 mm"),
    ],
)
def test_both_sides_are_shown_alone_where_their_figures_cannot_be_compared(
    tmp_path: Path, changed: tuple[str, str]
) -> None:
    first, second = lines_of(asked(tmp_path, {"gauges": GAUGES.replace(*changed)}, Comparing()))
    assert first.startswith("QM-7: The QM-7 ")
    assert second.startswith("QM-9: The QM-9 ")


def test_nothing_comes_out_where_the_figures_are_not_asked_for(tmp_path: Path) -> None:
    assert len(lines_of(asked(tmp_path, {"gauges": GAUGES}, Comparing(order="none")))) == 2


def test_a_side_that_the_passages_lack_is_searched_for(tmp_path: Path) -> None:
    many = {f"note{row}": f"{QUESTION} The QM-7 or the one of {row}." for row in range(8)}
    written = "QM-7: Which error has the gauge QM-7? | Prague: How far away is Prague?"
    question = "Which gauge has the larger error, QM-7 or the one in Prague?"
    files = {**many, "far": "Prague is 300 km away from here."}
    found = asked(tmp_path, files, Comparing(written), question)
    assert "far.txt" not in {hit.document.rpartition("/")[2] for hit in found.passages}
    assert "Prague: Prague is 300 km away from here. [2]" in found.answer


@pytest.mark.parametrize("written", ["", QUESTION, SPLIT.replace("QM-9", "QM-8")])
def test_two_places_are_shown_where_the_sides_are_not_clear(tmp_path: Path, written: str) -> None:
    found = asked(tmp_path, {"gauges": GAUGES}, Comparing(written))
    assert "QM-7: The" not in found.answer
    assert "0.5 mm" in found.answer


def test_two_places_are_shown_where_a_side_is_nowhere_named(tmp_path: Path) -> None:
    found = asked(tmp_path, {"gauges": GAUGES.replace("QM-9", "other")}, Comparing())
    assert "QM-7: The" not in found.answer
    assert "0.5 mm" in found.answer


def test_long_lines_leave_room_for_both_sides(tmp_path: Path) -> None:
    more = GAUGES.replace("It is kept", "The cloth with which it is cleaned after use on each of the days is kept")
    found = asked(tmp_path, {"gauges": more.replace(".\nThe cloth", "; the cloth")}, Comparing())
    assert [line.split()[0] for line in lines_of(found)[1:]] == ["QM-7:", "QM-9:"]
