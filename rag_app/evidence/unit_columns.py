"""The columns of a table that say units, not values: "Result | Unit"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.language.vocabulary import every
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from ingest import Grid


def unit_heads() -> frozenset[str]:
    """Return what such a column is called, in any language."""
    return every(lambda language: language.measures.units)


def unit_columns(grid: Grid) -> frozenset[int]:
    """Return which columns of a table are called units."""
    headers = {column: grid.column_header(column)[-1:] for column in range(grid.width)}
    return frozenset(
        column
        for column, header in headers.items()
        if any(single_spaced(cell.text).casefold() in unit_heads() for cell in header)
    )
