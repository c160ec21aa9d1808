"""The cell of a table that a question means: all cells of the tables round the passages, by their labels, best first.

Which row and which column are meant is a linear model over what the encoders and the words say of their labels, fitted
to questions whose cells are known (benchmarks/cells.py); its weights are data, `cells.json`, with the encoders that
they were fitted with. With others the words alone decide.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files as resource_files
from itertools import islice
from math import exp, log
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import stem
from rag_app.evidence.labels import Label, Scores, content, fits, without_footnotes
from rag_app.evidence.unit_columns import unit_columns, unit_heads
from rag_app.language.dates import years_in
from rag_app.language.detector import language_of
from rag_app.language.times import without_parts_of_years
from rag_app.language.words import words
from rag_app.text import single_spaced
from rag_app.types import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ingest import Cell, Grid, Table
    from rag_app.evidence.labels import Fit
    from rag_app.types import Hit, Vectors

_TABLES = 12  # that are looked at
_ROWS = 400  # of all of them
_READ = 24  # rows that the cross-encoder reads: those whose labels the bi-encoder finds most alike
_LEAST = 0.03  # likelihood; what is less likely says no more
_UNREAD = -11.0  # logit of a row that it does not read: that of one that has nothing to do with the question


@dataclass(frozen=True, slots=True)
class Lookup:
    """What cells are looked up with."""

    embedder: str  # name of the bi-encoder
    reranker: str  # name under which the numbers of the cross-encoder were measured
    embed: Callable[[Sequence[str]], Vectors]
    score: Callable[[str, Sequence[str]], Vectors]
    called: Callable[[str], str] = lambda path: stem(PurePath(path))  # what a document is called, by its path


@dataclass(frozen=True, slots=True)
class Seen(Json):
    """What tells whether the likeliest cell is meant at all, or none."""

    likely: float  # log-odds that it is this one, if it is any
    literal: float  # 1 where the row's own words stand in the question side by side
    asked: float  # share of the row's own words that the question has
    asked_column: float
    said: float  # share of the question's words that its labels say, with what its document is called
    other_year: float  # 1 where its column or row is of another time than the question's


@dataclass(frozen=True, slots=True)
class Meant:
    """A cell that may be meant."""

    hit: Hit
    table: Table
    cell: Cell
    row: tuple[Cell, ...]  # its label after those that it stands under
    column: tuple[Cell, ...]  # its headers, from top to bottom
    likely: float  # that it is this one, if it is any, 0 to 1
    look: Callable[[float], Seen]

    @property
    def seen(self) -> Seen:
        """What tells whether it is meant at all."""
        return self.look(self.likely)

    @property
    def says(self) -> tuple[str, str]:
        """Its own label and its value."""
        return " ".join(cell.text.casefold() for cell in self.row[-1:]), self.cell.text

    @property
    def labels(self) -> tuple[Cell, ...]:
        """All that names it."""
        return (*self.row, *self.column)


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
    values: Mapping[int, Cell]  # by column


def tables_near(hits: Sequence[Hit], tables_of: Callable[[str], Sequence[Table]]) -> list[tuple[Hit, Table]]:
    """Return the tables of which a passage holds something, those of the best passage first."""
    found: dict[tuple[str, int], tuple[Hit, Table]] = {}
    for hit in hits:
        for table in tables_of(hit.document):
            start, end = table.span
            if start < hit.end and hit.start < end:
                found.setdefault((hit.document, start), (hit, table))
    return list(islice(found.values(), _TABLES))


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
    rows = list(islice(_rows(name, tables), _ROWS))
    if not rows:
        return []
    asked = lookup.embed([name])[0]
    found_rows = _row_fits(name, rows, asked, lookup)
    columns: dict[int, _Columns] = {}
    for row in rows:
        if id(row.table) not in columns:
            columns[id(row.table)] = _columns(name, row, rows, asked, lookup, chooser)
    scores = logits(found_rows, chooser.weights("rows", lookup))
    reached = [score + columns[id(row.table)].reach(row.values) for score, row in zip(scores, rows, strict=True)]
    found: list[Meant] = []
    for row, fit, likely in zip(rows, found_rows, shares(reached), strict=True):
        found += _of_row(name, row, fit, likely, columns[id(row.table)], lookup.called)
    found.sort(key=lambda one: -one.likely)  # stable: of equals the one of the better passage
    return [_with_its_like(found), *found[1:]]


def _with_its_like(found: Sequence[Meant]) -> Meant:
    """Return the likeliest cell with the likelihood of all that say the same of the same: they speak for each other."""
    best = found[0]
    same = [one.likely for one in found if one.says == best.says]
    return replace(best, likely=min(sum(same), 1.0))


def likelihoods(found: Sequence[Fit], weights: Mapping[str, float]) -> list[float]:
    """Return how likely each of some labels is meant, if one is: they add up to 1."""
    return shares(logits(found, weights))


def logits(found: Iterable[Fit], weights: Mapping[str, float]) -> list[float]:
    """Return how well each label fits: the weighted sum of what is seen of it."""
    seen = (fit.as_json() for fit in found)
    return [sum(weight * values[name] for name, weight in weights.items()) for values in seen]


def shares(scores: Sequence[float]) -> list[float]:
    """Return logits as likelihoods that add up to 1."""
    most = max(scores)
    grown = [exp(score - most) for score in scores]
    whole = sum(grown)
    return [one / whole for one in grown]


def row_labels(table: Table, grid: Grid) -> dict[int, Label]:
    """Return what names each row that has values."""
    return {number: label for number in grid.value_rows if (label := row_label(table, grid, number))}


def row_label(table: Table, grid: Grid, number: int) -> Label | None:
    """Return what names a row; None where nothing does."""
    named = [without_footnotes(single_spaced(cell.text)) for cell in grid.row_header(number)]
    if not named:
        return None
    above = [single_spaced(table.caption or ""), *named[:-1]]
    return Label(named[-1], ": ".join(filter(None, above)))


def column_labels(grid: Grid) -> dict[int, Label]:
    """Return what names each column that has values; "" where nothing does."""
    found = {}
    for number in sorted({cell.column for cell in grid.value_cells}):
        named = [without_footnotes(single_spaced(cell.text)) for cell in grid.column_header(number)]
        found[number] = Label(" ".join(named))
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


def _rows(name: str, tables: Sequence[tuple[Hit, Table]]) -> Iterator[_Row]:
    """Yield the rows of tables that have a label and values: of each those first that are nearest to its passage.

    Units in a column of their own are values only where they are asked for.
    """
    asks_for_unit = not unit_heads().isdisjoint(words(name))
    for hit, table in tables:
        grid = table.grid
        units = frozenset() if asks_for_unit else unit_columns(grid)
        values = {
            number: {cell.column: cell for cell in cells if cell.column not in units}
            for number, cells in grid.value_rows.items()
        }
        away = {number: _away(hit, min(cell.start for cell in own.values())) for number, own in values.items() if own}
        for number in sorted(away, key=away.__getitem__):  # stable
            if label := row_label(table, grid, number):  # asked of those alone that are taken: there may be thousands
                yield _Row(hit, table, grid, number, label, values[number])


def _away(hit: Hit, place: int) -> int:
    """Return how many characters a place is from a passage."""
    return max(hit.start - place, place - hit.end, 0)


def _row_fits(name: str, rows: Sequence[_Row], asked: Vectors, lookup: Lookup) -> list[Fit]:
    labels = [row.label for row in rows]
    scores = row_scores(name, labels, asked, lookup)
    found: list[Fit] = []
    for table in {id(row.table): row.table for row in rows}.values():
        own = [at for at, row in enumerate(rows) if row.table is table]
        crossing = list(column_labels(rows[own[0]].grid).values())
        found += fits(name, [labels[at] for at in own], crossing, [scores[at] for at in own])
    return found


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table, by number."""

    fits: Mapping[int, Fit]
    logits: Mapping[int, float]
    series: Mapping[int, _OfYear]  # none where a year is asked for

    def reach(self, filled: Iterable[int]) -> float:
        """Return the logit that one of some columns is meant: of two tables the one whose columns fit is likelier."""
        return log(sum(exp(self.logits[number]) for number in filled))

    def meant(self, filled: Iterable[int]) -> dict[int, float]:
        """Return how likely each of some columns is meant, if one of these is.

        Of those which differ in their year alone the latest has what all of them have, where no year is asked for.
        """
        numbers = list(filled)
        likely = dict(zip(numbers, shares([self.logits[number] for number in numbers]), strict=True))
        best = self.series.get(max(likely, key=likely.__getitem__))
        alike = [number for number in likely if best and self.series[number].is_like(best)]
        if len(alike) > 1:
            last = max(alike, key=lambda number: self.series[number].year)
            together = sum(likely[number] for number in alike)
            likely |= {number: together * (number == last) for number in alike}
        return likely


