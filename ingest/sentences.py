"""Where the sentences of a text begin and end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.lexicon import NO_WORDS, Lexicon, any_of
from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]

_LONGEST = 600  # characters; a longer sentence is cut at a weaker mark
_LONG_LINE = 60  # characters; a shorter line at the foot of a page is complete

_BREAK = re.compile(r"\n+")
_PAGE_BREAK = re.compile(r"\f\s*+")
# Possessive, and anchored where a run of marks begins: a line of leaders takes linear time.
_END = re.compile(
    r"(?<![.!?…])(?P<dot>[.!?…]++)[\"'”’»)\]]*+(?: »)?+(?:\[\d{1,3}\])*+(?=(?P<space>\s++)\S)|"
    r"(?<![。！？])[。！？]++[」』”’）]*+(?=\s*+\S)"
)
_LAST_WORD = re.compile(r"[^\s(\[\"“„«—–/]*$")
_NEXT_WORD = re.compile(r"[^\W\d_]+")
_TERMINAL = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]|(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_WEAK_ENDS = (re.compile(r"[;:]\s"), re.compile(r",\s"), re.compile(r"\s"))


@dataclass(frozen=True, slots=True)
class _Rules:
    """A lexicon, and the pattern made of it."""

    lexicon: Lexicon
    list_marker: re.Pattern[str]


@lru_cache(8)
def _rules(lexicon: Lexicon) -> _Rules:
    marker = (
        r"(?:\(?(?:\d{1,3}|[A-Za-z])[.)]|[IVXivx]+\.|\d+(?:\.\d+)+\.|" + any_of(lexicon.markers) + r"\s[\w.]{1,5}\.)"
    )
    return _Rules(lexicon, re.compile(marker))


def sentences(text: str, lexicon: Lexicon = NO_WORDS) -> list[Span]:
    """Find the sentences of `text`, a document's or any part of it.

    A line break always ends a sentence; a form feed is white space, and a sentence that a
    page leaves unfinished goes on after it. More than 600 characters without an end are cut
    at a semicolon, a comma or a space.

    Args:
        text: what is cut.
        lexicon: tells a full stop that ends an abbreviation from one that ends a sentence.

    Returns:
        (start, end) offsets in order, without white space at their edges; together they
        cover every other character.
    """
    rules = _rules(lexicon)
    spans: list[Span] = []
    for start, end in _lines(text, rules):
        for piece in _sentences_of_line(text, start, end, rules):
            spans += _shortened(text, *piece)
    return spans


def runs_over(above: str, below: str, lexicon: Lexicon = NO_WORDS) -> bool:
    """Tell whether a sentence goes on from the last line of a page, `above`, to the first of the next one."""
    start, end = above.rfind("\n") + 1, below.find("\n")
    last, first = above[start:], below if end < 0 else below[:end]
    text = f"{last}{first}"
    return CELL not in text and _runs_over(text, (0, len(last)), (len(last), len(text)), _rules(lexicon))


def _lines(text: str, rules: _Rules) -> Iterator[Span]:
    start = 0
    for match in _BREAK.finditer(text):
        yield from _joined_pages(text, start, match.start(), rules)
        start = match.end()
    yield from _joined_pages(text, start, len(text), rules)


def _joined_pages(text: str, start: int, end: int, rules: _Rules) -> Iterator[Span]:
    """Split at the form feeds that a sentence does not run over."""
    if text.find("\f", start, end) >= 0:
        for match in _PAGE_BREAK.finditer(text, start, end):
            foot = match.start()
            while foot > start and text[foot - 1].isspace():
                foot -= 1
            if not _runs_over(text, (start, foot), (match.end(), end), rules):
                yield start, foot
                start = match.end()
    yield start, end


def _runs_over(text: str, above: Span, below: Span, rules: _Rules) -> bool:
    """Tell whether a sentence goes on from what stands above a page break to what stands below."""
    (start, foot), (head, end) = above, below
    if foot <= start or head >= end or _TERMINAL.search(text, max(start, foot - 6), foot):
        return False
    if text[head].islower() or text[foot - 1] in ",-":
        return True
    # Long prose without an end goes on, figures at its end are a table row's.
    prose = foot - start >= _LONG_LINE and text[foot - 1].isalpha()
    return prose and text[head].isalpha() and not rules.list_marker.match(text, head)


def _sentences_of_line(text: str, start: int, end: int, rules: _Rules) -> Iterator[Span]:
    if text.find(CELL, start, end) >= 0:  # a table row is one piece, whatever its cells say
        yield from _stripped(text, start, end)
        return
    for match in _END.finditer(text, start, end):
        if match.end() < end and match.start() >= start and _is_end(text, start, match, rules):
            yield from _stripped(text, start, match.end())
            start = match.end()
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    if lead < len(piece):
        yield start + lead, start + len(piece.rstrip())


def _is_end(text: str, start: int, match: re.Match[str], rules: _Rules) -> bool:
    if match["dot"] is None:  # Chinese and Japanese marks are unambiguous
        return True
    follow = text[match.end("space")]
    if follow.islower() or follow in ",;:)]}%&+=":
        return False
    if match["dot"] != "." or match.end("dot") != match.start("space"):
        return not (match["dot"].endswith("…") and follow.isdigit())
    return not _is_abbreviation(text, start, (match.start(), match.end("space")), rules)


def _is_abbreviation(text: str, start: int, place: Span, rules: _Rules) -> bool:
    """Tell whether a full stop belongs to the word, number or marker before it; `place`: its own, and what follows."""
    (dot, follow), lexicon = place, rules.lexicon
    word = _LAST_WORD.search(text, max(start, dot - 30), dot)
    token = word[0].lower() if word else ""
    begin = word.start() if word else dot
    if rules.list_marker.fullmatch(text[start : dot + 1].lstrip()):
        return True
    if not token or token in lexicon.titles:
        return bool(token)
    if token in lexicon.numbered and (text[follow].isdigit() or text[follow] in "(§"):
        return True
    upcoming = _NEXT_WORD.match(text, follow)
    following = upcoming[0].lower() if upcoming else ""
    if token.isdecimal():
        return len(token) <= 2 and _is_ordinal(text[max(start, begin - 12) : begin], following, lexicon)
    if token in lexicon.endings or _INITIALS.fullmatch(token):
        return following not in lexicon.starters and text[follow] not in '"“„«(•'
    return False


def _is_ordinal(before: str, following: str, lexicon: Lexicon) -> bool:
    """Tell an ordinal that is written with a full stop from the end of a sentence."""
    words = before.split()
    return bool(following) and (
        following in lexicon.after_ordinals or (bool(words) and words[-1].lower() in lexicon.before_ordinals)
    )


def _shortened(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > _LONGEST:
        cut = _weak_end(text, start, start + _LONGEST)
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, end)


def _weak_end(text: str, start: int, end: int) -> int:
    half = start + (end - start) // 2
    for mark in _WEAK_ENDS:
        cuts = [match.end() for match in mark.finditer(text, half, end)]
        if cuts:
            return cuts[-1]
    return end
