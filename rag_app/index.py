"""A copy of the library's vectors that finds the nearest ones: FAISS, and an exact oracle in numpy."""

from __future__ import annotations

import hashlib
import logging
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

from rag_app.errors import DiskError, LibraryError
from rag_app.files import write_whole

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from rag_app.types import Places, Scored, Vectors

    Ids: TypeAlias = NDArray[np.int64]

FILE = "vectors.faiss"

_SLACK = 16  # rows fetched beyond k, to see where equal scores end
_TOLERANCE = 1e-5  # far above the rounding of float32 scores of unit vectors, which lie in [-1, 1]

_log = logging.getLogger(__name__)


class IndexDamaged(Exception):
    """The copy is missing, altered or not an index; it can be rebuilt, so no user sees this."""


class Index(Protocol):
    """Vectors by id, searched by inner product (the cosine, for vectors of unit length)."""

    @property
    def dimensions(self) -> int:
        """Length of the vectors; 0 in an index that never held any."""
        ...

    def __len__(self) -> int:
        """Return how many vectors it holds."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add (n, d) rows of unit length under ids that it does not hold."""
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


class Source(Protocol):
    """The truth that an index copies; a `Store` is one."""

    @property
    def generation(self) -> int:
        """How many writes have changed the vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of the vectors; 0 while there are none."""
        ...

    def vectors(self) -> tuple[Ids, Vectors]:
        """Return all ids and their (n, d) rows."""
        ...

    def index_record(self) -> tuple[int, str] | None:
        """Return the generation and the SHA-256 of the saved copy."""
        ...

    def record_index(self, generation: int, sha256: str) -> None:
        """Remember them."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state in several reads."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Be the only writer."""
        ...


class VectorIndex:
    """An exact FAISS index by id; several threads may share one."""

    def __init__(self, dimensions: int, *, generation: int = 0) -> None:
        self.generation = generation  # of the store whose vectors these are
        self._index: Any = _new(dimensions)
        self._lock = threading.Lock()  # FAISS allows no search during a change

    @classmethod
    def build(cls, ids: Ids, vectors: Vectors, *, generation: int = 0) -> Self:
        """Return an index of (n, d) rows of unit length."""
        index = cls(vectors.shape[1], generation=generation)
        index.add(ids, vectors)
        return index

    @property
    def dimensions(self) -> int:
        """Length of the vectors; 0 in an index that never held any."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add (n, d) rows of unit length under ids that it does not hold; an empty index takes any d."""
        ids, rows = _rows(ids, vectors)
        if not len(ids):
            return
        with self._lock:
            if not len(self):
                self._index = _new(rows.shape[1])
            if rows.shape[1] != self.dimensions:
                raise ValueError(f"vectors of {rows.shape[1]} dimensions in an index of {self.dimensions}")
            self._index.add_with_ids(rows, ids)

    def remove(self, ids: Ids) -> None:
        """Remove the rows of `ids`; unknown ones are passed over. Takes time in proportion to the whole index."""
        import numpy as np

        if len(ids):
            with self._lock:
                self._index.remove_ids(np.asarray(ids, dtype=np.int64))

    def search(self, vector: Vectors, k: int, places: Places | None = None, allowed: Ids | None = None) -> list[Scored]:
        """Rank the rows by inner product with the (d,) `vector`; see `Index.search`."""
        with self._lock:
            query = _query(vector, k, self.dimensions if len(self) else None)
            n = len(self) if allowed is None else min(len(self), len(allowed))
            if not n:
                return []
            only = None if allowed is None else _only(allowed)
            # For one question more threads only wait for each other: 3,000 x 384 took 0.08 ms with one, 12 ms with two
            # on two busy cores; 100,000 took 10 and 74 ms. The setting counts for this thread.
            _faiss().omp_set_num_threads(1)
            fetch = min(n, k + _SLACK)
            scores, found = self._index.search(query[None], fetch, params=only)
            # FAISS rounds by position and breaks ties as it likes: fetch all that may belong to the first k, then
            # rank them by exact scores, so that an index rebuilt in another order answers alike.
            while fetch < n and scores[0, -1] >= scores[0, k - 1] - _TOLERANCE:
                fetch = min(n, 4 * fetch)
                scores, found = self._index.search(query[None], fetch, params=only)
            ids = found[0][found[0] >= 0]  # fewer than asked for where it lacks some that are allowed
            rows = self._index.reconstruct_batch(ids)
        return _rank(ids, rows, query, k, places)

    def content(self) -> tuple[Ids, Vectors]:
        """Return all ids, rising, and their (n, d) rows."""
        import numpy as np

        with self._lock:
            ids = _faiss().vector_to_array(self._index.id_map)
            order = np.argsort(ids)
            return ids[order], self._index.index.reconstruct_n(0, len(ids))[order]

    def save(self, path: Path) -> str:
        """Write the index to `path`, wholly or not at all, and return the file's SHA-256.

        Raises:
            DiskError: it could not be written; what was there stays.
        """
        with self._lock:
            data = memoryview(_faiss().serialize_index(self._index))
        write_whole(path, data, "the vector index")
        return hashlib.sha256(data).hexdigest()

    @classmethod
    def load(cls, path: Path, sha256: str, dimensions: int, *, generation: int = 0) -> Self:
        """Read the index at `path`, whose SHA-256 is compared before FAISS sees a byte.

        Raises:
            IndexDamaged: it is missing or is not the file that was saved.
        """
        import numpy as np

        faiss = _faiss()
        try:
            data = path.read_bytes()
        except OSError as error:
            raise IndexDamaged(f"{path}: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise IndexDamaged(f"{path}: the SHA-256 differs")
        try:
            loaded = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            raise IndexDamaged(f"{path}: FAISS cannot read it") from error
        if not isinstance(loaded, faiss.IndexIDMap2) or loaded.d != dimensions or loaded.id_map.size() != loaded.ntotal:
            raise IndexDamaged(f"{path}: not an index of {dimensions} dimensions by id")
        index = cls(dimensions, generation=generation)
        index._index = loaded
        return index


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
        import numpy as np

        ids, rows = _rows(ids, vectors)
        self._rows = np.concatenate([self._rows, rows]) if len(self._rows) else rows
        self._ids = np.concatenate([self._ids, ids])

    def remove(self, ids: Ids) -> None:
        """Remove the rows of `ids`."""
        import numpy as np

        kept = ~np.isin(self._ids, ids)
        self._ids, self._rows = self._ids[kept], self._rows[kept]

    def search(self, vector: Vectors, k: int, places: Places | None = None, allowed: Ids | None = None) -> list[Scored]:
        """Rank all rows by inner product; see `Index.search`."""
        import numpy as np

        query = _query(vector, k, self.dimensions if len(self) else None)
        kept = slice(None) if allowed is None else np.isin(self._ids, allowed)
        ids, rows = self._ids[kept], self._rows[kept]
        return _rank(ids, rows, query, k, places) if len(ids) else []


def open_index(folder: Path, source: Source) -> VectorIndex:
    """Return an index of the source's vectors: the saved copy where it is up to date and intact, else a new one.

    A new one is saved for the next time; where that is not possible it is used all the same.
    """
    generation, record, dimensions = source.generation, source.index_record(), source.dimensions
    if record and record[0] == generation:
        try:
            return VectorIndex.load(folder / FILE, record[1], dimensions, generation=generation)
        except IndexDamaged as error:
            _log.warning("The vector index is rebuilt from the library: %s.", error)
    with source.snapshot():
        generation = source.generation
        ids, vectors = source.vectors()
    index = VectorIndex.build(ids, vectors, generation=generation)
    save_index(folder, index, source)
    return index


def save_index(folder: Path, index: VectorIndex, source: Source) -> bool:
    """Save the copy and record it in the source; return whether that was done.

    Not done, and only logged: for a copy that is outdated, while another process writes, and on a disk that
    is full or read-only. The copy can be rebuilt, so none of these stops anybody from searching.
    """
    try:
        with source.writing():
            if source.generation != index.generation:
                return False
            sha256 = index.save(folder / FILE)
            source.record_index(index.generation, sha256)
    except (DiskError, LibraryError) as error:
        _log.info("The vector index was not saved: %s", error)
        return False
    return True


def flat_index(vectors: Vectors) -> Any:
    """Return a plain FAISS inner-product index of (n, d) rows, numbered by position, for other tools to use."""
    import numpy as np

    index = _faiss().IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


@cache
def _faiss() -> Any:
    with warnings.catch_warnings():
        # Its generated bindings define types without a module, which Python deprecates at import.
        warnings.simplefilter("ignore", DeprecationWarning)
        import faiss
    return faiss


def _new(dimensions: int) -> Any:
    faiss = _faiss()
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))


