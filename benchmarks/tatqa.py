"""Ask TAT-QA's questions, each of its own document: figures of a table, words of a text, and what is worked out.

Run: python benchmarks/tatqa.py FILE --work FOLDER [--count 300] [--systems rag plain] [--kinds KIND...] [--unseen]

FILE is TAT-QA's own JSON (tables with paragraphs, CC BY 4.0). Each table with its paragraphs becomes an HTML document;
a question is asked with a filter on its document. The questions are taken at even distances. What counts is the first
line of an answer, that with the value, or all lines with a name and a value where there are several: the right figure
must be the only one there, with its sign; what is worked out may be rounded to two places. `plain` is the same model
behind a plain prompt, with the whole document as text. Calls of the models are kept in the work folder: seconds are
true only where it is new.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memo import remembering

from rag_app import Filter, Library, config
from rag_app.language.dates import is_year, years_in
from rag_app.models.generator import Message, Usage
from rag_app.proof.quotes import unmarked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app import Answer

KINDS = ("table", "several", "arithmetic", "count", "text")
PLAIN = "Answer the question using only the document. Reply with the value alone."
PLAIN_TOKENS = 60
LONGEST = 5000  # characters of a document that the plain prompt reads
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
SCALES = {"": 1, "thousand": 1e3, "million": 1e6, "billion": 1e9, "percent": 1}
CLOSE = 0.0051  # of two decimals
YEAR = re.compile(r"\D*(?:19|20)\d\d\D*")  # what names a column: its value may stand after it


def documents(file: Path) -> list[dict[str, Any]]:
    """Return the tables with their paragraphs and questions."""
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def page(document: dict[str, Any]) -> str:
    """Return a document as HTML: its paragraphs in order, and the table after the first of them."""
    texts = [f"<p>{escape(one['text'])}</p>" for one in sorted(document["paragraphs"], key=lambda one: one["order"])]
    rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in document["table"]["table"])
    table = "<table>" + "".join(f"<tr>{row}</tr>\n" for row in rows) + "</table>"
    body = "\n".join([*texts[:1], table, *texts[1:]])
    return f"<!doctype html><html><head><meta charset='utf-8'></head><body>\n{body}\n</body></html>"


def questions(found: Sequence[dict[str, Any]], count: int, kinds: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Return so many questions at even distances, each with the name of its document."""
    every = [(document["table"]["uid"], question) for document in found for question in document["questions"]]
    chosen = [every[at * len(every) // count] for at in range(min(count, len(every)))]
    return [(name, question) for name, question in chosen if not kinds or kind_of(question) in kinds]


def kind_of(question: dict[str, Any]) -> str:
    """Return what sort of answer is wanted."""
    if question["answer_type"] in {"arithmetic", "count"}:
        return str(question["answer_type"])
    if question["answer_from"] == "text":
        return "text"
    return "several" if question["answer_type"] == "multi-span" else "table"


def is_right(question: dict[str, Any], said: str) -> bool:
    """Tell whether the first line of an answer gives what is wanted, and no other figure."""
    wanted = question["answer"] if isinstance(question["answer"], list) else [question["answer"]]
    if kind_of(question) in {"arithmetic", "count"}:
        return _is_value(float(str(wanted[0]).replace(",", "")), question["scale"], said)
    said = said.split(": ")[0] if len(wanted) == 1 and YEAR.fullmatch(str(wanted[0])) else said
    if len(wanted) == 1 and is_year(str(wanted[0])):
        return years_in(said) == [str(wanted[0])]
    figures = [_numbers(str(value)) for value in wanted]
    if all(len(found) == 1 and not _letters(str(value)) for found, value in zip(figures, wanted, strict=True)):
        return sorted(number for found in figures for number in found) == sorted(set(_numbers(said)))
    plain = _plain(said)
    return all(_plain(str(value)) in plain for value in wanted)


def _is_value(wanted: float, scale: str, said: str) -> bool:
    result = re.split(r"\s[=≈]\s", said)[0]
    found = [value / (100 if "%" in result and not scale else 1) for value in _numbers(result, signed=True)]
    factors = (1, SCALES[scale], 1 / SCALES[scale])
    return len(found) == 1 and any(
        abs(found[0] * factor - wanted) <= max(CLOSE, abs(wanted) * 1e-6) for factor in factors
    )


def _numbers(text: str, *, signed: bool = False) -> list[float]:
    found = []
    for match in NUMBER.finditer(text):
        before = text[: match.start()].rstrip("$€£ ")
        negative = signed and before.endswith(("-", "−", "–", "("))
        found.append(float(match[0].replace(",", "")) * (-1 if negative else 1))
    return found


def _letters(text: str) -> bool:
    return re.search(r"[^\W\d_]{2}", text) is not None


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def shipped(library: Library, question: str, path: str | None) -> tuple[str, str, Answer | None]:
    """Return status, first line and answer of the library, of one document or of all."""
    answer = library.ask(question, where=Filter(within=(path,)) if path else None)
    lines = unmarked(answer.answer, [one.marker for one in answer.citations]).split("\n")
    values = [value for line in lines if (value := line.rpartition(": ")[2]) != line]  # several, each after its name
    return answer.status, "; ".join(values) if len(values) > 1 else lines[0], answer


def plain(library: Library, question: str, path: str, task: str = PLAIN) -> tuple[str, str, Answer | None]:
    """Let the same model do a task with the whole document as text."""
    prompt = f"{library.read(path).text[:LONGEST]}\n\nQuestion: {question}"
    messages = [Message("system", task), Message("user", prompt)]
    text = "".join(library.loaded.generator.stream(messages, Usage(), max_tokens=PLAIN_TOKENS))
    return "answered", text, None


SYSTEMS: dict[str, Callable[[Library, str, str], tuple[str, str, Answer | None]]] = {"rag": shipped, "plain": plain}


def table(judged: Sequence[tuple[str, str, bool]]) -> Iterator[str]:
    """Yield a line for each kind, and for all."""
    yield f"{'kind':11} {'n':>3} {'right':>12} {'answered':>12} {'of these right':>15} {'refused':>9}"
    sums: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for kind, status, right in judged:
        sums[kind].append((status, right))
        sums["all"].append((status, right))
    for kind in [*KINDS, "all"]:
        found = sums[kind]
        if not found:
            continue
        answered = [right for status, right in found if status == "answered"]
        refused = sum(status == "not_found" for status, _ in found)
        yield (
            f"{kind:11} {len(found):3d} {share(sum(right for _, right in found), len(found)):>12} "
            f"{share(len(answered), len(found)):>12} {share(sum(answered), len(answered)):>15} {refused:9d}"
        )


def share(part: int, whole: int) -> str:
    """Return a share with what it is a share of."""
    return f"{part}/{whole} {part / whole:.2f}" if whole else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="keeps documents, library and calls of the models")
    parser.add_argument("--count", type=int, default=300, help="how many questions")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=[*SYSTEMS])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[])
    parser.add_argument("--show", action="store_true", help="print each question with what was said")
    parser.add_argument("--unseen", action="store_true", help="only documents that `cells.py` does not fit weights to")
    options = parser.parse_args()
    found = documents(options.file)
    asked = questions(found[1::2] if options.unseen else found, options.count, options.kinds)
    folder = options.work / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    for document in found:
        target = folder / f"{document['table']['uid']}.html"
        if not target.exists():
            target.write_text(page(document), encoding="utf-8")
    settings = config.load()
    print(f"{platform.machine()}, {platform.system()}; {settings.embedder}, {settings.reranker}, {settings.generator}")
    models = remembering(settings, options.work / "calls.sqlite")
    with Library.open(options.work / "library", loaded=models) as library:
        library.sync(folder, confirmed=True)
        paths = {Path(one.path).stem: one.path for one in library.documents()}
        for system in options.systems:
            judged = []
            for number, (name, question) in enumerate(asked, 1):
                status, said, _ = SYSTEMS[system](library, question["question"], paths[name])
                right = is_right(question, said)
                judged.append((kind_of(question), status, right))
                if options.show:
                    print(f"{'+' if right else '-'} {status} | {question['question']} | {said} | {question['answer']}")
                print(f"\r{system}: {number}/{len(asked)}", end="", file=sys.stderr, flush=True)
            print(file=sys.stderr)
            print(f"\n{system}")
            print("\n".join(table(judged)))


if __name__ == "__main__":
    main()
