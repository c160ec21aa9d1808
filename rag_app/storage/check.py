"""What is wrong inside the database, found by reading everything."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag_app.errors import LibraryError
from rag_app.storage.database import damaged
from rag_app.storage.members import misplaced
from rag_app.storage.schema import odd_columns
from rag_app.storage.sessions import check_sessions

if TYPE_CHECKING:
    from rag_app.errors import LibraryDamaged
    from rag_app.storage.database import Database
    from rag_app.storage.documents import Documents
    from rag_app.storage.facts import Facts
    from rag_app.storage.words import Words


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a library."""

    kind: Literal["seal", "pages", "keywords", "documents", "sessions", "facts"]
    sentence: str


class Check:
    """Reads everything."""

    def __init__(self, database: Database, facts: Facts, words: Words, documents: Documents) -> None:
        self._database = database
        self._facts = facts
        self._words = words
        self._documents = documents

    def problems(self) -> list[Problem]:
        """Read everything and return what is wrong, and of which kind it is; an intact library gives none."""
        try:
            with self._database.snapshot():
                return self._problems()
        except LibraryError as error:
            return [Problem("pages", error.message)]
        except (sqlite3.Error, ValueError, TypeError) as error:  # a damaged schema, or a value of another type
            return [Problem("pages", damaged(self._database.path, error).message)]

    def damage(self) -> LibraryDamaged | None:
        """Return what is wrong with the kinds of the values that are stored; None where these are as they should be."""
        with self._database.snapshot():
            columns = odd_columns(self._database.connection)
        return damaged(self._database.path, _odd(columns[0])) if columns else None

    def _problems(self) -> list[Problem]:
        name, rows = self._database.path, self._database.rows
        problems = [
            Problem("keywords" if "fts5" in row[0].lower() else "pages", f"{name}: {row[0]}.")
            for row in rows("PRAGMA integrity_check")
            if row[0] != "ok"
        ]
        for (table,) in rows('SELECT DISTINCT "table" FROM pragma_foreign_key_check ORDER BY 1'):
            what = f"its table {table} has rows of what is not there"
            problems.append(Problem("documents", f"{name}: {what}."))
        for column in odd_columns(self._database.connection):
            problems.append(Problem("documents", f"{name}: {_odd(column)}."))
        for key, path, checksum in rows("SELECT id, path, checksum FROM documents ORDER BY path"):
            if self._documents.digest(key) != checksum:
                what = "its pages, passages or vectors are not those that were stored"
                problems.append(Problem("documents", f"{path}: {what}."))
        for path in misplaced(self._database):
            problems.append(Problem("documents", f"{path}: it is not called after the file that it lies in."))
        problems += [Problem("sessions", sentence) for sentence in check_sessions(self._database)]
        for fact in self._facts.unreadable():
            problems.append(Problem("facts", f"{name}: what it says of {fact} cannot be read."))
        lengths = {row[0] for row in rows("SELECT DISTINCT length(vector) FROM passages")}
        if lengths - {4 * self._facts.dimensions}:
            what = f"there are vectors of another length than {self._facts.dimensions}"
            problems.append(Problem("documents", f"{name}: {what}."))
        broken = any(problem.kind in {"pages", "documents"} for problem in problems)
        problems += [Problem("keywords", f"{name}: {what}.") for what in self._words.problems(broken)]
        if not self._database.fits_seal():
            problems.append(Problem("seal", f"{name}: some of its bytes are not those that were written."))
        return problems


def _odd(column: str) -> str:
    return f"its column {column} holds a value of another kind"
