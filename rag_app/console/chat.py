"""Conversation in the terminal: streamed answers, follow-up questions, and a few commands."""

from __future__ import annotations

import math
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import file_of
from rag_app.console import opener
from rag_app.console.amounts import count_text
from rag_app.console.answers import show_answer_end, show_events, show_passages, show_sources
from rag_app.console.choices import Choices
from rag_app.console.completion import Argument, Choice, proposals
from rag_app.console.conversation import Conversation
from rag_app.console.keyboard import open_keyboard
from rag_app.console.links import file_link, place_text, show_link
from rag_app.console.lists import show_sessions
from rag_app.console.problems import show_error
from rag_app.console.screen import print_json, show_note, show_remark
from rag_app.console.transcript import file_name, transcript, write_new
from rag_app.errors import RagError, UsageError
from rag_app.storage.filters import described, parsed
from rag_app.text import flat
from rag_app.types import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag_app.console.completion import Proposal
    from rag_app.library import Library
    from rag_app.types import Citation, Event, Filter, Hit

HELP = """\
Ask in your own words; a follow-up such as "and for pets?" is understood.
/sources  what the last answer was drawn from, passage by passage
/open     open a source of the last answer at its page: /open 2
/in       search only some documents: /in PATH --type pdf --tag work;
          alone it shows the filter, /in off ends it
/model    which language model writes, and which others are installed;
          /model NAME lets another one write until the chat ends
/budget   begin answers within some seconds by reading less: /budget 2;
          alone it shows the budget, /budget off ends it
/sessions the conversations that are kept
/resume   go on with one of them: /resume NAME
/export   write this one as Markdown, with its sources: /export FILE
/clear    forget the conversation; one that is kept stays, and a new one begins
/help     this list
/quit     leave (also Ctrl-D)
A backslash at the end of a line, or Esc then Enter, goes on in the next line.
Tab completes commands and names. Ctrl-C stops an answer; the chat goes on."""


_PLACE_LENGTH = 60  # characters beside a number that is proposed


