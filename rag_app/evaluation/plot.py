"""A picture of quality against time, drawn as SVG: no library, no script, readable on light and dark pages."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 30, 50, 60
_COLOURS = ("#4477aa", "#66a61e", "#aa3377", "#ee7733", "#cc3311", "#009988", "#777777")
_LEAST = 1e-4  # seconds; less cannot be told from nothing
_APART = 16  # points between two names


@dataclass(frozen=True, slots=True)
class Point:
    """One system."""

    name: str
    seconds: float  # per question
    quality: float  # 0 to 1
    low: float  # of the interval of `quality`
    high: float


def scatter(points: Sequence[Point], title: str, quality: str, time: str = "seconds per question") -> str:
    """Return an SVG: `time` to the right, in powers of ten, `quality` upwards with its intervals."""
    first = floor(log10(max(min(point.seconds for point in points), _LEAST)))
    last = max(ceil(log10(max(*(point.seconds for point in points), _LEAST * 10))), first + 1)
    bottom = floor(min(point.low for point in points) * 10) / 10
    top = max(ceil(max(point.high for point in points) * 10) / 10, bottom + 0.1)

    def x(seconds: float) -> float:
        share = (log10(max(seconds, _LEAST)) - first) / (last - first)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - bottom) / (top - bottom) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_text(_WIDTH / 2, 26, title, size=16, anchor="middle")]
    for power in range(first, last + 1):
        parts += _rule(x(10.0**power), _TOP, x(10.0**power), _HEIGHT - _BOTTOM)
        parts.append(_text(x(10.0**power), _HEIGHT - _BOTTOM + 20, f"{10.0**power:g}", anchor="middle"))
    for tenth in range(round(bottom * 10), round(top * 10) + 1):
        parts += _rule(_LEFT, y(tenth / 10), _WIDTH - _RIGHT, y(tenth / 10))
        parts.append(_text(_LEFT - 8, y(tenth / 10) + 4, f"{tenth / 10:.1f}", anchor="end"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 14, time, anchor="middle"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(_text(20, middle, quality, anchor="middle", turned=True))
    for point, colour, height in zip(
        points, _colours(len(points)), _heights([y(p.quality) for p in points]), strict=True
    ):
        parts += _mark(x(point.seconds), y(point.quality), y(point.low), y(point.high), colour)
        right = x(point.seconds) < _WIDTH * 0.7
        at = x(point.seconds) + (12 if right else -12)
        parts.append(_text(at, height + 4, point.name, anchor="start" if right else "end", colour=colour))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" font-family="sans-serif" role="img">\n<title>{escape(title)}</title>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _colours(n: int) -> list[str]:
    return [_COLOURS[i % len(_COLOURS)] for i in range(n)]


def _heights(wanted: Sequence[float]) -> list[float]:
    """Return where the names stand: near their marks, and none over another."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed, above = [0.0] * len(wanted), -1e9
    for i in order:
        placed[i] = above = max(wanted[i], above + _APART)
    return placed


def _mark(x: float, y: float, low: float, high: float, colour: str) -> list[str]:
    return [
        f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="{colour}" stroke-width="2"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>',
    ]


def _rule(x1: float, y1: float, x2: float, y2: float) -> list[str]:
    return [f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>']


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 13,
    anchor: str = "start",
    colour: str = "#222222",
    turned: bool = False,
) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{turn}>'
        f"{escape(text)}</text>"
    )
