"""An answer from all values of a column or row: the highest, the first so many, how many there are, which are so.

The generator says what is asked; the program looks through all rows, shows what comes out and cites the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from rag_app.answering.operand_proof import citations_of
from rag_app.answering.operands import Lookup, common_names, operands_of, signed
from rag_app.asking.days_asked import asks_for_days, latest_first
from rag_app.evidence.guard import harmless
from rag_app.evidence.units import is_scaled
from rag_app.language.detector import language_of
from rag_app.proof.amounts import read_together, same_unit
from rag_app.proof.cell_day import day_of
from rag_app.proof.quotes import parenthesised
from rag_app.proof.whole import holds, is_verdict, says

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag_app.answering.operands import Operand
    from rag_app.answering.stages import Stages
    from rag_app.evidence.series import Series
    from rag_app.proof.whole import Test, Whole
    from rag_app.types import AnswerKind, Citation, Hit

_CITED = 5  # rows
_NAMED = 10  # of what is counted, and of those that are equally high
_LISTED = 50
_YES = "yes"  # is counted where a column has yes and no
_KINDS: Mapping[str, AnswerKind] = {
    "highest": "short",
    "lowest": "short",
    "top": "list",
    "bottom": "list",
    "which": "list",
    "count": "calculation",
}


@dataclass(frozen=True, slots=True)
class Found:
    """An answer from a whole column or row."""

    text: str
    citations: tuple[Citation, ...]
    kind: AnswerKind
    likely: float  # that the column or row is meant, 0 to 1


@dataclass(frozen=True, slots=True)
class _Valued:
    """A value and what it comes to."""

    operand: Operand
    value: Decimal | None  # None for words


def found_in_whole(question: str, whole: Whole, hits: Sequence[Hit], stages: Stages) -> Found | None:
    """Return what a whole column or row has of what is asked; None where it is not found or its units do not fit.

    Args:
        question: as it is asked.
        whole: what is asked of which values.
        hits: the passages that were found for it.
        stages: what answering needs.
    """
    said = whole.test.value if whole.test and isinstance(whole.test.value, str) else ""
    lookup = Lookup(question, hits, stages, common=common_names(question, [whole.name, said]))
    if whole.of_figures and asks_for_days(question, whole.name):
        first = latest_first(question)
        in_time = whole if first is None else whole.with_first(largest=first)
        if found := _found(in_time, lookup, days=True):
            return found
    return _found(whole, lookup, days=False)


def _found(whole: Whole, lookup: Lookup, *, days: bool) -> Found | None:
    """Return what a column of dates has of what is asked, or one of anything else."""
    question, stages = lookup.question, lookup.stages
    with_year = days and whole.test is not None  # the year of the question is the one that dates are compared with
    series = lookup.series(whole.name, figures=whole.of_figures, days=days, of_period=not with_year)
    if series is None:
        return None
    operands = operands_of(series, stages.read(series.hit.document))
    if _says_how_many(whole, series, operands):
        return None
    values = _days(operands, whole) if days else _values(operands, figures=whole.of_figures)
    kept = _kept(whole, values) if values else None
    if kept is None:
        return None
    return _Written(question, whole, series, stages).found(kept, values[0])


def _says_how_many(whole: Whole, series: Series, operands: Sequence[Operand]) -> bool:
    """Tell whether a row is counted whose figures themselves are how many there are: the points of a team."""
    counted = whole.function == "count" and whole.test is None
    return counted and series.along and any(one.amount for one in operands)


def _values(operands: Sequence[Operand], *, figures: bool) -> list[_Valued]:
    """Return what the operands come to; none where they are of different units or scales."""
    if not figures:
        return [_Valued(one, None) for one in operands]
    told = signed(operands)
    amounts = [one.amount for one in told if one.amount]
    alike = all(same_unit(one.unit, amounts[0].unit) for one in amounts) and len({one.scale for one in told}) == 1
    if not alike or len(amounts) < len(told):
        return []
    return [_Valued(one, value) for one, value in zip(operands, read_together(amounts), strict=True)]


def _days(operands: Sequence[Operand], whole: Whole) -> list[_Valued]:
    """Return the dates of operands as they are put in order; only their years where they are compared with one."""
    found = [(one, day) for one in operands if (day := day_of(one.written))]
    return [_Valued(one, Decimal(day.day.year) if whole.test else day.value) for one, day in found]


def _kept(whole: Whole, values: Sequence[_Valued]) -> list[_Valued] | None:
    """Return those of some values that are asked for, in order; None where that cannot be told."""
    if whole.orders:
        return _in_order(whole, values)
    if whole.test is None:
        polar = all(is_verdict(one.operand.written) for one in values)
        return [one for one in values if not polar or says(one.operand.written, _YES)]
    if isinstance(whole.test.value, str):
        kept = [one for one in values if says(one.operand.written, whole.test.value)]
        return kept or None  # the table may say it in another way
    if is_scaled(values[0].operand.scale):
        return None  # of what is so many thousands the figures cannot be compared with one that is none
    kept = [one for one in values if _holds(whole.test, one)]
    return kept if kept or whole.function == "count" else None


def _holds(test: Test, one: _Valued) -> bool:
    return one.value is not None and holds(test, one.value)


def _in_order(whole: Whole, values: Sequence[_Valued]) -> list[_Valued]:
    """Return the values from the end that is asked for: those that are equal to the last one as well."""
    told = [(one.value, one) for one in values if one.value is not None]
    told.sort(key=lambda pair: pair[0], reverse=whole.descending)  # stable: equal values keep the order of the table
    most = whole.most if whole.function in ("top", "bottom") else 1
    last = told[: most or len(told)][-1][0]
    at = next((row for row, (value, _) in enumerate(told) if row >= (most or len(told)) and value != last), len(told))
    return [one for _, one in told[:at]]


@dataclass(frozen=True, slots=True)
class _Written:
    """Writes what was kept."""

    question: str
    whole: Whole
    series: Series
    stages: Stages

    def found(self, kept: Sequence[_Valued], first: _Valued) -> Found:
        """Return the answer; where nothing was kept the first value shows which column it is."""
        operands = [one.operand for one in kept[:_CITED]] or [replace(first.operand, span=self._header(first.operand))]
        citations, markers = citations_of(operands, self.stages)
        every = "".join(f"[{one.marker}]" for one in citations)
        kind = _KINDS[self.whole.function]
        said = self._count(kept, every) if self.whole.function == "count" else self._lines(kept, markers)
        notes = [] if self.series.along else [self._looked_through()]
        return Found("\n".join([*said, *notes]), citations, kind, self.series.likely)

    def _header(self, operand: Operand) -> tuple[int, int]:
        return operand.heads[0] if operand.heads else operand.span

    def _count(self, kept: Sequence[_Valued], markers: str) -> list[str]:
        named = [_clean(one.operand.label) for one in kept if one.operand.label]
        told = f": {', '.join(named)}" if 0 < len(named) <= _NAMED else ""
        return [f"{len(kept)}{told} {markers}".rstrip()]

    def _lines(self, kept: Sequence[_Valued], markers: Mapping[Operand, tuple[int, ...]]) -> list[str]:
        most = _LISTED if _KINDS[self.whole.function] == "list" else _NAMED
        lines = [self._line(one.operand, markers.get(one.operand, ())) for one in kept[:most]]
        if len(kept) > most:
            lines.append(language_of(self.question).sentences.more.format(count=len(kept) - most))
        return lines

    def _line(self, operand: Operand, markers: Sequence[int]) -> str:
        label, value = _clean(operand.label), _clean(operand.written)
        if operand.scale:
            value = f"{value} ({_clean(operand.scale)})"
        alone = self.whole.test is not None and isinstance(self.whole.test.value, str)
        told = label if alone and label else ": ".join(filter(None, (label, value)))
        return f"{told} {''.join(f'[{marker}]' for marker in markers)}".rstrip()

    def _looked_through(self) -> str:
        return language_of(self.question).sentences.looked_through.format(count=self.series.looked)


def _clean(text: str) -> str:
    return parenthesised(harmless(text))
