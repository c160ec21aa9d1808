"""The labelled lines of a document, "4.2 Payment", "§ 4", "Rule 5", "3. Add water": where a section begins and ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ingest import CELL
from rag_app.evidence.choose import seen
from rag_app.language.words import among

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest import Document
    from rag_app.asking.place_asked import Place

    Span = tuple[int, int]

_LINE = re.compile(r"[^\n\f]*\S[^\n\f]*")
_LABEL = re.compile(
    r"\s*(?P<open>[(\[]?)(?:(?P<word>[^\W\d_]{2,})\s+)?(?P<sign>§*)\s*"
    r"(?P<label>\d{1,3}(?:\.\d{1,3})*[a-z]?|[A-Z]|[IVXLC]+)(?P<mark>[.):\]]*)(?P<rest>\s+.*|$)"
)
_TO_PAGE = re.compile(r"(?:\s|\.)(?:\d{1,4}|[ivxlc]+)\s*$")  # how a line of a table of contents ends
_HEADING = 14  # words
_JUMP = 2  # chapters that may lack their headings


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line that begins with a number or letter."""

    row: int  # of the document's lines
    start: int  # characters into the document text
    label: str
    word: str  # before it, in lower case
    sign: bool
    mark: str  # around and after it
    named: bool  # more stands on the line
    heading: bool  # it is short and does not end like a sentence

    @property
    def numbers(self) -> tuple[int, ...]:
        """The label as numbers; none of a letter."""
        return tuple(int(part) for part in self.label.rstrip("abcdefghijklmnopqrstuvwxyz").split(".") if part.isdigit())

    @property
    def kind(self) -> tuple[str, bool, str]:
        """What labels of one series have alike."""
        return self.word, self.sign, self.mark

    def fits(self, place: Place) -> bool:
        """Tell whether this is the place that is asked for, by its label, with its sign, and a letter with its word."""
        if self.label != place.label or (place.sign and not self.sign):
            return False
        if self.word and place.word:
            return among(place.word, [self.word])
        return not self.word and (self.label[0].isdigit() or place.page)


class Outline:
    """The lines of a document, and those of them that bear a label; what a page hides is left out."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = seen(document)
        self.lines: Sequence[Span] = [match.span() for match in _LINE.finditer(self.text)]

    @cached_property
    def labelled(self) -> Sequence[Labelled]:
        """The labelled lines, in order, without those of a table of contents or any other table."""
        return list(self._labelled())

    @cached_property
    def headings(self) -> Sequence[Span]:
        """The headings: those that the format tells, or else the numbered ones."""
        told = [span for span in self.lines if span[0] in self.document.headings]
        return told if len(told) > 1 else [self.lines[one.row] for one in self._numbered()]

    def sections(self, place: Place) -> list[Span]:
        """Return where the text under a label begins and ends, for each time that it stands in the document."""
        fitting = [one for one in self.labelled if one.fits(place)]
        with_word = [one for one in fitting if one.word]
        return [(one.start, self._end(one)) for one in with_word or fitting] or self._parts(place)

    def _parts(self, place: Place) -> list[Span]:
        """Return the parts of a section whose own heading was lost, 5.1 and 5.2 of 5.

        What is lost stood at the top of a page, where running heads are: what is on that page before them is its text.
        """
        parts = [one for one in self.labelled if one.label.startswith(f"{place.label}.") and one.heading]
        if not parts or place.sign:
            return []
        first = parts[0].start
        top = self.document.starts[self.document.page_at(first).number - 1]
        begins = first if any(top <= one.start < first for one in self.labelled) else top
        return [(begins, self._end(parts[-1]))]

    def _labelled(self) -> Iterator[Labelled]:
        for row, (start, end) in enumerate(self.lines):
            text = self.text[start:end]
            match = _LABEL.fullmatch(text)
            if match is None or self._is_entry(row) or self._is_row(row):
                continue
            heading = len(text.split()) <= _HEADING and not text.rstrip().endswith((".", ";", ",", ":"))
            word = (match["word"] or "").casefold()
            mark = match["open"] + match["mark"]
            named, sign = bool(match["rest"].strip()), bool(match["sign"])
            yield Labelled(row, start, match["label"], word, sign, mark, named, heading or not named)

    def _is_entry(self, row: int) -> bool:
        """Tell whether a line and one beside it end in the number of a page, as in a table of contents."""
        beside = [at for at in (row - 1, row + 1) if 0 <= at < len(self.lines)]
        return self._to_page(row) and any(map(self._to_page, beside))

    def _to_page(self, row: int) -> bool:
        return _TO_PAGE.search(self.text[slice(*self.lines[row])]) is not None

    def _is_row(self, row: int) -> bool:
        return self.text.find(CELL, *self.lines[row]) >= 0

    def _end(self, begun: Labelled) -> int:
        """Return where the next section of the same or a higher level begins, or the document ends."""
        bound = next((one.start for one in self.labelled if one.row > begun.row and _ends(begun, one)), None)
        if not begun.heading:
            bound = min(self._item_end(begun, bound), bound or len(self.text))
        return len(self.text) if bound is None else bound

    def _item_end(self, begun: Labelled, bound: int | None) -> int:
        """Return where an item of a list ends at the latest: at a heading; the last one with its paragraph."""
        ends = [start for start, _ in self.headings if start > begun.start]
        if bound is None:
            ends.append(self.text.find("\n\n", begun.start))
        return min((end for end in ends if end > 0), default=len(self.text))

    def _numbered(self) -> Sequence[Labelled]:
        """Return the headings whose numbers go up as those of sections do; chapters are all numbered in one way."""
        found = [one for one in self.labelled if one.heading and one.numbers and one.named]
        kinds = dict.fromkeys(one.kind for one in found if len(one.numbers) == 1)
        series = [_rising(one for one in found if len(one.numbers) > 1 or one.kind == kind) for kind in kinds]
        return max(series, key=len, default=_rising(found))


def _rising(found: Iterable[Labelled]) -> list[Labelled]:
    last: tuple[int, ...] = (0,)
    rising = []
    for one in found:
        if last < one.numbers and one.numbers[0] <= last[0] + _JUMP:
            rising.append(one)
            last = one.numbers
    return rising


def _ends(begun: Labelled, line: Labelled) -> bool:
    """Tell whether a labelled line ends the section that has begun."""
    one, other = begun.numbers, line.numbers
    if begun.word or begun.sign:
        return begun.kind[:2] == line.kind[:2] and begun.label != line.label
    if not one or not other or other <= one or len(other) > len(one) or line.word or line.sign:
        return False
    if len(one) == len(other) and begun.kind == line.kind and begun.heading == line.heading and one[:-1] == other[:-1]:
        return True
    parent = one[: len(other)]
    return line.heading and begun.heading and other[:-1] == parent[:-1] and other[-1] <= parent[-1] + _JUMP
