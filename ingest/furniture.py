"""Parts each page from what its layout repeats on others: running heads and feet, and page numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.lexicon import NO_WORDS, Lexicon
from ingest.page_numbers import LEAST_PAGES, SHARE, PageNumbers
from ingest.remarks import Remark
from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DEPTH = 3  # lines at each edge of a page that may be furniture
_SURELY = 12  # pages; the chapter heads of a long book stay below the share
_MOST_LINES = 20  # that are told of one by one
_OTHERS = "other lines"

_INTEGER = re.compile(r"\d+")
_FIGURE = r"[($€£¥+−–-]*\d[\d.,'’]*[)%]*"
_ROW = re.compile(rf".*\S\s+{_FIGURE}\s+{_FIGURE}")


@dataclass(frozen=True, slots=True)
class Parted:
    """A page in parts; a line of its layout that says nothing new is in none of them."""

    head: str  # lines of its layout at its top that stood on no earlier page as they are
    body: str
    foot: str


@dataclass(slots=True)
class _Aside:
    """What was set aside: page numbers, and lines by what they say; page numbers count from 1."""

    numbers: dict[int, str] = field(default_factory=dict)  # the first of each page
    lines: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def parted(pages: Sequence[str], lexicon: Lexicon = NO_WORDS) -> tuple[list[Parted], tuple[Remark, ...]]:
    """Part `pages` from their running heads, running feet and page numbers, and say what was set aside.

    A line that pages repeat at their edges is kept where it stands first, and wherever a part of it is another one but
    the number of the page. Numbers are set aside that are proven to count the pages. Only whole lines are, from the
    edge inwards, and never all the lines of a page.
    """
    furniture = _Furniture([page.split("\n") for page in pages], lexicon)
    return furniture.parted(), tuple(furniture.remarks())


class _Furniture:
    """The running heads, running feet and page numbers of one document."""

    def __init__(self, pages: Sequence[list[str]], lexicon: Lexicon) -> None:
        edges = [_edges(lines) for lines in pages]
        filled = sum(map(bool, edges))
        often = min(max(LEAST_PAGES, SHARE * filled), _SURELY)
        seen = _sightings(edges)
        self._pages = pages
        self._numbers = PageNumbers(edges, lexicon)
        self._repeated = {key for key, places in seen.items() if len(places) > 1}
        self._heads = {key for key, places in seen.items() if len(places) >= often and _is_steady(places)}
        self._said: dict[str, str] = {}  # by each line without its figures, what it said last
        self._aside = _Aside()

    def parted(self) -> list[Parted]:
        """Return the pages in parts."""
        return [self._parted(lines, page) for page, lines in enumerate(self._pages)]

    def remarks(self) -> Iterable[Remark]:
        """Yield what is to be said of the lines that are in no part of their page."""
        for at, (line, pages) in enumerate(self._aside.lines.items()):
            if at < _MOST_LINES:
                yield Remark("line_repeated", tuple(sorted(pages)), line)
        others = set().union(*list(self._aside.lines.values())[_MOST_LINES:])
        if others:
            yield Remark("line_repeated", tuple(sorted(others)), _OTHERS)
        if self._aside.numbers:
            yield Remark("page_numbers", tuple(self._aside.numbers), next(iter(self._aside.numbers.values())))

    def _parted(self, lines: list[str], page: int) -> Parted:
        filled = [index for index, line in enumerate(lines) if line]
        top = self._top(lines, filled, page)
        foot = self._run(lines, filled[: -_DEPTH - 1 : -1], page)
        foot = sorted(set(foot) - set(top))
        body = [line for index, line in enumerate(lines) if index not in {*top, *foot}]
        if not any(body):
            return Parted("", "\n".join(lines), "")
        head = "\n".join(lines[index] for index in top if self._says_more(lines[index], page))
        return Parted(
            head, "\n".join(body), "\n".join(lines[index] for index in foot if self._says_more(lines[index], page))
        )

    def _top(self, lines: list[str], filled: Sequence[int], page: int) -> list[int]:
        """Return the furniture at the top of a page, without the name of a figure or of columns just below it."""
        run = self._run(lines, filled[:_DEPTH], page)
        if run and len(run) < len(filled):
            last, below = lines[run[-1]], lines[filled[len(run)]]
            value = not any(map(str.isalpha, below)) or _ROW.fullmatch(below)
            if value and CELL not in below and not any(map(str.isdecimal, last)):
                run.pop()
        return run

    def _run(self, lines: list[str], indices: Sequence[int], page: int) -> list[int]:
        """Return the furniture among `indices`, given from the edge inwards, up to the first line of text."""
        run = []
        for index in indices:
            if not self._holds(lines[index], page):
                break
            run.append(index)
        return run

    def _holds(self, line: str, page: int) -> bool:
        """Tell whether `line`, at an edge of page `page` (0-based), belongs to the layout; a table's row doesn't."""
        if CELL in line:
            return False
        if self._numbers.is_one(line, page) or _mask(line) in self._heads:
            return True
        if _mask(line) in self._repeated and self._numbers.without(line, page) != line:
            return True  # two pages are enough for a line with the number of its page
        if line[:1].isdigit() and _mask(line) not in self._repeated:
            return False  # a heading with its number stands once
        return self._numbers.stands_beside(line, page)

    def _says_more(self, line: str, page: int) -> bool:
        """Tell whether a line of the layout says what it did not say last; note it where it does not."""
        if self._numbers.is_one(line, page):
            self._aside.numbers.setdefault(page + 1, line)
            return False
        key, said = _mask(line), self._numbers.without(line, page).casefold()
        if self._said.get(key) != said:
            self._said[key] = said
            return True
        self._aside.lines[self._numbers.without(line, page)].add(page + 1)
        return False


def _edges(lines: list[str]) -> list[str]:
    filled = [line for line in lines if line]
    return filled if len(filled) <= 2 * _DEPTH else filled[:_DEPTH] + filled[-_DEPTH:]


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


def _mask(line: str) -> str:
    return _INTEGER.sub("#", line).casefold()
