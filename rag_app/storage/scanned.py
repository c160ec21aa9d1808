"""Recognised pages of documents that are not complete yet, beside the library: a run that was ended goes on with them.

The file may be deleted at any time: its pages are recognised again then.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from typing import TYPE_CHECKING, Self

from ingest import wire
from rag_app.errors import LibraryBusy, LibraryError, disk_errors
from rag_app.storage.database import translated

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ingest.types import Recognised

FILE = "scans.db"

_STATEMENTS = (
    "CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS pages (
        sha256 TEXT NOT NULL,  -- of the file
        member TEXT NOT NULL,  -- name of the document in the file; '' where it is the file itself
        number INTEGER NOT NULL,
        page TEXT NOT NULL,  -- the message in which it came from the process that recognised it
        proof TEXT NOT NULL,  -- SHA-256 of that
        PRIMARY KEY (sha256, member, number)) WITHOUT ROWID""",
)


class ScannedPages:
    """Pages that are written one by one, each wholly or not at all; several threads may ask at once."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._lock = threading.Lock()

    @staticmethod
    def exist(folder: Path) -> bool:
        """Tell whether pages are kept in `folder`."""
        return (folder / FILE).exists()

    @classmethod
    def open(cls, folder: Path, recipe: str) -> Self:
        """Open the pages kept in `folder`; what is damaged, or was recognised by another recipe, is forgotten.

        Raises:
            DiskError: the file cannot be read or written.
            LibraryBusy: something else has it open.
        """
        path = folder / FILE
        try:
            return cls._open(path, recipe)
        except LibraryBusy:
            raise
        except LibraryError:  # damaged
            _delete(path)
            return cls._open(path, recipe)

    @classmethod
    def _open(cls, path: Path, recipe: str) -> Self:
        with translated(path):
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in _STATEMENTS:
                    connection.execute(statement)
                if connection.execute("SELECT value FROM facts WHERE key = 'recipe'").fetchall() != [(recipe,)]:
                    connection.execute("DELETE FROM pages")
                    connection.execute("INSERT OR REPLACE INTO facts VALUES ('recipe', ?)", (recipe,))
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
            return cls(path, connection)

    def close(self) -> None:
        """Close the file; where it holds no page it goes."""
        with self._lock, translated(self._path):
            [(pages,)] = self._connection.execute("SELECT count(*) FROM pages")
            self._connection.close()
        if not pages:
            _delete(self._path)

    def find(self, sha256: str, member: str, number: int) -> Recognised | None:
        """Return what was recognised on a page of the file with this content, or of a member of it, or None."""
        query = "SELECT page, proof FROM pages WHERE (sha256, member, number) = (?, ?, ?)"
        with self._lock, translated(self._path):
            rows = self._connection.execute(query, (sha256, member, number)).fetchall()
        if not rows or _proof(rows[0][0]) != rows[0][1]:
            return None
        return wire.recognised(json.loads(rows[0][0]))[1]

    def keep(self, sha256: str, member: str, number: int, page: Recognised) -> None:
        """Write down what was recognised on such a page."""
        text = json.dumps(wire.recognition(number, page))
        row = (sha256, member, number, text, _proof(text))
        with self._lock, translated(self._path):
            self._connection.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)", row)

    def count(self, sha256: str) -> int:
        """Return how many pages of the file with this content are kept."""
        with self._lock, translated(self._path):
            [(pages,)] = self._connection.execute("SELECT count(*) FROM pages WHERE sha256 = ?", (sha256,))
        return int(pages)

    def drop(self, sha256: str) -> None:
        """Forget the pages of a file: its document is complete, or is another one now."""
        with self._lock, translated(self._path):
            self._connection.execute("DELETE FROM pages WHERE sha256 = ?", (sha256,))

    def only(self, contents: Collection[str]) -> None:
        """Forget the pages of files with other contents than these."""
        with self._lock, translated(self._path):
            kept = [sha256 for (sha256,) in self._connection.execute("SELECT DISTINCT sha256 FROM pages")]
        for sha256 in kept:
            if sha256 not in contents:
                self.drop(sha256)


def _proof(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _delete(path: Path) -> None:
    with disk_errors(f"the recognised pages {path}"):
        path.unlink(missing_ok=True)
        # Second: a journal without its file is passed over, a file without its journal could be half written.
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
