"""The segments of lines: words with no gap between them that could part cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from ingest.tables.grid import is_figure
from ingest.tables.words import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.sheet import Rule
    from ingest.tables.words import Word

_CELL_GAP = 0.75  # of the height of the letters: a wider gap may part cells
_SIGN_CUT = 0.4  # of the height: a currency sign so far from the figure before it belongs to the next one
SIGNS = frozenset("$€£¥")
_FIGURE_ENDS = frozenset("0123456789)%—–-")
SIGN_GAP = 6.0  # of the height: how far a sign stands from its figure
_SIGN_BEFORE = re.compile(r"(?:[A-Z]{0,3}[$€£¥]|[A-Z]{3})?\s?[($€£¥]?")
_CURRENCY = re.compile(r"[A-Z]{0,3}[$€£¥]\s?\(?|\(")
_SIGN_AFTER = re.compile(r"\)?\s?%?\)?")
_STARTS_FIGURE = re.compile(r"[(+−–-]?\s?[\d.,]*\d|[—–-]")
_ENDS_FIGURE = re.compile(r"\d$|[—–-]$|\d\)$")
_LIST_MARK = re.compile(
    r"[•▪◦‣·●○■□➢➔►✓✔☐☒*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\(\d{1,3}\)|§\s?\d+|\d{1,3}(?:\.\d{1,3})+\.?"
)
_PROSE_WORDS = 4.5  # on average in a line of a column of prose
_PROSE_LINES = 3
_PROSE_WIDTH = 10.0  # of the height of the letters: a column of prose is no narrower
_BESIDE = 0.3  # of the lines of a paragraph: labels have figures beside them
_FEW_WORDS = 3  # of a cell beside others
_JUSTIFIED = 0.8  # of the lines of a justified paragraph but its last
_EVEN = 0.3  # of the height of the letters that the gaps between lines of a paragraph differ by
_EDGE = 2.5  # points


@dataclass(slots=True)
class Segment:
    """Neighbouring words of a line."""

    words: list[Word]
    line: int  # number of the line
    left: float
    top: float
    right: float
    bottom: float
    prose: bool = False  # it belongs to a paragraph
    beside: bool = False  # a figure or a few words stand in its line

    @property
    def text(self) -> str:
        """Return its words."""
        return joined(self.words)


def segment(words: list[Word], line: int) -> Segment:
    """Return the segment of `words`, which are in order."""
    top, bottom = min([word.top for word in words]), max([word.bottom for word in words])
    return Segment(words, line, words[0].left, top, max([word.right for word in words]), bottom)


def segments_of(lines: Sequence[Sequence[Word]], down: Sequence[Rule]) -> list[list[Segment]]:
    """Cut each line at wide gaps and at vertical lines; signs that stand apart go to their figures."""
    return [_with_signs(_cut(line, number, down)) for number, line in enumerate(lines)]


def _cut(line: Sequence[Word], number: int, down: Sequence[Rule]) -> list[Segment]:
    if not line:
        return []
    height = median([word.bottom - word.top for word in line])
    walls: list[float] = []
    if down:
        middle = median([word.middle for word in line])
        walls = [rule.at for rule in down if rule.start <= middle <= rule.end]
    runs = [[line[0]]]
    for before, word in pairwise(line):
        gap = word.left - before.right
        sign = gap > _SIGN_CUT * height and word.text in SIGNS and before.text[-1] in _FIGURE_ENDS
        if gap > _CELL_GAP * height or sign or any(before.right - 1 <= wall <= word.left + 1 for wall in walls):
            runs.append([])
        runs[-1].append(word)
    return [segment(run, number) for run in runs]


def _with_signs(segments: list[Segment]) -> list[Segment]:
    """Join currency signs, brackets, percent signs and marks of lists to what they belong to."""
    done: list[Segment] = []
    for one in segments:
        before = done[-1] if done else None
        if before is not None and _belong(before, one, len(done) == 1):
            done[-1] = segment([*before.words, *one.words], one.line)
        else:
            done.append(one)
    return done


def _belong(before: Segment, one: Segment, first: bool) -> bool:
    height = one.bottom - one.top
    near = one.left - before.right <= SIGN_GAP * height
    text, figure = before.text, one.text
    if _CURRENCY.fullmatch(text) and _STARTS_FIGURE.match(figure):
        return near or text != "("  # signs may stand at the left edge of a wide column
    if _SIGN_AFTER.fullmatch(figure) and _ENDS_FIGURE.search(text):
        return one.left - before.right <= SIGN_GAP / 3 * height
    return first and near and marks_item(text, figure)


def marks_item(mark: str, text: str) -> bool:
    """Tell whether `mark` is one of a list before `text`, and not the label of a figure."""
    return _LIST_MARK.fullmatch(mark) is not None and not _STARTS_FIGURE.match(text)


def mark_prose(lines: Sequence[Sequence[Segment]]) -> None:
    """Mark the segments that are lines of a paragraph: several full ones begin below each other."""
    above: list[list[Segment]] = []  # runs that may go on
    for line in lines:
        going: list[list[Segment]] = []
        for one in line:
            one.beside = any(other is not one and _is_short(other, one) for other in line)
            run = next((run for run in above if _goes_on(run, one)), None)
            going.append([*run, one] if run else [one])
        for run in above:
            if not any(run[-1] is other[-2] for other in going if len(other) > 1):
                _judge(run)
        above = going
    for run in above:
        _judge(run)


def _goes_on(run: Sequence[Segment], one: Segment) -> bool:
    last = run[-1]
    height = last.bottom - last.top
    if len(run) > 1 and abs((one.top - last.bottom) - (last.top - run[-2].bottom)) > _EVEN * height:
        return False
    return (
        (abs(last.left - one.left) <= _EDGE or (len(run) == 1 and 0 < last.left - one.left <= 4 * height))
        and one.top - last.bottom < 1.2 * height
        and abs((one.bottom - one.top) - height) < 0.3 * height
    )


def _is_short(other: Segment, one: Segment) -> bool:
    """Tell whether a segment is like the cell of a table beside another one: a figure or a few words."""
    return is_figure(other.text) or (
        len(other.words) <= _FEW_WORDS and other.right - other.left < (one.right - one.left)
    )


def _is_justified(run: Sequence[Segment]) -> bool:
    """Tell whether lines end below each other, as those of cells hardly ever do."""
    right = max(one.right for one in run)
    even = sum(right - one.right <= _EDGE for one in run)
    return len(run) > _PROSE_LINES and even >= _JUSTIFIED * (len(run) - 1)


def _judge(run: Sequence[Segment]) -> None:
    if len(run) < _PROSE_LINES:
        return
    if sum(one.beside for one in run) > _BESIDE * len(run) and not _is_justified(run):
        return
    height = run[0].bottom - run[0].top
    right = max(one.right for one in run)
    width = right - min(one.left for one in run)
    full = [one for one in run if right - one.right <= 0.15 * width]
    words = sum(len(one.words) for one in run) / len(run)
    letters = sum(any(map(str.isalpha, word.text)) for one in run for word in one.words)
    enough = letters >= 0.7 * sum(len(one.words) for one in run)
    if words >= _PROSE_WORDS and enough and width >= _PROSE_WIDTH * height and len(full) >= 0.6 * (len(run) - 1):
        for one in run:
            one.prose = True
