"""Which of the best passages are kept: of near duplicates one, and not too many of one document."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from rag_app.language.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.numbers import RerankerNumbers

    _Said: TypeAlias = tuple[frozenset[str], frozenset[tuple[str, ...]]]  # the figures and the shingles of a text

_COMPARED = 4  # times as many rows as are wanted are compared with each other
_SHINGLE = 3  # words
_SAME = 0.85  # share of the shorter passage's shingles that the longer one has


def keep(
    scores: Sequence[float],
    texts: Sequence[str],
    documents: Sequence[str],
    k: int,
    per_document: int,
    numbers: RerankerNumbers,
) -> list[int]:
    """Choose `k` of the rows, which come best first.

    A row is passed over that says the same as a better one; where too few are left, such rows come back in their order.
    A row that is one too many of its document gives way to the best of another document that is relevant, too, unless
    that scores more than `gives_way` less.

    Args:
        scores: of the rows, falling.
        texts: of the passages.
        documents: which document each is from.
        k: how many are wanted.
        per_document: most of one document.
        numbers: of the cross-encoder that gave the scores.

    Returns:
        The rows that are kept, rising; fewer than k where there are fewer.
    """
    different, same = _different(texts, k)
    kept: list[int] = []
    left = [*different, *sorted(same)]
    taken: Counter[str] = Counter()
    while left and len(kept) < k:
        best = left[0]
        if taken[documents[best]] >= per_document:
            others = (row for row in left if taken[documents[row]] < per_document and row not in same)
            other = next(others, best)
            best = other if scores[other] >= max(scores[best] - numbers.gives_way, numbers.relevant) else best
        left.remove(best)
        kept.append(best)
        taken[documents[best]] += 1
    return sorted(kept)


def _different(texts: Sequence[str], k: int) -> tuple[list[int], set[int]]:
    """Return the rows that say something new, and the others; only as many are compared as may be wanted."""
    said: list[_Said] = []
    different: list[int] = []
    same: set[int] = set()
    for row, text in enumerate(texts):
        mine = _shingles(text) if len(said) < k * _COMPARED else None
        if mine and any(_same(mine, other) for other in said):
            same.add(row)
            continue
        different.append(row)
        if mine:
            said.append(mine)
    return different, same


def _shingles(text: str) -> _Said:
    said = words(text)
    figures = frozenset(word for word in said if any(map(str.isdigit, word)))
    size = min(_SHINGLE, len(said))
    return figures, frozenset(tuple(said[at : at + size]) for at in range(len(said) - size + 1))


def _same(mine: _Said, other: _Said) -> bool:
    """Tell whether nearly all of the shorter text is in the other, with the same figures."""
    (figures, shingles), (their_figures, theirs) = sorted((mine, other), key=lambda one: len(one[1]))
    # Reports of two years say the same in the same words: the figures are what differs.
    return bool(shingles) and figures <= their_figures and len(shingles & theirs) >= _SAME * len(shingles)
