"""Tags: words that the user gives to documents, kept in the library and nowhere else."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from rag_app.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rag_app.storage.database import Database

LONGEST = 64  # characters of a tag, or of another such name
_JOINERS = "\u200c\u200d"  # invisible, but part of Persian words and of emoji
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, invisible, half of a pair, line breaks


def tag_name(text: str) -> str:
    """Return the tag that `text` stands for: composed (NFC), without spaces around it.

    Raises:
        UsageError: it is empty, too long, or has characters that cannot be seen.
    """
    return label(text, "A tag", "Give a tag such as work or 2025.")


def tag_key(text: str) -> str:
    """Return what tells tags apart, whatever their case; raises as `tag_name`."""
    return label_key(tag_name(text))


def label(text: str, what: str, hint: str) -> str:
    """Return the name that a user gives to something: composed (NFC), without spaces around it.

    Raises:
        UsageError: it is empty, too long, or has characters that cannot be seen; `what` begins its message.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise UsageError(f"{what} is empty.", hint=hint)
    if any(unicodedata.category(character) in _REFUSED and character not in _JOINERS for character in name):
        raise UsageError(f"{what} has control characters or others that cannot be seen.", hint=hint)
    if len(name) > LONGEST:
        raise UsageError(f"{what} has {len(name):,} characters; at most {LONGEST} can be used.", hint="Shorten it.")
    return name


def label_key(name: str) -> str:
    """Return what tells such names apart, whatever their case."""
    return unicodedata.normalize("NFC", name.casefold())


def retag(database: Database, document: int, add: Iterable[str], remove: Iterable[str]) -> None:
    """Give a document tags and take others from it, inside a transaction; one that it has keeps its spelling."""
    connection = database.connection
    connection.executemany("DELETE FROM tags WHERE document = ? AND key = ?", [(document, tag_key(t)) for t in remove])
    connection.executemany(
        "INSERT OR IGNORE INTO tags (document, key, name) VALUES (?, ?, ?)",
        [(document, tag_key(text), tag_name(text)) for text in add],
    )


def tags_of(database: Database, document: int) -> tuple[str, ...]:
    """Return the tags of a document, sorted."""
    rows = database.rows("SELECT name FROM tags WHERE document = ? ORDER BY key", document)
    return tuple(name for (name,) in rows)


def all_tags(database: Database) -> dict[int, tuple[str, ...]]:
    """Return the tags of each document that has any, sorted, by its id."""
    found: dict[int, tuple[str, ...]] = {}
    for document, name in database.rows("SELECT document, name FROM tags ORDER BY document, key"):
        found[document] = (*found.get(document, ()), name)
    return found
