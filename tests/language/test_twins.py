"""The same questions in every language: what is understood of an English one is understood of its twins.

Each file of `twins/` has them in one language; a new one is taken up by itself.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from fakes import ScriptedGenerator, open_library, write_pdf

from ingest import Document, Page
from prompts import examples, render
from rag_app.asking.followup import standalone
from rag_app.asking.kind import kind_of
from rag_app.asking.leaning import leans
from rag_app.asking.periods import Period, period_in
from rag_app.asking.series import asked_of, asked_of_each, edition
from rag_app.language.detector import language_of
from rag_app.language.language import get_language, languages
from rag_app.types import StoredDocument, Turn

TWINS = {
    file.stem: tomllib.loads(file.read_text("utf-8")) for file in sorted(Path(__file__).parent.glob("twins/*.toml"))
}
ENGLISH = TWINS["en"]


def stored(path: str) -> StoredDocument:
    return StoredDocument(path, "", "0" * 64, 1, 0.0, 1, 1, 1, 0.0, (path,))


LEASE, GARAGE = stored("/files/lease.pdf"), stored("/files/garage.pdf")
REPORTS = [stored("/files/2022 Q3 report.pdf"), stored("/files/2022 Q4 report.pdf")]
SERIES = [(Period(2022, quarter=3), REPORTS[0].path), (Period(2022, quarter=4), REPORTS[1].path)]
DOCUMENTS = [LEASE, GARAGE, *REPORTS]


@pytest.fixture(params=TWINS)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def twin(code: str) -> dict[str, Any]:
    return TWINS[code]


def test_every_language_with_rules_has_twins_and_every_twin_is_asked() -> None:
    assert {language.code for language in languages() if language.kinds.lists} == set(TWINS)
    assert {code: sorted(twins) for code, twins in TWINS.items()} == dict.fromkeys(TWINS, sorted(ENGLISH))


def test_the_language_of_a_question_is_told(code: str, twin: dict[str, Any]) -> None:
    questions = [*twin["alone"], *(question for question, _ in twin["lists"]), twin["quarter"], twin["unanswered"]]
    assert {question: language_of(question).code for question in questions} == dict.fromkeys(questions, code)


def test_lists_are_asked_for(code: str, twin: dict[str, Any]) -> None:
    for question, topic in twin["lists"]:
        asked = kind_of(question, lambda: DOCUMENTS)
        assert (asked.kind, asked.topic, asked.language) == ("list", topic, code), question


def test_documents_and_things_are_compared(code: str, twin: dict[str, Any]) -> None:
    (question, topic), whole = twin["comparison"], twin["whole"]
    asked = kind_of(question, lambda: DOCUMENTS)
    assert (asked.kind, asked.topic, asked.documents, asked.language) == (
        *("comparison", topic, (LEASE.path, GARAGE.path)),
        code,
    )
    asked = kind_of(whole, lambda: DOCUMENTS)
    assert (asked.kind, asked.topic, asked.documents) == ("comparison", "", (LEASE.path, GARAGE.path))
    question, topic, *things = twin["things"]
    asked = kind_of(question, lambda: DOCUMENTS)
    assert (asked.kind, asked.topic, list(asked.things)) == ("comparison", topic, things)


def test_a_summary_names_one_document(code: str, twin: dict[str, Any]) -> None:
    for question in twin["summaries"]:
        asked = kind_of(question, lambda: DOCUMENTS)
        assert (asked.kind, asked.documents, asked.language) == ("summary", (LEASE.path,), code), question


def test_a_series_is_asked_document_by_document(code: str, twin: dict[str, Any]) -> None:
    question, each = twin["series"]
    assert next(asked_of_each(question))[1] == each
    asked = kind_of(question, lambda: DOCUMENTS)
    assert (asked.kind, asked.topic, asked.language) == ("series", each, code)


def test_one_document_of_a_series_is_meant_by_its_date_or_as_the_last(twin: dict[str, Any]) -> None:
    assert edition(twin["last"], SERIES) == SERIES[1]
    assert edition(twin["quarter"], SERIES) == SERIES[0]
    assert period_in(twin["month"])[0] == Period(2025, month=3)


def test_what_is_asked_of_that_document_leaves_its_date_out(twin: dict[str, Any]) -> None:
    document = Document("/files/a.pdf", "", (Page(1, "1", "The rent."),))
    assert "2022" not in asked_of(twin["quarter"], SERIES[0][0], document)
    assert len(asked_of(twin["last"], SERIES[1][0], document)) < len(twin["last"]) - 5


def test_other_questions_are_about_a_fact(twin: dict[str, Any]) -> None:
    others = [*twin["alone"], *twin["leaning"], twin["unanswered"]]
    assert [question for question in others if kind_of(question, lambda: DOCUMENTS).kind != "fact"] == []


def test_follow_ups_lean_and_others_stand_alone(twin: dict[str, Any]) -> None:
    assert [question for question in twin["leaning"] if not leans(question)] == []
    assert [question for question in twin["alone"] if leans(question)] == []


def test_the_generator_is_shown_and_told_to_use_the_language(code: str, twin: dict[str, Any]) -> None:
    generator = ScriptedGenerator(lambda _: "")
    standalone(twin["leaning"][1], [Turn("user", twin["alone"][0]), Turn("assistant", "So.")], lambda: generator)
    shown = [message.content for message in generator.prompts[0]]
    assert any(alone in shown for *_, alone in examples("rewrite_examples", code)[-1:])
    own = render("answer_user", code, evidence="", question="") != render("answer_user", evidence="", question="")
    assert own == (code not in ("en", "de"))  # these two were measured with the words for all


def test_a_list_a_comparison_and_a_refusal_are_written_in_the_language(
    tmp_path: Path, code: str, twin: dict[str, Any]
) -> None:
    said = get_language(code).sentences
    topic = twin["lists"][0][1]
    write_pdf(tmp_path / "files" / "lease.pdf", f"The {topic} is 300 euros.")
    write_pdf(tmp_path / "files" / "garage.pdf", f"The {topic} is 90 euros.")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        listed = library.ask(twin["lists"][0][0])
        compared = library.ask(twin["comparison"][0])
        library.remove([str(document.path) for document in library.documents() if "garage" in document.path])
        refused = library.ask(twin["unanswered"])
        nothing = library.ask(twin["lists"][0][0].replace(topic, "zebra"))
    assert listed.answer.splitlines()[0] == said.list_of_many.format(count=2, topic=topic)
    assert [line.partition(": ")[0] for line in compared.answer.splitlines()] == ["lease.pdf", "garage.pdf"]
    assert (refused.status, refused.answer) == ("not_found", said.not_found)
    assert (nothing.status, nothing.answer) == ("not_found", said.not_mentioned)
