from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import make_answer
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag_app.console.amounts import time_text
from rag_app.console.transcript import escaped, file_name, transcript, write_new
from rag_app.errors import DiskError, UsageError
from rag_app.types import SessionTurn

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](http://evil.example) ![x](y.png) https://evil.example www.evil.example me@evil.example",
    "# heading\n## another\n- item\n1. one\n> quote\n```\ncode\n```\n    indented\n---\n===",
    "`code` **bold** _it_ ~~gone~~ $x$ &lt; &amp; | a | b | \\",
    "+ plus",
    "12) twelve",
    "- minus",
    "\x1b[31mred\u202e",
]


def texts(markdown: str) -> list[str]:
    """Return the kinds of blocks and pieces that a Markdown reader sees, but for text."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    kinds = [token.type for token in parser.parse(markdown)]
    return kinds + [piece.type for token in parser.parse(markdown) for piece in token.children or []]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_comes_from_a_document_is_only_text(text: str) -> None:
    assert set(texts(escaped(text))) == {"paragraph_open", "inline", "paragraph_close", "text"} | (
        {"text_special"} & set(texts(escaped(text)))
    )


@given(st.text())
def test_any_text_stays_one_paragraph_of_text(text: str) -> None:
    assert set(texts(escaped(text))) <= {"paragraph_open", "inline", "paragraph_close", "text", "text_special"}


def test_addresses_are_broken_so_that_no_reader_makes_links_of_them() -> None:
    assert escaped("see http://a.example or www.a.example") == r"see http\://a.example or www\.a.example"
    assert escaped("1,250 euros at 3 p.m. (all in)") == "1,250 euros at 3 p.m. (all in)"


def test_a_transcript_names_document_page_and_quote_of_each_source() -> None:
    answer = make_answer("How long is it?", "Three *months*. [1]")
    turns = [
        SessionTurn(1_700_000_000.0, answer),
        SessionTurn(
            1_700_000_600.0,
            make_answer(
                "Who?", "Nobody.", standalone_question="Who?", status="partial", citations=(replace_quote(answer),)
            ),
        ),
        SessionTurn(1_700_000_700.0, make_answer("Why?", "No.", status="not_found", citations=())),
    ]
    assert transcript("lease_1", turns) == (
        "# lease\\_1\n\n"
        f"3 questions, {time_text(1_700_000_000)} to {time_text(1_700_000_700)}\n\n"
        "## 1\\. How long is it?\n\n"
        "*Understood as: How long is it? (alone)*\n\n"
        "Three \\*months\\*. \\[1\\]\n\n"
        "- \\[1\\] ? lease.pdf, page ii (PDF page 2)  \n  “The notice period is three months.\\[31m”\n\n"
        "## 2\\. Who?\n\n"
        "Nobody.\n\n"
        "*Part of this answer is not covered by the quoted text.*\n\n"
        "- \\[1\\] ? lease.pdf, page ii (PDF page 2) (quote not found on the page)  \n  “\\- a\\|b”\n\n"
        "## 3\\. Why?\n\n"
        "*Understood as: Why? (alone)*\n\n"
        "No.\n"
    )


def test_an_answer_of_several_lines_keeps_them_and_none_begins_a_block() -> None:
    text = "Bring these: [1]\n- a *towel* [1]\n2. shoes [1]"
    written = transcript("a", [SessionTurn(1_700_000_000.0, make_answer("What?", text, citations=()))])
    assert "\n\nBring these: \\[1\\]  \n\\- a \\*towel\\* \\[1\\]  \n2\\. shoes \\[1\\]\n" in written
    assert not {"bullet_list_open", "ordered_list_open"} & set(texts(written))
    assert texts(written).count("hardbreak") == 2


def test_an_answer_that_is_not_sure_says_so() -> None:
    unsure = make_answer("What?", "A towel. [1]", status="partial", unsure="Nicht *sicher*.")
    written = transcript("a", [SessionTurn(1_700_000_000.0, unsure)])
    assert "\n\n*Nicht \\*sicher\\*.*\n\n" in written
    assert "not covered" not in written


def replace_quote(answer: object) -> object:
    citation = answer.citations[0]  # type: ignore[attr-defined]
    return replace(citation, quote="- a|b", verified=False)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("lease", "lease.md"),
        ("2026-11-28 08:30", "2026-11-28-08-30.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("Straße 5", "Straße-5.md"),
        ("???", "session.md"),
    ],
)
def test_a_session_gives_its_name_to_a_file(name: str, file: str) -> None:
    assert file_name(name) == file


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    assert write_new(path, "one") == path
    with pytest.raises(UsageError, match="is there already"):
        write_new(path, "two")
    assert path.read_text() == "one"
    with pytest.raises(DiskError):
        write_new(tmp_path / "nowhere" / "a.md", "three")
    with pytest.raises(UsageError):
        write_new(tmp_path / "a\0.md", "four")
