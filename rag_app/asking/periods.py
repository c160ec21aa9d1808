"""The day, month, quarter or year that a file's name or a question gives: "2023 Q1", "minutes-2025-03", "May 2024"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_app.language.dates import YEAR, month_of, month_pattern, quarter_of, quarters_in
from rag_app.language.days import dates_in
from rag_app.language.words import written_words

_GAP = r"[\s./–-]?"
_NUMERIC = (  # the longest first
    re.compile(rf"(?<!\w)(?P<year>{YEAR}){_GAP}(?P<month>0[1-9]|1[0-2]){_GAP}(?P<day>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(rf"(?<!\w)(?P<day>0?[1-9]|[12]\d|3[01])\.\s?(?P<month>0?[1-9]|1[0-2])\.\s?(?P<year>{YEAR})(?!\d)"),
    re.compile(rf"(?<!\w)(?P<year>{YEAR})[\s./–-](?P<month>0[1-9]|1[0-2])(?![\w-])"),
    re.compile(rf"(?<![\w-])(?P<month>0[1-9]|1[0-2])[\s./–-](?P<year>{YEAR})(?!\d)"),
)
_YEAR = re.compile(YEAR)
_FISCAL = re.compile(r"fy\s?(?=\d)", re.IGNORECASE)
_BARE_YEAR = re.compile(rf"(?<!\d)(?:fy\s?)?(?P<year>{YEAR})(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """What is said of a date; 0 for each part that is not."""

    year: int = 0
    quarter: int = 0
    month: int = 0
    day: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts periods of one kind by time."""
        return self.year, self.month or 3 * self.quarter, self.day

    def names(self, other: Period) -> bool:
        """Tell whether this, from a question, can only mean `other`, but for the year or the day.

        A year alone does not name a month or a quarter in it.
        """
        if (other.quarter, other.month) != (self.quarter, self.month):
            return False
        fine = bool(other.quarter or other.month)
        return self.year in ({other.year, 0} if fine else {other.year}) and self.day in {other.day, 0}


def period_in(text: str, *, name: bool = False) -> tuple[Period | None, str]:
    """Return the one period that `text` gives, and `text` without it; None where it gives none or several.

    Args:
        text: a question, or a file's name without its ending.
        name: whether it is a file's name: there a month may be cut short, and "may" is one.
    """
    text = text.replace("_", " ")
    for pattern in _NUMERIC:
        found = list(pattern.finditer(text))
        if len(found) == 1 and not _YEAR.search(_without(text, found)):
            [match] = found
            parts = match.groupdict()
            period = Period(int(parts["year"]), 0, int(parts["month"]), int(parts.get("day") or 0))
            return period, _without(text, found)
        if found:
            return None, text
    years = list(_BARE_YEAR.finditer(text))
    quarters = quarters_in(text)
    months = list(month_pattern(name=name).finditer(text))
    if (
        len({match["year"] for match in years}) > 1
        or len(quarters) + len(months) > 1
        or not (years or quarters or months)
    ):
        return None, text
    year = int(years[0]["year"]) if years else 0
    quarter = quarter_of(quarters[0]) if quarters else 0
    month, day = _month(months[0]) if months else (0, 0)
    return Period(year, quarter, month, day), _without(text, [*years, *quarters, *months])


def period_as_said(text: str) -> tuple[str | None, str]:
    """Return the one period of a text as it is written, and the text without it; "" for none, None for several."""
    dates = [(one.start, one.end) for one in dates_in(text)]
    years = [match.span() for match in _BARE_YEAR.finditer(text)]
    quarters = [match.span() for match in quarters_in(text)]
    bare = [(start, end) for start, end in years if not any(first <= start < last for first, last in dates)]
    found = sorted([*dates, *bare, *quarters])
    if len(dates) + len(quarters) > 1 or len(bare) > 1 or (bare and any(map(_YEAR.search, _slices(text, dates)))):
        return None, text
    said = _FISCAL.sub("", " ".join(_slices(text, found)))
    return said, " ".join(_slices(text, _between(found, len(text))))


def _slices(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


def _between(spans: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Return what is left of a text of some length without some stretches of it."""
    starts = [0, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), length]
    return list(zip(starts, ends, strict=True))


def _month(match: re.Match[str]) -> tuple[int, int]:
    return month_of(match), int(match["before"] or match["after"] or 0)


def _without(text: str, matches: list[re.Match[str]]) -> str:
    for match in sorted(matches, key=lambda match: -match.start()):
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return " ".join(written_words(text))
