"""Ask every question of data/samples/questions.jsonl with the default models and print how the answers fare.

Run: python benchmarks/samples.py [--questions FILE --documents FOLDER] [--kinds KIND...] [--json FILE] [--show]
[--memo FILE]

A question of another kind than fact names all points that its answer needs (points.py); it is asked after its
`history`, where it has one.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from memo import remembering
from points import LONGEST, is_right, kind_of

from rag_app import Answer, Library, Turn, config

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"


@dataclass(frozen=True)
class Outcome:
    """One question and what became of it."""

    question: dict[str, Any]
    answer: Answer

    @property
    def answerable(self) -> bool:
        return bool(self.question["answers"])

    @property
    def page_found(self) -> bool:
        return any(
            Path(hit.document).name == self.question["document"] and hit.page <= self.question["page"] <= hit.page_end
            for hit in self.answer.passages
        )

    @property
    def right(self) -> bool:
        return self.answer.status != "not_found" and is_right(self.question, self.answer.answer)

    @property
    def refused(self) -> bool:
        return self.answer.status == "not_found"

    @property
    def page_cited(self) -> bool:
        return any(
            Path(citation.document).name == self.question["document"] and citation.page == self.question["page"]
            for citation in self.answer.citations
        )

    @property
    def verified(self) -> bool:
        return all(citation.verified for citation in self.answer.citations)


def share(outcomes: list[Outcome], quality: str) -> float:
    """Return the share of outcomes that have the quality."""
    return sum(bool(getattr(outcome, quality)) for outcome in outcomes) / max(len(outcomes), 1)


def measure(questions: list[dict[str, Any]], documents: Path, library: Path, memo: Path | None = None) -> list[Outcome]:
    """Ingest the documents and ask the questions; calls of the generator that `memo` has cost nothing."""
    with Library.open(library, loaded=remembering(config.load(), memo) if memo else None) as opened:
        opened.ingest([documents])
        opened.ask("warm up")
        outcomes = []
        for n, question in enumerate(questions, 1):
            outcomes.append(Outcome(question, opened.ask(question["question"], history=turns_before(question))))
            print(f"\r{n}/{len(questions)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        return outcomes


def turns_before(question: dict[str, Any]) -> list[Turn]:
    """Return the conversation that a question goes on with."""
    turns = []
    for turn in question.get("history", ()):
        turns += [Turn("user", turn["question"]), Turn("assistant", turn["answer"])]
    return turns


def table(outcomes: list[Outcome]) -> dict[str, float]:
    """Return the figures by name."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.answerable]
    right = [outcome for outcome in answerable if outcome.right]
    return {
        "questions with an answer": len(answerable),
        "right page among the five passages": share(answerable, "page_found"),
        "right answer": share(answerable, "right"),
        "right page cited, of right answers": share(right, "page_cited"),
        "refused although answerable": share(answerable, "refused"),
        "questions without an answer": len(unanswerable),
        "not_found": share(unanswerable, "refused"),
        "verified quotes": share([o for o in outcomes if o.answer.citations], "verified"),
        "median seconds to the first word": median([o.answer.seconds.first_token for o in right] or [0.0]),
        "median seconds in all": median([o.answer.seconds.total for o in right] or [0.0]),
    }


def by_kind(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield a line for each kind of question that has an answer."""
    yield "| kind | questions | right page found | right | right page cited, of these | refused | median words |"
    yield "|---|---|---|---|---|---|---|"
    for kind in LONGEST:
        asked = [o for o in outcomes if o.answerable and kind_of(o.question) == kind]
        if asked:
            right = [o for o in asked if o.right]
            shares = (share(asked, "page_found"), share(asked, "right"), share(right, "page_cited"))
            words = median(len(o.answer.answer.split()) for o in asked)
            figures = " | ".join(f"{value:.2f}" for value in (*shares, share(asked, "refused")))
            yield f"| {kind} | {len(asked)} | {figures} | {words:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=SAMPLES / "questions.jsonl")
    parser.add_argument("--documents", type=Path, default=SAMPLES)
    parser.add_argument("--kinds", nargs="+", choices=LONGEST, default=[*LONGEST], help="only questions of these kinds")
    parser.add_argument("--json", type=Path, help="write every answer here, one a line")
    parser.add_argument("--memo", type=Path, help="keep what the generator writes here; seconds are not its own then")
    parser.add_argument("--show", action="store_true", help="print the questions that went wrong")
    options = parser.parse_args()
    lines = options.questions.read_text(encoding="utf-8").splitlines()
    questions = [question for question in map(json.loads, lines) if kind_of(question) in options.kinds]
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = measure(questions, options.documents, Path(folder) / "library", options.memo)
    if options.json:
        lines = [json.dumps({"asked": o.question, "answer": o.answer.as_json()}, ensure_ascii=False) for o in outcomes]
        options.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if options.show:
        show(outcomes)
    models = outcomes[0].answer.models
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    print(f"{models.embedder}, {models.reranker}, {models.generator}; {time.perf_counter() - begun:.0f} s\n")
    for name, value in table(outcomes).items():
        print(f"| {name} | {value:.2f} |" if isinstance(value, float) else f"| {name} | {value} |")
    print()
    print("\n".join(by_kind(outcomes)))


def show(outcomes: list[Outcome]) -> None:
    """Print what went wrong."""
    for o in outcomes:
        faults = Counter[str]()
        if o.answerable:
            faults.update(name for name in ("page_found", "right", "page_cited") if not getattr(o, name))
        elif o.answer.status != "not_found":
            faults["answered"] += 1
        if faults:
            print(f"{', '.join(faults)}: {o.question['question']}  ({o.question['document']} p. {o.question['page']})")
            print(f"   wanted {o.question.get('need', o.question['answers'])}")
            print(f"   got {o.answer.status}: {o.answer.answer}")
            for citation in o.answer.citations:
                print(f"   from {Path(citation.document).name} p. {citation.page}: {citation.quote[:200]!r}")
            print(f"   best {o.answer.passages[0].score:.2f}")


if __name__ == "__main__":
    main()
