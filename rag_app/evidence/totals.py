"""Which values of a line of figures are worked out from others of it: totals and differences, by arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Line: TypeAlias = "Sequence[Decimal | None]"  # values in order; None where there is none

_PARTS = 2  # that a total has, at least
_BY_CHANCE = 10  # a smaller figure is easily the sum of others before it
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
        if of is not None and all(_agrees(other, of, at) for other in others(at)):
            found.add(at)
            group = _Parts()
        else:
            group.add(at, value)
            parts.add(at, value)
    rest = _Parts()
    for at, value in known[1:]:
        rest.add(at, value)
    if known and not found and rest.add_up_to(known[0][1]):
        first = known[0][0]
        found |= {first} if all(_agrees(one, rest.places, first) for one in others(len(line) - 1)) else set()
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


def _agrees(line: Line, parts: Sequence[int], at: int) -> bool:
    """Tell whether a line may have its total at a place, too."""
    value = line[at]
    told = [one for place in parts if (one := line[place]) is not None]
    if value is None or len(told) < _PARTS:
        return True
    return abs(sum(told, Decimal(0)) - value) <= _NEARLY * abs(value)


def _apart(lines: Sequence[Line], one: int, other: int, at: int) -> bool:
    told = [(line[one], line[other], line[at]) for line in lines]
    known = [(a, b, c) for a, b, c in told if a is not None and b is not None and c is not None]
    return len(known) > 1 and all(a - b == c for a, b, c in known) and any(c for _, _, c in known)
