"""What stands over a document's passages where they are searched and read: its title, and its file's name."""

from __future__ import annotations

import re
from pathlib import PurePath

from ingest import stem

_WORD = re.compile(r"[^\W_]+")


def heading(path: str, title: str) -> str:
    """Return a document's title, after its file's name unless the title has its words: a name may hold the year."""
    name = stem(PurePath(path))
    said = set(_WORD.findall(title.casefold()))
    return title if said.issuperset(_WORD.findall(name.casefold())) else f"{name}: {title}"
