"""Measure what the search is made of: fusion, blending, depth and the size of passages, on test collections.

Run: python benchmarks/search.py COLLECTION... [--queries 100] [--passages 128 192 256] [--overlaps 0 48]

A COLLECTION is a folder in the BEIR layout. Printed are the means over the collections of nDCG@10 and recall@5.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from rag_app import config
from rag_app.evaluation.measures import mean, per_query
from rag_app.evaluation.questions import read_collection
from rag_app.evaluation.run import open_collection
from rag_app.searching import fusion
from rag_app.searching.early_stop import read_until_settled
from rag_app.searching.ranking import blended
from rag_app.searching.second_stage import Proposed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.evaluation.questions import Collection, Topic
    from rag_app.library import Library
    from rag_app.models.numbers import RerankerNumbers
    from rag_app.types import Scored

POOL = 50
SHARES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0)
BLENDS = (0.0, 0.1, 0.2, 0.35, 0.5, 1.0)
MARGINS = (0.0, 0.5, 1.0, 1.5, 2.0, 99.0)


@dataclass
class Observed:
    """All that the two stages say of one question."""

    topic: Topic
    dense: Sequence[Scored]
    keyword: Sequence[Scored]
    documents: dict[int, str]  # of each passage that either ranking has
    named: dict[int, float]
    texts: dict[int, str]
    logits: dict[int, float]
    numbers: RerankerNumbers


def observe(library: Library, topic: Topic) -> Observed:
    """Ask both indexes, and the cross-encoder about every passage that any share of the two would propose."""
    vector = library.embedder.embed_question(topic.text)
    dense, keyword = library.searcher.nearest(vector, 2 * POOL), library._store.keyword(topic.text, 2 * POOL)
    proposed = {passage for share in SHARES for passage, _ in fused(dense, keyword, share)}
    about = library.searcher.about(topic.text, None)
    passages = library._store.passages(sorted(proposed))
    texts = {p.id: Proposed(p.text, p.document, p.title, 1, 0.0).reading for p in passages}
    scores = library.loaded.reranker.score(topic.text, list(texts.values()))
    return Observed(
        topic,
        dense,
        keyword,
        {p.id: p.document for p in passages},
        {p.id: about.get(p.document, 0.0) for p in passages},
        texts,
        dict(zip(texts, map(float, scores), strict=True)),
        library.loaded.reranker.numbers,
    )


def fused(dense: Sequence[Scored], keyword: Sequence[Scored], share: float) -> list[Scored]:
    with patch.object(fusion, "DENSE", share):
        return fusion.fuse(dense, keyword)[:POOL]


def first_stage(seen: Observed, share: float) -> list[int]:
    return [passage for passage, _ in fused(seen.dense, seen.keyword, share)]


def second_stage(seen: Observed, share: float, numbers: RerankerNumbers) -> tuple[list[int], int]:
    """Return the passages as the default search orders them, and how many the cross-encoder read."""
    candidates = first_stage(seen, share)
    priors = [
        blended(numbers.named_document * seen.named[passage], rank, numbers.late_rank)
        for rank, passage in enumerate(candidates, 1)
    ]

    def relevance(rows: Sequence[int]) -> list[float]:
        return [seen.logits[candidates[row]] for row in rows]

    scores = read_until_settled(priors, relevance, 5, numbers.margin)
    read = sorted(scores, key=lambda row: (-scores[row], row))
    rest = [row for row in range(len(candidates)) if row not in scores]
    return [candidates[row] for row in (*read, *rest)], len(scores)


def quality(seen: Sequence[Observed], order: Callable[[Observed], Sequence[int]]) -> tuple[float, float]:
    """Return nDCG@10 and recall@5 of one collection."""
    rankings = {
        one.topic.id: list(dict.fromkeys(one.documents[passage].removesuffix("/_") for passage in order(one)))
        for one in seen
    }
    values = per_query({one.topic.id: one.topic.relevant for one in seen}, rankings)
    return mean(values["ndcg@10"]), mean(values["recall@5"])


def row(name: str, collections: Sequence[Sequence[Observed]], order: Callable[[Observed], Sequence[int]]) -> None:
    each = [quality(seen, order) for seen in collections]
    means = [sum(values) / len(each) for values in zip(*each, strict=True)]
    print(f"| {name} | " + " | ".join(f"{a:.3f}, {b:.3f}" for a, b in [*each, tuple(means)]) + " |", flush=True)


def table(title: str, names: Sequence[str]) -> None:
    print(f"\n| {title} | " + " | ".join([*names, "mean"]) + " |\n|" + "---|" * (len(names) + 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", type=Path, nargs="+")
    parser.add_argument("--queries", type=int, default=100, help="of each collection (default: %(default)s)")
    parser.add_argument("--passages", type=int, nargs="*", default=[], help="tokens; measures sizes, nothing else")
    parser.add_argument("--overlaps", type=int, nargs="*", default=[48], help="tokens (default: 48)")
    options = parser.parse_args()
    collections = [read_collection(folder, options.queries) for folder in options.collections]
    names = [collection.name for collection in collections]
    if options.passages:
        table("passage and overlap, in tokens", names)
        for size in options.passages:
            for overlap in options.overlaps:
                seen = [observed(one, passage_tokens=size, overlap_tokens=overlap) for one in collections]
                row(f"{size}, {overlap}", seen, default)
        return
    seen = [observed(collection) for collection in collections]
    table("first stage: share by meaning", names)
    for share in SHARES:
        row(f"{share}", seen, partial(first_stage, share=share))
    table("then the cross-encoder", names)
    for share in SHARES:
        row(f"{share}", seen, partial(default, share=share))
    table("logits for each doubling of the first-stage rank", names)
    for blend in BLENDS:
        row(f"{blend}", seen, partial(default, late_rank=blend))
    table("margin, in logits", names)
    for margin in MARGINS:
        depths = [second_stage(one, fusion.DENSE, replace(one.numbers, margin=margin))[1] for s in seen for one in s]
        name = f"{margin} (reads {sum(depths) / len(depths):.0f})"
        row(name, seen, partial(default, margin=margin))


def observed(collection: Collection, **changes: int) -> list[Observed]:
    settings = config.changed(config.load(), changes)
    with open_collection(collection, settings) as library:
        return [observe(library, topic) for topic in collection.topics]


def default(one: Observed, *, share: float = fusion.DENSE, **changes: Any) -> list[int]:
    """Return the passages as the default search orders them with other numbers."""
    return second_stage(one, share, replace(one.numbers, **changes))[0]


if __name__ == "__main__":
    main()
