"""Ask the questions of a test collection whose answers are known, beside the same model behind a plain prompt.

Run: python benchmarks/answers.py COLLECTION [--limit 300] [--plain 100] [--json FILE] [--show]

COLLECTION is a folder in the BEIR layout with `qa.jsonl`: {"id", "question", "answers", "passage_id"} a line. The
questions are taken at even distances. The plain prompt reads the same five passages, whole, on `--plain` of the
questions, and is asked for the number of the passage that it answers from.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import string
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from rag_app import Answer, Library, Passages, Token, config
from rag_app.console.progress import ingest_progress
from rag_app.evaluation.questions import path_of, read_collection
from rag_app.evaluation.run import open_collection
from rag_app.models.generator import Message, Usage
from rag_app.proof.quotes import markers, stands

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = (
    "Answer the question using only the passages. After the answer write the number of the passage that it stands in, "
    "such as [2]. If the passages do not hold the answer, say so."
)
PLAIN_TOKENS = 100
MARKER = re.compile(r"\s*\[\d+\]")


@dataclass(frozen=True)
class Outcome:
    """One question and what became of it."""

    question: str
    answers: list[str]
    answer: str  # without its markers
    status: str
    contains: bool
    f1: float
    cited: bool  # the right document
    retrieved: bool  # it was among the five passages
    first_token: float  # seconds since the passages were there
    verified: int = 0  # quotes
    false: int = 0  # quotes called verified that do not stand where they are said to
    dangling: int = 0  # markers without a citation


def words(text: str) -> list[str]:
    """Return the words of an answer as SQuAD's measure compares them: without articles, case and punctuation."""
    kept = "".join(c for c in text.casefold() if c not in string.punctuation)
    return [word for word in kept.split() if word not in {"a", "an", "the"}]


def contains(answer: str, gold: list[str]) -> bool:
    """Tell whether one of the right answers stands in the answer, word for word."""
    text = f" {' '.join(words(answer))} "
    return any(f" {' '.join(words(one))} " in text for one in gold)


def f1(answer: str, gold: list[str]) -> float:
    """Return the best token F1 with one of the right answers (Rajpurkar et al. 2016)."""
    return max(_f1(words(answer), words(one)) for one in gold)


def _f1(said: list[str], right: list[str]) -> float:
    shared = sum((Counter(said) & Counter(right)).values())
    return 2 * shared / (len(said) + len(right)) if shared else 0.0


def short(answer: Answer) -> str:
    """Return a short answer without the lines below it that state it."""
    return answer.answer.partition("\n")[0] if answer.kind == "short" else answer.answer


def shipped(library: Library, asked: dict[str, Any]) -> tuple[Outcome, Answer]:
    """Ask through the library."""
    begun = first = 0.0
    for event in library.stream(asked["question"]):
        if isinstance(event, Passages):
            begun = time.perf_counter()
        elif isinstance(event, Token) and not first:
            first = time.perf_counter() - begun
        elif isinstance(event, Answer):
            answer = event
    text, right = MARKER.sub("", short(answer)), path_of(asked["passage_id"])
    found = answer.status != "not_found"
    held = {citation.marker for citation in answer.citations}
    verified = [citation for citation in answer.citations if citation.verified]
    outcome = Outcome(
        asked["question"],
        asked["answers"],
        text,
        answer.status,
        found and contains(text, asked["answers"]),
        f1(text, asked["answers"]) if found else 0.0,
        any(citation.document == right for citation in answer.citations),
        any(hit.document == right for hit in answer.passages),
        first,
        len(verified),
        sum(not stands(citation, library.read(citation.document)) for citation in verified),
        sum(marker not in held for marker in markers(answer.answer)),
    )
    return outcome, answer


def plain(library: Library, asked: dict[str, Any], answer: Answer) -> Outcome:
    """Ask the same model about the same passages, as a tutorial does."""
    passages = "\n\n".join(f"[{hit.rank}] {hit.text}" for hit in answer.passages)
    messages = [Message("system", PLAIN), Message("user", f"{passages}\n\nQuestion: {asked['question']}")]
    begun, first, text = time.perf_counter(), 0.0, ""
    for piece in library.loaded.generator.stream(messages, Usage(), max_tokens=PLAIN_TOKENS):
        first = first or time.perf_counter() - begun
        text += piece
    cited = {hit.document for hit in answer.passages if hit.rank in markers(text)}
    said, right = MARKER.sub("", text), path_of(asked["passage_id"])
    return Outcome(
        asked["question"],
        asked["answers"],
        said,
        "answered",
        contains(said, asked["answers"]),
        f1(said, asked["answers"]),
        right in cited,
        answer.passages != () and any(hit.document == right for hit in answer.passages),
        first,
    )


