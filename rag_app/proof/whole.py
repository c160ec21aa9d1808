"""What is asked of all values of a name at once: the highest, the first so many, how many there are, which are so.

It is text such as "top(3, [each price])" or 'count([area of each plot] > 100)', read here and by nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.language import languages
from rag_app.language.vocabulary import pattern
from rag_app.language.words import among, words

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 200  # characters
_SIGNS = ("<=", ">=", "<", ">", "=")
_ENDS = ("highest", "lowest")  # one value
_LISTS = ("top", "bottom")  # so many, or all, in order
_AS_LISTS = {"highest": "top", "lowest": "bottom"}  # what they are of more than one
_KEEPS = ("count", "which")  # those that are so
_OTHER_END = {"highest": "lowest", "lowest": "highest", "top": "bottom", "bottom": "top"}
FUNCTIONS = (*_ENDS, *_LISTS, *_KEEPS)
_NAME = r"\[(?P<name>[^][()*+=\n]*\w[^][()*+=\n]*)\]"
_WHOLE = re.compile(
    rf" *(?:(?P<end>{'|'.join(_ENDS)})\( *(?:(?P<so_many>[1-9]\d{{0,2}}) *, *)?{_NAME}"
    rf"|(?P<list>{'|'.join(_LISTS)})\( *(?:(?P<most>[1-9]\d{{0,2}}) *, *)?{_NAME.replace('name', 'listed')}"
    rf"|(?P<keep>{'|'.join(_KEEPS)})\( *{_NAME.replace('name', 'kept')}"
    rf"(?: *(?P<sign>{'|'.join(_SIGNS)}) *(?:(?P<number>-?\d+(?:\.\d+)?)|\"(?P<text>[^\"\n]*\w[^\"\n]*)\"))?"
    r") *\) *"
)
_YES = frozenset("x✓✔☑")  # marks in a column of what is so and what is not


@dataclass(frozen=True, slots=True)
class Test:
    """What a value has to be."""

    __test__ = False  # no test case, whatever its name

    sign: str  # one of < > = <= >=
    value: Decimal | str  # a figure, or words that the cell has


@dataclass(frozen=True, slots=True)
class Whole:
    """What is asked of all values of a name."""

    function: str  # one of FUNCTIONS
    name: str
    most: int | None = None  # of a list; None for all
    test: Test | None = None

    @property
    def orders(self) -> bool:
        """Whether the values are put in order: they have to be figures."""
        return self.function not in _KEEPS

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.function in {"highest", "top"}

    @property
    def of_figures(self) -> bool:
        """Whether only figures can be meant."""
        return self.orders or (self.test is not None and isinstance(self.test.value, Decimal))

    def with_first(self, *, largest: bool) -> Whole:
        """Return the same from the other end, where the largest comes first in one of them only."""
        if not self.orders or self.descending == largest:
            return self
        return replace(self, function=_OTHER_END[self.function])


def parse(text: str) -> Whole | None:
    """Return what a text asks; None where it is anything else."""
    match = _WHOLE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    function = match["end"] or match["list"] or match["keep"]
    name = (match["name"] or match["listed"] or match["kept"]).strip()
    value = Decimal(match["number"]) if match["number"] else (match["text"] or "").strip()
    test = Test(match["sign"], value) if match["sign"] else None
    if function == "which" and test is None:
        return None
    if test and isinstance(value, str) and test.sign != "=":
        return None
    most = int(match["most"] or match["so_many"] or 0) or None
    if most and function in _AS_LISTS:
        function = _AS_LISTS[function]
    return Whole(function, name, most, test)


def begins(text: str) -> bool:
    """Tell whether a text is the beginning of one."""
    return len(text) <= _LONGEST and _begun().fullmatch(text) is not None


@cache
def _begun() -> re.Pattern[str]:
    """Return the pattern of all beginnings: whatever comes later in it may be left out.

    A generator's pieces are tried by the thousand, so it is one pattern.
    """
    close = r" *(?:\) *)?"
    number = rf"-?(?:\d+(?:\.(?:\d+{close})?|{close})?)?"
    text = rf'"[^\w"\n]*(?:\w[^"\n]*(?:"{close})?)?'
    test = rf" *(?:= *(?:{number}|{text})?|[<>]=? *(?:{number})?)?"
    functions = {
        (*_ENDS, *_LISTS): rf"(?:[1-9]\d{{0,2}} *(?:, *(?:{_named(close)})?)?|{_named(close)})",
        ("count",): _named(f"(?:{close}|{test})"),
        ("which",): _named(test),
    }
    found = [_spelled(f"{name}(", f" *(?:{rest})?") for names, rest in functions.items() for name in names]
    return re.compile(rf" *(?:{'|'.join(found)})?")


def _named(rest: str) -> str:
    """Return the pattern of the beginnings of a name in brackets, and of what comes after it."""
    return rf"\[[^\w\][()*+=\n]*(?:\w[^\][()*+=\n]*(?:\]{rest})?)?"


def _spelled(text: str, rest: str) -> str:
    """Return the pattern of the beginnings of a text, and of what comes after it."""
    for letter in reversed(text):
        rest = f"{re.escape(letter)}(?:{rest})?"
    return rest


def holds(test: Test, value: Decimal) -> bool:
    """Tell whether a figure is so."""
    if not isinstance(test.value, Decimal):
        return False
    told: Mapping[str, bool] = {
        "<": value < test.value,
        ">": value > test.value,
        "=": value == test.value,
        "<=": value <= test.value,
        ">=": value >= test.value,
    }
    return told[test.sign]


def says(cell: str, value: str) -> bool:
    """Tell whether a cell has all words of a value, in any of their forms; yes and no are those of any language."""
    said, wanted = words(cell), words(value)
    for at, verdict in enumerate(_verdicts()):
        if len(wanted) == 1 and verdict.fullmatch(wanted[0]):
            return any(map(verdict.fullmatch, said)) or (at == 0 and cell.strip().casefold() in _YES)
    return bool(wanted) and all(among(word, said) for word in wanted)


def is_verdict(value: str) -> bool:
    """Tell whether a value says yes or no."""
    return any(verdict.fullmatch(value.casefold()) for verdict in _verdicts())


@cache
def _verdicts() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what says yes, and what says no."""
    pairs = [language.answers.verdicts for language in languages() if language.answers.verdicts]
    return pattern(pair[0] for pair in pairs), pattern(pair[-1] for pair in pairs)
