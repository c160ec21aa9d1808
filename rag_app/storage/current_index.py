"""The vector index of a library as it is now, one for all threads that search it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_app.storage.store import Store
    from rag_app.storage.vector_index import VectorIndex


class CurrentIndex:
    """Opens the index at its first use, and brings it up to date whenever the library has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._index: VectorIndex | None = None

    def get(self) -> VectorIndex:
        """Return the index; it holds the vectors that the library holds now."""
        from rag_app.storage.vector_index import open_index

        with self._lock:
            if self._index is None or self._index.generation != self._store.generation:
                self._index = open_index(self._store.folder, self._store, self._index)
            return self._index

    def forget(self) -> None:
        """Let go of the index, and of the file that it may hold; the next use opens it again."""
        with self._lock:
            self._index = None
