"""Finds what the layout repeats on every page, running heads and page numbers, and removes it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.lexicon import NO_WORDS, Lexicon, any_of
from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DEPTH = 3  # lines at each edge of a page that may be furniture
_LEAST_PAGES = 3
_SHARE = 0.4  # of the pages that have text
_SURELY = 12  # pages; the chapter heads of a long book stay below the share
_NUMBERED_SHARE = 0.05  # of the pages; numbering may restart in every chapter

_INTEGER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"[\[|]?\s*(?:(\d{1,5})|([ivxlc]{1,8}|[IVXLC]{1,8}))\s*[\]|]?")
_NUMBER_AND_WORDS = re.compile(r"(\d{1,5})[\s|]+[^\d\n]{3,90}|[^\d\n]{3,90}[\s|](\d{1,5})")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class _Furniture:
    """What is known of one document's running heads and page numbers."""

    page_of: re.Pattern[str]  # a page number that says that it is one
    heads: frozenset[str]  # masked lines
    bare: frozenset[int]  # number minus page index, of numbers on lines of their own
    worded: frozenset[int]  # the same, sure enough for a number beside words
    repeated: frozenset[str]  # masked lines of more than one page

    def holds(self, line: str, page: int) -> bool:
        """Tell whether `line`, at an edge of page `page` (0-based), belongs to the layout; a table's row doesn't."""
        if CELL in line:
            return False
        if self.page_of.fullmatch(line) or _mask(line) in self.heads:
            return True
        number = _bare_number(line)
        if number is not None:
            return number - page in self.bare
        if line[:1].isdigit() and _mask(line) not in self.repeated:
            return False  # a heading with its number stands once
        number = _number_beside_words(line)
        return number is not None and number - page in self.worded


def without_furniture(pages: Sequence[str], lexicon: Lexicon = NO_WORDS) -> list[str]:
    """Drop running heads, running feet and page numbers from the edges of `pages`.

    Only whole lines go, from the edge inwards, and never all the lines of a page.
    """
    lines = [page.split("\n") for page in pages]
    furniture = _survey([_edges(page) for page in lines], _page_of(lexicon))
    return ["\n".join(_peel(page, number, furniture)) for number, page in enumerate(lines)]


@lru_cache(8)
def _page_of(lexicon: Lexicon) -> re.Pattern[str]:
    page, of = any_of(lexicon.pages), any_of(lexicon.page_counts)
    return re.compile(rf"{page}\s*\d+(?:\s*(?:{of}|/)\s*\d+)?|\d+\s+{of}\s+\d+|[-–—]\s*\d+\s*[-–—]", re.IGNORECASE)


def _edges(lines: list[str]) -> list[str]:
    filled = [line for line in lines if line]
    return filled if len(filled) <= 2 * _DEPTH else filled[:_DEPTH] + filled[-_DEPTH:]


def _survey(edges: Sequence[Sequence[str]], page_of: re.Pattern[str]) -> _Furniture:
    filled = sum(map(bool, edges))
    often = max(_LEAST_PAGES, _SHARE * filled)
    bare = _offsets(edges, _bare_number)
    worded = bare + _offsets(edges, _number_beside_words)
    seen = _sightings(edges)
    return _Furniture(
        page_of,
        heads=frozenset(key for key, pages in seen.items() if len(pages) >= min(often, _SURELY) and _is_steady(pages)),
        bare=frozenset(offset for offset, count in bare.items() if count >= max(2, _NUMBERED_SHARE * filled)),
        worded=frozenset(offset for offset, count in worded.items() if count >= often),
        repeated=frozenset(key for key, pages in seen.items() if len(pages) > 1),
    )


def _sightings(edges: Sequence[Sequence[str]]) -> dict[str, dict[int, list[int]]]:
    """Return the pages of each masked line with words, each with the numbers that it has there."""
    sightings: defaultdict[str, dict[int, list[int]]] = defaultdict(dict)
    for page, lines in enumerate(edges):
        for line in lines:
            if any(character.isalpha() for character in line):
                sightings[_mask(line)][page] = [int(digits) for digits in _INTEGER.findall(line)]
    return sightings


def _is_steady(pages: dict[int, list[int]]) -> bool:
    """Tell running heads from table rows: their numbers repeat, or count the pages."""
    most = len(pages) // 2
    return all(
        len(set(column)) <= most or len({number - page for number, page in zip(column, pages, strict=True)}) <= most
        for column in zip(*pages.values(), strict=True)
    )


def _offsets(edges: Sequence[Sequence[str]], number_of: Callable[[str], int | None]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for page, lines in enumerate(edges):
        counts.update({number - page for line in lines if (number := number_of(line)) is not None})
    return counts


def _mask(line: str) -> str:
    return _INTEGER.sub("#", line).casefold()


def _bare_number(line: str) -> int | None:
    match = _PAGE_NUMBER.fullmatch(line)
    if match is None:
        return None
    return int(match[1]) if match[1] else _roman(match[2].lower())


def _number_beside_words(line: str) -> int | None:
    match = _NUMBER_AND_WORDS.fullmatch(line)
    return int(match[1] or match[2]) if match else None


def _roman(numeral: str) -> int:
    values = [_ROMAN[digit] for digit in numeral]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))


def _peel(lines: list[str], page: int, furniture: _Furniture) -> list[str]:
    filled = [index for index, line in enumerate(lines) if line]
    top = _run(lines, filled[:_DEPTH], page, furniture)
    foot = _run(lines, filled[: -_DEPTH - 1 : -1], page, furniture)
    kept = [line for index, line in enumerate(lines) if index not in top and index not in foot]
    return kept if any(kept) else lines


def _run(lines: list[str], indices: Sequence[int], page: int, furniture: _Furniture) -> set[int]:
    """Return the furniture among `indices`, given from the edge inwards, up to the first line of text."""
    run = set()
    for index in indices:
        if not furniture.holds(lines[index], page):
            break
        run.add(index)
    return run
