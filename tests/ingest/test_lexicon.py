"""Files are read by the words that the reader brings, and by no others."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from ingest import NO_WORDS, Document, Lexicon, Page, Readers, cut, read, row_at, sentences
from ingest.clean import repair
from ingest.lexicon import any_of, from_lists
from ingest.titles import stated_title

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Of a language that nobody speaks.
LEXICON = Lexicon(
    titles=frozenset({"zog"}),
    numbered=frozenset({"nub"}),
    endings=frozenset({"zub"}),
    starters=frozenset({"ol"}),
    markers=frozenset({"Glub"}),
    before_ordinals=frozenset({"ix"}),
    after_ordinals=frozenset({"zember"}),
    suspended=frozenset({"unt"}),
    compounds=frozenset({"wort"}),
    unfinished=frozenset({"vun"}),
    months=frozenset({"zember"}),
    pages=frozenset({"blatt"}),
    page_counts=frozenset({"vun"}),
    new_files=frozenset({"schrift"}),
    untitled=frozenset({"ohne namen"}),
    no_value=frozenset({"k/a"}),
    no_meaning=frozenset({"s/n"}),
    unit_in=frozenset({"inn"}),
    unit_of=frozenset({"vun"}),
    scales=frozenset({"dusend"}),
    currencies=frozenset({"taler"}),
    measures=frozenset({"ellen"}),
)


def split(text: str, lexicon: Lexicon) -> list[str]:
    return [text[start:end] for start, end in sentences(text, lexicon)]


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "It is Zog. Smith here.",
        "See nub. 5 for it.",
        "It was Zub. Smith.",
        "Glub 4a. Then go.",
        "It was ix 3. Abend there.",
        "On 3. Zember it rained.",
    ],
)
def test_a_full_stop_within_a_sentence_is_told_by_the_lexicon(text: str) -> None:
    assert len(split(text, NO_WORDS)) == 2
    assert split(text, LEXICON) == [text]


def test_the_next_word_decides_whether_an_abbreviation_ends_a_sentence() -> None:
    assert split("It was Zub. Ol came.", LEXICON) == ["It was Zub.", "Ol came."]
    assert split("It was nub. Ol came.", LEXICON) == ["It was nub.", "Ol came."]


@pytest.mark.parametrize(
    ("page", "without", "expected"),
    [
        ("the short-\nunt long one", "the shortunt long one", "the short- unt long one"),
        ("a long-\nwort plan", "a longwort plan", "a long-wort plan"),
        ("a part vun\nThe Whole", "a part vun\nThe Whole", "a part vun The Whole"),
        ("Blatt 1 vun 1\nText.", "Blatt 1 vun 1\nText.", "Text."),
        ("Zember\nZember", "Zember\nZember", "Zember Zember"),
    ],
)
def test_lines_are_mended_by_the_lexicon(page: str, without: str, expected: str) -> None:
    assert repair([page]) == [without]
    assert repair([page], lexicon=LEXICON) == [expected]


def test_titles_that_programs_give_are_told_by_the_lexicon() -> None:
    titles = ["Schrift 3", "Ohne Namen", "Ohne Namen 2"]
    assert [stated_title(title, NO_WORDS) for title in titles] == titles
    assert [stated_title(title, LEXICON) for title in titles] == ["", "", ""]
    assert stated_title("Schriften", LEXICON) == "Schriften"


def test_a_row_with_a_word_in_place_of_a_figure_names_no_columns() -> None:
    row = "Bonn\tk/a"
    assert row_at(row, 0).heads
    assert not row_at(row, 0, LEXICON).heads
    assert row_at("Wave\ts/n", 0, LEXICON).heads  # it may be a unit


@pytest.mark.parametrize("sign", ["k/a", "s/n"])
def test_a_line_that_ends_with_what_stands_in_place_of_a_figure_is_a_row(sign: str) -> None:
    page = f"Costs of the whole year and of its first quarter 1,200 {sign}\nand other costs"
    assert repair([page]) == [page.replace("\n", " ")]
    assert repair([page], lexicon=LEXICON) == [page]


def test_passages_are_cut_at_the_sentences_of_the_lexicon() -> None:
    document = Document("a.txt", "a", (Page(1, "1", "Five are here. It is Zog. Smith came."),))
    passages = cut(document, words, 6, 0), cut(document, words, 6, 0, LEXICON)
    assert [[passage.text for passage in some] for some in passages] == [
        ["Five are here. It is Zog.", "Smith came."],
        ["Five are here.", "It is Zog. Smith came."],
    ]


def test_words_are_no_expressions_and_the_longest_comes_first() -> None:
    assert re.fullmatch(any_of({"p."}), "p.")
    assert not re.fullmatch(any_of({"p."}), "px")
    assert re.findall(any_of({"a", "ab"}), "ab a") == ["ab", "a"]
    assert not re.search(any_of(()), "")


def test_a_lexicon_arrives_as_it_was_sent_and_no_field_is_forgotten() -> None:
    assert all(getattr(LEXICON, field.name) for field in fields(Lexicon))  # a new field has to be tried here, too
    arrived = from_lists(json.loads(json.dumps(LEXICON.lists())))
    assert (arrived, hash(arrived)) == (LEXICON, hash(LEXICON))
    assert from_lists(NO_WORDS.lists()) == NO_WORDS


def test_a_file_is_read_by_the_lexicon(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Blatt 1 vun 1\nText.")
    assert (read(path).text, read(path, lexicon=LEXICON).text) == ("Blatt 1 vun 1\nText.", "Text.")


@pytest.mark.slow
def test_each_process_reads_by_the_lexicon_of_its_readers_also_one_that_takes_the_place_of_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Blatt 1 vun 1\nText.")
    with Readers(1) as plain, Readers(1, LEXICON) as own:
        assert (plain.read(path).text, own.read(path).text) == ("Blatt 1 vun 1\nText.", "Text.")
        own._processes[-1]._end()
        assert own.read(path).text == "Text."
