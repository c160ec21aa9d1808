"""Which candidates become the result: how many the cross-encoder reads, and which of the best are kept.

Pure functions over scores and texts, in logits of the cross-encoder.
"""

from __future__ import annotations

from collections import Counter
from math import log, log2
from typing import TYPE_CHECKING, TypeAlias

from rag_app.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.models.numbers import RerankerNumbers

    _Said: TypeAlias = tuple[frozenset[str], frozenset[tuple[str, ...]]]  # the figures and the shingles of a text

FIRST = 20  # candidates that are always read
STEP = 10  # that are read at a time after those

_COMPARED = 4  # times as many rows as are wanted are compared with each other
_SHINGLE = 3  # words
_SAME = 0.85  # share of the shorter passage's shingles that the longer one has


def blended(relevance: float, retrieval_rank: int, late_rank: float) -> float:
    """Return the score that orders passages: the cross-encoder's logit, less a little for a late first-stage rank."""
    return relevance - late_rank * log2(retrieval_rank)


def exactness(codes: Sequence[str], texts: Sequence[str]) -> list[float]:
    """Return how much of what a question means to the letter each text holds, 0 to 1.

    A code counts the more the fewer of the texts have it, on a scale where one that all have says nothing.

    Args:
        codes: sequences of words, as `keywords.codes` gives them.
        texts: the candidates, at least two for any of them to stand out.
    """
    total = [0.0] * len(texts)
    said = [f" {' '.join(words(text))} " for text in texts] if codes else []
    for code in codes:
        holding = [row for row, text in enumerate(said) if f" {code} " in text]
        for row in holding:
            total[row] += log(len(texts) / len(holding)) / log(len(texts)) / len(codes) if len(texts) > 1 else 0.0
    return total


def read_until_settled(
    priors: Sequence[float],
    read: Callable[[Sequence[int]], Sequence[float]],
    k: int,
    margin: float,
    *,
    adaptive: bool = True,
) -> dict[int, float]:
    """Read candidates, the likeliest first, until the best `k` are not likely to change.

    They are taken for settled when the k-th best score is above what the rest could reach if none of them were more
    than `margin` more relevant than the best of those read last. The first stage orders candidates well enough that
    relevance falls along them, so later ones seldom are; docs/decisions/0016 has the figures.

    Args:
        priors: what each candidate's score has beside its relevance.
        read: the cross-encoder: rows to their relevance.
        k: how many are wanted.
        margin: in the cross-encoder's logits.
        adaptive: else all are read.

    Returns:
        The score of each row that was read.
    """
    order = sorted(range(len(priors)), key=lambda row: -priors[row])
    scores: dict[int, float] = {}
    while len(scores) < len(order):
        rows = order[len(scores) :][: (STEP if scores else max(FIRST, k)) if adaptive else None]
        relevance = [float(value) for value in read(rows)]
        scores |= {row: value + priors[row] for row, value in zip(rows, relevance, strict=True)}
        rest = order[len(scores) :]
        last = max(relevance[-STEP:])
        if rest and len(scores) >= k and sorted(scores.values())[-k] > last + margin + priors[rest[0]]:
            break
    return scores


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
