"""The text of a page with what its setting says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lettering.changes import Changes, written
from ingest.lettering.raised import mark_raised
from ingest.lettering.struck import mark_struck

if TYPE_CHECKING:
    from ingest.lettering.changes import Lettering
    from ingest.tables.sheet import Glyph


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The text of a page, and its glyphs as they stand in it."""

    text: str
    glyphs: tuple[Glyph, ...]
    struck: bool  # marks stand around words that a line runs through


def rewritten(text: str, page: Lettering) -> Rewritten:
    """Return the text of a page with what is raised, lowered and struck out told apart.

    Args:
        text: of the page, its characters repaired.
        page: how the characters are set.
    """
    changes = Changes()
    mark_raised(page, changes)
    mark_struck(page, changes)
    text, glyphs = written(text, page.glyphs, changes)
    return Rewritten(text, glyphs, changes.struck)
