"""The tables of the documents that were asked about last, read once as long as these stay what they are."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.table import Table
    from rag_app.storage.database import Database
    from rag_app.storage.documents import Documents

_MOST_CELLS = 200_000  # of all tables that are kept: with what is worked out of them some 100 MB
_ALONE = 100  # cells that room for one more document counts as


class RecentTables:
    """Keeps tables by what their document was when they were read; several threads may share it."""

    def __init__(self, database: Database, documents: Documents, most: int = _MOST_CELLS) -> None:
        self._database = database
        self._documents = documents
        self._most = most
        self._kept: OrderedDict[str, tuple[Table, ...]] = OrderedDict()  # by checksum, the last asked for at the end

    def of(self, path: str) -> Sequence[Table]:
        """Return the tables of the document at `path` as it is now, whoever has changed it.

        Raises:
            UsageError: it is not in the library.
        """
        with self._database.snapshot():  # one state for both reads, and one thread at a time
            version = self._documents.version(path)
            found = self._kept.pop(version, None)
            self._kept[version] = tuple(self._documents.tables(path)) if found is None else found
            tables = self._kept[version]
            self._forget()
        return tables

    def _forget(self) -> None:
        """Drop what was asked for longest ago, as long as there is too much."""
        sizes = {version: _ALONE + sum(len(table.cells) for table in tables) for version, tables in self._kept.items()}
        total = sum(sizes.values())
        while total > self._most:
            version, _ = self._kept.popitem(last=False)
            total -= sizes[version]
