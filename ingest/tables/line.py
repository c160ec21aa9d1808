"""A line of a table: which words stand in which of its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.characters import RAISED
from ingest.tables.grid import is_date, is_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.sheet import Rule
    from ingest.tables.words import Word

WIDE = 0.75  # of the usual gap between rows: no cell goes on over it
NARROW = 0.5  # of the usual gap: less is within a row
TELLING = 0.15  # of the height of the letters: a gap between rows that lines of one cell don't have
ALIGNED = 4.0  # points that what stands below each other may differ by
WIDE_RULE = 0.6  # of a table's width: a line that parts rows

_YEAR = re.compile(
    r"\(?(?:(?:19|20)\d\d(?:\s?[/–-]\s?\d{2,4})?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[12]?[HQ][1-4]?)[*]?"
    rf"(?:\s?\^?\(?\w\)|\s?\d|[{RAISED}]+)?\)?"
)


@dataclass(slots=True)
class Line:
    """A line of a table: what stands in which columns."""

    cells: dict[tuple[int, int], list[Word]]  # first and last column
    top: float
    bottom: float

    def at(self, column: int) -> list[Word]:
        """Return the words of a column, or of what spans it."""
        return next((words for (first, last), words in self.cells.items() if first <= column <= last), [])

    @property
    def label(self) -> list[Word]:
        """Return the words of the first column."""
        return self.at(0)

    @property
    def values(self) -> list[str]:
        """Return the texts of the other columns."""
        return [text_of(words) for (first, _), words in self.cells.items() if first > 0]

    @property
    def dated(self) -> bool:
        """Return whether one of them is nothing but a year, a date or a quarter."""
        return any(map(_YEAR.fullmatch, self.values))

    @property
    def figures(self) -> int:
        """Return how many of them are figures, years left out."""
        return sum(is_figure(text) and not is_date(text) and not _YEAR.fullmatch(text) for text in self.values)


def text_of(words: Sequence[Word]) -> str:
    """Return the words as a text."""
    return " ".join(word.text for word in words)


def rules_between(upper: float, lower: float, across: Sequence[Rule]) -> list[Rule]:
    """Return the horizontal lines between two heights."""
    return [rule for rule in across if upper <= rule.at <= lower]


def middle_of(words: Sequence[Word]) -> float:
    """Return how far from the left edge the middle of the words is."""
    return (words[0].left + max(word.right for word in words)) / 2


def is_parted(above: Line, below: Line, across: Sequence[Rule], box: tuple[float, ...]) -> bool:
    """Tell whether a line over most of the table's width stands between two lines of text."""
    slack = 0.25 * (above.bottom - above.top)
    between = rules_between(above.bottom - slack, below.top + slack, across)
    covered = sum(max(min(rule.end, box[2]) - max(rule.start, box[0]), 0.0) for rule in between)
    return covered >= WIDE_RULE * (box[2] - box[0])
