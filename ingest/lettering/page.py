"""The text of a page with what its setting says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.lettering.changes import Changes, written
from ingest.lettering.raised import mark_raised

if TYPE_CHECKING:
    from ingest.lettering.changes import Lettering
    from ingest.tables.sheet import Glyph


def rewritten(text: str, page: Lettering) -> tuple[str, tuple[Glyph, ...]]:
    """Return the text of a page and its glyphs with what is raised, lowered and struck out told apart.

    Args:
        text: of the page, its characters repaired.
        page: how the characters are set.
    """
    changes = Changes()
    mark_raised(page, changes)
    return written(text, page.glyphs, changes)
