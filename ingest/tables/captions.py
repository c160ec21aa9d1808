"""Names the tables of a page by the lines around their rows."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.caption import Above, said_above
from ingest.lexicon import any_of
from ingest.table import sizes
from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.lexicon import Lexicon
    from ingest.table import Table

_MOST_ABOVE = 3  # lines
_MOST_BELOW = 2
_LONGEST = 300  # characters of a line that numbers a table
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")


def with_captions(text: str, tables: Sequence[Table], lexicon: Lexicon) -> tuple[Table, ...]:
    """Return the tables of a page with what the lines above and below them say of them.

    Args:
        text: of the page.
        tables: in the order of the text.
        lexicon: the words of units, and those that number tables.
    """
    named = []
    for table in tables:
        places = [cell for cell in table.cells if cell.end > cell.start]
        first, last = min(cell.start for cell in places), max(cell.end for cell in places)
        above, below = _above(text, first), _below(text, last)
        numbered = _numbered(lexicon)
        own = next((line for line in (*reversed(above), *below) if numbered.match(line)), "")
        at = above.index(own) if own in above else len(above)
        said = said_above(Above((own, *above[at + 1 :]), above[:at], "", ""), _over_all(table), lexicon)
        named.append(replace(table, caption=said.caption, unit=said.unit))
    return tuple(named)


def _above(text: str, first: int) -> list[str]:
    """Return the last lines before a table; of one that announces it only the last sentence."""
    lines: list[str] = []
    for line in reversed(text[: text.rfind("\n", 0, first) + 1].split("\n")):
        if CELL in line or len(lines) == _MOST_ABOVE:
            break
        if line:
            lines.insert(0, _SENTENCE.split(line)[-1] if line.endswith(":") else line)
    return lines


def _below(text: str, last: int) -> list[str]:
    end = text.find("\n", last)
    lines = (
        [line for line in text[end + 1 :].split("\n", 2 * _MOST_BELOW)[: 2 * _MOST_BELOW] if line] if end >= 0 else []
    )
    return lines[:_MOST_BELOW]


def _over_all(table: Table) -> list[str]:
    """Return the header cells that may name the unit of all figures: those of the first column, and single ones."""
    width = sizes(table.cells)[1]
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        if cell.header:
            rows.setdefault(cell.row, []).append(cell.text)
    first = [cell.text for cell in table.cells if cell.header and cell.column == 0]
    single = [
        cell.text for cell in table.cells if cell.header and len(rows[cell.row]) == 1 and cell.column_span >= width - 1
    ]
    return [*first, *single]


@lru_cache(8)
def _numbered(lexicon: Lexicon) -> re.Pattern[str]:
    """Return the expression of a line that numbers a table: "Table 3"."""
    return re.compile(rf"(?=.{{3,{_LONGEST}}}$){any_of(lexicon.markers)}\s+[A-Z]{{0,3}}[.-]?[\dIVXA-Z]")
