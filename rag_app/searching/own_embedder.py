"""The bi-encoder whose vectors a library holds; vectors of another one cannot be compared with them."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from rag_app.errors import LibraryMismatch
from rag_app.storage import settings_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.embedder import Embedder
    from rag_app.models.loaded import Models, Weights
    from rag_app.storage.store import Store
    from rag_app.types import Vectors


class OwnEmbedder:
    """The models' bi-encoder as far as it is the library's own, which is looked at before each use."""

    def __init__(self, store: Store, models: Models) -> None:
        self._store = store
        self._models = models

    def get(self) -> Embedder:
        """Return it, to search.

        Raises:
            LibraryMismatch: the library was built with another one; another process may have done that just now.
            ModelMissing: it is not installed.
        """
        self.need_same(self._models.embedder_weights)
        return self._models.embedder

    def to_add(self) -> Embedder:
        """Return it, to embed what comes in; an empty library becomes its own.

        Raises:
            LibraryMismatch, ModelMissing: as for `get`.
        """
        self.adopt(self._models.embedder_weights)
        return self._models.embedder

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return n texts as (n, d) float32 rows."""
        return self.get().embed_passages(texts)

    def need_same(self, weights: Weights) -> None:
        """Raise LibraryMismatch where the library holds vectors of other weights; an empty one takes any."""
        name, fingerprint = self._store.get("embedder"), self._store.get("embedder_fingerprint")
        if not fingerprint or fingerprint == weights.fingerprint or not self._store.count():
            return
        library = self._store.folder
        raise LibraryMismatch(
            f"The library {library} was built with the embedder {name}, not with {weights.name}.",
            hint=f"Set RAG_EMBEDDER={quote(str(name))}, or run `rag rebuild --embedder {quote(weights.name)} "
            f"--library {quote(str(library))}`.",
        )

    def adopt(self, weights: Weights) -> None:
        """Let the library belong to these weights, by the name that they have first; LibraryMismatch as above."""
        self.need_same(weights)
        if self._store.get("embedder_fingerprint") == weights.fingerprint:
            return
        with self._store.writing():  # until the copy says the same
            with self._store.together():
                self._store.set("embedder", weights.name)
                self._store.set("embedder_fingerprint", weights.fingerprint)
            settings_json.restore(self._store, changed=True)
