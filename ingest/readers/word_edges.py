"""The heads and feet of the pages of a Word document, section by section, each text once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.readers.package import RELATION, is_on
from ingest.readers.word_styles import WORDS, value_of

if TYPE_CHECKING:
    from ingest.readers.package import Package


@dataclass(frozen=True, slots=True)
class Edge:
    """A head or foot that comes into use."""

    part: str  # name of the part of the file
    root: Any


class Edges:
    """Hands out the heads and feet of sections in order."""

    def __init__(self, package: Package, settings: Any) -> None:
        """Take the file, and the root element of its settings, if there are any."""
        self._package = package
        self._sections = list(package.root.iter(f"{WORDS}sectPr"))
        self._sections = [one for one in self._sections if not _is_old(one)]
        even = None if settings is None else settings.find(f"{WORDS}evenAndOddHeaders")
        self._even = is_on(even, value_of(even))
        self._used: set[str] = set()
        self._said: set[str] = set()

    def of(self, section: int, kind: str) -> list[Edge]:
        """Return the heads or feet ("header", "footer") of a section, from 0, that no section before it had."""
        if section >= len(self._sections):
            return []
        properties = self._sections[section]
        first = properties.find(f"{WORDS}titlePg")
        shown = {"default": True, "first": is_on(first, value_of(first)), "even": self._even}
        found = []
        for reference in properties.iterfind(f"{WORDS}{kind}Reference"):
            part = self._package.linked(self._package.main, reference.get(f"{RELATION}id"))
            if shown.get(reference.get(f"{WORDS}type", "default")) and part and part not in self._used:
                self._used.add(part)
                root = self._package.part(part)
                if root is not None and self._is_new(root):
                    found.append(Edge(part, root))
        return found

    def _is_new(self, root: Any) -> bool:
        said = " ".join("".join(element.text or "" for element in root.iter(f"{WORDS}t")).split())
        art = "".join(element.get("string", "") for element in root.iter("{*}textpath"))
        new = f"{said}\n{art}" not in self._said
        self._said.add(f"{said}\n{art}")
        return new


def _is_old(properties: Any) -> bool:
    """Tell whether these are what a section was before a change."""
    return any(
        isinstance(above.tag, str) and above.tag == f"{WORDS}sectPrChange" for above in properties.iterancestors()
    )
