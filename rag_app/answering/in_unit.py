"""A value in the unit that its question asks for: "1,350 g = 1.35 kg [1]".

What has another unit and cannot be taken to the one that is asked for is no full answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag_app.answering.figure_style import written_like
from rag_app.asking.unit_asked import units_asked
from rag_app.evidence.changes import asks_change
from rag_app.language.detector import language_of
from rag_app.language.units import converted, units_called
from rag_app.proof.calculator import rounded
from rag_app.proof.measures import measures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from rag_app.answering.proved import Result
    from rag_app.asking.unit_asked import UnitAsked
    from rag_app.language.units import Unit
    from rag_app.proof.calculator import Quantity
    from rag_app.proof.measures import Measure

_LONGEST = 15  # words of a line that is one value
_DIGITS = 6  # of a result that is shown in full, unless the document gives more
_LINE = re.compile(r"(?P<said>[^\n]*?)(?P<markers>(?: ?\[\d+\])*)(?=\n|\Z)")
_RESULT = re.compile(r" [=≈] ")  # stands after what is worked out
_UNCLEAR = re.compile(r"\d{1,3}[.,]\d{3}")  # thousands, or three places of decimals
_THOUSAND = 1000
_ENDS = ".!?…。！？"  # of a sentence


@dataclass(frozen=True, slots=True)
class _Target:
    """A unit to which a value is taken."""

    own: Unit
    unit: Unit
    asked: UnitAsked


def in_unit_asked(question: str, result: Result) -> Result:
    """Return a result with its value in the unit that the question asks for, before it as the document writes it.

    One of another unit that cannot be taken to it is partial at most; all else stays as it is.
    """
    asked = units_asked(question) if result.citations and result.kind in {"short", "calculation"} else []
    line = _LINE.match(result.text)
    if not asked or line is None:
        return result
    whole = line["said"]
    said = _RESULT.split(whole)[0]
    tongues = {language_of(question), language_of(result.citations[0].quote)}
    found = measures(said, tongues) if len(said.split()) <= _LONGEST else []
    wanted = {unit for one in asked for unit in one.units}
    if not found or any(not wanted.isdisjoint(one.units) for one in found):
        return result
    targets = [_target(one.units, asked) for one in found]
    if not any(targets):
        return _less_sure(question, result) if _is_other(said, found, asked) else result
    one, target = next((one, target) for one, target in zip(found, targets, strict=True) if target)
    alone = sum(target is not None for target in targets) == 1 and one.whole and one.value is not None
    if result.kind == "calculation" or not alone or (target.unit.zero is not None and asks_change(question)):
        return result
    return _with_value(question, result, line, one, target)


def quantity_asked(question: str, found: Quantity) -> Quantity:
    """Return what is worked out in the unit that the question asks for; as it is where that is none of its kind."""
    target = _of_quantity(question, found)
    value = converted(found.value, target.own, target.unit) if target else None
    if target is None or value is None or target.own == target.unit:
        return found
    return replace(found, value=value, unit=(_called(target, value, question),))


def is_of_unit_asked(question: str, found: Quantity) -> bool:
    """Tell whether a value can be taken to the unit that the question asks for, or has it."""
    return _of_quantity(question, found) is not None


def _of_quantity(question: str, found: Quantity) -> _Target | None:
    own = units_called(" ".join(found.unit)) or units_called("".join(found.unit))
    target = _target(own, units_asked(question))
    return target if target and target.unit.zero is None else None  # a difference of temperatures is none


def _target(own: Sequence[Unit], asked: Sequence[UnitAsked]) -> _Target | None:
    """Return the first unit that is asked for of what a value measures; None where it cannot be taken to any."""
    found = (_Target(mine, unit, one) for one in asked for unit in one.units for mine in own)
    return next(
        (one for one in found if one.own.dimension == one.unit.dimension and one.own.size and one.unit.size), None
    )


def _is_other(said: str, found: Sequence[Measure], asked: Sequence[UnitAsked]) -> bool:
    """Tell whether a value surely lacks a unit that is asked for: all of its figures count something else."""
    left = said
    for one in found:
        left = left.replace(one.written, "")
    return any(one.sure for one in asked) and not any(map(str.isdigit, left))


def _less_sure(question: str, result: Result) -> Result:
    if result.status != "answered":
        return result
    return replace(result, status="partial", unsure=language_of(question).sentences.unsure)


def _with_value(question: str, result: Result, line: re.Match[str], one: Measure, target: _Target) -> Result:
    """Return a result that begins with a value in another unit."""
    value = None if one.value is None else converted(one.value, target.own, target.unit)
    if one.value is None or value is None:
        return result
    shown = _shown(value, one.figure)
    sign = "=" if shown == value else "≈"
    given = one.figure.lstrip("-−–")
    if abs(one.value) < _THOUSAND and _UNCLEAR.fullmatch(given):
        given = f"{given}0"  # with one digit more "1,350" surely has decimals
    figure = written_like(shown, [given], question)
    first = f"{figure} {_called(target, shown, question)} {sign} {one.written}{line['markers']}"
    alone = line["said"].strip().rstrip(_ENDS) == one.written.rstrip(_ENDS)
    rest = result.text[line.end() :] if alone else f"\n{result.text}"
    return replace(result, text=f"{first}{rest}", kind="calculation")


def _shown(value: Decimal, figure: str) -> Decimal:
    """Return a value in full, or rounded where that has many more digits than the document gives."""
    most = max(_DIGITS, sum(map(str.isdigit, figure)))
    exact = value.normalize()
    return exact if len(exact.as_tuple().digits) <= most else rounded(value, None)


def _called(target: _Target, value: Decimal, question: str) -> str:
    """Return the symbol of a unit, or where it has none its name as the question says it; of one in the singular."""
    if target.unit.symbols:
        return target.unit.symbols[0]
    names = target.unit.names(language_of(question))
    return names[0] if value == 1 and names else target.asked.said
