"""Ask every question of data/samples/questions.jsonl with the default models and print how the answers fare.

Run: python benchmarks/samples.py [--questions FILE --documents FOLDER] [--json FILE] [--show] [--memo FILE]
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
from typing import Any

from memo import remembering

from rag_app import Answer, Library, config

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
        text = flat(self.answer.answer)
        return self.answer.status != "not_found" and any(flat(answer) in text for answer in self.question["answers"])

    @property
    def page_cited(self) -> bool:
        return any(
            Path(citation.document).name == self.question["document"] and citation.page == self.question["page"]
            for citation in self.answer.citations
        )

    @property
    def verified(self) -> bool:
        return all(citation.verified for citation in self.answer.citations)


def flat(text: str) -> str:
    """Lower-case and normalise white space, as answers are compared."""
    return " ".join(text.casefold().split())


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
            outcomes.append(Outcome(question, opened.ask(question["question"])))
            print(f"\r{n}/{len(questions)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        return outcomes


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
        "refused although answerable": sum(o.answer.status == "not_found" for o in answerable) / len(answerable),
        "questions without an answer": len(unanswerable),
        "not_found": sum(o.answer.status == "not_found" for o in unanswerable) / max(len(unanswerable), 1),
        "verified quotes": share([o for o in outcomes if o.answer.citations], "verified"),
        "median seconds to the first word": median(o.answer.seconds.first_token for o in right),
        "median seconds in all": median(o.answer.seconds.total for o in right),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=SAMPLES / "questions.jsonl")
    parser.add_argument("--documents", type=Path, default=SAMPLES)
    parser.add_argument("--json", type=Path, help="write every answer here, one a line")
    parser.add_argument("--memo", type=Path, help="keep what the generator writes here; seconds are not its own then")
    parser.add_argument("--show", action="store_true", help="print the questions that went wrong")
    options = parser.parse_args()
    questions = [json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines()]
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
            print(f"   wanted {o.question['answers']}\n   got {o.answer.status}: {o.answer.answer}")
            for citation in o.answer.citations:
                print(f"   from {Path(citation.document).name} p. {citation.page}: {citation.quote[:200]!r}")
            print(f"   best {o.answer.passages[0].score:.2f}")


if __name__ == "__main__":
    main()
