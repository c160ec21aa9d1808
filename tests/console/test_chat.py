from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes import ScriptedGenerator, fakes_of, write_pdf

from rag_app.console import screen
from rag_app.console.chat import HELP, Chat
from rag_app.errors import LibraryBusy, ModelMissing, UsageError
from rag_app.types import Answer, Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.types import Event, Session

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
        screen.console.cache_clear()  # a console keeps the stream that it was made for
        monkeypatch.setattr("sys.stdin", Pipe("".join(f"{line}\n" for line in lines)))
        Chat(library, as_json=as_json, where=where, session=session, keep=keep).run()
        out, error = capsys.readouterr()
        return out.splitlines(), error.splitlines()

    return run


@pytest.mark.parametrize("question", ["?", "\u200b", "\x07", "❤️"], ids=ascii)
def test_a_question_of_nothing_is_refused_and_the_chat_goes_on(talk: Talk, question: str) -> None:
    out, error = talk(question, NOTICE)
    assert out[0].startswith("The notice period is three months")
    assert error[0] == "error: The question is empty: it has no letter and no digit."


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
        for command in (
            "/sources",
            "/open",
            "/in",
            "/model",
            "/budget",
            "/sessions",
            "/resume",
            "/export",
            "/clear",
            "/help",
            "/quit",
        )
    )
    assert max(map(len, out)) <= 80


@pytest.mark.parametrize("command", ["/quit", "/exit"])
def test_nothing_after_quit_is_read(talk: Talk, command: str) -> None:
    assert talk(command, "/help") == ([], [])


