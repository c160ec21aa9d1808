"""Tells the numbers at the edges of pages that count the pages from those that say something: by their sequence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.lexicon import NO_WORDS, Lexicon, any_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LEAST_PAGES = 3
SHARE = 0.4  # of the pages that have text
_NUMBERED_SHARE = 0.05  # of the pages; numbering may restart in every chapter
_REACH = 2  # pages; some have their number on every other one
_ALIKE = 0.6  # of the lines with a number: when more have the same words, the number may belong to these ("Day 3")
_LONGEST = 100  # characters of a line with a number beside its words
_FEWEST = 3  # of the words
_TITLE = 3  # words; fewer may name the number: "Day 3 / 14"

_BARE = re.compile(r"[\[|]?\s*(?:(\d{1,5})|([ivxlc]{1,8}|[IVXLC]{1,8}))\s*[\]|]?")
_LEADING = re.compile(r"(?P<number>\d{1,5})(?P<sign>\s*[|·•]\s*|\s+)(?P<text>[^\d\s].*)")
_TOTALLED = re.compile(r"(?P<text>.*[^\s|])(?P<sign>\s+)(?P<number>\d{1,5})\s*/\s*\d{1,5}")
_TRAILING = re.compile(r"(?P<text>.*[^\s|])(?P<sign>\s*[|·•]\s*|\s+[–—/-]\s+|\s+)(?P<number>\d{1,5})")
_INTEGER = re.compile(r"\d+")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What a lexicon tells of page numbers."""

    named: re.Pattern[str]  # with a word for it, which may stand within a line: "Page 3 of 9"
    alone: re.Pattern[str]  # that are a line of their own: "3 of 9", "- 3 -"
    labels: re.Pattern[str]  # of lines that the next one is the value of: "Invoice no."
    months: frozenset[str]


@lru_cache(8)
def _patterns(lexicon: Lexicon) -> _Patterns:
    page, of = any_of(lexicon.pages), any_of(lexicon.page_counts)
    named = rf"(?<!\w){page}\s*(?P<number>\d+)(?:\s*(?:{of}|/)\s*(?P<total>\d+))?(?!\w)"
    alone = rf"[-–—]?\s*(?P<number>\d+)(?:\s+{of}\s+(?P<total>\d+)|\s*[-–—])"
    return _Patterns(
        re.compile(named, re.IGNORECASE),
        re.compile(alone, re.IGNORECASE),
        re.compile(rf"[:#№]$|(?<!\w){any_of(lexicon.numbered)}\.?$", re.IGNORECASE),
        lexicon.months,
    )


@dataclass(frozen=True, slots=True)
class _Beside:
    """A number at an end of a line of words."""

    number: int
    place: tuple[int, int]  # of the number in the line
    plain: bool  # it follows the words, with nothing but a space between, as a value does: "Day 3"
    words: str  # in lower case, without figures


