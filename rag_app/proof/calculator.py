"""What a formula comes to: exact decimals, dates and what they count, or nothing where it makes no sense.

A formula is text such as "([b] - [a]) / [a] * 100": values in brackets, figures, signs and a few functions. It is read
by the parser here and by nothing else. Amounts of one unit add; a share of two of the same unit is bare; a bare number
scales an amount; for the time of a rate there may be that many of it. All else is no result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, TypeAlias

from rag_app.language.measures import PERCENT
from rag_app.proof import whole
from rag_app.proof.amounts import is_money, is_time, same_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TODAY = "today"
_LONGEST = 300  # characters of a formula that a generator writes, and of any beside the names in it
_LONGEST_NAMED = 1000  # of any with the names, which may have several forms each
_PLACES = 2  # of a result, unless the formula rounds
_MOST_PLACES = 6
_HUNDRED = Decimal(100)
_CALENDAR = frozenset(map(Decimal, (7, 12, 24, 52, 60, 365)))  # by which a rate is taken to a longer time
_PART = re.compile(r" *(?:\[(?P<name>[^][()*+=\n]*)\]|(?P<number>\d+(?:\.\d+)?)|(?P<word>[a-z]+)|(?P<sign>[-+*/(),]))")
_NAME = re.compile(r"(?<=\[)[^][]*")
_OPEN = re.compile(r" *(?:\[[^][()*+=\n]*|\d+\.|)\Z")  # what may still become a part
_SERIES = ("sum", "average", "max", "min")
_SPANS = ("days", "months", "years")
FUNCTIONS = (*_SERIES, *_SPANS, "round")
SIZE = "abs"  # without its sign, since accounts may write what is deducted as negative
SHARE = "percent"  # of a part that counts nothing
OF_ONE = (SIZE, SHARE)  # functions of one part, for formulas that are known: no generator writes them


@dataclass(frozen=True, slots=True)
class Number:
    """A figure that the formula has itself."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Named:
    """A value that is looked up: one, or as the only part of a sum or an average each of several."""

    name: str


@dataclass(frozen=True, slots=True)
class Today:
    """The day on which is asked."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Two formulas with a sign between them."""

    sign: str  # + - * /
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Call:
    """A function of formulas."""

    function: str  # one of FUNCTIONS or OF_ONE
    parts: tuple[Formula, ...]


