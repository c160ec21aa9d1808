"""The files behind the documents: where they are, and as what they were read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.errors import UsageError
from rag_app.storage.connection import as_number, encode
from rag_app.storage.database import altered
from rag_app.storage.members import OF_FILE, names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_app.storage.database import Database

# Whether its file can be read is not known from here: a copy may come in while another is stale.
_PUT_PATH = """
    INSERT INTO paths (path, document, mtime_ns) VALUES (CAST(? AS TEXT), ?, ?)
    ON CONFLICT (path) DO UPDATE SET document = excluded.document, mtime_ns = excluded.mtime_ns"""
_FILES = """
    SELECT f.path, sha256, bytes, mtime_ns FROM paths f JOIN documents d ON d.id = document WHERE parent IS NULL
    ORDER BY f.path"""


@dataclass(frozen=True, slots=True)
class FileState:
    """The file as it was when it was read; tells whether it has changed since."""

    sha256: str
    bytes: int
    mtime_ns: int  # as `kept_time` returns it


def kept_time(mtime_ns: int) -> int:
    """Return the time of a file, in nanoseconds since 1970, as it is kept: beyond 64 bits in 53 significant ones.

    Those are kept as floating-point numbers, which SQLite compares and sorts with the others.
    """
    return int(as_number(mtime_ns))


def is_exact(mtime_ns: int) -> bool:
    """Tell whether a time is kept to the nanosecond; others, before 1677 and after 2262, may hide a change."""
    return isinstance(as_number(mtime_ns), int)


class Paths:
    """Paths by which documents are known; a document has as many as there are files of its content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key(self, path: str) -> int | None:
        """Return the id of the document at `path`, or None."""
        value = self._database.value("SELECT document FROM paths WHERE path = CAST(? AS TEXT)", encode(path))
        return None if value is None else int(value)

    def known(self, path: str) -> int:
        """Return the id of the document at `path`; UsageError where there is none."""
        key = self.key(path)
        if key is None and self._database.value("SELECT 1 FROM documents WHERE path = CAST(? AS TEXT)", encode(path)):
            raise altered(self._database, path)
        if key is None:
            raise UsageError(f"{path} is not in the library.", hint="Run `rag documents` to see what is.")
        return key

    def of(self, key: int) -> tuple[str, ...]:
        """Return the paths of a document, sorted."""
        rows = self._database.rows("SELECT path FROM paths WHERE document = ? ORDER BY path", key)
        return tuple(path for (path,) in rows)

    def by_document(self) -> dict[int, list[str]]:
        """Return the sorted paths of each document, by its id."""
        found: dict[int, list[str]] = defaultdict(list)
        for key, path in self._database.rows("SELECT document, path FROM paths ORDER BY path"):
            found[key].append(path)
        return found

    def files(self) -> dict[str, FileState]:
        """Return the state in which each file was read, by path; documents that lie in files are left out."""
        rows = self._database.rows(_FILES)
        return {path: FileState(sha256, size, int(mtime_ns)) for path, sha256, size, mtime_ns in rows}

    def all(self) -> list[str]:
        """Return the paths of all documents, those that lie in files included, sorted."""
        return [path for (path,) in self._database.rows("SELECT path FROM paths ORDER BY path")]

    def times(self, path: str) -> dict[str, int]:
        """Return the time of each file of the document at `path`, by path; empty where it is not in the library."""
        return self.times_of(self.key(path))

    def times_of(self, key: int | None) -> dict[str, int]:
        """Return the same of the document with this id."""
        query = "SELECT path, mtime_ns FROM paths WHERE document = ? ORDER BY path"
        return {path: int(mtime_ns) for path, mtime_ns in self._database.rows(query, key)}

    def touch(self, path: str, mtime_ns: int) -> None:
        """Remember a new time for a file whose content has not changed, and for what lies in it."""
        with self._database.transaction():
            self._database.connection.execute(
                f"UPDATE paths SET mtime_ns = :time WHERE {OF_FILE}", names_of(path) | {"time": as_number(mtime_ns)}
            )

    def copies(self) -> dict[str, tuple[str, ...]]:
        """Return all paths of each document that has several, by its first path."""
        found: dict[str, tuple[str, ...]] = {}
        for first, path in self._database.rows(
            """SELECT d.path, f.path FROM documents d JOIN paths f ON f.document = d.id
            WHERE d.id IN (SELECT document FROM paths GROUP BY document HAVING count(*) > 1) ORDER BY f.path"""
        ):
            found[first] = (*found.get(first, ()), path)
        return found

    def put(self, key: int, times: Mapping[str, int]) -> None:
        """Give a document these paths and no others."""
        gone = [path for path in self.of(key) if path not in times]
        self._database.execute_all("DELETE FROM paths WHERE path = CAST(? AS TEXT)", [(encode(path),) for path in gone])
        rows = [(encode(path), key, as_number(mtime_ns)) for path, mtime_ns in times.items()]
        self._database.execute_all(_PUT_PATH, rows)

    def drop(self, path: str) -> None:
        """Forget a path."""
        self._database.execute("DELETE FROM paths WHERE path = CAST(? AS TEXT)", encode(path))
