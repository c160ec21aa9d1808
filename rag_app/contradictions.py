"""Two documents that answer one question differently: the same sentence with another figure or name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.citations import content_words, figures
from rag_app.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.context import Evidence

_CLOSE = 2.0  # logits that the other sentence may bear less on the question
_RELEVANT = 3.0  # logits that it must have at least
_SHARED = 0.7  # of the sentence's words without the answer, that the other has too
_OTHER = 2  # more words than the answer's, that the other has and the sentence lacks


def contradicted(answer: str, piece: Evidence, pieces: Sequence[Evidence]) -> Evidence | None:
    """Return the piece of another document that says what `piece` says, but for the answer; None where there is none.

    Both must bear on the question about equally, and share their words but for the answer's and what stands in its
    place. Rows of tables are left out: they differ in their first column.
    """
    said = _words(answer) & _words(piece.text)
    if not said or piece.row:
        return None
    rest = _words(piece.text) - said
    least = max(piece.score - _CLOSE, _RELEVANT)
    for other in sorted(pieces, key=lambda other: -other.score):
        if other.row or other.hit.document == piece.hit.document or other.score < least:
            continue
        words = _words(other.text)
        new = words - rest - said
        missing = said - words
        if (
            missing
            and new
            and len(rest & words) >= _SHARED * max(len(rest), 1)
            and len(new) <= len(said) + _OTHER
            and len(rest) >= _OTHER
            and _alike(missing, new)
        ):
            return other
    return None


def _alike(missing: set[str], new: set[str]) -> bool:
    """Tell whether what differs is of one kind: figures on both sides, or on neither."""
    return bool(figures(" ".join(missing))) == bool(figures(" ".join(new)))


def _words(text: str) -> set[str]:
    return content_words(text) - STOP_WORDS
