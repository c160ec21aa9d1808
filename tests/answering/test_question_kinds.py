"""Lists, comparisons, summaries and contradictions, from the question to the answer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import TRUSTING, ScriptedGenerator, fakes_of, open_library, write_pdf

from rag_app.answering.listing import SHOWN
from rag_app.answering.summary import PARTS, STRETCHES
from rag_app.types import Answer, Passages, Token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag_app.library import Library

FLAT = (
    "Lease of the flat.\nThe deposit for the flat is 250 euros and it is paid back at the end.\nDogs need consent.",
    "The notice period of the flat is three months to the end of a month.",
)
GARAGE = ("Lease of the garage.\nThe notice period of the garage is two weeks to any day.\nThe gate has a motor.",)
LETTER = ("A letter from the landlord.\nThe deposit for the flat is 300 euros and it is paid back at the end.",)


@pytest.fixture
def leases(tmp_path: Path) -> Iterator[Library]:
    """A library of three short documents."""
    write_pdf(tmp_path / "files" / "flat.pdf", *FLAT, title="Flat lease")
    write_pdf(tmp_path / "files" / "garage.pdf", *GARAGE, title="Garage lease")
    write_pdf(tmp_path / "files" / "letter.pdf", *LETTER, title="Letter")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        yield library


def checked(library: Library, answer: Answer) -> Answer:
    """Return an answer after comparing its markers and quotes with the library."""
    assert [f"[{citation.marker}]" in answer.answer for citation in answer.citations] == [True] * len(answer.citations)
    for citation in answer.citations:
        assert library.stands(citation)
    return answer


def test_every_document_that_mentions_something_is_named_with_a_sentence(leases: Library) -> None:
    answer = checked(leases, leases.ask("Which of my documents mention a deposit?"))
    assert (answer.status, answer.tokens.completion) == ("answered", 0)
    assert answer.answer == "2 documents mention “deposit”:\n- flat.pdf [1]\n- letter.pdf [2]"
    assert all("deposit" in citation.quote for citation in answer.citations)


def test_other_forms_of_a_word_count_and_words_apart_do_not(leases: Library) -> None:
    assert len(leases.ask("Which documents mention notice periods?").citations) == 2
    answer = leases.ask("Which documents mention a motor gate?")
    assert (answer.status, answer.answer, answer.citations) == ("not_found", "No document mentions this.", ())


def test_a_word_that_only_has_the_same_stem_is_no_mention(leases: Library, tmp_path: Path) -> None:
    (tmp_path / "park.txt").write_text("The parks of the town are open. Gardeners work there.\n", encoding="utf-8")
    leases.ingest([tmp_path / "park.txt"])
    assert leases.ask("Which documents mention parking?").status == "not_found"
    assert leases.ask("Which documents mention a park?").status == "answered"
    assert leases.ask("Which documents mention the gardener?").status == "answered"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "Which documents mention a motor or dogs?",
            "2 documents mention “motor or dogs”:\n- flat.pdf [1]\n- garage.pdf [2]",
        ),
        (
            "Which documents mention both dogs and a notice period?",
            "1 document mentions “dogs and a notice period”:\n- flat.pdf [1][2]",
        ),
        ('Which documents mention "dogs or a deposit"?', "No document mentions this."),
        ('Which documents mention "deposits"?', "No document mentions this."),
        ('Which documents mention "Dogs"?', "1 document mentions “Dogs”:\n- flat.pdf [1]"),
        ("Which documents mention dogs and a motor?", "No document mentions this."),
        ("Welche Dokumente erwähnen den Zorvan?", "Kein Dokument erwähnt das."),
    ],
)
def test_several_things_are_looked_for_in_the_whole_document(leases: Library, question: str, answer: str) -> None:
    assert checked(leases, leases.ask(question)).answer == answer


def test_what_stands_as_it_is_asked_is_one_thing(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for name, text in {"one": "The terms and conditions apply.", "two": "Terms are short. Conditions vary."}.items():
        (tmp_path / "files" / f"{name}.txt").write_text(f"{text}\n", encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        answer = library.ask("Which documents mention terms and conditions?")
    assert answer.answer == "1 document mentions “terms and conditions”:\n- one.txt [1]"


def test_a_sentence_that_mentions_both_counts_once(leases: Library) -> None:
    answer = leases.ask("Which documents mention the deposit or euros?")
    assert answer.answer == "2 documents mention “deposit or euros”:\n- flat.pdf [1]\n- letter.pdf [2]"


def test_a_list_asks_no_model(leases: Library) -> None:
    generator = fakes_of(leases).generator
    leases.ask("Which documents mention the landlord?")
    assert isinstance(generator, ScriptedGenerator)
    assert generator.prompts == []


def test_a_list_keeps_to_the_documents_that_are_searched(leases: Library) -> None:
    from rag_app import Filter

    answer = leases.ask("Which documents mention a deposit?", where=Filter(within=("letter.pdf",)))
    assert answer.answer == "1 document mentions “deposit”:\n- letter.pdf [1]"


def test_a_long_list_counts_all_and_shows_the_first(tmp_path: Path) -> None:
    for n in range(SHOWN + 3):
        file = tmp_path / "files" / f"{n:02}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"Number {n} of the walrus reports.\n", encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        answer = checked(library, library.ask("How many documents mention the walrus?"))
    assert answer.answer.startswith(f"{SHOWN + 3} documents mention “walrus”:\n- 00.txt [1]\n")
    assert answer.answer.endswith("… and 3 more")
    assert len(answer.citations) == SHOWN


def test_two_documents_are_laid_side_by_side(leases: Library) -> None:
    answer = checked(leases, leases.ask("Compare the notice period in the flat lease and the garage lease"))
    assert answer.status == "answered"
    one, other = answer.answer.splitlines()
    assert one.startswith("flat.pdf: ")
    assert "three months" in one
    assert other.startswith("garage.pdf: ")
    assert "two weeks" in other
    assert [citation.document.rpartition("/")[2] for citation in answer.citations] == ["flat.pdf", "garage.pdf"]


def test_a_side_without_an_answer_is_told(leases: Library) -> None:
    answer = checked(leases, leases.ask("Compare the deposit in flat.pdf and garage.pdf"))
    assert answer.status == "partial"
    assert answer.answer.splitlines()[1] == "garage.pdf: not stated"


def test_documents_without_a_topic_are_compared_by_what_they_are_about(leases: Library) -> None:
    answer = checked(leases, leases.ask("Compare flat.pdf with garage.pdf"))
    one, other = answer.answer.splitlines()
    assert (one.partition(":")[0], other.partition(":")[0]) == ("flat.pdf", "garage.pdf")
    assert answer.tokens.completion > 0
    assert {citation.document.rpartition("/")[2] for citation in answer.citations} == {"flat.pdf", "garage.pdf"}


def test_two_things_are_laid_side_by_side(leases: Library) -> None:
    answer = checked(leases, leases.ask("Compare the notice period for leaving the flat and leaving the garage"))
    one, other = answer.answer.splitlines()
    assert one.startswith("leaving the flat: ")
    assert "three months" in one
    assert other.startswith("leaving the garage: ")
    assert "two weeks" in other


def test_a_summary_goes_through_the_whole_document_in_its_own_statements(tmp_path: Path) -> None:
    pages = [f"On page {n} the walrus number {n} is counted by the warden of the coast." for n in range(1, 60)]
    write_pdf(tmp_path / "walrus.pdf", *["\n".join([page] * 12) for page in pages], title="Walrus report")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "walrus.pdf"])
        events = list(library.stream("Summarise walrus.pdf"))
        answer = events[-1]
        assert isinstance(answer, Answer)
        checked(library, answer)
    assert isinstance(events[0], Passages)
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.answer
    first, *statements = answer.answer.splitlines()
    assert len(answer.citations) == len(statements) == PARTS
    for marker, (line, citation) in enumerate(zip(statements, answer.citations, strict=True), 1):
        assert line == f"- {' '.join(citation.quote.split())} [{marker}]"
    assert first.endswith("]")
    assert answer.citations[0].page < 8
    assert answer.citations[-1].page > 50


@pytest.mark.slow
def test_a_summary_tells_how_much_of_a_very_long_document_was_read(tmp_path: Path, leases: Library) -> None:
    leases.ingest([_long(tmp_path)])
    english, german = leases.ask("Summarise rules.txt"), leases.ask("Fasse rules.txt zusammen")
    count = f"{STRETCHES} (?:of|von) [0-9]{{3}}"
    assert re.fullmatch(rf"\(From {count} parts of the document\.\)", english.answer.splitlines()[-1])
    assert re.fullmatch(rf"\(Aus {count} Teilen des Dokuments\.\)", german.answer.splitlines()[-1])


def _long(folder: Path) -> Path:
    rules = (f"Rule {n} tells what the tenants of house {n} owe the city." * 40 for n in range(STRETCHES + 50))
    (folder / "rules.txt").write_text("\n\n".join(rules), encoding="utf-8")
    return folder / "rules.txt"


def test_an_opening_that_the_document_does_not_carry_is_left_out(leases: Library) -> None:
    fakes_of(leases).generator = ScriptedGenerator(lambda messages: "It was signed by Zorvan Meltik for 999 francs.")
    answer = checked(leases, leases.ask("What is the garage lease about?"))
    assert answer.status == "answered"
    assert answer.answer.startswith("- ")
    assert "Meltik" not in answer.answer


def test_what_the_generator_reads_and_writes_of_a_summary_is_only_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_app.answering.answer.neutral", str.upper)
    (tmp_path / "rules.md").write_text("The tenants keep the stairs of the house clean.\n", encoding="utf-8")
    generator = ScriptedGenerator(lambda messages: "<b>The rules</b> tell tenants to keep it clean.")
    with open_library(tmp_path) as library:
        fakes_of(library).generator = generator
        library.ingest([tmp_path / "rules.md"])
        answer = checked(library, library.ask("Fasse rules.md zusammen"))
    assert answer.answer.startswith("The rules tell tenants to keep it clean. [1]")
    prompt = generator.prompts[-1][-1].content
    assert re.search(r"(?s)\[text (\w+)\]\n.*TENANTS.*\n\[end of text \1\]", prompt)
    assert "auf Deutsch" in prompt


def test_the_number_of_a_paragraph_is_no_part_of_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("(2) The tenants keep the stairs of the house clean.\n", encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "rules.md"])
        answer = checked(library, library.ask("Summarise rules.md"))
    assert answer.answer.endswith("- The tenants keep the stairs of the house clean. [1]")
    assert answer.citations[0].quote.startswith("(2)")


def test_a_contradiction_between_documents_is_told_with_both_sources(leases: Library) -> None:
    answer = checked(leases, leases.ask("How high is the deposit for the flat and is it paid back?"))
    names = {citation.document.rpartition("/")[2] for citation in answer.citations}
    assert names == {"flat.pdf", "letter.pdf"}
    assert "says: “" in answer.answer
    assert "250" in answer.answer
    assert "300" in answer.answer


def test_a_contradiction_is_told_however_unlikely_it_is_that_one_of_both_is_right(
    leases: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: replace(TRUSTING, answered=2.0, shown=2.0))
    answer = checked(leases, leases.ask("How high is the deposit for the flat and is it paid back?"))
    assert (answer.status, len(answer.citations)) == ("partial", 2)
    assert "says: “" in answer.answer
    assert leases.ask("What is the notice period of the garage?").status == "not_found"


def test_documents_that_agree_are_not_said_to_differ(leases: Library) -> None:
    answer = leases.ask("What is the notice period of the garage?")
    assert "says:" not in answer.answer
    assert len(answer.citations) == 1


def test_a_heading_counts_and_is_quoted_itself(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    text = "Descaling\n\nRun the machine empty once with the powder, then rinse it twice with clear water.\n"
    (tmp_path / "files" / "manual.txt").write_text(text, encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "files"])
        answer = checked(library, library.ask("Which documents mention descaling?"))
    assert [citation.quote for citation in answer.citations] == ["Descaling"]
    assert answer.answer == "1 document mentions “descaling”:\n- manual.txt [1]"
