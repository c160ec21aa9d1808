"""The values of a table that a name means together: a column, or a row along its columns.

Columns and rows are weighed alike, by the fits of their labels that single cells are found with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from rag_app.evidence.cells import likelihoods, row_scores, shipped
from rag_app.evidence.labels import Label, content, fits
from rag_app.evidence.members import Members
from rag_app.evidence.sheet import Sheet, beginnings
from rag_app.language.detector import language_of
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ingest import Table
    from rag_app.evidence.cells import Chooser, Lookup
    from rag_app.evidence.labels import Fit
    from rag_app.evidence.members import Member
    from rag_app.evidence.sheet import Figure
    from rag_app.types import Hit

_MOST_CELLS = 100_000  # of a table that is looked through
_ROWS = 400  # of a table whose labels are all read; of a longer one those that share a beginning with the name


@dataclass(frozen=True, slots=True)
class Series:
    """Values that belong together."""

    hit: Hit
    table: Table
    members: tuple[Member, ...]  # in the order of the table
    along: bool  # they are those of a row
    looked: int  # rows that were looked through, or columns
    likely: float  # that these are meant, 0 to 1


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A column, or a row with values along its columns."""

    sheet: Sheet
    number: int
    along: bool
    label: Label


def series_meant(
    name: str,
    tables: Sequence[tuple[Hit, Table]],
    lookup: Lookup,
    read: Callable[[str], Figure | None],
    *,
    figures: bool = True,
    days: bool = False,
    chooser: Chooser | None = None,
) -> Series | None:
    """Return the values that a name most likely means.

    Args:
        name: such as "each donation of Ana", "revenue from services in each year".
        tables: near the passages, those of the best passage first.
        lookup: encoders.
        read: what a cell comes to; None where it is no single figure.
        figures: whether only figures can be meant; else what stands in columns of words, and labels, too.
        days: whether `read` reads dates, which may stand in columns that name rows.
        chooser: weights; those of the program by default.

    Returns:
        None where nothing of the name stands by them, where a value is not understood, or where a table is too large.
    """
    if any(len(table.cells) > _MOST_CELLS for _, table in tables):
        return None
    language = language_of(name)
    asked, once = frozenset(content(name, language)), cache(read)
    sheets = [Sheet(hit, table, once, asked, language, days) for hit, table in tables]
    found = [one for sheet in sheets for one in _candidates(name, sheet, figures=figures)]
    if not found:
        return None
    weighed = _fits(name, found, lookup)
    likely = likelihoods(weighed, (chooser or shipped()).weights("rows", lookup))
    best = max(range(len(found)), key=lambda at: likely[at])
    return _series(name, found[best], likely[best], figures=figures)


def _series(name: str, meant: _Candidate, likely: float, *, figures: bool) -> Series | None:
    """Return the values of what is meant, as likely as the name stands by them."""
    found = Members(name, meant.sheet, meant.number, meant.label, along=meant.along, only_figures=figures)
    members = found.members()
    share = found.covered()
    if not members or not share:
        return None
    looked = len(meant.sheet.figures if meant.along else meant.sheet.body)
    return Series(meant.sheet.hit, meant.sheet.table, members, meant.along, looked, likely * (1 + share) / 2)


def _candidates(name: str, sheet: Sheet, *, figures: bool) -> Iterator[_Candidate]:
    columns = sheet.headers if figures and not sheet.of_days else {**sheet.label_headers, **sheet.headers}
    for number, label in columns.items():
        if not figures or number in sheet.figures:
            above = label.above or single_spaced(sheet.table.caption or "")
            yield _Candidate(sheet, number, along=False, label=Label(label.own, above))
    if len(sheet.figures) > 1:
        alone = _alone([label.own for label in sheet.labels.values()])
        for number, label in _near(name, sheet.labels).items():
            if label.own in alone and sum(sheet.value(number, column) is not None for column in sheet.figures) > 1:
                yield _Candidate(sheet, number, along=True, label=label)


def _alone(names: Sequence[str]) -> set[str]:
    """Return the names that one row has: what several have tells no row."""
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        (twice if name in seen else seen).add(name)
    return seen - twice


def _near(name: str, labels: Mapping[int, Label]) -> Mapping[int, Label]:
    """Return the labels that a name may mean: all of a short table, or those with a word that begins as one of it."""
    if len(labels) <= _ROWS:
        return labels
    asked = beginnings(name)
    near = ((number, label) for number, label in labels.items() if not asked.isdisjoint(beginnings(label.own)))
    return dict(islice(near, _ROWS))


def _fits(name: str, found: Sequence[_Candidate], lookup: Lookup) -> list[Fit]:
    """Return how the labels of columns and rows fit; words of the labels that cross them are not missed."""
    labels = [one.label for one in found]
    scores = row_scores(name, labels, lookup.embed([name])[0], lookup)
    fitting: list[Fit] = []
    start = 0
    while start < len(found):
        end = start
        one = found[start]
        while end < len(found) and found[end].sheet is one.sheet and found[end].along == one.along:
            end += 1
        crossing = _crossing(one)
        fitting += fits(name, labels[start:end], crossing, scores[start:end])
        start = end
    return fitting


def _crossing(one: _Candidate) -> list[Label]:
    sheet = one.sheet
    if one.along:
        return [*sheet.headers.values(), *sheet.label_headers.values()]
    said = {stem for stems in sheet.having.values() for stem in stems}
    return [*sheet.label_headers.values(), Label(" ".join(sorted(said)))]