def test_an_unknown_command_is_an_error_with_the_known_ones_and_the_chat_goes_on(talk: Talk) -> None:
    out, error = talk("/sauces now", "/help")
    assert error == [
        "error: There is no command /sauces.",
        "hint: Try one of: /sources, /open, /in, /model, /budget, /sessions, /resume, /export, /clear, /help, /quit, "
        "/exit.",
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
    monkeypatch.setattr("rag_app.console.amounts.time_text", lambda _: "2026-11-28 08:30")
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
    assert any("The monthly rent is 1,250 euros" in line for line in out)
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


# A source is opened


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in for a desktop; return what it was told to open."""
    told: list[list[str]] = []
    monkeypatch.setattr("rag_app.console.opener.command", lambda file, page: ["view", str(page), str(file)])
    monkeypatch.setattr("rag_app.console.opener.launch", lambda arguments: not told.append(arguments))  # type: ignore[func-returns-value]
    return told


CATS = "May the tenant keep a cat, or a dog?"


def test_open_shows_the_source_at_its_page(talk: Talk, papers: Path, opened: list[list[str]]) -> None:
    out, error = talk(CATS, "/open 1", "/open [1]")
    assert "[1] lease.pdf, page 2" in out
    assert opened == [["view", "2", str(papers / "lease.pdf")]] * 2
    assert out[-2:] == ["Opening lease.pdf, page 2."] * 2
    assert error == []


def test_open_without_a_number_takes_the_only_source(talk: Talk, papers: Path, opened: list[list[str]]) -> None:
    talk(NOTICE, "/open")
    assert opened == [["view", "1", str(papers / "lease.pdf")]]


def test_open_takes_the_nearest_passages_where_nothing_was_answered(
    talk: Talk, library: Library, opened: list[list[str]]
) -> None:
    question = "Who is the president of France?"
    hit = library.ask(question).passages[1]
    talk(question, "/open 2")
    assert opened == [["view", str(hit.page), hit.document]]


@pytest.mark.parametrize("number", ["9", "0", "-1", "one", "²", "1 2"])
def test_a_source_that_is_not_there_is_one_sentence(talk: Talk, opened: list[list[str]], number: str) -> None:
    _, error = talk("/open", NOTICE, f"/open {number}")
    assert error == [
        "error: Nothing has been asked yet.",
        "hint: Ask something first.",
        f"error: The last answer has 1 source, and none is called {number}.",
        "hint: Write /open and one of: 1.",
    ]
    assert opened == []


def test_open_asks_which_of_several_sources(talk: Talk, library: Library, opened: list[list[str]]) -> None:
    citation = library.ask(NOTICE).citations[0]
    three = replace(library.ask(NOTICE), citations=tuple(replace(citation, marker=n) for n in (1, 2, 3)))
    library.keep("three", three)
    _, error = talk("/resume three", "/open", "/open 9", "/open 3")
    assert error[1:] == [
        "error: Which of the 3 sources?",
        "hint: Write /open and one of: 1, 2, 3.",
        "error: The last answer has 3 sources, and none is called 9.",
        "hint: Write /open and one of: 1, 2, 3.",
    ]
    assert len(opened) == 1


def test_a_file_that_is_gone_is_not_opened(talk: Talk, papers: Path, opened: list[list[str]]) -> None:
    (papers / "lease.pdf").rename(papers / "moved.pdf")
    _, error = talk(NOTICE, "/open 1")
    assert error[0] == f"error: {papers / 'lease.pdf'} is not there any more."
    assert opened == []


@pytest.mark.parametrize("name", ["https://evil.example/a.pdf", "-rf", "lease.pdf"])
def test_a_document_that_is_no_file_is_not_opened(
    talk: Talk, library: Library, opened: list[list[str]], name: str, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(papers)
    answer = library.ask(NOTICE)
    library.keep("odd", replace(answer, citations=(replace(answer.citations[0], document=name),)))
    assert talk("/resume odd", "/open 1")[1][1] == f"error: {name} is not there any more."
    assert opened == []


@pytest.mark.parametrize("as_json", [False, True])
def test_where_nothing_can_open_it_the_address_is_written(
    talk: Talk, papers: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    address = f"file://{papers}/lease.pdf#page=1"
    monkeypatch.setattr("rag_app.console.opener.command", lambda file, page: None)
    assert talk(NOTICE, "/open 1", as_json=as_json)[as_json][-1] == address
    monkeypatch.setattr("rag_app.console.opener.command", lambda file, page: ["view"])
    monkeypatch.setattr("rag_app.console.opener.launch", lambda arguments: False)
    assert talk(NOTICE, "/open 1", as_json=as_json)[as_json][-1] == address


# Another generator, and less time


@pytest.fixture
def two_generators(library: Library) -> Callable[[], str]:
    """Install the generators `script` and `shouting`; return what tells which one writes."""
    shouting = ScriptedGenerator()
    shouting.name = "shouting"
    fakes_of(library).others = {"shouting": shouting}
    return lambda: fakes_of(library).generator.name


def test_model_shows_and_changes_what_writes(talk: Talk, two_generators: Callable[[], str]) -> None:
    out, error = talk("/model", "/model shouting", "/model", NOTICE, "/model script")
    legend = "* writes the answers. /model NAME lets another one write."
    assert out[:7] == [
        "* script",
        "  shouting",
        legend,
        "Answers are written by shouting now.",
        "  script",
        "* shouting",
        legend,
    ]
    assert out[7].startswith("The notice period is three months")
    assert out[-1] == "Answers are written by script now."
    assert error == []
    assert two_generators() == "script"


def test_the_answer_names_the_model_that_wrote_it(talk: Talk, two_generators: Callable[[], str]) -> None:
    out, error = talk(NOTICE, "/model shouting", NOTICE, as_json=True)
    assert [json.loads(line)["models"]["generator"] for line in out] == ["script", "shouting"]
    assert error == ["Answers are written by shouting now."]
    assert two_generators() == "shouting"


def test_a_model_that_is_not_installed_changes_nothing(talk: Talk, two_generators: Callable[[], str]) -> None:
    out, error = talk("/model other", "/model")
    assert error == ["error: The model other is not installed.", "hint: Run `rag models pull other`."]
    assert out[0] == "* script"
    assert two_generators() == "script"


def test_a_generator_that_is_chosen_again_is_not_loaded_again(
    library: Library, two_generators: Callable[[], str]
) -> None:
    before = fakes_of(library).generator
    library.use_generator("script")
    assert fakes_of(library).generator is before


def test_budget_is_that_of_ask(talk: Talk, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    stream = library.stream

    def spying(question: str, **how: Any) -> Iterator[Event]:
        given.append(how["budget"])
        return stream(question, **how)

    monkeypatch.setattr(library, "stream", spying)
    out, error = talk(NOTICE, "/budget", "/budget 1.5", NOTICE, "/budget", "/budget off", NOTICE)
    assert given == [None, 1.5, None]
    assert [line for line in out if "budget" in line or "aim" in line] == [
        "There is no budget: answers take the time that they need.",
        *["Answers aim to begin within 1.5 s by reading less."] * 2,
        "There is no budget: answers take the time that they need.",
    ]
    assert error == []


@pytest.mark.parametrize("text", ["0", "-2", "nan", "inf", "soon", "2 s"])
def test_a_budget_that_cannot_be_used_changes_nothing(talk: Talk, text: str) -> None:
    out, error = talk("/budget 3", f"/budget {text}", "/budget")
    assert error == [
        f"error: {text} is no budget.",
        "hint: Write a positive number of seconds, such as /budget 2.",
    ]
    assert out == ["Answers aim to begin within 3 s by reading less."] * 2


# What a line may go on with, and questions of several lines


def test_names_of_the_library_are_proposed(library: Library, papers: Path, two_generators: Callable[[], str]) -> None:
    write_pdf(papers / "old" / "lease.pdf", "The old lease of the flat.", title="Old Lease")
    write_pdf(papers / "my notes.pdf", "Notes about the cellar.", title="Notes")
    library.ingest([papers])
    library.tag(papers / "lease.pdf", add="home")
    library.keep("Winter lease", library.ask(NOTICE))
    chat = Chat(library)

    def texts(line: str) -> list[str]:
        return [proposal.text for proposal in chat.complete(line)]

    assert texts("/re") == ["/resume"]
    assert texts("/in man") == ["manual.pdf"]
    assert texts("/in lease") == [str(papers / "lease.pdf"), str(papers / "old" / "lease.pdf")]
    assert texts("/in not") == ["'my notes.pdf'"]
    assert texts("/in 'my n") == ["'my notes.pdf'"]
    assert texts("/in manual.pdf --t") == ["--type", "--tag"]
    assert texts("/in --tag ") == ["home"]
    assert texts("/in --type pp") == []
    assert texts("/in --type p") == ["pdf", "picture", "epub", "zip", "opendocument"]
    assert texts("/in --since 2") == []
    assert texts("/resume win") == ["Winter lease"]
    assert texts("/resume Winter l") == ["Winter lease"]
    assert texts("/model sh") == ["shouting"]
    assert texts("/budget ") == ["off"]
    assert texts("/open ") == []
    assert texts("How long is") == texts("") == texts("/help ") == []


def test_sources_are_proposed_with_their_places(library: Library) -> None:
    library.keep("lease", library.ask(CATS))
    chat = Chat(library, session="lease", keep=True)
    chat._resume("lease")
    first, *_ = chat.complete("/open ")
    assert (first.text, first.note) == ("1", "lease.pdf, page 2")


def test_names_are_looked_up_once_a_line(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    known = library.documents
    monkeypatch.setattr(library, "documents", lambda *_: asked.append(1) or known())
    chat = Chat(library)
    for text in ("/in l", "/in le", "/in lea"):
        chat.complete(text)
    assert asked == [1]


def test_a_library_that_cannot_be_read_proposes_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> list[Session]:
        raise LibraryBusy("It is in use.", hint="Wait.")

    monkeypatch.setattr(library, "sessions", fail)
    assert Chat(library).complete("/resume ") == []


def test_a_backslash_joins_lines_to_one_question(talk: Talk) -> None:
    out, _ = talk("How long is \\", "the notice period?", as_json=True)
    [answer] = [json.loads(line) for line in out]
    assert answer["question"] == "How long is the notice period?"
    assert answer["answer"].startswith("The notice period is three months")


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

    working = fakes_of(library).generator
    fakes_of(library).generator = ScriptedGenerator(fail)
    out, error = talk(NOTICE, "/help")
    assert error == ["error: The model is gone.", "hint: Run `rag models pull`."]
    assert out == HELP.splitlines()
    fakes_of(library).generator = working
    assert talk(NOTICE)[0][0].startswith("The notice period")


def test_ctrl_c_stops_the_answer_and_leaves_no_trace_in_the_conversation(talk: Talk, library: Library) -> None:
    class Interrupted(ScriptedGenerator):
        def stream(self, *arguments: object, **options: object) -> Iterator[str]:  # type: ignore[override]
            pieces = super().stream(*arguments, **options)  # type: ignore[arg-type]
            yield next(pieces)
            raise KeyboardInterrupt

    fakes_of(library).generator = Interrupted()
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
