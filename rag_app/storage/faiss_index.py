"""FAISS: vectors by id, searched exactly, or by looking only into those of many lists that lie nearest."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from rag_app.types import Vectors

    Ids: TypeAlias = NDArray[np.int64]
    Batches: TypeAlias = Callable[[], Iterator[tuple[Ids, Vectors]]]
    Look: TypeAlias = Callable[[Ids], tuple[Ids, Vectors]]  # ids to those that are known, rising, and their rows

EXACT_MOST = 50_000  # vectors searched exactly: 3 ms a question with 384 dimensions on the reference machine
TARGET, TARGET_LARGE, LARGE = 0.98, 0.95, 4_000_000  # recall at 50 to be reached; the second from LARGE vectors on
EXACT = "IDMap2,Flat"
SLACK = 16  # rows fetched beyond k: where equal scores end, and what the codes put a few ranks too low

_K = 50  # recall is measured at the number of candidates that the application asks for
_QUESTIONS = 200  # made to measure it
_ROWS_A_LIST = 50  # in the sample that the lists are trained on
_MOST_LISTS = 4096
_BATCH = 16_384  # rows compared at a time
_PROBES = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048)
_NO_LISTS = 32  # bytes in which FAISS writes lists that are all empty


class Unreadable(Exception):
    """A file that is no index of the kinds made here."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How an index was built, and what it was measured to find then."""

    kind: str  # the name of its type in FAISS
    vectors: int
    newest: int = 0  # the highest id among them
    probes: int = 0  # lists looked into for a question; 0 where all vectors are compared
    recall: float = 1.0  # share of the true 50 nearest among the candidates
    target: float = 1.0
    questions: int = 0  # on which recall was measured


class Only:
    """Selects the ids that are allowed: a bit for each up to the largest, looked at in one step a row."""

    def __init__(self, ids: Ids) -> None:
        import numpy as np

        bits = np.zeros(int(ids.max(initial=0)) + 1, dtype=bool)
        bits[ids] = True
        self.selector = _faiss().IDSelectorBitmap(np.packbits(bits, bitorder="little"))
        self.count = len(ids)


