"""Where the lines of a file stand in its document text: the sections of a format without pages or headings."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from ingest.characters import characters

if TYPE_CHECKING:
    from collections.abc import Iterator

Sections = tuple[tuple[int, str], ...]

_LINE_END = re.compile(r"\r\n?|\n")
_DROPPED = re.compile(r"[\s-]+")  # what repairing adds and removes where it joins lines
_KEPT = re.compile(r"[^\s-]+")


def line_label(number: int) -> str:
    """Return the label of a line, counted from 1."""
    return f"line {number}"


def line_sections(text: str) -> Sections:
    """Return the sections of a text that has the lines of its file."""
    return tuple((offset, line_label(number)) for number, offset in _places(text))


def repaired_sections(raw: str, text: str) -> Sections:
    """Return the lines of `raw`, a file's, in `text`, what repairing made of it; those it left out are not there."""
    squeezed, ends, offsets = [], array("L", [0]), array("L")
    for run in _KEPT.finditer(text):
        squeezed.append(run[0])
        offsets.append(run.start())
        ends.append(ends[-1] + len(run[0]))
    letters = "".join(squeezed)
    sections, place, slack = [], 0, 0
    for number, line in enumerate(_LINE_END.split(raw), start=1):
        wanted = _DROPPED.sub("", characters(line))
        if not wanted:
            continue
        found = letters.find(wanted, place, place + slack + len(wanted))
        if found < 0:
            slack += len(wanted)
            continue
        run_at = bisect_right(ends, found) - 1
        sections.append((offsets[run_at] + found - ends[run_at], line_label(number)))
        place, slack = found + len(wanted), 0
    return tuple(sections)


def _places(text: str) -> Iterator[tuple[int, int]]:
    offset = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, offset
        offset += len(line) + 1
