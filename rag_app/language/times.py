"""The times that a text names: years, months, quarters and halves of a year, and how many months something lasts.

"Nine months ended September 30, 2023" and "three months ended September 30, 2023" are two times, though all words but
one are alike; "third quarter" and "Q3" are one, though none is.
"""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass, replace
from functools import cache, lru_cache

from rag_app.language.dates import half_of, halves_in, month_of, month_pattern, quarter_of, quarters_in, years_in
from rag_app.language.numbers import number_of
from rag_app.language.vocabulary import alternatives, in_order

_FEWEST = 2  # months; the word for one is an article as well
_MOST = 36
_OF_QUARTER, _OF_HALF = 3, 6  # months


@dataclass(frozen=True, slots=True)
class Times:
    """What times a text names, of each sort; none where it names none."""

    years: frozenset[str] = frozenset()
    months: frozenset[int] = frozenset()
    quarters: frozenset[int] = frozenset()
    halves: frozenset[int] = frozenset()
    lengths: frozenset[int] = frozenset()  # in months; in a label those of quarters and halves too

    def __bool__(self) -> bool:
        return any(astuple(self))

    def differ_from(self, other: Times) -> bool:
        """Tell whether both name times of one sort, and of these no common one."""
        return any(mine and its and not mine & its for mine, its in zip(astuple(self), astuple(other), strict=True))

    def are(self, other: Times) -> bool:
        """Tell whether a label names a time that is asked for, and none that differs; a quarter is no nine months."""
        own = other.of_parts
        alike = any(mine & its for mine, its in zip(astuple(self), astuple(other), strict=True))
        if own and self.lengths:
            return bool(own & self.lengths) and not self.differ_from(other)
        return alike and not self.differ_from(other)

    @property
    def of_parts(self) -> frozenset[int]:
        """How long its quarters and halves are, in months: "the report of Q3" has figures of other lengths, too."""
        return frozenset(([_OF_QUARTER] if self.quarters else []) + ([_OF_HALF] if self.halves else []))


@lru_cache(20_000)
def times_in(text: str, *, label: bool = False) -> Times:
    """Return the times that a text names; in a `label` months may be cut short."""
    quarters = frozenset(map(quarter_of, quarters_in(text)))
    halves = frozenset(map(half_of, halves_in(text)))
    lengths = {number for match in _lengths().finditer(text) if (number := _months(match["number"]))}
    months = frozenset(map(month_of, month_pattern(name=label).finditer(text)))
    found = Times(frozenset(years_in(text)), months, quarters, halves, frozenset(lengths))
    return replace(found, lengths=found.lengths | found.of_parts) if label else found


def without_parts_of_years(text: str) -> str:
    """Return a text without the quarters, halves and numbers of months that it names."""
    lengths = (match for match in _lengths().finditer(text) if _months(match["number"]))
    found = [*quarters_in(text), *halves_in(text), *lengths]
    for start, end in sorted({match.span() for match in found}, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return text


def _months(number: str) -> int | None:
    months = int(number) if number.isdecimal() else number_of(number.casefold())
    return months if months and _FEWEST <= months <= _MOST else None


@cache
def _lengths() -> re.Pattern[str]:
    month = alternatives(in_order(lambda language: language.dates.month))
    return re.compile(rf"(?<![\w.,])(?P<number>\d{{1,2}}|[^\W\d_]+)[\s-]+{month}(?!\w)", re.IGNORECASE)
