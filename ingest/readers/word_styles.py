"""What the styles of a Word document say: which paragraphs are headings or items, how their text looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ingest.readers.package import is_on, number

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VALUE = f"{WORDS}val"

Kind = Literal["title", "heading", "item", ""]

_BODY_LEVEL = 9  # an outline level of text that is no heading
_DEEPEST = 20  # styles may be based on each other in a circle


@dataclass(frozen=True, slots=True)
class Look:
    """How text is set; None where that is said elsewhere."""

    struck: bool | None = None
    hidden: bool | None = None
    raised: str | None = None  # "superscript", "subscript", "baseline"
    font: str | None = None

    def over(self, other: Look) -> Look:
        """Return this look, and the other where this one says nothing."""
        return Look(
            other.struck if self.struck is None else self.struck,
            other.hidden if self.hidden is None else self.hidden,
            other.raised if self.raised is None else self.raised,
            other.font if self.font is None else self.font,
        )


PLAIN = Look()


def look_of(properties: Any) -> Look:
    """Return the look that the properties of a run give; None gives none."""
    if properties is None or not len(properties):
        return PLAIN
    fonts = properties.find(f"{WORDS}rFonts")
    return Look(
        _switched(properties, "strike", "dstrike"),
        _switched(properties, "vanish"),
        value_of(properties.find(f"{WORDS}vertAlign")),
        None if fonts is None else fonts.get(f"{WORDS}ascii"),
    )


def value_of(element: Any) -> str | None:
    """Return the value of a property; None where the property is not there."""
    return None if element is None else element.get(VALUE)


class Styles:
    """The styles of one document."""

    def __init__(self, root: Any) -> None:
        """Take the root element of the part; None where there is none."""
        styles = [] if root is None else root.findall(f"{WORDS}style")
        self._styles = {style.get(f"{WORDS}styleId", ""): style for style in styles}
        self._default = next(
            (
                style.get(f"{WORDS}styleId", "")
                for style in styles
                if style.get(f"{WORDS}type") == "paragraph" and is_on(style, style.get(f"{WORDS}default", "0"))
            ),
            "",
        )
        self._kinds: dict[str, Kind] = {}
        self._looks: dict[str, Look] = {}
        self._numberings: dict[str, list[Any]] = {}

    def of(self, paragraph: Any) -> str:
        """Return the identifier of a paragraph's style."""
        return value_of(paragraph.find(f"{WORDS}pPr/{WORDS}pStyle")) or self._default

    def kind(self, paragraph: Any) -> Kind:
        """Return what a paragraph is by its outline level or its style."""
        level = paragraph.find(f"{WORDS}pPr/{WORDS}outlineLvl")
        if level is not None and number(level.get(VALUE), _BODY_LEVEL) < _BODY_LEVEL:
            return "heading"
        name = self.of(paragraph)
        if name not in self._kinds:
            self._kinds[name] = next(filter(None, map(_kind, self._lineage(name))), "")
        return self._kinds[name]

    def look(self, name: str | None) -> Look:
        """Return the look of text in the style of that name."""
        if name not in self._looks:
            look = PLAIN
            for style in self._lineage(name or ""):
                look = look.over(look_of(style.find(f"{WORDS}rPr")))
            self._looks[name or ""] = look
        return self._looks[name or ""]

    def numbering(self, name: str) -> list[Any]:
        """Return what the style and those it is based on say of numbering, elements `numPr`, its own first."""
        if name not in self._numberings:
            found = (style.find(f"{WORDS}pPr/{WORDS}numPr") for style in self._lineage(name))
            self._numberings[name] = [element for element in found if element is not None]
        return self._numberings[name]

    def lineage(self, name: str) -> list[str]:
        """Return the identifiers of the style and of those it is based on."""
        return [style.get(f"{WORDS}styleId", "") for style in self._lineage(name)]

    def _lineage(self, name: str) -> Iterator[Any]:
        for _ in range(_DEEPEST):
            style = self._styles.get(name)
            if style is None:
                return
            yield style
            name = value_of(style.find(f"{WORDS}basedOn")) or ""


def _switched(properties: Any, *names: str) -> bool | None:
    """Tell whether one of some properties is on; None where none is there."""
    there = [one for name in names if (one := properties.find(f"{WORDS}{name}")) is not None]
    return any(is_on(one, one.get(VALUE)) for one in there) if there else None


def _kind(style: Any) -> Kind:
    name = (value_of(style.find(f"{WORDS}name")) or "").lower()  # built-in ones have English names in every language
    if name == "title":
        return "title"
    level = style.find(f"{WORDS}pPr/{WORDS}outlineLvl")
    if name.startswith("heading ") or (level is not None and number(level.get(VALUE), _BODY_LEVEL) < _BODY_LEVEL):
        return "heading"
    return "item" if name.startswith("list ") and name != "list paragraph" else ""
