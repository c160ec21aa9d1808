"""An answer in the document's own words: the run of lines that bears most on a question, each with its marker.

Lists, steps, explanations and the two sides of a comparison are not written but shown: a small generator drops points
of what stands there whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag_app.evidence.choose import Evidence
from rag_app.evidence.guard import harmless
from rag_app.evidence.windows import Size, apart
from rag_app.proof.quotes import cite, parenthesised
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ingest import Document
    from rag_app.evidence.windows import Span, Window
    from rag_app.types import AnswerKind, Citation, Hit


@dataclass(frozen=True, slots=True)
class Shape:
    """How an answer of a kind is laid out."""

    size: Size  # of a window
    count: int = 1  # windows
    by_line: bool = False  # each line on a line of its own


LONG = Size(16, 160)  # of what takes more than a few words
TALK = Size(12, 105)  # of what a question asks that leans on others; a conversation goes on
STATEMENT = 58  # words of a short answer and of what it is stated in
SHAPES: Mapping[AnswerKind, Shape] = {
    "list": Shape(LONG, by_line=True),
    "howto": Shape(LONG, by_line=True),
    "explanation": Shape(LONG),
    "yesno": Shape(Size(8, 75)),
    "comparison": Shape(Size(8, 48), count=2),
}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown, and where it stands."""

    text: str
    citations: tuple[Citation, ...]


def excerpt(found: Sequence[Window], shape: Shape, read: Callable[[str], Document]) -> Excerpt:
    """Return the best windows of a shape in the words of their documents; all of them are given, best first."""
    shown: list[str] = []
    citations: list[Citation] = []
    for window in apart(found, shape.count):
        document = read(window.hit.document)
        for spans in together(window.lines, document):
            marker = len(citations) + 1
            if said := _said(spans, document, marker, by_line=shape.by_line):
                citations.append(cited(marker, window.hit, spans, document))
                shown.append(said)
    return Excerpt(("\n" if shape.by_line or shape.count > 1 else " ").join(shown), tuple(citations))


def stated_in(found: Sequence[Window], citation: Citation) -> Window | None:
    """Return the best window that a quote stands in; None where none holds all of it."""
    for window in found:
        if window.hit.document == citation.document and window.start <= citation.start and citation.end <= window.end:
            return window
    return None


def on_one_page(window: Window, citation: Citation, document: Document) -> Window | None:
    """Return the lines of a window that follow each other on the page of a quote; None where none of them holds it."""
    for spans in together(window.lines, document):
        if spans[0][0] <= citation.start < spans[-1][1]:
            text = "\n".join(single_spaced(document.text[start:end]) for start, end in spans)
            return replace(window, lines=tuple(spans), text=text)
    return None


def together(lines: Iterable[Span], document: Document) -> Iterator[list[Span]]:
    """Yield the lines that follow each other on one page: they are one quote."""
    quote: list[Span] = []
    for span in lines:
        if quote and not _follows(quote[-1], span, document):
            yield quote
            quote = []
        quote.append(span)
    yield quote


def _follows(before: Span, span: Span, document: Document) -> bool:
    between = document.text[before[1] : span[0]]
    return not between.strip() and document.page_at(before[0]).number == document.page_at(span[0]).number


def cited(marker: int, hit: Hit, spans: Sequence[Span], document: Document) -> Citation:
    """Return the citation of lines that follow each other."""
    start, end = spans[0][0], spans[-1][1]
    piece = Evidence(hit, start, end, document.text[start:end], "", row=False, score=0.0, worth=0.0)
    return cite(marker, piece, document)


def _said(spans: Sequence[Span], document: Document, marker: int, *, by_line: bool) -> str:
    """Return lines with their marker; nothing where all of them is markup."""
    said = [parenthesised(harmless(single_spaced(document.text[start:end]))) for start, end in spans]
    lines = [line for line in said if line]
    if by_line or not lines:
        return "\n".join(f"{line} [{marker}]" for line in lines)
    return f"{' '.join(lines)} [{marker}]"
