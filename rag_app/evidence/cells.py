"""The cell of a table that a question means: all cells of the tables round the passages, by their labels, best first.

Which row and which column are meant is a linear model over what the encoders and the words say of their labels, fitted
to questions whose cells are known (benchmarks/cells.py); its weights are data, `cells.json`, with the encoders that they
were fitted with. With others the words alone decide.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resource_files
from itertools import islice
from math import exp
from typing import TYPE_CHECKING

from ingest import Grid
from rag_app.evidence.labels import Label, Scores, fits
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ingest import Cell, Document, Table
    from rag_app.evidence.labels import Fit
    from rag_app.types import Hit, Vectors

_TABLES = 12  # that are looked at
_ROWS = 400  # of all of them
_READ = 24  # rows that the cross-encoder reads: those whose labels the bi-encoder finds most alike
_UNREAD = -11.0  # logit of a row that it does not read: that of one that has nothing to do with the question


@dataclass(frozen=True, slots=True)
class Lookup:
    """What cells are looked up with."""

    embedder: str  # name of the bi-encoder
    reranker: str  # name under which the numbers of the cross-encoder were measured
    embed: Callable[[Sequence[str]], Vectors]
    score: Callable[[str, Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Meant:
    """A cell that may be meant."""

    hit: Hit
    table: Table
    cell: Cell
    row: tuple[Cell, ...]  # its label after those that it stands under
    column: tuple[Cell, ...]  # its headers, from top to bottom
    likely: float  # that it is this one, if it is any, 0 to 1


@dataclass(frozen=True, slots=True)
class Chooser:
    """The weights of what is seen of labels."""

    embedder: str
    reranker: str
    rows: Mapping[str, float]
    columns: Mapping[str, float]
    words_alone: Mapping[str, Mapping[str, float]]  # rows and columns, for other encoders

    def weights(self, axis: str, lookup: Lookup) -> Mapping[str, float]:
        """Return the weights for rows or columns with these encoders."""
        if (lookup.embedder, lookup.reranker) != (self.embedder, self.reranker):
            return self.words_alone[axis]
        return self.rows if axis == "rows" else self.columns


@cache
def shipped() -> Chooser:
    """Return the weights that come with the program."""
    value = json.loads(resource_files("rag_app.evidence").joinpath("cells.json").read_text(encoding="utf-8"))
    return Chooser(value["embedder"], value["reranker"], value["rows"], value["columns"], value["words_alone"])


@dataclass(frozen=True, slots=True)
class _Row:
    hit: Hit
    table: Table
    grid: Grid
    number: int
    label: Label


def tables_near(hits: Sequence[Hit], read: Callable[[str], Document]) -> list[tuple[Hit, Table]]:
    """Return the tables of which a passage holds something, those of the best passage first."""
    found: dict[tuple[str, int], tuple[Hit, Table]] = {}
    for hit in hits:
        for table in read(hit.document).tables:
            start, end = span(table)
            if start < hit.end and hit.start < end:
                found.setdefault((hit.document, start), (hit, table))
    return list(islice(found.values(), _TABLES))


def span(table: Table) -> tuple[int, int]:
    """Return where a table begins and ends, in characters of its document."""
    return min(cell.start for cell in table.cells), max(cell.end for cell in table.cells)


def cells_meant(
    name: str, tables: Sequence[tuple[Hit, Table]], lookup: Lookup, chooser: Chooser | None = None
) -> list[Meant]:
    """Return the cells that may be meant, likeliest first; none where no table has labels and values.

    Args:
        name: the question, or the name of a value.
        tables: that are looked at.
        lookup: encoders.
        chooser: weights; those of the program by default.
    """
    chooser = chooser or shipped()
    rows = list(islice(_rows(tables), _ROWS))
    if not rows:
        return []
    asked = lookup.embed([name])[0]
    row_fits = _row_fits(name, rows, asked, lookup)
    likely_rows = likelihoods(row_fits, chooser.weights("rows", lookup))
    found: list[Meant] = []
    columns: dict[int, dict[int, float]] = {}
    for row, likely in zip(rows, likely_rows, strict=True):
        if id(row.table) not in columns:
            columns[id(row.table)] = _columns(name, row, rows, asked, lookup, chooser)
        found += _of_row(row, likely, columns[id(row.table)])
    return sorted(found, key=lambda one: -one.likely)


def likelihoods(found: Sequence[Fit], weights: Mapping[str, float]) -> list[float]:
    """Return how likely each of some labels is meant, if one is: they add up to 1."""
    scores = []
    for fit in found:
        values = fit.as_json()
        scores.append(sum(weight * values[name] for name, weight in weights.items()))
    most = max(scores)
    grown = [exp(score - most) for score in scores]
    return [one / sum(grown) for one in grown]


def row_labels(table: Table, grid: Grid) -> dict[int, Label]:
    """Return what names each row that has values."""
    found = {}
    for number in sorted({cell.row for cell in grid.value_cells}):
        named = [single_spaced(cell.text) for cell in grid.row_header(number)]
        if named:
            above = [single_spaced(table.caption or ""), *named[:-1]]
            found[number] = Label(named[-1], ": ".join(filter(None, above)))
    return found


def column_labels(grid: Grid) -> dict[int, Label]:
    """Return what names each column that has values; "" where nothing does."""
    found = {}
    for number in sorted({cell.column for cell in grid.value_cells}):
        named = [single_spaced(cell.text) for cell in grid.column_header(number)]
        found[number] = Label(named[-1], " ".join(named[:-1])) if named else Label("")
    return found


def row_scores(name: str, labels: Sequence[Label], asked: Vectors, lookup: Lookup) -> list[Scores]:
    """Return what the encoders say of the labels of rows."""
    alike = _alike(asked, [label.whole for label in labels], lookup)
    own = _alike(asked, [label.own for label in labels], lookup)
    best = sorted(range(len(labels)), key=lambda at: -max(alike[at], own[at]))[:_READ]
    logits = lookup.score(name, [labels[at].whole for at in best])
    relevant = dict(zip(best, map(float, logits), strict=True))
    return [Scores(alike[at], own[at], relevant.get(at, _UNREAD)) for at in range(len(labels))]


def column_scores(labels: Sequence[Label], asked: Vectors, lookup: Lookup) -> list[Scores]:
    """Return what the bi-encoder says of the labels of columns."""
    return [Scores(alike=alike) for alike in _alike(asked, [label.whole for label in labels], lookup)]


def _rows(tables: Sequence[tuple[Hit, Table]]) -> Iterator[_Row]:
    for hit, table in tables:
        grid = Grid(table)
        for number, label in row_labels(table, grid).items():
            yield _Row(hit, table, grid, number, label)


def _row_fits(name: str, rows: Sequence[_Row], asked: Vectors, lookup: Lookup) -> list[Fit]:
    labels = [row.label for row in rows]
    scores = row_scores(name, labels, asked, lookup)
    found: list[Fit] = []
    for table in {id(row.table): row.table for row in rows}.values():
        own = [at for at, row in enumerate(rows) if row.table is table]
        crossing = list(column_labels(rows[own[0]].grid).values())
        found += fits(name, [labels[at] for at in own], crossing, [scores[at] for at in own])
    return found


def _columns(
    name: str, row: _Row, rows: Sequence[_Row], asked: Vectors, lookup: Lookup, chooser: Chooser
) -> dict[int, float]:
    """Return how likely each column of a row's table is meant, if the table is."""
    labels = column_labels(row.grid)
    if not labels:
        return {}
    named = list(labels.values())
    crossing = [other.label for other in rows if other.table is row.table]
    found = fits(name, named, crossing, column_scores(named, asked, lookup))
    return dict(zip(labels, likelihoods(found, chooser.weights("columns", lookup)), strict=True))


def _of_row(row: _Row, likely: float, columns: Mapping[int, float]) -> Iterator[Meant]:
    """Yield the cells of a row that have a value; the columns in which it has none are not meant."""
    cells = {cell.column: cell for cell in row.grid.value_cells if cell.row == row.number and cell.text}
    whole = sum(columns[number] for number in cells) or 1.0
    for number, cell in cells.items():
        header = row.grid.column_header(number)
        yield Meant(row.hit, row.table, cell, row.grid.row_header(row.number), header, likely * columns[number] / whole)


def _alike(asked: Vectors, texts: Sequence[str], lookup: Lookup) -> list[float]:
    return [float(value) for value in lookup.embed(texts) @ asked]
