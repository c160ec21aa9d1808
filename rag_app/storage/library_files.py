"""The files that a library consists of, whatever other names and links they go by: they are no documents.

Opening one of SQLite's would do harm besides: whoever closes any descriptor of a file gives up SQLite's locks on it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rag_app.files import identity
from rag_app.storage import lock, scanned, settings_json, staging, vector_index
from rag_app.storage.database import DATABASE, LOG, SEAL
from rag_app.storage.reserve import RESERVE

if TYPE_CHECKING:
    from pathlib import Path

KEYS = "server-keys.json"
PART = "is part of the library itself"
NAMES = frozenset(
    (
        *(DATABASE, LOG, f"{DATABASE}-shm", f"{DATABASE}-journal", SEAL, RESERVE),
        *(scanned.FILE, f"{scanned.FILE}-journal"),
        *(settings_json.FILE, vector_index.FILE, lock.FILE, KEYS, staging.FILE, f"{staging.FILE}-journal"),
    )
)


class LibraryFiles:
    """Tells the library's own files from others by what they are, not by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.realpath(folder)
        self._seen = {known: name for name in NAMES if (known := self._identity(name))}

    def names(self, path: Path) -> bool:
        """Tell whether `path` is such a file in its own place."""
        return path.name in NAMES and os.path.realpath(path.parent) == self._folder

    def holds(self, status: os.stat_result) -> bool:
        """Tell whether a file, perhaps under another name, is one of them."""
        wanted = (status.st_dev, status.st_ino)
        name = self._seen.get(wanted)
        return name is not None and self._identity(name) == wanted  # not one that was deleted meanwhile

    def _identity(self, name: str) -> tuple[int, int] | None:
        return identity(os.path.join(self._folder, name))  # noqa: PTH118
