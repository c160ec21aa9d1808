"""The column of a page that holds its tables: packed, and compressed."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from ingest.packing import packed, unpacked
from rag_app.storage.json_columns import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.table import Table

_LEVEL = 6  # of 1 to 9; less takes half as much room again, more takes longer and saves nothing
_MOST = 500_000_000  # bytes that a column may unpack to; the tables of one document are less


def table_column(tables: Iterable[Table], text: str, origin: int) -> bytes:
    """Return what the column holds of the tables of a page.

    Args:
        tables: of the page.
        text: of the document.
        origin: where the page begins in it.
    """
    records = [packed(table, text, origin) for table in tables]
    return zlib.compress(json.dumps(records, ensure_ascii=False).encode(), _LEVEL) if records else b""


def tables_in(column: bytes, text: str, origin: int) -> tuple[Table, ...]:
    """Return the tables that a column holds; ValueError or TypeError where it holds something else."""
    if not column:
        return ()
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(column, _MOST)
    except zlib.error as error:
        raise ValueError("no compressed text") from error
    if not unpacking.eof:
        raise ValueError("a part of a compressed text, or one that is too long")
    return tuple(unpacked(record, text, origin) for record in parsed(raw))
