"""Answers of a library that are cells: shown at once where that is sure, else after what kind of answer is wanted."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import TYPE_CHECKING

import pytest
from fakes import ScriptedGenerator, fakes_of, open_library
from tabled import JUDGE

from rag_app.answering import cell, proved, shaped
from rag_app.errors import UsageError
from rag_app.proof.calibration import Logistic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest import Table
    from rag_app.answering.proved import Result
    from rag_app.library import Library
    from rag_app.models.generator import Message
    from rag_app.types import Answer

SALES = """<!doctype html><html><body><p>The sales of the harbour are shown below.</p>
<table><tr><th></th><th>2021</th><th>2020</th></tr>
<tr><td>Sales of ferries</td><td>$ 510</td><td>$ 480</td></tr>
<tr><td>Total sales of ferries and boats</td><td>$ 720</td><td>$ 690</td></tr></table>
<p>The harbour was built in 1904.</p></body></html>"""
QUESTION = "What were the sales of ferries in 2020?"
SHOWN = "$ 480 [1]\nSales of ferries, 2020 [1]"


class Counting(ScriptedGenerator):
    """Takes every question for one of a kind, and notes what it is asked to choose between."""

    def __init__(self, kind: str = "fact") -> None:
        super().__init__()
        self.kind = kind
        self.chosen: list[Sequence[str]] = []

    def leanings(self, _: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        self.chosen.append(words)
        return [100.0 * (word in (self.kind, "none")) for word in words]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "harbour.html").write_text(SALES, encoding="utf-8")
    with open_library(tmp_path) as opened:
        opened.ingest([tmp_path / "harbour.html"])
        yield opened


def likely(monkeypatch: pytest.MonkeyPatch, chance: float) -> None:
    """Let every cell be meant so likely, whatever its labels say."""
    model = Logistic(log(chance / (1 - chance)), {})
    monkeypatch.setattr(cell, "shipped", lambda: replace(JUDGE, model=model))


def asked(library: Library, generator: Counting | None = None, question: str = QUESTION) -> Answer:
    fakes_of(library).generator = generator or Counting()
    found = library.ask(question)
    for citation in found.citations:
        assert citation.verified
        assert library.stands(citation)
    return found


def test_a_cell_that_is_surely_meant_is_shown_before_the_generator_chooses_or_writes(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    likely(monkeypatch, 0.9)
    generator = Counting("list")
    found = asked(library, generator)
    assert (found.answer, found.status, found.kind, found.confidence) == (SHOWN, "answered", "short", 0.9)
    assert (generator.chosen, generator.prompts) == ([], [])
    [citation] = found.citations
    assert citation.quote == "2021\t2020\nSales of ferries\t$ 510\t$ 480"


@pytest.mark.parametrize("kind", ["fact", "explanation", "comparison"])
def test_a_cell_that_is_likely_meant_is_shown_where_a_value_is_asked_for(
    library: Library, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    likely(monkeypatch, 0.75)
    found = asked(library, Counting(kind))
    assert (found.answer, found.status, found.unsure, found.confidence) == (SHOWN, "answered", "", 0.75)


@pytest.mark.parametrize("kind", ["list", "steps", "yes"])
def test_where_no_value_is_asked_for_only_a_sure_cell_is_shown(
    library: Library, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    likely(monkeypatch, 0.75)
    assert asked(library, Counting(kind)).answer != SHOWN
    likely(monkeypatch, shaped._SURE + 0.001)
    assert asked(library, Counting(kind)).answer == SHOWN


@pytest.mark.parametrize(("chance", "shown"), [(0.6, True), (0.4, False)])
def test_a_cell_that_may_be_meant_is_shown_where_it_is_judged_more_likely_right_than_the_short_answer(
    library: Library, monkeypatch: pytest.MonkeyPatch, chance: float, shown: bool
) -> None:
    def judged(_: object, result: Result, *__: object, **___: object) -> Result:
        return replace(result, confidence=chance if result.text == SHOWN else 0.5)

    monkeypatch.setattr(shaped._Form, "_judged", judged)
    likely(monkeypatch, shaped._ANSWERED - 0.01)
    found = asked(library)
    assert (found.answer == SHOWN, found.confidence) == (shown, max(chance, 0.5))


def test_a_cell_that_is_hardly_meant_leaves_the_answer_as_it_was(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    likely(monkeypatch, shaped._POSSIBLE / 2)
    found = asked(library)
    monkeypatch.setattr(shaped, "in_cell", lambda *_: None)
    plain = asked(library)
    assert (found.answer, found.status, found.citations) == (plain.answer, plain.status, plain.citations)
    assert found.answer != SHOWN


def test_a_cell_that_is_hardly_meant_is_not_called_answered_whatever_the_generator_says(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(_: object, result: Result, *__: object, **___: object) -> Result:
        return replace(result, confidence=0.95 if result.text == SHOWN else 0.5)

    monkeypatch.setattr(shaped._Form, "_judged", judged)
    for chance, status in ((shaped._HARDLY + 0.01, "answered"), (shaped._HARDLY - 0.01, "partial")):
        likely(monkeypatch, chance)
        found = asked(library)
        assert (found.answer, found.status) == (SHOWN, status)


def test_a_sure_cell_is_not_shown_at_once_where_a_change_is_asked_for(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    likely(monkeypatch, shaped._SURE + 0.001)
    assert asked(library, Counting("list")).answer == SHOWN
    question = "What was the change in the sales of ferries in 2020?"
    assert asked(library, Counting("list"), question).answer != SHOWN


def test_the_value_of_another_time_than_was_asked_for_is_doubted(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shaped, "_is_value", lambda *_: True)
    monkeypatch.setattr(shaped._Form, "_judged", lambda _, result, *__, **___: replace(result, confidence=0.9))
    likely(monkeypatch, 0.01)
    for year, status in (("2020", "answered"), ("2017", "partial")):
        assert asked(library, question=f"What were the sales of ferries in {year}?").status == status


def test_encoders_that_no_weights_were_fitted_with_show_no_cell(library: Library) -> None:
    assert asked(library).answer != SHOWN


# Documents that go


def test_a_document_that_goes_before_its_tables_are_read_is_left_out(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    likely(monkeypatch, 0.9)
    (tmp_path / "boats.html").write_text(SALES.replace("480", "481"), encoding="utf-8")
    library.ingest([tmp_path / "boats.html"])
    gone: list[str] = []
    tables = library._store.recent_tables

    def going(path: str) -> list[Table]:
        if not gone:
            gone.append(path)
            raise UsageError(f"{path} is not in the library.", hint="")
        assert path not in gone
        return tables(path)

    monkeypatch.setattr(library._store, "recent_tables", going)
    found = asked(library)
    assert found.answer in (SHOWN, SHOWN.replace("480", "481"))
    assert {one.document for one in found.citations}.isdisjoint(gone)
    assert len(gone) == 1


def test_where_the_only_document_goes_nothing_is_answered(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    likely(monkeypatch, 0.9)

    def going(path: str) -> list[Table]:
        raise UsageError(f"{path} is not in the library.", hint="")

    monkeypatch.setattr(library._store, "recent_tables", going)
    found = asked(library)
    assert (found.status, found.citations) == ("not_found", ())


def test_the_tables_of_a_document_are_read_once_for_a_question(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    likely(monkeypatch, 0.6)  # looked at for each form of the answer
    read: list[str] = []
    tables = library._store.recent_tables

    def noted(path: str) -> list[Table]:
        read.append(path)
        return tables(path)

    monkeypatch.setattr(library._store, "recent_tables", noted)
    asked(library)
    assert len(read) == 1


def test_a_sure_cell_is_shown_although_the_passages_are_not_taken_to_hold_an_answer(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proved, "_likely", lambda *_: 0.0)
    likely(monkeypatch, shaped._SURE - 0.01)
    assert asked(library).status == "not_found"
    likely(monkeypatch, shaped._SURE + 0.01)
    assert asked(library).answer == SHOWN
