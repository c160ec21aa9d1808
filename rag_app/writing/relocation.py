"""Paths that stored documents gain and lose, and the titles and tags that go with them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rag_app.writing.plan import renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from rag_app.storage.store import Store
    from rag_app.types import StoredDocument
    from rag_app.writing.embedding import Embedding

    Write = Callable[[], object]


class Relocation:
    """Prepares writes, embedding what they need, so that the transaction in which they are done is short."""

    def __init__(self, store: Store, embedding: Embedding) -> None:
        self._store = store
        self._embedding = embedding

    def of(self, known: StoredDocument, times: Mapping[str, int]) -> Write:
        """Return the write that gives a document other paths; a title that changes with them is embedded here."""
        title = renamed(known.title, known.path, min(times)) if times else known.title
        if title == known.title:
            return partial(self._store.relocate, known.path, times)
        document = replace(self._store.read(known.path), path=min(times), title=title)
        embedded = self._embedding.of(document)
        return partial(self._store.relocate, known.path, times, document, embedded.passages, embedded.vectors)

    def leaving(self, paths: Collection[str], known: StoredDocument | None = None) -> list[Write]:
        """Return the writes by which documents other than `known`, that keep a path, lose these."""
        others = {}
        for path in paths:
            other = self._store.document(path)
            if other and other != known:
                others[other.path] = other
        writes = []
        for other in others.values():
            times = {path: time for path, time in self._store.times(other.path).items() if path not in paths}
            if times:
                writes.append(self.of(other, times))
        return writes

    def tagging(self, path: str, tags: Sequence[str]) -> list[Write]:
        """Return the write that gives tags to the document that will be at `path`; none where there are no tags."""
        return [partial(self._store.tag, path, add=tags)] if tags else []

    def write(self, writes: Sequence[Write]) -> None:
        """Do all of these, or nothing."""
        with self._store.together():
            for write in writes:
                write()
