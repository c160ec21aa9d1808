"""What a table is: cells in rows and columns, with their places in the text."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, from the top left corner of the page as it is read."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table; a cell without text isn't kept unless it spans others."""

    text: str  # on one line
    row: int  # of its upper left corner, from 0
    column: int  # from 0
    row_span: int  # rows that it takes, at least 1
    column_span: int  # columns that it takes, at least 1
    header: bool  # names rows or columns
    start: int  # offset into the text of the page (`Document.tables`: of the document), in characters
    end: int  # `start` where it has no text
    box: Box | None = None  # of its text, where it is known


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document."""

    page: int  # where it begins, from 1
    page_end: int  # where it ends
    caption: str | None  # the line above or below that names it
    unit: str | None  # of its figures, as printed: "in thousands of euros"
    cells: tuple[Cell, ...]  # row by row, from left to right
    box: Box | None = None  # on the page where it begins
