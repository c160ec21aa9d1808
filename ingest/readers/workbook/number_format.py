"""Number formats: what a cell shows for its value, as "[Red](#,##0.00)" says it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING

from ingest.readers.workbook.digits import Digits, digits_of, general
from ingest.readers.workbook.format_code import Token, sections
from ingest.readers.workbook.moments import Moment, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST = 1_000  # characters of a code, of which Excel takes 255; a longer one is none
_KEPT = 2_000  # codes
_MOST_SECTIONS = 4
_COMPARED: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}


@dataclass(frozen=True, slots=True)
class _Section:
    """A format for some values."""

    tokens: tuple[Token, ...]
    condition: tuple[Callable[[float, float], bool], float] | None
    writes: Digits | Moment | None  # None: text, or one number as it is

    def holds(self, value: float) -> bool:
        return self.condition is None or self.condition[0](value, self.condition[1])

    def has(self, kind: str, text: str = "") -> bool:
        return any(token.kind == kind and text in ("", token.text) for token in self.tokens)


class NumberFormat:
    """A code of a workbook, taken apart."""

    def __init__(self, code: str) -> None:
        """Take a code as it is stored; one that is too long or empty says nothing."""
        said = code if 0 < len(code) <= _LONGEST else "General"
        self._sections = [_section(tokens) for tokens in sections(said)[:_MOST_SECTIONS]]
        self._plain = said.casefold() == "general"

    def number(self, value: float, *, since_1904: bool = False) -> str:
        """Return what is shown for a number; a date that no calendar has is shown as a number."""
        if self._plain:
            return general(value)
        section, signed = self._chosen(value)
        size = value if signed or isinstance(section.writes, Moment) else abs(value)
        if isinstance(section.writes, Moment):
            return section.writes.shown(size, since_1904=since_1904)
        if section.writes is None:
            return "".join(
                general(size) if token.kind in ("general", "sign") else token.text for token in _said(section)
            )
        return section.writes.shown(size)

    def text(self, value: str) -> str:
        """Return what is shown for a text."""
        section = self._sections[-1]
        if len(self._sections) < _MOST_SECTIONS and not section.has("sign", "@"):
            return value
        return "".join(value if token == ("sign", "@") else token.text for token in _said(section))

    def _chosen(self, value: float) -> tuple[_Section, bool]:
        """Return the section for a value, and whether it writes a minus of its own."""
        numbers = self._sections[: _MOST_SECTIONS - 1]
        if len(numbers) > 1 and numbers[-1].has("sign", "@"):
            numbers = numbers[:-1]
        if any(section.condition for section in numbers):
            chosen = next((section for section in numbers if section.holds(value)), numbers[-1])
            below = chosen.condition is not None and chosen.condition[0] in (lt, le) and chosen.condition[1] <= 0
            return chosen, not below
        if len(numbers) == 1 or value > 0:
            return numbers[0], len(numbers) == 1
        return numbers[1 if value < 0 else -1 if len(numbers) > 2 else 0], False


@lru_cache(_KEPT)
def number_format(code: str) -> NumberFormat:
    """Return the format of a code."""
    return NumberFormat(code)


def _section(tokens: Sequence[Token]) -> _Section:
    told = [token.text for token in tokens if token.kind == "condition"]
    condition = _condition(told[0]) if told else None
    kept = tuple(token for token in tokens if token.kind != "condition")
    kinds = {token.kind for token in kept}
    if kinds & {"moment", "half", "elapsed"}:
        return _Section(kept, condition, moment_of(kept))
    return _Section(kept, condition, digits_of(kept) if "digit" in kinds else None)


def _condition(said: str) -> tuple[Callable[[float, float], bool], float] | None:
    sign = said.rstrip("0123456789.- ")
    try:
        return _COMPARED[sign], float(said[len(sign) :])
    except ValueError:
        return None


def _said(section: _Section) -> list[Token]:
    """Return the parts of a section without digits: texts, and what stands for the value."""
    return [token for token in section.tokens if token.kind in ("text", "general") or token == ("sign", "@")]
