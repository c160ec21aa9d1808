"""Measures of a text in units that are known: "1.35 kg", "2 weeks", "€ 45", "12 (in thousands of tonnes)"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.language import DEFAULT
from rag_app.language.numbers import number_of
from rag_app.language.units import MONEY, for_a_time, units, units_called, written_units
from rag_app.language.vocabulary import alternatives, in_order
from rag_app.language.words import LETTERS
from rag_app.proof.amounts import joined, read_figure

if TYPE_CHECKING:
    from collections.abc import Collection

    from rag_app.language.language import Language
    from rag_app.language.units import Unit

_FIGURE = r"[-−–]?(?:\d{1,3}(?:[ \u00a0\u202f’']\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*)"
_UNCLEAR = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")  # thousands, or three places of decimals
_FEWEST = 2  # of a number in words: that for one is an article as well
_RANGE = re.compile(rf"(?<!\w)(?<!\w-)(?:\d[\d.,]*|(?P<word>{LETTERS}))(?P<between>\s*[^\w\s]\s*|\s+{LETTERS}\s+)\Z")
_OFF_BY = "±"  # before how far something may be off, which is no value of its own


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with a unit that is known."""

    start: int  # in characters of the text
    end: int
    written: str
    figure: str  # as it is written, in digits or as a word
    value: Decimal | None  # None where it is not clear
    units: tuple[Unit, ...]  # that may be meant
    whole: bool  # it is neither scaled, nor for some time, nor the end of a range


def measures(text: str, tongues: Collection[Language]) -> list[Measure]:
    """Return the measures of a text, in order.

    Args:
        text: any.
        tongues: languages that it may be in; where they mark decimals in different ways a figure may not be clear.
    """
    money = list(_before().finditer(text))
    taken = {match.start("figure") for match in money}  # "£5 m"
    others = (match for match in _after().finditer(text) if match.start("figure") not in taken)
    found = (_measure(text, match, tongues) for match in (*money, *others))
    return sorted((one for one in found if one), key=lambda one: one.start)


def _measure(text: str, match: re.Match[str], tongues: Collection[Language]) -> Measure | None:
    figure, before = match["figure"], text[: match.start()]
    if figure[0].isalpha() and (number_of(figure.casefold()) or 0) < _FEWEST:
        return None
    if before.rstrip().endswith(_OFF_BY):
        return None
    scaled = match.groupdict().get("scale")
    whole = not scaled and not _ends_range(before) and not for_a_time(text[match.end() :])
    named = units_called(match["unit"])
    return Measure(match.start(), match.end(), match[0], figure, _value(figure, tongues), named, whole)


def _ends_range(before: str) -> bool:
    """Tell whether a figure comes after another one that it makes a range or a size with: "5 to", "60 x"."""
    match = _RANGE.search(before)
    if match is None or (match["word"] and number_of(match["word"].casefold()) is None):
        return False
    return joined(match["between"])


def _value(figure: str, tongues: Collection[Language]) -> Decimal | None:
    if figure[0].isalpha():
        return Decimal(number_of(figure.casefold()) or 0)
    sign, digits = (-1, figure[1:]) if figure[0] in "-−–" else (1, figure)
    digits = re.sub(r"[ \u00a0\u202f’']", "", digits)
    if unclear := _UNCLEAR.fullmatch(digits):
        thousands = {(one.code == DEFAULT) == (unclear[1] == ",") for one in tongues}
        if len(thousands) != 1:
            return None
        return sign * Decimal(digits.replace(unclear[1], "" if True in thousands else "."))
    try:
        return sign * read_figure(digits)
    except InvalidOperation:  # "4.2.1"
        return None


@cache
def _after() -> re.Pattern[str]:
    """Return the pattern of a figure before its unit, which may stand in brackets."""
    within = alternatives(in_order(lambda language: language.measures.scale_in))
    scales = in_order(lambda language: (*language.numbers.large, *language.reading.scales, *language.measures.scales))
    of = alternatives(in_order(lambda language: language.measures.of))
    return re.compile(
        rf"(?<![\w.,:/’'])(?P<figure>{_FIGURE}|(?<!\w){LETTERS}(?=\s))\s?(?P<bracket>\((?:{within}\s+)?)?"
        rf"(?P<scale>{alternatives(scales)}\s+(?:{of}\s+)?)?(?P<unit>{written_units(after_figure=True)})(?(bracket)\))",
        re.IGNORECASE,
    )


@cache
def _before() -> re.Pattern[str]:
    """Return the pattern of a currency before its figure."""
    signs = (symbol for unit in units() if unit.dimension == MONEY for symbol in unit.symbols)
    written = alternatives(map(re.escape, sorted(signs, key=len, reverse=True)))
    return re.compile(rf"(?:(?<!\w)|(?!\w))(?P<unit>{written})\s?(?P<figure>{_FIGURE})")
