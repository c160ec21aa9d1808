"""Which values of a line of figures are worked out from others of it: totals and differences, by arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Line: TypeAlias = "Sequence[Decimal | None]"  # values in order; None where there is none

_PARTS = 2  # that a total has, at least
_BY_CHANCE = 10  # a smaller figure is easily the sum of others before it
_DIGITS = 3  # of a figure to which others do not add up by chance, but for zeros at its end
_ROUNDED = 100  # times as large as what rounding can add up to is a total that is rounded
_NEARLY = Decimal("0.01")  # share by which the total of another line may be off: it is rounded, or one is missing


@dataclass(slots=True)
class _Parts:
    """Values that may be added up, and what they come to so far."""

    places: list[int] = field(default_factory=list)
    sum: Decimal = Decimal(0)
    exponent: int = 0  # of the last digit of the most exact one

    def add(self, at: int, value: Decimal) -> None:
        self.places.append(at)
        self.sum += value
        self.exponent = min(self.exponent, int(value.as_tuple().exponent))

    def add_up_to(self, value: Decimal) -> bool:
        """Tell whether a value is their sum, where it is large enough also but for rounding."""
        if len(self.places) < _PARTS or abs(value) < _BY_CHANCE:
            return False
        off = abs(self.sum - value)
        rounding = Decimal(1).scaleb(self.exponent) * len(self.places) / 2
        return not off or (off <= rounding and abs(value) >= _ROUNDED * rounding)


def totals(line: Line, others: Callable[[int], Sequence[Line]] = lambda _: ()) -> set[int]:
    """Return the places of the totals of a line: of all values before, of those since the last total, or of all others.

    Args:
        line: values one under another, or side by side.
        others: the lines beside it up to and with a place; what is no total in one of them is none.
    """
    found: set[int] = set()
    group, parts = _Parts(), _Parts()
    known = [(at, value) for at, value in enumerate(line) if value is not None]
    for at, value in known:
        of = next((own.places for own in (group, parts) if own.add_up_to(value)), None)
        surely = at != known[-1][0] and not _told(value)
        if of is not None and not _is_even([*of, at], line) and _agree(others(at), of, at, surely=surely):
            found.add(at)
            group = _Parts()
        else:
            group.add(at, value)
            parts.add(at, value)
    rest = _Parts()
    for at, value in known[1:]:
        rest.add(at, value)
    if known and not found and rest.add_up_to(known[0][1]):
        first, value = known[0]
        whole = not _is_even([*reversed(rest.places), first], line)
        if whole and _agree(others(len(line) - 1), rest.places, first, surely=not _told(value)):
            found.add(first)
    return found


def differences(lines: Sequence[Line]) -> set[int]:
    """Return the places at which all lines have the difference of two values before, in either direction.

    One line alone tells nothing: its values may be apart by chance.
    """
    found: set[int] = set()
    for at in range(_PARTS, max(map(len, lines), default=0)):
        before = [one for one in range(at) if one not in found]
        if any(_apart(lines, one, other, at) for one in before for other in before if one != other):
            found.add(at)
    return found


def _told(value: Decimal) -> bool:
    """Tell whether a figure has so many digits that others hardly add up to it by chance."""
    return len(value.normalize().as_tuple().digits) >= _DIGITS


def _is_even(places: Sequence[int], line: Line) -> bool:
    """Tell whether values go up or down in even steps, as sizes and prices do, of which the last is easily a sum."""
    told = [value for at in places if (value := line[at]) is not None]
    return len({after - before for before, after in pairwise(told)}) == 1


def _agree(lines: Sequence[Line], parts: Sequence[int], at: int, *, surely: bool) -> bool:
    """Tell whether no other line contradicts a total, and where it has to be sure that one has it, too."""
    found = [_agrees(line, parts, at) for line in lines]
    return all(one is not False for one in found) and (not surely or any(found))


def _agrees(line: Line, parts: Sequence[int], at: int) -> bool | None:
    """Tell whether a line has its total at a place, too; None where it tells nothing."""
    value = line[at]
    told = [one for place in parts if (one := line[place]) is not None]
    if value is None or len(told) < _PARTS:
        return None
    return abs(sum(told, Decimal(0)) - value) <= _NEARLY * abs(value)


def _apart(lines: Sequence[Line], one: int, other: int, at: int) -> bool:
    told = [(line[one], line[other], line[at]) for line in lines]
    known = [(a, b, c) for a, b, c in told if a is not None and b is not None and c is not None]
    return len(known) > 1 and all(a - b == c for a, b, c in known) and any(c for _, _, c in known)