@dataclass(frozen=True, slots=True)
class _Command:
    """What a command does with the text after it; it returns whether the chat goes on."""

    run: Callable[[str], bool]
    argument: Argument | None = None


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
        self._budget: float | None = None  # seconds
        self._said = Conversation(library, session, keep=keep)
        self._choices = Choices(library)
        self._commands: dict[str, _Command] = {
            "/sources": _Command(lambda _: self._sources()),
            "/open": _Command(self._open, Argument(lambda _: self._source_choices())),
            "/in": _Command(self._choose, Argument(self._choices.filters, words=True)),
            "/model": _Command(self._model, Argument(lambda _: self._choices.generators())),
            "/budget": _Command(self._limit, Argument(lambda _: [Choice("off")])),
            "/sessions": _Command(lambda _: self._sessions()),
            "/resume": _Command(self._resume, Argument(lambda _: self._choices.sessions())),
            "/export": _Command(self._export),
            "/clear": _Command(lambda _: self._clear()),
            "/help": _Command(lambda _: self._help()),
            "/quit": _Command(lambda _: False),
            "/exit": _Command(lambda _: False),
        }

    def run(self) -> None:
        """Read questions until /quit or the end of the input."""
        read = open_keyboard(self.complete)
        if self._said.is_there():
            self._said.take_up(self._said.session or "")
        if sys.stdin.isatty() and not self._as_json:
            print("Ask your documents. /help lists the commands, /quit leaves.")
        going = True
        while going:
            self._choices.renew()
            try:
                text = read()
            except EOFError:
                break
            except KeyboardInterrupt:  # at the prompt: drops the line, as a shell does
                print(file=sys.stderr)
                continue
            # on one line: the models take the lines of a prompt apart
            going = self._take(" ".join(line.strip() for line in text.splitlines()).strip())
        self._said.settle()

    def complete(self, line: str) -> list[Proposal]:
        """Return how a line may go on: commands, and the documents, sessions, models and sources that they take."""
        try:
            return proposals(line, {name: command.argument for name, command in self._commands.items()})
        except RagError:  # a library that cannot be read says so when it is asked something
            return []

    def _take(self, text: str) -> bool:
        """Answer a question or obey a command; return whether the chat goes on."""
        if not text:
            return True
        try:
            if text.startswith("/"):
                return self._obey(text)
            self._ask(text)
        except KeyboardInterrupt:
            print("\n(stopped)", file=sys.stderr)
        except RagError as error:
            show_error(error.message, error.hint)
        return True

    def _obey(self, text: str) -> bool:
        name, *rest = text.split(maxsplit=1)
        command = self._commands.get(name)
        if command is None:
            raise UsageError(f"There is no command {name}.", hint=f"Try one of: {', '.join(self._commands)}.")
        return command.run("".join(rest))

    def _ask(self, question: str) -> None:
        history = tuple(self._said.history)
        events = self._library.stream(question, history=history, budget=self._budget, where=self._where)
        try:
            answer = _last_of(events) if self._as_json else show_events(events)
        finally:
            close = getattr(events, "close", None)
            if close:
                close()
        self._said.add(answer)
        if self._as_json:
            print_json(answer.as_json())
            return
        show_answer_end(answer)
        if answer.standalone_question != question:
            show_note(f"Understood as: {answer.standalone_question}")
        print()

    # The last answer

    def _sources(self) -> bool:
        if self._said.last is None:
            self._say("Nothing has been asked yet.")
        elif self._as_json:
            self._say("They are in the JSON of the answer.")
        else:
            show_sources(self._said.last.citations)
            show_passages(self._said.last.passages, scores=True)
        return True

    def _open(self, text: str) -> bool:
        """Open a source at its page; write the address where nothing here can show it."""
        source = self._source(text)
        file = Path(file_of(source.document))
        if not (file.is_absolute() and file.is_file()):
            raise UsageError(f"{source.document} is not there any more.", hint="/sources shows what was read of it.")
        arguments = opener.command(file, source.page if str(file) == source.document else 1)
        if arguments and opener.launch(arguments):
            self._say(f"Opening {flat(place_text(source), 500)}.")
        elif self._as_json:
            self._say(file_link(source.document, source.page))
        else:
            show_link(source)
        return True

    def _source(self, text: str) -> Citation | Hit:
        if self._said.last is None:
            raise UsageError("Nothing has been asked yet.", hint="Ask something first.")
        sources = _numbered(self._said.last)
        if not sources:
            raise UsageError("The last answer has no sources.", hint="Ask something else first.")
        number = text.removeprefix("[").removesuffix("]")
        if not number and len(sources) == 1:
            number = "1"
        if number.isdecimal() and int(number) in sources:
            return sources[int(number)]
        count = count_text(len(sources), "source")
        problem = f"The last answer has {count}, and none is called {text}." if text else f"Which of the {count}?"
        raise UsageError(problem, hint=f"Write /open and one of: {', '.join(map(str, sources))}.")

    def _source_choices(self) -> list[Choice]:
        if self._said.last is None:
            return []
        choices = []
        for number, source in _numbered(self._said.last).items():
            place = flat(place_text(source), _PLACE_LENGTH)
            choices.append(Choice(str(number), place))
        return choices

    # How it is answered

    def _choose(self, text: str) -> bool:
        """Set, show or end the filter; one that cannot be used changes nothing."""
        where = self._where
        if text:
            where = None if text == "off" else parsed(_words(text))
        found = self._library.documents(where)
        self._where = where
        which = f": {flat(described(where), 500)}" if where else ", which is all"
        self._say(f"Searching {count_text(len(found), 'document')}{which}.")
        return True

    def _model(self, name: str) -> bool:
        """Show the generators, or let another one write."""
        if name:
            self._library.use_generator(name)
            self._say(f"Answers are written by {flat(name, 500)} now.")
            return True
        used = self._library.settings.generator
        installed = [choice.text for choice in self._choices.generators()]
        for known in dict.fromkeys([*installed, used]):
            mark = "*" if known == used else " "
            self._say(f"{mark} {flat(known, 500)}")
        self._say("* writes the answers. /model NAME lets another one write.")
        return True

    def _limit(self, text: str) -> bool:
        """Set, show or end the budget."""
        if text:
            self._budget = None if text == "off" else _seconds(text)
        if self._budget is None:
            self._say("There is no budget: answers take the time that they need.")
        else:
            self._say(f"Answers aim to begin within {self._budget:g} s by reading less.")
        return True

    # The conversation

    def _sessions(self) -> bool:
        sessions = self._library.sessions()
        if self._as_json:
            names = ", ".join(session.name for session in sessions)
            self._say(names or "No conversation is kept yet.")
        else:
            show_sessions(sessions)
        return True

    def _resume(self, text: str) -> bool:
        """Take up another session; what is left stays as it is kept."""
        if not text:
            raise UsageError("Which conversation?", hint="Write: /resume NAME. /sessions lists them.")
        self._said.take_up(text)
        return True

    def _export(self, text: str) -> bool:
        """Write the conversation into a new file."""
        name = self._said.session or "Conversation"
        if not self._said.turns:
            raise UsageError("Nothing has been asked yet.", hint="Ask something first.")
        file = " ".join(_words(text)) or file_name(name)
        path = write_new(Path(file), transcript(name, self._said.turns))
        show_remark(f"Written to {path}.")
        return True

    def _clear(self) -> bool:
        kept = self._said.forget()
        stays = f" It stays kept as {kept}." if kept else ""
        self._say(f"The conversation is forgotten.{stays}")
        return True

    def _help(self) -> bool:
        self._say(HELP)
        return True

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr if self._as_json else sys.stdout, flush=True)


def _last_of(events: Iterator[Event]) -> Answer:
    *_, answer = events
    assert isinstance(answer, Answer)
    return answer


def _numbered(answer: Answer) -> dict[int, Citation | Hit]:
    """Return the sources of an answer by the number that is shown before them; without any, the nearest passages."""
    if answer.citations:
        return {citation.marker: citation for citation in answer.citations}
    return {hit.rank: hit for hit in answer.passages}


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise UsageError(f"{text} is no budget.", hint="Write a positive number of seconds, such as /budget 2.")
    return seconds


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError("A quotation mark is not closed.", hint='Write: /in "name with spaces.pdf"') from error
