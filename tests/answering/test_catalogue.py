"""What the program says by itself: greetings, thanks, what it can do, and what the library has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from fakes import FakeModels, ScriptedGenerator, fakes_of, open_library, write_pdf

from prompts import examples
from rag_app.answering.catalogue import SHOWN, program_answer
from rag_app.asking import program_question
from rag_app.asking.program_question import told
from rag_app.language.language import get_language, languages
from rag_app.types import Filter, StoredDocument, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag_app.asking.program_question import ProgramFact
    from rag_app.library import Library
    from rag_app.models.generator import Message

TALKING = [language.code for language in languages() if language.kinds.lists]

MESSAGES = {
    "en": {
        "hello": ["hi", "Hello there!", "Good morning"],
        "thanks": ["Thanks, that helped!", "thank you very much", "Perfect, thanks a lot!!"],
        "fine": ["ok", "All right."],
        "abilities": ["What can you do?", "Good morning, who are you?", "help"],
        "names": ["What documents do I have?", "List my documents", "Which files are in the library?"],
        "count": ["How many documents are there?", "How many files do you have?"],
    },
    "de": {
        "hello": ["Hallo!", "Guten Tag", "Auf Wiedersehen"],
        "thanks": ["Danke dir!", "Vielen Dank, das hat geholfen.", "Super, danke"],
        "fine": ["Alles klar.", "Verstehe"],
        "abilities": ["Was kannst du?", "Hallo, wer bist du?", "Hilfe!"],
        "names": ["Welche Dokumente habe ich?", "Zeige mir alle Dokumente"],
        "count": ["Wie viele Dokumente gibt es?"],
    },
    "fr": {
        "hello": ["Bonjour !", "Salut"],
        "thanks": ["Merci beaucoup !", "Parfait, merci"],
        "fine": ["D’accord.", "d'accord"],
        "abilities": ["Que peux-tu faire ?", "Bonjour, qui êtes-vous ?"],
        "names": ["Quels documents ai-je ?"],
        "count": ["Combien de documents y a-t-il ?"],
    },
    "es": {
        "hello": ["¡Hola!", "Buenos días"],
        "thanks": ["Muchas gracias", "¡Perfecto, gracias!"],
        "fine": ["Vale", "de acuerdo"],
        "abilities": ["¿Qué puedes hacer?", "Hola, ¿quién eres?"],
        "names": ["¿Qué documentos tengo?"],
        "count": ["¿Cuántos documentos hay?"],
    },
    "it": {
        "hello": ["Ciao!", "Buongiorno"],
        "thanks": ["Grazie mille", "Perfetto, grazie"],
        "fine": ["Va bene"],
        "abilities": ["Cosa puoi fare?", "Chi sei?"],
        "names": ["Quali documenti ho?"],
        "count": ["Quanti documenti ci sono?"],
    },
    "nl": {
        "hello": ["Hoi!", "Goedemorgen"],
        "thanks": ["Dank je wel", "Bedankt!"],
        "fine": ["In orde", "Begrepen"],
        "abilities": ["Wat kun je doen?", "Wie ben je?"],
        "names": ["Welke documenten heb ik?"],
        "count": ["Hoeveel documenten zijn er?"],
    },
    "pt": {
        "hello": ["Olá!", "Bom dia"],
        "thanks": ["Muito obrigado", "Obrigada pela ajuda"],
        "fine": ["Está bem"],
        "abilities": ["O que podes fazer?", "Quem é você?"],
        "names": ["Que documentos tenho?"],
        "count": ["Quantos documentos há?"],
    },
    "pl": {
        "hello": ["Cześć!", "Dzień dobry"],
        "thanks": ["Dziękuję bardzo", "Dzięki!"],
        "fine": ["W porządku", "Rozumiem"],
        "abilities": ["Co potrafisz?", "Kim jesteś?"],
        "names": ["Jakie dokumenty mam?"],
        "count": ["Ile dokumentów mam?"],
    },
    "sv": {
        "hello": ["Hej!", "God morgon"],
        "thanks": ["Tack så mycket", "Tack, det hjälpte"],
        "fine": ["Jag förstår"],
        "abilities": ["Vad kan du göra?", "Vem är du?"],
        "names": ["Vilka dokument har jag?"],
        "count": ["Hur många dokument finns det?"],
    },
}
QUESTIONS = [
    "Hi, how high is the rent?",
    "Thanks, and who pays the deposit?",
    "ok, and what does it cost?",
    "Help with the lease",
    "How many documents mention the rent?",
    "What documents do I have to bring?",
    "Which documents do I have about insurance?",
    "Good morning song",
    "Hallo Berlin GmbH",
    "Wie viele Dokumente muss ich mitbringen?",
    "Merci de me dire qui paie",
    "¿Qué documentos tengo que traer?",
    "exit",
    "Who is he?",
]


class ChoosingGenerator(ScriptedGenerator):
    """Begins its reply with the words that a test wants, where they are among those it may choose."""

    def __init__(self, *wanted: str) -> None:
        super().__init__()
        self.wanted = wanted

    def leanings(self, _: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Lean to what is wanted."""
        return [10.0 * (word in self.wanted) for word in words]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Library]:
    """A library of two leases and a letter."""
    files = tmp_path / "files"
    write_pdf(files / "flat-lease.pdf", "The rent of the flat is 900 euros.", "Dogs need consent.", title="Flat lease")
    write_pdf(files / "garage-lease.pdf", "The gate has a motor.", title="Garage lease")
    (files / "letter.txt").write_text("The landlord greets the tenants.\n", encoding="utf-8")
    days = {"flat-lease.pdf": 1_700_000_000, "garage-lease.pdf": 1_600_000_000, "letter.txt": 1_710_000_000}
    for name, day in days.items():
        os.utime(files / name, (day, day))
    with open_library(tmp_path) as library:
        library.ingest([files / "letter.txt"])
        library.ingest([files])
        yield library


