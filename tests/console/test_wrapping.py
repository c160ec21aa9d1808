from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.console.wrapping import Words, indented


def written(pieces: list[str], width: int) -> str:
    out: list[str] = []
    words = Words(out.append, width)
    for piece in pieces:
        words.add(piece)
    words.end()
    return "".join(out)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", "one two\nthree"),
        ("one two  three four", "one two\nthree\nfour"),
        ("a\n\nb c", "a\n\nb c"),
        ("unbreakable words", "unbreakable\nwords"),
        ("東京は雨 です", "東京は雨\nです"),
        ("exactly8 x", "exactly8\nx"),
        ("", ""),
    ],
)
def test_a_line_ends_between_words(text: str, lines: str) -> None:
    assert written([text], 8) == lines
    assert written(list(text), 8) == lines


@given(st.lists(st.text("ab \n", max_size=9)), st.integers(3, 12))
def test_only_white_space_changes_and_only_long_words_are_wider(pieces: list[str], width: int) -> None:
    text, lines = "".join(pieces), written(pieces, width)
    assert lines.split() == text.split()
    assert all(len(line.rstrip()) <= width or len(line.split()) == 1 for line in lines.split("\n")) or "  " in text


def test_a_word_is_passed_on_as_soon_as_it_is_whole() -> None:
    out: list[str] = []
    words = Words(out.append, 80)
    words.add("The no")
    words.add("tice ")
    assert out == ["The", " notice"]


def test_what_is_indented_stays_in_its_width() -> None:
    assert indented("“one two three four five six”", 4, 24) == "    “one two three four\n    five six”"
    assert indented("short", 3, 10_000) == "   short"
    assert max(map(len, indented("word " * 50, 4, 80).splitlines())) <= 80
