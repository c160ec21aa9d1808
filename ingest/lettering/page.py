"""The text of a page with what its setting says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lettering.changes import Changes, written
from ingest.lettering.columns import read_by_columns
from ingest.lettering.margin import leave_out_numbers
from ingest.lettering.raised import mark_raised
from ingest.lettering.struck import mark_struck
from ingest.lettering.turned import set_turned_apart

if TYPE_CHECKING:
    from ingest.lettering.changes import Lettering
    from ingest.tables.sheet import Glyph


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The text of a page, and its glyphs as they stand in it."""

    text: str
    glyphs: tuple[Glyph, ...]
    struck: bool  # marks stand around words that a line runs through
    numbered: bool  # numbers of its lines are left out


def rewritten(text: str, page: Lettering) -> Rewritten:
    """Return the text of a page with what is raised, lowered and struck out told apart.

    Args:
        text: of the page, its characters repaired.
        page: how the characters are set.
    """
    changes = Changes()
    mark_raised(page, changes)
    mark_struck(page, changes)
    set_turned_apart(page, changes)
    leave_out_numbers(page, changes)
    read_by_columns(page, changes)
    text, glyphs = written(text, page.glyphs, changes)
    return Rewritten(text, glyphs, changes.struck, bool(changes.dropped))
