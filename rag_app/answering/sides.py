"""A comparison side by side: what the documents say of each side, and what comes out of both.

Each side is looked up by itself, in the lines that name it: the lines that bear most on a question about two things are
often of one of them only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import CELL, stem
from rag_app.answering.comparison import side_by_side
from rag_app.answering.excerpt import Excerpt, Shape, excerpt
from rag_app.answering.verdict import Line, verdict
from rag_app.asking.sides import sides_of
from rag_app.evidence.windows import Size, ranked, runs
from rag_app.language.reading import row_at
from rag_app.proof.amounts import amounts
from rag_app.proof.quotes import parenthesised, unmarked
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest import Document
    from rag_app.answering.stages import Stages
    from rag_app.asking.sides import Side, Sides
    from rag_app.evidence.windows import Window
    from rag_app.types import Citation, Hit

_WORDS = 100  # of the whole answer
_FIGURES = 12  # words of two figures with their units, and of the signs between them
_LINES = 7  # of a window; one begins at every line


@dataclass(frozen=True, slots=True)
class Compared:
    """An answer with both sides of a comparison."""

    text: str
    citations: tuple[Citation, ...]
    window: Window  # what is shown, with the score of the side that is less well answered


@dataclass(frozen=True, slots=True)
class _Told:
    """A side and the window that tells most of it."""

    side: Side
    best: Window


def compared(question: str, hits: Sequence[Hit], stages: Stages) -> Compared | None:
    """Return what is found of both sides of a comparison; None where they are not clear, or one is nowhere named.

    Args:
        question: as it is asked.
        hits: the passages that were found for it.
        stages: what answering needs.
    """
    sides = sides_of(question, stages.generator())
    if sides is None or (told := _told(sides, hits, stages)) is None:
        return None
    shown = _shown(told, stages.read)
    if shown is None:
        return None
    first = _line(told[0], sides.second, shown.citations, stages)
    second = _line(told[1], sides.first, shown.citations, stages)
    said = verdict(question, first, second, stages.generator()) if first and second else ""
    text = f"{said}\n{shown.text}" if said else shown.text
    less = min(told, key=lambda part: part.best.score)
    return Compared(text, shown.citations, replace(less.best, text=unmarked(text)))


def _shown(told: tuple[_Told, _Told], read: Callable[[str], Document]) -> Excerpt | None:
    """Return the lines of each side after its name, or once those that tell of both; None where all is markup."""
    parts = [excerpt([part.best], Shape(Size(_LINES, _WORDS)), read) for part in told]
    if not all(part.text for part in parts):
        return None
    if told[0].best == told[1].best:
        return parts[0]
    names = [parenthesised(part.side.name) for part in told]
    return Excerpt(
        *side_by_side([(name, "answered", part.text, part.citations) for name, part in zip(names, parts, strict=True)])
    )


def _told(sides: Sides, hits: Sequence[Hit], stages: Stages) -> tuple[_Told, _Told] | None:
    """Return the windows of both sides: the best two that share no line, or one that names both."""
    names = len(f"{sides.first.name} {sides.second.name}".split())
    size = Size(_LINES, (_WORDS - _FIGURES - 2 * names) // 2)
    first = _windows(sides.first, sides.second, hits, size, stages)
    second = _windows(sides.second, sides.first, hits, size, stages)
    if not first or not second:
        return None
    one, other = first[0], second[0]
    if one.overlaps(other):
        if sides.second.named_in(one.text) and sides.first.named_in(one.text):
            other = one
        elif rest := [window for window in second if not window.overlaps(one)]:
            other = rest[0]
        else:
            return None
    return _Told(sides.first, one), _Told(sides.second, other)


def _windows(side: Side, other: Side, hits: Sequence[Hit], size: Size, stages: Stages) -> list[Window]:
    """Return the windows that name a side, best first: of these passages, or else of those of its own search."""
    found = _naming(side, other, hits, size, stages)
    found = found or _naming(side, other, stages.find(side.question)[0], size, stages)
    return ranked(side.question, found, stages.score) if found else []


def _naming(side: Side, other: Side, hits: Sequence[Hit], size: Size, stages: Stages) -> list[Window]:
    """Return the windows of some passages that name a side, each once, without lines about the other."""
    called = {hit.document: _is_called(stages.read(hit.document), side, other) for hit in hits}
    parts = (_of_side(run, side, other, called=called[run.hit.document]) for run in runs(hits, size, stages.read))
    return list(dict.fromkeys(part for part in parts if part and part.words <= size.words))


def _is_called(document: Document, side: Side, other: Side) -> bool:
    """Tell whether the name or title of a document names a side, and not the other."""
    name = f"{stem(PurePath(document.path))} {document.title}"
    return side.named_in(name) and not other.named_in(name)


def _of_side(run: Window, side: Side, other: Side, *, called: bool) -> Window | None:
    """Return the lines of a run from the first that names a side to the next that names the other alone.

    The first line is one where the document is `called` as the side.
    """
    texts = run.text.split("\n")
    named = [side.named_in(text) for text in texts]
    alone = [not mine and other.named_in(text) for mine, text in zip(named, texts, strict=True)]
    first = alone.index(False) if called and not all(alone) else named.index(True) if any(named) else -1
    if first < 0:
        return None
    last = alone.index(True, first) if any(alone[first:]) else len(texts)
    return replace(run, lines=run.lines[first:last], text="\n".join(texts[first:last]))


def _line(told: _Told, other: Side, citations: Sequence[Citation], stages: Stages) -> Line | None:
    """Return the line of a window that says most of its side: one that names it and has an amount, or the whole.

    In a document that is called as the side any line may be the one. None where it is not quoted.
    """
    window, side = told.best, told.side
    document = stages.read(window.hit.document)
    texts = window.text.split("\n")
    told_of = [row for row, text in enumerate(texts) if amounts(text)]
    own = [row for row in told_of if side.named_in(texts[row])]
    if not own and _is_called(document, side, other):
        own = told_of
    best = _best(side, texts, own, stages) if own else 0
    start, end = window.lines[best]
    quoted = [one.marker for one in citations if one.document == document.path and one.start <= start < one.end]
    if not quoted:
        return None
    if not own:
        return Line(side, single_spaced(window.text), row=False, marker=quoted[0])
    row = CELL in document.text[start:end]
    return Line(side, row_at(document.text, start).text if row else texts[best], row=row, marker=quoted[0])


def _best(side: Side, texts: Sequence[str], rows: Sequence[int], stages: Stages) -> int:
    scores = stages.score(side.question, [texts[row] for row in rows])
    return max(zip(scores, rows, strict=True), key=lambda pair: (float(pair[0]), -pair[1]))[1]
