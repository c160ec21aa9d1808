"""What a document is called: the title that its file states, after the file's name where that says more."""

from __future__ import annotations

import re
from pathlib import PurePath

from ingest.compose import flat, shortened
from ingest.files import stem

_LONGEST = 300  # characters
_FEWEST_LETTERS = 3
_SAYS_NOTHING = re.compile(
    r"(?:microsoft )?(?:word|powerpoint|excel|office)?\s*(?:document|presentation|workbook|slide|book|sheet)\s*\d*|"
    r"untitled.*|\S+\.\w{2,5}",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W_]+")


def stated_title(text: str | None) -> str:
    """Return the title that a file states, or "" where it is a program's and not the author's."""
    title = flat(text or "")
    letters = sum(character.isalpha() for character in title)
    return "" if letters < _FEWEST_LETTERS or _SAYS_NOTHING.fullmatch(title) else shortened(title, _LONGEST)


def titled(path: str, title: str) -> str:
    """Return `title`, after the file's name unless its words are in it: a name often holds the year or version."""
    name = stem(PurePath(path))
    said = set(_WORDS.findall(title.casefold()))
    whole = title if said.issuperset(_WORDS.findall(name.casefold())) else f"{name}: {title}"
    return shortened(whole, _LONGEST)
