"""The documents that a filter leaves, from one look at the files and tags of a library."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from rag_app.errors import UsageError
from rag_app.storage.filters import SUFFIX, conditions, day, joined, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag_app.storage.database import Database
    from rag_app.storage.filters import Condition
    from rag_app.types import Filter

_NAMED = 12  # tags or types that a hint lists

_SELECT = """
    SELECT d.id, d.path, f.path FROM (SELECT document, path FROM paths WHERE {}) f
    JOIN documents d ON d.id = f.document ORDER BY d.id"""

# The index of passages by document has their ids: no passage is read.
_IDS = "SELECT json_group_array(id) FROM passages WHERE document IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class Selection:
    """Documents that may be searched."""

    documents: Mapping[int, str]  # the first of its paths by id
    paths: frozenset[str]  # of their files that meet the conditions

    @cached_property
    def names(self) -> frozenset[str]:
        """The first path of each document."""
        return frozenset(self.documents.values())


def select(database: Database, where: Filter) -> Selection:
    """Return the documents of which a file meets every condition on files, and the document those on tags.

    Raises:
        UsageError: a condition cannot be used, or nothing meets it; says which.
    """
    met = conditions(where, datetime.now())
    if where.within:
        met.append(joined([_place(database, text) for text in where.within]))
    rows = database.rows(
        _SELECT.format(" AND ".join(one.sql for one in met) or "1"), *(value for one in met for value in one.values)
    )
    if met and not rows:
        raise _nothing(database, met)
    return Selection({key: first for key, first, _ in rows}, frozenset(path for *_, path in rows))


def passage_ids(database: Database, documents: Iterable[int]) -> NDArray[np.int64]:
    """Return the ids of all passages of some documents, in any order."""
    import numpy as np

    return np.array(json.loads(database.value(_IDS, json.dumps(list(documents)))), dtype=np.int64)


def _place(database: Database, text: str) -> Condition:
    found = next((one for one in places(text) if _is_met(database, one)), None)
    if found is None:
        raise UsageError(
            f"{text} is neither a document nor a folder of the library.",
            hint="List what is there with `rag documents`.",
        )
    return found


def _is_met(database: Database, condition: Condition) -> bool:
    return bool(database.value(f"SELECT EXISTS (SELECT 1 FROM paths WHERE {condition.sql})", *condition.values))


def _nothing(database: Database, met: Sequence[Condition]) -> UsageError:
    """Return the error that says which condition nothing meets, or that nothing meets all of them."""
    for one in met:
        if not _is_met(database, one):
            verb = "was" if one.kind == "time" else "is"
            return UsageError(f"No document of the library {verb} {one.words}.", hint=_hint(database, one))
    words, last = "; ".join(one.words for one in met), met[-1]
    return UsageError(
        f"No document meets all conditions: {words}.",
        hint=f"Leave one out; `rag documents {last.option}` lists the documents that meet the last.",
    )


def _hint(database: Database, condition: Condition) -> str:
    if not database.value("SELECT EXISTS (SELECT 1 FROM documents)"):
        return "Add some with `rag ingest PATH`."
    if condition.kind == "tag":
        names = _listed(database, "SELECT min(name) FROM tags GROUP BY key ORDER BY key")
        used = f"Tags in use: {names}." if names else "No tag is in use."
        return f"{used} Add one with `rag documents tag PATH --add NAME`."
    if condition.kind == "type":
        suffixes = _listed(database, f"SELECT DISTINCT substr({SUFFIX}, 2) FROM paths ORDER BY 1")
        return f"There are: {suffixes}. List them with `rag documents`."
    first, last = database.rows("SELECT min(mtime_ns) / 1e9, max(mtime_ns) / 1e9 FROM paths")[0]
    return f"The files are from {day(first)} to {day(last)}; `rag documents --json` has the time of each."


def _listed(database: Database, query: str) -> str:
    names = [name for (name,) in database.rows(query)]
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
