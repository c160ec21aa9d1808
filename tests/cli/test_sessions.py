"""Sessions on the command line, in processes of their own."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from conftest import LEASE
from fakes import write_pdf
from helpers_cli import finish, rag, start, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from helpers_cli import Run

pytestmark = pytest.mark.slow

NOTICE = "How long is the notice period?"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library with one document."""

    library: Path

    def run(self, *arguments: str | Path, **how: Any) -> Run:
        return rag(*arguments, "--library", self.library, **how)

    def names(self) -> dict[str, int]:
        return {session["name"]: session["turns"] for session in self.run("sessions", "--json").json["sessions"]}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    write_pdf(tmp_path / "files" / "lease.pdf", *LEASE, title="Residential Lease")
    made = Shelf(tmp_path / "library")
    assert made.run("ingest", tmp_path / "files", "--json").json["added"] == 1
    return made


def test_a_session_is_kept_gone_on_with_shown_exported_and_removed(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.run("sessions").out == "No conversation is kept here yet. `rag chat` begins one.\n"
    first = shelf.run("chat", "--session", "lease", "--json", stdin=f"{NOTICE}\n".encode())
    assert (first.code, first.error) == (0, "")
    second = shelf.run("chat", "--session", "lease", "--json", stdin=b"And for whom is it?\n")
    assert second.json["standalone_question"] == f"And for whom is it? ({NOTICE})"
    assert second.error.startswith("Going on with lease: 1 question so far")

    listed = shelf.run("sessions", "list", "--json").json["sessions"]
    assert [(session["name"], session["turns"]) for session in listed] == [("lease", 2)]
    assert listed[0]["begun"] < listed[0]["used"]
    assert shelf.run("sessions", "list").out.split()[-4:-2] == ["lease", "2"]

    shown = shelf.run("sessions", "show", "LEASE", "--json").json
    assert [turn["answer"]["question"] for turn in shown["turns"]] == [NOTICE, "And for whom is it?"]
    assert shown["turns"][0]["answer"] == first.json
    text = shelf.run("sessions", "show", "lease").out
    assert text.startswith(f"> {NOTICE}\nThe notice period is three months")
    assert "[1] lease.pdf, page 1" in text

    markdown = shelf.run("sessions", "export", "lease").out
    assert markdown.startswith("# lease\n\n2 questions, ")
    file = tmp_path / "lease.md"
    exported = shelf.run("sessions", "export", "lease", "--output", file, "--json").json
    assert exported == {"session": "lease", "turns": 2, "path": str(file), "markdown": markdown}
    assert file.read_text(encoding="utf-8") == markdown
    again = shelf.run("sessions", "export", "lease", "--output", file)
    assert (again.code, again.message) == (1, f"{file} is there already.")

    assert shelf.run("verify").code == 0
    assert shelf.run("sessions", "remove", "lease", "other").code == 1
    assert shelf.names() == {"lease": 2}
    assert shelf.run("sessions", "remove", "lease", "--json").json == {"removed": ["lease"]}
    assert shelf.names() == {}


def test_on_a_pipe_nothing_is_kept_without_a_name(shelf: Shelf) -> None:
    shelf.run("chat", stdin=f"{NOTICE}\n".encode())
    shelf.run("chat", "--no-session", stdin=f"{NOTICE}\n".encode())
    assert shelf.names() == {}
    both = shelf.run("chat", "--no-session", "--session", "a", stdin=b"")
    assert both.code == 2
    assert "exclude each other" in both.error


@pytest.mark.parametrize("action", ["show", "export", "remove"])
def test_a_session_that_is_not_there_is_an_error_with_a_hint(shelf: Shelf, action: str) -> None:
    run = shelf.run("sessions", action, "nothing")
    assert run.code == 1
    assert (run.message, run.hint) == ("There is no session called nothing.", "List them with `rag sessions list`.")


def test_without_a_library_there_is_nothing_to_list(tmp_path: Path) -> None:
    run = rag("sessions", "--library", tmp_path / "nowhere")
    assert run.code == 1
    assert not (tmp_path / "nowhere").exists()


def test_options_may_stand_before_the_subcommand(shelf: Shelf) -> None:
    assert rag("sessions", "--library", shelf.library, "--json", "list").json == {"sessions": []}


def test_a_killed_chat_has_kept_every_answer_that_was_given(shelf: Shelf) -> None:
    import subprocess

    chat = start("chat", "--session", "lease", "--library", shelf.library, stdin=subprocess.PIPE)
    assert chat.stdin
    chat.stdin.write(f"{NOTICE}\nHow high is the monthly rent?\n".encode())
    chat.stdin.flush()
    wait_for(lambda: shelf.names().get("lease") == 2)
    chat.send_signal(signal.SIGKILL)
    finish(chat)
    assert shelf.names() == {"lease": 2}
    assert shelf.run("verify").code == 0
