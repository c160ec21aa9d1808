"""Ask question sets about whole folders, and print per kind how the answers fare beside two simple systems.

Run: python benchmarks/realdocs.py SET... --work FOLDER [--scorer FILE] [--systems rag plain run] [--kinds KIND...]

A SET is a folder with `questions.jsonl` and the documents in `docs` or `pdfs`. The scorer is a program in Python with
`judge`, `summary` and the other names of the table that is printed; it lies beside the set unless it is named. `plain`
is the same model behind a plain prompt with the same five passages, whole; `run` is no generator at all: the eight
sentences in a row, out of the five passages and what stands around them, which the cross-encoder likes best, shown as
they are. Calls of the models are kept in the work folder: seconds are true only where it is new.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from memo import remembering

from rag_app import Answer, Filter, Library, Turn, config
from rag_app.language.reading import sentences
from rag_app.models.generator import Message, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app import Hit

SYSTEMS = ("rag", "plain", "run")
PLAIN = (
    "Answer the question using only the passages. After the answer write the number of the passage that it stands in, "
    "such as [2]. If the passages do not hold the answer, reply with: not found"
)
PLAIN_TOKENS = 200
SENTENCES = 8  # of a run
AROUND = 800  # characters on each side of a passage that runs may reach into


@dataclass(frozen=True)
class Asked:
    """A question of a set, with the answer that the library gave."""

    row: dict[str, Any]
    answer: Answer


def load_scorer(file: Path) -> Any:
    """Import the program that judges answers."""
    spec = importlib.util.spec_from_file_location("scorer", file)
    assert spec is not None
    assert spec.loader is not None
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    return scorer


def questions_of(folder: Path, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Return the questions of a set, all of them or of some kinds."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [row for row in rows if not kinds or row["kind"] in kinds]


def documents_of(folder: Path) -> Path:
    """Return where the documents of a set lie."""
    return next(folder / name for name in ("docs", "pdfs") if (folder / name).is_dir())


def ask(library: Library, rows: Sequence[dict[str, Any]]) -> Iterator[Asked]:
    """Ask each question, of its document alone where the set says so, after the turns that go before it."""
    paths = {Path(document.path).name: document.path for document in library.documents()}
    for row in rows:
        turns: list[Turn] = []
        for turn in row.get("history") or ():
            turns += [Turn("user", turn["question"]), Turn("assistant", turn["answer"])]
        only = Filter(within=(paths[row["document"]],)) if row.get("scope") == "document" else None
        yield Asked(row, library.ask(row["question"], history=turns, where=only))


def shipped(_: Library, asked: Asked) -> dict[str, Any]:
    """Return the answer that the library gave."""
    answer = asked.answer
    return {
        "status": answer.status,
        "answer": answer.answer,
        "citations": [{"document": c.document, "page": c.page} for c in answer.citations],
        "seconds": answer.seconds.total,
    }


def plain(library: Library, asked: Asked) -> dict[str, Any]:
    """Let the same model answer from the same passages, as a tutorial does."""
    hits = asked.answer.passages
    passages = "\n\n".join(f"[{number}] {hit.text}" for number, hit in enumerate(hits, 1))
    prompt = f"{passages}\n\nQuestion: {asked.answer.standalone_question}"
    begun = time.perf_counter()
    messages = [Message("system", PLAIN), Message("user", prompt)]
    text = "".join(library.loaded.generator.stream(messages, Usage(), max_tokens=PLAIN_TOKENS))
    return {
        "status": "not_found" if "not found" in text.casefold() or not hits else "answered",
        "answer": text,
        "citations": [place(hit) for number, hit in enumerate(hits, 1) if f"[{number}]" in text],
        "seconds": time.perf_counter() - begun,
    }


def best_run(library: Library, asked: Asked) -> dict[str, Any]:
    """Show the run of sentences that the cross-encoder scores highest."""
    begun, runs = time.perf_counter(), []
    for hit in asked.answer.passages:
        text = library.read(hit.document).text
        first = max(hit.start - AROUND, 0)
        spans = [(first + start, first + end) for start, end in sentences(text[first : hit.end + AROUND])]
        for at in range(0, max(len(spans) - SENTENCES, 0) + 1, SENTENCES // 4):
            run = spans[at : at + SENTENCES]
            runs.append((hit, text[run[0][0] : run[-1][1]]))
    if not runs:
        return {"status": "not_found", "answer": "", "citations": [], "seconds": 0.0}
    scores = library.loaded.reranker.score(
        asked.answer.standalone_question, [" ".join(text.split()) for _, text in runs]
    )
    hit, text = runs[int(scores.argmax())]
    cited = [place(hit)]
    return {"status": "answered", "answer": text, "citations": cited, "seconds": time.perf_counter() - begun}


def place(hit: Hit) -> dict[str, Any]:
    """Return where a passage stands, as the scorer reads it."""
    return {"document": hit.document, "page": hit.page, "page_end": hit.page_end}


ANSWERED_BY: dict[str, Callable[[Library, Asked], dict[str, Any]]] = {"rag": shipped, "plain": plain, "run": best_run}


def table(scorer: Any, judged: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each kind, and for all."""
    kinds = [kind for kind in scorer.KINDS if any(row["kind"] == kind for row in judged)]
    kinds += sorted({row["kind"] for row in judged} - set(kinds))
    yield (
        f"{'kind':9} {'n':>3} {'right':>10} {'points':>6} {'page':>10} {'cited':>10} {'refused':>10} {'ans.none':>10} "
        f"{'precision':>12} {'words':>5} {'long':>4}"
    )
    for kind in [*kinds, "all"]:
        sums = scorer.summary([row for row in judged if kind in {row["kind"], "all"}])
        yield (
            f"{kind:9} {sums['n']:3d} {share(sums['right'], sums['n'])} {sums['points']:6.2f} "
            f"{share(sums['passage_hit'], sums['passage_n'])} {share(sums['cited_hit'], sums['cited_n'])} "
            f"{share(sums['refused_wrongly'], sums['asked'])} {share(sums['answered_although_none'], sums['nones'])} "
            f"{share(sums['answered_right'], sums['answered']):>12} {sums['median_words']:5.0f} {sums['too_long']:4d}"
        )


