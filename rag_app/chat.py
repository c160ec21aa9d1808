"""Conversation in the terminal: streamed answers, follow-up questions, and a few commands."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rag_app import terminal
from rag_app.errors import RagError, UsageError
from rag_app.filters import described, parsed
from rag_app.sessions import history_of, messages, session_name
from rag_app.tags import label_key
from rag_app.transcript import file_name, transcript, write_new
from rag_app.types import Answer, SessionTurn, Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.library import Library
    from rag_app.types import Filter, Turn

HELP = """\
Ask a question in your own words; a follow-up such as "and for pets?" is understood.
/sources  what the last answer was drawn from, passage by passage
/in       search only some documents: /in PATH --type pdf --since 2024 --tag work;
          alone it shows the filter, /in off ends it
/sessions the conversations that are kept
/resume   go on with one of them: /resume NAME
/export   write this one as Markdown, with its sources: /export FILE
/clear    forget the conversation; one that is kept stays, and a new one begins
/help     this list
/quit     leave (also Ctrl-D)
Ctrl-C stops an answer; the chat goes on."""


class Chat:
    """One conversation with a library."""

    def __init__(
        self,
        library: Library,
        *,
        as_json: bool = False,
        where: Filter | None = None,
        session: str | None = None,
        keep: bool = False,
    ) -> None:
        """Take what the conversation is held with.

        Args:
            library: answers the questions.
            as_json: write each answer as a line of JSON.
            where: which documents are searched at first.
            session: the conversation that goes on, or begins; without a name it gets one at its first question.
            keep: each turn, in the library.

        Raises:
            UsageError: `where` leaves no document, or `session` is no name.
        """
        if where:
            library.documents(where)
        self._library = library
        self._where = where
        self._as_json = as_json
        self._keep = keep
        self._session = None if session is None else session_name(session)
        self._turns: list[SessionTurn] = []
        self._history: list[Turn] = []
        self._last: Answer | None = None
        self._unkept: list[Answer] = []  # could not be written so far
        self._problem: RagError | None = None  # why
        self._commands: dict[str, Callable[[str], bool]] = {
            "/sources": lambda _: self._sources(),
            "/in": self._choose,
            "/sessions": lambda _: self._sessions(),
            "/resume": self._resume,
            "/export": self._export,
            "/clear": lambda _: self._clear(),
            "/help": lambda _: self._help(),
            "/quit": lambda _: False,
            "/exit": lambda _: False,
        }

    def run(self) -> None:
        """Read questions until /quit or the end of the input."""
        read = _reader(list(self._commands))
        if self._keep and self._session and any(_same(self._session, s.name) for s in self._library.sessions()):
            self._take_up(self._session)
        if sys.stdin.isatty() and not self._as_json:
            print("Ask your documents. /help lists the commands, /quit leaves.")
        going = True
        while going:
            try:
                line = read()
            except EOFError:
                break
            except KeyboardInterrupt:  # at the prompt: drops the line, as a shell does
                print(file=sys.stderr)
                continue
            going = self._take(line.strip())
        self._settle()

    def _take(self, line: str) -> bool:
        """Answer one line of input; return whether the chat goes on."""
        if not line:
            return True
        if line.startswith("/"):
            name, *rest = line.split(maxsplit=1)
            command = self._commands.get(name)
            if command is None:
                terminal.show_error(f"There is no command {name}.", f"Try one of: {', '.join(self._commands)}.")
                return True
            return command("".join(rest))
        try:
            self._ask(line)
        except KeyboardInterrupt:
            print("\n(stopped)", file=sys.stderr)
        except RagError as error:
            terminal.show_error(error.message, error.hint)
        return True

    def _ask(self, question: str) -> None:
        events = self._library.stream(question, history=tuple(self._history), where=self._where)
        answer: Answer | None = None
        try:
            for event in events:
                if isinstance(event, Token) and not self._as_json:
                    terminal.show_token(event.text)
                elif isinstance(event, Answer):
                    answer = event
        finally:
            close = getattr(events, "close", None)
            if close:
                close()
        if answer is None:
            return
        self._remember(answer)
        if self._as_json:
            print(terminal.json_line(answer.as_json()), flush=True)
            return
        terminal.show_answer_end(answer)
        if answer.standalone_question != question:
            terminal.show_note(f"Understood as: {answer.standalone_question}")
        print()

    def _remember(self, answer: Answer) -> None:
        self._last = answer
        self._turns.append(SessionTurn(time.time(), answer))
        self._history += messages(answer)
        if self._keep:
            self._unkept.append(answer)
            self._kept()

    def _kept(self) -> bool:
        """Write what is not in the library yet; return whether all is. What fails is tried again at the next turn."""
        try:
            while self._unkept:
                self._session = self._session or self._new_name()
                self._library.keep(self._session, self._unkept[0])
                del self._unkept[0]
        except RagError as error:
            self._problem = error
        return not self._unkept

    def _settle(self) -> None:
        """Write what is left before the conversation ends; say so where it cannot be."""
        if not self._kept() and self._problem:
            n = len(self._unkept)
            what = f"{n:,} question{'s' * (n != 1)} of this conversation could not be kept: {self._problem.message}"
            terminal.show_error(what, self._problem.hint)
        self._unkept = []

    def _new_name(self) -> str:
        """Return the present time, and a number where a session is called so already."""
        name, taken = terminal.time_text(time.time()), {session.name for session in self._library.sessions()}
        return next(
            text for n in range(1, len(taken) + 2) if (text := name if n == 1 else f"{name} ({n})") not in taken
        )

    def _take_up(self, name: str) -> None:
        """Let the conversation go on from what is kept of a session."""
        turns = self._library.session(name)
        self._settle()
        self._turns, self._session, self._keep = turns, name, True
        self._history, self._last = history_of(self._turns), self._turns[-1].answer
        n, last = len(self._turns), terminal.time_text(self._turns[-1].asked)
        terminal.show_remark(f"Going on with {name}: {n:,} question{'s' * (n != 1)} so far, the last on {last}.")

    def _sessions(self) -> bool:
        if self._as_json:
            self._say(", ".join(session.name for session in self._library.sessions()) or "No conversation is kept yet.")
        else:
            terminal.show_sessions(self._library.sessions())
        return True

    def _resume(self, text: str) -> bool:
        """Take up another session; what is left stays as it is kept."""
        try:
            if not text:
                raise UsageError("Which conversation?", hint="Write: /resume NAME. /sessions lists them.")
            self._take_up(session_name(text))
        except RagError as error:
            terminal.show_error(error.message, error.hint)
        return True

    def _export(self, text: str) -> bool:
        """Write the conversation into a new file."""
        name = self._session or "Conversation"
        try:
            if not self._turns:
                raise UsageError("Nothing has been asked yet.", hint="Ask something first.")
            file = " ".join(_words(text)) or file_name(name)
            terminal.show_remark(f"Written to {write_new(Path(file), transcript(name, self._turns))}.")
        except RagError as error:
            terminal.show_error(error.message, error.hint)
        return True

    def _sources(self) -> bool:
        if self._last is None:
            self._say("Nothing has been asked yet.")
        elif self._as_json:
            self._say("They are in the JSON of the answer.")
        else:
            terminal.show_sources(self._last.citations)
            terminal.show_passages(self._last.passages, scores=True)
        return True

    def _choose(self, text: str) -> bool:
        """Set, show or end the filter; one that cannot be used changes nothing."""
        try:
            if text:
                where = None if text == "off" else parsed(_words(text))
                found = self._library.documents(where)
                self._where = where
            else:
                found = self._library.documents(self._where)
        except RagError as error:
            terminal.show_error(error.message, error.hint)
            return True
        which = f": {terminal.flat(described(self._where), 500)}" if self._where else ", which is all"
        self._say(f"Searching {len(found):,} document{'s' * (len(found) != 1)}{which}.")
        return True

    def _clear(self) -> bool:
        self._settle()
        kept = f" It stays kept as {self._session}." if self._session and self._turns and self._keep else ""
        self._turns, self._history, self._last, self._session = [], [], None, None
        self._say(f"The conversation is forgotten.{kept}")
        return True

    def _help(self) -> bool:
        self._say(HELP)
        return True

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr if self._as_json else sys.stdout, flush=True)


def _same(name: str, other: str) -> bool:
    return label_key(name) == label_key(other)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError("A quotation mark is not closed.", hint='Write: /in "name with spaces.pdf"') from error


def _reader(commands: list[str]) -> Callable[[], str]:
    """Return what reads a line: with editing, history and completion on a terminal, plainly on a pipe."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():

        def plain() -> str:
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            return line

        return plain
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter

    session: PromptSession[str] = PromptSession(completer=WordCompleter(commands, sentence=True))
    return lambda: session.prompt("> ")
