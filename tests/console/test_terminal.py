from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import make_hit
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from rag_app.console import terminal
from rag_app.text import clean, flat
from rag_app.types import (
    Answer,
    AnswerSeconds,
    Citation,
    DocumentReport,
    IngestReport,
    ModelNames,
    Passages,
    Token,
    Tokens,
)
from rag_app.writing.builder import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = "a\x1b[31mred\x07\x9b2J\u202eevil\u2066\u200b\ufeff\x7fz"
CITATION = Citation(1, "/files/a b#1.pdf", 3, "iii", 10, 20, "The quoted text.", True)


class Screen(io.StringIO):
    """A terminal in memory, which has colours and links."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Screen, Screen]]:
    """Stand in for standard output and standard error, each a terminal of 200 columns."""
    out, error = Screen(), Screen()
    consoles = {
        kind: Console(
            file=screen,
            force_terminal=True,
            width=200,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=not kind,
            color_system="truecolor",
            legacy_windows=False,
        )
        for kind, screen in ((False, out), (True, error))
    }
    monkeypatch.setattr(terminal, "console", lambda *, error=False: consoles[error])
    return out, error


def plain(shown: str) -> str:
    """Return what is read on the screen: styles and links are left out."""
    return re.sub(r"\x1b\]8;.*?\x1b\\|\x1b\[[\d;]*m", "", shown)


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


# Text that comes from documents, models and names of files


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


def test_an_error_is_one_message_and_one_hint_on_standard_error(screens: tuple[Screen, Screen]) -> None:
    terminal.show_error("Bad \x1b[2Jname\nof a file.", "Rename it.")
    out, error = screens
    assert out.getvalue() == ""
    assert plain(error.getvalue()) == "error: Bad [2Jname of a file.\nhint: Rename it.\n"


def test_a_long_error_is_not_wrapped(screens: tuple[Screen, Screen]) -> None:
    terminal.show_error("word " * 100, "hint " * 100)
    assert plain(screens[1].getvalue()).count("\n") == 2


def test_markup_in_a_text_is_shown_and_not_obeyed(screens: tuple[Screen, Screen]) -> None:
    terminal.show_note("[bold]x[/bold] :smile:")
    assert plain(screens[0].getvalue()) == "[bold]x[/bold] :smile:\n"


def test_a_token_is_shown_without_its_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_token("So\x1b[31m it ")
    terminal.show_token("is.")
    assert capsys.readouterr().out == "So[31m it is."


# Sources


def test_a_source_shows_marker_name_page_and_quote_and_opens_at_the_page(screens: tuple[Screen, Screen]) -> None:
    terminal.show_sources([CITATION])
    shown = screens[0].getvalue()
    assert plain(shown) == "[1] a b#1.pdf, page iii (PDF page 3)\n    “The quoted text.”\n"
    assert re.findall(r"\x1b\]8;[^;]*;(.*?)\x1b\\", shown) == ["file:///files/a%20b%231.pdf#page=3", ""]


def test_a_page_whose_label_is_its_number_is_named_once(screens: tuple[Screen, Screen]) -> None:
    terminal.show_sources([replace(CITATION, page_label="3")])
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
    terminal.show_sources([replace(CITATION, document=document, page_label=label)])
    assert f"[1] {place}\n" in plain(screens[0].getvalue())


def test_a_quote_that_was_not_found_is_marked(screens: tuple[Screen, Screen]) -> None:
    terminal.show_sources([replace(CITATION, verified=False)])
    assert "(quote not found on the page)" in plain(screens[0].getvalue())


@pytest.mark.parametrize(("support", "marked"), [(None, False), (0.1, True), (0.9, False)])
def test_a_quote_that_hardly_supports_the_answer_is_marked(
    screens: tuple[Screen, Screen], support: float | None, marked: bool
) -> None:
    terminal.show_sources([replace(CITATION, support=support)])
    assert ("(weak support)" in plain(screens[0].getvalue())) == marked


@pytest.mark.parametrize("name", [f"/files/{HOSTILE}.pdf", "/files/\x1b]8;;http://evil\x1b\\.pdf", "/files/\udcff.pdf"])
def test_the_link_to_a_hostile_name_holds_no_control_character(screens: tuple[Screen, Screen], name: str) -> None:
    terminal.show_sources([replace(CITATION, document=name)])
    shown = screens[0].getvalue()
    targets = re.findall(r"\x1b\]8;[^;]*;(.*?)\x1b\\", shown)
    assert re.fullmatch(r"file:///[!-~]+#page=3", targets[0])
    assert len(targets) == 2
    assert "\x1b" not in plain(shown)


def test_a_line_break_in_a_name_does_not_break_the_line(screens: tuple[Screen, Screen]) -> None:
    terminal.show_sources([replace(CITATION, document="/files/a.pdf\n[2] forged.pdf")])
    assert plain(screens[0].getvalue()).count("\n") == 2


def test_passages_show_rank_place_text_and_the_score_where_asked(screens: tuple[Screen, Screen]) -> None:
    hit = make_hit("One\f two.", score=1.234)
    terminal.show_passages([hit], scores=True)
    terminal.show_passages([hit], scores=False)
    assert plain(screens[0].getvalue()) == (
        "1. a.pdf, page i (PDF page 1)  1.23\n   One two.\n1. a.pdf, page i (PDF page 1)\n   One two.\n"
    )


def test_a_long_passage_is_shown_in_part(screens: tuple[Screen, Screen]) -> None:
    terminal.show_passages([make_hit("word " * 200)], scores=False)
    text = " ".join(line.strip() for line in plain(screens[0].getvalue()).splitlines()[1:])
    assert len(text) <= 240
    assert text.endswith("word…")


def test_a_quote_is_broken_between_words_and_indented(screens: tuple[Screen, Screen]) -> None:
    quote = "word " * 55 + "end"
    terminal.show_sources([replace(CITATION, quote=quote)])
    lines = plain(screens[0].getvalue()).splitlines()[1:]
    assert len(lines) == 2
    assert all(line.startswith("    ") and len(line) <= 200 for line in lines)
    assert " ".join(line.strip() for line in lines) == f"“{quote}”"


def test_an_answer_is_written_as_it_comes_and_broken_between_words(screens: tuple[Screen, Screen]) -> None:
    text = "word " * 50 + "end. [1]"
    events = [Passages(()), *(Token(f"{text[n : n + 3]}") for n in range(0, len(text), 3)), answer(answer=text)]
    written = io.StringIO()
    with redirect_stdout(written):
        assert terminal.show_events(iter(events)).answer == text
    assert written.getvalue().split() == text.split()
    assert max(map(len, written.getvalue().splitlines())) <= 200


# The end of an answer


def test_an_answer_ends_with_its_sources(screens: tuple[Screen, Screen]) -> None:
    terminal.show_answer_end(answer())
    shown = plain(screens[0].getvalue())
    assert "[1] a b#1.pdf" in shown
    assert "nearest" not in shown
    assert "not covered" not in shown


def test_a_partial_answer_says_so(screens: tuple[Screen, Screen]) -> None:
    terminal.show_answer_end(answer(status="partial"))
    assert "not covered by the quoted text" in plain(screens[0].getvalue())


def test_no_answer_ends_with_the_three_nearest_passages(screens: tuple[Screen, Screen]) -> None:
    hits = tuple(make_hit(f"text {n}", rank=n) for n in range(1, 6))
    terminal.show_answer_end(answer(status="not_found", citations=(), passages=hits))
    shown = plain(screens[0].getvalue())
    assert re.findall(r"text \d", shown) == ["text 1", "text 2", "text 3"]


# Reports, tables, progress


@settings(max_examples=50)
@given(st.text(st.characters() | st.sampled_from("\x1b\x9b\u202e\u2066\ufeff\ud800\udfff\n")))
def test_a_line_of_json_says_the_same_without_steering_the_terminal(text: str) -> None:
    line = terminal.json_line({"text": text})
    assert json.loads(line) == {"text": text}
    assert clean(line) == line
    assert "\n" not in line
    line.encode("utf-8")  # a lone surrogate would fail here


def test_failures_become_one_message_with_the_hint_that_fits(screens: tuple[Screen, Screen]) -> None:
    failed = DocumentReport("/a.pdf", "failed", reason="does not exist")
    terminal.show_failures(IngestReport(failed=1, documents=(failed,)))
    terminal.show_failures(IngestReport(failed=2, documents=(failed, DocumentReport("/b.pdf", "failed", reason="bad"))))
    terminal.show_failures(IngestReport(1, failed=1, documents=(failed, DocumentReport("/c.pdf", "added"))))
    assert plain(screens[1].getvalue()).splitlines() == [
        "error: /a.pdf does not exist.",
        "hint: Check the path.",
        "error: 2 of 2 paths failed; the first: /a.pdf does not exist.",
        "hint: Check the path. Repair what failed, or leave it out.",
        "error: /a.pdf does not exist.",
        "hint: Check the path. The rest is done.",
    ]


def test_a_report_counts_and_then_names_the_files_that_need_attention(screens: tuple[Screen, Screen]) -> None:
    documents = (
        DocumentReport("/a.pdf", "added", 2, 2, 1200),
        DocumentReport("/b.pdf", "unchanged", 2, 2, 5),
        DocumentReport("/c.pdf", "failed", reason="is \x1bempty"),
        DocumentReport("/d.pdf", "empty", 1, 0, 0, "no text found"),
    )
    terminal.show_report(IngestReport(2, 0, 1, 0, 1, 1.25, documents))
    assert plain(screens[0].getvalue()) == (
        "2 added, 1 unchanged, 1 failed; 1,200 new passages in 1.2 s\n"
        "failed  /c.pdf: is empty\n"
        "warning /d.pdf: no text found\n"
    )


def test_a_report_of_nothing_says_that_there_is_nothing_to_do(screens: tuple[Screen, Screen]) -> None:
    terminal.show_report(IngestReport())
    assert plain(screens[0].getvalue()) == "nothing to do; 0 new passages in 0.0 s\n"


def test_a_table_aligns_figures_to_the_right_and_shows_cells_as_they_are(screens: tuple[Screen, Screen]) -> None:
    terminal.table(("name", "n"), [("[red]a\x1b", "5"), ("b", "1,000")], right=(1,))
    assert [line.rstrip() for line in plain(screens[0].getvalue()).splitlines()] == [
        "name        n",
        "[red]a      5",
        "b       1,000",
    ]


def test_progress_is_silent_where_standard_error_is_no_terminal() -> None:
    with terminal.ingest_progress(shown=True) as step:
        assert step is None
    with terminal.ingest_progress(shown=False) as step:
        assert step is None


def test_progress_of_reading_is_drawn_on_a_terminal(
    screens: tuple[Screen, Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", screens[1])
    with terminal.ingest_progress(shown=True) as step:
        assert step is not None
        step(Step("/files/a\x1b[2J.pdf", 1, 2, 3, 4))
    shown = plain(screens[1].getvalue())
    assert "a[2J.pdf" in shown
    assert "1/2" in shown
    assert screens[0].getvalue() == ""


def test_a_fetch_into_a_pipe_says_a_line_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.fetch_progress(shown=True) as step:
        for done in range(0, 101, 5):
            step("model", done * 1_000_000, 100_000_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["model: 0 of 100 MB", "model: 10 of 100 MB"]
    assert len(lines) == 11


def test_a_fetch_that_is_not_shown_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.fetch_progress(shown=False) as step:
        step("model", 1, 2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0.0 kB"), (99_999, "100.0 kB"), (100_000, "0.1 MB"), (986_000_000, "986.0 MB"), (1_110_000_000, "1.11 GB")],
)
def test_sizes_are_given_in_a_unit_for_people(size: int, text: str) -> None:
    assert terminal.bytes_text(size) == text


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step("/a", 0, 9, 0, 0), ""),
        (Step("/a", 0, 9, 0, 0, pages=12), "12 pages"),
        (Step("/a", 1, 9, 0, 0, 12, 300, 1000, 4000), "12 pages, 30 passages/s, 0:00:30 left"),
        (Step("/a", 1, 9, 5, 10, 12, 300, 1000, 4000, 2000), "12 pages, 30 passages/s, 0:00:10 left"),
        (Step("/a", 9, 9, 0, 0, 1200, 30_000, 4000, 4000), "1,200 pages, 3,000 passages/s"),
        (Step("/a", 1, 9, 0, 0, 1, 10, 1, 1000), "1 pages, 1 passages/s, 2:46:30 left"),
    ],
)
def test_progress_tells_the_speed_and_the_time_left(step: Step, text: str) -> None:
    assert terminal.speed_text(step, 10.0) == text


def test_a_renamed_file_or_a_copy_is_a_note_and_no_warning(screens: tuple[Screen, Screen]) -> None:
    documents = (
        DocumentReport("/a.pdf", "updated", 2, 2, 5, "renamed from /b.pdf"),
        DocumentReport("/c.pdf", "added", 2, 2, 5, "the same content as /a.pdf"),
    )
    terminal.show_report(IngestReport(1, 1, 0, 0, 0, 1.0, documents))
    assert plain(screens[0].getvalue()).splitlines()[1:] == [
        "note    /a.pdf: renamed from /b.pdf",
        "note    /c.pdf: the same content as /a.pdf",
    ]
