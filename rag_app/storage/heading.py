"""What stands over a document's passages where they are searched and read: its title, and its file's name."""

from __future__ import annotations

from pathlib import PurePath

from ingest import stem
from rag_app.language.words import written_words


def heading(path: str, title: str) -> str:
    """Return a document's title, after its file's name unless the title has its words: a name may hold the year."""
    name = stem(PurePath(path))
    said = set(written_words(title.casefold()))
    return title if said.issuperset(written_words(name.casefold())) else f"{name}: {title}"
