"""The answers of a vector index from a few lines of numpy, to compare the fast ones with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag_app.storage.vector_index import _order, _query, _rows, _scores

if TYPE_CHECKING:
    from rag_app.storage.faiss_index import Ids
    from rag_app.types import Places, Scored, Vectors


class Index(Protocol):
    """Vectors by id, of any length, searched by inner product (the cosine, for vectors of unit length)."""

    @property
    def dimensions(self) -> int:
        """Length of the vectors; 0 in an index that never held any."""
        ...

    def __len__(self) -> int:
        """Return how many vectors it holds."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add (n, d) rows under ids that it does not hold."""
        ...

    def remove(self, ids: Ids) -> None:
        """Remove the rows of `ids`; unknown ones are passed over."""
        ...

    def search(self, vector: Vectors, k: int, places: Places | None = None, allowed: Ids | None = None) -> list[Scored]:
        """Rank the rows by inner product with the (d,) `vector`; where `allowed` is given, of these ids only.

        Returns:
            (id, score) pairs, best first, equal scores by place, else by id; fewer than k when there are fewer.

        Raises:
            ValueError: the dimensions differ, or k < 1.
        """
        ...


class ExactIndex:
    """The same answers from a few lines of numpy: the oracle of the tests."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        self._ids, self._rows = _rows(ids, vectors)

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return int(self._rows.shape[1])

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add (n, d) rows under new ids."""
        ids, rows = _rows(ids, vectors)
        self._rows = np.concatenate([self._rows, rows]) if len(self._rows) else rows
        self._ids = np.concatenate([self._ids, ids])

    def remove(self, ids: Ids) -> None:
        """Remove the rows of `ids`."""
        kept = ~np.isin(self._ids, ids)
        self._ids, self._rows = self._ids[kept], self._rows[kept]

    def search(self, vector: Vectors, k: int, places: Places | None = None, allowed: Ids | None = None) -> list[Scored]:
        """Rank all rows by inner product; as `VectorIndex.search` does."""
        query = _query(vector, k, self.dimensions if len(self) else None)
        kept = slice(None) if allowed is None else np.isin(self._ids, allowed)
        ids, rows = self._ids[kept], self._rows[kept]
        return _order(ids, _scores(rows, query), k, places) if len(ids) else []