def table(outcomes: list[Outcome]) -> dict[str, str]:
    """Return the figures by name."""
    right = [one for one in outcomes if one.contains]
    return {
        "questions": str(len(outcomes)),
        "right passage among the five": f"{mean(one.retrieved for one in outcomes):.3f}",
        "right answer contained": f"{mean(one.contains for one in outcomes):.3f}",
        "token F1": f"{mean(one.f1 for one in outcomes):.3f}",
        "right passage cited, of right answers": f"{mean(one.cited for one in right):.3f}" if right else "",
        "not_found": f"{mean(one.status == 'not_found' for one in outcomes):.3f}",
        "partial": f"{mean(one.status == 'partial' for one in outcomes):.3f}",
        "markers without a passage": str(sum(one.dangling for one in outcomes)),
        "quotes called verified": str(sum(one.verified for one in outcomes)),
        "of these not in the document": str(sum(one.false for one in outcomes)),
        "median seconds to the first token, after retrieval": f"{median(one.first_token for one in outcomes):.2f}",
    }


def chosen(collection: Path, limit: int) -> list[dict[str, Any]]:
    """Return `limit` questions with answers, at even distances."""
    lines = (collection / "qa.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [line for line in map(json.loads, lines) if line.get("answers") and line.get("passage_id")]
    return [asked[row * len(asked) // limit] for row in range(limit)] if limit < len(asked) else asked


def measure(
    library: Library, questions: list[dict[str, Any]], plain_questions: int, seen: Callable[[int], None]
) -> tuple[list[Outcome], list[Outcome]]:
    """Ask all questions, and every so many of them through the plain prompt too; Ctrl-C ends it early."""
    ours: list[Outcome] = []
    theirs: list[Outcome] = []
    every = max(len(questions) // plain_questions, 1) if plain_questions else 0
    with suppress(KeyboardInterrupt):
        for row, asked in enumerate(questions):
            outcome, answer = shipped(library, asked)
            ours.append(outcome)
            if every and row % every == 0 and len(theirs) < plain_questions:
                theirs.append(plain(library, asked, answer))
            seen(row + 1)
    return ours, theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--plain", type=int, default=100, help="questions that the plain prompt answers too")
    parser.add_argument("--json", type=Path, help="write every outcome here, one a line")
    parser.add_argument("--show", action="store_true", help="print the questions that went wrong")
    options = parser.parse_args()
    questions = chosen(options.collection, options.limit)
    begun = time.perf_counter()
    with ingest_progress(shown=True) as building:
        library = open_collection(read_collection(options.collection), config.load(), building)
    with library:
        library.ask("warm up")
        ours, theirs = measure(
            library,
            questions,
            options.plain,
            lambda n: print(f"\r{n}/{len(questions)}", end="", file=sys.stderr, flush=True),
        )
    print(file=sys.stderr)
    if options.json:
        lines = [json.dumps(asdict(one), ensure_ascii=False) for one in [*ours, *theirs]]
        options.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if options.show:
        for one in ours:
            if not one.contains:
                print(f"{one.question}\n   wanted {one.answers}\n   got {one.status}: {one.answer}")
    settings = library.settings
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    print(f"{settings.embedder}, {settings.reranker}, {settings.generator}; {time.perf_counter() - begun:.0f} s\n")
    left, right = table(ours), table(theirs) if theirs else {}
    print("| | rag-app | plain prompt |\n|---|---|---|")
    for name, value in left.items():
        print(f"| {name} | {value} | {right.get(name, '')} |")
    if theirs:
        both = {one.question for one in theirs}
        ratio = median(one.first_token for one in ours if one.question in both) / median(
            one.first_token for one in theirs
        )
        print(f"\nFirst token in {ratio:.2f} of the plain prompt's time, on the same questions.")


if __name__ == "__main__":
    main()
