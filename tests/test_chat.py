from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from fakes import ScriptedGenerator

from rag_app import terminal
from rag_app.chat import HELP, Chat
from rag_app.errors import LibraryBusy, ModelMissing, UsageError
from rag_app.types import Answer, Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rag_app.library import Library

    Talk = Callable[..., tuple[list[str], list[str]]]

NOTICE = "How long is the notice period?"


class Pipe(io.StringIO):
    """Standard input on a pipe."""


@pytest.fixture
def talk(library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Return what runs a chat over the given lines and gives back the lines of standard output and standard error."""

    def run(
        *lines: str,
        as_json: bool = False,
        where: Filter | None = None,
        session: str | None = None,
        keep: bool = False,
    ) -> tuple[list[str], list[str]]:
        terminal.console.cache_clear()  # a console keeps the stream that it was made for
        monkeypatch.setattr("sys.stdin", Pipe("".join(f"{line}\n" for line in lines)))
        Chat(library, as_json=as_json, where=where, session=session, keep=keep).run()
        out, error = capsys.readouterr()
        return out.splitlines(), error.splitlines()

    return run


def test_a_question_is_answered_with_its_source(talk: Talk) -> None:
    out, error = talk(NOTICE)
    assert out[0].startswith("The notice period is three months")
    assert out[0].endswith("[1]")
    assert any(line.startswith("[1] lease.pdf, page 1") for line in out)
    assert error == []


def test_empty_lines_and_the_end_of_the_input_are_no_questions(talk: Talk) -> None:
    assert talk("", "   ") == ([], [])


def test_help_lists_every_command(talk: Talk) -> None:
    out, _ = talk("/help")
    assert out == HELP.splitlines()
    assert all(
        command in HELP
        for command in ("/sources", "/in", "/sessions", "/resume", "/export", "/clear", "/help", "/quit")
    )


@pytest.mark.parametrize("command", ["/quit", "/exit"])
def test_nothing_after_quit_is_read(talk: Talk, command: str) -> None:
    assert talk(command, "/help") == ([], [])


def test_an_unknown_command_is_an_error_with_the_known_ones_and_the_chat_goes_on(talk: Talk) -> None:
    out, error = talk("/sauces now", "/help")
    assert error == [
        "error: There is no command /sauces.",
        "hint: Try one of: /sources, /in, /sessions, /resume, /export, /clear, /help, /quit, /exit.",
    ]
    assert out == HELP.splitlines()


def test_sources_shows_the_citations_and_every_passage_of_the_last_answer(talk: Talk, library: Library) -> None:
    hits = library.search(NOTICE)
    before, _ = talk(NOTICE)
    out, _ = talk(NOTICE, "/sources")
    added = out[len(before) :]
    assert added[0].startswith("[1] lease.pdf, page 1")
    assert [line[:3] for line in added if line[1:3] == ". "] == [f"{hit.rank}. " for hit in hits]


def test_sources_before_any_question_says_so(talk: Talk) -> None:
    assert talk("/sources")[0] == ["Nothing has been asked yet."]


def test_a_follow_up_is_understood_from_what_went_before(talk: Talk) -> None:
    out, _ = talk(NOTICE, "And for whom is it?")
    assert f"Understood as: And for whom is it? ({NOTICE})" in out


def test_clear_forgets_the_conversation(talk: Talk, library: Library) -> None:
    out, _ = talk(NOTICE, "/clear", "And for whom is it?", "/clear", "/sources")
    assert "The conversation is forgotten." in out
    assert not any(line.startswith("Understood as") for line in out)
    assert out[-1] == "Nothing has been asked yet."


def test_nothing_is_kept_unless_it_is_asked_for(talk: Talk, library: Library) -> None:
    talk(NOTICE)
    assert library.sessions() == []


def test_a_session_is_kept_turn_by_turn_and_gone_on_with(talk: Talk, library: Library) -> None:
    _, error = talk(NOTICE, session="Lease", keep=True)
    assert error == []
    out, error = talk("And for whom is it?", "/sources", session="lease", keep=True)
    assert error[0].startswith("Going on with lease: 1 question so far, the last on 2")
    assert f"Understood as: And for whom is it? ({NOTICE})" in out
    assert [(session.name, session.turns) for session in library.sessions()] == [("Lease", 2)]
    assert [turn.answer.question for turn in library.session("LEASE")] == [NOTICE, "And for whom is it?"]


def test_a_session_without_a_name_is_called_by_its_time(
    talk: Talk, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_app.terminal.time_text", lambda _: "2026-11-28 08:30")
    for _ in range(3):
        talk(NOTICE, keep=True)
    names = {session.name for session in library.sessions()}
    assert names == {"2026-11-28 08:30", "2026-11-28 08:30 (2)", "2026-11-28 08:30 (3)"}


def test_a_turn_is_kept_before_the_next_line_is_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    class Keyboard(io.StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            if library.sessions():
                raise Killed
            return f"{NOTICE}\n"

    monkeypatch.setattr("sys.stdin", Keyboard())
    with pytest.raises(Killed):
        Chat(library, session="lease", keep=True).run()
    assert library.sessions()[0].turns == 1


def test_sessions_are_listed_and_resumed_in_the_chat(talk: Talk, library: Library) -> None:
    assert talk("/sessions")[0] == ["No conversation is kept here yet. `rag chat` begins one."]
    talk(NOTICE, session="lease", keep=True)
    out, error = talk("/sessions", "/resume LEASE", "And for whom is it?", "/resume", "/resume other")
    assert out[1].split()[:2] == ["lease", "1"]
    assert f"Understood as: And for whom is it? ({NOTICE})" in out
    assert [line for line in error if line.startswith("error")] == [
        "error: Which conversation?",
        "error: There is no session called other.",
    ]
    assert library.sessions()[0].turns == 2


def test_clear_leaves_what_is_kept_and_begins_another_session(talk: Talk, library: Library) -> None:
    out, _ = talk(NOTICE, "/clear", NOTICE, session="lease", keep=True)
    assert "The conversation is forgotten. It stays kept as lease." in out
    assert [session.turns for session in library.sessions()] == [1, 1]


def test_export_writes_a_new_file(
    talk: Talk, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, error = talk(
        "/export",
        NOTICE,
        "/export",
        "/export",
        '/export "my notes.md"',
        "/export nowhere/a.md",
        session="l/e",
        keep=True,
    )
    assert error[:2] == ["error: Nothing has been asked yet.", "hint: Ask something first."]
    assert error[2] == f"Written to {tmp_path / 'l-e.md'}."
    assert error[3] == f"error: {tmp_path / 'l-e.md'} is there already."
    assert error[5] == f"Written to {tmp_path / 'my notes.md'}."
    assert error[6].startswith("error: Could not write the transcript")
    text = (tmp_path / "my notes.md").read_text(encoding="utf-8")
    assert text.startswith("# l/e\n\n1 question, ")
    assert f"## 1\\. {NOTICE}" in text
    assert "lease.pdf, page 1" in text


def test_what_cannot_be_kept_is_tried_again_and_told_at_the_end(
    talk: Talk, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, failures = library.keep, [True, False]

    def sometimes(name: str, answer: Answer) -> None:
        if failures.pop(0):
            raise LibraryBusy("It is in use.", hint="Wait.")
        failures.append(False)
        keep(name, answer)

    monkeypatch.setattr(library, "keep", sometimes)
    assert talk(NOTICE, "And for whom is it?", session="lease", keep=True)[1] == []
    assert library.sessions()[0].turns == 2
    failures[:] = [True] * 9
    assert talk(NOTICE, session="lease", keep=True)[1][1:] == [
        "error: 1 question of this conversation could not be kept: It is in use.",
        "hint: Wait.",
    ]


def test_with_json_the_commands_of_sessions_write_to_standard_error(talk: Talk, library: Library) -> None:
    out, error = talk(NOTICE, "/sessions", "/clear", session="lease", keep=True, as_json=True)
    assert [json.loads(line)["question"] for line in out] == [NOTICE]
    assert error == ["lease", "The conversation is forgotten. It stays kept as lease."]


RENT = "How high is the monthly rent?"


def test_a_chat_begins_with_a_filter_that_in_shows_changes_and_ends(talk: Talk) -> None:
    out, error = talk("/in", RENT, "/in lease.pdf --type pdf", RENT, "/in off", "/in", where=Filter(("manual.pdf",)))
    assert out[0] == "Searching 1 document: in manual.pdf."
    assert out[1] == "The documents do not answer this question."
    assert "Searching 1 document: in lease.pdf; of type pdf." in out
    assert any(line.startswith("The monthly rent is 1,250 euros") for line in out)
    assert out[-2:] == ["Searching 2 documents, which is all."] * 2
    assert error == []


def test_a_filter_that_cannot_be_used_changes_nothing(talk: Talk) -> None:
    out, error = talk("/in manual.pdf", "/in nowhere.pdf", '/in "a', "/in --tags x", "/in")
    assert out == ["Searching 1 document: in manual.pdf."] * 2
    assert [line for line in error if line.startswith("error")] == [
        "error: nowhere.pdf is neither a document nor a folder of the library.",
        "error: A quotation mark is not closed.",
        "error: There is no option --tags.",
    ]


def test_a_chat_does_not_begin_with_a_filter_that_leaves_nothing(talk: Talk) -> None:
    with pytest.raises(UsageError, match="tagged work"):
        talk("/help", where=Filter(tags=("work",)))


def test_with_json_each_answer_is_one_line(talk: Talk) -> None:
    out, error = talk(NOTICE, "Who is the president of France?", as_json=True)
    answers = [json.loads(line) for line in out]
    assert [(answer["question"], answer["status"]) for answer in answers] == [
        (NOTICE, "answered"),
        ("Who is the president of France?", "not_found"),
    ]
    assert error == []


def test_with_json_standard_output_carries_nothing_but_json(talk: Talk) -> None:
    out, error = talk("/sources", NOTICE, "/sources", "/clear", "/help", as_json=True)
    assert [json.loads(line)["status"] for line in out] == ["answered"]
    assert "The conversation is forgotten." in error
    assert error[-len(HELP.splitlines()) :] == HELP.splitlines()


def test_an_error_of_one_question_does_not_end_the_chat(talk: Talk, library: Library) -> None:
    def fail(*_: object) -> str:
        raise ModelMissing("The model is gone.", hint="Run `rag models pull`.")

    working = library._generator
    library._generator = ScriptedGenerator(fail)
    out, error = talk(NOTICE, "/help")
    assert error == ["error: The model is gone.", "hint: Run `rag models pull`."]
    assert out == HELP.splitlines()
    library._generator = working
    assert talk(NOTICE)[0][0].startswith("The notice period")


def test_ctrl_c_stops_the_answer_and_leaves_no_trace_in_the_conversation(talk: Talk, library: Library) -> None:
    class Interrupted(ScriptedGenerator):
        def stream(self, *arguments: object, **options: object) -> Iterator[str]:  # type: ignore[override]
            pieces = super().stream(*arguments, **options)  # type: ignore[arg-type]
            yield next(pieces)
            raise KeyboardInterrupt

    library._generator = Interrupted()
    out, error = talk(NOTICE, "/sources", "/quit")
    assert error == ["", "(stopped)"]
    assert out[-1] == "Nothing has been asked yet."


def test_ctrl_c_at_the_prompt_drops_the_line_and_the_chat_goes_on(
    library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: Iterator[str | type[BaseException]] = iter([KeyboardInterrupt, "/help\n", ""])

    class Keyboard(io.StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            line = next(lines)
            if isinstance(line, str):
                return line
            raise line

    monkeypatch.setattr("sys.stdin", Keyboard())
    Chat(library).run()
    assert capsys.readouterr().out.splitlines() == HELP.splitlines()
