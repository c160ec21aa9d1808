"""Joins the lines that a page's layout wrapped, and leaves the real breaks."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.hyphen import Words
from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    "januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|"
    "septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|"
    "noviembre|diciembre|january|february|march|april|june|july|august|september|october|november|december"
)
_FIGURE = re.compile(r"[$€£¥+(<~−–-]*\d+(?:[.,'’]\d+)*\)?[%x]?\)?|[$€£¥%()—–-]+|n/?[am]\.?", re.IGNORECASE)
_CURRENCY = frozenset("$€£¥")
_DATES = re.compile(rf"(?:(?:(?:{_MONTHS})\b\.?|\d{{1,2}},|(?:19|20)\d\d)\s*)+", re.IGNORECASE)
_BULLET = re.compile(r"[•▪◦‣·●○■□➢➔►✓✔☐☒*]\s|[|>#]|```|~~~")
_NUMBERED_ITEM = re.compile(
    r"\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s|\d{1,2}(?:\.\d{1,2})+\.?\s+[^\W\d_]|\(\d{1,3}\)\s|"
    r"(?:Item|Note|Part|Section|Chapter|Article|Exhibit|Appendix|Table|Figure|Kapitel|Abschnitt|Artikel|Tabelle|"
    r"Abbildung|Anhang)\s+[\dIVX]+[A-Z]?(?:\s*[.:–—]|$)",
    re.IGNORECASE,
)
_LEADING_FIGURE = re.compile(r"[$€£(]*\s?\d[\d,.]*\)?\s+[A-Z]")
_BROKEN = re.compile(r"[^\W_]-$")
_MARKER_ONLY = re.compile(r"[•▪◦‣·●○■□➢➔►✓✔☐☒–-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]")
_FENCE = ("```", "~~~")
_VERBATIM = re.compile(r"[|#]")
_TERMINAL = re.compile(r"[.!?:;…。！？：；][\"'”’»)\]]*$")
_BRAND = re.compile(r"[a-z]{1,2}[A-Z]")  # iPhone, eBay: no lower-case start
_UNFINISHED = re.compile(
    r"(?:,|\(|/|[$€£¥]|\b(?:and|or|of|the|a|an|in|on|to|for|with|by|from|at|as|than|that|which|our|its|their|per|between|"
    r"und|oder|der|die|das|des|dem|den|von|vom|mit|für|im|zum|zur|bei|et|ou|le|la|les|du|de|des|en|pour|par|sur|y|el|"
    r"los|las|del|con|por|Note|Item|Section|Part|Article|Exhibit|Figure|Table|No\.|Nr\.))$"
)
_NARROWEST = 30  # characters; below it the lines are a list, not a column
_WIDEST = 250  # above it a line is a paragraph, not a wrapped line
_FULL = 0.8  # of a full line: with the next word it would have run over
_LONG = 0.5
_LONG_LABEL = 40  # characters; a longer line that a lower-case one follows was wrapped
_ENOUGH_LINES = 8  # to measure a page by itself
_EDGE = 0.85  # of a full line; a column of prose has most of its lines beyond it
_ENOUGH_REACHING = 0.5


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    gap: bool  # a blank line stands before it
    code: bool  # within a Markdown fence
    row: bool  # ends with the figures of a table
    bare: bool  # is nothing but figures
    dates: bool  # is nothing but dates: the head of a table
    terminal: bool


def reflow(pages: Sequence[str]) -> list[str]:
    """Join wrapped lines and broken words within each of `pages`."""
    words = Words(pages)
    parsed = [_lines(page) for page in pages]
    usual = _width([line for lines in parsed for line in lines])
    return [_reflow_page(lines, usual, words) for lines in parsed]


def _lines(page: str) -> list[_Line]:
    lines, gap, code = [], False, False
    for text in page.split("\n"):
        code ^= text.startswith(_FENCE)
        if text:
            lines.append(_line(text, gap, code))
        gap = not text
    return lines


def _line(text: str, gap: bool, code: bool) -> _Line:
    tokens = text.split()
    figures = digits = 0  # tokens at the end; a dash or a sign is a figure without digits
    for token in reversed(tokens):
        if not _FIGURE.fullmatch(token):
            break
        figures += 1
        digits += any(character.isdigit() for character in token)
    bare = figures == len(tokens)
    priced = digits == 1 and len(tokens) > 2 and tokens[-2] in _CURRENCY
    dates = _DATES.fullmatch(text) is not None
    row = bare or dates or figures >= 2 or priced or CELL in text
    return _Line(text, gap, code, row, bare and digits > 0, dates, _TERMINAL.search(text) is not None)


def _width(lines: Iterable[_Line]) -> float:
    """Return the length of a full line of prose: the 90th percentile."""
    lengths = sorted(len(line.text) for line in lines if not line.row)
    return float(lengths[int(0.9 * (len(lengths) - 1))]) if lengths else math.inf


def _own_width(lines: Sequence[_Line]) -> float | None:
    """Return the page's own width, if enough lines reach its right edge: labels of a table do not."""
    width = _width(lines)
    prose = sum(not line.row for line in lines)
    reaching = sum(not line.row and len(line.text) >= _EDGE * width for line in lines)
    return width if prose >= _ENOUGH_LINES and reaching >= _ENOUGH_REACHING * prose else None