Formula: TypeAlias = "Number | Named | Today | Operation | Call"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what it counts."""

    value: Decimal
    unit: tuple[str, ...] = ()  # as an amount has it
    said: bool = True  # by a document; else it is a number of the question, whose unit only tells what it counts
    share: bool = False  # of two amounts of one unit


Value: TypeAlias = "Quantity | date"


class NoResult(Exception):
    """A formula that is none, or that comes to nothing."""


def parse(text: str) -> Formula | None:
    """Return a formula from its text; None where that is anything else."""
    try:
        parts = list(_parts(text))
        formula, rest = _sum(parts, 0)
        return formula if rest == len(parts) else None
    except NoResult:
        return None


def names(formula: Formula) -> list[Named]:
    """Return the values of a formula that are looked up, each once, in order."""
    return list(dict.fromkeys(one for one in _walk(formula) if isinstance(one, Named)))


def numbers(formula: Formula) -> list[Decimal]:
    """Return the figures that a formula has itself, but those that say how it is rounded."""
    return [one.value for one in _walk(formula) if isinstance(one, Number)]


def series(formula: Formula) -> list[Named]:
    """Return the values of which there are several: the only part of a sum, an average, a largest or a smallest."""
    calls = (one for one in _walk(formula) if isinstance(one, Call) and one.function in _SERIES and len(one.parts) == 1)
    return list(dict.fromkeys(call.parts[0] for call in calls if isinstance(call.parts[0], Named)))


def dated(formula: Formula) -> list[Named]:
    """Return the values that are dates."""
    calls = (one for one in _walk(formula) if isinstance(one, Call) and one.function in _SPANS)
    return list(dict.fromkeys(part for call in calls for part in call.parts if isinstance(part, Named)))


def factors(formula: Formula) -> list[Decimal]:
    """Return the figures with which something is multiplied."""
    products = (one for one in _walk(formula) if isinstance(one, Operation) and one.sign == "*")
    return [end.value for one in products for end in (one.left, one.right) if isinstance(end, Number)]


def evaluate(
    formula: Formula, values: Mapping[Named, Sequence[Value]], *, today: date, counted: Sequence[Quantity] = ()
) -> Quantity | None:
    """Return what a formula comes to; None where units do not fit, a value is missing, or it divides by zero.

    Args:
        formula: that was parsed.
        values: of each name; several where it is that of a series.
        today: the day on which is asked.
        counted: the figures of the question with what they count.
    """
    try:
        found = _Evaluation(values, today, {one.value: one for one in counted}).of(formula)
    except (NoResult, ArithmeticError):
        return None
    return _finished(found, formula) if isinstance(found, Quantity) else None


def places(formula: Formula) -> int | None:
    """Return to how many decimals a formula rounds; None where it does not say."""
    if isinstance(formula, Call) and formula.function == "round" and isinstance(formula.parts[1], Number):
        return int(formula.parts[1].value)
    return None


def rounded(value: Decimal, decimals: int | None) -> Decimal:
    """Return a result as it is shown: with so many decimals, or else with two at most, and no zeros at its end.

    Of what is smaller than that two figures are left.
    """
    if decimals is not None:
        return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    left = _PLACES if not value or value.adjusted() >= -_PLACES else 1 - value.adjusted()
    short = value.quantize(Decimal(1).scaleb(-left), ROUND_HALF_UP)
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short.normalize()


class Grammar:
    """Lets a generator write a formula, what is asked of all values of a name, or "none", and nothing else."""

    def allows(self, written: str, piece: str) -> bool:
        """Tell whether `piece` may follow `written`."""
        text = written + piece
        return len(text) <= _LONGEST and ("none".startswith(text.strip()) or _begins(text) or whole.begins(text))

    def complete(self, written: str) -> bool:
        """Tell whether `written` is whole."""
        return written.strip() == "none" or parse(written) is not None or whole.parse(written) is not None

    def finished(self, written: str) -> bool:
        """Tell whether nothing may follow."""
        return written.strip() == "none"


def _begins(text: str) -> bool:
    """Tell whether parts of a formula stand in a text one after another in an order that can become one."""
    at, depth, wanted = 0, 0, True  # a value is wanted next
    while match := _PART.match(text, at):
        at = match.end()
        sign = match["sign"] or ""
        if match["word"]:
            if at == len(text):  # it may become longer
                return wanted and any(word.startswith(match["word"]) for word in (*FUNCTIONS, TODAY))
            if not wanted or match["word"] not in (*FUNCTIONS, TODAY):
                return False
            wanted = match["word"] != TODAY
            if wanted and not text.startswith("(", at):
                return False
        elif sign == "(":
            if not wanted:
                return False
            depth += 1
        elif sign:
            if wanted or (sign in ")," and not depth):
                return False
            depth -= sign == ")"
            wanted = sign != ")"
        elif not wanted or not (match["number"] or match["name"].strip()):
            return False
        else:
            wanted = False
    return _OPEN.match(text, at) is not None and (wanted or not text[at:].strip() or text[at - 1 : at].isdigit())


def _walk(formula: Formula) -> Iterator[Formula]:
    yield formula
    if isinstance(formula, Operation):
        yield from _walk(formula.left)
        yield from _walk(formula.right)
    elif isinstance(formula, Call):
        for part in formula.parts[:1] if formula.function == "round" else formula.parts:
            yield from _walk(part)


def _parts(text: str) -> Iterator[re.Match[str]]:
    at = 0
    text = text.strip()
    if len(text) > _LONGEST_NAMED or len(_NAME.sub("", text)) > _LONGEST:
        raise NoResult
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            raise NoResult
        yield match
        at = match.end()


def _sum(parts: Sequence[re.Match[str]], at: int) -> tuple[Formula, int]:
    return _chain(parts, at, "+-", _product)


def _product(parts: Sequence[re.Match[str]], at: int) -> tuple[Formula, int]:
    return _chain(parts, at, "*/", _single)


def _chain(
    parts: Sequence[re.Match[str]],
    at: int,
    signs: str,
    part: Callable[[Sequence[re.Match[str]], int], tuple[Formula, int]],
) -> tuple[Formula, int]:
    left, at = part(parts, at)
    while (sign := _sign(parts, at)) and sign in signs:
        right, at = part(parts, at + 1)
        left = Operation(sign, left, right)
    return left, at


def _single(parts: Sequence[re.Match[str]], at: int) -> tuple[Formula, int]:
    if at >= len(parts):
        raise NoResult
    part = parts[at]
    if part["number"]:
        return Number(Decimal(part["number"])), at + 1
    if part["name"] is not None and part["name"].strip():
        return Named(part["name"].strip()), at + 1
    if part["word"] == TODAY:
        return Today(), at + 1
    if part["word"] in (*FUNCTIONS, *OF_ONE) and _sign(parts, at + 1) == "(":
        return _call(part["word"], parts, at + 2)
    if part["sign"] == "(":
        inner, at = _sum(parts, at + 1)
        _expect(parts, at, ")")
        return inner, at + 1
    raise NoResult


def _call(function: str, parts: Sequence[re.Match[str]], at: int) -> tuple[Formula, int]:
    found: list[Formula] = []
    while True:
        one, at = _sum(parts, at)
        found.append(one)
        if _sign(parts, at) != ",":
            break
        at += 1
    _expect(parts, at, ")")
    if not _fits(function, found):
        raise NoResult
    return Call(function, tuple(found)), at + 1


def _fits(function: str, parts: Sequence[Formula]) -> bool:
    """Tell whether a function can be one of so many parts; a single one of a series is a name."""
    if function == "round":
        decimals = parts[1] if len(parts) == 2 else None
        return isinstance(decimals, Number) and decimals.value in range(_MOST_PLACES + 1)
    if function in OF_ONE:
        return len(parts) == 1
    if function in _SPANS:
        return len(parts) == 2
    return len(parts) > 1 or isinstance(parts[0], Named)


def _sign(parts: Sequence[re.Match[str]], at: int) -> str:
    return (parts[at]["sign"] or "") if at < len(parts) else ""


def _expect(parts: Sequence[re.Match[str]], at: int, sign: str) -> None:
    if _sign(parts, at) != sign:
        raise NoResult


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """Works out one formula."""

    values: Mapping[Named, Sequence[Value]]
    today: date
    counted: Mapping[Decimal, Quantity]  # the figures of the question

    def of(self, formula: Formula) -> Value:
        if isinstance(formula, Number):
            return self.counted.get(formula.value, Quantity(formula.value, said=False))
        if isinstance(formula, Today):
            return self.today
        if isinstance(formula, Named):
            return self._only(formula)
        if isinstance(formula, Operation):
            return _operation(formula.sign, self.of(formula.left), self.of(formula.right))
        return self._call(formula)

    def _only(self, name: Named) -> Value:
        found = self.values.get(name, ())
        if len(found) != 1:
            raise NoResult
        return found[0]

    def _call(self, call: Call) -> Value:
        if call.function == "round":
            return self.of(call.parts[0])
        if call.function in OF_ONE:
            return _of_one(call.function, self.of(call.parts[0]))
        first = call.parts[0]
        several = len(call.parts) == 1 and isinstance(first, Named)
        parts = [*self.values.get(first, ())] if several and isinstance(first, Named) else [*map(self.of, call.parts)]
        if call.function in _SPANS:
            return _span(call.function, parts)
        return _of_series(call.function, parts)


def _of_series(function: str, parts: Sequence[Value]) -> Quantity:
    quantities = [one for one in parts if isinstance(one, Quantity)]
    if not quantities or len(quantities) < len(parts) or not all(_alike(one, quantities[0]) for one in quantities):
        raise NoResult
    values = [one.value for one in quantities]
    total = sum(values, Decimal(0))
    value = {"sum": total, "average": total / len(values), "max": max(values), "min": min(values)}[function]
    return replace(quantities[0], value=value)


def _span(unit: str, parts: Sequence[Value]) -> Quantity:
    """Return the time between two dates: whole months and years, as ages are counted."""
    dates = [one for one in parts if isinstance(one, date)]
    if len(dates) != 2:
        raise NoResult
    first, last = sorted(dates)
    if unit == "days":
        return Quantity(Decimal((last - first).days))
    whole = 12 * (last.year - first.year) + last.month - first.month - (last.day < first.day)
    return Quantity(Decimal(whole if unit == "months" else whole // 12))


def _of_one(function: str, found: Value) -> Quantity:
    if isinstance(found, date) or (function == SHARE and found.unit):
        raise NoResult
    if function == SHARE:
        return Quantity(found.value * _HUNDRED, (PERCENT,), said=found.said)
    return replace(found, value=abs(found.value))


def _operation(sign: str, left: Value, right: Value) -> Value:
    if isinstance(left, date) or isinstance(right, date):
        raise NoResult
    if sign in "+-":
        return _added(left, right if sign == "+" else replace(right, value=-right.value))
    return _multiplied(left, right) if sign == "*" else _divided(left, right)


def _added(left: Quantity, right: Quantity) -> Quantity:
    if _alike(left, right):
        return replace(left if left.said else right, value=left.value + right.value)
    for all_of_it, part in ((left, right), (right, left)):  # "100 - [discount]"
        if not all_of_it.said and abs(all_of_it.value) == _HUNDRED and part.unit == (PERCENT,):
            return replace(part, value=left.value + right.value)
    raise NoResult


def _alike(left: Quantity, right: Quantity) -> bool:
    return same_unit(left.unit if left.said else (), right.unit if right.said else ())


def _multiplied(left: Quantity, right: Quantity) -> Quantity:
    value, share = left.value * right.value, left.share or right.share
    for one, other in ((left, right), (right, left)):
        if not other.said or not other.unit:
            return Quantity(value, _for_time(one, other), said=one.said or other.said, share=share)
    for one, other in ((left, right), (right, left)):
        if other.unit == (PERCENT,) and PERCENT not in one.unit:
            return replace(one, value=value, unit=(*one.unit, PERCENT))
        if _is_rate(one) and same_unit(other.unit, one.unit[-1:]):
            return replace(one, value=value, unit=_without_time(one.unit))
    return replace(_paid(left, right), value=value)


def _divided(left: Quantity, right: Quantity) -> Quantity:
    value = left.value / right.value
    if PERCENT in left.unit and not right.said and right.value == _HUNDRED:
        return replace(left, value=value, unit=left.unit[: left.unit.index(PERCENT)])
    if not right.said or not right.unit:
        return replace(left, value=value, said=left.said or right.said)
    if same_unit(left.unit, right.unit):
        return Quantity(value, share=True)
    if not left.unit or _paid(left, right) is right:
        raise NoResult
    return replace(left, value=value)


def _paid(left: Quantity, right: Quantity) -> Quantity:
    """Return the one of two amounts that is money, where the other one counts what is paid for."""
    money = [one for one in (left, right) if any(map(is_money, one.unit))]
    if len(money) != 1 or PERCENT in (*left.unit, *right.unit):
        raise NoResult
    return money[0]


def _for_time(rate: Quantity, number: Quantity) -> tuple[str, ...]:
    """Return the unit of a rate for so much of its time, or of what is scaled otherwise its own."""
    if _is_rate(rate) and not number.said:
        if number.unit and same_unit(number.unit[-1:], rate.unit[-1:]):
            return _without_time(rate.unit)
        if not number.unit and number.value in _CALENDAR:
            return _without_time(rate.unit)
    return rate.unit


def _is_rate(one: Quantity) -> bool:
    return len(one.unit) > 1 and is_time(one.unit[-1])


def _without_time(unit: tuple[str, ...]) -> tuple[str, ...]:
    return unit[:-2] if unit[-2] == "/" else unit[:-1]


def _finished(found: Quantity, formula: Formula) -> Quantity:
    """Return a result in its own unit: a share times 100 is one in percent, and a percentage of something a part."""
    if PERCENT in found.unit and found.unit != (PERCENT,):
        kept = tuple(part for part in found.unit if part != PERCENT)
        return replace(found, value=found.value / _HUNDRED, unit=kept)
    if found.share and not found.unit and any(value == _HUNDRED for value in _factors(formula)):
        return replace(found, unit=(PERCENT,))
    return found


def _factors(formula: Formula) -> Iterator[Decimal]:
    """Yield the figures by which a formula as a whole is multiplied."""
    if isinstance(formula, Call) and formula.function == "round":
        yield from _factors(formula.parts[0])
    if isinstance(formula, Operation) and formula.sign in "*/":
        yield from _factors(formula.left)
        if formula.sign == "*":
            yield from _factors(formula.right)
    if isinstance(formula, Number):
        yield formula.value
