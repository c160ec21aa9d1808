"""Runs of sentences, bullets and rows out of the passages and what stands around them, scored whole.

A passage ends where its tokens do, a sentence alone says too little: what answers a question is a run of lines. Each
stretch of a document that passages and their surroundings cover is cut into lines, and every few lines a run begins.
The cross-encoder reads a run as one text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import stem
from rag_app.evidence.choose import hidden_spans
from rag_app.evidence.guard import blanked
from rag_app.evidence.injection import order_spans
from rag_app.language.reading import sentences
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ingest import Document
    from rag_app.types import Hit, Vectors

    Span = tuple[int, int]
    Read = Callable[[str], Document]

AROUND = 800  # characters on each side of a passage that runs may reach into
_STARTS = 4  # runs that begin within the length of one


@dataclass(frozen=True, slots=True)
class Window:
    """A run of lines of one document."""

    hit: Hit  # the best passage of the stretch that it comes from
    lines: tuple[Span, ...]  # characters into the document text
    text: str  # what is read of it: the lines, each on one line of its own
    score: float = 0.0  # the cross-encoder's logit

    @property
    def start(self) -> int:
        """Where its first line begins."""
        return self.lines[0][0]

    @property
    def end(self) -> int:
        """Where its last line ends."""
        return self.lines[-1][1]

    @property
    def words(self) -> int:
        """How long it is."""
        return len(self.text.split())

    def overlaps(self, other: Window) -> bool:
        """Tell whether both have a line in common."""
        return self.hit.document == other.hit.document and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Size:
    """How long a window may be."""

    lines: int
    words: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Text that one or several passages of a document and their surroundings cover."""

    hit: Hit
    text: str
    lines: tuple[Span, ...]  # into the document text


def windows(
    question: str, hits: Sequence[Hit], size: Size, score: Callable[[str, Sequence[str]], Vectors], read: Read
) -> list[Window]:
    """Return all windows of a size, best first; they overlap.

    Args:
        question: as it is searched for.
        hits: the passages, best first.
        size: of a window, at most.
        score: the cross-encoder: question and texts to one logit each.
        read: gives the document of a path.
    """
    return ranked(question, list(runs(hits, size, read)), score)


def ranked(question: str, found: Sequence[Window], score: Callable[[str, Sequence[str]], Vectors]) -> list[Window]:
    """Return these windows with the scores that they have for a question, best first."""
    scores = score(question, [f"{_name(one.hit.document)}: {single_spaced(one.text)}" for one in found])
    return [
        replace(one, score=float(value))
        for value, one in sorted(zip(scores, found, strict=True), key=lambda pair: -pair[0])
    ]


def apart(ranked: Sequence[Window], count: int) -> list[Window]:
    """Return the first windows of which no two have a line in common."""
    chosen: list[Window] = []
    for window in ranked:
        if len(chosen) < count and not any(window.overlaps(other) for other in chosen):
            chosen.append(window)
    return chosen


def trimmed(
    window: Window, headings: Collection[int], question: str, score: Callable[[str, Sequence[str]], Vectors]
) -> Window:
    """Return a window without the sections at its ends that it bears on a question as well without.

    Args:
        window: with its score.
        headings: where the headings of its document begin.
        question: as it is searched for.
        score: the cross-encoder.
    """
    while True:
        sections = [row for row, (start, _) in enumerate(window.lines) if row == 0 or start in headings]
        if len(sections) < 2:
            return window
        shorter = [part(window, sections[1], len(window.lines)), part(window, 0, sections[-1])]
        best = ranked(question, shorter, score)[0]
        if best.score < window.score:
            return window
        window = best


def part(window: Window, first: int, last: int) -> Window:
    """Return the lines of a window from one row to before another."""
    return replace(window, lines=window.lines[first:last], text="\n".join(window.text.split("\n")[first:last]))


def runs(hits: Sequence[Hit], size: Size, read: Read) -> Iterator[Window]:
    """Yield the windows of a size in the order of their passages, unscored; they overlap."""
    for stretch in _stretches(hits, read):
        texts = [single_spaced(stretch.text[start:end]) for start, end in stretch.lines]
        first = last = 0
        while last < len(texts):  # else a run is the end of the one before
            end = _end_of_run(texts, first, size)
            if end > last:
                yield Window(stretch.hit, stretch.lines[first:end], "\n".join(texts[first:end]))
            last = end
            first = min(first + max(size.lines // _STARTS, 1), end)  # of long lines, too, each is in a run


def _end_of_run(texts: Sequence[str], first: int, size: Size) -> int:
    end, words = first, 0
    while end < len(texts) and end - first < size.lines:
        words += len(texts[end].split())
        if end > first and words > size.words:
            break
        end += 1
    return end


def _stretches(hits: Sequence[Hit], read: Read) -> Iterator[_Stretch]:
    """Yield what the passages of each document cover, with what stands around them, each text once."""
    by_document: dict[str, list[Hit]] = {}
    for hit in hits:
        by_document.setdefault(hit.document, []).append(hit)
    for path, found in by_document.items():
        document = read(path)
        for start, end, hit in _joined(found, len(document.text)):
            yield _Stretch(hit, document.text, lines_between(document, start, end))


def _joined(hits: Sequence[Hit], length: int) -> list[tuple[int, int, Hit]]:
    """Return where passages of one document and their surroundings lie, those that touch as one, with the best hit."""
    joined: list[tuple[int, int, Hit]] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        start, end, best = max(hit.start - AROUND, 0), min(hit.end + AROUND, length), hit
        if joined and start <= joined[-1][1]:
            start, before, other = joined.pop()
            end, best = max(before, end), min(other, hit, key=lambda one: one.rank)
        joined.append((start, end, best))
    return joined


def lines_between(document: Document, first: int, last: int) -> tuple[Span, ...]:
    """Return the whole lines between two places, without those that are hidden or give orders."""
    text = document.text[first:last]
    hidden = [(max(start - first, 0), end - first) for start, end in hidden_spans(document) if end > first]
    spans = sentences(blanked(text, [*hidden, *order_spans(text)]))
    whole = spans[first > 0 : None if last >= len(document.text) else -1]  # those at the ends may be cut off
    return tuple((first + start, first + end) for start, end in whole)


def _name(document: str) -> str:
    return single_spaced(stem(PurePath(document)))
