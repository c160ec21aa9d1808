"""Figures with what they count, as two texts can be compared by them: never one unit with another.

A unit is read from its place, not from a list: the signs before and after a figure and the word after it. Figures of
codes, times of day, ordinals and the numbers that lines begin with are no amounts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.measures import PERCENT
from rag_app.language.numbers import number_of
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.units import MONEY, TIMES, words_of
from rag_app.language.vocabulary import alternatives, in_order, pattern
from rag_app.language.words import FIGURE, LETTERS, MARK, same_word, unmarked
from rag_app.proof.figures import value_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_SPACES = (" ", "\u00a0", "\u202f")
_UNIT_SIGNS = "‰°′″"
_PIECE = re.compile(rf"(?P<figure>{FIGURE})|(?P<word>{LETTERS})|(?P<mark>[^\s\w])")
_FEWEST = 2  # of a number in words: that for one is an article as well
_JOINS = 3  # letters of a word that joins two figures to a range, at most, where it is no stop word
_RATE = 2  # words after a unit, among which the time stands for which it is: "per month"
_SMALL = 3  # letters of a unit whose capitals count
_CURRENCY = 3  # capitals of the code of a currency
_DECIMAL = re.compile(r"0[.,]\d+")
_UNCLEAR = re.compile(r"\d{1,3}([.,])\d{3}")  # thousands, or three places of decimals
_THOUSANDS = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*")
_CODED = re.compile(r"[^\W\d][\w-]*\Z")
_LONGEST_CODE = 20  # characters of a code before a figure of it
_SCALE_LETTER = re.compile(r"[kKMBT]")
_MINUS = "-−–"
_BASE = "10"  # with what is raised beside it a power, and no amount


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure of a text and what it counts."""

    start: int  # of the figure, in characters of the text
    end: int
    said: str  # the figure as it is written, in digits or as a word
    figure: str  # in digits
    unit: tuple[str, ...]  # signs and words; empty where it stands bare
    written: str  # both, as they are written

    @property
    def value(self) -> Decimal:
        """What it comes to."""
        return read_figure(self.figure)


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    text: str
    kind: str  # figure, word or mark


def amounts(text: str) -> list[Amount]:
    """Return the amounts of a text, in order; both ends of a range have the unit of the second."""
    pieces = [_Piece(one.start(), one.end(), one[0], str(one.lastgroup)) for one in _PIECE.finditer(text)]
    found = [amount for row in range(len(pieces)) if (amount := _amount(text, pieces, row))]
    for row in range(len(found) - 1, 0, -1):
        before, after = found[row - 1], found[row]
        if joined(text[before.end : after.start]):
            found[row - 1] = replace(before, unit=after.unit)
    return [amount for amount in found if amount.unit or not _numbers_line(text, amount)]


def comparable(one: Iterable[Amount], other: Iterable[Amount]) -> tuple[Amount, Amount] | None:
    """Return the one amount of each side that counts the same; None where there is none, or a choice of several.

    What both sides have alike, such as a date, is passed over where something else differs.
    """
    mine, its = list(one), list(other)
    pairs: list[tuple[Amount, Amount]] = []
    for first in mine:
        same = [second for second in its if same_unit(first.unit, second.unit)]
        twins = [another for another in mine if same_unit(first.unit, another.unit)]
        if same and (len(same) > 1 or len(twins) > 1):
            return None
        pairs += [(first, second) for second in same]
    telling = [pair for pair in pairs if pair[0].value != pair[1].value] or pairs
    return telling[0] if len(telling) == 1 else None


