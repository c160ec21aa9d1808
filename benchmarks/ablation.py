"""Measure what each constant of the search is worth: the ranking with it, and with a neutral value in its place.

Run: python benchmarks/ablation.py SET... [--queries 150] [--work FOLDER]

A SET is a folder in the BEIR layout, or `samples`, the questions about data/samples. Printed is for each constant the
change of nDCG@10, of each set and in the mean, with the interval of 95 %, and whether it is worth being kept. The
cross-encoder reads each pair once. With --work what is measured of a set is kept, and not measured again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from rag_app import config
from rag_app.evaluation.measures import interval, mean, per_query
from rag_app.evaluation.questions import page_topic, read_collection, read_questions
from rag_app.evaluation.run import open_collection
from rag_app.library import Library
from rag_app.searching import candidates, early_stop, fusion, near_duplicates
from rag_app.storage import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from rag_app.evaluation.questions import Topic
    from rag_app.models.shared_scores import SharedScores

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
K = 10  # passages, that nDCG@10 looks at
LEAST = 0.002  # of nDCG@10 in the mean


@dataclass(frozen=True)
class Neutral:
    """A constant, and the value that switches it off."""

    name: str
    value: Any
    module: object = None  # that holds it; None: it is one of the cross-encoder's numbers


NEUTRAL = (
    Neutral("late_rank", 0.0),
    Neutral("named_document", 0.0),
    Neutral("margin", inf),
    Neutral("gives_way", inf),
    Neutral("relevant", -inf),
    Neutral("FIRST", 1, early_stop),
    Neutral("STEP", 1, early_stop),
    Neutral("_SAME", 2.0, near_duplicates),
    Neutral("_DEEPER", 1, candidates),
    Neutral("DENSE", 1.0, fusion),
    Neutral("DENSE", 0.0, fusion),
    Neutral("_WEIGHTS", (1.0, 0.5), words),
    Neutral("_WEIGHTS", (0.5, 1.0), words),
    Neutral("_WEIGHTS", (1.0, 1.0), words),
    Neutral("_WEIGHTS", (0.0, 0.5), words),
    Neutral("_WEIGHTS", (0.5, 0.0), words),
)


def neutral(one: Neutral, scores: SharedScores) -> AbstractContextManager[Any]:
    """Return what searches without a constant inside its block."""
    if one.module is None:
        return patch.object(scores, "numbers", replace(scores.numbers, **{one.name: one.value}))
    return patch.object(one.module, one.name, one.value)


@contextmanager
def opened(name: str, queries: int) -> Iterator[tuple[Library, Sequence[Topic]]]:
    """Open the library of a set, with what is asked of it."""
    if name != "samples":
        collection = read_collection(Path(name), queries)
        with open_collection(collection, config.load()) as library:
            yield library, collection.topics
        return
    with tempfile.TemporaryDirectory() as folder, Library.open(folder) as library:
        library.ingest([SAMPLES])
        paths = {Path(document.path).name: document.path for document in library.documents()}
        found = [one for one in read_questions(SAMPLES / "questions.jsonl") if one.document][:queries]
        yield library, [page_topic(str(n), one, [paths[one.document]]) for n, one in enumerate(found)]


def quality(library: Library, topics: Sequence[Topic]) -> dict[str, float]:
    """Return nDCG@10 of each question."""
    rankings = {topic.id: topic.rank(library.search(topic.text, K)) for topic in topics}
    return per_query({topic.id: topic.relevant for topic in topics}, rankings)["ndcg@10"]


def changes_of(name: str, queries: int, work: Path | None) -> list[dict[str, float]]:
    """Return what `measured` does, or what it returned before."""
    file = work / f"{Path(name).name}-{queries}.json" if work else None
    if file and file.is_file():
        found: list[dict[str, float]] = json.loads(file.read_text(encoding="utf-8"))
        return found
    found = measured(name, queries)
    if file:
        file.write_text(json.dumps(found), encoding="utf-8")
    return found


def measured(name: str, queries: int) -> list[dict[str, float]]:
    """Return by how much the nDCG@10 of each question changes without each constant."""
    with opened(name, queries) as (library, topics), library.shared_scores() as scores:
        before = quality(library, topics)
        print(f"{name}: {len(topics)} questions, nDCG@10 {mean(before):.3f}", flush=True)
        changes = []
        for one in NEUTRAL:
            with neutral(one, scores):
                after = quality(library, topics)
            changes.append({query: after[query] - before[query] for query in before})
            print(f"  {one.name} = {one.value}: {mean(changes[-1]):+.4f}", flush=True)
        return changes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--queries", type=int, default=150, help="of each set (default: %(default)s)")
    parser.add_argument("--work", type=Path, help="a folder that is there")
    options = parser.parse_args()
    sets = [changes_of(name, options.queries, options.work) for name in options.sets]
    print("\n| without | " + " | ".join([*(Path(name).name for name in options.sets), "mean", "95 %", "kept"]) + " |")
    print("|---|" + "---|" * (len(sets) + 3))
    for one, *changes in zip(NEUTRAL, *sets, strict=True):
        together = {f"{n} {query}": value for n, change in enumerate(changes) for query, value in change.items()}
        low, high = interval(together)
        average = sum(map(mean, changes)) / len(changes)
        kept = "no" if low <= 0 <= high and abs(average) < LEAST else "yes"
        each = " | ".join(f"{mean(change):+.4f}" for change in changes)
        print(f"| `{one.name}` = {one.value} | {each} | {average:+.4f} | {low:+.4f} to {high:+.4f} | {kept} |")


if __name__ == "__main__":
    main()
