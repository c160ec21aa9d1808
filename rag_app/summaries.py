"""A summary of one document: a sentence for each stretch of it, tied to what the stretch says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.citations import content_words, proof_of, stated, unsupported_figures, unsupported_words
from rag_app.context import without_orders
from rag_app.mentions import pieces_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Document
    from rag_app.context import Evidence

STRETCHES = 8  # that are read of a document, at even distances; each costs some seconds
_ROOM = 2200  # characters of a stretch, some 550 tokens
_HELD = 0.4  # of a sentence's words, that the evidence must hold


def stretches(document: Document, most: int = STRETCHES) -> tuple[list[list[Evidence]], int]:
    """Cut a document into stretches of whole sentences and rows; return those that are read, and how many there are.

    What is hidden or gives orders is left out.

    Args:
        document: the whole of it is cut.
        most: stretches that are read, at least 2.
    """
    pieces = [piece for piece in pieces_of(document, 0, len(document.text)) if any(map(str.isalnum, piece.text))]
    found: list[list[Evidence]] = []
    used = _ROOM
    for piece in pieces:
        if used + len(piece.said) > _ROOM:
            found.append([])
            used = 0
        found[-1].append(piece)
        used += len(piece.said)
    count = len(found)
    if count > most:
        found = [found[row * (count - 1) // (most - 1)] for row in range(most)]
    read = [without_orders(stretch, document) for stretch in found]
    return [stretch for stretch in read if stretch], count


def proved(sentence: str, stretch: Sequence[Evidence]) -> tuple[str, Evidence]:
    """Return a sentence and the piece of its stretch that it rests on; what none carries is replaced by its own words.

    The piece has to hold two fifths of the sentence's words; the stretch has to hold all its figures and names.
    """
    piece = proof_of(sentence, "", stretch)
    said = content_words(sentence)
    held = len(said & content_words(piece.whole)) / max(len(said), 1)
    sources = [other.whole for other in stretch]
    if not said or held < _HELD or unsupported_figures(sentence, [piece.said]) or unsupported_words(sentence, sources):
        return stated(piece), piece
    return sentence, piece
