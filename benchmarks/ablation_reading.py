"""Measure what each constant of reading PDFs is worth: on how many documents the text is another with a neutral value.

Run: python benchmarks/ablation_reading.py FILE.pdf...

Each file is parsed once; lines are then joined, running heads dropped and passages cut again for each constant.
Printed is on how many documents and pages something changes. It needs no model.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from ingest import chunk, furniture, legible, page_numbers, reflow
from ingest.chunk import cut
from ingest.clean import Arranged, arranged
from ingest.readers import pdf
from ingest.types import Document, Page
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Lexicon

LIMIT, OVERLAP = 254, 48  # tokens of a passage, as the default embedder has them; a word counts as one and a third

NEUTRAL: tuple[tuple[object, str, Any], ...] = (
    (furniture, "LEAST_PAGES", 2),
    (furniture, "SHARE", 1.0),
    (furniture, "_SURELY", inf),
    (page_numbers, "LEAST_PAGES", 2),
    (page_numbers, "SHARE", 1.0),
    (page_numbers, "_NUMBERED_SHARE", 0.0),
    (page_numbers, "_REACH", 0),
    (page_numbers, "_ALIKE", 0.0),
    (page_numbers, "_TITLE", inf),
    (reflow, "_NARROWEST", 0),
    (reflow, "_WIDEST", inf),
    (reflow, "_FULL", 0.0),
    (reflow, "_LONG", 0.0),
    (reflow, "_LONG_LABEL", inf),
    (reflow, "_ENOUGH_LINES", 0),
    (reflow, "_EDGE", 0.0),
    (reflow, "_ENOUGH_REACHING", 0.0),
    (legible, "_MOST", 0.0),
    (legible, "_FEW", 0),
    (legible, "_LETTERS", 1),
    (legible, "_ALIKE", 0.5),
    (legible, "_BESIDE", 0.0),
    (chunk, "_TINY", 0),
    (chunk, "_EARLIEST_PARAGRAPH_END", 1.0),
    (chunk, "_EARLIEST_LINE_END", 1.0),
    (chunk, "_MOST_HEADINGS", inf),
    (chunk, "_LONGEST_HEADING", inf),
)


@dataclass(frozen=True)
class Raw:
    """What a parser says of a document, with the rows of its tables marked, before anything else is mended."""

    name: str
    texts: Sequence[str]


def parsed(path: Path) -> Raw:
    """Return what is read of a file."""
    seen: list[list[str]] = []

    def watching(texts: Sequence[str], words: Lexicon) -> Arranged:
        seen.append([*texts])
        return arranged(texts, words)

    with patch.object(pdf, "arranged", watching):
        pdf.read(path, None, lexicon())
    [texts] = seen
    return Raw(path.name, texts)


def made_of(raw: Raw) -> list[tuple[str, ...]]:
    """Return for each page what becomes of it: its text, whether it is legible, and the passages that begin there."""
    texts = arranged(raw.texts, lexicon()).texts
    document = Document(raw.name, "", tuple(Page(number, str(number), text) for number, text in enumerate(texts, 1)))
    pages = [[text, str(legible.is_legible(first))] for text, first in zip(texts, raw.texts, strict=True)]
    for passage in cut(document, measure, LIMIT, OVERLAP, lexicon()):
        pages[passage.page - 1].append(passage.text)
    return [tuple(page) for page in pages]


def measure(texts: Sequence[str]) -> list[int]:
    return [round(len(text.split()) * 4 / 3) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    documents = [parsed(path) for path in parser.parse_args().files]
    before = [made_of(raw) for raw in documents]
    print(f"{len(documents)} documents, {sum(map(len, before))} pages\n")
    print("| without | documents that change | pages |\n|---|--:|--:|", flush=True)
    for module, name, value in NEUTRAL:
        with patch.object(module, name, value):
            after = [made_of(raw) for raw in documents]
        changed = [
            sum(a != b for a, b in zip(one, other, strict=True)) for one, other in zip(before, after, strict=True)
        ]
        where = getattr(module, "__name__", "").rpartition(".")[2]
        print(f"| `{where}.{name}` = {value} | {sum(map(bool, changed))} | {sum(changed)} |", flush=True)


if __name__ == "__main__":
    main()
