"""Fit how likely an answer is right to answers whose outcome is known, and print what that tells apart.

Run: python benchmarks/confidence.py SET... --work FOLDER [--kinds KIND...] [--write FILE]

A SET is one as `realdocs.py` takes it. Each question is asked once, with the calls of the models kept in the work
folder, and what is seen of its answer is noted beside whether the scorer finds it right. Printed are the AUC of each
signal alone and of all together, and for each bound how many answers are above it and how many of these are right;
always for weights that were fitted without the documents of the question. --write keeps the weights of all; what was
seen is kept in the work folder (`signals.jsonl`).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from memo import remembering
from realdocs import add_options, ask, documents_of, load_scorer, place, questions_of, shipped

from rag_app import Library, config
from rag_app.answering import shaped
from rag_app.proof.calibration import Logistic, auc, fit
from rag_app.proof.confidence import signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.proof.confidence import Signals

PARTS = 10  # of the documents, each judged by weights of the others
PULL = 10.0  # examples that a weight of 0 counts for


@dataclass(frozen=True)
class Judged:
    """What was seen of an answer, and whether it was right."""

    folder: str
    document: str
    kind: str  # of the answer
    asked: str  # kind of the question, as the set names it
    seen: Signals
    right: bool
    confidence: float
    question: str  # as it stands alone
    source: str  # name of the document that the answer cites first
    answer: str


def collect(folder: Path, scorer: Any, work: Path, kinds: Sequence[str]) -> Iterator[Judged]:
    """Ask the questions of a set; those that are refused have no answer to judge."""
    found: list[Signals] = []

    def noted(*arguments: Any) -> Signals:
        found.append(signals(*arguments))
        return found[-1]

    rows = questions_of(folder, kinds)
    models = remembering(config.load(), work / "calls.sqlite")
    with (
        patch.object(shaped, "signals", noted),
        Library.open(work / f"{folder.resolve().name}.library", loaded=models) as library,
    ):
        library.sync(documents_of(folder), confirmed=True)
        for row in rows:
            found.clear()
            [one] = ask(library, [row])
            if not found or one.answer.confidence is None:
                continue
            answer = shipped(library, one) | {"passages": [place(hit) for hit in one.answer.passages]}
            verdict = scorer.judge(row, answer)
            right = bool(verdict["right"]) and not verdict["answered_none"]
            yield Judged(
                folder.name,
                row["document"] or row["id"],
                one.answer.kind,
                row["kind"],
                found[-1],
                right,
                one.answer.confidence,
                one.answer.standalone_question,
                Path([*(c.document for c in one.answer.citations), *(p.document for p in one.answer.passages)][0]).name,
                one.answer.answer,
            )


def fitted(rows: Sequence[Judged]) -> Logistic:
    """Return the weights of the signals, each drawn to 0."""
    seen = [row.seen.as_json() for row in rows]
    return fit(seen, [row.right for row in rows], Logistic(0.0, dict.fromkeys(seen[0], 0.0)), PULL, even=False)


def held_out(rows: Sequence[Judged]) -> list[float]:
    """Return the probability of each answer by weights of other documents."""
    documents = sorted({row.document for row in rows})
    part = {document: number % PARTS for number, document in enumerate(documents)}
    models = [fitted([row for row in rows if part[row.document] != left]) for left in range(PARTS)]
    return [models[part[row.document]].probability(row.seen.as_json()) for row in rows]


def report(rows: Sequence[Judged], likely: Sequence[float]) -> Iterator[str]:
    """Yield what the signals tell apart."""
    labels = [row.right for row in rows]
    yield f"{len(rows)} answers, {sum(labels)} right; AUC of all together {auc(likely, labels):.2f}"
    for name in rows[0].seen.as_json():
        yield f"  {name}: {auc([getattr(row.seen, name) for row in rows], labels):.2f}"
    yield "| bound | answers above it | of these right |"
    yield "|---|---|---|"
    for bound in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        above = [row.right for row, value in zip(rows, likely, strict=True) if value >= bound]
        yield f"| {bound} | {len(above)} | {sum(above) / max(len(above), 1):.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--write", type=Path, help="write the weights fitted to all answers here")
    options = parser.parse_args()
    rows: list[Judged] = []
    for folder in options.sets:
        rows += collect(folder, load_scorer(options.scorer or folder.parent / "score.py"), options.work, options.kinds)
    kept = [asdict(row) | {"seen": row.seen.as_json()} for row in rows]
    (options.work / "signals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    likely = held_out(rows)
    for name in dict.fromkeys(row.folder for row in rows):
        chosen = [(row, value) for row, value in zip(rows, likely, strict=True) if row.folder == name]
        print(f"\n{name}: " + "\n".join(report(*map(list, zip(*chosen, strict=True)))))
    print("\nall: " + "\n".join(report(rows, likely)))
    if options.write:
        write(options.write, rows)


def write(file: Path, rows: Sequence[Judged]) -> None:
    """Put the weights fitted to all answers into a file that has the rest."""
    model = fitted(rows)
    weights = {name: round(weight, 4) for name, weight in model.weights.items()}
    value = json.loads(file.read_text(encoding="utf-8"))
    value["model"] = Logistic(round(model.bias, 4), weights).as_json()
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
