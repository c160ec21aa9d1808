"""A summary of one document: a sentence of the generator's about the whole, and the central statement of each part.

The statements are the document's own: sentences that a small model writes about a part are wrong too often
(docs/decisions/0023).
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from rag_app.answering.listing import pieces_of
from rag_app.evidence.choose import without_orders
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import in_order, pattern
from rag_app.language.words import among
from rag_app.proof.figures import unsupported_numbers
from rag_app.proof.quotes import content_words, sentence_ends, stated, unsupported_words

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from ingest import Document
    from rag_app.evidence.choose import Evidence
    from rag_app.types import Vectors

PARTS = 8  # of a document, with a statement from each
STRETCHES = 200  # that are read, at even distances; forty cost a second
_ROOM = 2200  # characters of a stretch, about a page
_LEAST_ROOM = 300  # of one of a short document, about a paragraph
_WORDS = range(6, 41)  # of a statement that can be read alone, and quickly
_HELD = 0.5  # of an opening's words, that title and statements must hold; the others are general ("outlines", "rules")


def parts(document: Document, most: int = PARTS) -> tuple[list[list[Evidence]], int, int]:
    """Cut a document into parts of about the same length.

    What is hidden or gives orders is left out.

    Args:
        document: stretches at even distances are read of it, the whole if it is not too long.
        most: parts.

    Returns:
        The sentences and rows of each part, how many stretches they come from, and how many the document has.
    """
    found = _stretches(document, min(_ROOM, max(_LEAST_ROOM, len(document.text) // most)))
    count = len(found)
    if count > STRETCHES:
        found = [found[row * (count - 1) // (STRETCHES - 1)] for row in range(STRETCHES)]
    read, number = len(found), min(most, len(found))
    groups = [found[row * read // number : (row + 1) * read // number] for row in range(number)]
    joined = [without_orders(list(chain(*group)), document) for group in groups]
    return [part for part in joined if part], read, count


def _stretches(document: Document, room: int) -> list[list[Evidence]]:
    found: list[list[Evidence]] = []
    used = room
    for piece in pieces_of(document, 0, len(document.text)):
        if not any(map(str.isalnum, piece.text)):
            continue
        if used + len(piece.said) > room:
            found.append([])
            used = 0
        found[-1].append(piece)
        used += len(piece.said)
    return found


def central(part: Sequence[Evidence], embed: Callable[[Sequence[str]], Vectors]) -> Evidence:
    """Return the statement of a part that is nearest to the mean of all its statements.

    Args:
        part: at least one piece.
        embed: n texts to n vectors of unit length, the bi-encoder.
    """
    pieces = [piece for piece in part if _tells(piece)] or part
    vectors = embed([piece.whole for piece in pieces])
    return pieces[int((vectors @ vectors.mean(axis=0)).argmax())]


@cache
def _elsewhere() -> re.Pattern[str]:
    """Return the pattern of what opens an entry of a bibliography, or points to another place."""
    words = in_order(lambda language: language.answers.elsewhere)
    return pattern([r"\[\d+\]", *(rf"{word}\b" for word in words)], case=True)


def _tells(piece: Evidence) -> bool:
    """Tell whether a piece is a statement that can be read alone: no row, fragment, question or reference."""
    text = stated(piece)
    shaped = text.endswith((".", "!")) and "?" not in text and not text[0].islower() and not _elsewhere().match(text)
    return shaped and not piece.row and len(text.split()) in _WORDS


def opening(sentence: str, title: str, statements: Sequence[Evidence]) -> tuple[str, list[int]]:
    """Return a sentence about a document, and the places of the statements that carry it; an empty one if none do.

    They and the title have to hold its figures and names, and half of its words.

    Args:
        sentence: as the generator wrote it; the first counts.
        title: the document's.
        statements: what the generator read.
    """
    first = sentence[: next(iter(sentence_ends(sentence)), None)].strip()
    told, whole = [piece.said for piece in statements], [piece.whole for piece in statements]
    words, held_by = content_words(first) - STOP_WORDS, map(content_words, (title, *whole))
    known, *held = ({word for word in words if among(word, others)} for others in held_by)
    carried = set().union(*held)
    if not carried or len(carried | known) < _HELD * len(words):
        return "", []
    if unsupported_numbers(first, [title, *told]) or unsupported_words(first, [title, *whole]):
        return "", []
    used: list[int] = []
    while carried:
        used.append(max(range(len(held)), key=lambda row: len(held[row] & carried)))
        carried -= held[used[-1]]
    return first, sorted(used)
