"""The one day that a cell of a table holds, fast enough for columns of many thousand rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from rag_app.language.days import dates_in

if TYPE_CHECKING:
    from datetime import date

_KEPT = 10_000
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")


@dataclass(frozen=True, slots=True)
class Day:
    """A day as a value that can be put in order."""

    day: date
    unit: tuple[str, ...] = ()

    @property
    def value(self) -> Decimal:
        """How many days it comes after the beginning of the calendar."""
        return Decimal(self.day.toordinal())


@lru_cache(_KEPT)
def day_of(text: str) -> Day | None:
    """Return the day of a cell; None where it holds none, several, or another figure beside it but a time of day."""
    if not _YEAR.search(text):
        return None  # told at once of most cells that are no dates
    found = dates_in(text)
    if len(found) != 1 or found[0].day is None:
        return None
    left = _CLOCK.sub("", text[: found[0].start] + text[found[0].end :])
    return None if any(map(str.isdigit, left)) else Day(found[0].day)
