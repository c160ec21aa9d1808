"""Measure what each branch of the answer path is worth: the answers with it, and with it switched off.

Run: python benchmarks/ablate.py SET... --work FOLDER [--kinds KIND...] [--branches NAME...]

A SET is one as `realdocs.py` takes it. Printed are, for each branch and each set, how many answers are right with it
and how many without it, how many differ, and the same of those called `answered`. A branch that changes no set it was
not made with is to be deleted. Calls of the models are kept in the work folder, so that a branch that asks them nothing
new takes a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from memo import remembering
from realdocs import add_options, ask, documents_of, load_scorer, place, questions_of, shipped

from rag_app import Library, config
from rag_app.asking.kind import Asked as Wish
from rag_app.proof.carried import Carried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Branch:
    """Something that the answer path does, and what takes its place."""

    name: str
    where: str  # module and name
    instead: Callable[..., Any]


def _answer(_: str, answer: str, *__: str) -> str:
    return answer


BRANCHES = (
    Branch("kind of answer", "rag_app.answering.shaped.answer_kind", lambda *_: "short"),
    Branch("lines after a short answer", "rag_app.answering.shaped.stated_in", lambda *_: None),
    Branch("sections left out", "rag_app.answering.shaped.trimmed", lambda window, *_: window),
    Branch("sides of a comparison", "rag_app.answering.shaped.compared", lambda *_: None),
    Branch("second reading of figures", "rag_app.answering.proved._doubtful", lambda *_: False),
    Branch("row that is called so", "rag_app.answering.proved.row_called", lambda _q, piece, _p: piece),
    Branch("sentences of changes", "rag_app.evidence.choose.changes", lambda _: False),
    Branch(
        "unbroken stretch",
        "rag_app.answering.proved._carried",
        lambda draft, _q, piece, _s: (piece, Carried(draft, True)),
    ),
    Branch("headings of a document", "rag_app.answering.shaped.headings", lambda *_: None),
    Branch("section by the generator", "rag_app.answering.shaped.section", lambda *_: None),
    Branch("section by rule", "rag_app.answering.answer.section_by_rule", lambda *_: None),
    Branch("greetings and the library by rule", "rag_app.answering.answer.told", lambda *_: None),
    Branch("facts of the library", "rag_app.answering.shaped.program_fact", lambda *_: None),
    Branch("kinds by rule", "rag_app.answering.answer.kind_of", lambda *_: Wish("fact")),
    Branch("edition of a series", "rag_app.answering.answer.asks_edition", lambda *_: False),
    Branch("stretch of the evidence", "rag_app.answering.proved.snap", lambda answer, _: answer),
    Branch("column of a time", "rag_app.answering.proved.in_column", _answer),
    Branch("scale of a table", "rag_app.answering.proved.scale", lambda *_: ""),
    Branch("names that no document has", "rag_app.answering.proved.foreign", lambda *_: False),
    Branch("answers in words of the question", "rag_app.answering.proved.empty", lambda *_: False),
    Branch("fact instead of a verdict", "rag_app.answering.proved.is_verdict", lambda *_: False),
    Branch("figures that stand nowhere", "rag_app.answering.proved.made_up_figures", lambda *_: False),
    Branch("rivals in other documents", "rag_app.answering.proved.rivals", lambda *_: []),
    Branch("documents about the question", "rag_app.answering.proved.about_question", lambda *_: set()),
    Branch("swap of a follow-up by rule", "rag_app.asking.followup.swapped", lambda *_: None),
    Branch("weak support", "rag_app.answering.proved.supports", lambda _q, _a, quotes, *_: [1.0] * len(quotes)),
)


def judged(folder: Path, options: argparse.Namespace, branch: Branch | None) -> list[dict[str, Any]]:
    """Return the rows of a set as they are judged without a branch; None: with all."""
    scorer = load_scorer(options.scorer or folder.parent / "score.py")
    rows = questions_of(folder, options.kinds)
    models = remembering(config.load(), options.work / "calls.sqlite")
    found = []
    with ExitStack() as stack:
        library = stack.enter_context(Library.open(options.work / f"{folder.resolve().name}.library", loaded=models))
        library.sync(documents_of(folder), confirmed=True)
        if branch:
            stack.enter_context(patch(branch.where, branch.instead))
        for number, one in enumerate(ask(library, rows), 1):
            answer = shipped(library, one) | {"passages": [place(hit) for hit in one.answer.passages]}
            found.append(scorer.judge(one.row, answer) | {"answer": answer["answer"]})
            print(f"\r{folder.name}: {number}/{len(rows)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def told(name: str, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> str:
    """Return a line of the table."""
    other = sum(one["answer"] != two["answer"] for one, two in zip(before, after, strict=True))
    parts = [f"| {name} | {sum(row['right'] for row in after)} | {other} |"]
    sure = [row for row in after if row["answered"]]
    parts.append(f" {sum(row['right'] for row in sure)} of {len(sure)} |")
    return "".join(parts)


def report(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield the table of a set."""
    before = judged(folder, options, None)
    yield f"\n{folder.name}: {len(before)} questions"
    yield "| without | right | answers that differ | right of `answered` |"
    yield "|---|---|---|---|"
    yield told("(nothing)", before, before)
    for branch in BRANCHES:
        if not options.branches or branch.name in options.branches:
            yield told(branch.name, before, judged(folder, options, branch))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--branches", nargs="+", default=[], help="only these, by name")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    print(json.dumps({"models": [config.load().embedder, config.load().reranker, config.load().generator]}))
    for folder in options.sets:
        for line in report(folder, options):
            print(line, flush=True)


if __name__ == "__main__":
    main()