@dataclass(frozen=True, slots=True)
class _OfYear:
    """What a column is called."""

    told: frozenset[str]  # words, without years
    year: str  # the last one; "" where it names none

    def is_like(self, best: _OfYear) -> bool:
        """Tell whether it is of a year, and else called as the likeliest column."""
        return bool(self.year) and self.told == best.told


def _columns(name: str, row: _Row, rows: Sequence[_Row], asked: Vectors, lookup: Lookup, chooser: Chooser) -> _Columns:
    labels = column_labels(row.grid)
    named = list(labels.values())
    crossing = [other.label for other in rows if other.table is row.table]
    found = fits(name, named, crossing, column_scores(named, asked, lookup))
    scores = logits(found, chooser.weights("columns", lookup))
    series = {} if years_in(name) else {number: _of_year(label, name) for number, label in labels.items()}
    return _Columns(dict(zip(labels, found, strict=True)), dict(zip(labels, scores, strict=True)), series)


def _of_year(label: Label, name: str) -> _OfYear:
    told = frozenset(content(label.whole, language_of(name)))
    return _OfYear(told, max(years_in(label.whole), default=""))


def _of_row(
    name: str, row: _Row, fit: Fit, likely: float, columns: _Columns, called: Callable[[str], str]
) -> Iterator[Meant]:
    """Yield the cells of a row that have a value; the columns in which it has none are not meant."""
    for number, share in columns.meant(row.values).items():
        header = row.grid.column_header(number)
        both = likely * share
        look = partial(_seen, name, row, header, fit, columns.fits[number], called)
        yield Meant(row.hit, row.table, row.values[number], row.grid.row_header(row.number), header, both, look)


def _seen(
    name: str,
    row: _Row,
    header: Sequence[Cell],
    fit: Fit,
    column: Fit,
    called: Callable[[str], str],
    likely: float,
) -> Seen:
    language = language_of(name)
    same_time = fit.same_year or column.same_year  # however that is written
    asked = content(without_parts_of_years(name) if same_time else name, language)
    named = content(" ".join([called(row.hit.document), row.label.whole, *(cell.text for cell in header)]), language)
    return Seen(
        likely=log(max(likely, _LEAST) / max(1 - likely, _LEAST)),
        literal=fit.literal,
        asked=fit.asked,
        asked_column=column.asked,
        said=len(asked & named) / max(len(asked), 1),
        other_year=float(max(fit.other_year, column.other_year)),
    )


def _alike(asked: Vectors, texts: Sequence[str], lookup: Lookup) -> list[float]:
    return [float(value) for value in lookup.embed(texts) @ asked]
