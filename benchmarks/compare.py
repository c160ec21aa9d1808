"""Bi-encoder, cross-encoder, or one after the other: quality and seconds of each on a small test collection.

Writes docs/comparison.md and docs/comparison.svg. The cross-encoder over everything takes most of the time.

Run: python benchmarks/compare.py FOLDER [--limit 100] [--out docs]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import numpy as np
from tutorial_pipeline import machine_time, processor

from rag_app import config
from rag_app.evaluation.measures import METRICS, interval, per_query
from rag_app.evaluation.plot import Point, scatter
from rag_app.evaluation.questions import read_collection
from rag_app.evaluation.run import open_collection
from rag_app.storage.heading import heading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app import Library
    from rag_app.evaluation.questions import Topic
    from rag_app.models.reranker import Reranker
    from rag_app.types import Vectors

ROOT = Path(__file__).resolve().parent.parent
CANDIDATES = 50


@dataclass(frozen=True)
class Result:
    """One way to search, on all questions."""

    name: str
    values: dict[str, dict[str, float]]  # metric to question to value
    seconds: float  # a question, on the clock
    processor: float  # a question, of all cores together
    pairs: float  # that the cross-encoder reads for a question

    @property
    def bounds(self) -> tuple[float, float]:
        return interval(self.values["ndcg@10"])

    def figure(self, metric: str) -> float:
        return mean(self.values[metric].values())


class Scores:
    """The cross-encoder, each pair scored once; a repeated pair costs what it cost the first time."""

    def __init__(self, reranker: Reranker) -> None:
        self.name = reranker.name
        self.numbers = reranker.numbers
        self.saved = np.zeros(2)  # seconds on the clock, of the processor
        self.pairs = 0
        self._reranker = reranker
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        known = [self._known[question, text][1] for text in texts if (question, text) in self._known]
        self.saved = self.saved + sum(known, np.zeros(2))
        self.pairs += len(texts)
        new = [text for text in dict.fromkeys(texts) if (question, text) not in self._known]
        if new:
            begun = clocks()
            scores = self._reranker.score(question, new)
            cost = (clocks() - begun) / len(new)
            self._known |= {(question, text): (float(s), cost) for text, s in zip(new, scores, strict=True)}
        return np.array([self._known[question, text][0] for text in texts], np.float32)


def clocks() -> Any:
    return np.array([time.perf_counter(), time.process_time()])


def ways(library: Library, scores: Scores) -> dict[str, Callable[[Topic], list[str]]]:
    """Return each way to search, which ranks the documents for a topic."""
    passages, _ = library.passages_and_vectors()
    texts = [f"{heading(passage.document, passage.title)}\n{passage.text}" for passage in passages]

    def search(mode: Any, rerank: bool) -> Callable[[Topic], list[str]]:
        return lambda topic: topic.rank(
            library.search(topic.text, CANDIDATES, candidates=CANDIDATES, mode=mode, rerank=rerank)
        )

    def everything(topic: Topic) -> list[str]:
        order = np.argsort(-scores.score(topic.text, texts), kind="stable")
        return topic.rank([passages[place] for place in order])

    return {
        "keyword (BM25)": search("keyword", False),
        "bi-encoder": search("dense", False),
        "cross-encoder over everything": everything,
        "bi-encoder, then cross-encoder": search("dense", True),
        "hybrid, then cross-encoder": search("hybrid", True),
    }


def measure(library: Library, topics: Sequence[Topic]) -> list[Result]:
    """Ask all topics in every way; the models are warm."""
    library.search(topics[0].text)
    scores = Scores(library.loaded.reranker)
    library.loaded.use_reranker(scores)
    relevant, results = {topic.id: topic.relevant for topic in topics}, []
    for name, rank in ways(library, scores).items():
        begun, saved, pairs, rankings = clocks(), scores.saved, scores.pairs, {}
        for n, topic in enumerate(topics, 1):
            rankings[topic.id] = rank(topic)
            print(f"\r{name}: {n}/{len(topics)}  ", end="", file=sys.stderr, flush=True)
        seconds, used = (clocks() - begun + scores.saved - saved) / len(topics)
        print(file=sys.stderr)
        values = per_query(relevant, rankings)
        results.append(Result(name, values, seconds, used, (scores.pairs - pairs) / len(topics)))
    return results


def page(results: Sequence[Result], facts: dict[str, Any]) -> str:
    """Return the page, in words and figures."""
    rows = "\n".join(
        f"| {r.name} | {r.figure('ndcg@10'):.3f} [{r.bounds[0]:.3f}, {r.bounds[1]:.3f}] | "
        + " | ".join(f"{r.figure(metric):.3f}" for metric in METRICS[1:])
        + f" | {r.processor:.3f} | {r.seconds:.3f} | {r.pairs:.0f} |"
        for r in results
    )
    by_name = {result.name: result for result in results}
    full, two = by_name["cross-encoder over everything"], by_name["bi-encoder, then cross-encoder"]
    text = (ROOT / "benchmarks" / "comparison.txt").read_text(encoding="utf-8")
    values = facts | {
        "rows": rows,
        "full_pairs": f"{full.pairs:.0f}",
        "ratio": f"{full.processor / two.processor:.1f}",
        "full_seconds": f"{full.processor:.1f}",
        "million": f"{full.processor / full.pairs * 1e6 / 3600:.1f}",
    }
    return text.format_map(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="in the BEIR layout")
    parser.add_argument("--limit", type=int, default=100, help="questions")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    collection, settings = read_collection(options.folder, options.limit), config.load()
    begun, used, all_used = time.perf_counter(), time.process_time(), machine_time()
    with open_collection(collection, settings) as library:
        results = measure(library, collection.topics)
        passages = len(library.passages_and_vectors()[0])
    spent, others = time.perf_counter() - begun, None
    if all_used is not None and (now := machine_time()) is not None:
        others = max(now - all_used - (time.process_time() - used), 0.0) / spent / (os.cpu_count() or 1)
    facts = {
        "dataset": collection.name,
        "documents": f"{len(collection.documents):,}",
        "passages": f"{passages:,}",
        "questions": f"{len(collection.topics):,}",
        "embedder": settings.embedder,
        "reranker": settings.reranker,
        "candidates": CANDIDATES,
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "others": "an unknown share" if others is None else f"{others:.0%}",
    }
    points = [Point(r.name, r.processor, r.figure("ndcg@10"), *r.bounds) for r in results]
    title = f"{collection.name}: {len(collection.topics)} questions, {passages} passages"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "comparison.svg").write_text(
        scatter(points, title, "nDCG@10", "processor seconds per question"), encoding="utf-8"
    )
    text = page(results, facts)
    (options.out / "comparison.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
