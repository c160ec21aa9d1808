from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import make_hit
from shown import plain

from rag_app.console.answers import show_answer_end, show_events, show_passages, show_sources, show_token
from rag_app.types import Answer, AnswerSeconds, Citation, ModelNames, Passages, Token, Tokens

if TYPE_CHECKING:
    from shown import Screen

HOSTILE = "a\x1b[31mred\x07\x9b2J\u202eevil\u2066\u200b\ufeff\x7fz"
CITATION = Citation(1, "/files/a b#1.pdf", 3, "iii", 10, 20, "The quoted text.", True)


def answer(**changes: object) -> Answer:
    known = Answer(
        "Q?",
        "Q?",
        "answered",
        "It is so. [1]",
        (CITATION,),
        (),
        AnswerSeconds(),
        Tokens(),
        ModelNames("e", "r", "g"),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def test_a_token_is_shown_without_its_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    show_token("So\x1b[31m it ")
    show_token("is.")
    assert capsys.readouterr().out == "So[31m it is."


def test_a_source_shows_marker_name_page_and_quote_and_opens_at_the_page(screens: tuple[Screen, Screen]) -> None:
    show_sources([CITATION])
    shown = screens[0].getvalue()
    assert plain(shown) == "[1] a b#1.pdf, page iii (PDF page 3)\n    “The quoted text.”\n"
    assert re.findall(r"\x1b\]8;[^;]*;(.*?)\x1b\\", shown) == ["file:///files/a%20b%231.pdf#page=3", ""]


def test_a_page_whose_label_is_its_number_is_named_once(screens: tuple[Screen, Screen]) -> None:
    show_sources([replace(CITATION, page_label="3")])
    assert "[1] a b#1.pdf, page 3\n" in plain(screens[0].getvalue())


@pytest.mark.parametrize(
    ("document", "label", "place"),
    [
        ("/files/a.py", "lines 3-5", "a.py, lines 3-5"),
        ("/files/a.md", "Terms\x1b[2J", "a.md, “Terms[2J”"),
        ("/files/a.pptx", "3", "a.pptx, slide 3"),
        ("/files/a.docx", "3", "a.docx"),
    ],
)
def test_a_source_without_pages_is_named_by_its_heading_or_lines(
    screens: tuple[Screen, Screen], document: str, label: str, place: str
) -> None:
    show_sources([replace(CITATION, document=document, page_label=label)])
    assert f"[1] {place}\n" in plain(screens[0].getvalue())


def test_a_quote_that_was_not_found_is_marked(screens: tuple[Screen, Screen]) -> None:
    show_sources([replace(CITATION, verified=False)])
    assert "(quote not found on the page)" in plain(screens[0].getvalue())


@pytest.mark.parametrize(("support", "marked"), [(None, False), (0.1, True), (0.9, False)])
def test_a_quote_that_hardly_supports_the_answer_is_marked(
    screens: tuple[Screen, Screen], support: float | None, marked: bool
) -> None:
    show_sources([replace(CITATION, support=support)])
    assert ("(weak support)" in plain(screens[0].getvalue())) == marked


@pytest.mark.parametrize("name", [f"/files/{HOSTILE}.pdf", "/files/\x1b]8;;http://evil\x1b\\.pdf", "/files/\udcff.pdf"])
def test_the_link_to_a_hostile_name_holds_no_control_character(screens: tuple[Screen, Screen], name: str) -> None:
    show_sources([replace(CITATION, document=name)])
    shown = screens[0].getvalue()
    targets = re.findall(r"\x1b\]8;[^;]*;(.*?)\x1b\\", shown)
    assert re.fullmatch(r"file:///[!-~]+#page=3", targets[0])
    assert len(targets) == 2
    assert "\x1b" not in plain(shown)


def test_a_line_break_in_a_name_does_not_break_the_line(screens: tuple[Screen, Screen]) -> None:
    show_sources([replace(CITATION, document="/files/a.pdf\n[2] forged.pdf")])
    assert plain(screens[0].getvalue()).count("\n") == 2


def test_passages_show_rank_place_text_and_the_score_where_asked(screens: tuple[Screen, Screen]) -> None:
    hit = make_hit("One\f two.", score=1.234)
    show_passages([hit], scores=True)
    show_passages([hit], scores=False)
    assert plain(screens[0].getvalue()) == (
        "1. a.pdf, page i (PDF page 1)  1.23\n   One two.\n1. a.pdf, page i (PDF page 1)\n   One two.\n"
    )


def test_a_long_passage_is_shown_in_part(screens: tuple[Screen, Screen]) -> None:
    show_passages([make_hit("word " * 200)], scores=False)
    text = " ".join(line.strip() for line in plain(screens[0].getvalue()).splitlines()[1:])
    assert len(text) <= 240
    assert text.endswith("word…")


def test_a_quote_is_broken_between_words_and_indented(screens: tuple[Screen, Screen]) -> None:
    quote = "word " * 55 + "end"
    show_sources([replace(CITATION, quote=quote)])
    lines = plain(screens[0].getvalue()).splitlines()[1:]
    assert len(lines) == 2
    assert all(line.startswith("    ") and len(line) <= 200 for line in lines)
    assert " ".join(line.strip() for line in lines) == f"“{quote}”"


def test_an_answer_is_written_as_it_comes_and_broken_between_words(screens: tuple[Screen, Screen]) -> None:
    text = "word " * 50 + "end. [1]"
    events = [Passages(()), *(Token(f"{text[n : n + 3]}") for n in range(0, len(text), 3)), answer(answer=text)]
    written = io.StringIO()
    with redirect_stdout(written):
        assert show_events(iter(events)).answer == text
    assert written.getvalue().split() == text.split()
    assert max(map(len, written.getvalue().splitlines())) <= 200


def test_an_answer_ends_with_its_sources(screens: tuple[Screen, Screen]) -> None:
    show_answer_end(answer())
    shown = plain(screens[0].getvalue())
    assert "[1] a b#1.pdf" in shown
    assert "nearest" not in shown
    assert "not covered" not in shown


def test_a_partial_answer_says_so(screens: tuple[Screen, Screen]) -> None:
    show_answer_end(answer(status="partial"))
    assert "not covered by the quoted text" in plain(screens[0].getvalue())


def test_an_answer_that_is_not_sure_says_so_in_its_words_and_shows_the_nearest_passages_too(
    screens: tuple[Screen, Screen],
) -> None:
    hits = tuple(make_hit(f"text {n}", rank=n) for n in range(1, 6))
    show_answer_end(answer(status="partial", unsure="Nicht sicher.\x1b[31m", passages=hits))
    shown = plain(screens[0].getvalue())
    assert "Nicht sicher.[31m\n" in shown
    assert "not covered" not in shown
    assert shown.index("[1] a b#1.pdf") < shown.index("The nearest passages:") < shown.index("text 1")


def test_no_answer_ends_with_the_three_nearest_passages(screens: tuple[Screen, Screen]) -> None:
    hits = tuple(make_hit(f"text {n}", rank=n) for n in range(1, 6))
    show_answer_end(answer(status="not_found", citations=(), passages=hits))
    shown = plain(screens[0].getvalue())
    assert re.findall(r"text \d", shown) == ["text 1", "text 2", "text 3"]
