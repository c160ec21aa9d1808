"""The units that a question wants its answer in: "in grams", "how many hours", "Wie viele Kilometer"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.detector import likely_languages
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.units import MONEY, for_a_time, units_called, written_units
from rag_app.language.vocabulary import alternatives
from rag_app.language.words import LETTERS

if TYPE_CHECKING:
    from rag_app.language.language import Language
    from rag_app.language.units import Unit

_NEXT = re.compile(rf"\s*({LETTERS}|\d)")


@dataclass(frozen=True, slots=True)
class UnitAsked:
    """A unit that is asked for."""

    said: str  # as the question writes it
    units: tuple[Unit, ...]  # that may be meant

    @property
    def sure(self) -> bool:
        """Whether it can be nothing else: "m" may be millions."""
        return len(self.said) > 1


def units_asked(question: str) -> list[UnitAsked]:
    """Return the units that a question wants its answer in, in order; none of those by which it names a thing.

    They are read in the languages that the question may be in: "an" is a year in one of them.
    """
    return [UnitAsked(match["unit"], units_called(match["unit"], tongues)) for match, tongues in _found(question)]


def without_units(question: str) -> str:
    """Return a question without "in grams" and the like, so that a value in any unit answers it; currencies stay."""
    left = question
    for match, tongues in reversed(_found(question)):
        money = any(unit.dimension == MONEY for unit in units_called(match["unit"], tongues))
        if match["within"] and match.start() and not money:
            left = f"{left[: match.start()].rstrip()}{left[match.end() :]}"
    return left


def _found(question: str) -> list[tuple[re.Match[str], tuple[Language, ...]]]:
    """Return where a question says a unit that it wants its answer in, and in which languages it may do so."""
    tongues = tuple(one for one in likely_languages(question) if one.measures.how_many)
    found = _asked(tongues).finditer(question) if tongues else ()
    return [(match, tongues) for match in found if _is_whole(match, question)]


def _is_whole(match: re.Match[str], question: str) -> bool:
    """Tell whether a unit is no part of another one, "kg per day", or of a name: "in day care"."""
    rest = question[match.end() :]
    following = _NEXT.match(rest)
    named = match["within"] and following and following[1].casefold() not in STOP_WORDS
    return not named and not for_a_time(rest)


@cache
def _asked(tongues: tuple[Language, ...]) -> re.Pattern[str]:
    within = alternatives(word for one in tongues for word in one.measures.asked_in)
    counted = alternatives(word for one in tongues for word in one.measures.how_many)
    return re.compile(rf"(?<!\w)(?:(?P<within>{within})|{counted})(?P<unit>{written_units(tongues)})", re.IGNORECASE)
