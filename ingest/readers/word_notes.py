"""The footnotes, endnotes and comments of a Word document, in the order in which its text refers to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.readers.figures import in_form
from ingest.readers.package import number
from ingest.readers.word_styles import WORDS, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.readers.package import Package

KINDS = ("footnotes", "endnotes", "comments")

_FORMS = {"footnotes": "decimal", "endnotes": "lowerRoman"}
_PROPERTIES = {"footnotes": "footnotePr", "endnotes": "endnotePr"}


@dataclass(frozen=True, slots=True)
class Note:
    """A note or comment."""

    mark: str  # its number; "" of a comment, and of a note that the text does not refer to
    author: str
    element: Any


class Notes:
    """Numbers the notes of one document while its text is read, and keeps them until they are written."""

    def __init__(self, package: Package, settings: Any) -> None:
        """Take the file, and the root element of its settings, if there are any."""
        self.hides = False  # whether any text that was read is hidden
        self.drawings: list[str] = []  # identifiers of links to diagrams and charts, to be written
        self._elements = {kind: dict(_notes(package, kind)) for kind in KINDS}
        self._forms = dict(_FORMS)
        self._counts = dict.fromkeys(_FORMS, 0)
        self._marks: dict[tuple[str, str], str] = {}
        self._waiting: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for kind, name in _PROPERTIES.items():
            for source in (settings, package.root):
                said = None if source is None else next(source.iter(f"{WORDS}{name}"), None)
                if said is not None:
                    self._forms[kind] = value_of(said.find(f"{WORDS}numFmt")) or self._forms[kind]
                    self._counts[kind] = number(value_of(said.find(f"{WORDS}numStart")), 1) - 1

    def refer(self, kind: str, identifier: str) -> str:
        """Return the mark of a note that the text refers to, which waits to be written from the first time on."""
        key = (kind, identifier)
        if identifier in self._elements[kind] and key not in self._marks:
            self._waiting[kind].append(identifier)
            self._marks[key] = ""
            if kind in self._forms:
                self._counts[kind] += 1
                self._marks[key] = in_form(self._counts[kind], self._forms[kind])
        return self._marks.get(key, "")

    def taken(self, kind: str) -> list[Note]:
        """Return the notes of a kind that wait, which then wait no more."""
        waiting, self._waiting[kind] = self._waiting[kind], []
        return [self._note(kind, identifier) for identifier in waiting]

    def others(self, kind: str) -> list[Note]:
        """Return the notes of a kind that the text does not refer to."""
        return [self._note(kind, one) for one in self._elements[kind] if (kind, one) not in self._marks]

    def _note(self, kind: str, identifier: str) -> Note:
        element = self._elements[kind][identifier]
        return Note(self._marks.get((kind, identifier), ""), element.get(f"{WORDS}author", "").strip(), element)


def _notes(package: Package, kind: str) -> Iterator[tuple[str, Any]]:
    for _, root in package.parts(package.main, kind):
        for note in root:
            if isinstance(note.tag, str) and note.get(f"{WORDS}type", "normal") == "normal":  # others are only lines
                yield note.get(f"{WORDS}id", ""), note
