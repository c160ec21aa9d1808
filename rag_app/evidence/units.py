"""The unit or scale of a cell: of its column, its row, its table, or the lines above that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import PAGE_BREAK
from rag_app.evidence.cells import span
from rag_app.language.reading import unit_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest import Document
    from rag_app.evidence.cells import Meant

_ABOVE = 300  # characters before a table in which it says its unit


def unit_of(meant: Meant, document: Document) -> str:
    """Return the unit of a cell as it is written, "in thousands"; "" where there is none, or the cell has its own."""
    if any(sign in meant.cell.text for sign in "%‰"):
        return ""
    return next((unit.rstrip(".,;:") for text in _said(meant, document) if (unit := unit_in(text))), "")


def _said(meant: Meant, document: Document) -> Iterator[str]:
    yield from (cell.text for cell in reversed(meant.column))
    yield from (cell.text for cell in reversed(meant.row))
    yield meant.table.unit or ""
    yield meant.table.caption or ""
    start, _ = span(meant.table)
    lines = document.text[max(start - _ABOVE, 0) : start].rpartition(PAGE_BREAK)[2].split("\n")
    yield from reversed(lines)
