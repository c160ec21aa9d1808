"""Another embedder for a library: all stored text embedded anew, and exchanged at once when it is whole."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from rag_app.reports import RebuildReport
from rag_app.storage.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.config import Settings
    from rag_app.models.embedder import Embedder
    from rag_app.storage.store import Store

_DONE = "rebuilt"  # the fact that names the last rebuild that was exchanged


def rebuild(
    store: Store, embedder: Embedder, stage: Callable[[Staging], int], settings: Settings, version: str
) -> RebuildReport:
    """Embed what `store` holds with `embedder`, and make it the library's; the store is being written by the caller.

    Args:
        store: the library.
        embedder: the new one.
        stage: puts what is missing into the staging, and returns how many documents were there.
        settings: lengths of passages.
        version: of this program, whose ways of cutting may change.

    Raises:
        LibraryError: what is stored is damaged.
        DiskError: the disk is full or failing; what was done is kept for the next time.
    """
    begun = time.perf_counter()
    staging = Staging.open(store.folder, _recipe(embedder, settings, version))
    try:
        resumed = 0
        if store.get(_DONE) != staging.id:  # else the last one was killed after the exchange
            resumed = stage(staging)
            facts = {"embedder": embedder.name, "embedder_fingerprint": embedder.fingerprint, _DONE: staging.id}
            store.exchange(staging.get, facts)
    finally:
        staging.close()
    staging.discard()
    seconds = round(time.perf_counter() - begun, 3)
    return RebuildReport(embedder.name, store.document_count(), store.count(), resumed, seconds)


def _recipe(embedder: Embedder, settings: Settings, version: str) -> str:
    """Return all that passages and vectors depend on, beside the text."""
    lengths = (embedder.max_tokens, embedder.special_tokens, settings.passage_tokens, settings.overlap_tokens)
    return json.dumps([version, embedder.name, embedder.fingerprint, embedder.dimensions, *lengths])
