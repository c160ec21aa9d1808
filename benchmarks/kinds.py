"""Ask for lists, comparisons and summaries, plant contradictions, and count what comes back right.

Run: python benchmarks/kinds.py [--parts wording words questions contradictions] [--quiet COLLECTION ...]

`kinds_wording.jsonl` has questions in many wordings, {"question", "kind", "set"}: is the kind told? The
rules were made with both sets in view; what they told of the second unseen stands in decision 23. Every question
of the `--collections` is about a fact. `words` lists words of the samples drawn by lot, and compares the documents with
those whose text has the word.

`kinds.jsonl` has questions about data/samples: {"question", "kind"} and, of a list, every document that it must name;
of a comparison, a text that the answer for each document must hold. Contradictions are planted in pairs of letters
that differ in one figure. `--quiet` asks a collection's questions, none of which may be answered with a contradiction.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_app import Library
from rag_app.asking.kind import kind_of
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import words
from rag_app.types import StoredDocument

if TYPE_CHECKING:
    from rag_app import Answer

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
LETTERS = [
    ("The deposit for the {} is {} euros.", "How high is the deposit for the {}?", 250, 300),
    ("The {} is open for {} hours a day.", "For how many hours a day is the {} open?", 8, 10),
    ("The lease of the {} ends on {} June 2027.", "When does the lease of the {} end?", 14, 30),
    ("The {} has room for {} people.", "For how many people has the {} room?", 40, 55),
]
PARTS = ["wording", "words", "questions", "contradictions"]
PLACES = ["boat house", "reading room", "kiln shed"]


def names(answer: Answer) -> set[str]:
    return {Path(citation.document).name for citation in answer.citations}


def proved(library: Library, answer: Answer) -> tuple[int, int]:
    """Return how many citations stand, and how many there are."""
    return sum(library.stands(citation) for citation in answer.citations), len(answer.citations)


def tell_kinds(lines: list[dict[str, str]], collections: list[Path]) -> dict[str, str]:
    """Tell the kinds of questions in many wordings, and of those of collections, which are all about facts."""
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library") as library:
        library.ingest([SAMPLES])
        documents = library.documents()
    told, counts = Counter[str](), Counter[str]()
    for line in lines:
        asked = "another kind" if line["kind"] != "fact" else "a fact"
        key = f"{line['set']}: questions of {asked} told"
        right = kind_of(line["question"], lambda: documents).kind == line["kind"]
        told[key], counts[key] = told[key] + right, counts[key] + 1
        if not right:
            print(f"{line['set']}: {line['kind']}: {line['question']}", file=sys.stderr)
    figures = {key: f"{told[key]} of {counts[key]}" for key in counts}
    false = asked_of = 0
    for folder_of in collections:
        kinds = kinds_told(folder_of)
        false, asked_of = false + sum(kind != "fact" for kind in kinds), asked_of + len(kinds)
    return figures | {"questions of collections taken for another kind": f"{false} of {asked_of}"}


def kinds_told(folder: Path) -> list[str]:
    """Return the kind of each question of a collection, as it is told."""
    collection = [json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()]
    titled = [StoredDocument(one["_id"], one.get("title", ""), "", 1, 0.0, 1, 1, 1, 0.0, ()) for one in collection]
    kinds: list[str] = []
    for line in (folder / "queries.jsonl").read_text("utf-8").splitlines():
        question = json.loads(line)["text"]
        kinds.append(kind_of(question, lambda: titled).kind)
        if kinds[-1] != "fact":
            print(f"{folder.name}: {kinds[-1]}: {question}", file=sys.stderr)
    return kinds


def ask_words(count: int) -> dict[str, str]:
    """List single words of the samples, and look whether every document that has one is named."""
    held = found = listed = 0
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library") as library:
        library.ingest([SAMPLES])
        texts = {document.path: set(words(library.read(document.path).text)) for document in library.documents()}
        every = sorted({word for text in texts.values() for word in text if word.isalpha() and len(word) > 3})
        chosen = random.Random(1).sample([word for word in every if word not in STOP_WORDS], count)
        for word in chosen:
            gold = {path for path, text in texts.items() if word in text}
            named = {citation.document for citation in library.ask(f"Which documents mention {word}?").citations}
            held, found, listed = held + len(gold), found + len(gold & named), listed + len(named)
            if gold - named:
                print(f"{word}: {sorted(gold - named)}", file=sys.stderr)
    return {f"documents with one of {count} words that are listed": f"{found} of {held}, and {listed - found} by forms"}


def ask_kinds(questions: list[dict[str, Any]]) -> dict[str, str]:
    """Ask the questions of the file about the samples."""
    listed = wanted = right = 0
    sides = sides_right = quotes = stand = summaries = 0
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library") as library:
        library.ingest([SAMPLES])
        library.ask("warm up")
        for row, asked in enumerate(questions, 1):
            answer = library.ask(asked["question"])
            print(f"\r{row}/{len(questions)}", end="", file=sys.stderr, flush=True)
            good, count = proved(library, answer)
            stand, quotes = stand + good, quotes + count
            if asked["kind"] == "list":
                found, gold = names(answer), set(asked["documents"])
                listed, wanted, right = listed + len(found), wanted + len(gold), right + len(found & gold)
                if found != gold:
                    print(f"\n{asked['question']} {sorted(found ^ gold)}", file=sys.stderr)
            elif asked["kind"] == "comparison":
                lines = answer.answer.splitlines()
                hits = [text.casefold() in line.casefold() for text, line in zip(asked["sides"], lines, strict=False)]
                sides, sides_right = sides + 2, sides_right + sum(hits)
                if sum(hits) < 2:
                    print(f"\n{asked['question']} {answer.answer}", file=sys.stderr)
            else:
                summaries += 1
                seconds += answer.seconds.total
                print(f"\n{asked['question']} {answer.answer}", file=sys.stderr)
    return {
        "documents listed that mention it (precision)": f"{right / max(listed, 1):.2f} of {listed}",
        "documents that mention it listed (recall)": f"{right / max(wanted, 1):.2f} of {wanted}",
        "sides of comparisons right": f"{sides_right} of {sides}",
        "summaries": str(summaries),
        "mean seconds of a summary": f"{seconds / max(summaries, 1):.0f}",
        "citations that stand": f"{stand} of {quotes}",
    }


def ask_contradictions(count: int) -> dict[str, str]:
    """Plant letters that differ in one figure, and beside each such pair one that agrees; ask about both."""
    cases = [(letter, place) for place in PLACES for letter in LETTERS][:count]
    told = false = 0
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        files.mkdir()
        for row, ((text, _, one, other), place) in enumerate(cases):
            for name, value in (("first", one), ("second", other)):
                body = f"Dear members,\n\n{text.format(place, value)} With kind regards, the committee.\n"
                (files / f"{row:02}-{name}.txt").write_text(body, encoding="utf-8")
                body = f"Dear friends,\n\n{text.format('old ' + place, one)} So said the {name} meeting.\n"
                (files / f"{row:02}-agreed-{name}.txt").write_text(body, encoding="utf-8")
        with Library.open(Path(folder) / "library") as library:
            library.ingest([files])
            for (_, question, one, other), place in cases:
                answer = library.ask(question.format(place))
                both = " says: " in answer.answer and str(one) in answer.answer and str(other) in answer.answer
                told += both and len(names(answer)) > 1
                if not both:
                    print(f"{question.format(place)} {answer.answer}", file=sys.stderr)
                false += " says: " in library.ask(question.format(f"old {place}")).answer
    return {"contradictions told, with both sources": f"{told} of {len(cases)}", "told where there is none": str(false)}


def ask_quiet(collection: Path, limit: int) -> dict[str, str]:
    """Ask questions of a collection, of which no two documents contradict each other as far as anybody knows."""
    from rag_app import config
    from rag_app.evaluation.questions import read_collection
    from rag_app.evaluation.run import open_collection

    topics = read_collection(collection)
    chosen = topics.topics[:: max(len(topics.topics) // limit, 1)][:limit]
    false = 0
    with open_collection(topics, config.load()) as library:
        for topic in chosen:
            answer = library.ask(topic.text)
            if " says: " in answer.answer:
                false += 1
                print(f"{topic.text} {answer.answer}", file=sys.stderr)
    return {f"contradictions told on {len(chosen)} questions of {collection.name}": str(false)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=Path(__file__).with_suffix(".jsonl"))
    parser.add_argument("--parts", nargs="*", default=PARTS, choices=PARTS)
    parser.add_argument("--collections", type=Path, nargs="*", default=[], help="whose questions are about facts")
    parser.add_argument("--words", type=int, default=40)
    parser.add_argument("--kind", help="only questions of this kind")
    parser.add_argument("--contradictions", type=int, default=12)
    parser.add_argument("--quiet", type=Path, nargs="*", default=[])
    parser.add_argument("--limit", type=int, default=100, help="questions of each quiet collection")
    options = parser.parse_args()
    begun = time.perf_counter()
    figures: dict[str, str] = {}
    if "wording" in options.parts:
        wordings = Path(__file__).with_name("kinds_wording.jsonl").read_text(encoding="utf-8").splitlines()
        figures |= tell_kinds([json.loads(line) for line in wordings], options.collections)
    if "words" in options.parts:
        figures |= ask_words(options.words)
    if "questions" in options.parts:
        questions = [json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines()]
        figures |= ask_kinds([one for one in questions if options.kind in {None, one["kind"]}])
    if "contradictions" in options.parts:
        figures |= ask_contradictions(options.contradictions)
    for collection in options.quiet:
        figures |= ask_quiet(collection, options.limit)
    print("| | |\n|---|---|")
    for name, value in figures.items():
        print(f"| {name} | {value} |")
    print(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
