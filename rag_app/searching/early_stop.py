"""How many candidates the cross-encoder reads: it stops once the best are settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


FIRST = 20  # candidates that are always read
STEP = 10  # that are read at a time after those


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
