"""The names of a library that the commands of the chat take, as they are proposed while one is being written."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import FAMILIES
from rag_app.console.amounts import count_text
from rag_app.console.completion import Choice
from rag_app.storage.filters import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
        return self._once("generators", self._generators)

    def sessions(self) -> list[Choice]:
        """Return the sessions, the one used last first, with the questions of each."""
        return self._once("sessions", self._sessions)

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

    def _generators(self) -> Iterator[Choice]:
        for name in dict.fromkeys([*self._library.generators(), self._first]):
            yield Choice(name)

    def _sessions(self) -> Iterator[Choice]:
        for session in self._library.sessions():
            yield Choice(session.name, count_text(session.turns, "question"))

    def _tags(self) -> Iterable[Choice]:
        tags: dict[str, None] = {}  # each once, in the order of the documents
        for document in self._library.documents():
            tags |= dict.fromkeys(document.tags)
        return map(Choice, tags)

    def _documents(self) -> Iterator[Choice]:
        """Yield the names of the documents, and paths where several have the same name."""
        paths = [path for document in self._library.documents() for path in document.paths]
        names = [PurePath(path).name for path in paths]
        taken = Counter(names)
        for path, name in zip(paths, names, strict=True):
            yield Choice(name if taken[name] == 1 else path)

    def _once(self, kind: str, look_up: Callable[[], Iterable[Choice]]) -> list[Choice]:
        if kind not in self._found:
            self._found[kind] = list(look_up())
        return self._found[kind]
