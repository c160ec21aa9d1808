"""Measure what each branch of the answer path is worth: the answers with it, and with it switched off.

Run: python benchmarks/ablate.py SET... --work FOLDER [--kinds KIND...] [--branches NAME...]

A SET is one as `realdocs.py` takes it. Printed are, for each branch and each set, how many answers are right with it
and how many without it, how many differ, and the same of those called `answered`. A branch that changes no set it was
not made with is to be deleted. In a first run it is noted to which questions each branch says something else than what
takes its place: only these are asked without it. Calls of the models are kept in the work folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from memo import remembering
from realdocs import add_options, ask, documents_of, load_scorer, place, questions_of, shipped

from rag_app import Library, config
from rag_app.answering.draft import FEW, Draft, ask_generator, examples_for
from rag_app.asking.kind import Asked as Wish
from rag_app.evidence.choose import choose
from rag_app.proof.carried import Carried
from rag_app.proof.quotes import is_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rag_app.answering.stages import Stages
    from rag_app.evidence.choose import Evidence


@dataclass(frozen=True)
class Branch:
    """Something that the answer path does, and what takes its place."""

    name: str
    where: str  # module and name
    instead: Callable[..., Any]


def _answer(_: str, answer: str, *__: str) -> str:
    return answer


def _written_once(question: str, evidence: Sequence[Evidence], stages: Stages) -> Draft:
    numbers = stages.numbers()
    if max(piece.score for piece in evidence) >= numbers.clearly_best:
        evidence = choose(evidence, FEW, out_of_reach=numbers.out_of_reach)
    text, certainty = ask_generator("answer_user", question, evidence, stages, examples_for(stages))
    return Draft(text, certainty >= stages.generator().numbers.believed or is_verdict(text))


BRANCHES = (
    Branch("kind of answer", "rag_app.answering.shaped.answer_kind", lambda *_: "short"),
    Branch("second wording", "rag_app.answering.proved.write", _written_once),
    Branch("lines after a short answer", "rag_app.answering.shaped.stated_in", lambda *_: None),
    Branch("sections left out", "rag_app.answering.shaped.trimmed", lambda window, *_: window),
    Branch("sides of a comparison", "rag_app.answering.shaped.compared", lambda *_: None),
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
    Branch("weak support", "rag_app.answering.proved.supports", lambda _q, _a, quotes, *_: [1.0] * len(quotes)),
)


class Ablation:
    """One set, whose questions are asked with all branches, and those that a branch bears on without it."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.rows = questions_of(folder, options.kinds)
        self.branches = [one for one in BRANCHES if not options.branches or one.name in options.branches]
        self.fired: dict[str, set[str]] = {branch.name: set() for branch in self.branches}  # ids of questions
        self._folder = folder
        self._options = options
        self._scorer = load_scorer(options.scorer or folder.parent / "score.py")
        self._asked = ""

    def with_all(self) -> dict[str, dict[str, Any]]:
        """Return the judged rows by their ids, and note on which each branch bears."""
        with ExitStack() as stack:
            for branch in self.branches:
                stack.enter_context(patch(branch.where, self._noting(branch)))
            return self._judged(self.rows)

    def without(self, branch: Branch) -> dict[str, dict[str, Any]]:
        """Return the judged rows, by their ids, on which a branch bears."""
        with patch(branch.where, branch.instead):
            return self._judged([row for row in self.rows if row["id"] in self.fired[branch.name]])

    def _noting(self, branch: Branch) -> Callable[..., Any]:
        real = _found(branch.where)

        def noted(*arguments: Any, **named: Any) -> Any:
            said = real(*arguments, **named)
            if said != branch.instead(*arguments, **named):
                self.fired[branch.name].add(self._asked)
            return said

        return noted

    def _judged(self, rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        models = remembering(config.load(), self._options.work / "calls.sqlite")
        file = self._options.work / f"{self._folder.resolve().name}.library"
        found = {}
        with Library.open(file, loaded=models) as library:
            library.sync(documents_of(self._folder), confirmed=True)
            for number, row in enumerate(rows, 1):
                self._asked = row["id"]
                [one] = ask(library, [row])
                answer = shipped(library, one) | {"passages": [place(hit) for hit in one.answer.passages]}
                found[row["id"]] = self._scorer.judge(row, answer) | {"answer": answer["answer"]}
                print(f"\r{self._folder.name}: {number}/{len(rows)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        return found


def _found(where: str) -> Callable[..., Any]:
    module, _, name = where.rpartition(".")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def told(name: str, before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> str:
    """Return a line of the table; `after` has the questions that a branch bears on."""
    rows = list((before | after).values())
    sure = [row for row in rows if row["answered"]]
    other = [one for one, row in after.items() if row["answer"] != before[one]["answer"]]
    won = sum(row["right"] and not before[one]["right"] for one, row in after.items())
    lost = sum(before[one]["right"] and not row["right"] for one, row in after.items())
    right = f"{sum(row['right'] for row in rows)} (+{won} −{lost})"
    return f"| {name} | {right} | {len(other)} of {len(after)} | {sum(row['right'] for row in sure)} of {len(sure)} |"


def report(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield the table of a set."""
    ablation = Ablation(folder, options)
    before = ablation.with_all()
    yield f"\n{folder.name}: {len(before)} questions"
    yield "| without | right | answers that differ, of those it bears on | right of `answered` |"
    yield "|---|---|---|---|"
    yield told("(nothing)", before, {})
    for branch in ablation.branches:
        yield told(branch.name, before, ablation.without(branch))


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