def same_unit(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two units are one, in any of its forms."""
    return len(one) == len(other) and all(map(_same, one, other))


def values(first: Amount, second: Amount) -> tuple[Decimal, Decimal]:
    """Return what two amounts come to, each read as the other lets no doubt: beside "2.5" "1.250" has decimals."""
    return _beside(first.figure, second.figure), _beside(second.figure, first.figure)


def read_together(found: Sequence[Amount]) -> list[Decimal]:
    """Return what some amounts come to, each read as any of the others lets no doubt."""
    marks = {mark for one in found if (mark := _mark_of_decimals(one.figure))}
    return [_with_decimals(one.figure, marks) for one in found]


def is_money(part: str) -> bool:
    """Tell whether a part of a unit is a currency: its sign, its code or its name."""
    code = len(part) == _CURRENCY and part.isupper()
    return code or unicodedata.category(part[0]) == "Sc" or part.casefold() in words_of(MONEY, symbols=True)


def is_time(part: str) -> bool:
    """Tell whether a part of a unit is a time."""
    return part.casefold() in words_of(*TIMES)


def apart(larger: Amount, smaller: Amount) -> str:
    """Return by how much one amount is larger than another of its unit, written as the larger one is."""
    one, other = values(larger, smaller)
    text = f"{one - other:f}"
    marked = [
        amount.figure for amount, value in ((larger, one), (smaller, other)) if value != value.to_integral_value()
    ]
    if any(figure.rfind(",") > figure.rfind(".") for figure in marked):
        text = text.replace(".", ",")
    return larger.written.replace(larger.said, text, 1)


def _same(one: str, other: str) -> bool:
    if min(len(one), len(other)) <= _SMALL:
        return one == other
    return same_word(one.casefold(), other.casefold())


def _amount(text: str, pieces: Sequence[_Piece], row: int) -> Amount | None:
    """Return the amount of a piece; None where it is no figure, or one of a code."""
    piece = pieces[row]
    if piece.kind == "word":
        number = number_of(piece.text.casefold())
        if number is None or number < _FEWEST:
            return None
        figure, start = str(number), piece.start
    elif piece.kind == "figure" and not _in_code(text, piece) and not set(piece.text) & set(":/"):
        figure, start = piece.text, piece.start
        if _is_negative(text, start):
            figure, start = f"-{figure}", start - 1
    else:
        return None
    if not _is_number(figure) or (figure == _BASE and MARK.match(text, piece.end)):
        return None
    before, first = _before(text, pieces, row, start)
    after, end = _after(text, pieces, row, known=bool(before))
    return Amount(
        start, piece.end, text[start : piece.end], figure, (*before, *after), " ".join(text[first:end].split())
    )


def _in_code(text: str, piece: _Piece) -> bool:
    """Tell whether letters stand before a figure, or an ending after it that makes it an ordinal: "QM-7", "5th"."""
    coded = _CODED.search(text[max(piece.start - _LONGEST_CODE, 0) : piece.start])
    return bool(coded or _ordinal().match(text, piece.end))


def _numbers_line(text: str, amount: Amount) -> bool:
    """Tell whether a bare figure is the number of what follows it: "§ 3 The fee is"."""
    before, after = text[: amount.start].rpartition("\n")[2], unmarked(text)[amount.end :].partition("\n")[0]
    return not re.search(r"\w", before) and bool(re.search(r"\w", after))


def _is_negative(text: str, start: int) -> bool:
    return text[start - 1 : start] in tuple(_MINUS) and not text[max(start - 2, 0) : start - 1].strip(" (\t\n")


def _before(text: str, pieces: Sequence[_Piece], row: int, start: int) -> tuple[list[str], int]:
    """Return the sign or code of a currency before a figure, and where it begins."""
    if row and (piece := pieces[row - 1]) and not text[piece.end : start].strip():
        code = piece.kind == "word" and len(piece.text) == _CURRENCY and piece.text.isupper()
        if code or unicodedata.category(piece.text[0]) == "Sc":
            return [piece.text], piece.start
    return [], start


def _after(text: str, pieces: Sequence[_Piece], row: int, *, known: bool) -> tuple[list[str], int]:
    """Return the signs and the word after a figure, with scale and time, and where they end.

    Where the unit is `known` from before the figure, such as "$", only scale and time are looked for.
    """
    unit: list[str] = []
    end = pieces[row].end
    if mark := MARK.match(text, end):
        end = mark.end()
    if share := _percent().match(text, end):
        return _with_time(pieces, [PERCENT], share.end())
    for at, piece in enumerate(pieces[row + 1 :], row + 1):
        if piece.start < end:  # a mark of several signs
            continue
        if text[end : piece.start] not in ("", *_SPACES):
            break
        scaled = bool(unit) and _is_scale(unit[-1])
        if not unit and _counts_money(text, pieces, at):  # "8.4M $"
            unit.append(piece.text)
        elif piece.kind == "word":
            if scaled and piece.text.casefold() in STOP_WORDS:  # "millones de euros"
                end = piece.end
                continue
            if piece.text.casefold() in STOP_WORDS or (known and not _is_scale(piece.text)):
                break
            unit.append(piece.text)
            known = not _is_scale(piece.text)
        elif piece.text == "/" or (piece.kind == "mark" and not known and _is_unit_sign(piece.text)):
            unit.append(piece.text)
            known = unicodedata.category(piece.text) == "Sc"
        else:
            break
        end = piece.end
    return _with_time(pieces, unit, end)


def _counts_money(text: str, pieces: Sequence[_Piece], at: int) -> bool:
    """Tell whether a piece is the letter of thousands or millions before the sign of a currency."""
    if at + 1 >= len(pieces) or not _SCALE_LETTER.fullmatch(pieces[at].text):
        return False
    sign = pieces[at + 1]
    near = text[pieces[at].end : sign.start] in ("", *_SPACES)
    return near and sign.kind == "mark" and unicodedata.category(sign.text) == "Sc"


def _is_scale(word: str) -> bool:
    return bool(_large().fullmatch(word))


def _is_unit_sign(mark: str) -> bool:
    return mark in _UNIT_SIGNS or unicodedata.category(mark) == "Sc"


def _with_time(pieces: Sequence[_Piece], unit: list[str], end: int) -> tuple[list[str], int]:
    """Add the time for which an amount is: "euros a month"."""
    if unit and is_time(unit[-1]):
        return unit, end
    for piece in [one for one in pieces if one.start >= end][:_RATE]:
        if piece.kind != "word":
            break
        if is_time(piece.text):
            return [*unit, piece.text], piece.end
    return unit, end


def joined(between: str) -> bool:
    """Tell whether what stands between two figures makes them one range or size: "5 to 7", "60 x 40"."""
    said = between.strip()
    if not said or said in _MINUS or said in "×/~":
        return True
    return bool(re.fullmatch(LETTERS, said)) and (len(said) <= _JOINS or said.casefold() in STOP_WORDS)


def _is_number(figure: str) -> bool:
    try:
        read_figure(figure)
    except InvalidOperation:  # "4.2.1"
        return False
    return True


def read_figure(figure: str) -> Decimal:
    """Return what a figure in digits comes to."""
    sign, bare = (-1, figure[1:]) if figure[:1] == "-" else (1, figure)
    return sign * Decimal(bare.replace(",", ".") if _DECIMAL.fullmatch(bare) else value_of(bare))


def _beside(figure: str, other: str) -> Decimal:
    return _with_decimals(figure, {_mark_of_decimals(other)})


def _with_decimals(figure: str, marks: Collection[str]) -> Decimal:
    """Return what a figure comes to beside others, where one of some marks begins the decimals."""
    unclear = _UNCLEAR.fullmatch(figure.lstrip("-"))
    return Decimal(figure.replace(",", ".")) if unclear and unclear[1] in marks else read_figure(figure)


def _mark_of_decimals(figure: str) -> str:
    """Return the mark that surely begins the decimals of a figure; empty where there is none."""
    mark = re.search(r"([.,])\d+$", figure)
    clear = not _THOUSANDS.fullmatch(figure.lstrip("-")) or _DECIMAL.fullmatch(figure)
    return mark[1] if mark and clear else ""


@cache
def _ordinal() -> re.Pattern[str]:
    return pattern(in_order(lambda language: language.dates.counted), after=r"(?!\w)")


@cache
def _large() -> re.Pattern[str]:
    return re.compile(alternatives(in_order(lambda language: language.numbers.large)), re.IGNORECASE)


@cache
def _percent() -> re.Pattern[str]:
    words = in_order(lambda language: language.numbers.percent)
    return pattern(words, before=rf"\s?(?:{PERCENT}|", after=r"\b)")
