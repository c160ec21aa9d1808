from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import found, make_document, put

from rag_app.language import keywords
from rag_app.language.detector import language_of
from rag_app.language.keywords import codes, phrase, query, stems, terms
from rag_app.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = {
    "english": "The tenants are obliged to pay the rent on the third working day of each month.",
    "german": "Die Mieter sind verpflichtet, die Miete am dritten Werktag des Monats zu zahlen.",
    "french": "Les locataires sont tenus de payer le loyer le troisième jour ouvrable de chaque mois.",
    "spanish": "Los inquilinos están obligados a pagar el alquiler el tercer día hábil de cada mes.",
    "italian": "Gli inquilini sono tenuti a pagare il canone il terzo giorno lavorativo di ogni mese.",
    "portuguese": "Os inquilinos são obrigados a pagar o aluguel no terceiro dia útil de cada mês.",
    "dutch": "De huurders zijn verplicht de huur op de derde werkdag van elke maand te betalen.",
    "swedish": "Hyresgästerna är skyldiga att betala hyran den tredje arbetsdagen i varje månad.",
    "danish": "Lejerne er forpligtet til at betale huslejen den tredje hverdag i hver måned.",
    "russian": "Арендаторы обязаны платить арендную плату в третий рабочий день каждого месяца.",
    "greek": "Οι ενοικιαστές υποχρεούνται να πληρώνουν το ενοίκιο κάθε μήνα.",
    "": "東京では毎月三日に家賃を払います。",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library") as opened:
        yield opened


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_a_sentence_is_told(language: str) -> None:
    assert language_of(TEXTS[language]).stemmer == language


def test_english_is_taken_where_nothing_tells() -> None:
    assert [language_of(text).stemmer for text in ("", "42", "Apples ripen.")] == ["english"] * 3


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("english", "pay pays paying"),
        ("german", "Kündigung Kündigungen"),
        ("french", "locataire locataires"),
        ("russian", "книга книги книгу"),
    ],
)
def test_forms_of_a_word_have_one_stem(language: str, forms: str) -> None:
    assert len(set(stems(forms, language).split())) == 1


def test_there_are_no_stems_in_a_language_without_a_stemmer() -> None:
    assert stems(TEXTS[""], "") == ""


def test_a_question_is_searched_for_by_words_codes_and_stems() -> None:
    assert query("Which foo_bar policies apply?", ["english", ""]).split(" OR ") == [
        '{title text} : "foo"',
        '{title text} : "bar"',
        '{title text} : "policies"',
        '{title text} : "apply"',
        '{title text} : "foo bar"',
        '{stems} : "foo"',
        '{stems} : "bar"',
        '{stems} : "polici"',
        '{stems} : "appli"',
    ]
    assert query("What is it?", ["english"]) == query("", ["english"]) == ""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does E05 mean?", ["e05"]),
        ("What torque has XK-4711?", ["xk 4711"]),
        ("Why did read_block_12 fail with 0x80070057?", ["read block 12", "0x80070057"]),
        ("Does std::sort keep the order, as in config.yaml?", ["std sort", "config yaml"]),
        ('Who said "Never Again", and «jamais»?', ["never again", "jamais"]),
        ("A well-known question. Of 2025, e.g. this one?", []),
    ],
)
def test_what_is_meant_to_the_letter(question: str, expected: list[str]) -> None:
    assert codes(question) == expected


@given(st.text(), st.sets(st.sampled_from(list(TEXTS))))
def test_any_question_is_a_query_that_sqlite_takes(question: str, languages: set[str]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE VIRTUAL TABLE keywords USING {keywords.TABLE}")
    for text in filter(None, (query(question, languages), phrase(question))):
        connection.execute("SELECT rowid FROM keywords WHERE keywords MATCH ?", (text,)).fetchall()
    connection.close()
    assert len(terms(question)) <= 64


def test_another_form_of_a_word_is_found_and_the_same_form_goes_before_it(store: Store) -> None:
    put(store, make_document("/a", "The policy applies to tenants.", title="x"))
    put(store, make_document("/b", "The policies applied to tenants.", title="x"))
    put(store, make_document("/c", "Something else is written here.", title="x"))
    assert found(store, "policies") == ["The policies applied to tenants.", "The policy applies to tenants."]


def test_each_document_is_stemmed_in_its_own_language(store: Store) -> None:
    put(store, make_document("/a", TEXTS["german"], title="x"))
    put(store, make_document("/b", TEXTS["french"], title="x"))
    assert found(store, "Mieten zahlen") == [TEXTS["german"]]
    assert found(store, "locataire") == [TEXTS["french"]]


def test_the_languages_of_a_library_are_read_from_an_index(store: Store) -> None:
    [plan] = store._database.rows("EXPLAIN QUERY PLAN SELECT DISTINCT language FROM documents")
    assert "COVERING INDEX documents_by_language" in plan[3]


def test_a_code_as_a_whole_goes_before_its_parts(store: Store) -> None:
    parts = "The bar is open; see the foo. Later the foo left the bar, foo and bar."
    put(store, make_document("/a", parts, title="x"))
    put(store, make_document("/b", "Call foo_bar(1) to begin the day with something else entirely.", title="x"))
    put(store, make_document("/c", "Nothing of that.", title="x"))
    put(store, make_document("/d", "Nothing of it at all.", title="x"))
    put(store, make_document("/e", "And nothing here.", title="x"))
    assert found(store, "What does foo_bar do?")[0].startswith("Call foo_bar")


def test_an_index_of_another_version_is_written_anew_before_a_change(store: Store) -> None:
    put(store, make_document("/a", "The policy applies.", title="x"))
    put(store, make_document("/b", "The tenants pay.", title="x"))
    with store.together():
        store.set("keywords", "an older one")
        store._database.connection.execute("INSERT INTO keywords (keywords) VALUES ('delete-all')")
        store._database.connection.execute(
            "INSERT INTO keywords (rowid, title, text, stems) VALUES (1, 'x', 'The policy applies.', 'other stems')"
        )
    put(store, make_document("/a", "The policy ended.", title="x"))
    assert (found(store, "tenant"), found(store, "apply"), store.check()) == (["The tenants pay."], [], [])


def test_stems_are_right_in_several_threads() -> None:
    forms = [
        f"{word}{end}" for word in ("work", "walk", "talk", "play") for end in ("", "s", "ed", "ing", "er", "ings")
    ]
    right = [stems(form, "english") for form in forms]
    keywords._stemmer.cache_clear()
    wrong: list[str] = []

    def stem() -> None:
        wrong.extend(form for form, one in zip(forms, right, strict=True) if stems(form, "english") != one)

    threads = [threading.Thread(target=stem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
