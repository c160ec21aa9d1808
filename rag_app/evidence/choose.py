"""What the generator reads: the sentences of the passages that bear most on the question, as far as there is room.

Some 350 tokens chosen by the cross-encoder serve a small model better than five whole passages, and in a third of the
time. They are counted in characters, since that is exact enough and costs nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import CELL, stem
from prompts import render
from rag_app.evidence.changes import asks_change, changes
from rag_app.evidence.guard import blanked
from rag_app.evidence.injection import gives_orders, order_spans, shown_name
from rag_app.evidence.quotable import Unit, units
from rag_app.language.reading import sentences
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import roots
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ingest import Document
    from rag_app.models.numbers import RerankerNumbers
    from rag_app.types import Hit, Vectors

NEIGHBOUR = float("-inf")  # worth of a piece outside the passages: it is shown beside another, not on its own account
EVIDENCE = 1450  # characters shown to the generator, some 350 tokens
_JOINT = 16  # characters that each piece costs beside its own: line break, heading
_IN_CONTEXT = 2  # best pieces that are shown with the ones before and after: they often hold what a pronoun stands for
_WINDOW = 300  # characters before and after a passage, of which whole sentences may be neighbours of its best pieces
_NEAR = 700  # characters; a piece further away is no neighbour
_PASSAGE_WEIGHT = 0.25  # of the passage's score beside the sentence's own, in choosing sentences
_DIGIT = re.compile(r"\d")
_ROWS = 6  # of one table: its rows score alike under a header that fits the question


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence or table row, with the place it was taken from."""

    hit: Hit  # the passage it belongs to
    start: int  # characters into the document text
    end: int
    text: str  # the document text at start:end
    lead: str
    row: bool
    score: float  # the cross-encoder's logit for question and sentence
    worth: float  # the same with shares of the passage's score and of its document's name: by this pieces are chosen
    named: str = ""  # a row with the names of its columns, where they are known

    @property
    def said(self) -> str:
        """What the models read of it, on one line."""
        return self.named or single_spaced(self.text)

    @property
    def whole(self) -> str:
        """The same after what it stands under."""
        return f"{self.lead} {self.said}"


def gather(
    question: str,
    hits: Sequence[Hit],
    score: Callable[[str, Sequence[str]], Vectors],
    read: Callable[[str], Document],
    named: Mapping[str, float],
    numbers: RerankerNumbers,
) -> list[Evidence]:
    """Cut `hits` into pieces and score each; pieces of overlapping passages come once.

    Text that its page hides, and text that gives orders to whatever answers, is no evidence.

    Args:
        score: the cross-encoder: question and texts to one logit each.
        read: gives the document of a path.
        named: how much the question names a document, 0 to 1; none for those it does not.
        numbers: of the cross-encoder.

    Returns:
        The pieces in reading order, document by document, that of the best hit first; none where the hits hold none.
    """
    places: dict[tuple[str, int], tuple[Hit, Unit, str]] = {}
    stated = [(hit, *_stated(hit, read(hit.document))) for hit in hits]
    for hit, first, text in stated:
        _place(places, hit, hit.start, text[hit.start - first :][: len(hit.text)], read)
    own = len(places)
    if not own:
        return []
    for hit, first, text in stated:
        for start, end in _margins(hit, read(hit.document).text):
            _place(places, hit, start, text[start - first : end - first], read)
    scores = score(question, [_reading(hit, unit, said) for hit, unit, said in places.values()])
    level, wanted = not asks_change(question), roots(question, STOP_WORDS)
    called = [_share(wanted, said) if unit.row else 0.0 for _, unit, said in places.values()]
    most: defaultdict[tuple[str, str], float] = defaultdict(
        float
    )  # of what is wanted, that a row of the table is called
    for share, (hit, unit, _) in zip(called, places.values(), strict=True):
        most[hit.document, unit.lead] = max(most[hit.document, unit.lead], share)
    pieces = [
        Evidence(
            hit,
            unit.start,
            unit.end,
            said,
            unit.lead,
            unit.row,
            float(value),
            float(value)
            + _PASSAGE_WEIGHT * hit.score
            + numbers.named_sentence * named.get(hit.document, 0.0)
            - numbers.only_a_change * (level and changes(single_spaced(said)))
            - numbers.another_row * (unit.row and most[hit.document, unit.lead] - called[number])
            if number < own
            else NEIGHBOUR,
            unit.named,
        )
        for number, (value, (hit, unit, said)) in enumerate(zip(scores, places.values(), strict=True))
    ]
    documents = list(dict.fromkeys(hit.document for hit in hits))
    return sorted(pieces, key=lambda piece: (documents.index(piece.hit.document), piece.start))


def _label(row: str) -> str:
    """Return what a row is called: its first cell, or the words before its first figure."""
    return row.split(CELL)[0] if CELL in row else _DIGIT.split(row)[0]


def _share(wanted: frozenset[str], row: str) -> float:
    """Return how much of what is wanted a row is called, 0 to 1."""
    return len(wanted & roots(_label(row), STOP_WORDS)) / len(wanted) if wanted else 0.0


def _place(
    places: dict[tuple[str, int], tuple[Hit, Unit, str]],
    hit: Hit,
    start: int,
    text: str,
    read: Callable[[str], Document],
) -> None:
    """Add the pieces of `text`, which stands at `start`, that begin where none does yet and stand under no orders."""
    for unit in units(text, seen(read(hit.document)), start) if CELL in text else units(text):
        if _under_orders(unit):
            continue
        placed = replace(unit, start=start + unit.start, end=start + unit.end)
        places.setdefault((hit.document, placed.start), (hit, placed, text[unit.start : unit.end]))


