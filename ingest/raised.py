"""Raised and lowered text in one line: powers and marks of notes as small figures, fractions with a stroke."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_RAISED = str.maketrans("i0123456789+-−=()n", "ⁱ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ", "[]")  # brackets are those of citations
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_SMALL_LETTERS = "ⁿⁱ"
_FLAT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_LONGEST = 8  # characters; more is a line that stands higher, not a mark
_FRACTION = re.compile(r"(\d?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)[/⁄]([₀₁₂₃₄₅₆₇₈₉]+)")


def raised(text: str) -> str:
    """Return `text` as it is written raised: "6" as "⁶", a letter as "^(a)"; endings of words and long text stay."""
    return _shifted(text, _RAISED, "^")


def lowered(text: str) -> str:
    """Return `text` as it is written lowered: "2" as "₂"; letters stay."""
    return _shifted(text, _LOWERED, "")


def note_mark(mark: str) -> str:
    """Return the mark of a note as it stands at a word; any letters in brackets: "^(iv)"."""
    small = raised(mark)
    return f"^({mark})" if small == mark and any(map(str.isalnum, mark)) else small


def with_fractions(text: str) -> str:
    """Return `text` with a raised figure over a lowered one as a fraction, apart from a whole number: "1 3/4"."""
    return _FRACTION.sub(_fraction, text)


def _shifted(text: str, table: Mapping[int, int | None], sign: str) -> str:
    core = text.strip()
    if not core or len(core) > _LONGEST or not any(map(str.isalnum, core)):
        return text
    before, after = text[: text.index(core)], text[text.index(core) + len(core) :]
    small = core.replace(" ", "").translate(table)
    if not any(character.isalpha() and character not in _SMALL_LETTERS for character in small):
        return before + small + after
    is_mark = len(core) == 1 or not core.isalpha()  # else the ending of an ordinal or a word: 21st, Mme
    return f"{before}{sign}({core}){after}" if sign and is_mark else text


def _fraction(match: re.Match[str]) -> str:
    whole, over, under = match[1], match[2].translate(_FLAT), match[3].translate(_FLAT)
    return f"{whole} {over}/{under}" if whole else f"{over}/{under}"
