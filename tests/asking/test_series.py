from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes import open_library, write_pdf

from ingest import Document, Page
from rag_app.asking.periods import Period
from rag_app.asking.series import all_series, asked_of, asked_of_each, asks_edition, edition, looked_for, series_of
from rag_app.types import Answer, Passages, StoredDocument

if TYPE_CHECKING:
    from pathlib import Path


def stored(path: str) -> StoredDocument:
    return StoredDocument(path, path, "", 0, 0.0, 1, 1, 1, 0.0)


def document(*pages: str) -> Document:
    return Document("/r/a.pdf", "", tuple(Page(number, str(number), text) for number, text in enumerate(pages, 1)))


REPORTS = [
    stored(f"/r/{name}.pdf") for name in ("2023 Q2 Acme", "2023 Q1 Acme", "2022 Q4 Acme", "2023 Q1 Bolt", "lease")
]
ACME = [
    (Period(2022, quarter=4), "/r/2022 Q4 Acme.pdf"),
    (Period(2023, quarter=1), "/r/2023 Q1 Acme.pdf"),
    (Period(2023, quarter=2), "/r/2023 Q2 Acme.pdf"),
]


def test_a_series_has_one_name_and_dates_that_differ_and_is_in_order_of_time() -> None:
    assert all_series(REPORTS) == [ACME]


def test_a_folder_names_files_that_only_have_a_date() -> None:
    found = all_series([stored("/bills/2024-01.pdf"), stored("/bills/2024-02.pdf"), stored("/notes/2024-03.pdf")])
    assert [[path for _, path in series] for series in found] == [["/bills/2024-01.pdf", "/bills/2024-02.pdf"]]


def test_a_question_is_about_the_series_that_most_passages_come_from() -> None:
    acme = ["/r/2023 Q1 Acme.pdf", "/r/2023 Q2 Acme.pdf", "/r/lease.pdf"]
    assert series_of(acme, REPORTS) == ACME
    assert series_of(acme[1:], REPORTS) == ()
    assert series_of([], REPORTS) == ()


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("What was revenue in the latest report?", ACME[-1]),
        ("What was revenue in the most recent quarter?", ACME[-1]),
        ("Wie hoch war der Umsatz im letzten Quartal?", ACME[-1]),
        ("What was revenue in Q1 2023?", ACME[1]),
        ("What was revenue in the fourth quarter of 2022?", ACME[0]),
        ("What was revenue in Q4?", ACME[0]),
        ("What was revenue in Q3 2023?", None),
        ("What was revenue in 2023?", None),
        ("What was revenue?", None),
    ],
)
def test_one_document_of_a_series_is_meant(question: str, path: tuple[Period, str] | None) -> None:
    assert edition(question, ACME) == path
    assert edition(question, ()) is None


@pytest.mark.parametrize(
    ("question", "each"),
    [
        ("How has Acme's revenue changed over time?", "What was Acme's revenue?"),
        ("How have inventory levels changed across these quarters, and why?", "What were inventory levels?"),
        ("What is the tax rate reported in each quarter?", "What is the tax rate reported?"),
        ("How did the rent develop from year to year?", "What was the rent?"),
        ("Can any trends be identified in cloud revenue over the reported periods?", "What was cloud revenue?"),
        ("How does R&D spending in the latest quarter compare to previous quarters?", "What was R&D spending?"),
        ("Are there changes in debt as reported in these 10-Qs?", "Are there changes in debt?"),
        ("What is the impact of rates? List this separately for each reported period.", "What is the impact of rates?"),
        ("Wie hat sich der Umsatz im Laufe der Zeit entwickelt?", "Was ist der Umsatz?"),
        ("Comparing the latest report to previous ones, what is the staff count?", "What is the staff count?"),
    ],
)
def test_a_question_over_a_series_becomes_one_for_each_document(question: str, each: str) -> None:
    assert next(asked_of_each(question))[1] == each


