from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.language.reading import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["It rose.", "It fell!", "Did it?", "Yes…", "So."],
        ["He said “no.”", "She left.", "(They stayed.)", "“All of them.”"],
        ["Mr. Smith met Dr. Jones vs. Prof. Lee, e.g. at St. Mary, i.e. here.", "They talked."],
        ["Apple Inc. reported 3.5 million in the U.S. market.", "The end."],
        ["It belongs to Apple Inc.", "The rest does not."],
        ["J. R. R. Tolkien wrote it.", "He taught."],
        ["See No. 5 and Fig. 3 for approx. 12 items.", "No.", "Nothing else."],
        ["It opened at 9 a.m. Monday in Washington D.C. Monday.", "It closed."],
        ["Am 3. Mai 2020 kam er z.B. nach Bonn, d.h. nach Hause.", "Dann ging er bzw. fuhr er."],
        ["Nach Abs. 3 und Art. 5 sowie Nr. 7 gilt das.", "Im 19. Jahrhundert nicht.", "Der 2. Weltkrieg kam."],
        ["M. Dupont est arrivé.", "Il est reparti !", "Pourquoi ?", "« Parce que. »"],
        ["¿Qué pasa?", "¡Nada!", "El Sr. García lo sabe."],
        ["これは文です。", "次の文です！", "「はい。」", "終わり"],
        ["1. Introduction to it.", "More text."],
        ["Item 1A. Risk Factors", ],
        ["It cost 5.", "7 people paid."],
        ["As shown before.[3]", "The next one."],
        ["version 2.0.1 is at www.example.com/a.html today.", "Fine."],
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_ends_them(parts: list[str]) -> None:
    space = "" if parts[0].endswith("。") else " "
    assert split(space.join(parts)) == parts


def test_a_line_break_always_ends_a_sentence() -> None:
    assert split("A heading\nNet sales 1 2\n\nand more,\nof it") == ["A heading", "Net sales 1 2", "and more,", "of it"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we went\fto the sea. Fine.", ["we went\fto the sea.", "Fine."]),
        ("we went\f\fto the sea.", ["we went\f\fto the sea."]),
        ("It ended.\fthe next began.", ["It ended.", "the next began."]),
        ("It ended.\fThe next began.", ["It ended.", "The next began."]),
        ("Total 12 13\fNotes to the accounts", ["Total 12 13", "Notes to the accounts"]),
        ("Short heading\fAnother heading", ["Short heading", "Another heading"]),
        (
            "Long prose that fills its line to the very end and goes on in the United\fStates of it. Yes.",
            ["Long prose that fills its line to the very end and goes on in the United\fStates of it.", "Yes."],
        ),
        ("apples, pears,\fBananas and figs", ["apples, pears,\fBananas and figs"]),
    ],
)
def test_a_sentence_runs_over_a_page_break_if_it_is_unfinished(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_a_long_sentence_is_cut_at_its_weaker_marks() -> None:
    text = ", ".join(f"clause number {n} says nothing; indeed it is empty" for n in range(40)) + "."
    parts = split(text)
    assert [len(part) <= 600 for part in parts] == [True] * len(parts)
    assert [part[-1] for part in parts[:-1]] == [";"] * (len(parts) - 1)
    assert " ".join(parts) == text


def test_a_huge_word_is_cut_at_characters() -> None:
    assert [len(part) for part in split("x" * 1500)] == [600, 600, 300]


TEXT = st.text(alphabet="aB1.!?。;, \n\f\"'()-•ßU.S", max_size=300) | st.text(max_size=100)


@given(TEXT)
def test_sentences_cover_all_but_white_space_in_order(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    for start, end in spans:
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        assert end - start <= 600


@pytest.mark.parametrize(
    "text", ["A. " * 30_000, "." * 90_000, "\f" * 90_000, "a\f" * 30_000, "(" * 90_000, "x " * 45_000]
)
def test_hostile_texts_take_linear_time(text: str) -> None:
    started = time.process_time()
    sentences(text)
    assert time.process_time() - started < 5
