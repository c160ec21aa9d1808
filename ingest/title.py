"""What a document is called: its own title, after its file's name where that says more."""

from __future__ import annotations

import re
from pathlib import PurePath

_WORDS = re.compile(r"[^\W_]+")


def titled(path: str, title: str) -> str:
    """Return `title`, after the file's name unless its words are in it: a name often holds the year or version."""
    stem = PurePath(path).stem
    said = set(_WORDS.findall(title.casefold()))
    return title if said.issuperset(_WORDS.findall(stem.casefold())) else f"{stem}: {title}"