@pytest.mark.parametrize("code", TALKING)
def test_phrases_are_known_in_every_language(code: str) -> None:
    for fact, messages in MESSAGES[code].items():
        for message in messages:
            heard = told(message)
            assert heard is not None, message
            assert fact in heard.facts, message
            assert heard.language.code == code, message


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_asks_for_something_else_too_is_no_small_talk(question: str) -> None:
    assert told(question) is None


@pytest.mark.parametrize("code", TALKING)
def test_every_language_has_sentences_of_its_own(code: str) -> None:
    said, english = get_language(code).sentences, get_language("en").sentences
    own = ("hello", "welcome", "fine", "abilities", "no_documents", "many_pages", "added", "newest", "last_added")
    assert {name for name in own if code != "en" and getattr(said, name) == getattr(english, name)} <= {"many_pages"}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("hi", "Hello! Ask me something about your documents."),
        ("Thanks, that helped!", "You are welcome."),
        ("Danke dir!", "Gern geschehen."),
        ("Bonjour !", "Bonjour ! Posez-moi une question sur vos documents."),
        ("¡Hola!", "¡Hola! Pregúnteme algo sobre sus documentos."),
        ("Hoeveel documenten zijn er?", "3 documenten."),
        ("Ile dokumentów mam?", "dokumenty: 3."),
    ],
)
def test_small_talk_is_answered_without_any_model(shelf: Library, message: str, text: str) -> None:
    shelf.loaded = FakeModels(embedder=None, reranker=None, generator=None)
    history = [Turn("user", "How high is the rent?"), Turn("assistant", "900 euros. [1]")]
    answer = shelf.ask(message, history=history)
    assert (answer.status, answer.answer, answer.citations, answer.passages) == ("answered", text, (), ())
    assert answer.standalone_question == message


def test_who_asks_what_it_can_do_is_told_how_much_it_knows(shelf: Library) -> None:
    assert "(3 documents)" in shelf.ask("What can you do?").answer
    assert "(1 Dokument)" in shelf.ask("Was kannst du?", where=Filter(within=("letter.txt",))).answer


def test_documents_are_named_with_their_pages(shelf: Library) -> None:
    assert shelf.ask("What documents do I have?").answer.splitlines() == [
        "3 documents:",
        "- flat-lease.pdf (2 pages)",
        "- garage-lease.pdf (1 page)",
        "- letter.txt (1 page)",
    ]


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        assert library.ask("Welche Dokumente habe ich?").answer == "Hier gibt es noch keine Dokumente."


@pytest.mark.parametrize(
    ("question", "fact", "text"),
    [
        ("How many pages has the flat lease?", "pages", "flat-lease.pdf: 2 pages."),
        ("Wie viele Seiten hat garage-lease.pdf?", "pages", "garage-lease.pdf: 1 Seite."),
        ("Combien de pages a letter.txt ?", "pages", "letter.txt: 1 page."),
        ("¿Cuál es el documento más largo?", "longest", "El documento más largo es flat-lease.pdf: 2 páginas."),
        ("Which file is the longest?", "longest", "The longest document is flat-lease.pdf: 2 pages."),
        ("Was liegt hier alles herum?", "count", "3 Dokumente."),
        ("You are great", "thanks", "You are welcome."),
    ],
)
def test_the_generator_chooses_the_fact_that_is_asked_for(shelf: Library, question: str, fact: str, text: str) -> None:
    for kind in ("library", "chat"):
        fakes_of(shelf).generator = ChoosingGenerator(kind, fact)
        answer = shelf.ask(question)
        assert (answer.status, answer.answer, answer.citations) == ("answered", text, ())
        assert answer.tokens.completion == 0


