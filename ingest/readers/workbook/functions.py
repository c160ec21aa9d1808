"""The functions of formulas that are worked out here, each of plain values."""

from __future__ import annotations

import math
import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from ingest.readers.workbook.digits import exact, general
from ingest.readers.workbook.formula import NotUnderstoodError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Value = float | int | bool | str | None
_LONGEST_TEXT = 32_767  # characters of a cell
_MOST_STARS = 3  # in what is looked for: each one more makes it slower
_MOST_PLACES = 15
_COMPARING = re.compile(r"(<=|>=|<>|[=<>])?(.*)", re.DOTALL)
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?\s*", re.IGNORECASE)


class FaultError(Exception):
    """What a formula comes to is a fault, such as "#DIV/0!"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Cells(NamedTuple):
    """The values of an area, row by row."""

    rows: Sequence[Sequence[Value]]


Argument = Value | Cells


def number(value: Argument) -> float:
    """Return a value as a number.

    Raises:
        FaultError: it is none.
        NotUnderstoodError: it is a text that Excel may take for one, or several values.
    """
    if isinstance(value, Cells):
        return number(single(value))
    if value is None or isinstance(value, (bool, int, float)):
        return float(value or 0)
    if _NUMBER.fullmatch(value):
        return float(value)
    if any(map(str.isdigit, value)):
        raise NotUnderstoodError
    raise FaultError("#VALUE!")


def single(value: Argument) -> Value:
    """Return the one value of an argument."""
    if not isinstance(value, Cells):
        return value
    if len(value.rows) == 1 and len(value.rows[0]) == 1:
        return value.rows[0][0]
    raise NotUnderstoodError


def text(value: Argument) -> str:
    """Return a value as a text."""
    value = single(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str) else general(value)


def truth(value: Argument) -> bool:
    """Return whether a value is true."""
    value = single(value)
    if isinstance(value, str):
        if value.casefold() in ("true", "false"):
            return value.casefold() == "true"
        raise FaultError("#VALUE!")
    return bool(value)


def listed(arguments: Sequence[Argument]) -> list[float]:
    """Return the numbers among some arguments: those that cells hold, and all that are stated."""
    found: list[float] = []
    for one in arguments:
        if isinstance(one, Cells):
            found += [float(value) for value in values(one) if is_number(value)]
        else:
            found.append(number(one))
    return found


def values(argument: Argument) -> Iterator[Value]:
    """Yield the values of an argument."""
    if isinstance(argument, Cells):
        for row in argument.rows:
            yield from row
    else:
        yield argument


def is_number(value: Value) -> TypeGuard[float]:
    """Tell whether a value is a number, not a truth."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def compared(one: Value, other: Value) -> int:
    """Return how two values stand to each other, below, at or above 0: numbers before texts before truths."""
    one = _like(other) if one is None else one
    other = _like(one) if other is None else other
    first, second = _ranked(one), _ranked(other)
    return (first > second) - (first < second)


def _like(value: Value) -> Value:
    return "" if isinstance(value, str) else False if isinstance(value, bool) else 0


def _ranked(value: Value) -> tuple[int, float, str]:
    if isinstance(value, bool):
        return 2, float(value), ""
    if isinstance(value, str):
        return 1, 0.0, value.casefold()
    return 0, float(exact(value or 0)), ""


def _rounded(way: str) -> Callable[..., float]:
    def round_to(value: Argument, places: Argument = 0) -> float:
        least = Decimal(1).scaleb(-max(min(int(number(places)), _MOST_PLACES), -_MOST_PLACES))
        given = exact(number(value))
        return float(given.quantize(least, way)) if given.adjusted() < _MOST_PLACES else float(given)

    return round_to


def _divided(one: Argument, other: Argument) -> float:
    below = number(other)
    if not below:
        raise FaultError("#DIV/0!")
    return number(one) / below


def _power(one: Argument, other: Argument) -> float:
    try:
        found = math.pow(number(one), number(other))
    except (ValueError, OverflowError, ZeroDivisionError):
        raise FaultError("#NUM!") from None
    return found


def _remainder(one: Argument, other: Argument) -> float:
    below = number(other)
    if not below:
        raise FaultError("#DIV/0!")
    return number(one) - below * math.floor(number(one) / below)


