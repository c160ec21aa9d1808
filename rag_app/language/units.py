"""Units of measure: what they are called in any language, and what so many of one are in another.

Their sizes are `units.toml`, their names stand in the file of each language.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rag_app.language.language import Units, languages
from rag_app.language.vocabulary import alternatives, every
from rag_app.language.words import LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag_app.language.language import Language, Words

MONEY = "money"
TIMES = ("clock", "days", "calendar")
_FOR_A_TIME = re.compile(rf"\s+(?:({LETTERS})\s+)?({LETTERS})")
_END = r"(?![\w²³/])"  # of a unit that is no other one, and none by which something is counted


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, as it is written alike in all languages."""

    name: str  # of `Units`
    dimension: str  # what it measures
    size: Decimal | None  # in one that all units of its dimension have; None where that is not fixed
    zero: Decimal | None  # of a temperature: is added before
    symbols: Words  # the first one is shown
    after: Words  # symbols that stand for it only after a figure

    def names(self, language: Language) -> Words:
        """Return what it is called in a language, in all forms."""
        found: Words = getattr(language.units, self.name)
        return found

    def folded(self, language: Language) -> Words:
        """Return the same without letter case."""
        return tuple(map(str.casefold, self.names(language)))


@cache
def units() -> tuple[Unit, ...]:
    """Return the units that are known."""
    text = files("rag_app.language").joinpath("units.toml").read_text(encoding="utf-8")
    found = [
        Unit(
            name,
            dimension,
            _decimal(said.get("size")),
            _decimal(said.get("zero")),
            tuple(said.get("symbols", ())),
            tuple(said.get("after", ())),
        )
        for dimension, named in tomllib.loads(text, parse_float=Decimal).items()
        for name, said in named.items()
    ]
    if {one.name for one in found} != {one.name for one in fields(Units)}:
        raise ValueError("units.toml and the units of a language are not the same")
    return tuple(found)


def _decimal(number: int | Decimal | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def converted(value: Decimal, unit: Unit, other: Unit) -> Decimal | None:
    """Return how many of another unit so many of one are; None where they measure different things or have no size."""
    if unit.dimension != other.dimension or unit.size is None or other.size is None:
        return None
    return (value + (unit.zero or 0)) * unit.size / other.size - (other.zero or 0)


def units_called(said: str, among: Iterable[Language] | None = None) -> tuple[Unit, ...]:
    """Return the units that a name or symbol may mean, in some languages or else in any: "pounds" are two.

    Letter case counts in symbols.
    """
    written, tongues = " ".join(said.split()), tuple(among or languages())
    return tuple(
        unit
        for unit in units()
        if written in (*unit.symbols, *unit.after) or any(written.casefold() in unit.folded(one) for one in tongues)
    )


def written_units(among: Sequence[Language] | None = None, *, after_figure: bool = False) -> str:
    """Return the expression of a unit that is written out or as a symbol, in some languages or else in any.

    Args:
        among: the languages.
        after_figure: whether it stands after a figure.
    """
    names = {name for unit in units() for tongue in among or languages() for name in unit.names(tongue)}
    symbols = [symbol for unit in units() for symbol in unit.symbols]
    doubtful = [symbol for unit in units() for symbol in unit.after] if after_figure else []
    in_full = alternatives(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(names, key=len, reverse=True))
    short = alternatives(map(re.escape, sorted(symbols, key=len, reverse=True)))
    alone = rf"{alternatives(map(re.escape, doubtful))}(?!\s*\w)"  # "5 in", but not "5 in May"
    return rf"(?:(?:(?i:{in_full})|(?-i:{short})){_END}|(?-i:{alone}))"


def for_a_time(rest: str) -> bool:
    """Tell whether what comes after a unit says for which time it is: "kg per day", "hours a week"."""
    match = _FOR_A_TIME.match(rest)
    return match is not None and not words_of(*TIMES).isdisjoint(word.casefold() for word in match.groups() if word)


@cache
def words_of(*dimensions: str, symbols: bool = False) -> frozenset[str]:
    """Return what the units of some dimensions are called in any language, and their symbols, too, in small letters."""
    found = [unit for unit in units() if unit.dimension in dimensions]
    said = [name for unit in found for name in every(unit.names)]
    said += [symbol for unit in found for symbol in unit.symbols] if symbols else []
    return frozenset(map(str.casefold, said))
