from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from rag_app.console import keyboard
from rag_app.console.completion import Proposal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Type = Callable[[str], str]

ENTER, ESCAPE, CTRL_C, CTRL_D = "\r", "\x1b", "\x03", "\x04"


def complete(line: str) -> Iterable[Proposal]:
    return [Proposal("/resume", len(line), "goes on")] if line == "/r" else []


@pytest.fixture
def typed() -> Iterator[Type]:
    """Return what types keys on a terminal, and gives back the text that was entered."""
    with create_pipe_input() as keys:
        read = keyboard._edited(complete, input=keys, output=DummyOutput())

        def type_(text: str) -> str:
            keys.send_text(text)
            return read()

        yield type_


def test_enter_ends_a_question(typed: Type) -> None:
    assert typed(f"How long?{ENTER}") == "How long?"


def test_a_backslash_before_enter_goes_on_in_the_next_line(typed: Type) -> None:
    assert typed(f"How\\{ENTER}long?{ENTER}") == "How\nlong?"
    assert typed(f"C:\\\\{ENTER}") == "C:\\\\"


def test_escape_and_enter_goes_on_in_the_next_line(typed: Type) -> None:
    assert typed(f"How{ESCAPE}{ENTER}long?{ENTER}") == "How\nlong?"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_pasted_text_of_several_lines_is_one_question(typed: Type, end: str) -> None:
    assert typed(f"{ESCAPE}[200~How{end}/quit{end}long?{ESCAPE}[201~{ENTER}") == "How\n/quit\nlong?"


def test_what_may_follow_is_proposed_in_place_of_what_is_written() -> None:
    [found] = keyboard._completer(complete).get_completions(Document("/r"), CompleteEvent())
    assert (found.text, found.start_position, found.display_meta_text) == ("/resume", -2, "goes on")


def test_ctrl_c_drops_the_text_and_ctrl_d_ends(typed: Type) -> None:
    with pytest.raises(KeyboardInterrupt):
        typed(f"half{CTRL_C}")
    assert typed(f"whole{ENTER}") == "whole"
    with pytest.raises(EOFError):
        typed(CTRL_D)


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ("one\\\r\ntwo\r\n", ["one\ntwo"]),
        ("one\\\n\\\nthree", ["one\n\nthree"]),
        ("C:\\\\\ntwo\n", ["C:\\\\", "two"]),
        ("one\\\n", ["one"]),
        ("one\\", ["one"]),
        ("\n", [""]),
        ("", []),
    ],
)
def test_on_a_pipe_a_backslash_joins_lines(monkeypatch: pytest.MonkeyPatch, lines: str, texts: list[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    read = keyboard.open_keyboard(complete)
    assert [read() for _ in texts] == texts
    with pytest.raises(EOFError):
        read()
