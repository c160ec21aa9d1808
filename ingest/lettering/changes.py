"""Writes into the text of a page what its setting says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.tables.align import places_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.sheet import Glyph, Letter, Rule


@dataclass(frozen=True, slots=True)
class Lettering:
    """The characters of a page, how each is set, and the lines among them."""

    glyphs: tuple[Glyph, ...]  # in the order of the file
    letters: tuple[Letter, ...]  # of the glyphs
    across: tuple[Rule, ...]  # horizontal lines


@dataclass(slots=True)
class Changes:
    """What of a page's text is to be written otherwise; glyphs by their numbers."""

    texts: dict[int, str] = field(default_factory=dict)  # of glyphs; "" leaves them out
    gaps: dict[int, str] = field(default_factory=dict)  # the white space before glyphs
    levels: dict[int, int] = field(default_factory=dict)  # glyphs that stand as high as others, as it is read
    struck: bool = False  # marks stand around words


def written(text: str, glyphs: Sequence[Glyph], changes: Changes) -> tuple[str, tuple[Glyph, ...]]:
    """Return the text of a page and its glyphs with `changes`; glyphs that are not found in the text stay as they are.

    Args:
        text: of the page, its characters repaired.
        glyphs: of the page.
        changes: of the glyphs.
    """
    places = places_of(text, glyphs)
    parts = list(text)
    new = list(glyphs)
    for number, own in changes.texts.items():
        if places[number]:
            first, *others = places[number]
            parts[first] = own
            for place in others:
                parts[place] = ""
            new[number] = glyphs[number]._replace(text=own)
    for number, gap in changes.gaps.items():
        before, after = places[number - 1], places[number]
        if before and after and not text[before[-1] + 1 : after[0]].strip():
            parts[before[-1] + 1 : after[0]] = [""] * (after[0] - before[-1] - 1)
            parts[after[0]] = gap + parts[after[0]]
            new[number] = new[number]._replace(spaced=gap != "")
    for number, base in changes.levels.items():
        new[number] = new[number]._replace(top=glyphs[base].top, bottom=glyphs[base].bottom)
    return "".join(parts), tuple(glyph for glyph in new if glyph.text)
