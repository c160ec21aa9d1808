"""The words by which files are read, in every language that there is a file for."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from fakes import open_library

from ingest.clean import repair
from ingest.titles import stated_title
from rag_app.language.language import Reading, languages
from rag_app.language.reading import lexicon, sentences

if TYPE_CHECKING:
    from pathlib import Path

CASED = {"markers", "unfinished", "no_value"}
# They stand before names; that they end a sentence in another language is rare.
SHARED = {"hon", "av"}


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Mr. Smith met Dr. Jones, e.g. at Apple Inc. Park, on Jan. 3.", "The rest left."],
        ["Am 3. Mai kam Hr. Maier bzw. Fr. Huber.", "Der Rest blieb."],
        ["Mme. Dupont arrive en janv. 2024.", "Le reste attend."],
        ["El Sr. García vive en el núm. 5.", "La casa es suya."],
        ["La sig.ra Rossi vede il dott. Verdi.", "Il resto attende."],
        ["Dhr. Jansen woont op blz. 5, bijv. Bonn.", "Het huis is oud."],
        ["A dra. Silva mora na pág. 5.", "Um homem saiu."],
        ["Jest np. Kraków, tj. Nowa Huta.", "Ten dom stoi."],
        ["Det är t.ex. Lund, dvs. Skåne.", "Det regnar."],
        ["Det er f.eks. Aarhus, dvs. Jylland.", "Det regner."],
        ["Это, т.е. Москва, рис. 5 и гл. 3.", "Дом стар."],
    ],
)
def test_sentences_end_where_a_reader_of_the_language_ends_them(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


@pytest.mark.parametrize(
    "line",
    [
        *("Page 3 of 9", "Seite 3 von 9", "Page 3 sur 9", "Página 3 de 9", "Pagina 3 di 9", "Blz. 3 van 9", "3 z 9"),
        *("Strona 3 z 9", "Sida 3 av 9", "Side 3 af 9", "Страница 3 из 9", "Σελίδα 3 από 9", "Sayfa 3"),
    ],
)
def test_page_numbers_go_in_every_language(line: str) -> None:
    assert repair([f"{line}\nText.", f"{line.replace('3', '4')}\nText."], lexicon=lexicon()) == ["Text.", "Text."]


@pytest.mark.parametrize(
    "title",
    [
        *("Untitled", "Document1", "Unbenannt", "Präsentation 2", "PowerPoint-Präsentation", "Sin título", "Naamloos"),
        *("Présentation PowerPoint", "Presentazione standard di PowerPoint", "Apresentação do PowerPoint"),
    ],
)
def test_titles_that_programs_give_say_nothing_in_every_language(title: str) -> None:
    assert stated_title(title, lexicon()) == ""


def test_a_title_that_only_begins_like_one_that_a_program_gives_is_kept() -> None:
    assert stated_title("Namnlösa hjältar", lexicon()) == "Namnlösa hjältar"


def test_words_are_written_as_they_are_looked_for() -> None:
    wrong = {
        (language.code, one.name, word)
        for language in languages()
        for one in fields(Reading)
        for word in getattr(language.reading, one.name)
        if set(word) & set("|?*+()[]{}\\^$") or (one.name not in CASED and word != word.lower())
    }
    assert wrong == set()


def test_every_word_of_every_language_is_in_the_lexicon() -> None:
    for language in languages():
        for one in fields(Reading):
            assert getattr(lexicon(), one.name) >= {*getattr(language.reading, one.name)}


def test_months_come_from_the_dates_of_a_language_without_short_ones_that_are_other_words() -> None:
    words = lexicon()
    assert words.months >= {"january", "jan", "märz", "mär", "juillet", "juil", "sept", "maja"}
    assert words.endings >= {"jan", "sept", "okt", "déc"}
    assert not words.endings & {"may", "mai", "mag", "sett", "ene", "-"}
    assert words.after_ordinals >= {"mai", "dez", "jahrhundert"}
    assert not words.after_ordinals & {"march", "dec"}  # English writes no ordinal with a full stop


def test_an_abbreviation_that_ends_no_sentence_is_no_common_word_of_any_language() -> None:
    common = {word for one in languages() for word in (*one.frequent, *one.stop, *one.stop_here)}
    assert lexicon().titles & common == SHARED
    assert lexicon().months & common == set()


@pytest.mark.parametrize(("line", "whole"), [("spezi-\neller Art", "spezieller"), ("die Frau-\nen kamen", "Frauen")])
def test_the_end_of_a_broken_word_is_not_taken_for_a_word_of_another_language(line: str, whole: str) -> None:
    assert whole in repair([line], lexicon=lexicon())[0]


def test_a_library_reads_files_and_cuts_passages_by_these_words(tmp_path: Path) -> None:
    path = tmp_path / "files" / "a.txt"
    path.parent.mkdir()
    path.write_text("Seite 1 von 1\n" + "Es gilt der eine Vertrag bzw. Teil Bonn und alles andere. " * 9)
    with open_library(tmp_path, passage_tokens=32, overlap_tokens=0) as library:
        library.ingest([path])
        [document] = library.documents()
        text = library.read(document.path).text
        passages = [hit.text for hit in library.search("Vertrag", k=9)]
    assert text.startswith("Es gilt")
    assert len(passages) > 1
    assert {(passage[:7], passage[-5:]) for passage in passages} == {("Es gilt", "dere.")}
