"""The parts of a workbook that its sheets share: their names, texts, formats, names of cells."""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ingest.marks import BEGIN, END, STRIKE, set_apart, struck, unmarked
from ingest.readers.markup import parse_xml, xml_elements
from ingest.readers.workbook.format_code import BUILT_IN

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MAIN = "xl/workbook.xml"
_GENERAL = "General"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a sheet lies, and what it is called."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell shows its value."""

    code: str = _GENERAL  # of its number format
    struck: bool = False


class Book:
    """An opened workbook; a part that is absent or damaged holds nothing."""

    def __init__(self, path: Path, package: io.BytesIO) -> None:
        """Take a file, for errors, and its archive, of which the sizes were checked."""
        self._path = path
        self._zip = zipfile.ZipFile(package)
        self._names = frozenset(self._zip.namelist())
        found = [part for kind, part in self.related("") if kind == "officeDocument"]
        self.main = next((part for part in found if part in self._names), _MAIN)
        self._root = parse_xml(path, self._zip.read(self.main))

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()

    def elements(self, part: str, *names: str) -> Iterator[Any]:
        """Yield the elements of a part that are called so, each when it is whole; they are forgotten afterwards."""
        if part not in self._names:
            return
        with self._zip.open(part) as file:
            yield from xml_elements(self._path, file, names)

    def related(self, part: str, kind: str = "") -> list[tuple[str, str]]:
        """Return the parts that another one names, with their kinds: ("comments", "xl/comments1.xml")."""
        return [(said, target) for said, target in self._relations(part).values() if kind in ("", said)]

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        folder, _, name = part.rpartition("/")
        own = posixpath.join(folder, "_rels", f"{name}.rels")
        found = {}
        for one in self.elements(own, "Relationship"):
            kind, target = str(one.get("Type", "")).rpartition("/")[2], str(one.get("Target", ""))
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[str(one.get("Id"))] = (kind, path)
        return found

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The sheets that have cells, in order."""
        relations = self._relations(self.main)
        found = []
        for one in self._root.iterfind("{*}sheets/{*}sheet"):
            key = next((value for name, value in one.attrib.items() if local(name) == "id"), "")
            kind, part = relations.get(str(key), ("", ""))
            if kind == "worksheet" and part in self._names:
                found.append(Sheet(str(one.get("name", "")), part, one.get("state", "visible") != "visible"))
        return found

    @cached_property
    def title(self) -> str | None:
        """What its properties call it."""
        parts = [part for kind, part in self.related("") if kind == "core-properties"]
        return next((one.text for part in parts for one in self.elements(part, "title")), None)

    @cached_property
    def since_1904(self) -> bool:
        """Whether its days are counted from 1904."""
        return any(is_on(one, "date1904") for one in self._root.iterfind("{*}workbookPr"))

    @cached_property
    def computed_anew(self) -> bool:
        """Whether its program works out all formulas when it opens it: what is stored may be a stand-in."""
        return any(is_on(one, "fullCalcOnLoad") for one in self._root.iterfind("{*}calcPr"))

    @cached_property
    def defined(self) -> Mapping[str, str]:
        """What its names stand for, by the name in lower case."""
        own = self._root.iterfind("{*}definedNames/{*}definedName")
        return {str(one.get("name", "")).casefold(): one.text or "" for one in own if one.get("localSheetId") is None}

    @cached_property
    def texts(self) -> list[str]:
        """The texts that cells name by number."""
        parts = [part for _, part in self.related(self.main, "sharedStrings")]
        return [rich_text(one) for part in parts[:1] for one in self.elements(part, "si")]

    @cached_property
    def styles(self) -> list[Style]:
        """How cells show their values, by the number that they name."""
        part = next((part for _, part in self.related(self.main, "styles")), "")
        if part not in self._names:
            return []
        root = parse_xml(self._path, self._zip.read(part))
        codes = {
            str(one.get("numFmtId")): str(one.get("formatCode", _GENERAL))
            for one in root.iterfind("{*}numFmts/{*}numFmt")
        }
        struck = [_is_struck(one) for one in root.iterfind("{*}fonts/{*}font")]
        found = []
        for one in root.iterfind("{*}cellXfs/{*}xf"):
            number, font = str(one.get("numFmtId", "0")), number_in(one.get("fontId"))
            code = codes.get(number) or _known_code(number_in(number))
            found.append(Style(code, font is not None and font < len(struck) and struck[font]))
        return found


def rich_text(item: Any) -> str:
    """Return the text of an item that may have parts: what is struck out is marked, how it is spoken left out."""
    said: list[str] = []
    for one in item:
        if local(one.tag) == "t":
            said.append(unmarked(one.text or ""))
        elif local(one.tag) == "r":
            text = "".join(part.text or "" for part in one.iterfind("{*}t"))
            said.append(struck(text) if any(map(_is_struck, one.iterfind("{*}rPr"))) else unmarked(text))
    return set_apart("".join(said).replace(f"{STRIKE}{END}{BEGIN}{STRIKE}", ""))


def local(tag: Any) -> str:
    """Return a name without its namespace."""
    return str(tag).rpartition("}")[2]


def number_in(said: str | None) -> int | None:
    """Return the number that an attribute holds, from 0; None where it holds none."""
    return int(said) if said and said.isdecimal() and len(said) < 10 else None


def _is_struck(font: Any) -> bool:
    return any(one.get("val", "1") not in ("0", "false") for one in font.iterfind("{*}strike"))


def is_on(element: Any, name: str) -> bool:
    """Tell whether an attribute is set."""
    return element.get(name, "0") in ("1", "true")


def _known_code(number: int | None) -> str:
    return _GENERAL if number is None else BUILT_IN.get(number, _GENERAL)
