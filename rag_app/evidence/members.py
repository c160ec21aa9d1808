"""The cells of a column or row that a name means: of the rows and years it names, without totals and changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from rag_app.evidence.labels import content
from rag_app.evidence.totals import differences, totals
from rag_app.language.dates import is_year, year_places, years_in
from rag_app.language.days import dates_in
from rag_app.language.language import DEFAULT
from rag_app.language.vocabulary import alternatives
from rag_app.language.words import written_words
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest import Cell, Table
    from rag_app.evidence.labels import Label
    from rag_app.evidence.sheet import Sheet
    from rag_app.language.language import Language

_BESIDE = 50  # rows by which columns are told to be differences or totals of others
_LONGEST = 8  # words of a cell that tells a row apart
_PERCENT = "%"


@dataclass(frozen=True, slots=True)
class Member:
    """A value of a series."""

    table: Table
    cell: Cell
    row: tuple[Cell, ...]  # its label after those that it stands under
    column: tuple[Cell, ...]  # its headers, from top to bottom
    called: str  # what tells it from the others


@dataclass(frozen=True, eq=False)
class Members:
    """Takes the values of the column or row that is meant."""

    name: str
    sheet: Sheet
    number: int  # of the column, or of the row
    label: Label
    along: bool  # it is a row
    only_figures: bool

    def members(self) -> tuple[Member, ...]:
        """Return the values in the order of the table; none where one is not understood, or of another year only."""
        cells = [self.sheet.grid.rows[row][column] for row, column in (self._along() if self.along else self._down())]
        own = [cell for cell in cells if cell is not None]
        if self.only_figures:
            if any(map(self._unclear, own)):
                return ()
            own = [cell for cell in own if self.sheet.read(cell.text)]
        return tuple(map(self._member, own))

    def covered(self) -> float:
        """Return which share of the words and years of the name stand by the values; 0 where a proper name does not."""
        asked = self.sheet.asked
        left = self._missing - self._said_within()
        if any(word[0].isupper() and content(word, self.sheet.language) & left for word in written_words(self.name)):
            left = asked if self.sheet.language.code == DEFAULT else left  # where only names have capitals
        unsaid = bool(self._years) and not self.along and not self._years & self._named and self._rows_of_years is None
        return 1 - (len(left) + unsaid) / max(len(asked) + bool(self._years), 1)

    @cached_property
    def _years(self) -> set[str]:
        return years_meant(self.name, self.sheet.language)

    @cached_property
    def _named(self) -> set[str]:
        """The years of header, caption and document."""
        return set(years_in(f"{self.label.whole} {self.sheet.document}"))

    @cached_property
    def _missing(self) -> frozenset[str]:
        """The stems of the name that neither header, caption, headers of labels nor document have."""
        known = [self.label.whole, self.sheet.document, *(one.own for one in self.sheet.label_headers.values())]
        said = {stem for text in known for stem in content(text, self.sheet.language)}
        return self.sheet.asked - said

    @cached_property
    def _having(self) -> dict[int, frozenset[str]]:
        """The rows that have some of these, with those that they have."""
        return {row: stems & self._missing for row, stems in self.sheet.having.items() if stems & self._missing}

    def _said_within(self) -> set[str]:
        if self.along:
            return {stem for one in self.sheet.headers.values() for stem in content(one.own, self.sheet.language)}
        return {stem for stems in self._having.values() for stem in stems}

    def _down(self) -> list[tuple[int, int]]:
        """Return the places of a column, but for totals, and for rows without what the name says of some."""
        if self._years and set(years_in(self.label.own)) - self._years:
            return []
        rows = self._without_totals([row for row in self._of_values if self._begins(row)])
        for meant in (self._rows_named(rows), self._rows_of_years):
            if meant is not None:
                rows = [row for row in rows if row in meant]
        return [(row, self.number) for row in rows]

    @property
    def _of_values(self) -> Sequence[int]:
        """The rows under the headers: those with a label and values where there are any."""
        return list(self.sheet.labels) or self.sheet.body

    def _begins(self, row: int) -> bool:
        cell = self.sheet.grid.rows[row][self.number]
        return cell is not None and bool(cell.text) and (cell.row, cell.column) == (row, self.number)

    def _without_totals(self, rows: Sequence[int]) -> list[int]:
        sheet = self.sheet
        amounts = [one for one in sorted(sheet.figures) if not self._is_share(one)]
        column = self.number if self.number in sheet.figures else next(iter(amounts), None)
        if column is None or sheet.of_days:
            return list(rows)
        others = [one for one in amounts if one != column]
        adding = totals(
            [sheet.value(row, column) for row in rows],
            lambda at: [[sheet.value(row, one) for row in rows[: at + 1]] for one in others],
        )
        words = [one for one in sheet.headers if one not in sheet.figures]
        told = {rows[at] for at in adding if not any(sheet.cell(rows[at], one) for one in words)}
        return [row for row in rows if row not in told]

    def _rows_named(self, rows: Sequence[int]) -> set[int] | None:
        """Return the rows that have what the name says of some of them; None where it says nothing of these."""
        inside = {row: self._having[row] for row in rows if row in self._having}
        said = {stem for stems in inside.values() for stem in stems}
        telling = {stem for stem in said if sum(stem in stems for stems in inside.values()) < len(rows)}
        if not telling:
            return None
        whole = {row for row, stems in inside.items() if telling <= stems}
        return whole or {row for row, stems in inside.items() if telling & stems}

    @cached_property
    def _rows_of_years(self) -> set[int] | None:
        """The rows of the years of the name; None where all are of them, or where no row says any."""
        if not self._years or self._years & self._named:
            return None
        found = {row: {year for text in self._dating(row) for year in years_in(text)} for row in self.sheet.body}
        return {row for row, years in found.items() if years & self._years} if any(found.values()) else None

    def _dating(self, row: int) -> Iterator[str]:
        """Yield what may say the year of a row: its words, and its cells that are a year."""
        yield from self.sheet.texts(row)
        for column in self.sheet.figures - {self.number}:
            cell = self.sheet.cell(row, column)
            if cell and is_year(cell.text):
                yield cell.text
        if self.sheet.of_days and (own := self.sheet.cell(row, self.number)):
            yield own.text

    def _along(self) -> list[tuple[int, int]]:
        """Return the places of a row in columns of one kind, and of the years of the name."""
        columns = [number for number in sorted(self.sheet.figures) if self.sheet.cell(self.number, number)]
        columns = self._columns_named(self._of_one_kind(columns))
        years = {number: set(years_in(self.sheet.header(number))) for number in columns}
        if sum(len(named) == 1 for named in years.values()) > 1:
            columns = [number for number in columns if len(years[number]) == 1]
        elif self._years:
            return []
        else:
            columns = self._without_derived(columns)
        if self._years:
            columns = [number for number in columns if years[number] & self._years]
        return [(self.number, number) for number in columns]

    def _of_one_kind(self, columns: Sequence[int]) -> list[int]:
        """Return the columns that are shares as the first one is, or that are none as it is none."""
        shares = {number for number in columns if self._is_share(number)}
        return [number for number in columns if (number in shares) == (columns[0] in shares)]

    def _is_share(self, column: int) -> bool:
        """Tell whether a column is of percentages; of a row, whether its cell there is."""
        cell = self.sheet.cell(self.number, column) if self.along else None
        return _PERCENT in self.sheet.header(column) or (cell is not None and _PERCENT in cell.text)

    def _columns_named(self, columns: Sequence[int]) -> list[int]:
        """Return the columns whose headers have the words of the name that only some of them have."""
        said = {number: content(self.sheet.header(number), self.sheet.language) for number in columns}
        telling = {stem for stem in self._missing if 0 < sum(stem in stems for stems in said.values()) < len(columns)}
        return [number for number in columns if telling <= said[number]]

    def _without_derived(self, columns: Sequence[int]) -> list[int]:
        """Return the columns that are neither differences nor totals of those before."""
        rows = [self.number, *islice((row for row in self.sheet.body if row != self.number), _BESIDE)]
        lines = [[self.sheet.value(row, number) for number in columns] for row in rows]
        apart = differences(lines)
        left = [at for at in range(len(columns)) if at not in apart]
        own, *others = ([line[at] for at in left] for line in lines)
        adding = totals(own, lambda at: [line[: at + 1] for line in others])
        return [columns[at] for place, at in enumerate(left) if place not in adding]

    def _unclear(self, cell: Cell) -> bool:
        return any(map(str.isdigit, cell.text)) and self.sheet.read(cell.text) is None

    def _member(self, cell: Cell) -> Member:
        grid = self.sheet.grid
        called = self.sheet.header(cell.column) if self.along else self._called(cell)
        return Member(self.sheet.table, cell, grid.row_header(cell.row), grid.column_header(cell.column), called)

    def _called(self, cell: Cell) -> str:
        """Return what tells a row apart: its label, or where others have it or it is a date the words of the row."""
        labels = self.sheet.grid.row_header(cell.row)
        named = [single_spaced(one.text) for one in labels[-1:]]
        if not self._plain_labels:
            named += [single_spaced(text) for text in islice(self.sheet.texts(cell.row), len(labels), None)]
        own = single_spaced(cell.text)
        kept = [text for text in dict.fromkeys(named) if len(text.split()) <= _LONGEST and text != own]
        return ", ".join(kept or named[:1])

    @cached_property
    def _plain_labels(self) -> bool:
        """Whether each row has a label of its own that is no date."""
        own = [label.own for label in self.sheet.labels.values()]
        return len(set(own)) == len(own) and not any(one.day for text in own[:_BESIDE] for one in dates_in(text))


def years_meant(name: str, language: Language) -> set[str]:
    """Return the years of a name; from one to another all between them, unless "and" or a comma joins the two."""
    found = year_places(name)
    years = {match[0] for match in found}
    if len(found) == 2:
        between = name[found[0].end() : found[1].start()].strip()
        joined = re.fullmatch(rf",|{alternatives(language.kinds.both)}", between, re.IGNORECASE)
        first, last = int(found[0][0]), int(found[1][0])
        years |= set(map(str, range(first, last))) if not joined else set()
    return years
