"""A copy of the library's vectors that finds the nearest ones."""

from __future__ import annotations

import json
import logging
import os
import threading
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol, Self

from rag_app.errors import DiskError, LibraryError
from rag_app.files import write_whole
from rag_app.storage import faiss_index
from rag_app.storage.checksum import Checksum, of_file
from rag_app.storage.json_columns import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rag_app.storage.faiss_index import Facts, Ids
    from rag_app.types import Places, Scored, Vectors

FILE = "vectors.faiss"
UNSAVED_MOST, UNSAVED_SHARE = 10_000, 0.05  # rows that a saved copy may lack, whichever is less

_FEW = 5_000  # allowed rows that are compared one by one where the others are in lists
_BATCH = 16_384  # rows read at a time
_TOLERANCE = 1e-5  # far above the rounding of float32 scores, as a share of the largest that the lengths allow

_log = logging.getLogger(__name__)


class IndexDamaged(Exception):
    """The copy is missing, altered or not an index; it can be rebuilt, so no user sees this."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.problem = problem


class Source(Protocol):
    """The truth that an index copies; a `Store` is one. Ids grow, and none is used twice."""

    @property
    def generation(self) -> int:
        """How many writes have changed the vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of the vectors; 0 while there are none."""
        ...

    def count(self) -> int:
        """Return how many vectors there are."""
        ...

    def passage_ids(self) -> Ids:
        """Return all ids, rising."""
        ...

    def vector_batches(self, size: int = ..., *, after: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """Yield ids greater than `after`, rising, and their (n, d) rows, at most `size` at a time."""
        ...

    def vectors_of(self, ids: Iterable[int]) -> tuple[Ids, Vectors]:
        """Return those of the ids that are there, rising, and their (n, d) rows."""
        ...

    def index_record(self) -> tuple[int, str] | None:
        """Return the generation and the checksum of the saved copy."""
        ...

    def index_facts(self) -> str:
        """Return how it was built, as it was recorded."""
        ...

    def record_index(self, generation: int, sha256: str, facts: str = "") -> None:
        """Remember them."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state in several reads."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Be the only writer."""
        ...


class VectorIndex:
    """Vectors by id in FAISS, of any length: all compared while they are few, else those of the nearest lists.

    They are searched by inner product, which is the cosine for vectors of unit length.

    Several threads may share one. Scores are exact where it was given a way to look vectors up (`exact`).
    """

    def __init__(
        self,
        dimensions: int,
        *,
        generation: int = 0,
        body: faiss_index.Flat | faiss_index.Inverted | None = None,
        facts: Facts | None = None,
        exact: Callable[[Ids], tuple[Ids, Vectors]] | None = None,
    ) -> None:
        self.generation = generation  # of the store whose vectors these are
        self.unsaved: int | None = None  # rows that the saved copy lacks, or has too many; None without a copy
        self._body = body or faiss_index.Flat(dimensions)
        self._facts = facts
        self._exact = exact
        self._newest = 0  # the highest id that it ever held
        self._longest = self._body.longest()  # no row is longer
        self._lock = threading.Lock()  # FAISS allows no search during a change

    @classmethod
    def build(cls, ids: Ids, vectors: Vectors, *, generation: int = 0) -> Self:
        """Return an exact index of (n, d) rows."""
        index = cls(vectors.shape[1], generation=generation)
        index.add(ids, vectors)
        return index

    @classmethod
    def copy_of(cls, source: Source) -> Self:
        """Return an index of all vectors of `source`, of the kind that suits their number; call it in a snapshot."""
        count, exact, generation = source.count(), source.vectors_of, source.generation
        if count <= faiss_index.EXACT_MOST:
            index = cls(source.dimensions, generation=generation, exact=exact)
            for ids, rows in source.vector_batches(_BATCH):
                index.add(ids, rows)
            return index
        _log.info("The vector index is built anew from %s vectors.", f"{count:,}")
        ids = source.passage_ids()
        sample = _sample(source, ids, faiss_index.sample_size(count))
        body, facts = faiss_index.Inverted.build(lambda: source.vector_batches(_BATCH), sample, count)
        index = cls(source.dimensions, generation=generation, body=body, facts=facts, exact=exact)
        index._newest = facts.newest
        return index

    @property
    def dimensions(self) -> int:
        """Length of the vectors; 0 in an index that never held any."""
        return self._body.dimensions

    @property
    def facts(self) -> Facts:
        """How it was built, and what it found then."""
        return self._facts or faiss_index.Facts(faiss_index.EXACT, len(self))

    def __len__(self) -> int:
        return len(self._body)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add (n, d) rows under ids that it does not hold; an empty index takes any d."""
        ids, rows = _rows(ids, vectors)
        if not len(ids):
            return
        with self._lock:
            if not len(self) and rows.shape[1] != self.dimensions:
                self._body, self._facts = faiss_index.Flat(rows.shape[1]), None
            if rows.shape[1] != self.dimensions:
                raise ValueError(f"vectors of {rows.shape[1]} dimensions in an index of {self.dimensions}")
            self._body.add(ids, rows)
            self._newest = max(self._newest, int(ids.max()))
            self._longest = max(self._longest, faiss_index.longest(rows))
            self._note(len(ids))

    def remove(self, ids: Ids) -> None:
        """Remove the rows of `ids`; unknown ones are passed over. Takes time in proportion to the whole index."""
        import numpy as np

        if len(ids):
            with self._lock:
                self._body.remove(np.asarray(ids, dtype=np.int64))
                self._note(len(ids))

    def _note(self, rows: int) -> None:
        if self.unsaved is not None:
            self.unsaved += rows

    def search(self, vector: Vectors, k: int, places: Places | None = None, allowed: Ids | None = None) -> list[Scored]:
        """Rank the rows by inner product with the (d,) `vector`; where `allowed` is given, of these ids only.

        Returns:
            (id, score) pairs, best first, equal scores by place, else by id; fewer than k when there are fewer.

        Raises:
            ValueError: the dimensions differ, or k < 1.
        """
        with self._lock:
            query = _query(vector, k, self.dimensions if len(self) else None)
            n = len(self) if allowed is None else min(len(self), len(allowed))
            if not n:
                return []
            exact = self._exact if isinstance(self._body, faiss_index.Inverted) else None
            few = exact is not None and allowed is not None and len(allowed) <= _FEW
            if few and allowed is not None:  # all of them, rather than looking for them in the lists
                ids = allowed
            else:
                faiss_index.use_one_thread()
                ids, scores = self._nearest(query, k, n, None if allowed is None else faiss_index.Only(allowed))
            if isinstance(self._body, faiss_index.Flat):
                scores = _scores(self._body.rows(ids), query)
        if exact:  # not while others wait for this lock: they may have that of the source, which is asked
            ids, rows = exact(ids)
            scores = _scores(rows, query)
        return _order(ids, scores, k, places)

    def _nearest(self, query: Vectors, k: int, n: int, only: faiss_index.Only | None) -> tuple[Ids, Vectors]:
        """Return all ids that may belong to the first k of at most n, and scores that are about right."""
        fetch = min(n, k + faiss_index.SLACK)
        slack = _TOLERANCE * self._longest * faiss_index.longest(query[None])
        ids, scores = self._body.search(query, fetch, only)
        # FAISS rounds by position and breaks ties as it likes: fetch all that may belong to the first k, to be ranked
        # by exact scores, so that an index rebuilt in another order answers alike.
        while fetch < n and len(ids) == fetch and scores[-1] >= scores[k - 1] - slack:
            fetch = min(n, 4 * fetch)
            ids, scores = self._body.search(query, fetch, only)
        return ids, scores

    def catch_up(self, source: Source) -> bool:
        """Take over what came and went in `source`; call it in a snapshot.

        Returns:
            False where it has to be built anew: it is of the wrong kind by now, or not a copy of this source.
        """
        import numpy as np

        if self.generation == source.generation:
            return True
        count = source.count()
        if source.dimensions != self.dimensions or not self._suits(count):
            return False
        for ids, rows in source.vector_batches(_BATCH, after=self._newest):
            self.add(ids, rows)
        if len(self) != count:
            self.remove(np.setdiff1d(self._body.ids(), source.passage_ids(), assume_unique=True))
        self.generation = source.generation
        return len(self) == count and self._suits(count)

    def _suits(self, count: int) -> bool:
        if isinstance(self._body, faiss_index.Flat):
            return count <= faiss_index.EXACT_MOST
        half = self.facts.vectors // 2  # so many may go or come before the lists suit others than are there
        return max(half, faiss_index.EXACT_MOST // 2) < count <= 3 * half and self._newest - self.facts.newest <= half

    def differing(self, vectors: Callable[[Iterable[int]], tuple[Ids, Vectors]]) -> int:
        """Return how many rows are not those of `vectors`, which gives ids that it knows, rising, and their rows."""
        with self._lock:
            return self._body.differing(vectors)

    @property
    def is_worth_saving(self) -> bool:
        """Whether the saved copy lacks so much that bringing it up to date takes long."""
        return self.unsaved is None or self.unsaved > min(UNSAVED_SHARE * len(self), UNSAVED_MOST)

    def save(self, path: Path) -> str:
        """Write the index to `path`, wholly or not at all, and return the file's checksum.

        Raises:
            DiskError: it could not be written; what was there stays.
        """
        checksum = Checksum()
        with self._lock:
            write_whole(path, checksum.over(self._body.pieces()), "the vector index")
            self.unsaved = 0
            if isinstance(self._body, faiss_index.Inverted):  # the lists of the file hold all of it, and need no memory
                with suppress(faiss_index.Unreadable):
                    self._body = faiss_index.read(path)
        return checksum.hexdigest()

    @classmethod
    def load(
        cls,
        path: Path,
        sha256: str,
        dimensions: int,
        *,
        generation: int = 0,
        facts: Facts | None = None,
        exact: Callable[[Ids], tuple[Ids, Vectors]] | None = None,
    ) -> Self:
        """Open the index at `path`, all bytes of which are compared with its checksum first.

        Raises:
            IndexDamaged: it is missing or is not the file that was saved.
        """
        try:
            with path.open("rb") as file:
                if of_file(file) != sha256:
                    raise IndexDamaged(path, "the SHA-256 differs")
                body = faiss_index.read(path)
                if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    raise IndexDamaged(path, "another was put in its place")
        except OSError as error:
            raise IndexDamaged(path, error.strerror or str(error)) from error
        except faiss_index.Unreadable as error:
            raise IndexDamaged(path, str(error)) from error
        if not len(body) and body.dimensions != dimensions:  # it was saved before the first vector
            body = faiss_index.Flat(dimensions)
        if body.dimensions != dimensions:
            raise IndexDamaged(path, f"not an index of {dimensions} dimensions by id")
        if isinstance(body, faiss_index.Inverted) and facts is None:
            raise IndexDamaged(path, "it is not known how it was built")
        index = cls(dimensions, generation=generation, body=body, facts=facts, exact=exact)
        index.unsaved, index._newest = 0, body.newest()
        return index


def open_index(folder: Path, source: Source, index: VectorIndex | None = None) -> VectorIndex:
    """Return an index of the source's vectors: `index` or the saved copy brought up to date, else a new one.

    It is saved for the next time where the copy lacks much; where that is not possible it is used all the same.
    """
    with source.snapshot():
        index = index or _saved(folder, source)
        if index is None or not index.catch_up(source):
            index = VectorIndex.copy_of(source)
    if index.is_worth_saving:
        save_index(folder, index, source)
    return index


def load_saved(folder: Path, source: Source) -> VectorIndex | None:
    """Return the saved copy as it is, which may be older than the source; None where there is none.

    Raises:
        IndexDamaged: it is not the file that was saved.
    """
    record = source.index_record()
    if record is None or not (folder / FILE).exists():
        return None
    generation, sha256 = record
    facts, exact = facts_of(source), source.vectors_of
    return VectorIndex.load(folder / FILE, sha256, source.dimensions, generation=generation, facts=facts, exact=exact)


def _saved(folder: Path, source: Source) -> VectorIndex | None:
    try:
        return load_saved(folder, source)
    except IndexDamaged as error:
        _log.warning("The vector index is rebuilt from the library: %s.", error)
        return None


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
            source.record_index(index.generation, sha256, json.dumps(asdict(index.facts)))
    except (DiskError, LibraryError) as error:
        _log.info("The vector index was not saved: %s", error)
        return False
    return True


def facts_of(source: Source) -> Facts | None:
    """Return how the saved copy was built; None where there is none, or it is not known."""
    try:
        return faiss_index.Facts(**parsed(source.index_facts()))
    except (ValueError, TypeError):
        return None


def _sample(source: Source, ids: Ids, size: int) -> Vectors:
    """Return (size, d) rows drawn at random, the same ones each time."""
    import numpy as np

    chosen = np.sort(np.random.default_rng(len(ids)).choice(ids, size, replace=False))
    rows = np.empty((size, source.dimensions), np.float32)
    for at in range(0, size, _BATCH):
        part = slice(at, at + _BATCH)
        rows[part] = source.vectors_of(chosen[part])[1]
    return rows


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


def _scores(rows: Vectors, query: Vectors) -> Vectors:
    import numpy as np

    # Row by row in float64: a score depends on nothing but its own two vectors.
    scores: Vectors = (rows.astype(np.float64) * query).sum(axis=1)
    return scores


def _order(ids: Ids, scores: Vectors, k: int, places: Places | None) -> list[Scored]:
    import numpy as np

    ranked = [(int(ids[row]), float(scores[row])) for row in np.lexsort((ids, -scores))]
    if places:
        known = places(passage for passage, _ in ranked)
        ranked.sort(key=lambda item: (-item[1], known.get(item[0], ("", item[0]))))
    return ranked[:k]
