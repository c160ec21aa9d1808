"""Questions whose formula is given: a generator that writes it, and answers from files that are made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes import LIKELIHOODS, ScriptedGenerator, fakes_of, nearest_line, open_library

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rag_app.models.generator import Message
    from rag_app.types import Answer


class Calculating(ScriptedGenerator):
    """Takes every question for one that is worked out, and writes the formula that it is told."""

    numbers = LIKELIHOODS

    def __init__(self, formula: str, kind: str = "fact", *, calculation: str = "calculation") -> None:
        super().__init__(lambda messages: nearest_line(messages) if _holds_texts(messages) else formula)
        self.chosen = (kind, calculation, "difference")

    def leanings(self, _: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        return [100.0 * (word in self.chosen) for word in words]

    def preference(self, _: Sequence[Message], one: str, other: str) -> float:
        return 2.0


def _holds_texts(messages: Sequence[Message]) -> bool:
    return messages[-1].content.startswith(("[text ", "From "))


def asked(folder: Path, files: Mapping[str, str], question: str, generator: Calculating) -> Answer:
    """Ask, and check that every citation holds."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    with open_library(folder) as library:
        library.ingest([folder / name for name in files])
        fakes_of(library).generator = generator
        found = library.ask(question)
        for citation in found.citations:
            assert citation.verified
            assert library.stands(citation)
    return found
