"""Which titles of files say something."""

from __future__ import annotations

import re

from ingest.compose import flat, shortened

_LONGEST = 300  # characters
_FEWEST_LETTERS = 3
_SAYS_NOTHING = re.compile(
    r"(?:microsoft )?(?:word|powerpoint|excel|office)?\s*(?:document|presentation|workbook|slide|book|sheet)\s*\d*|"
    r"untitled.*|\S+\.\w{2,5}",
    re.IGNORECASE,
)


def stated_title(text: str | None) -> str:
    """Return the title that a file states, or "" where it is a program's and not the author's."""
    title = flat(text or "")
    letters = sum(character.isalpha() for character in title)
    return "" if letters < _FEWEST_LETTERS or _SAYS_NOTHING.fullmatch(title) else shortened(title, _LONGEST)
