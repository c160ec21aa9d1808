"""Conversation in the terminal: streamed answers, follow-up questions, and a few commands."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rag_app import terminal
from rag_app.errors import RagError, UsageError
from rag_app.filters import described, parsed
from rag_app.types import Answer, Token, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.library import Library
    from rag_app.types import Filter

HELP = """\
Ask a question in your own words; a follow-up such as "and for pets?" is understood.
/sources  what the last answer was drawn from, passage by passage
/in       search only some documents: /in PATH --type pdf --since 2024 --tag work;
          alone it shows the filter, /in off ends it
/clear    forget the conversation
/help     this list
/quit     leave (also Ctrl-D)
Ctrl-C stops an answer; the chat goes on."""


class Chat:
    """One conversation with a library."""

    def __init__(self, library: Library, *, as_json: bool = False, where: Filter | None = None) -> None:
        """Take the library, and which of its documents are searched at first; UsageError where there are none."""
        if where:
            library.documents(where)
        self._library = library
        self._where = where
        self._as_json = as_json
        self._history: list[Turn] = []
        self._last: Answer | None = None
        self._commands: dict[str, Callable[[str], bool]] = {
            "/sources": lambda _: self._sources(),
            "/in": self._choose,
            "/clear": lambda _: self._clear(),
            "/help": lambda _: self._help(),
            "/quit": lambda _: False,
            "/exit": lambda _: False,
        }

    def run(self) -> None:
        """Read questions until /quit or the end of the input."""
        read = _reader(list(self._commands))
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
        self._last = answer
        self._history += [Turn("user", answer.standalone_question), Turn("assistant", answer.answer)]
        if self._as_json:
            print(terminal.json_line(answer.as_json()), flush=True)
            return
        terminal.show_answer_end(answer)
        if answer.standalone_question != question:
            terminal.show_note(f"understood as: {answer.standalone_question}")
        print()

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
        self._history.clear()
        self._last = None
        self._say("The conversation is forgotten.")
        return True

    def _help(self) -> bool:
        self._say(HELP)
        return True

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr if self._as_json else sys.stdout, flush=True)


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