class Flat:
    """Compares all vectors."""

    def __init__(self, dimensions: int, index: Any = None) -> None:
        faiss = _faiss()
        self._index = index or faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, rows: Vectors) -> None:
        """Add (n, d) rows under new ids."""
        self._index.add_with_ids(rows, ids)

    def remove(self, ids: Ids) -> None:
        """Remove rows; unknown ids are passed over. Takes time in proportion to the whole."""
        self._index.remove_ids(ids)

    def search(self, query: Vectors, fetch: int, only: Only | None = None) -> tuple[Ids, Vectors]:
        """Return at most `fetch` ids with their scores, best first."""
        chosen = _faiss().SearchParameters(sel=only.selector) if only else None
        scores, found = self._index.search(query[None], min(fetch, len(self)), params=chosen)
        there = found[0] >= 0  # fewer where it lacks some that are allowed
        return found[0][there], scores[0][there]

    def rows(self, ids: Ids) -> Vectors:
        """Return the (n, d) rows of ids that it holds."""
        rows: Vectors = self._index.reconstruct_batch(ids)
        return rows

    def ids(self) -> Ids:
        """Return all ids, rising."""
        import numpy as np

        ids: Ids = np.sort(_faiss().vector_to_array(self._index.id_map))
        return ids

    def newest(self) -> int:
        """Return the highest id; 0 where there is none."""
        return int(self.ids().max(initial=0))

    def longest(self) -> float:
        """Return the length of the longest row; 0 where there is none."""
        parts = (self._index.index.reconstruct_n(at, min(_BATCH, len(self) - at)) for at in range(0, len(self), _BATCH))
        return max(map(longest, parts), default=0.0)

    def differing(self, vectors: Look) -> int:
        """Return how many rows are not those that `vectors` gives."""
        ids, wrong = self.ids(), 0
        for at in range(0, len(ids), _BATCH):
            known, rows = vectors(ids[at : at + _BATCH])
            wrong += len(ids[at : at + _BATCH]) - len(known) + int((self.rows(known) != rows).any(axis=1).sum())
        return wrong

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Yield the bytes of a file of all that it holds."""
        yield memoryview(_faiss().serialize_index(self._index))


class Inverted:
    """Compares the vectors of the nearest lists only, kept as one byte a dimension.

    The lists never change, so that they can stay in a file: what came since is beside them, and what went is skipped.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self._lists = _faiss().downcast_InvertedLists(index.invlists)
        self._new = Flat(index.d)
        self._gone: Ids = _no_ids()
        self._others: Any = None  # selects what is not gone
        self._kept: Ids | None = None  # ids in the lists, rising

    @classmethod
    def build(cls, batches: Batches, sample: Vectors, vectors: int) -> tuple[Self, Facts]:
        """Return an index of many vectors, never holding more than a batch of them.

        Args:
            batches: yields all ids and their (n, d) rows, the same each time.
            sample: (m, d) rows drawn from them at random, `sample_size(vectors)` of them.
            vectors: how many there are.
        """
        import numpy as np

        faiss = _faiss()
        faiss.omp_set_num_threads(os.cpu_count() or 1)  # one was enough for searching
        n, d = list_count(vectors), sample.shape[1]
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(d), d, n, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, True
        )
        index.cp.min_points_per_centroid = 1
        index.train(sample)
        assigned = [_assign(index, rows).astype(np.int32) for _, rows in batches()]
        _reserve(index, np.bincount(np.concatenate(assigned), minlength=n))
        truth = _Truth(_questions(sample))
        for lists, (ids, rows) in zip(assigned, batches(), strict=True):
            wide = lists.astype(np.int64)
            index.add_core(len(ids), *(faiss.swig_ptr(array) for array in (rows, ids, wide)))
            truth.see(ids, rows)
        target = TARGET if vectors < LARGE else TARGET_LARGE
        recall = truth.tune(index, target)
        built = cls(index)
        facts = Facts(f"IVF{n},SQ8", vectors, built.newest(), index.nprobe, recall, target, len(truth.questions))
        return built, facts

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal) - len(self._gone) + len(self._new)

    @property
    def lists(self) -> int:
        """Number of lists."""
        return int(self._index.nlist)

    def add(self, ids: Ids, rows: Vectors) -> None:
        """Add (n, d) rows under new ids."""
        self._new.add(ids, rows)

    def remove(self, ids: Ids) -> None:
        """Remove rows; unknown ids are passed over."""
        import numpy as np

        self._new.remove(ids)
        self._gone = np.union1d(self._gone, ids[np.isin(ids, self._in_lists())])
        if len(self._gone):
            faiss = _faiss()
            self._others = faiss.IDSelectorNot(faiss.IDSelectorBatch(self._gone))

    def search(self, query: Vectors, fetch: int, only: Only | None = None) -> tuple[Ids, Vectors]:
        """Return at most `fetch` ids with their scores, best first; those of rows in lists are of their codes."""
        import numpy as np

        faiss, probes = _faiss(), self._index.nprobe
        there = only.count if only else self._index.ntotal - len(self._gone)  # what went is not allowed
        while True:
            chosen = faiss.SearchParametersIVF(nprobe=probes, sel=only.selector if only else self._others)
            scores, found = self._index.search(query[None], min(fetch, self._index.ntotal), params=chosen)
            ids, scores = found[0][found[0] >= 0], scores[0][found[0] >= 0]
            if probes >= self.lists or len(ids) >= min(fetch, there):
                break
            probes = min(4 * probes, self.lists)  # few rows in the lists nearest to the question, or many gone
        if len(self._new):
            new, theirs = self._new.search(query, fetch, only)
            ids, scores = np.concatenate([ids, new]), np.concatenate([scores, theirs])
            best = np.argsort(-scores, kind="stable")[:fetch]
            ids, scores = ids[best], scores[best]
        return ids, scores

    def ids(self) -> Ids:
        """Return all ids, rising."""
        import numpy as np

        kept = np.setdiff1d(self._in_lists(), self._gone, assume_unique=True)
        return np.sort(np.concatenate([kept, self._new.ids()]))

    def newest(self) -> int:
        """Return the highest id; 0 where there is none."""
        highest = (int(self._ids_of(number).max(initial=0)) for number in range(self.lists))
        return max(*highest, self._new.newest())

    def longest(self) -> float:
        """Return 1: the codes round scores far more than lengths do."""
        return 1.0

    def differing(self, vectors: Look) -> int:
        """Return how many rows are not those that `vectors` gives.

        A row in a list agrees when its codes are those of the vector, give or take a step for the rounding of
        another processor.
        """
        import numpy as np

        wrong = 0
        for number in range(self.lists):
            kept = ~np.isin(self._ids_of(number), self._gone)
            ids, codes = self._ids_of(number)[kept], self._codes_of(number)[kept]
            known, rows = vectors(ids)
            order = np.argsort(ids)
            codes = codes[order[np.searchsorted(ids, known, sorter=order)]]
            apart = np.abs(self._encode(rows, number).astype(np.int16) - codes).max(axis=1, initial=0)
            wrong += len(ids) - len(known) + int((apart > 1).sum())
        return wrong + self._new.differing(vectors)

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Yield the bytes of a file of all that it holds, what lies beside the lists put into them."""
        import numpy as np

        new = self._new.ids()
        rows = self._new.rows(new) if len(new) else np.empty((0, self.dimensions), np.float32)
        lists = _assign(self._index, rows)
        kept = [~np.isin(self._ids_of(number), self._gone) for number in range(self.lists)]
        sizes = np.bincount(lists, minlength=self.lists) + [int(keep.sum()) for keep in kept]
        yield self._header(int(sizes.sum()))
        # As FAISS writes lists: their number and the bytes of a code, all sizes, then the codes and ids of each.
        yield b"ilar" + np.array([self.lists, self._index.code_size], "<u8").tobytes()
        yield b"full" + np.array([self.lists, *sizes], "<u8").tobytes()
        for number, keep in enumerate(kept):
            here = lists == number
            for old, more in (
                (self._codes_of(number), self._encode(rows[here], number)),
                (self._ids_of(number), new[here]),
            ):
                yield old[keep].tobytes() + more.tobytes()

    def _header(self, vectors: int) -> memoryview:
        """Return the file of an index like this with as many vectors, as far as its lists."""
        faiss, own = _faiss(), self._index
        shell = faiss.IndexIVFScalarQuantizer(
            own.quantizer, own.d, own.nlist, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, True
        )
        shell.sq, shell.is_trained, shell.ntotal, shell.nprobe = own.sq, True, vectors, own.nprobe
        return memoryview(faiss.serialize_index(shell))[:-_NO_LISTS]

    def _in_lists(self) -> Ids:
        """Return the ids in the lists, rising; those that are gone are there still."""
        import numpy as np

        if self._kept is None:
            self._kept = np.sort(np.concatenate([_no_ids(), *map(self._ids_of, range(self.lists))]))
        return self._kept

    def _encode(self, rows: Vectors, number: int) -> NDArray[np.uint8]:
        import numpy as np

        faiss = _faiss()
        codes = np.empty((len(rows), self._index.code_size), np.uint8)
        if len(rows):
            lists, rows = np.full(len(rows), number, np.int64), np.ascontiguousarray(rows)
            self._index.encode_vectors(len(rows), *(faiss.swig_ptr(array) for array in (rows, lists, codes)))
        return codes

    def _ids_of(self, number: int) -> Ids:
        ids: Ids = _copied(self._lists.get_ids(number), self._lists.list_size(number)).astype("i8")
        return ids

    def _codes_of(self, number: int) -> NDArray[np.uint8]:
        size, wide = self._lists.list_size(number), self._index.code_size
        codes: NDArray[np.uint8] = _copied(self._lists.get_codes(number), size * wide).reshape(size, wide)
        return codes


def list_count(vectors: int) -> int:
    """Return into how many lists as many vectors go: about four times the root, a power of two."""
    count = 1
    while count < _MOST_LISTS and 2 * count * count <= 16 * vectors and 2 * count <= vectors:
        count *= 2
    return count


def sample_size(vectors: int) -> int:
    """Return how many of them the lists are trained on."""
    return min(vectors, _ROWS_A_LIST * list_count(vectors))


def read(path: Path) -> Flat | Inverted:
    """Return the index in a file that is known to be intact; lists stay in the file.

    Raises:
        Unreadable: FAISS cannot read it, or it is an index of another kind.
    """
    faiss = _faiss()
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
    except RuntimeError as error:
        raise Unreadable("FAISS cannot read it") from error
    if isinstance(index, faiss.IndexIDMap2) and index.id_map.size() == index.ntotal:
        return Flat(index.d, index)
    if isinstance(index, faiss.IndexIVFScalarQuantizer):
        faiss.downcast_InvertedLists(index.invlists).prefetch_nthread = 0  # else each search starts 32 threads
        return Inverted(index)
    raise Unreadable("it is no index by id")


def flat_index(vectors: Vectors) -> Any:
    """Return a plain FAISS inner-product index of (n, d) rows, numbered by position, for other tools to use."""
    import numpy as np

    index = _faiss().IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def use_one_thread() -> None:
    """Let FAISS search in this thread alone.

    For one question more threads only wait for each other: 3,000 x 384 took 0.08 ms with one, 12 ms with two on two
    busy cores; 100,000 took 10 and 74 ms.
    """
    _faiss().omp_set_num_threads(1)


class _Truth:
    """The exact neighbours of some questions among all rows that it has seen."""

    def __init__(self, questions: Vectors) -> None:
        import numpy as np

        self.questions = questions
        self._ids: Ids = np.full((len(questions), 0), -1)
        self._scores: Vectors = np.empty((len(questions), 0), np.float32)

    def see(self, ids: Ids, rows: Vectors) -> None:
        import numpy as np

        faiss = _faiss()
        scores, found = faiss.knn(self.questions, rows, min(_K, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)
        self._ids, self._scores = np.hstack([self._ids, ids[found]]), np.hstack([self._scores, scores])
        best = np.argsort(-self._scores, axis=1, kind="stable")[:, :_K]
        self._ids = np.take_along_axis(self._ids, best, 1)
        self._scores = np.take_along_axis(self._scores, best, 1)

    def tune(self, index: Any, target: float) -> float:
        """Let `index` look into as few lists as give the target; return the recall at 50 of its candidates."""
        recall = 0.0
        for probes in (*(p for p in _PROBES if p < index.nlist), index.nlist):
            index.nprobe = probes
            _, found = index.search(self.questions, _K + SLACK)
            shared = [len({*mine} & {*true}) for mine, true in zip(found.tolist(), self._ids.tolist(), strict=True)]
            recall = sum(shared) / self._ids.size
            if recall >= target:
                break
        return round(recall, 4)


def _questions(rows: Vectors) -> Vectors:
    """Return what stands for questions: rows with as much noise as themselves.

    Passages are found more easily than questions. On 6,535 passages in 256 lists, 8, 16 and 32 of which were looked
    into, the recall of 400 real questions was 0.77, 0.87 and 0.93, of passages 0.81, 0.90 and 0.95, and of these
    0.78, 0.87 and 0.94.
    """
    import numpy as np

    chance = np.random.default_rng(50)
    chosen = rows[chance.choice(len(rows), min(_QUESTIONS, len(rows)), replace=False)]
    noise = chance.standard_normal(chosen.shape, dtype=np.float32) / np.float32(chosen.shape[1] ** 0.5)
    noisy = chosen + noise
    questions: Vectors = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    return questions


def _assign(index: Any, rows: Vectors) -> Ids:
    """Return the list of each row."""
    import numpy as np

    if not len(rows):
        return _no_ids()
    lists: Ids = np.ascontiguousarray(index.quantizer.search(rows, 1)[1][:, 0])
    return lists


def _reserve(index: Any, sizes: Ids) -> None:
    """Give each list the room that it will need: as it grows by itself, it takes up to twice as much."""
    lists = _faiss().downcast_InvertedLists(index.invlists)
    for number, size in enumerate(sizes.tolist()):
        lists.resize(number, size)
        lists.resize(number, 0)


def _copied(pointer: Any, size: int) -> Any:
    import numpy as np

    return _faiss().rev_swig_ptr(pointer, size).copy() if size else np.empty(0, np.uint8)


def _no_ids() -> Ids:
    import numpy as np

    return np.empty(0, np.int64)


@cache
def _faiss() -> Any:
    with warnings.catch_warnings():
        # Its generated bindings define types without a module, which Python deprecates at import.
        warnings.simplefilter("ignore", DeprecationWarning)
        import faiss
    return faiss


def longest(rows: Vectors) -> float:
    """Return the length of the longest of (n, d) rows."""
    import numpy as np

    return float(np.linalg.norm(rows, axis=1).max(initial=0.0))
