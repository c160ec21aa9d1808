"""An answer that is worked out: the generator writes a formula, the documents give its values, the program computes.

What is shown is the result and the formula with each value as its document writes it, and the quote that holds it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

from rag_app.answering.figure_style import written_like
from rag_app.answering.in_unit import is_of_unit_asked, quantity_asked
from rag_app.answering.known_figure import known_figure
from rag_app.answering.operand_proof import citations_of
from rag_app.answering.operands import Lookup, Operand, common_names, signed
from rag_app.asking.formula import asks_for_calculation, formula_of
from rag_app.evidence.guard import harmless
from rag_app.evidence.labels import content
from rag_app.evidence.windows import Window
from rag_app.language.detector import language_of
from rag_app.language.measures import PERCENT
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.units import units
from rag_app.language.words import unmarked, words
from rag_app.proof.amounts import amounts, is_time, read_together
from rag_app.proof.calculator import (
    OF_ONE,
    SHARE,
    Call,
    Grammar,
    Named,
    Number,
    Operation,
    Quantity,
    Today,
    dated,
    evaluate,
    factors,
    names,
    numbers,
    parse,
    places,
    rounded,
    series,
)
from rag_app.proof.quotes import parenthesised
from rag_app.proof.whole import Whole, is_verdict, says
from rag_app.proof.whole import parse as parse_whole
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from rag_app.answering.stages import Stages
    from rag_app.asking.aggregate import Aggregate
    from rag_app.evidence.windows import Span
    from rag_app.proof.calculator import Formula, Value
    from rag_app.types import Citation, Hit

_WORDS = 80  # of an answer
_CONSTANTS = frozenset(map(Decimal, (1, 2, 100, 1000)))  # that a formula may have unasked
_OF_TIMES = {
    7: "day week",
    12: "month year",
    24: "hour day",
    52: "week year",
    60: "second minute hour",
    365: "day year",
}
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "/"}
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2}
_HUNDRED = Decimal(100)
_CENTS = 2  # decimals that are written also where the last is 0
_DIGITS = re.compile(r"\d+")
_SHOWN = 10  # values of a series that are all shown
_FIRST = 5  # values of a longer one that are shown
_REST = "…"
_EXTREMES = {"max": "highest", "min": "lowest"}
_SPAN = " → "  # between the two ends of a time


@dataclass(frozen=True, slots=True)
class Calculated:
    """An answer that was worked out."""

    text: str
    citations: tuple[Citation, ...]
    window: Window  # the lines that hold the values
    likely: float | None  # that all values are those that are meant, 0 to 1; None where one stands in no cell
    trend: int = 0  # 1 where the value of a later time is more than that of an earlier one, -1 where it is less


def wanted(question: str, hits: Sequence[Hit], stages: Stages) -> Formula | Whole | None:
    """Return the formula that a question asks for, or what it asks of all values of a name.

    The generator is asked where the figure is not known by its name.

    Returns:
        None where it asks for neither, or for figures that it lacks.
    """
    if known := known_figure(question, hits, stages):
        return known
    generator = stages.generator()
    if not asks_for_calculation(question, generator):
        return None
    text = formula_of(question, generator, Grammar())
    if whole := parse_whole(text):
        return whole if _whole_of_question(whole, question) else None
    formula = parse(text)
    if formula is None or not names(formula) or _is_empty(formula) or not _of_question(formula, question):
        return None
    return formula if all(map(_says_something, names(formula))) else None


def _says_something(name: Named) -> bool:
    """Tell whether the name of a value is more than a figure and a unit of time: "5 years" is none."""
    return any(not (word in STOP_WORDS or is_time(word) or any(map(str.isdigit, word))) for word in words(name.name))


def _is_one_value(formula: Formula) -> bool:
    """Tell whether nothing is worked out: a value alone, rounded, times 1, or times 100, which writes it in percent."""
    if isinstance(formula, Call) and formula.function == "round":
        return _is_one_value(formula.parts[0])
    if isinstance(formula, Operation) and formula.sign in "*/":
        ends = (formula.left, formula.right)
        times = any(isinstance(end, Number) and end.value in (1, _HUNDRED) for end in ends)
        return times and any(not isinstance(end, Number) and _is_one_value(end) for end in ends)
    return isinstance(formula, Named)


def _is_empty(formula: Formula) -> bool:
    """Tell whether nothing is worked out: of one value, or of one that is taken from itself or divided by itself."""
    return _is_one_value(formula) or _with_itself(formula)


def _with_itself(formula: Formula) -> bool:
    if not isinstance(formula, Operation):
        return False
    alike = formula.sign in "-/" and formula.left == formula.right
    return alike or _with_itself(formula.left) or _with_itself(formula.right)


def as_whole(formula: Formula | Whole | None) -> Whole | None:
    """Return what a formula asks of a whole column, also by the largest or smallest of a name; None for others."""
    if isinstance(formula, Call) and formula.function in _EXTREMES and len(formula.parts) == 1:
        part = formula.parts[0]
        return Whole(_EXTREMES[formula.function], part.name) if isinstance(part, Named) else None
    return formula if isinstance(formula, Whole) else None


def is_difference(formula: Formula) -> bool:
    """Tell whether a formula is how far two values are apart, which a comparison says as well."""
    ends = (formula.left, formula.right) if isinstance(formula, Operation) and formula.sign == "-" else ()
    return bool(ends) and all(isinstance(end, Named) for end in ends)


def is_of_two_times(formula: Formula) -> bool:
    """Tell whether a formula is how far two values are apart whose names differ in figures alone: in their times."""
    found = names(formula)
    return is_difference(formula) and len(found) > 1 and len({_DIGITS.sub("", one.name) for one in found}) == 1


def is_comparison(formula: Formula, question: str) -> bool:
    """Tell whether a formula is such a difference, or a share of it where no percentage is asked for."""
    if PERCENT in content(question, language_of(question)):
        return is_difference(formula)
    while isinstance(formula, Operation) and formula.sign in "*/":
        formula = formula.left
    return is_difference(formula)


def calculated(question: str, formula: Formula, hits: Sequence[Hit], stages: Stages, today: date) -> Calculated | None:
    """Return what a formula comes to, with its proof; None where a value is not found or the units do not fit.

    Args:
        question: as it is asked.
        formula: that it asks for.
        hits: the passages that were found for it.
        stages: what answering needs.
        today: the day on which is asked.
    """
    scaled = [one for one in amounts(question) if one.unit and one.value in factors(formula)]
    common = common_names(question, [one.name for one in names(formula)])
    operands = _operands(Lookup(question, hits, stages, scaled, common), formula)
    if (
        operands is None
        or _is_share_already(formula, operands)
        or not _are_of_times(formula, operands, question, stages)
    ):
        return None
    return _worked_out(question, formula, operands, stages, today)


def aggregated(
    question: str, function: Aggregate, values: Sequence[Operand], stages: Stages, today: date
) -> Calculated | None:
    """Return the average or the sum of values that are known; None where their units do not fit.

    Args:
        question: as it is asked.
        function: what is made of them.
        values: that are named together: they are as likely meant as the first one.
        stages: what answering needs.
        today: the day on which is asked.
    """
    every = Named(question)
    return _worked_out(question, Call(function, (every,)), {every: signed(values)}, stages, today)


def _worked_out(
    question: str, formula: Formula, operands: Mapping[Named, Sequence[Operand]], stages: Stages, today: date
) -> Calculated | None:
    counted = [Quantity(one.value, one.unit, said=False) for one in amounts(question)]
    values = _values(operands)
    result = evaluate(formula, values, today=today, counted=counted)
    if result is None or _only_converts(formula, values, question):
        return None
    result = quantity_asked(question, result)
    every = [one for found in operands.values() for one in found]
    shown = [one for found in operands.values() for one in shown_of(found)]
    citations, markers = citations_of(shown, stages)
    said = _written(result, formula, every, question)
    text = f"{said} {_Shown(operands, markers, today).of(formula)}"
    if len(text.split()) > _WORDS:
        return None
    if len(shown) < len(every):
        text = (
            f"{text}\n{language_of(question).sentences.looked_through.format(count=max(one.looked for one in every))}"
        )
    quoted = "\n".join(dict.fromkeys(single_spaced(one.quote) for one in citations))
    window = Window(every[0].hit, (every[0].span,), quoted)
    likely = _all_likely(operands.values())
    return Calculated(text, citations, window, likely, trend(formula, result.value))


def trend(formula: Formula, result: Decimal) -> int:
    """Return 1 where the value of a later time is more than that of an earlier one, -1 where less; else 0."""
    if not is_of_two_times(formula):
        return 0
    later, earlier = (one.name for one in names(formula))
    order = (_DIGITS.findall(later) > _DIGITS.findall(earlier)) - (_DIGITS.findall(later) < _DIGITS.findall(earlier))
    return order * ((result > 0) - (result < 0))


def _is_share_already(formula: Formula, operands: Mapping[Named, Sequence[Operand]]) -> bool:
    """Tell whether a formula makes a percentage of a value that is one: a table has a column of shares."""
    if not isinstance(formula, Operation) or formula.sign != "*" or formula.right != Number(_HUNDRED):
        return False
    part = formula.left.left if isinstance(formula.left, Operation) and formula.left.sign == "/" else None
    found = operands.get(part, ()) if isinstance(part, Named) else ()
    return any(PERCENT in f"{one.written}{one.scale}" for one in found)


def _are_of_times(formula: Formula, operands: Mapping[Named, Sequence[Operand]], question: str, stages: Stages) -> bool:
    """Tell whether figures that only the calendar gives have a value of the shorter time: by 12 goes what is a month's.

    That time is said by the question, by the name of a value, or where one stands.
    """
    times = {Decimal(number): of.split()[0] for number, of in _OF_TIMES.items()}
    unasked = [times[one] for one in numbers(formula) if one in times and one not in _figures(question)]
    if not unasked or dated(formula):
        return True
    told = [question, *(one.name for one in operands)]
    for one in (one for found in operands.values() for one in found):
        text = stages.read(one.hit.document).text
        told += [one.written, one.scale, *(text[start:end] for start, end in (one.span, *one.heads))]
    said = set(words("\n".join(told)))
    tongues = {language_of(question), language_of(told[-1])}
    return all(
        any(not said.isdisjoint(unit.folded(tongue)) for unit in units() if unit.name == name for tongue in tongues)
        for name in unasked
    )


def _only_converts(formula: Formula, values: Mapping[Named, Sequence[Value]], question: str) -> bool:
    """Tell whether a formula only takes a value to the unit that is asked for, by a figure that nobody gave."""
    if isinstance(formula, Call) and formula.function == "round":
        formula = formula.parts[0]
    if not isinstance(formula, Operation) or formula.sign not in "*/":
        return False
    ends = (formula.left, formula.right)
    own = any(isinstance(end, Number) and end.value not in _figures(question) for end in ends)
    found = [one for end in ends if isinstance(end, Named) for one in values[end]]
    return own and any(isinstance(one, Quantity) and is_of_unit_asked(question, one) for one in found)


def _all_likely(operands: Iterable[Sequence[Operand]]) -> float | None:
    """Return how likely the values of all names are meant: those of a series are it together."""
    likely = [min((-1.0 if one.likely is None else one.likely) for one in found) for found in operands]
    return prod(likely) if min(likely) >= 0 else None


def _whole_of_question(whole: Whole, question: str) -> bool:
    """Tell whether the figures of what is asked of a whole column are those of the question, and its words but yes."""
    told = whole.test.value if whole.test else ""
    if isinstance(told, str) and told and not is_verdict(told) and not says(question, told):
        return False
    figures = {Decimal(whole.most or 0), abs(told) if isinstance(told, Decimal) else Decimal(0)} - {Decimal(0)}
    asked = _figures(question)
    named = {Decimal(word) for word in words(whole.name) if word.isdecimal()}
    return figures <= asked and named <= asked


def _figures(question: str) -> set[Decimal]:
    """Return the figures of a question."""
    return {one.value for one in amounts(question)} | {Decimal(word) for word in words(question) if word.isdecimal()}


def _of_question(formula: Formula, question: str) -> bool:
    """Tell whether the figures of a formula and of its names are those of the question; one may be the year before."""
    asked = _figures(question)
    years = {value - 1 for value in asked if value > 1000}
    named = {Decimal(word) for one in names(formula) for word in words(one.name) if word.isdecimal()}
    return named <= asked | years and set(numbers(formula)) <= asked | _CONSTANTS | _of_times(question)


def _of_times(question: str) -> set[Decimal]:
    """Return how many of one time that a question names are in another: twelve where it says months or years."""
    said = set(words(question))
    named = {unit.name for unit in units() if not said.isdisjoint(unit.folded(language_of(question)))}
    return {Decimal(number) for number, of in _OF_TIMES.items() if not named.isdisjoint(of.split())}


def _operands(lookup: Lookup, formula: Formula) -> dict[Named, list[Operand]] | None:
    """Return the values of each name; None where one is not found, or where two names are of one and the same."""
    days, several = dated(formula), series(formula)
    found: dict[Named, list[Operand]] = {}
    for name in names(formula):
        one = None if name in several else lookup.one(name.name, dated=name in days)
        found[name] = lookup.several(name.name) if name in several else [one] if one else []
        if not found[name]:
            return None
    every = [one for values in found.values() for one in values]
    if _twice(every):
        return None
    told = iter(signed(every))
    return {name: [next(told) for _ in values] for name, values in found.items()}


def _twice(operands: Iterable[Operand]) -> bool:
    """Tell whether one value is there twice."""
    alike: dict[tuple[str, Span, str], list[Operand]] = {}
    for one in operands:  # a column may have thousands
        alike.setdefault((one.hit.document, one.span, one.written), []).append(one)
    return any(_are_one(one, other) for found in alike.values() for one, other in combinations(found, 2))


def _are_one(one: Operand, other: Operand) -> bool:
    """Tell whether two values that stand alike in one line are the same: of what is no cell nobody knows the column."""
    return one.column == other.column or one.likely is None or other.likely is None


def _values(operands: Mapping[Named, Sequence[Operand]]) -> dict[Named, list[Value]]:
    """Return what the operands come to; what stands in a table is of its scale."""
    told = [one.amount for found in operands.values() for one in found if one.amount]
    read = iter(read_together(told))
    values: dict[Named, list[Value]] = {}
    for name, found in operands.items():
        values[name] = []
        for one in found:
            if one.day:
                values[name].append(one.day)
            elif one.amount:
                unit = (*one.amount.unit, one.scale) if one.scale else one.amount.unit
                values[name].append(Quantity(next(read), unit))
    return values


def _written(result: Quantity, formula: Formula, operands: Sequence[Operand], question: str) -> str:
    """Return a result as the documents write such figures, with the sign of how exactly it is given."""
    decimals = places(formula)
    cents = [_has_cents(one) for one in operands]
    if decimals is None and result.value % 1 and (all(cents) or (result.unit and any(cents))):
        decimals = _CENTS
    value = rounded(result.value, decimals)
    sign = "=" if value == result.value else "≈"
    like = next((one for one in operands if one.amount and _unit(one)[: len(result.unit)] == result.unit), None)
    figure = written_like(value, [one.amount.figure.lstrip("-") for one in operands if one.amount], question)
    if not result.unit:
        time = _time_asked(question) if dated(formula) else ""
        return f"{figure} {time} {sign}" if time else f"{figure} {sign}"
    if result.unit == (PERCENT,) or like is None or like.amount is None:
        return f"{figure} {' '.join(result.unit)} {sign}"
    before, _, after = unmarked(like.written).partition(like.amount.said)
    if "(" in before and ")" in after:  # by which it is negative; the result has a sign
        before, after = before.replace("(", ""), after.replace(")", "")
    left = [part for part in _unit(like)[len(result.unit) :] if part != like.scale]
    if left:  # the time of a rate goes
        last = after.rfind(result.unit[-1])
        after = after[: last + len(result.unit[-1])] if last >= 0 else ""
    scale = f" ({like.scale})" if like.scale and like.scale in result.unit else ""
    return f"{parenthesised(harmless(f'{before}{figure}{after}'))}{scale} {sign}"


def _has_cents(operand: Operand) -> bool:
    return operand.amount is not None and re.search(rf"[.,]\d{{{_CENTS}}}\Z", operand.amount.figure) is not None


def _unit(operand: Operand) -> tuple[str, ...]:
    unit = operand.amount.unit if operand.amount else ()
    return (*unit, operand.scale) if operand.scale else unit


def _time_asked(question: str) -> str:
    """Return the one time that a question counts in, such as "days"; empty where it names none or several."""
    found = dict.fromkeys(word for word in words(question) if is_time(word))
    return next(iter(found)) if len(found) == 1 else ""


def shown_of(operands: Sequence[Operand]) -> Sequence[Operand]:
    """Return the values of a series that are shown: all of a short one, else the first few."""
    return operands if len(operands) <= _SHOWN else operands[:_FIRST]


@dataclass(frozen=True, slots=True)
class _Shown:
    """Writes a formula with its operands and their markers."""

    operands: Mapping[Named, Sequence[Operand]]
    markers: Mapping[Operand, tuple[int, ...]]
    today: date

    def of(self, formula: Formula, binds: int = 0) -> str:
        if isinstance(formula, Number):
            return f"{formula.value:f}"
        if isinstance(formula, Today):
            return self.today.isoformat()
        if isinstance(formula, Named):
            return " + ".join(self._several(self.operands[formula]))
        if isinstance(formula, Operation):
            own = _BINDS[formula.sign]
            right = self.of(formula.right, own + (formula.sign in "-/"))
            text = f"{self.of(formula.left, own)} {_SIGNS[formula.sign]} {right}"
            return f"({text})" if own < binds else text
        return self._call(formula, binds)

    def _call(self, call: Call, binds: int) -> str:
        if call.function == "round":
            return self.of(call.parts[0], binds)
        if call.function in OF_ONE:
            return self._share(call.parts[0], binds) if call.function == SHARE else self._size(call.parts[0], binds)
        found = self.operands.get(call.parts[0]) if isinstance(call.parts[0], Named) else None
        parts = self._several(found) if len(call.parts) == 1 and found else [*map(self.of, call.parts)]
        if call.function in ("max", "min"):
            return f"{call.function}({', '.join(parts)})"
        if call.function == "sum":
            text = " + ".join(parts)
            return f"({text})" if binds > 1 else text
        if call.function == "average":
            return f"({' + '.join(parts)}) / {len(found) if len(call.parts) == 1 and found else len(parts)}"
        text = _SPAN.join(parts)
        return f"({text})" if binds else text

    def _share(self, part: Formula, binds: int) -> str:
        return self.of(Operation("*", part, Number(_HUNDRED)), binds)

    def _size(self, part: Formula, binds: int) -> str:
        """Return a part between bars; a positive value needs none."""
        found = self.operands[part] if isinstance(part, Named) else []
        if found and all(one.amount and not one.amount.figure.startswith("-") for one in found):
            return self.of(part, binds)
        return f"|{self.of(part)}|"

    def _several(self, operands: Sequence[Operand]) -> list[str]:
        shown = shown_of(operands)
        return [*map(self._operand, shown), *([_REST] if len(shown) < len(operands) else [])]

    def _operand(self, operand: Operand) -> str:
        written = parenthesised(harmless(operand.written))
        return f"{written} {''.join(f'[{marker}]' for marker in self.markers[operand])}"