def _root(value: Argument) -> float:
    if number(value) < 0:
        raise FaultError("#NUM!")
    return math.sqrt(number(value))


def _mean(*arguments: Argument) -> float:
    found = listed(arguments)
    return _divided(math.fsum(found), len(found))


def _product(*arguments: Argument) -> float:
    found = listed(arguments)
    return math.prod(found) if found else 0.0


def _sum_of_products(*arguments: Argument) -> float:
    columns = [[float(value) if is_number(value) else 0.0 for value in values(one)] for one in arguments]
    if len({len(column) for column in columns}) > 1:
        raise FaultError("#VALUE!")
    return math.fsum(map(math.prod, zip(*columns, strict=True)))


def _joined(*arguments: Argument) -> str:
    said = "".join(text(value) for one in arguments for value in values(one))
    if len(said) > _LONGEST_TEXT:
        raise FaultError("#VALUE!")
    return said


def _begun(said: Argument, count: Argument = 1) -> str:
    return text(said)[: max(int(number(count)), 0)]


def _ended(said: Argument, count: Argument = 1) -> str:
    letters = max(int(number(count)), 0)
    return text(said)[-letters:] if letters else ""


def _within(said: Argument, start: Argument, count: Argument) -> str:
    first = max(int(number(start)), 1) - 1
    return text(said)[first : first + max(int(number(count)), 0)]


def fits(wanted: Argument) -> Callable[[Value], bool]:
    """Return whether a value is as a condition wants it: ">5", "<>", "north*", 7."""
    asked = single(wanted)
    if not isinstance(asked, str):
        return lambda value: value is not None and compared(value, asked) == 0
    match = _COMPARING.fullmatch(asked)
    sign, said = (match[1] or "=", match[2]) if match else ("=", asked)
    if _NUMBER.fullmatch(said):
        sought = float(said)
        if sign == "<>":
            return lambda value: not (is_number(value) and compared(value, sought) == 0)
        return lambda value: is_number(value) and holds(sign, compared(value, sought))
    if sign not in ("=", "<>"):
        return lambda value: isinstance(value, str) and holds(sign, compared(value, said))
    if said.count("*") > _MOST_STARS or "~" in said:
        raise NotUnderstoodError
    pattern = re.compile(re.escape(said).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE | re.DOTALL)
    return lambda value: (pattern.fullmatch(text(value)) is not None) == (sign == "=")


