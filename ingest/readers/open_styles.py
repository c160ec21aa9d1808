"""What the styles of an OpenDocument file say: what is hidden, struck out, raised, and how lists are numbered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.readers.figures import roman

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST = 50  # styles that are made of others


def local(element: Any) -> str:
    """Return the name of an element without its namespace; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Any, name: str) -> str:
    """Return an attribute by its name without the namespace: the formats have several versions of those."""
    found = element.get(name)
    if found is not None:
        return str(found)
    return next((str(value) for key, value in element.attrib.items() if key.endswith("}" + name)), "")


def number(text: str, least: int, most: int) -> int:
    """Return the number that an attribute states, within bounds; the least one where it states none."""
    return min(max(int(text), least), most) if text.isdecimal() and len(text) < 12 else least


@dataclass(frozen=True, slots=True)
class Look:
    """How a style makes things look; None: as the style that it is made of says."""

    hidden: bool | None = None
    struck: bool | None = None
    position: str | None = None  # "super 58%"
    unseen: bool | None = None  # a sheet or a slide that is not shown
    outline: int = 0  # level of a heading
    lists: str = ""  # name of the style of its list
    master: str = ""

    def over(self, other: Look) -> Look:
        """Return this look with what the other one says where this says nothing."""
        return Look(
            other.hidden if self.hidden is None else self.hidden,
            other.struck if self.struck is None else self.struck,
            other.position if self.position is None else self.position,
            other.unseen if self.unseen is None else self.unseen,
            self.outline or other.outline,
            self.lists or other.lists,
            self.master or other.master,
        )


@dataclass(frozen=True, slots=True)
class Level:
    """How a level of a list is numbered."""

    form: str = ""  # "1", "a", "A", "i", "I"; "" for a bullet
    before: str = ""
    after: str = ""
    shown: int = 1  # levels whose numbers are written
    start: int = 1


@dataclass(slots=True)
class Styles:
    """The styles of one file, by their names."""

    looks: dict[str, tuple[str, Look]] = field(default_factory=dict)  # with the name of the style it is made of
    lists: dict[str, dict[int, Level]] = field(default_factory=dict)
    outline: dict[int, Level] = field(default_factory=dict)  # of headings

    def add(self, root: Any) -> None:
        """Take the styles that stand in a part of the file."""
        for element in root.iter("{*}style", "{*}list-style", "{*}outline-style"):
            kind, name = local(element), attribute(element, "name")
            if kind == "style":
                self.looks[name] = (attribute(element, "parent-style-name"), _look(element))
            else:
                levels = {number(attribute(level, "level"), 1, 20): _level(level) for level in element if level.attrib}
                if kind == "outline-style":
                    self.outline = levels
                else:
                    self.lists[name] = levels

    def look(self, name: str) -> Look:
        """Return how a style looks, with those that it is made of."""
        found = Look()
        for _ in range(_DEEPEST):
            if name not in self.looks:
                break
            name, own = self.looks[name]
            found = found.over(own)
        return found


class Numbers:
    """Counts the items of lists or headings, level by level."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def next(self, depth: int, levels: dict[int, Level], start: str = "") -> str:
        """Return the number of the next item on a level; "" where its style has none."""
        level = levels.get(depth, Level())
        at = number(start, 0, 10**9) if start else self._counts.get(depth, level.start - 1) + 1
        self._counts = {above: count for above, count in self._counts.items() if above < depth} | {depth: at}
        if not level.form:
            return ""
        shown = range(max(1, depth - level.shown + 1), depth + 1)
        parts = (_written(self._counts.get(one, 1), levels.get(one, Level()).form) for one in shown)
        return f"{level.before}{'.'.join(filter(None, parts))}{level.after}".strip()


def _look(style: Any) -> Look:
    hidden = struck = position = unseen = None
    for properties in style:
        kind = local(properties)
        if kind == "text-properties":
            hidden = attribute(properties, "display") in ("none", "true") if attribute(properties, "display") else None
            line = attribute(properties, "text-line-through-style") or attribute(properties, "text-line-through-type")
            struck = line != "none" if line else None
            position = attribute(properties, "text-position") or None
        elif kind == "table-properties" and attribute(properties, "display"):
            unseen = attribute(properties, "display") == "false"
        elif kind == "drawing-page-properties" and attribute(properties, "visibility"):
            unseen = attribute(properties, "visibility") == "hidden"
    return Look(
        hidden,
        struck,
        position,
        unseen,
        number(attribute(style, "default-outline-level"), 0, 20),
        attribute(style, "list-style-name"),
        attribute(style, "master-page-name"),
    )


def _level(element: Any) -> Level:
    return Level(
        attribute(element, "num-format"),
        attribute(element, "num-prefix"),
        attribute(element, "num-suffix"),
        number(attribute(element, "display-levels"), 1, 20),
        number(attribute(element, "start-value"), 0, 10**9) if attribute(element, "start-value") else 1,
    )


def _written(count: int, form: str) -> str:
    """Return a number as lists write it."""
    if form in ("a", "A"):
        letter = chr(ord("a") + (count - 1) % 26) * min(1 + (count - 1) // 26, 20)
        return letter if form == "a" else letter.upper()
    if form in ("i", "I") and 0 < count < 4000:
        return roman(count) if form == "i" else roman(count).upper()
    return str(count) if form else ""


def first_of(root: Any, names: Iterable[str]) -> Any:
    """Return the first element below `root` with one of some names, without the namespace; None where there is none."""
    return next(root.iter(*(f"{{*}}{name}" for name in names)), None)
