"""The numbers of headings, clauses and items as Word shows them; a file holds only how they are counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ingest.readers.figures import in_form
from ingest.readers.package import is_on, local_name, number
from ingest.readers.word_styles import VALUE, WORDS, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.readers.word_styles import Styles

BULLET = "-"

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
_LONGEST = 100  # characters of a number, and of its form
_MOST_LINKS = 5  # from a list to the style that says how it is counted


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str  # as `numFmt` names it
    text: str  # "%1.%2"
    restarts: int | None  # after which level, from 1; 0: never; None: after each one above
    figures: bool  # all numbers in ordinary figures
    style: str  # that puts its paragraphs on this level


@dataclass(slots=True)
class _List:
    """A list that is being counted."""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)  # by level; none where it begins anew

    def next(self, at: int) -> str:
        """Count one more on the level `at`, and return what stands before it."""
        level = self.levels[at]
        self.counts[at] = self.counts.get(at, level.start - 1) + 1
        for lower in [lower for lower in self.counts if lower > at]:
            restarts = self.levels[lower].restarts
            if restarts is None or at < restarts:
                del self.counts[lower]
        if level.form == "bullet":
            return BULLET
        return _PLACE.sub(lambda place: self._figure(int(place[1]) - 1, level), level.text).strip()[:_LONGEST]

    def _figure(self, at: int, shown_by: _Level) -> str:
        level = self.levels.get(at)
        if level is None:
            return ""
        value = self.counts.setdefault(at, level.start)
        return "" if level.form == "none" else in_form(value, "" if shown_by.figures else level.form)


class Numbering:
    """Counts the paragraphs of one document."""

    def __init__(self, root: Any, styles: Styles) -> None:
        """Take the root element of the part; None where there is none."""
        self._styles = styles
        self._bases = _by_identifier(root, "abstractNum", "abstractNumId")
        self._numbers = _by_identifier(root, "num", "numId")
        self._lists: dict[str, tuple[str, _List] | None] = {}  # by number of a list, with that of its base
        self._counts: dict[str, dict[int, int]] = {}  # by base: lists on one base count on
        self._begun: set[str] = set()

    def labels(self, story: Any) -> dict[Any, str]:
        """Return what stands before the paragraphs of a text that are counted, in their order."""
        labels = {}
        for paragraph in story.iter(f"{WORDS}p"):
            label = self._label(paragraph)
            if label is not None:
                labels[paragraph] = label
        return labels

    def _label(self, paragraph: Any) -> str | None:
        own = paragraph.find(f"{WORDS}pPr/{WORDS}numPr")
        style = self._styles.of(paragraph)
        said = [*([own] if own is not None else []), *self._styles.numbering(style)]
        identifier = _first(said, "numId")
        if identifier is None or (counted := self._list(identifier)) is None:
            return None
        base, listed = counted
        at = self._level(listed, None if own is None else own.find(f"{WORDS}ilvl"), style, said)
        if at not in listed.levels or any(local_name(above) == "Fallback" for above in paragraph.iterancestors()):
            return None
        listed.counts = self._counts.setdefault(base, {})
        if identifier not in self._begun:
            self._begun.add(identifier)
            for level in _new_starts(self._numbers[identifier]):
                listed.counts.pop(level, None)
        return listed.next(at)

    def _level(self, listed: _List, own: Any, style: str, said: Iterable[Any]) -> int:
        """Return the level of a paragraph: its own, or that of its style, which the list or the style may name."""
        if own is not None:
            return number(own.get(VALUE))
        linked = {level.style: at for at, level in listed.levels.items() if level.style}
        named = next((linked[name] for name in self._styles.lineage(style) if name in linked), None)
        return number(_first(said, "ilvl")) if named is None else named

    def _list(self, identifier: str) -> tuple[str, _List] | None:
        if identifier not in self._lists:
            base = self._base(identifier)
            self._lists[identifier] = None
            if base is not None:
                levels = _levels(base) | _levels(self._numbers[identifier])
                starts = _new_starts(self._numbers[identifier]).items()
                levels |= {at: replace(levels[at], start=start) for at, start in starts if at in levels}
                self._lists[identifier] = base.get(f"{WORDS}abstractNumId", ""), _List(levels)
        return self._lists[identifier]

    def _base(self, identifier: str) -> Any:
        """Return how a list is counted; a style may stand between, and lists may name each other in a circle."""
        for _ in range(_MOST_LINKS):
            listed = self._numbers.get(identifier)
            base = None if listed is None else self._bases.get(value_of(listed.find(f"{WORDS}abstractNumId")) or "")
            linked = None if base is None else value_of(base.find(f"{WORDS}numStyleLink"))
            if linked is None:
                return base
            identifier = _first(self._styles.numbering(linked), "numId") or ""
        return None


def _by_identifier(root: Any, name: str, attribute: str) -> dict[str, Any]:
    found = () if root is None else root.findall(f"{WORDS}{name}")
    return {element.get(f"{WORDS}{attribute}", ""): element for element in found}


def _first(said: Iterable[Any], name: str) -> str | None:
    """Return the first value of a property that some elements hold."""
    return next((value for one in said if (value := value_of(one.find(f"{WORDS}{name}"))) is not None), None)


def _levels(holder: Any) -> dict[int, _Level]:
    """Return the levels that an element states, by number from 0."""
    levels = {}
    for level in holder.iter(f"{WORDS}lvl"):
        at = number(level.get(f"{WORDS}ilvl"), _LEVELS)
        restarts = value_of(level.find(f"{WORDS}lvlRestart"))
        figures = level.find(f"{WORDS}isLgl")
        if at < _LEVELS:
            levels[at] = _Level(
                number(value_of(level.find(f"{WORDS}start"))),
                value_of(level.find(f"{WORDS}numFmt")) or "decimal",
                (value_of(level.find(f"{WORDS}lvlText")) or "")[:_LONGEST],
                None if restarts is None else number(restarts),
                is_on(figures, value_of(figures)),
                value_of(level.find(f"{WORDS}pStyle")) or "",
            )
    return levels


def _new_starts(listed: Any) -> dict[int, int]:
    """Return where a list begins to count anew, by level."""
    starts = {}
    for override in listed.findall(f"{WORDS}lvlOverride"):
        start = value_of(override.find(f"{WORDS}startOverride"))
        if start is not None:
            starts[number(override.get(f"{WORDS}ilvl"))] = number(start)
    return starts
