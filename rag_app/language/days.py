"""Whole dates in a text, in any language: "2024-03-05", "5.3.2024", "5 March 2024", "March 5, 2024"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rag_app.language.dates import month_pattern
from rag_app.language.vocabulary import alternatives, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMERIC = (
    re.compile(r"(?<![\w.-])(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)(?![\w-])"),
    re.compile(r"(?<![\w.-])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})(?!\.?\d)"),
)
_WITHIN = r",?\s+(?:{}\s+)?(?P<year>[12]\d{{3}})(?!\d)"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date of a text."""

    start: int  # in characters of the text
    end: int
    day: date | None  # None where it has no year or there is no such day


def dates_in(text: str) -> list[Dated]:
    """Return the dates of a text in order, also those without a year."""
    numeric = [one for pattern in _NUMERIC for match in pattern.finditer(text) if (one := _numeric(match))]
    return sorted([*numeric, *_written(text)], key=lambda one: one.start)


def _numeric(match: re.Match[str]) -> Dated:
    return Dated(match.start(), match.end(), _day(int(match["year"]), int(match["month"]), int(match["day"])))


def _written(text: str) -> Iterator[Dated]:
    of = alternatives(in_order(lambda language: language.dates.of))
    year = re.compile(_WITHIN.format(of), re.IGNORECASE)
    for match in month_pattern(name=False).finditer(text):
        month = next(at for at in range(1, 13) if match[f"m{at}"])
        day = int(match["before"] or match["after"] or 0)
        said = year.match(text, match.end())
        end = said.end() if said else match.end()
        yield Dated(match.start(), end, _day(int(said["year"]), month, day) if said else None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