def _only(allowed: Ids) -> Any:
    """Return what makes FAISS search these ids only: a bit for each id up to the largest, read in one step a row."""
    import numpy as np

    bits = np.zeros(int(np.max(allowed)) + 1, dtype=bool)
    bits[allowed] = True
    return _faiss().SearchParameters(sel=_faiss().IDSelectorBitmap(np.packbits(bits, bitorder="little")))


def _rows(ids: Ids, vectors: Vectors) -> tuple[Ids, Vectors]:
    import numpy as np

    ids, rows = np.asarray(ids, dtype=np.int64), np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or ids.shape != (len(rows),):
        raise ValueError(f"{ids.shape} ids for vectors of shape {rows.shape}")
    return ids, rows


def _query(vector: Vectors, k: int, dimensions: int | None) -> Vectors:
    import numpy as np

    query = np.ascontiguousarray(vector, dtype=np.float32)
    if k < 1:
        raise ValueError(f"k = {k} is less than 1")
    if query.ndim != 1 or dimensions not in {None, len(query)}:
        raise ValueError(f"a vector of shape {query.shape} for an index of {dimensions} dimensions")
    return query


def _rank(ids: Ids, rows: Vectors, query: Vectors, k: int, places: Places | None) -> list[Scored]:
    import numpy as np

    # Row by row in float64: a score depends on nothing but its own two vectors.
    scores = (rows.astype(np.float64) * query).sum(axis=1)
    ranked = [(int(ids[row]), float(scores[row])) for row in np.lexsort((ids, -scores))]
    if places:
        known = places(passage for passage, _ in ranked)
        ranked.sort(key=lambda item: (-item[1], known.get(item[0], ("", item[0]))))
    return ranked[:k]