def _stated(hit: Hit, document: Document) -> tuple[int, str]:
    """Return where the text around a passage begins, and that text with line breaks for what is hidden or an order."""
    before = document.text[max(hit.start - _WINDOW, 0) : hit.start]
    first = hit.start - len(before)
    text = before + hit.text + document.text[hit.end : hit.end + _WINDOW]
    hidden = [(max(start - first, 0), end - first) for start, end in hidden_spans(document) if end > first]
    return first, blanked(text, [*hidden, *order_spans(text)])


def seen(document: Document) -> str:
    """Return a document's text with line breaks in place of what its pages hide."""
    return blanked(document.text, hidden_spans(document))


def hidden_spans(document: Document) -> list[tuple[int, int]]:
    """Return the spans of a document's text that its pages hide."""
    return [
        (offset + start, offset + end)
        for offset, page in zip(document.starts, document.pages, strict=True)
        for start, end in page.hidden
    ]


def without_orders(pieces: Sequence[Evidence], document: Document) -> list[Evidence]:
    """Return those of `pieces`, all of one stretch of a document, that neither give orders nor stand under any."""
    if not pieces:
        return []
    first = pieces[0].start
    spans = order_spans(document.text[first : pieces[-1].end])
    return [
        piece
        for piece in pieces
        if not any(piece.start < first + end and first + start < piece.end for start, end in spans)
        and not _under_orders(piece)
    ]


def with_heading(piece: Evidence, document: Document) -> Evidence:
    """Return a sentence together with what it stands under, where that is close before it.

    Nothing that the page hides and no order may stand in between: it would be quoted too.
    """
    text, first = document.text, max(piece.start - _WINDOW, 0)
    start = text.rfind(piece.lead.split(" | ")[0], first, piece.start) if piece.lead else -1
    if piece.row or start < 0:
        return piece
    wider = replace(piece, start=start, text=text[start : piece.end], lead="")
    hidden = any(begin < piece.start and start < end for begin, end in hidden_spans(document))
    return piece if hidden or not without_orders([wider], document) else wider


def _under_orders(piece: Unit | Evidence) -> bool:
    """Tell whether the heading or header row of a piece gives orders."""
    return any(gives_orders(text) for text in (piece.lead, piece.named) if text)


def _margins(hit: Hit, whole: str) -> list[tuple[int, int]]:
    """Return the spans of the whole sentences and rows that stand close before and after a passage."""
    first, last = max(hit.start - _WINDOW, 0), hit.end + _WINDOW
    before = sentences(whole[first : hit.start])[first > 0 :]  # the first may be cut off
    after = sentences(whole[hit.end : last])[: None if last >= len(whole) else -1]
    spans = [(first + before[0][0], first + before[-1][1])] if before else []
    return [*spans, (hit.end + after[0][0], hit.end + after[-1][1])] if after else spans


def choose(pieces: Sequence[Evidence], room: int = EVIDENCE, *, out_of_reach: float) -> list[Evidence]:
    """Return the best of `pieces` that fit into `room` characters, in their order; the best two with neighbours.

    A piece worth `out_of_reach` less than the best is left out: to read it takes time and helps no answer.
    """
    chosen: set[int] = set()
    taken, used = Counter[tuple[str, str]](), 0
    most = max((piece.worth for piece in pieces), default=0.0)
    for nth, best in enumerate(sorted(range(len(pieces)), key=lambda row: -pieces[row].worth)):
        piece = pieces[best]
        if piece.worth == NEIGHBOUR or (chosen and piece.worth < most - out_of_reach):
            break
        taken[piece.hit.document, piece.lead] += piece.row
        if taken[piece.hit.document, piece.lead] > _ROWS:
            continue
        for row in [best, *(_neighbours(pieces, best) if nth < _IN_CONTEXT else ())]:
            cost = len(pieces[row].said) + _JOINT
            if row not in chosen and (used + cost <= room or not chosen):
                chosen.add(row)
                used += cost
    return [pieces[row] for row in sorted(chosen)]


def around(pieces: Sequence[Evidence], centre: Evidence) -> list[Evidence]:
    """Return a sentence with the pieces before and after, in the order of `pieces`; a row alone."""
    row = pieces.index(centre)
    rows = [row, *(() if centre.row else _neighbours(pieces, row))]
    return [pieces[row] for row in sorted(rows)]


def _neighbours(pieces: Sequence[Evidence], row: int) -> list[int]:
    """Return the rows just before and after in the same document."""
    piece = pieces[row]
    return [
        other
        for other in (row - 1, row + 1)
        if 0 <= other < len(pieces)
        and pieces[other].hit.document == piece.hit.document
        and abs(pieces[other].start - piece.start) < _NEAR
    ]


def show(evidence: Sequence[Evidence]) -> str:
    """Write the pieces for the prompt, a line each, under the name and page of their document and their headings."""
    lines = []
    rows = Counter((piece.hit.document, piece.lead) for piece in evidence if piece.row)
    for (document, page), group in groupby(evidence, key=lambda piece: (piece.hit.document, piece.hit.page)):
        lines.append(render("source", document=shown_name(_name(document)), page=str(page)))
        lead = ""
        for piece in group:
            text = piece.said
            if piece.row and piece.lead and rows[piece.hit.document, piece.lead] == 1:
                text = f"{piece.lead}: {text}"
            elif piece.lead and piece.lead != lead:
                lines.append(piece.lead)
            lead = piece.lead
            lines.append(text)
    return "\n".join(lines)


def _reading(hit: Hit, unit: Unit, said: str) -> str:
    """Return what the cross-encoder reads of a piece: the name of its document, what it stands under, and itself."""
    return f"{_name(hit.document)}: {unit.lead} {unit.named or single_spaced(said)}"


def _name(document: str) -> str:
    return single_spaced(stem(PurePath(document)))
