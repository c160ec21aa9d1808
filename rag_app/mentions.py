"""Which documents mention something: found in the keyword index over all passages, each with a sentence as proof."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.citations import cite
from rag_app.context import Evidence, seen, units
from rag_app.keywords import language_of, stems, words
from rag_app.types import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest import Document
    from rag_app.types import Citation

_ENDINGS = frozenset(["", "s", "es", "y", "ies", "e", "n", "en", "er", "ern", "em", "x"])
SHOWN = 20  # documents that a list names; all are counted


@dataclass(frozen=True, slots=True)
class Mention:
    """A passage that may mention it."""

    document: str
    start: int  # characters into the document text
    end: int


def prove(topic: str, passages: Iterable[Mention], read: Callable[[str], Document]) -> list[tuple[Evidence, int]]:
    """Return the first sentence of each document that mentions `topic`, and how many of its sentences do.

    A sentence mentions it where it, or the heading it stands under, holds its words side by side, as they are or with
    another ending. Documents come in the order of how often they do, those that do equally often by path.
    """
    spans: dict[str, list[Mention]] = defaultdict(list)
    for passage in passages:
        spans[passage.document].append(passage)
    found: list[tuple[Evidence, int]] = []
    for path, places in spans.items():
        document = read(path)
        language = language_of(document.text)
        pieces: dict[int, Evidence] = {}
        for place in sorted(places, key=lambda place: place.start):
            for piece in pieces_of(document, place.start, place.end):
                if _holds(piece.whole, topic, language):
                    pieces.setdefault(piece.start, piece)
        if pieces:
            found.append((pieces[min(pieces)], len(pieces)))
    return sorted(found, key=lambda entry: (-entry[1], entry[0].hit.document))


def pieces_of(document: Document, start: int, end: int) -> list[Evidence]:
    """Return the sentences and rows of a stretch of a document, but for hidden ones, as evidence without a score."""
    whole = seen(document)
    text = whole[start:end]
    page = document.page_at(start)
    hit = Hit(
        rank=1,
        document=document.path,
        page=page.number,
        page_end=document.page_at(max(start, end - 1)).number,
        page_label=page.label,
        start=start,
        end=end,
        text=document.text[start:end],
        score=0.0,
        retrieval_rank=1,
        retrieval_score=0.0,
    )
    return [
        Evidence(
            hit,
            start + unit.start,
            start + unit.end,
            text[unit.start : unit.end],
            unit.lead,
            unit.row,
            0.0,
            0.0,
            unit.named,
        )
        for unit in units(text, whole, start)
    ]


def listing(
    topic: str, found: Sequence[tuple[Evidence, int]], read: Callable[[str], Document], *, german: bool = False
) -> tuple[str, list[Citation]]:
    """Write the answer: how many documents, and the first of them with a quote each."""
    citations = [cite(row, piece, read(piece.hit.document)) for row, (piece, _) in enumerate(found[:SHOWN], 1)]
    count = len(found)
    if german:
        head = f"1 Dokument erwähnt „{topic}“" if count == 1 else f"{count} Dokumente erwähnen „{topic}“"
        more = f"\n… und {count - SHOWN} weitere"
    else:
        head = f"1 document mentions “{topic}”" if count == 1 else f"{count} documents mention “{topic}”"
        more = f"\n… and {count - SHOWN} more"
    lines = [
        f"- {PurePath(citation.document).name} [{citation.marker}]"
        + (f" ({times} ×)" if (times := found[row][1]) > 1 else "")
        for row, citation in enumerate(citations)
    ]
    return "\n".join([f"{head}:", *lines]) + (more if count > SHOWN else ""), citations


def _holds(text: str, topic: str, language: str) -> bool:
    """Tell whether the words of `topic` stand in `text` side by side, as they are or with another ending of a noun."""
    said, wanted = words(text), words(topic)
    return any(
        all(_same(*pair, language) for pair in zip(said[row:], wanted, strict=False))
        for row in range(len(said) - len(wanted) + 1)
    )


@lru_cache(100_000)
def _same(word: str, other: str, language: str) -> bool:
    """Tell whether two words are one in singular and plural, or in two cases: "park" and "parking" are not."""
    if word == other:
        return True
    if stems(word, language) != stems(other, language):
        return False
    shared = 0
    while shared < min(len(word), len(other)) and word[shared] == other[shared]:
        shared += 1
    return {word[shared:], other[shared:]} <= _ENDINGS