@pytest.mark.parametrize(
    "question",
    [
        "What was revenue in Q1 2023?",
        "What do the financial statements say about leases?",
        "How is year over year growth computed?",
        "How long is the notice period?",
        "In Q1 2023, how did these quarters compare?",
        "When are the minutes sent out?",
    ],
)
def test_other_questions_are_not_asked_of_each(question: str) -> None:
    assert list(asked_of_each(question)) == []


def test_only_a_date_or_the_last_one_can_mean_an_edition() -> None:
    assert asks_edition("What was decided in the last meeting?")
    assert asks_edition("What was decided in March 2025?")
    assert not asks_edition("What was decided about the fence?")


def test_what_is_asked_of_a_document_leaves_out_its_date() -> None:
    report, quarter = document("Acme Ltd report. Three months ended March 31."), Period(2023, quarter=1)
    asked = asked_of("What was Acme's revenue as stated in the Q1 2023 10-Q?", quarter, report)
    assert asked == "What was Acme's revenue for the three months?"
    assert asked_of("In the latest report, who signed?", Period(2023), report) == "Who signed?"
    assert asked_of("Who signed the lease?", Period(2023), report) == "Who signed the lease?"


def test_names_on_the_cover_of_a_long_document_are_not_looked_for() -> None:
    question = "What was Acme's revenue from Bolts?"
    assert looked_for(question, document("ACME LTD", *["page"] * 9)) == "What was revenue from Bolts?"
    assert looked_for(question, document("ACME LTD")) == question


NOTICES = {
    "minutes 2025-01": "The fee of the garden club is 20 euros a year.",
    "minutes 2025-02": "The fee of the garden club is 25 euros a year.",
    "minutes 2025-03": "The fee of the garden club is 30 euros a year.",
}


def test_the_same_is_asked_of_each_document_and_the_answers_stand_in_order(tmp_path: Path) -> None:
    for name, text in NOTICES.items():
        write_pdf(tmp_path / "files" / f"{name}.pdf", text)
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        answer = library.ask("How has the fee of the garden club changed over time?")
    assert [line.split(": ")[0] for line in answer.answer.splitlines()] == [f"{name}.pdf" for name in NOTICES]
    assert [citation.quote for citation in answer.citations] == list(NOTICES.values())
    assert [citation.marker for citation in answer.citations] == [1, 2, 3]
    assert answer.status == "answered"
    assert json.loads(json.dumps([passage.document for passage in answer.passages]))


@pytest.mark.parametrize(
    ("words", "name"), [("the last meeting", "minutes 2025-03"), ("January 2025", "minutes 2025-01")]
)
def test_a_question_for_one_document_of_a_series_is_answered_from_it(tmp_path: Path, words: str, name: str) -> None:
    for other, text in NOTICES.items():
        write_pdf(tmp_path / "files" / f"{other}.pdf", text)
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        answer = library.ask(f"What is the fee of the garden club in {words}?")
    assert [citation.quote for citation in answer.citations] == [NOTICES[name]]


def test_passages_come_once_also_where_the_document_that_is_meant_has_no_answer(tmp_path: Path) -> None:
    for other, text in NOTICES.items():
        write_pdf(tmp_path / "files" / f"{other}.pdf", text if "03" not in other else "Nobody came.")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        *events, answer = library.stream("What is the fee of the garden club in the last meeting?")
    shown = [event for event in events if isinstance(event, Passages)]
    assert isinstance(answer, Answer)
    assert [one.passages for one in shown] == [answer.passages]
    assert {citation.document.rpartition("/")[2] for citation in answer.citations} <= {
        f"{name}.pdf" for name in NOTICES
    }


def test_a_question_over_time_without_a_series_is_about_a_fact(tmp_path: Path) -> None:
    write_pdf(tmp_path / "files" / "rules.pdf", "The fee of the garden club is 20 euros a year.")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        answer = library.ask("How has the fee of the garden club changed over time?")
    assert [citation.document.rpartition("/")[2] for citation in answer.citations] == ["rules.pdf"]