class PageNumbers:
    """The page numbers of a document, as far as their sequence proves them to be some."""

    def __init__(self, edges: Sequence[Sequence[str]], lexicon: Lexicon = NO_WORDS) -> None:
        """Take the lines at the edges of each page, those without text left out of account."""
        self._patterns = _patterns(lexicon)
        self._pages = len(edges)
        self._told = [{offset for line in lines for offset in self._offsets_told(line, page)}
                      for page, lines in enumerate(edges)]  # fmt: skip
        filled = sum(map(bool, edges))
        bare = Counter(offset for page, lines in enumerate(edges) for offset in set(self._offsets_bare(lines, page)))
        self._bare = {offset for offset, count in bare.items() if count >= max(2, _NUMBERED_SHARE * filled)}
        self._frequent, self._plain = self._survey(edges, max(LEAST_PAGES, SHARE * filled))

    def is_one(self, line: str, page: int) -> bool:
        """Tell whether `line`, at an edge of page `page` (0-based), is nothing but its proven number."""
        told = self._patterns.named.fullmatch(line) or self._patterns.alone.fullmatch(line)
        if told:
            return self._is_proven(told, page)
        number = _bare_number(line)
        return number is not None and number - page in self._bare

    def stands_beside(self, line: str, page: int) -> bool:
        """Tell whether `line` is words without figures beside the proven number of page `page`."""
        beside = self._beside(line)
        return beside is not None and len(_INTEGER.findall(line)) == 1 and self._counts(beside, page)

    def without(self, line: str, page: int) -> str:
        """Return `line` with "#" in place of the proven number of page `page`."""
        named = self._patterns.named.search(line)
        if named and self._is_proven(named, page):
            return f"{line[: named.start()]}#{line[named.end() :]}"
        beside = self._beside(line)
        if beside and self._counts(beside, page):
            return f"{line[: beside.place[0]]}#{line[beside.place[1] :]}"
        return line

    def _offsets_told(self, line: str, page: int) -> Iterator[int]:
        told = self._patterns.named.search(line) or self._patterns.alone.fullmatch(line)
        if told:
            yield int(told["number"]) - page

    def _offsets_bare(self, lines: Sequence[str], page: int) -> Iterator[int]:
        for at, line in enumerate(lines):
            number = _bare_number(line)
            if number is not None and not (at and self._patterns.labels.search(lines[at - 1])):
                yield number - page

    def _survey(self, edges: Sequence[Sequence[str]], often: float) -> tuple[set[int], set[tuple[int, int]]]:
        """Return by how much numbers beside words often exceed the page, and that with the pages of the plain ones.

        Of a page that has its number elsewhere no plain one counts, nor of one that has two.
        """
        pages: defaultdict[int, set[int]] = defaultdict(set)
        plain: defaultdict[int, dict[int, str]] = defaultdict(dict)
        for page, lines in enumerate(edges):
            alone = {*self._told[page], *self._offsets_bare(lines, page)}
            beside = list(filter(None, map(self._beside, lines)))
            for offset in (*alone, *(one.number - page for one in beside)):
                pages[offset].add(page)
            found = Counter(one.number - page for one in beside if one.plain)
            for one in beside:
                offset = one.number - page
                if one.plain and found[offset] == 1 and offset not in alone:
                    plain[offset][page] = one.words
        frequent = {offset for offset, some in pages.items() if len(some) >= often}
        varied = {offset: some for offset, some in plain.items() if len(some) >= often and _is_varied(some.values())}
        return frequent, {(offset, page) for offset, some in varied.items() for page in some}

    def _is_proven(self, told: re.Match[str], page: int) -> bool:
        """Tell whether a number that is said to be a page's is: it or those near it count the pages."""
        number, total = int(told["number"]), int(told["total"] or 0)
        if total and (
            (number, total) == (page + 1, self._pages) or (number == total == 1 and told.re is self._patterns.named)
        ):
            return True
        near = [self._told[other] for other in range(max(page - _REACH, 0), page + _REACH + 1)
                if other != page and other < self._pages]  # fmt: skip
        return number - page in self._bare or any(number - page in offsets for offsets in near)

    def _counts(self, beside: _Beside, page: int) -> bool:
        offset = beside.number - page
        if beside.plain:
            return (offset, page) in self._plain
        if offset not in self._frequent or offset in self._told[page]:
            return False
        return offset <= 1 or offset in self._bare or any(offset in offsets for offsets in self._told)

    def _beside(self, line: str) -> _Beside | None:
        """Return the number at an end of `line`, the number of a day of the calendar left out."""
        forms = (_LEADING, _TOTALLED, _TRAILING) if len(line) <= _LONGEST else ()
        match = next(filter(None, (form.fullmatch(line) for form in forms)), None)
        text = match["text"] if match else ""
        if match is None or len(text) < _FEWEST or not any(map(str.isalpha, text)):
            return None
        words = _INTEGER.sub("#", text).casefold().split()
        if match.re is _LEADING and words[0].rstrip(".,") in self._patterns.months:
            return None
        titled = match.re is _TOTALLED and len(words) >= _TITLE
        plain = match.re is not _LEADING and match["sign"].isspace() and not titled
        return _Beside(int(match["number"]), match.span("number"), plain, " ".join(words))


def _bare_number(line: str) -> int | None:
    match = _BARE.fullmatch(line)
    if match is None:
        return None
    return int(match[1]) if match[1] else _roman(match[2].lower())


def _roman(numeral: str) -> int:
    values = [_ROMAN[digit] for digit in numeral]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))


def _is_varied(words: Iterable[str]) -> bool:
    """Tell whether numbers go on counting where the words beside them change, so that they are no part of them."""
    counts = sorted(Counter(words).values(), reverse=True)
    return len(counts) > 1 and (counts[1] > 1 or counts[0] <= _ALIKE * sum(counts))
