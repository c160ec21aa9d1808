"""What the generator reads: the sentences of the passages that bear most on the question, numbered.

Ten sentences chosen by the cross-encoder serve a small model better than five whole passages, and in under half the
time: it answers 0.80 instead of 0.50 of the questions of a set with similar paragraphs correctly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.types import Hit, Vectors

EVIDENCE = 10  # sentences shown to the generator
_HEADING = 70  # characters; a shorter line without an end mark is a heading or a table row
_END_MARKS = ".!?…:;。！？"


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or table row of a passage, in characters of the passage's text."""

    start: int
    end: int
    lead: str  # the heading or header row that it stands under; not part of the quote


@dataclass(frozen=True, slots=True)
class Evidence:
    """A numbered sentence, with the place it was taken from."""

    number: int  # 1-based, as shown to the generator
    hit: Hit  # the passage it belongs to
    start: int  # characters into the document text
    end: int
    text: str  # the document text at start:end
    lead: str
    score: float  # the cross-encoder's logit for question and sentence


def units(text: str) -> list[Unit]:
    """Cut a passage into the pieces that can be quoted; a heading becomes the lead of what follows it."""
    found: list[Unit] = []
    lead, block = "", False
    spans = sentences(text)
    for position, (start, end) in enumerate(spans):
        line = text[start:end]
        short = len(line) <= _HEADING and line[-1] not in _END_MARKS
        following = spans[position + 1] if position + 1 < len(spans) else None
        next_line = text[following[0] : following[1]] if following else ""
        next_short = bool(next_line) and len(next_line) <= _HEADING and next_line[-1] not in _END_MARKS
        if short and not block and following:
            lead, block = _flat(line), next_short  # a heading, or the header row of a table
            continue
        found.append(Unit(start, end, lead))
        block = block and short
    return found


def gather(
    question: str, hits: Sequence[Hit], score: Callable[[str, Sequence[str]], Vectors], n: int = EVIDENCE
) -> list[Evidence]:
    """Choose the `n` sentences of `hits` that score best, and number them in reading order.

    Args:
        score: the cross-encoder: question and texts to one logit each.
    """
    places: dict[tuple[str, int], tuple[Hit, Unit]] = {}
    for hit in hits:
        for unit in units(hit.text):
            places.setdefault((hit.document, hit.start + unit.start), (hit, unit))
    pieces = list(places.values())
    scores = score(question, [f"{unit.lead}\n{_flat(hit.text[unit.start : unit.end])}" for hit, unit in pieces])
    best = sorted(range(len(pieces)), key=lambda row: -float(scores[row]))[:n]
    order = sorted(best, key=lambda row: (pieces[row][0].rank, pieces[row][1].start))
    return [
        Evidence(
            number,
            hit,
            hit.start + unit.start,
            hit.start + unit.end,
            hit.text[unit.start : unit.end],
            unit.lead,
            float(scores[row]),
        )
        for number, row in enumerate(order, 1)
        for hit, unit in [pieces[row]]
    ]


def show(evidence: Sequence[Evidence]) -> str:
    """Write the numbered sentences for the prompt, under the name and page of their document."""
    lines = []
    for (document, page), group in groupby(evidence, key=lambda piece: (piece.hit.document, piece.hit.page)):
        lines.append(f"From {PurePath(document).stem}, page {page}:")
        lead = ""
        for piece in group:
            if piece.lead and piece.lead != lead:
                lines.append(piece.lead)
            lead = piece.lead
            lines.append(f"[{piece.number}] {_flat(piece.text)}")
    return "\n".join(lines)


def _flat(text: str) -> str:
    return " ".join(text.split())
