"""Raised and lowered characters: marks of footnotes, powers, indices and fractions, as Unicode writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.raised import lowered, raised

if TYPE_CHECKING:
    from ingest.lettering.changes import Changes, Lettering

_SMALLER = 0.9  # of the size of the character that they stand at
_TINIEST = 0.3  # of it: beside an initial over several lines stands ordinary text
_RAISED = (0.12, 0.8)  # of its size that they stand higher
_LOWERED = (0.06, 0.5)
_BACK = 0.3  # of its size that they may begin before it ends
_NEAR = 0.4  # of its size between them
_LONGEST = 8  # characters
_SPACE = 0.15  # of the size: a gap between words
_OVER = 0.5  # of the narrower one: a numerator and its denominator stand over each other
_SAME = 0.04  # of the size, by which baselines and sizes may differ
_SLASHES = "/\u2044\u2215"
_FRACTION = re.compile(r"(U{1,4})(/?)(L{1,4})(?!L)")


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters of one size on one line that stand at a larger one."""

    first: int  # number of the first
    last: int
    base: int  # number of the larger one
    shift: float  # of the size of that one, by which they stand higher

    @property
    def raised(self) -> bool:
        return self.shift >= _RAISED[0]

    @property
    def lowered(self) -> bool:
        return self.shift <= -_LOWERED[0]


def mark_raised(page: Lettering, changes: Changes) -> None:
    """Add to `changes` how what stands higher or lower is written."""
    runs = _runs(page)
    parts = _fractions(page, runs, changes)
    for run in runs:
        if run.first not in parts:
            _write(page, run, changes)


def _runs(page: Lettering) -> list[_Run]:
    """Return what is small beside an ordinary character, raised, lowered or neither."""
    runs: list[_Run] = []
    start, base = 0, -1  # the last character of ordinary size
    while start < len(page.glyphs):
        end = start + 1
        while end < len(page.glyphs) and _are_set_alike(page, start, end):
            end += 1
        run = _run_at(page, start, end - 1, base)
        if run is None:
            base = end - 1
        else:
            runs.append(run)
        start = end
    return runs


def _are_set_alike(page: Lettering, one: int, other: int) -> bool:
    first, second = page.letters[one], page.letters[other]
    most = _SAME * first.size
    slash = (page.glyphs[one].text in _SLASHES) != (page.glyphs[other].text in _SLASHES)
    return abs(first.base - second.base) <= most and abs(first.size - second.size) <= most and not slash


def _run_at(page: Lettering, first: int, last: int, base: int) -> _Run | None:
    if last - first >= _LONGEST or page.glyphs[first].turned:
        return None
    if base >= 0:
        size, left = page.letters[base].size, page.glyphs[first].left
        reached = max(glyph.right for glyph in page.glyphs[base:first])
        shift = _shift(page, first, base)
        if shift is not None and page.glyphs[base].right - _BACK * size <= left <= reached + _NEAR * size:
            return _Run(first, last, base, shift)
    if last + 1 < len(page.glyphs):
        size, gap = page.letters[last + 1].size, page.glyphs[last + 1].left - page.glyphs[last].right
        shift = _shift(page, first, last + 1)
        if shift is not None and shift >= _RAISED[0] and -_BACK * size <= gap <= _NEAR * size:
            return _Run(first, last, last + 1, shift)
    return None


def _shift(page: Lettering, one: int, base: int) -> float | None:
    """Return by how much a character stands higher than a larger one, in sizes of that; None where it is no mark."""
    small, large = page.letters[one], page.letters[base]
    if page.glyphs[base].turned or not _TINIEST * large.size <= small.size <= _SMALLER * large.size:
        return None
    shift = (large.base - small.base) / large.size
    return shift if -_LOWERED[1] <= shift <= _RAISED[1] else None


def _fractions(page: Lettering, runs: list[_Run], changes: Changes) -> set[int]:
    """Write the fractions; return the numbers of their characters."""
    kinds = ["/" if glyph.text in _SLASHES else " " for glyph in page.glyphs]
    own: dict[int, _Run] = {}
    for run in runs:
        for number in range(run.first, run.last + 1):
            own[number] = run
            if page.glyphs[number].text.isdecimal():
                kinds[number] = "U" if run.raised else "L"
    parts: set[int] = set()
    for match in _FRACTION.finditer("".join(kinds)):
        start, end = match.span()
        upper, lower = own[start], own[match.start(3)]
        before = page.glyphs[upper.base].text if upper.base < start else ""
        if not match[2] and (before.isalpha() or not _are_stacked(page, match)):
            continue  # an index and a power
        parts.update(range(start, end))
        over, under = (_text(page, *match.span(group)) for group in (1, 3))
        changes.write(page, range(start, end), f"{over}/{under}", upper.base)
        if before.isdecimal():
            changes.gaps[start] = " "
        _go_on(page, lower, changes)
    return parts


def _are_stacked(page: Lettering, match: re.Match[str]) -> bool:
    """Tell whether figures stand over each other."""
    upper, lower = (page.glyphs[slice(*match.span(group))] for group in (1, 3))
    shared = min(upper[-1].right, lower[-1].right) - max(upper[0].left, lower[0].left)
    return shared >= _OVER * min(upper[-1].right - upper[0].left, lower[-1].right - lower[0].left)


def _write(page: Lettering, run: _Run, changes: Changes) -> None:
    text = _text(page, run.first, run.last + 1)
    form = raised(text) if run.raised and not _is_within(page, run) else lowered(text) if run.lowered else text
    changes.write(page, range(run.first, run.last + 1), form, run.base)
    if run.base < run.first:
        changes.gaps[run.first] = ""
    _go_on(page, run, changes)


def _text(page: Lettering, start: int, end: int) -> str:
    return "".join(glyph.text for glyph in page.glyphs[start:end])


def _is_within(page: Lettering, run: _Run) -> bool:
    """Tell whether letters stand between letters, as in a logo."""
    after = run.last + 1
    if after == len(page.glyphs) or not (page.glyphs[after].text + page.glyphs[run.first].text).isalpha():
        return False
    return page.glyphs[after].left - page.glyphs[run.last].right < _SPACE * page.letters[run.base].size


def _go_on(page: Lettering, run: _Run, changes: Changes) -> None:
    """Let what stands after a run on the line of its base go on there."""
    after = run.last + 1
    if after == len(page.glyphs) or after in changes.gaps or page.glyphs[after].turned:
        return
    size = page.letters[run.base].size
    gap = page.glyphs[after].left - page.glyphs[run.last].right
    if abs(page.letters[after].base - page.letters[run.base].base) <= _SAME * size and -size < gap < size:
        changes.gaps[after] = " " if gap > _SPACE * size else ""
