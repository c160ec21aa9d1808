"""Joins the lines that a page's layout wrapped, and leaves the real breaks."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ingest.hyphen import Words
from ingest.lexicon import NO_WORDS, Lexicon, any_of
from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_CURRENCY = frozenset("$€£¥")
_BULLET = re.compile(r"[•▪◦‣·●○■□➢➔►✓✔☐☒*]\s|[|>#]|```|~~~")
_LEADING_FIGURE = re.compile(r"[$€£(]*\s?\d[\d,.]*\)?\s+[A-Z]")
_BROKEN = re.compile(r"[^\W_]-$")
_MARKER_ONLY = re.compile(r"[•▪◦‣·●○■□➢➔►✓✔☐☒–-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]")
_FENCE = ("```", "~~~")
_VERBATIM = re.compile(r"[|#]")
_TERMINAL = re.compile(r"[.!?:;…。！？：；][\"'”’»)\]]*$")
_BRAND = re.compile(r"[a-z]{1,2}[A-Z]")  # iPhone, eBay: no lower-case start
_FIRST_LETTERS = re.compile(r"[^\W\d_]*")
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


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What a lexicon tells of lines."""

    months: frozenset[str]
    figure: re.Pattern[str]
    dates: re.Pattern[str]
    numbered_item: re.Pattern[str]
    unfinished: re.Pattern[str]

    def is_dates(self, text: str) -> bool:
        """Tell whether a line is nothing but dates."""
        letters = _FIRST_LETTERS.match(text)  # most lines begin with another word, and there are many months
        known = not letters or not letters[0] or letters[0].lower() in self.months
        return known and self.dates.fullmatch(text) is not None

    def is_unfinished(self, text: str) -> bool:
        """Tell whether a line ends with a word that wants another."""
        return self.unfinished.search(text[text.rfind(" ") + 1 :]) is not None


@lru_cache(8)
def _patterns(lexicon: Lexicon) -> _Patterns:
    months, no_value = any_of(lexicon.months), any_of(lexicon.no_value | lexicon.no_meaning)
    markers, unfinished = any_of(lexicon.markers), any_of(lexicon.unfinished)
    return _Patterns(
        lexicon.months,
        re.compile(rf"[$€£¥+(<~−–-]*\d+(?:[.,'’]\d+)*\)?[%x]?\)?|[$€£¥%()—–-]+|{no_value}\.?", re.IGNORECASE),
        re.compile(rf"(?:(?:{months}\b\.?|\d{{1,2}},|(?:19|20)\d\d)\s*)+", re.IGNORECASE),
        re.compile(
            r"\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s|\d{1,2}(?:\.\d{1,2})+\.?\s+[^\W\d_]|\(\d{1,3}\)\s|"
            rf"{markers}\s+[\dIVX]+[A-Z]?(?:\s*[.:–—]|$)",
            re.IGNORECASE,
        ),
        re.compile(rf"(?:,|\(|/|[$€£¥]|\b{unfinished})$"),
    )


def reflow(pages: Sequence[str], lexicon: Lexicon = NO_WORDS, beside: Sequence[str] = ()) -> list[str]:
    """Join wrapped lines and broken words within each of `pages`, and within each text that stands `beside` them.

    Only the pages tell how long a line is, and how their words are written.
    """
    words, patterns = Words(pages, lexicon), _patterns(lexicon)
    parsed = [_lines(page, patterns) for page in pages]
    usual = _width([line for lines in parsed for line in lines])
    others = (_lines(text, patterns) for text in beside)
    return [_reflow_page(lines, usual, words, patterns) for lines in (*parsed, *others)]


def _lines(page: str, patterns: _Patterns) -> list[_Line]:
    lines, gap, code = [], False, False
    for text in page.split("\n"):
        code ^= text.startswith(_FENCE)
        if text:
            lines.append(_line(text, gap, code, patterns))
        gap = not text
    return lines


def _line(text: str, gap: bool, code: bool, patterns: _Patterns) -> _Line:
    tokens = text.split()
    figures = digits = 0  # tokens at the end; a dash or a sign is a figure without digits
    for token in reversed(tokens):
        if not patterns.figure.fullmatch(token):
            break
        figures += 1
        digits += any(character.isdigit() for character in token)
    bare = figures == len(tokens)
    priced = digits == 1 and len(tokens) > 2 and tokens[-2] in _CURRENCY
    dates = patterns.is_dates(text)
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


