"""The names of a library that the commands of the chat take, as they are proposed while one is being written."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import FAMILIES
from rag_app.console.completion import Choice
from rag_app.storage.filters import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rag_app.library import Library


class Choices:
    """Names that are looked up once for each line, not at every key."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._first = library.settings.generator  # may be a file that no list names
        self._found: dict[str, list[Choice]] = {}

    def renew(self) -> None:
        """Look everything up again: another line begins."""
        self._found.clear()

    def generators(self) -> list[Choice]:
        """Return the installed generators, and the one that the chat began with."""
        return self._once("generators", lambda: map(Choice, dict.fromkeys([*self._library.generators(), self._first])))

    def sessions(self) -> list[Choice]:
        """Return the sessions, the one used last first, with the questions of each."""
        return self._once(
            "sessions",
            lambda: (
                Choice(session.name, f"{session.turns:,} question{'s' * (session.turns != 1)}")
                for session in self._library.sessions()
            ),
        )

    def filters(self, before: str) -> list[Choice]:
        """Return what a filter may go on with after the words `before`."""
        option = before.split()[-1] if before.strip() else ""
        if option == "--type":
            return [Choice(family) for family in FAMILIES]
        if option == "--tag":
            return self._once("tags", self._tags)
        if option in {"--since", "--until"}:
            return []
        return [*self._once("documents", self._documents), *map(Choice, OPTIONS), Choice("off")]

    def _tags(self) -> Iterable[Choice]:
        return map(Choice, dict.fromkeys(tag for document in self._library.documents() for tag in document.tags))

    def _documents(self) -> Iterable[Choice]:
        """Return the names of the documents, and paths where several have the same name."""
        paths = [path for document in self._library.documents() for path in document.paths]
        taken = Counter(PurePath(path).name for path in paths)
        return [Choice(path if taken[PurePath(path).name] > 1 else PurePath(path).name) for path in paths]

    def _once(self, kind: str, look_up: Callable[[], Iterable[Choice]]) -> list[Choice]:
        if kind not in self._found:
            self._found[kind] = list(look_up())
        return self._found[kind]
