"""What a page looks like: its characters and lines, each in its place, as the reader of the page holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, from the top left corner of the page as it is read."""


class Glyph(NamedTuple):
    """A character that is no space, in points from the top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    turned: bool  # it doesn't stand upright as most on the page do
    spaced: bool  # a space stands before it in the file


class Letter(NamedTuple):
    """How a character is set."""

    base: float  # its baseline, in points from the top of the page
    size: float  # of its font, in points
    angle: int  # degrees by which it is turned, against the clock, 0 to 359


class Rule(NamedTuple):
    """A straight line, horizontal or vertical, in points from the top left corner."""

    at: float  # its height on the page, or its distance from the left edge
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page turned so that most of its text stands upright."""

    width: float  # points
    height: float
    glyphs: tuple[Glyph, ...]  # in the order of the file
    across: tuple[Rule, ...]  # horizontal lines
    down: tuple[Rule, ...]  # vertical lines
    curves: tuple[Box, ...] = ()  # around what is drawn with slanting or bent lines, as charts are