def _reflow_page(lines: Sequence[_Line], usual: float, words: Words, patterns: _Patterns) -> str:
    width = _own_width(lines) or usual
    width = width if _NARROWEST <= width <= _WIDEST else math.inf
    parts: list[str] = []
    length = 0  # of the paragraph so far
    for index, line in enumerate(lines):
        before = lines[index - 1] if index else None
        if before is None:
            parts.append(line.text)
        elif _continues(_Pair(before, line, lines[index + 1] if index + 1 < len(lines) else None, width, patterns)):
            parts[-1], glue = words.joint(parts[-1], line.text)
            parts += [glue, line.text]
        else:
            parts += [_separator(before, line, length, width), line.text]
            length = 0
        length += len(line.text)
    return "".join(parts)


class _Pair:
    """A line and the one before it; whether it goes on with what that one began is what the cases decide."""

    def __init__(self, before: _Line, line: _Line, after: _Line | None, width: float, patterns: _Patterns) -> None:
        self.before = before
        self.line = line
        self.after = after  # the line; None at the end of the page
        self.width = width  # of a full line, in characters
        self.patterns = patterns

    @cached_property
    def unfinished(self) -> bool:
        """Whether the line before ends with a word that wants another."""
        return self.patterns.is_unfinished(self.before.text)

    @property
    def full(self) -> bool:
        """Whether the line before had no room for the next word."""
        return len(self.before.text) + 1 + len(self.line.text.split(" ", 1)[0]) >= _FULL * self.width

    @property
    def long(self) -> bool:
        """Whether the line before is about as long as prose."""
        return len(self.before.text) >= _LONG * self.width

    @property
    def lower(self) -> bool:
        """Whether the line begins as no sentence does."""
        return _starts_lower(self.line)


@dataclass(frozen=True, slots=True)
class _Case:
    """One kind of pair, and whether its line goes on."""

    name: str
    applies: Callable[[_Pair], bool]
    continues: Callable[[_Pair], bool]


def _continues(pair: _Pair) -> bool:
    return _case_of(pair).continues(pair)


def _case_of(pair: _Pair) -> _Case:
    """Return the first case that applies; the last one always does."""
    return next(case for case in _CASES if case.applies(pair))


def _always(_: _Pair) -> bool:
    return True


def _never(_: _Pair) -> bool:
    return False


def _has_own_lines(pair: _Pair) -> bool:
    lines = (pair.before, pair.line)
    return any(line.code or CELL in line.text for line in lines)


def _is_marker(line: _Line) -> bool:
    return _MARKER_ONLY.fullmatch(line.text) is not None


def _stands_alone(pair: _Pair) -> bool:
    verbatim = _VERBATIM.match(pair.before.text) is not None
    return pair.before.row or verbatim or _BULLET.match(pair.line.text) is not None


def _is_listed(pair: _Pair) -> bool:
    """Tell whether a line begins an item by its number, or is one of several that begin with a figure."""
    if pair.patterns.numbered_item.match(pair.line.text):
        return True
    return bool(_LEADING_FIGURE.match(pair.line.text) and _LEADING_FIGURE.match(pair.before.text))


def _is_cut_off(pair: _Pair) -> bool:
    """Tell whether the line before ends in the middle of a phrase; a comma may also end a line of an address."""
    return pair.unfinished and not pair.before.text.endswith(",")


# The order matters: each case is about what those above it have left.
_CASES = (
    _Case("code or cells", _has_own_lines, _never),
    _Case("after a marker alone", lambda pair: _is_marker(pair.before), lambda pair: not _is_marker(pair.line)),
    _Case("dates after dates", lambda pair: pair.before.dates and pair.line.dates, lambda pair: not pair.line.gap),
    _Case("bare figures", lambda pair: pair.line.bare, lambda pair: _is_next_cell(pair.before, pair.line)),
    _Case("a line that stands alone", _stands_alone, _never),
    _Case(
        "after a gap",
        lambda pair: pair.line.gap,
        lambda pair: not pair.before.terminal and pair.lower and pair.long,
    ),
    _Case("an item of a list", _is_listed, lambda pair: pair.full and pair.unfinished),
    _Case(
        "after the end of a sentence",
        lambda pair: pair.before.terminal,
        lambda pair: pair.full and not pair.line.row and not _is_heading(pair.line, pair.after, pair.width),
    ),
    _Case("after a broken word", lambda pair: _BROKEN.search(pair.before.text) is not None, _always),
    _Case("after a phrase that is cut off", _is_cut_off, _always),
    _Case(
        "a lower-case start",
        lambda pair: pair.lower,
        lambda pair: pair.unfinished or pair.long or len(pair.before.text) >= _LONG_LABEL,
    ),
    _Case("a row", lambda pair: pair.line.row, lambda pair: pair.unfinished),
    _Case("anything else", _always, lambda pair: pair.full or (pair.unfinished and pair.long)),
)


def _is_next_cell(before: _Line, line: _Line) -> bool:
    """Tell whether bare figures belong to the label or the figures on the line before."""
    if before.bare:
        return line.gap or " " not in line.text or " " not in before.text
    return not before.row and not before.terminal


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
