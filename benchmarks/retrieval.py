"""Run the five forms of search on test collections and write the page that compares them.

Run: python benchmarks/retrieval.py COLLECTION... [--limit 150] [--output docs/retrieval.md]

A COLLECTION is a folder in the BEIR layout. Ends with status 1 where the default search is worse than one of its parts
by more than the 95 % interval of its own mean, or not better than the vectors alone on the mean over the collections.
"""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from rag_app import config
from rag_app.console.progress import counting, ingest_progress
from rag_app.evaluation.compare import SYSTEMS
from rag_app.evaluation.measures import interval, mean
from rag_app.evaluation.questions import read_collection
from rag_app.evaluation.run import open_collection, run_collection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.evaluation.compare import Evaluation

MEASURES = {"ndcg@10": "nDCG@10", "recall@5": "recall@5", "recall@50": "recall@50"}
WIDTH = 118
INTRODUCTION = """The five forms of search on public collections of questions with known documents, as `rag eval`
measures them: what the user gets, adaptive depth included. Bold is the best of a row; the last column is the 95 %
bootstrap interval of the default search."""
CLOSE = """Written by `benchmarks/retrieval.py`, which fails where the default search is worse than one of its parts by
more than that interval. The weights were chosen on questions of these same collections
([decision 16](decisions/0016-hybrid-search-by-measurement.md)); try others with `rag eval`."""
DEFAULT, DENSE = "hybrid+rerank", "dense"


def measure(folder: Path, limit: int) -> Evaluation:
    collection = read_collection(folder, limit)
    print(collection.name, file=sys.stderr)
    with ingest_progress(shown=True) as building:
        library = open_collection(collection, config.load(), building)
    with library, counting(shown=True) as asking:
        return run_collection(collection, library, asking=asking)


def value(evaluation: Evaluation, system: str, metric: str) -> float:
    return mean(next(one.values[metric] for one in evaluation.systems if one.name == system))


def bounds(evaluation: Evaluation, metric: str) -> tuple[float, float]:
    return interval(next(one.values[metric] for one in evaluation.systems if one.name == DEFAULT))


def table(evaluations: Sequence[Evaluation], metric: str) -> list[str]:
    lines = [f"| {MEASURES[metric]} | questions | " + " | ".join(SYSTEMS) + " | interval of the last |"]
    lines.append("|" + "---|" * (len(SYSTEMS) + 3))
    for one in evaluations:
        values = [value(one, system, metric) for system in SYSTEMS]
        shown = " | ".join(f"**{v:.3f}**" if v == max(values) else f"{v:.3f}" for v in values)
        questions = len(one.systems[0].values[metric])
        lines.append(
            f"| {one.dataset} | {questions} | {shown} | {' to '.join(f'{b:.3f}' for b in bounds(one, metric))} |"
        )
    means = [sum(value(one, system, metric) for one in evaluations) / len(evaluations) for system in SYSTEMS]
    lines.append("| mean | | " + " | ".join(f"{v:.3f}" for v in means) + " | |")
    return lines


def failures(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return where the default search is worse than it should be."""
    found = []
    for metric in ("ndcg@10", "recall@5"):
        for one in evaluations:
            best = max(SYSTEMS, key=lambda system: value(one, system, metric))
            if value(one, best, metric) > bounds(one, metric)[1]:
                found.append(f"{one.dataset}: {metric} of {best} is above the interval of {DEFAULT}.")
        means = {s: sum(value(one, s, metric) for one in evaluations) for s in (DEFAULT, DENSE)}
        if means[DEFAULT] <= means[DENSE]:
            found.append(f"{metric} of {DEFAULT} is not above that of {DENSE} on the mean.")
    return found


def wrapped(text: str) -> str:
    return fill(text, WIDTH, break_on_hyphens=False, break_long_words=False)


def page(evaluations: Sequence[Evaluation]) -> str:
    settings = config.load()
    seconds = [
        "| seconds a question | " + " | ".join(SYSTEMS) + " |",
        "|" + "---|" * (len(SYSTEMS) + 1),
        *(
            f"| {one.dataset} | " + " | ".join(f"{system.seconds_per_query:.2f}" for system in one.systems) + " |"
            for one in evaluations
        ),
    ]
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    parts = [
        "# Retrieval on test collections",
        wrapped(INTRODUCTION),
        *("\n".join(table(evaluations, metric)) for metric in MEASURES),
        "\n".join(seconds),
        wrapped(f"Bi-encoder `{settings.embedder}`, cross-encoder `{settings.reranker}`; {machine}. {CLOSE}"),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=150, help="questions of each (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="write the page here")
    options = parser.parse_args()
    evaluations = [measure(folder, options.limit) for folder in options.collections]
    text = page(evaluations)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    print(text)
    if problems := failures(evaluations):
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
