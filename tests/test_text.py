from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_app.text import clean, flat, holds, one_line, readable, says_something, visible

HOSTILE = "a\x1b[31mred\x07\x9b2J\u202eevil\u2066\u200b\ufeff\x7fz"
HIDING = "\u202e\u2066\u200b\u200e\ufeff\u00ad\u2060\U000e0041"
ANY = st.text(st.characters() | st.sampled_from(f"\x00\x1b\x9b\x7f\x85\r\n\t\f\u2028{HIDING}\u200c\u200d\ud800"))


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "7",
        "π?",
        "5+5",
        "１２",
        "¿qué?",
        "שלום",
        "سلام",
        "你好",
        "かな",
        "हिन्दी",
        "٣",
        "Ⅻ",
        "½",
        "①",
        "ﬁ",
        "ª",
        "\u200b7",
    ],
)
def test_a_letter_or_digit_of_any_script_says_something(text: str) -> None:
    assert says_something(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?",
        "¿?",
        "...",
        "—",
        "❤️",
        "👩‍👧",
        "+ = €",
        "\u0301\u0308",
        "\u200b",
        "\ufeff",
        "\x00",
        "\x1b",
        "।",
        "。",
    ],
)
def test_marks_and_pictures_say_nothing(text: str) -> None:
    assert not says_something(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" How\tlong\r\nis \x0c it?\n", "How long is it?"),
        ("red\x1b[31m \x00\x07bell", "red[31m bell"),
        ("re\u202ever\u2066se\u2069 \ufeffmark", "reverse mark"),
        ("no\u2028tice\u2029per\x85iod", "no tice per iod"),
        ("a \u200b b", "a b"),
        ("ig\u200dno\u200cre", "ignore"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष र\u200d्य", "क्\u200dष र\u200d्य"),
        ("می\u200c\u200c\u200dخواهم", "می\u200cخواهم"),
        ("lone \ud800 half", "lone ? half"),
        ("👍🏽 naïve 日本語", "👍🏽 naïve 日本語"),
    ],
)
def test_one_line_keeps_what_is_read_and_nothing_else(text: str, line: str) -> None:
    assert one_line(text) == line


@given(ANY)
def test_one_line_holds_no_control_character_and_nothing_that_hides(text: str) -> None:
    line = one_line(text)
    assert not [character for character in line if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not set(line) & set(HIDING)
    assert one_line(line) == line


@given(ANY)
def test_what_is_visible_has_no_joiner_either(text: str) -> None:
    assert visible(readable(text)) == visible(text)
    assert not {"\u200c", "\u200d"} & set(visible(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HOSTILE, "a[31mred2Jevilz"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("page\fbreak\r\nline\rend", "page\nbreak\nlineend"),
        ("\u200e\u200fmark", "mark"),
        ("no\u200cne می\u200cخواهم", "none می\u200cخواهم"),
        ("naïve 日本語 عربى 👍", "naïve 日本語 عربى 👍"),
        ("", ""),
    ],
)
def test_clean_keeps_text_and_drops_what_steers_a_terminal(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_clean_drops_the_arabic_direction_mark() -> None:
    assert clean("a\u061cb") == "ab"


@settings(max_examples=200)
@given(st.text(st.sampled_from([*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"ab\u202e\u200d\u2069\ufeff"])))
def test_only_tabs_and_line_breaks_are_left_of_the_control_characters(text: str) -> None:
    assert set(clean(text)) <= set("ab\t\n")


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("  two\n words \x1b", 20, "two words"),
        ("exactly ten", 11, "exactly ten"),
        ("exactly ten", 10, "exactly t…"),
        ("one two three", 5, "one…"),
    ],
)
def test_flat_makes_one_line_that_says_where_it_was_cut(text: str, limit: int, line: str) -> None:
    assert flat(text, limit) == line
    assert len(line) <= limit


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("It is THREE\n  months long.", "three months", True),
        ("three months", " Three\tMonths ", True),
        ("three long months", "three months", False),
        ("in der Straße", "STRASSE", True),
    ],
)
def test_a_text_holds_words_whatever_their_capitals_and_line_ends(text: str, words: str, told: bool) -> None:
    assert holds(text, words) is told
