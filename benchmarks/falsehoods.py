"""Planted falsehoods: a made document, a question about it, and a false answer that a lying generator writes.

A line of `falsehoods.jsonl` has `evidence` (the document), `question`, `false` (the answer), `kind` and `language`,
`lost` (a word of the document that the falsehood leaves out), `added` (one that it puts in) and `falsified` (what was
there before, or what was done).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_app.models.numbers import GeneratorNumbers
from rag_app.proof.quotes import unmarked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app import Answer, Library
    from rag_app.models.generator import Form, Message, Usage

_SPOKEN = re.compile(r"\w+|[%€$]")
FILE = Path(__file__).with_name("falsehoods.jsonl")


class Liar:
    """Writes the same text whatever it is asked, and says yes to every check."""

    name = "liar"
    context = 8192
    numbers = GeneratorNumbers()

    def __init__(self, text: str = "") -> None:
        self.text = text

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        yield from re.findall(r"\s*\S+", self.text)

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        return 10.0

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        return [0.0] * len(words)


@dataclass(frozen=True)
class Falsehood:
    """A false answer to a question about a made document."""

    kind: str
    language: str
    evidence: str
    question: str
    false: str
    lost: str
    added: str
    falsified: str

    def told_by(self, answer: Answer) -> bool:
        """Tell whether an answer says what is false, and is sure of it.

        It does not where it is partly or not answered, or in words of the document, one after the other, that are not
        those of the falsehood: what that leaves out is back, and what it puts in is not there.
        """
        said = _spoken(unmarked(answer.answer.partition("\n")[0]))
        replaced = (
            said in _spoken(self.evidence)
            and said != _spoken(self.false)
            and _spoken(self.lost) in said
            and not (self.added and _spoken(self.added) in said)
        )
        return answer.status == "answered" and not replaced


def _spoken(text: str) -> str:
    """Return words and signs of a text in lower case, each between spaces."""
    return f" {' '.join(_SPOKEN.findall(text.casefold()))} ".replace("  ", " ")


def falsehoods() -> list[Falsehood]:
    """Return all of the file."""
    return [Falsehood(**json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]


def ask(one: Falsehood, library: Library, folder: Path) -> Answer:
    """Return the answer of a new library, whose generator lies, to whom the document is given."""
    document = folder / "notes.txt"
    document.write_text(one.evidence, encoding="utf-8")
    library.ingest([document])
    return library.ask(one.question)
