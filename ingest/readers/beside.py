"""Writes what a page has beside its text layer into its text: behind its label if that is a line, else at the end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.table import Table
    from ingest.types import Page


@dataclass(frozen=True, slots=True)
class Line:
    """What is written of a field, or of something else beside the text."""

    text: str  # "label: value", or without a label
    label: str = ""  # words of the page after which the value may stand; "" where there are none
    value: str = ""  # what may stand there
    hidden: bool = False  # viewers do not show it


def with_lines(page: Page, lines: Sequence[Line]) -> Page:
    """Return `page` with `lines` in its text, in their order; hidden ones are marked, and its tables stay with it."""
    if not lines:
        return page
    places = _places(page.text, lines)
    added = [(place, _after(page.text[:place], lines[nth]), nth) for nth, place in places.items()]
    rest = [nth for nth in range(len(lines)) if nth not in places]
    gaps = ["\n\n" if page.text else "", *["\n"] * len(rest)]
    added += [(len(page.text), gap + lines[nth].text, nth) for nth, gap in zip(rest, gaps, strict=False)]
    added.sort(key=lambda one: (one[0], one[2] not in places, one[2]))
    text, starts = _inserted(page.text, [(place, more) for place, more, _ in added])
    hidden = [
        (start + len(more) - len(more.lstrip()), start + len(more))
        for start, (_, more, nth) in zip(starts, added, strict=True)
        if lines[nth].hidden
    ]
    shift = _Shift([place for place, _, _ in added], [len(more) for _, more, _ in added])
    spans = [(shift.start(start), shift.end(end)) for start, end in page.hidden]
    tables = tuple(_moved(table, shift) for table in page.tables)
    return replace(page, text=text, hidden=tuple(sorted([*spans, *hidden])), tables=tables)


def _places(text: str, lines: Sequence[Line]) -> dict[int, int]:
    """Return after which place of the text a line's value may stand, by the line's number.

    That is where its label is a line of the text, as often as it is the label of something.
    """
    ends: defaultdict[str, list[int]] = defaultdict(list)
    end = -1
    for row in text.split("\n"):
        end += len(row) + 1
        if CELL not in row:
            ends[_bare(row)].append(end)
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for nth, line in enumerate(lines):
        if line.label and not line.hidden:
            wanted[_bare(line.label)].append(nth)
    pairs = [(numbers, ends[label]) for label, numbers in wanted.items() if len(numbers) == len(ends[label])]
    return {nth: end for numbers, places in pairs for nth, end in zip(numbers, places, strict=True)}


def _bare(line: str) -> str:
    return " ".join(line.rstrip(" :").split())


def _after(before: str, line: Line) -> str:
    return answer(before, line.value)[len(before) :]


def answer(label: str, value: str) -> str:
    """Return a value behind what asks for it."""
    return f"{label} {value}" if label.endswith((":", "?")) else f"{label}: {value}"


def _inserted(text: str, more: Sequence[tuple[int, str]]) -> tuple[str, list[int]]:
    """Return `text` with pieces at some places, in order, and where each of them begins in it."""
    parts, starts, last, length = [], [], 0, 0
    for place, piece in more:
        length += place - last
        starts.append(length)
        parts += [text[last:place], piece]
        last, length = place, length + len(piece)
    return "".join([*parts, text[last:]]), starts


class _Shift:
    """Where offsets are after pieces of some lengths were inserted at some places, in order."""

    def __init__(self, places: Sequence[int], lengths: Sequence[int]) -> None:
        self._places = places
        self._sums = [0, *accumulate(lengths)]

    def start(self, offset: int) -> int:
        return offset + self._sums[bisect_right(self._places, offset)]

    def end(self, offset: int) -> int:
        return offset + self._sums[bisect_left(self._places, offset)]


def _moved(table: Table, shift: _Shift) -> Table:
    cells = tuple(
        replace(cell, start=shift.start(cell.start), end=max(shift.start(cell.start), shift.end(cell.end)))
        for cell in table.cells
    )
    return replace(table, cells=cells)
