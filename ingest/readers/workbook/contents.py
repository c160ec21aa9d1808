"""The sheets of a workbook as their texts, and what there is to say of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from ingest.compose import shortened
from ingest.numbers import name_pages
from ingest.readers.workbook.calculate import Calculation, Spot
from ingest.readers.workbook.cells import Area, Cell, Grid, Value, cells_of, letters_of, name_of, shown
from ingest.readers.workbook.comments import Comment, comments_of
from ingest.readers.workbook.formula import NotUnderstoodError
from ingest.readers.workbook.layout import Hidden, moved
from ingest.remarks import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.readers.workbook.book import Book, Sheet

_MOST_VALUES = 1_000_000  # cells of a workbook by which formulas are worked out
_MOST_FORMULAS = 100_000
_LONGEST_FORMULA = 100  # characters that are written where its value is not known
_MOST_BLANK = 1_000  # cells of a sheet that show nothing of what they hold
_MOST_NAMED = 20  # parts that a remark names
_LONGEST_DETAIL = 800  # characters of it


@dataclass(slots=True)
class Page:
    """A sheet as its texts by row and column, from 0."""

    name: str
    hidden: bool
    texts: dict[int, dict[int, str]]
    merged: Sequence[Area]
    unseen: Hidden
    blank: Sequence[str]  # what cells hold that show nothing of it: "B5: 14"
    comments: Sequence[Comment]

    def said_of(self, comment: Comment) -> str:
        """Return a comment as it is written, with its cell and the label of that row."""
        row = self.texts.get(comment.row, {})
        label = next((row[at] for at in sorted(row)), "")
        near = dict.fromkeys(filter(None, (label, row.get(comment.column, ""))))
        by = f" ({comment.author})" if comment.author else ""
        place = ", ".join([name_of((comment.row, comment.column)), *near])
        return f"Comment{by} on {place}: {' '.join(comment.text.split())}"


class Contents:
    """What a workbook shows."""

    def __init__(self, book: Book) -> None:
        """Read all sheets of an opened workbook."""
        self._book = book
        self._waiting: dict[Spot, tuple[Page, Cell]] = {}
        self._counts: Counter[str] = Counter()
        self.pages = [self._page(sheet) for sheet in book.sheets]
        self._work_out()
        for page in self.pages:
            moved(page.texts, page.merged, page.unseen)

    def _page(self, sheet: Sheet) -> Page:
        grid = Grid()
        texts: dict[int, dict[int, str]] = {}
        blank: list[str] = []
        page = Page(sheet.name, sheet.hidden, texts, (), Hidden((), ()), blank, comments_of(self._book, sheet))
        for cell in cells_of(self._book, sheet, grid):
            if cell.formula is not None and self._has_to_be_worked_out(cell):
                self._waiting[sheet.name.casefold(), cell.row, cell.column] = page, cell
                continue
            said = self._shown(cell, cell.value)
            if said.strip():
                texts.setdefault(cell.row, {})[cell.column] = said
            elif cell.value and len(blank) < _MOST_BLANK:
                blank.append(f"{name_of((cell.row, cell.column))}: {cell.value}")
        page.merged = sorted(grid.merged, key=attrgetter("top"))
        page.unseen = Hidden(grid.hidden_rows, frozenset(at for columns in grid.hidden_columns for at in columns))
        return page

    def _shown(self, cell: Cell, value: Value) -> str:
        return shown(cell, value, since_1904=self._book.since_1904)

    def _has_to_be_worked_out(self, cell: Cell) -> bool:
        stands_in = self._book.computed_anew and cell.kind == "n" and cell.value == 0
        return cell.value is None or stands_in

    def _work_out(self) -> None:
        """Write what formulas come to, or the formulas themselves."""
        calculation = self._calculation() if self._waiting else None
        for spot, (page, cell) in self._waiting.items():
            texts = page.texts.setdefault(cell.row, {})
            try:
                if calculation is None:
                    raise NotUnderstoodError
                value = calculation.value(spot)
            except NotUnderstoodError:
                self._counts["not_worked_out"] += 1
                texts[cell.column] = shortened(f"={cell.formula.text if cell.formula else ''}", _LONGEST_FORMULA)
                continue
            self._counts["worked_out"] += 1
            said = str(value) if spot in calculation.faults else self._shown(cell, value)
            if said.strip():
                texts[cell.column] = said
            elif not texts:
                del page.texts[cell.row]

    def _calculation(self) -> Calculation | None:
        """Return the cells by which formulas are worked out; None where these are too many."""
        if len(self._waiting) > _MOST_FORMULAS:
            return None
        values: dict[Spot, Value] = {}
        faults: dict[Spot, str] = {}
        for sheet in self._book.sheets:
            for cell in cells_of(self._book, sheet, Grid()):
                spot = sheet.name.casefold(), cell.row, cell.column
                if spot not in self._waiting:
                    values[spot] = cell.value
                    if cell.kind == "e":
                        faults[spot] = str(cell.value)
                if len(values) > _MOST_VALUES:
                    return None
        formulas = {spot: cell.formula for spot, (_, cell) in self._waiting.items() if cell.formula is not None}
        calculation = Calculation(values, formulas, self._book.defined)
        calculation.faults |= faults
        return calculation

    @property
    def remarks(self) -> list[Remark]:
        """What is hidden, and which formulas had no value."""
        named = [name for page in self.pages for name in _unseen(page)]
        more = [f"and {len(named) - _MOST_NAMED:,} more"] if len(named) > _MOST_NAMED else []
        found = (
            [Remark("not_shown", detail=shortened("; ".join([*named[:_MOST_NAMED], *more]), _LONGEST_DETAIL))]
            if named
            else []
        )
        if self._counts["worked_out"]:
            found.append(Remark("worked_out", detail=f"{self._counts['worked_out']:,}"))
        if self._counts["not_worked_out"]:
            found.append(Remark("not_worked_out", detail=f"{self._counts['not_worked_out']:,}"))
        return found


def _unseen(page: Page) -> Iterator[str]:
    """Yield the parts of a sheet that hold something and are not shown, by name."""
    name = f"“{shortened(' '.join(page.name.split()), 40)}”"
    if page.hidden:
        yield f"sheet {name}"
        return
    rows = [row + 1 for row in sorted(page.texts) if row in page.unseen.rows]
    columns = sorted({at for row in page.texts.values() for at in row if at in page.unseen.columns})
    if rows:
        yield f"{name_pages(rows, 'row')} of {name}"
    if columns:
        letters = ", ".join(map(letters_of, columns[:_MOST_NAMED]))
        yield f"column{'s' * (len(columns) > 1)} {letters} of {name}"
    if page.blank:
        yield f"{len(page.blank):,} cell{'s' * (len(page.blank) > 1)} of {name} whose format shows nothing"
