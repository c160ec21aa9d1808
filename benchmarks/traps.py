"""Ask questions whose answer is one cell of a table, with another cell beside it that is easily taken for it.

Run: python benchmarks/traps.py [--open] [--systems rag plain] [--memo FILE] [--show] [--json FILE]

A line of `traps.jsonl` is a made document of paragraphs and tables, with the format that it is written in, and a
question about it. The trap is a neighbouring row or column, another period, or another scale or unit. What counts is
the first line of an answer, that with the value: it has to meet each point of `need`, each in one of its forms, and
none of `traps`. Where `need` is empty the table has only neighbours of what is asked for, and it is right not to be
sure. All documents lie in one library and each is asked in the scope of its own; with --open in that of all. `plain` is
the same model behind a plain prompt, with the whole document as text. Ends with status 1 where fewer than 36 of the 40
are right, or a wrong one is called answered.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memo import remembering
from papers import Rows, write
from points import is_met
from tatqa import plain, share, shipped

from rag_app import Library, config

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from papers import Part

FILE = Path(__file__).with_name("traps.jsonl")
KINDS = ("row", "column", "period", "scale")
LEAST = 36  # right ones
TASK = (
    "Answer the question using only the document. Reply with the value and its unit alone, or with "
    '"not found" where the document does not say it.'
)
WORKING = re.compile(r"\s[=≈]\s")  # before what a value is worked out from
SIGNS = {"%": " percent "}  # of a unit, which are no words


@dataclass(frozen=True)
class Trap:
    """A question about a made document, with what is right and what is easily taken for it."""

    name: str
    trap: str
    language: str
    format: str
    question: str
    need: list[list[str]]  # points, each with its forms; none where the document does not say it
    traps: list[str]
    parts: list[Part]
    layout: str = "ruled"

    def write(self, folder: Path, seed: int) -> Path:
        """Write the document into a folder and return where it is."""
        path = folder / f"{self.name}.{self.format}"
        write(path, self.parts, self.layout, seed)
        return path

    def is_right(self, status: str, said: str) -> bool:
        """Tell whether an answer of one line is right."""
        if not self.need:
            return status != "answered"
        told = worded(WORKING.split(said)[0])
        missed = not all(is_met(forms, told) for forms in self.need)
        return status != "not_found" and not missed and not is_met(self.traps, told)


@dataclass(frozen=True)
class Said:
    """What was said to a question."""

    trap: Trap
    status: str
    line: str
    right: bool
    whole: str = ""

    @property
    def is_sure_and_wrong(self) -> bool:
        """Whether it is wrong and called answered."""
        return self.status == "answered" and not self.right


def worded(text: str) -> str:
    """Return a text with words for signs."""
    for sign, word in SIGNS.items():
        text = text.replace(sign, word)
    return text


def traps() -> list[Trap]:
    """Return all of the file."""
    return [_trap(json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]


def _trap(value: dict[str, Any]) -> Trap:
    parts = [part if isinstance(part, str) else Rows(**part) for part in value.pop("parts")]
    return Trap(**value, parts=parts)


def by_library(one: Trap, library: Library, path: str | None) -> Said:
    """Return what the library says, of one document or of all."""
    status, line, answer = shipped(library, one.question, path)
    return Said(one, status, line, one.is_right(status, line), answer.answer if answer else "")


def by_prompt(one: Trap, library: Library, path: str) -> Said:
    """Return what the model says that has the document as text."""
    _, line, _ = plain(library, one.question, path, TASK)
    status = "not_found" if is_met(["not found"], line) else "answered"
    return Said(one, status, line, one.is_right(status, line))


def table(said: Sequence[Said]) -> Iterator[str]:
    """Yield a line for each kind of trap, and for all."""
    yield "| trap | right | answered | of these wrong | refused |\n|---|---|---|---|---|"
    for kind in (*KINDS, "all"):
        found = [one for one in said if kind in {one.trap.trap, "all"}]
        answered = sum(one.status == "answered" for one in found)
        wrong = sum(one.is_sure_and_wrong for one in found)
        refused = sum(one.status == "not_found" for one in found)
        right = share(sum(one.right for one in found), len(found))
        yield f"| {kind} | {right} | {answered} | {wrong} | {refused} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", action="store_true", help="ask all documents at once")
    parser.add_argument("--systems", nargs="+", choices=("rag", "plain"), default=["rag", "plain"])
    parser.add_argument("--memo", type=Path, help="keeps what the models said")
    parser.add_argument("--show", action="store_true", help="print each question with what was said")
    parser.add_argument("--json", type=Path, help="write what was said here, one a line")
    options = parser.parse_args()
    settings = config.load()
    print(f"{platform.machine()}, {platform.system()}; {settings.embedder}, {settings.reranker}, {settings.generator}")
    every: dict[str, list[Said]] = {system: [] for system in options.systems}
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        planted = [(one, str(one.write(documents, seed))) for seed, one in enumerate(traps())]
        with Library.open(Path(folder) / "library", loaded=remembering(settings, options.memo)) as library:
            library.sync(documents, confirmed=True)
            for system, said in every.items():
                for number, (one, path) in enumerate(planted, 1):
                    if system == "rag":
                        said.append(by_library(one, library, None if options.open else path))
                    else:
                        said.append(by_prompt(one, library, path))
                    print(f"\r{system}: {number}/{len(planted)}", end="", file=sys.stderr, flush=True)
                print(file=sys.stderr)
    for system, said in every.items():
        print(f"\n{system}\n\n" + "\n".join(table(said)))
        for answer in said:
            if options.show or (system == "rag" and not answer.right):
                mark = "+" if answer.right else "-"
                trap = answer.trap
                print(f"{mark} {trap.trap}, {answer.status}: {trap.question} {answer.line}", file=sys.stderr)
    if options.json:
        lines = (json.dumps({"system": system} | asdict(one)) for system, said in every.items() for one in said)
        options.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    asked = every.get("rag", [])
    if asked and (sum(one.right for one in asked) < LEAST or any(one.is_sure_and_wrong for one in asked)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
