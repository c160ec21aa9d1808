"""How months, quarters, halves of a year and years are said in any language."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from rag_app.language.language import languages
from rag_app.language.vocabulary import alternatives, in_order

YEAR = r"(?:19|20)\d\d"
_YEAR = re.compile(rf"(?<!\d){YEAR}(?!\d)")
_LONG_AGO = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_SPACED = re.compile(r"(?<![^\W_])(?<!\d\s)(?:1\s9|2\s0)\s\d\s\d(?![^\W_]|\s\d)")  # as a header may be set: "2 0 1 8"
_KEPT = 10_000  # texts that are compared again and again
_QUARTERS = range(1, 5)
_HALVES = range(1, 3)
_DAY = r"(?P<{}>[12]\d|3[01]|0?[1-9])"
_NONE = "-"  # stands for a month that is not cut short


def years_in(text: str, *, ever: bool = False) -> list[str]:
    """Return the years that a text names, in order: of the last century and this one, or `ever` since the year 1000.

    A part of a longer number is none; there may be space within one: "2 0 1 8".
    """
    return [match[0] for match in year_places(_joined(text), ever=ever)]


def year_places(text: str, *, ever: bool = False) -> list[re.Match[str]]:
    """Return where it names them."""
    return list((_LONG_AGO if ever else _YEAR).finditer(text))


def is_year(text: str, *, ever: bool = False) -> bool:
    """Tell whether a text is a year and nothing else."""
    return (_LONG_AGO if ever else _YEAR).fullmatch(text) is not None


@lru_cache(_KEPT)
def said_alike(text: str) -> str:
    """Return a text as it is compared with others: its quarters as "Q3", and its years without space in them."""
    joined = _joined(text)
    if not _quarter_word().search(joined):
        return joined  # told in a fraction of the time
    return _quarter_pattern().sub(lambda match: f"Q{quarter_of(match)} ", joined)


def _joined(text: str) -> str:
    return _SPACED.sub(lambda match: "".join(match[0].split()), text)


def quarters_in(text: str) -> list[re.Match[str]]:
    """Return where a text says a quarter: "Q1", "first quarter"."""
    return list(_quarter_pattern().finditer(text))


def quarter_of(match: re.Match[str]) -> int:
    """Return the number of a quarter that was found, 1 to 4."""
    return _number_of(match, _QUARTERS)


@cache
def _quarter_pattern() -> re.Pattern[str]:
    return _numbered("q", _QUARTERS, _quarter_words())


def halves_in(text: str) -> list[re.Match[str]]:
    """Return where a text says half a year: "H1", "first half"."""
    return list(_half_pattern().finditer(text))


def half_of(match: re.Match[str]) -> int:
    """Return the number of a half that was found, 1 or 2."""
    return _number_of(match, _HALVES)


@cache
def _half_pattern() -> re.Pattern[str]:
    return _numbered("h", _HALVES, alternatives(in_order(lambda language: language.dates.half)))


def _numbered(letter: str, numbers: range, word: str) -> re.Pattern[str]:
    """Return the pattern of a part of a year by its number: its letter before it, or an ordinal before its word."""
    ordinals = alternatives(f"(?P<n{at}>{_ordinal(at)})" for at in numbers)
    short = rf"{letter}(?P<short>[{numbers[0]}-{numbers[-1]}])(?!\d)"
    return re.compile(rf"\b(?:{short}|{ordinals}[\s-]*{word}\b)", re.IGNORECASE)


def _number_of(match: re.Match[str], numbers: range) -> int:
    return int(match["short"] or next(at for at in numbers if match[f"n{at}"]))


def month_of(match: re.Match[str]) -> int:
    """Return the number of a month that `month_pattern` found, 1 to 12."""
    return next(at for at in range(1, 13) if match[f"m{at}"])


@cache
def _quarter_word() -> re.Pattern[str]:
    return re.compile(rf"q[1-4]|{_quarter_words()}", re.IGNORECASE)


@cache
def period_written() -> str:
    """Return the expression of a quarter or year as a question writes it."""
    ordinals = alternatives(_ordinal(at) for at in _QUARTERS)
    the = alternatives(in_order(lambda language: language.dates.the))
    of = alternatives(in_order(lambda language: language.dates.of))
    return (
        rf"(?:(?:{the}\s+)?(?:q[1-4]|{ordinals}[\s-]+{_quarter_words()})(?:\s+{of})?(?:\s+{YEAR})?|"
        rf"{YEAR}(?:\s+q[1-4])?)"
    )


def _ordinal(quarter: int) -> str:
    return "|".join(language.dates.ordinals[quarter - 1] for language in languages() if language.dates.ordinals)


def _quarter_words() -> str:
    return alternatives(in_order(lambda language: language.dates.quarter))


@cache
def month_pattern(*, name: bool) -> re.Pattern[str]:
    """Return the pattern of a month with its day.

    In the `name` of a file a month may be cut short, and any is one. In a text those that are other words too, and
    short forms, need a number beside them.
    """
    months = alternatives(f"(?P<m{at}>{alternatives(_forms(at, name=name))})" for at in range(1, 13))
    endings = alternatives(in_order(lambda language: language.dates.day_endings))
    of = alternatives(in_order(lambda language: language.dates.of))
    before = rf"(?:{_DAY.format('before')}(?:{endings}|\.)?\s+(?:{of}\s+)?)?"
    after = rf"(?:\s+{_DAY.format('after')}{endings}?(?!\d))?"
    return re.compile(rf"(?<![^\W_]){before}{months}(?![^\W\d_]){after}", re.IGNORECASE)


def _forms(month: int, *, name: bool) -> list[str]:
    """Return the expressions of a month in all languages: in full, then cut short."""
    full: dict[str, None] = {}
    short: dict[str, None] = {}
    for language in languages():
        dates = language.dates
        for form in dates.months[month - 1].split("|") if dates.months else ():
            full[_beside_a_number(form, dates.within) if form in dates.doubtful and not name else form] = None
        if dates.short and dates.short[month - 1] != _NONE:
            short[dates.short[month - 1]] = None
    if not short:
        return list(full)
    cut = rf"{alternatives(short)}\b\.?"
    return [*full, cut if name else rf"{cut}(?=\s+{YEAR})"]


def _beside_a_number(month: str, within: tuple[str, ...]) -> str:
    """Return the expression of a month that is another word, too: with a year or day, or after "in" and alone."""
    places = [rf"{month}(?=,?\s+\d)", rf"(?<=\d\s){month}"]
    return "|".join([*places, *(rf"(?<=\b{word}\s){month}(?![\s-]\w)" for word in within)])
