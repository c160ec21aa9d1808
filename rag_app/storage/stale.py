"""Files that could not be read any more when they were last looked at; their documents keep the last good text."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.storage.connection import encode
from rag_app.storage.filters import day
from rag_app.storage.members import OF_FILE, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rag_app.storage.database import Database

_ALL = "SELECT path, stale, stale_since FROM paths WHERE stale != ''"


@dataclass(frozen=True, slots=True)
class Stale:
    """Why a file could not be read any more, and since when."""

    reason: str  # as in the report of a run
    since: float  # seconds since 1970

    @property
    def text(self) -> str:
        """What is said of the file, after its name."""
        return f"could not be read any more since {day(self.since)} ({self.reason})"


def all_stale(database: Database, document: int | None = None) -> dict[str, Stale]:
    """Return the files that are known to be stale, by path; of one document, where its id is given."""
    rows = database.rows(_ALL) if document is None else database.rows(f"{_ALL} AND document = ?", document)
    return {path: Stale(reason, since or 0.0) for path, reason, since in rows}


def mark(database: Database, reasons: Mapping[str, str]) -> None:
    """Note, in a transaction, why files cannot be read; since when stays as it is for those that are stale already.

    What lies in a file is as stale as that.
    """
    now = time.time()
    database.connection.executemany(
        "UPDATE paths SET stale = CAST(:reason AS TEXT), stale_since = iif(stale = '', :now, stale_since) "
        f"WHERE {OF_FILE}",
        [names_of(path) | {"reason": encode(reason), "now": now} for path, reason in reasons.items()],
    )


def clear(database: Database, paths: Iterable[str]) -> None:
    """Note, in a transaction, that files can be read."""
    database.connection.executemany(
        f"UPDATE paths SET stale = '', stale_since = NULL WHERE {OF_FILE}", [names_of(path) for path in paths]
    )


def told(paths: Sequence[str], stale: Mapping[str, Stale]) -> str:
    """Return what is said of a document with these files; of several files, which of them."""
    found = [path for path in paths if path in stale]
    if len(paths) == 1:
        return stale[found[0]].text if found else ""
    return "; ".join(f"{path} {stale[path].text}" for path in found)
