"""Documents that lie in a file: they come and go with it, and their paths follow from its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.types import INSIDE
from rag_app.storage.connection import encode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rag_app.storage.database import Database
    from rag_app.storage.paths import Paths

# A row of `paths` that is a file, or a document in it; the space of `INSIDE` and what comes after it bound their names.
OF_FILE = """(path = CAST(:path AS TEXT) OR (
    path > CAST(:first AS TEXT) AND path < CAST(:last AS TEXT)
    AND document IN (
        SELECT d.id FROM documents d JOIN paths p ON p.document = parent WHERE p.path = CAST(:path AS TEXT))))"""

_MISPLACED = """
    SELECT path FROM documents d WHERE (parent IS NULL) != (member = '') OR (parent IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM paths p WHERE p.document = d.parent AND substr(d.path, 1, length(p.path) + ?) = p.path || ?))"""


def names_of(path: str) -> dict[str, bytes]:
    """Return the parameters of `OF_FILE` for the file at `path`."""
    first = encode(f"{path}{INSIDE}")
    return {"path": encode(path), "first": first, "last": first[:-1] + bytes([first[-1] + 1])}


def members_of(database: Database, key: int | None) -> list[int]:
    """Return the ids of the documents that lie in a file, in order."""
    return [member for (member,) in database.rows("SELECT id FROM documents WHERE parent = ? ORDER BY id", key)]


def is_member(database: Database, key: int) -> bool:
    """Tell whether a document lies in a file, and is none itself."""
    return bool(database.value("SELECT parent IS NOT NULL FROM documents WHERE id = ?", key))


def misplaced(database: Database) -> list[str]:
    """Return the paths of documents that lie in a file and are not called so, or the other way round."""
    return [path for (path,) in database.rows(_MISPLACED, len(INSIDE), INSIDE)]


def paths_inside(
    paths: Paths, name: str, files: Mapping[str, int], key: int | None, avoid: Collection[str] = ()
) -> dict[str, int]:
    """Return the paths of a document in a file, with the times of that; a real file of such a name keeps it.

    Args:
        paths: of all documents.
        name: of the document in its file.
        files: the time of each path of the file.
        key: of the document; None for a new one.
        avoid: paths that files are about to get.
    """
    before, inside, last = name.rpartition(INSIDE)
    found, n = name, 1
    while any(
        path in avoid or paths.key(path) not in (None, key) for path in (f"{file}{INSIDE}{found}" for file in files)
    ):
        n += 1
        found = f"{before}{inside}({n}) {last}"
    return {f"{file}{INSIDE}{found}": time for file, time in files.items()}
