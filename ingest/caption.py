"""What a table is called, and the unit of its figures, by what stands above it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.lexicon import Lexicon, any_of
from ingest.unit import says_only_a_unit, unit_in

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 300  # characters of a caption
_LONGEST_LINE = 150  # of a paragraph that is one
_MOST_LINES = 2  # of those
_SENTENCE_END = re.compile(r"[.!?;。！？]$")


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above a table on its page."""

    own: Sequence[str]  # its caption, and lines of it above its columns
    paragraphs: Sequence[str]  # the last ones before it, in order
    heading: str  # the last one before it; "" where there is none
    name: str  # of what it fills, as a sheet; "" where that has none


@dataclass(frozen=True, slots=True)
class Said:
    """What a table says of itself."""

    caption: str | None
    unit: str | None


def said_above(above: Above, headers: Sequence[str], lexicon: Lexicon) -> Said:
    """Return the caption and the unit of a table.

    Args:
        above: what stands above it.
        headers: its cells that may name the unit of all figures.
        lexicon: the words of units, and those that number tables.
    """
    own = [line for line in above.own if line]
    announcing = _announcing(above.paragraphs, lexicon)
    units = (unit_in(line, lexicon) for line in (*own, *announcing, *headers, above.heading))
    lines = (_naming(own, lexicon), _naming(announcing, lexicon), above.heading, above.name)
    caption = next(filter(None, lines), None)
    return Said(caption and caption[:_LONGEST].rstrip(), next(filter(None, units), None))


def _naming(lines: Sequence[str], lexicon: Lexicon) -> str:
    """Return the lines that say more than a unit, as one."""
    return " ".join(line for line in lines if not says_only_a_unit(line, lexicon))


def _announcing(paragraphs: Sequence[str], lexicon: Lexicon) -> list[str]:
    """Return the last paragraphs that announce what comes; such a one is a short line that is no sentence."""
    found: list[str] = []
    for line in reversed(paragraphs[-_MOST_LINES:]):
        sentence = _SENTENCE_END.search(line) and not _numbered(lexicon).match(line)
        if not line or "\n" in line or len(line) > _LONGEST_LINE or sentence:
            break
        found.insert(0, line)
    return found


@lru_cache(8)
def _numbered(lexicon: Lexicon) -> re.Pattern[str]:
    return re.compile(rf"{any_of(lexicon.markers)}\s+[\dIVXA-Z]")
