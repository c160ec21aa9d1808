"""A summary of one document: of each stretch the statement that the generator's sentence about it points to.

That sentence itself is not shown: a small model's are wrong too often (docs/decisions/0023).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag_app.citations import stated
from rag_app.context import without_orders
from rag_app.mentions import pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest import Document
    from rag_app.context import Evidence
    from rag_app.types import Vectors

STRETCHES = 8  # that are read of a document, at even distances; each costs some seconds
_ROOM = 2200  # characters of a stretch, some 550 tokens
_WORDS = 6  # of the shortest sentence that can be read alone
_REFERENCE = re.compile(r"\[\d+\]")  # opens an entry of a bibliography


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


def telling(sentence: str, stretch: Sequence[Evidence], score: Callable[[str, Sequence[str]], Vectors]) -> Evidence:
    """Return the statement of a stretch that comes nearest in meaning to a sentence about it.

    Args:
        sentence: as the generator wrote it.
        stretch: what it read.
        score: the cross-encoder.
    """
    pieces = [piece for piece in stretch if _tells(piece)] or stretch
    worth = score(sentence, [piece.whole for piece in pieces])
    return pieces[max(range(len(pieces)), key=worth.__getitem__)]


def _tells(piece: Evidence) -> bool:
    """Tell whether a piece is a statement that can be read alone: no table row, heading, question or reference."""
    text = stated(piece)
    shaped = text.endswith((".", "!")) and "?" not in text and not _REFERENCE.match(text)
    return shaped and not piece.row and len(text.split()) >= _WORDS