def _reflow_page(lines: Sequence[_Line], usual: float, words: Words) -> str:
    width = _own_width(lines) or usual
    width = width if _NARROWEST <= width <= _WIDEST else math.inf
    parts: list[str] = []
    length = 0  # of the paragraph so far
    for index, line in enumerate(lines):
        before = lines[index - 1] if index else None
        if before is None:
            parts.append(line.text)
        elif _continues(before, line, lines[index + 1] if index + 1 < len(lines) else None, width):
            parts[-1], glue = words.joint(parts[-1], line.text)
            parts += [glue, line.text]
        else:
            parts += [_separator(before, line, length, width), line.text]
            length = 0
        length += len(line.text)
    return "".join(parts)


def _continues(before: _Line, line: _Line, after: _Line | None, width: float) -> bool:
    """Tell whether `line` goes on with what `before` began."""
    if before.code or line.code or CELL in before.text or CELL in line.text:
        return False
    if _MARKER_ONLY.fullmatch(before.text):
        return not _MARKER_ONLY.fullmatch(line.text)
    if before.dates and line.dates:
        return not line.gap
    if line.bare:
        return _is_next_cell(before, line)
    if before.row or _VERBATIM.match(before.text) or _BULLET.match(line.text):
        return False
    if line.gap:
        return not before.terminal and _starts_lower(line) and len(before.text) >= _LONG * width
    full = _is_full(before, line, width)
    unfinished = _UNFINISHED.search(before.text) is not None
    if _NUMBERED_ITEM.match(line.text) or (_LEADING_FIGURE.match(line.text) and _LEADING_FIGURE.match(before.text)):
        return full and unfinished
    if before.terminal:
        return full and not line.row and not _is_heading(line, after, width)
    if _BROKEN.search(before.text) or (unfinished and not before.text.endswith(",")):
        return True
    if _starts_lower(line):
        return unfinished or len(before.text) >= min(_LONG * width, _LONG_LABEL)
    if line.row:
        return unfinished
    return full or (unfinished and len(before.text) >= _LONG * width)


def _is_next_cell(before: _Line, line: _Line) -> bool:
    """Tell whether bare figures belong to the label or the figures on the line before."""
    if before.bare:
        return line.gap or " " not in line.text or " " not in before.text
    return not before.row and not before.terminal


def _is_full(before: _Line, line: _Line, width: float) -> bool:
    return len(before.text) + 1 + len(line.text.split(" ", 1)[0]) >= _FULL * width


def _starts_lower(line: _Line) -> bool:
    return line.text[0].islower() and not _BRAND.match(line.text)


def _is_heading(line: _Line, after: _Line | None, width: float) -> bool:
    short = len(line.text) < _LONG * width and not line.terminal and not _starts_lower(line)
    return short and (after is None or after.gap or not _starts_lower(after))


def _separator(before: _Line, line: _Line, length: int, width: float) -> str:
    """Return a blank line where a paragraph ends; `length` is that of the paragraph."""
    if before.row and line.row:
        return "\n"
    ended = before.terminal and not before.text.endswith(":")
    return "\n\n" if line.gap or (ended and length >= _LONG * min(width, _WIDEST)) else "\n"
