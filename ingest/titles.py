"""Which titles of files say something."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.compose import flat, shortened
from ingest.lexicon import Lexicon, any_of

_LONGEST = 300  # characters
_FEWEST_LETTERS = 3


def stated_title(text: str | None, lexicon: Lexicon) -> str:
    """Return the title that a file states, or "" where it is a program's and not the author's."""
    title = flat(text or "")
    letters = sum(character.isalpha() for character in title)
    return "" if letters < _FEWEST_LETTERS or _says_nothing(lexicon).fullmatch(title) else shortened(title, _LONGEST)


@lru_cache(8)
def _says_nothing(lexicon: Lexicon) -> re.Pattern[str]:
    new, untitled = any_of(lexicon.new_files), any_of(lexicon.untitled)
    return re.compile(
        rf"(?:microsoft )?(?:word|powerpoint|excel|office)?\s*{new}\s*\d*|{untitled}(?![^\W\d_]).*|\S+\.\w{{2,5}}",
        re.IGNORECASE,
    )
