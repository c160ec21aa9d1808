"""Measures of rankings, and what chance alone could make of them; the measures themselves are those of trec_eval."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


METRICS = ("ndcg@10", "mrr@10", "recall@5", "recall@50")
SEED = 20090719
RESAMPLES = 1_000  # of the questions, for an interval
PERMUTATIONS = 10_000  # of the signs of differences, for a test
CONFIDENCE = 0.95
_BLOCK = 500  # permutations at a time, to bound the memory

PerQuery: TypeAlias = "dict[str, dict[str, float]]"
"""Metric to query id to value, 0 to 1."""


def per_query(relevant: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]]) -> PerQuery:
    """Score each ranking.

    Args:
        relevant: query id to the grade of each relevant document; at least one grade above 0.
        rankings: query id to documents, best first, each once; an empty ranking scores 0.
    """
    from pytrec_eval import RelevanceEvaluator

    def evaluated(measures: set[str], depth: int) -> dict[str, dict[str, float]]:
        # the order is given by scores that differ: trec_eval breaks ties in a way of its own
        runs = {
            query: {document: float(-rank) for rank, document in enumerate(ranking[:depth])}
            for query, ranking in rankings.items()
        }
        judged = {query: {key: int(grade) for key, grade in relevant[query].items()} for query in runs}
        found: dict[str, dict[str, float]] = RelevanceEvaluator(judged, measures).evaluate(runs)
        return found

    deep = max((len(ranking) for ranking in rankings.values()), default=0)
    whole = evaluated({"ndcg_cut.10", "recall.5,50"}, deep)
    first = evaluated({"recip_rank"}, 10)
    names = {"ndcg@10": "ndcg_cut_10", "mrr@10": "recip_rank", "recall@5": "recall_5", "recall@50": "recall_50"}
    scores = {query: whole.get(query, {}) | first.get(query, {}) for query in rankings}
    return {
        metric: {query: round(scores[query].get(names[metric], 0.0), 6) for query in sorted(rankings)}
        for metric in METRICS
    }


def mean(values: Mapping[str, float]) -> float:
    """Return the mean over the queries."""
    return sum(values.values()) / max(len(values), 1)


def interval(values: Mapping[str, float]) -> tuple[float, float]:
    """Return the bounds that hold the mean in 95 % of resamples of the queries (percentile bootstrap, fixed seed)."""
    import numpy as np

    sample = np.array([values[query] for query in sorted(values)])
    if not len(sample):
        return 0.0, 0.0
    means = np.random.default_rng(SEED).choice(sample, (RESAMPLES, len(sample))).mean(axis=1)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def chances(pairs: Sequence[tuple[Mapping[str, float], Mapping[str, float]]]) -> list[float]:
    """Return, for each pair of runs over the same queries, how often chance alone makes as large a difference: p.

    A paired permutation test: where nothing has changed, each query's differences could as well have the other sign,
    in all pairs at once. What counts is how often the largest standardised difference of all pairs is as large, in the
    same direction (Westfall and Young, 1993), so that many comparisons are no more often wrong together than one, and
    those that say the same are not counted twice.
    """
    import numpy as np

    if not pairs:
        return []
    queries = sorted(pairs[0][0])
    changes = np.array([[after[query] - before[query] for query in queries] for before, after in pairs]).T
    changes = changes[changes.any(axis=1)]
    size = np.sqrt((changes**2).sum(axis=0))
    standard = changes / np.where(size > 0, size, 1.0)
    reached = np.abs(standard.sum(axis=0)) - 1e-9
    random, extreme = np.random.default_rng(SEED), np.zeros(len(pairs))
    for _ in range(PERMUTATIONS // _BLOCK):
        signs = random.choice(np.array([-1.0, 1.0]), (_BLOCK, len(standard)))
        largest = (signs @ standard).max(axis=1)
        extreme += (largest[:, None] >= reached).sum(axis=0)
    found: list[float] = ((extreme + 1) / (PERMUTATIONS + 1)).tolist()
    return [1.0 if length == 0 else chance for chance, length in zip(found, size, strict=True)]
