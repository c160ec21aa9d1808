"""A language is made of the text of its file, and what has no place in that is told with the name of the file."""

from __future__ import annotations

import pytest

from rag_app.language.language import Language, language_from, languages


def test_a_file_that_leaves_everything_out_is_a_language() -> None:
    assert language_from("xx", "").code == "xx"
    assert language_from("xx", "[reading]\n[dates]\n").reading.titles == ()


def test_words_are_one_text_or_a_list_and_a_part_stands_for_its_expression() -> None:
    text = "stop = 'a b'\n[kinds]\nlists = ['{which} x']\neach = [['p', 't']]\n[kinds.parts]\nwhich = 'w|v'"
    language = language_from("xx", text)
    assert (language.stop, language.kinds.lists, language.kinds.each) == (("a", "b"), ("(?:w|v) x",), (("p", "t"),))


def test_an_accent_may_be_written_as_a_letter_of_its_own() -> None:
    assert language_from("xx", "[dates]\nmonths = 'ma\u0308rz'").dates.months == ("m\u00e4rz",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[reading", "Expected", id="no TOML"),
        pytest.param("code = 'yy'", "the name of the file is its code", id="another code"),
        pytest.param("[reading]\nfoo = 'x'", "there is no place for foo in Reading", id="another name"),
        pytest.param("reading = 'x'", "reading cannot be 'x'", id="words for a section"),
        pytest.param("stemmer = true", "stemmer cannot be True", id="no text"),
        pytest.param("[reading]\ntitles = ['dr', 1]", "titles cannot have 1 in it", id="a number among words"),
        pytest.param("[reading]\nmarkers = ['']", "markers cannot have '' in it", id="an empty word"),
        pytest.param("[kinds]\neach = [['a']]", r"each cannot have \['a'\] in it", id="a pattern without its text"),
        pytest.param("[kinds]\nparts = ['x']", r"parts cannot be \['x'\]", id="parts without names"),
        pytest.param("[kinds.parts]\na = 1", "expected string", id="a part that is no text"),
    ],
)
def test_what_has_no_place_is_told_with_the_name_of_the_file(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^xx\.toml: .*{message}"):
        language_from("xx", text)


@pytest.mark.parametrize("language", languages(), ids=[language.code for language in languages()])
def test_the_head_of_a_list_ends_as_the_language_ends_it(language: Language) -> None:
    end = " :" if language.code == "fr" else ":"
    for head in (language.sentences.list_of_one, language.sentences.list_of_many):
        assert head.endswith(end)
        assert head.endswith(" :") == (end == " :")