@pytest.mark.parametrize(
    ("question", "fact", "text"),
    [
        ("Which leases do I have?", "names", "2 documents:\n- flat-lease.pdf (2 pages)\n- garage-lease.pdf (1 page)"),
        (
            "How many leases are there?",
            "count",
            "2 documents:\n- flat-lease.pdf (2 pages)\n- garage-lease.pdf (1 page)",
        ),
        ("Which lease is the newest?", "newest", "The newest file is flat-lease.pdf, last changed on 2023-11-1"),
        ("How long is the garage lease?", "longest", "garage-lease.pdf: 1 page."),
        ("Wie lang ist der flat-lease?", "longest", "flat-lease.pdf: 2 Seiten."),
        ("Quel lease est le plus long ?", "longest", "Le document le plus long est flat-lease.pdf : 2 pages."),
        ("¿Qué lease es el más largo?", "longest", "El documento más largo es flat-lease.pdf: 2 páginas."),
    ],
)
def test_documents_of_one_kind_are_asked_for_by_what_their_names_share(
    shelf: Library, question: str, fact: str, text: str
) -> None:
    fakes_of(shelf).generator = ChoosingGenerator("library", fact)
    assert shelf.ask(question).answer.startswith(text)


def test_pages_of_all_are_told_where_no_document_is_named(shelf: Library) -> None:
    fakes_of(shelf).generator = ChoosingGenerator("library", "pages")
    assert shelf.ask("How many pages are these?").answer.splitlines()[0] == "3 documents, 4 pages:"


def test_days_are_those_of_the_file_and_of_the_library(shelf: Library) -> None:
    fakes_of(shelf).generator = ChoosingGenerator("library", "newest")
    said = shelf.ask("What is the newest?").answer
    assert said.startswith("The newest file is letter.txt, last changed on 2024-03-")
    assert "Added last: flat-lease.pdf" in said or "Added last: garage-lease.pdf" in said
    fakes_of(shelf).generator = ChoosingGenerator("library", "added")
    added = shelf.ask("Wann wurde garage-lease.pdf aufgenommen?").answer
    assert added.startswith("garage-lease.pdf wurde am ")
    assert added.endswith("geändert.")
    assert "2020-09-1" in added


@pytest.mark.parametrize("kind", ["library", "chat"])
def test_a_question_of_another_kind_is_answered_from_the_passages(shelf: Library, kind: str) -> None:
    fakes_of(shelf).generator = ChoosingGenerator(kind, "other")
    answer = shelf.ask("How high is the rent of the flat?")
    assert "900" in answer.answer
    assert answer.citations[0].page == 1


def test_in_which_file_something_stands_is_told_with_its_sentence(shelf: Library) -> None:
    fakes_of(shelf).generator = ChoosingGenerator("library", "where")
    answer = shelf.ask("In which file is the rent of the flat?")
    assert answer.answer == "flat-lease.pdf: The rent of the flat is 900 euros. [1]"
    assert [shelf.stands(citation) for citation in answer.citations] == [True]
    assert shelf.ask("In which file is the colour of the church?").status == "not_found"


def test_a_generator_that_was_not_measured_has_no_say(shelf: Library) -> None:
    generator = ChoosingGenerator("library", "count")
    generator.numbers = type(generator.numbers)()
    fakes_of(shelf).generator = generator
    assert shelf.ask("How high is the rent of the flat?").answer != "3 documents."


def test_a_long_list_counts_all_and_names_the_first() -> None:
    documents = [
        StoredDocument(f"/files/{n:02}.txt", "", "0" * 64, 1, 0.0, 1, 1, 1, 0.0, (f"/files/{n:02}.txt",))
        for n in range(SHOWN + 2)
    ]
    facts: tuple[ProgramFact, ...] = ("names",)
    lines = program_answer("", facts, lambda: documents, get_language("sv")).text.splitlines()
    assert (lines[0], lines[-1], len(lines)) == (f"{SHOWN + 2} dokument:", "… och 2 till", SHOWN + 2)


def test_every_fact_has_an_example_in_the_prompt() -> None:
    assert {fact for *_, fact in examples("program_examples")} == set(program_question._NAMED)
