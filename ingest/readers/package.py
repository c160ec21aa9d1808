"""The parts of an Office file: XML within an archive, linked by relationships."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ingest.readers.archive import Archive
from ingest.readers.markup import parse_xml
from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

_CONTENTS = "[Content_Types].xml"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")  # the names of the strict form of the standard
_USUAL = rb"http://schemas.openxmlformats.org/\1/2006/"


@dataclass(frozen=True, slots=True)
class Relation:
    """A link from one part to another."""

    kind: str  # the last word of its type, such as "header"
    target: str  # name of the part within the archive


class Package:
    """An Office file whose parts are read when they are asked for, within the limits of an archive."""

    def __init__(self, path: Path, kind: str, name: str) -> None:
        """Open the file at `path`.

        Args:
            path: the file.
            kind: the word for its format that its list of contents uses.
            name: what to call such a file in an error.

        Raises:
            DocumentError: it is damaged, too large, protected, or of another kind.
        """
        self._path = path
        self.missing: list[str] = []  # parts that others name, and that are not there
        self._relations: dict[str, dict[str, Relation]] = {}
        self._archive = Archive(path)
        try:
            if _CONTENTS not in self._archive or kind.encode() not in self._archive.xml(_CONTENTS):
                raise DocumentError(str(path), f"is not {name}", "wrong_type")
            self.main = next((one.target for one in self.related("") if one.kind == "officeDocument"), "its main part")
            self.root = self._parsed(self.main)
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def part(self, name: str) -> Any:
        """Return the root element of a part; None where it is not there or damaged, which `missing` then says.

        Raises:
            DocumentError: as `Archive.xml`.
        """
        try:
            if name in self._archive:
                return self._parsed(name)
        except DocumentError:
            raise
        except Exception:
            pass
        if name not in self.missing:
            self.missing.append(name)
        return None

    def parts(self, name: str, kind: str) -> Iterator[tuple[str, Any]]:
        """Yield the names and root elements of the parts of a kind that the part `name` links to."""
        for relation in self.related(name):
            if relation.kind == kind and (root := self.part(relation.target)) is not None:
                yield relation.target, root

    def related(self, name: str) -> list[Relation]:
        """Return the links of a part to others within the file; of the file itself where `name` is empty."""
        return list(self._links(name).values())

    def linked(self, name: str, identifier: str | None) -> str:
        """Return the name of the part to which the part `name` links by an identifier; "" where it does not."""
        relation = self._links(name).get(identifier or "")
        return relation.target if relation else ""

    def title(self) -> str:
        """Return the title that the properties of the file state."""
        for relation in self.related(""):
            if relation.kind == "core-properties" and relation.target in self._archive:
                root = self.part(relation.target)
                return next((element.text or "" for element in root.iter("{*}title")), "")
        return ""

    def _parsed(self, name: str) -> Any:
        return parse_xml(self._path, _STRICT.sub(_USUAL, self._archive.xml(name)))

    def _links(self, name: str) -> dict[str, Relation]:
        if name not in self._relations:
            folder, _, file = name.rpartition("/")
            listed = posixpath.join(folder, "_rels", f"{file}.rels")
            self._relations[name] = self._listed(listed, folder) if listed in self._archive else {}
        return self._relations[name]

    def _listed(self, name: str, folder: str) -> dict[str, Relation]:
        links = {}
        for element in self._parsed(name).iter("{*}Relationship"):
            if element.get("TargetMode") != "External":
                kind = element.get("Type", "").rpartition("/")[2]
                target = posixpath.join("/", folder, unquote(element.get("Target", "")))
                links[element.get("Id", "")] = Relation(kind, posixpath.normpath(target).lstrip("/"))
        return links


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def number(text: str | None, default: int = 0, most: int = 99_999) -> int:
    """Return the whole number that an attribute holds; `default` where it holds none, or one beyond `most`."""
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 6 and int(digits) <= most else default


def is_on(element: Any, value: str | None) -> bool:
    """Tell whether a property is on: it is there, and its value does not say otherwise."""
    return element is not None and (value is None or value.lower() not in ("0", "false", "off", "none"))
