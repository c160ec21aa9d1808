"""The values that a question names together: those of one row, of one column, or of both: "in 2018 and 2019".

A row or a column beside the likeliest one is meant as well if the question has all the words and years that tell the
two apart, those of either. That holds in any language, and needs no model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.evidence.labels import content
from rag_app.evidence.members import years_meant
from rag_app.language.dates import years_in
from rag_app.language.detector import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest import Cell
    from rag_app.evidence.cells import Meant
    from rag_app.language.language import Language

_MOST = 24  # values


def named_together(question: str, found: Sequence[Meant]) -> list[Meant]:
    """Return the likeliest of some cells with those of its table that a question names as well, in reading order.

    Args:
        question: as it is asked.
        found: all cells that may be meant, likeliest first.
    """
    best, language = found[0], language_of(question)
    asked = content(question, language) | years_meant(question, language)
    near = [one for one in found if one.table is best.table]
    columns = {
        one.cell.column for one in near if one.cell.row == best.cell.row and _is_named(asked, one, best, language)
    }
    rows = {
        one.cell.row for one in near if one.cell.column == best.cell.column and _is_named(asked, one, best, language)
    }
    together = [
        one
        for one in near
        if one.cell.row in rows | {best.cell.row} and one.cell.column in columns | {best.cell.column}
    ]
    return sorted(together, key=lambda one: (one.cell.row, one.cell.column)) if len(together) <= _MOST else [best]


def _is_named(asked: set[str], one: Meant, best: Meant, language: Language) -> bool:
    """Tell whether a question has what tells the names of two cells apart."""
    ours, theirs = (_told(_called(cell.labels), language) for cell in (best, one))
    apart = ours ^ theirs
    return bool(ours - theirs) and bool(theirs - ours) and apart <= asked


def _called(labels: Iterable[Cell]) -> str:
    return " ".join(cell.text for cell in labels)


def _told(text: str, language: Language) -> set[str]:
    """Return what a text names: the stems of its words, and its years."""
    return content(text, language) | set(years_in(text))
