"""What was said in a chat so far, and keeping it in the library, turn by turn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rag_app.console import amounts
from rag_app.console.amounts import count_text
from rag_app.console.problems import show_error
from rag_app.console.screen import show_remark
from rag_app.errors import RagError
from rag_app.storage.sessions import history_of, messages, session_name
from rag_app.storage.tags import label_key
from rag_app.types import SessionTurn

if TYPE_CHECKING:
    from rag_app.library import Library
    from rag_app.types import Answer, Turn


class Conversation:
    """The turns of one chat, oldest first; kept in the library where that is wanted."""

    def __init__(self, library: Library, session: str | None, *, keep: bool) -> None:
        """Take where it is kept, and as what; a session without a name gets one at its first answer.

        Raises:
            UsageError: `session` is no name.
        """
        self._library = library
        self._keep = keep
        self._unkept: list[Answer] = []  # could not be written so far
        self._problem: RagError | None = None  # why
        self.session = None if session is None else session_name(session)
        self.turns: list[SessionTurn] = []
        self.history: list[Turn] = []

    @property
    def last(self) -> Answer | None:
        """The latest answer."""
        return self.turns[-1].answer if self.turns else None

    def is_there(self) -> bool:
        """Tell whether the session is kept in the library already; capitals do not count."""
        if not (self._keep and self.session):
            return False
        wanted = label_key(self.session)
        return any(label_key(session.name) == wanted for session in self._library.sessions())

    def add(self, answer: Answer) -> None:
        """Take an answer as the next turn, and keep it; what cannot be written is tried again with the next one."""
        self.turns.append(SessionTurn(time.time(), answer))
        self.history += messages(answer)
        if self._keep:
            self._unkept.append(answer)
            self._write()

    def settle(self) -> None:
        """Write what is left before the conversation ends; say so where it cannot be."""
        if not self._write() and self._problem:
            questions = count_text(len(self._unkept), "question")
            message = f"{questions} of this conversation could not be kept: {self._problem.message}"
            show_error(message, self._problem.hint)
        self._unkept = []

    def take_up(self, name: str) -> None:
        """Go on from what is kept of a session; what was said so far ends.

        Raises:
            UsageError: there is no session of that name.
        """
        name = session_name(name)
        turns = self._library.session(name)
        self.settle()
        self.turns, self.session, self._keep = turns, name, True
        self.history = history_of(turns)
        questions = count_text(len(turns), "question")
        last = amounts.time_text(turns[-1].asked)
        show_remark(f"Going on with {name}: {questions} so far, the last on {last}.")

    def forget(self) -> str | None:
        """Begin anew; return the name under which the turns so far stay kept, where they do."""
        self.settle()
        kept = self.session if self.turns and self._keep else None
        self.turns, self.history, self.session = [], [], None
        return kept

    def _write(self) -> bool:
        """Write what is not in the library yet; return whether all is."""
        try:
            while self._unkept:
                self.session = self.session or self._new_name()
                self._library.keep(self.session, self._unkept[0])
                del self._unkept[0]
        except RagError as error:
            self._problem = error
        return not self._unkept

    def _new_name(self) -> str:
        """Return the present time, and a number where a session is called so already."""
        taken = {session.name for session in self._library.sessions()}
        now = amounts.time_text(time.time())
        name, number = now, 1
        while name in taken:
            number += 1
            name = f"{now} ({number})"
        return name