def holds(sign: str, order: int) -> bool:
    """Tell whether a sign of comparison is true of two values that stand to each other as `order` says."""
    return {"=": order == 0, "<>": order != 0, "<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[sign]


def _chosen(area: Argument, wanted: Argument, told: Argument | None = None) -> list[float]:
    is_wanted, beside = fits(wanted), list(values(area if told is None else told))
    found = [value for one, value in zip(values(area), beside, strict=False) if is_wanted(one)]
    return [float(value) for value in found if is_number(value)]


def _several(told: Argument, conditions: Sequence[Argument]) -> list[float]:
    kept = list(values(told))
    holding = [True] * len(kept)
    for area, wanted in zip(conditions[::2], conditions[1::2], strict=True):
        is_wanted = fits(wanted)
        holding = [held and is_wanted(one) for held, one in zip(holding, values(area), strict=True)]
    return [float(value) for value, held in zip(kept, holding, strict=True) if held and is_number(value)]


def _looked_up(wanted: Argument, area: Argument, column: Argument, near: Argument = True) -> Value:
    if not isinstance(area, Cells):
        raise NotUnderstoodError
    at = _matched(wanted, Cells([[row[0]] for row in area.rows]), 1 if truth(near) else 0)
    row, place = area.rows[int(at) - 1], int(number(column)) - 1
    if not 0 <= place < len(row):
        raise FaultError("#REF!")
    return row[place]


def _matched(wanted: Argument, area: Argument, way: Argument = 1) -> float:
    sought, found = single(wanted), list(values(area))
    if number(way) == 0:
        is_wanted = fits(sought) if isinstance(sought, str) else lambda value: compared(value, sought) == 0
        at = next((at for at, value in enumerate(found) if value is not None and is_wanted(value)), -1)
    elif number(way) > 0:
        same = isinstance(sought, str)
        below = [at for at, one in enumerate(found) if isinstance(one, str) == same and compared(one, sought) <= 0]
        at = below[-1] if below else -1
    else:
        raise NotUnderstoodError
    if at < 0:
        raise FaultError("#N/A")
    return at + 1


def _indexed(area: Argument, row: Argument, column: Argument = None) -> Value:
    if not isinstance(area, Cells):
        raise NotUnderstoodError
    across = len(area.rows) == 1 and column is None
    down, right = (
        (1, int(number(row))) if across else (int(number(row)), int(number(column)) if column is not None else 1)
    )
    if not (1 <= down <= len(area.rows) and 1 <= right <= len(area.rows[0])):
        raise FaultError("#REF!")
    return area.rows[down - 1][right - 1]


def _subtotal(kind: Argument, *arguments: Argument) -> Value:
    name = {1: "AVERAGE", 2: "COUNT", 3: "COUNTA", 4: "MAX", 5: "MIN", 6: "PRODUCT", 9: "SUM"}.get(int(number(kind)))
    if name is None:
        raise NotUnderstoodError
    return FUNCTIONS[name](*arguments)


def _negated(value: Argument) -> float:
    return -number(value)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "+": lambda one, other: number(one) + number(other),
    "-": lambda one, other: number(one) - number(other),
    "*": lambda one, other: number(one) * number(other),
    "/": _divided,
    "^": _power,
    "%": lambda one: number(one) / 100,
    "&": _joined,
    "+1": single,
    "-1": _negated,
    "SUM": lambda *some: math.fsum(listed(some)),
    "AVERAGE": _mean,
    "MIN": lambda *some: min(listed(some), default=0),
    "MAX": lambda *some: max(listed(some), default=0),
    "COUNT": lambda *some: sum(is_number(value) for one in some for value in values(one)),
    "COUNTA": lambda *some: sum(value is not None for one in some for value in values(one)),
    "COUNTBLANK": lambda *some: sum(value in (None, "") for one in some for value in values(one)),
    "MEDIAN": lambda *some: median(listed(some) or [0]),
    "PRODUCT": _product,
    "SUMPRODUCT": _sum_of_products,
    "SUBTOTAL": _subtotal,
    "ROUND": _rounded(ROUND_HALF_UP),
    "ROUNDUP": _rounded(ROUND_UP),
    "ROUNDDOWN": _rounded(ROUND_DOWN),
    "TRUNC": _rounded(ROUND_DOWN),
    "INT": lambda one: math.floor(exact(number(one))),
    "ABS": lambda one: abs(number(one)),
    "SQRT": _root,
    "POWER": _power,
    "MOD": _remainder,
    "AND": lambda *some: all(truth(value) for one in some for value in values(one) if value is not None),
    "OR": lambda *some: any(truth(value) for one in some for value in values(one) if value is not None),
    "NOT": lambda one: not truth(one),
    "SUMIF": lambda area, wanted, told=None: math.fsum(_chosen(area, wanted, told)),
    "AVERAGEIF": lambda area, wanted, told=None: _mean(Cells([_chosen(area, wanted, told)])),
    "COUNTIF": lambda area, wanted: sum(map(fits(wanted), values(area))),
    "SUMIFS": lambda told, *some: math.fsum(_several(told, some)),
    "AVERAGEIFS": lambda told, *some: _mean(Cells([_several(told, some)])),
    "COUNTIFS": lambda area, *some: len(_several(Cells([[1 for _ in values(area)]]), (area, *some))),
    "VLOOKUP": _looked_up,
    "MATCH": _matched,
    "INDEX": _indexed,
    "CONCATENATE": _joined,
    "CONCAT": _joined,
    "LEFT": _begun,
    "RIGHT": _ended,
    "MID": _within,
    "LEN": lambda one: len(text(one)),
    "UPPER": lambda one: text(one).upper(),
    "LOWER": lambda one: text(one).lower(),
    "TRIM": lambda one: " ".join(text(one).split(" ")).strip(),
    "ISBLANK": lambda one: single(one) is None,
    "ISNUMBER": lambda one: is_number(single(one)),
    "ISTEXT": lambda one: isinstance(single(one), str),
}
"""By name; a sign of a formula is a function too."""
