"""What a rebuild has done so far: passages and vectors of another embedder, beside the library until all are there.

The file may be deleted at any time; the library is not touched before the last document is in it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ingest import Passage
from rag_app.errors import LibraryBusy, LibraryError, disk_errors
from rag_app.storage.database import translated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest import Document
    from rag_app.types import Vectors

FILE = "rebuild.db"

_STATEMENTS = (
    "CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS documents (
        checksum TEXT PRIMARY KEY,  -- of the document's rows in the library
        dimensions INTEGER NOT NULL, tokens_cut INTEGER NOT NULL,
        passages TEXT NOT NULL,  -- JSON list of [start, end, page, page_end, page_label]
        vectors BLOB NOT NULL,  -- little-endian float32
        proof TEXT NOT NULL)""",  # SHA-256 of passages and vectors
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """A document cut and embedded."""

    passages: Sequence[Passage]
    vectors: Vectors | None  # (len(passages), d); None where there are no passages
    tokens_cut: int  # of the passages, that the embedder did not read


class Staging:
    """Documents that a rebuild has embedded, each written wholly or not at all."""

    def __init__(self, path: Path, connection: sqlite3.Connection, id: str) -> None:
        self.id = id  # of this rebuild; the library notes it when the rebuild is done
        self._path = path
        self._connection = connection
        self._checksums = self._intact()

    @classmethod
    def open(cls, folder: Path, recipe: str) -> Self:
        """Go on with the rebuild in `folder`, or begin one where there is none, a damaged one or one to another recipe.

        Raises:
            DiskError: the file cannot be read or written.
            LibraryBusy: something else has it open.
        """
        path = folder / FILE
        try:
            found = cls._open(path, recipe)
        except LibraryBusy:
            raise
        except LibraryError:  # damaged
            found = None
        if found is None:
            _delete(path)
            found = cls._open(path, recipe)
        assert found is not None
        return found

    @classmethod
    def _open(cls, path: Path, recipe: str) -> Self | None:
        with translated(path):
            connection = sqlite3.connect(path, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in _STATEMENTS:
                    connection.execute(statement)
                new = [("recipe", recipe), ("id", uuid.uuid4().hex)]
                connection.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", new)
                connection.execute("COMMIT")
                facts = dict(connection.execute("SELECT key, value FROM facts"))
                if facts["recipe"] == recipe:
                    return cls(path, connection, facts["id"])
            except BaseException:
                connection.close()
                raise
            connection.close()
            return None

    def close(self) -> None:
        """Close the file, and leave it for the next time."""
        self._connection.close()

    def discard(self) -> None:
        """Close and delete the file."""
        self.close()
        _delete(self._path)

    def __contains__(self, checksum: str) -> bool:
        return checksum in self._checksums

    def put(self, checksum: str, embedded: Embedded) -> None:
        """Keep what became of the document with `checksum`."""
        import numpy as np

        spans = [(p.start, p.end, p.page, p.page_end, p.page_label) for p in embedded.passages]
        text, vectors = json.dumps(spans), b""
        if embedded.vectors is not None:
            vectors = np.ascontiguousarray(embedded.vectors, dtype="<f4").tobytes()
        dimensions = 0 if embedded.vectors is None else embedded.vectors.shape[1]
        row = (checksum, dimensions, embedded.tokens_cut, text, vectors, _proof(text, vectors))
        with translated(self._path):
            self._connection.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)", row)
        self._checksums.add(checksum)

    def get(self, checksum: str, document: Document) -> Embedded:
        """Return what became of `document`.

        Raises:
            LibraryError: it is not what was put.
        """
        import numpy as np

        query = "SELECT dimensions, tokens_cut, passages, vectors, proof FROM documents WHERE checksum = ?"
        with translated(self._path):
            rows = self._connection.execute(query, (checksum,)).fetchall()
        if not rows or _proof(rows[0][2], rows[0][3]) != rows[0][4]:
            raise LibraryError(f"{self._path} was damaged meanwhile.", hint="Run the same command again.")
        [(dimensions, tokens_cut, text, vectors, _)] = rows
        spans = json.loads(text)
        passages = [
            Passage(start, end, page, page_end, label, document.text[start:end])
            for start, end, page, page_end, label in spans
        ]
        matrix = np.frombuffer(vectors, dtype="<f4").reshape(len(spans), dimensions) if spans else None
        return Embedded(passages, matrix, tokens_cut)

    def _intact(self) -> set[str]:
        """Return the checksums of the documents that are what was put."""
        rows = self._connection.execute("SELECT checksum, passages, vectors, proof FROM documents")
        return {checksum for checksum, text, vectors, proof in rows if _proof(text, vectors) == proof}


def _proof(text: str, vectors: bytes) -> str:
    return hashlib.sha256(text.encode() + b"\n" + vectors).hexdigest()


def _delete(path: Path) -> None:
    with disk_errors(f"the unfinished rebuild {path}"):
        path.unlink(missing_ok=True)
        # Second: a journal without its file is passed over, a file without its journal could be half written.
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