def share(part: int, whole: int) -> str:
    """Return a share with what it is a share of."""
    return f"{f'{part}/{whole} {part / whole:.2f}' if whole else '-':>10}"


def cost(asked: Sequence[Asked]) -> str:
    """Return what the answers cost."""
    evaluated = sorted(one.answer.tokens.prompt_evaluated for one in asked)
    first = median(one.answer.seconds.first_token for one in asked)
    total = median(one.answer.seconds.total for one in asked)
    most = quantiles(evaluated, n=20)[-1] if len(evaluated) > 1 else evaluated[0]
    return (
        f"{median(evaluated):.0f} tokens read in the median, {most:.0f} in 95 of 100; "
        f"first words after {first:.1f} s, all after {total:.1f} s"
    )


def run(folder: Path, options: argparse.Namespace) -> None:
    """Measure one set, and print its tables."""
    scorer = load_scorer(options.scorer or folder.parent / "score.py")
    rows = questions_of(folder, options.kinds)
    name = folder.resolve().name
    models = remembering(config.load(), options.work / "calls.sqlite")
    with Library.open(options.work / f"{name}.library", loaded=models) as library:
        library.sync(documents_of(folder), confirmed=True)
        asked = []
        for number, one in enumerate(ask(library, rows), 1):
            asked.append(one)
            print(f"\r{name}: {number}/{len(rows)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        print(f"\n{name}: {len(rows)} questions; {cost(asked)}")
        for system in options.systems:
            answers = [
                ANSWERED_BY[system](library, one)
                | {"id": one.row["id"], "passages": [place(hit) for hit in one.answer.passages]}
                for one in asked
            ]
            file = options.work / f"{name}.{system}.jsonl"
            file.write_text("".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers), "utf-8")
            judged = [scorer.judge(one.row, answer) for one, answer in zip(asked, answers, strict=True)]
            print(f"\n{system}")
            print("\n".join(table(scorer, judged)))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what every program takes that asks such sets."""
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--work", type=Path, required=True, help="keeps libraries, calls of the models, and answers")
    parser.add_argument("--scorer", type=Path, help="the program that judges; by default score.py beside the set")
    parser.add_argument("--kinds", nargs="+", default=[], help="only questions of these kinds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    models = config.load()
    print(f"{platform.machine()}, {platform.system()}; {models.embedder}, {models.reranker}, {models.generator}")
    for folder in options.sets:
        run(folder, options)


if __name__ == "__main__":
    main()
