"""Tables made by hand, with the document whose text they stand in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
from fakes import SCORES, WordEmbedder, WordReranker, make_hit

from ingest import CELL, Cell, Document, Page, Table
from rag_app.evidence.cells import Lookup, Meant, cells_meant, shipped
from rag_app.proof.calibration import Logistic
from rag_app.proof.cell_meant import CellJudge
from rag_app.searching.candidates import Trace
from rag_app.types import ModelNames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag_app.answering.stages import Found, Stages
    from rag_app.models.numbers import RerankerNumbers
    from rag_app.types import Hit, Vectors

    Written = str | tuple[str, int, int]  # the text of a cell, perhaps with the rows and columns that it spans

PATH = "/files/report.html"
NAMES = ModelNames("words", "shared-words", "script")
JUDGE = CellJudge(Logistic(-17.8, {"said": 20.0}), NAMES.embedder, SCORES.model)
"""Takes a cell to be meant with 0.9 where its labels say all that is asked."""


def tabled(
    *rows: Sequence[Written],
    caption: str | None = None,
    unit: str | None = None,
    heads: int = 1,
    before: str = "",
    path: str = PATH,
    hidden: tuple[tuple[int, int], ...] = (),
) -> Document:
    """Return a document of one table: rows are lines, after the text `before` them; so many of them are headers."""
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    text = before
    for number, row in enumerate(rows):
        column = 0
        for nth, one in enumerate(row):
            said, down, across = one if isinstance(one, tuple) else (one, 1, 1)
            while (number, column) in taken:
                column += 1
            taken |= {(number + y, column + x) for y in range(down) for x in range(across)}
            text += CELL if nth else ""
            cells.append(Cell(said, number, column, down, across, number < heads, len(text), len(text) + len(said)))
            text += said
            column += across
        text += "\n"
    table = Table(1, 1, caption, unit, tuple(cells))
    return Document(path, "", (Page(1, "1", text, hidden=hidden, tables=(table,)),))


def joined(*documents: Document) -> Document:
    """Return the pages of some documents as those of the first one."""
    pages = (page for document in documents for page in document.pages)
    return Document(documents[0].path, "", tuple(replace(page, number=n) for n, page in enumerate(pages, 1)))


def whole(document: Document) -> Hit:
    """Return all of a document as a passage."""
    return make_hit(document.text, document=document.path)


def tables_of(*documents: Document) -> list[tuple[Hit, Table]]:
    """Return the tables of documents as they are looked up."""
    return [(whole(document), table) for document in documents for table in document.tables]


def fitted() -> Lookup:
    """Return encoders made of words that pass for those that the weights of the program were fitted with."""
    return Lookup(shipped().embedder, shipped().reranker, WordEmbedder().embed_passages, WordReranker().score)


def others() -> Lookup:
    """Return encoders that nothing was fitted with, and that say nothing."""
    return Lookup("other", "another", _alike, lambda _, texts: np.zeros(len(texts), np.float32))


def _alike(texts: Sequence[str]) -> Vectors:
    return np.ones((len(texts), 1), np.float32)


def meant(name: str, *documents: Document, lookup: Lookup | None = None) -> Meant:
    """Return the cell that is meant most likely."""
    return cells_meant(name, tables_of(*documents), lookup or fitted())[0]


def in_cell(text: str, document: Document) -> Meant:
    """Return the cell with a text as if it were meant."""
    return next(one for one in cells_meant("which", tables_of(document), fitted()) if one.cell.text == text)


@dataclass(frozen=True)
class Shelf:
    """What a cell is looked up with, in documents that are given; a search finds nothing."""

    documents: Mapping[str, Document]
    models: ModelNames = NAMES

    def tables(self, path: str) -> Sequence[Table]:
        return self.documents[path].tables

    def read(self, path: str) -> Document:
        return self.documents[path]

    def numbers(self) -> RerankerNumbers:
        return SCORES

    def embed(self, texts: Sequence[str]) -> Vectors:
        return WordEmbedder().embed_passages(texts)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        return WordReranker().score(question, texts)

    def find(self, _: str) -> Found:
        return (), Trace()

    def about(self, _: str) -> Mapping[str, float]:
        return {}


def shelf(*documents: Document) -> Stages:
    """Return stages of these documents, as far as cells are looked up with them."""
    return cast("Stages", Shelf({one.path: one for one in documents}))
