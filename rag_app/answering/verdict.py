"""What comes out of a comparison: worked out from one figure of each side, never written by the generator.

The generator only says what is asked for: the larger, the smaller, how far apart they are, or nothing of it.
Figures are compared where each side has just one of the same unit, or where both stand in one column of a table; what
is said of them is true whatever was asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag_app.asking.choice import leanings
from rag_app.evidence.guard import harmless, neutral
from rag_app.language.measures import PERCENT
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import roots
from rag_app.proof.amounts import Amount, amounts, apart, comparable, same_unit, values
from rag_app.proof.quotes import parenthesised
from rag_app.proof.table_columns import cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.asking.sides import Side
    from rag_app.models.generator import Generator

Order = Literal["larger", "smaller", "difference", "none"]
_ORDERS: tuple[Order, ...] = ("larger", "smaller", "difference", "none")  # as the prompt calls them


@dataclass(frozen=True, slots=True)
class Line:
    """What is shown of a side and says most of it."""

    side: Side
    text: str  # a sentence, or a row of a table that is read out
    row: bool  # of a table
    marker: int  # of its citation


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure of a side."""

    line: Line
    amount: Amount

    def __str__(self) -> str:
        name, written = (parenthesised(harmless(text)) for text in (self.line.side.name, self.amount.written))
        return f"{name}: {written} [{self.line.marker}]"


def verdict(question: str, first: Line, second: Line, generator: Generator) -> str:
    """Return what comes out of two figures, the one that is asked for first; empty where that is in doubt.

    "QM-9: 0.2 mm [2] < QM-7: 0.5 mm [1]", and of a difference "2022: 90 euros [2] − 2021: 80 euros [1] = 10 euros".
    """
    pair = _pair(question, first, second)
    if pair is None:
        return ""
    order = _order(question, pair, generator)
    if order == "none":
        return ""
    figures = _Figure(first, pair[0]), _Figure(second, pair[1])
    one, other = values(*pair)
    if one == other:
        return f"{figures[0]} = {figures[1]}"
    larger, smaller = figures if one > other else figures[::-1]
    if order == "difference" and not _is_share(larger.amount):
        return f"{larger} − {smaller} = {apart(larger.amount, smaller.amount)}"
    return f"{smaller} < {larger}" if order == "smaller" else f"{larger} > {smaller}"


def _order(question: str, pair: tuple[Amount, Amount], generator: Generator) -> Order:
    """Return what is asked for of two amounts; nothing where the generator does not surely say what."""
    one, other = (neutral(amount.written) for amount in pair)
    found = leanings("order", f"{question} ({one}, {other})", _ORDERS, generator)
    found["none"] += generator.numbers.order_none
    return max(_ORDERS, key=found.__getitem__)


def _is_share(amount: Amount) -> bool:
    """Tell whether an amount is a percentage: two of them differ by points, which are no share of anything."""
    return PERCENT in amount.unit


def _pair(question: str, first: Line, second: Line) -> tuple[Amount, Amount] | None:
    """Return the one amount of each side that can be compared; None where there is none, or a choice of several."""
    if first.text == second.text:
        return _of_one_row(first, second) if first.row else _in_turn(question, first, second)
    if first.row and second.row and max(len(cells(first.text)), len(cells(second.text))) > 1:
        return _column_asked(question, list(_columns(first, second)))
    return comparable(_told(question, first), _told(question, second))


def _told(question: str, line: Line) -> list[Amount]:
    """Return the amounts of a line but those that the question has itself."""
    asked = amounts(question)
    return [
        one
        for one in amounts(line.text)
        if not any(one.value == known.value and (not known.unit or same_unit(one.unit, known.unit)) for known in asked)
    ]


def _columns(first: Line, second: Line) -> Iterator[tuple[str, tuple[Amount, Amount]]]:
    """Yield the columns, by name, in which both rows have one amount of the same unit."""
    its = dict(cells(second.text))
    for head, cell in cells(first.text):
        if not head or head not in its:
            continue
        mine, other = amounts(cell), amounts(its[head])
        if len(mine) == 1 and len(other) == 1 and same_unit(mine[0].unit, other[0].unit):
            yield head, (mine[0], other[0])


def _column_asked(question: str, columns: Sequence[tuple[str, tuple[Amount, Amount]]]) -> tuple[Amount, Amount] | None:
    """Return the amounts of the only column, or of the one whose name has most of the question's words."""
    asked = roots(question, STOP_WORDS)
    shared = [len(asked & roots(head, STOP_WORDS)) for head, _ in columns]
    best = max(shared, default=0)
    if not columns or (len(columns) > 1 and (not best or shared.count(best) > 1)):
        return None
    return columns[shared.index(best)][1]


def _of_one_row(first: Line, second: Line) -> tuple[Amount, Amount] | None:
    """Return the amounts of a row in the columns that are called as the sides are."""
    found = []
    for side in (first.side, second.side):
        own = [amounts(cell) for head, cell in cells(first.text) if side.named_in(head)]
        if len(own) != 1 or len(own[0]) != 1:
            return None
        found.append(own[0][0])
    return (found[0], found[1]) if same_unit(found[0].unit, found[1].unit) else None


def _in_turn(question: str, first: Line, second: Line) -> tuple[Amount, Amount] | None:
    """Return the amounts of a sentence that names both sides where they take turns: "A 5 kg, B 7 kg"."""
    told = _told(question, first)
    if len(told) != 2 or not same_unit(told[0].unit, told[1].unit):
        return None
    texts = first.text[: told[0].start], first.text[told[0].end : told[1].start], first.text[told[1].end :]
    mine, its = ([row for row, text in enumerate(texts) if line.side.named_in(text)] for line in (first, second))
    if len(mine) != 1 or len(its) != 1 or abs(mine[0] - its[0]) != 1:
        return None
    return (told[0], told[1]) if mine < its else (told[1], told[0])
