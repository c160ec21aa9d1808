"""An answer that is one cell of a table: its value with its unit, and the label and headers under which it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import stem
from rag_app.answering.excerpt import cited, together
from rag_app.evidence.called_so import may_be
from rag_app.evidence.cells import Lookup, cells_meant, tables_near
from rag_app.evidence.choose import hidden_spans
from rag_app.evidence.guard import harmless
from rag_app.evidence.injection import order_spans
from rag_app.evidence.several import named_together
from rag_app.evidence.units import unit_of
from rag_app.evidence.windows import Window
from rag_app.proof.cell_meant import shipped
from rag_app.proof.quotes import parenthesised
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest import Cell, Document, Table
    from rag_app.answering.stages import Stages
    from rag_app.evidence.cells import Meant
    from rag_app.evidence.windows import Span
    from rag_app.types import Citation, Hit

_OPENING = 600  # characters at the beginning of a document that say whose it is
_OPENING_SHARE = 20  # and of so many characters one at most: in a short one they say more than that
_LONGEST = 40  # words of a cell that is an answer


@dataclass(frozen=True, slots=True)
class InCell:
    """A value that stands in a cell, or several that are asked for together."""

    text: str
    citations: tuple[Citation, ...]
    likely: float  # that it is what is asked for, 0 to 1
    value: str
    window: Window  # its row, read out
    meant: tuple[Meant, ...]  # its cell, or those of several
    fits: bool = True  # it may be what is asked for, by what it measures

    @property
    def several(self) -> bool:
        """Whether it is more than one value."""
        return len(self.meant) > 1

    @property
    def other_time(self) -> bool:
        """Whether its labels name another time than the question does."""
        return any(one.seen.other_year > 0 for one in self.meant)

    @property
    def called(self) -> str:
        """What it is called, or what all of several are."""
        return "; ".join(map(called, self.meant))


def in_cell(question: str, hits: Sequence[Hit], stages: Stages) -> InCell | None:
    """Return the value of the cell that a question means, or those that it names together.

    None where no table has such a cell.
    """
    lookup = lookup_of(stages)
    found = cells_meant(question, tables_near(hits, stages.tables), lookup)
    if not found:
        return None
    asked = named_together(question, found)
    document = stages.read(found[0].hit.document)
    if not all(_is_quotable(one, document) and len(one.cell.text.split()) <= _LONGEST for one in asked):
        return None
    values = [value_said(one, document) for one in asked]
    if not all(values):
        return None  # all of one is markup
    seen = found[0].look(min(sum(one.likely for one in asked), 1.0))
    likely = shipped().probability(seen, lookup.embedder, lookup.reranker)
    citations = proof(asked, document)
    read_out = "; ".join(f"{called(one)}: {value}" for one, value in zip(asked, values, strict=True))
    window = Window(found[0].hit, tuple(lines_of([one.cell for one in asked], found[0].table)), read_out)
    fits = may_be(question, read_out)
    said = _said(asked, values, citations)
    return InCell(said, citations, likely, "; ".join(values), window, tuple(asked), fits)


def _said(asked: Sequence[Meant], values: Sequence[str], citations: Sequence[Citation]) -> str:
    """Return a value with a line that says what it is called, or several each on a line after what it is called."""
    if len(asked) == 1:
        markers = "".join(f"[{one.marker}]" for one in citations)
        return "\n".join(f"{line} {markers}" for line in (values[0], called(asked[0])) if line)
    lines = []
    for one, value in zip(asked, values, strict=True):
        own = lines_of([one.cell, *one.labels], one.table)
        markers = "".join(f"[{at.marker}]" for at in citations if any(at.start <= start < at.end for start, _ in own))
        lines.append(f"{called(one)}: {value} {markers}")
    return "\n".join(lines)


def best_cell(name: str, hits: Sequence[Hit], stages: Stages) -> tuple[Meant, float] | None:
    """Return the cell of the tables round some passages that a name means most likely, and how likely it means it.

    None where no table has such a cell, or where its document cannot be quoted for it.
    """
    lookup = lookup_of(stages)
    found = cells_meant(name, tables_near(hits, stages.tables), lookup)
    if not found or not _is_quotable(found[0], stages.read(found[0].hit.document)):
        return None
    return found[0], shipped().probability(found[0].seen, lookup.embedder, lookup.reranker)


def _is_quotable(meant: Meant, document: Document) -> bool:
    """Tell whether a cell stands in the text, and none of the lines that prove it is hidden or gives orders."""
    stored = document.text[meant.cell.start : meant.cell.end]
    if "".join(stored.split()) != "".join(meant.cell.text.split()):
        return False  # the document has changed since its tables were read
    lines = lines_of([meant.cell, *meant.labels], meant.table)
    hidden = hidden_spans(document)
    if any(begin < end and start < stop for start, end in lines for begin, stop in hidden):
        return False
    return not order_spans("\n".join(document.text[start:end] for start, end in lines))


def lookup_of(stages: Stages) -> Lookup:
    """Return what cells are looked up with."""
    models = stages.models.embedder, stages.numbers().model
    return Lookup(*models, stages.embed, stages.score, lambda path: _named(stages.read(path)))


def _named(document: Document) -> str:
    """Return what a document is called: its name, its title, and how it begins."""
    opening = document.text[: min(_OPENING, len(document.text) // _OPENING_SHARE)]
    return f"{stem(PurePath(document.path))} {document.title} {opening}"


def value_said(meant: Meant, document: Document) -> str:
    """Return the value of a cell with its unit, as both are written."""
    value, unit = parenthesised(harmless(single_spaced(meant.cell.text))), unit_of(meant, document)
    return f"{value} ({parenthesised(harmless(unit))})" if unit else value


def called(meant: Meant) -> str:
    """Return what a cell is called: its row, after what that stands under, and its column."""
    row = " > ".join(single_spaced(cell.text) for cell in meant.row)
    column = " ".join(single_spaced(cell.text) for cell in meant.column)
    return parenthesised(harmless(", ".join(filter(None, (row, column)))))


def proof(meant: Sequence[Meant], document: Document, first: int = 1) -> tuple[Citation, ...]:
    """Return the citations of cells of a table: their rows, with the lines of headers and of what rows stand under."""
    table = meant[0].table
    rows = lines_of([one.cell for one in meant], table)
    lines = sorted({*rows, *lines_of([label for one in meant for label in one.labels], table)})
    groups = list(together(lines, document))
    groups.sort(key=lambda group: rows[0] not in group)  # stable: the one with the value, then from top to bottom
    return tuple(cited(first + at, meant[0].hit, group, document) for at, group in enumerate(groups))


def lines_of(cells: Iterable[Cell], table: Table) -> list[Span]:
    """Return the lines of the text that hold some cells: all of each row in which one begins."""
    rows = {cell.row for cell in cells if cell.end > cell.start}
    return [table.lines[row] for row in sorted(rows)]
