from __future__ import annotations

import math
import os
import resource
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from exact_index import ExactIndex
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.types import Document, Page, Passage
from rag_app.errors import DiskError, LibraryBusy
from rag_app.storage import faiss_index
from rag_app.storage.checksum import Checksum
from rag_app.storage.faiss_index import _faiss
from rag_app.storage.passages import Passages
from rag_app.storage.store import Store
from rag_app.storage.vector_index import IndexDamaged, VectorIndex, load_saved, open_index, save_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from exact_index import Index

    from rag_app.storage.vector_index import Ids
    from rag_app.types import Vectors


def unit(rows: object) -> Vectors:
    matrix = np.asarray(rows, dtype=np.float64)
    return (matrix / np.linalg.norm(matrix, axis=-1, keepdims=True)).astype(np.float32)


def random_rows(n: int, d: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(n, d)))


def numbers(*ids: int) -> Ids:
    return np.array(ids, dtype=np.int64)


BUILD: dict[str, Callable[[Ids, Vectors], Index]] = {"faiss": VectorIndex.build, "numpy": ExactIndex}


@pytest.fixture(params=BUILD)
def build(request: pytest.FixtureRequest) -> Callable[[Ids, Vectors], Index]:
    return BUILD[request.param]


# Both indexes


def test_the_nearest_come_first_with_their_cosines(build: Callable[[Ids, Vectors], Index]) -> None:
    index = build(numbers(7, 3, 5), unit([[1, 0], [1, 1], [0, 1]]))
    assert (len(index), index.dimensions) == (3, 2)
    ranked = index.search(unit([1, 0]), 10)
    assert [passage for passage, _ in ranked] == [7, 3, 5]
    assert [score for _, score in ranked] == pytest.approx([1, math.sqrt(0.5), 0], abs=1e-6)
    assert index.search(unit([1, 0]), 2) == ranked[:2]


def test_equal_scores_are_ordered_by_id(build: Callable[[Ids, Vectors], Index]) -> None:
    ids = np.random.default_rng(1).permutation(200).astype(np.int64)
    index = build(ids, np.repeat(unit([[1, 2, 3]]), 200, axis=0))
    assert [passage for passage, _ in index.search(unit([3, 1, 2]), 5)] == [0, 1, 2, 3, 4]


def test_only_what_is_allowed_is_found_and_all_of_it(build: Callable[[Ids, Vectors], Index]) -> None:
    index = build(np.arange(0, 400, 2, dtype=np.int64), random_rows(200, 8))
    question = random_rows(1, 8, seed=1)[0]
    whole = index.search(question, 200)
    for allowed in ([], [7], [6], [398, 5, 0, 399, 100_000], list(range(400)), [i for i, _ in whole[-20:]]):
        expected = [item for item in whole if item[0] in allowed]
        assert index.search(question, 10, None, numbers(*allowed)) == expected[:10]


def test_equal_scores_of_a_filter_are_ordered_by_place(build: Callable[[Ids, Vectors], Index]) -> None:
    index = build(np.arange(300, dtype=np.int64), np.repeat(unit([[1, 2, 3]]), 300, axis=0))
    odd = np.arange(1, 300, 2, dtype=np.int64)

    def places(ids: Iterable[int]) -> dict[int, tuple[str, int]]:
        return {i: ("", -i) for i in ids}

    assert [i for i, _ in index.search(unit([3, 1, 2]), 3, places, odd)] == [299, 297, 295]


def test_an_empty_index_finds_nothing_and_takes_any_dimensions(build: Callable[[Ids, Vectors], Index]) -> None:
    index = build(numbers(), np.empty((0, 0), dtype=np.float32))
    assert (len(index), index.search(unit([1, 0, 0]), 5)) == (0, [])
    index.add(numbers(4), unit([[0, 1, 0]]))
    assert (index.dimensions, index.search(unit([0, 1, 0]), 5)) == (3, [(4, 1.0)])
    index.remove(numbers(4, 99))
    assert index.search(unit([0, 1, 0]), 5) == []


def test_wrong_shapes_are_refused(build: Callable[[Ids, Vectors], Index]) -> None:
    index = build(numbers(1), unit([[1, 0]]))
    with pytest.raises(ValueError, match=r"shape \(3,\) for an index of 2 dimensions"):
        index.search(unit([1, 0, 0]), 1)
    with pytest.raises(ValueError, match="k = 0"):
        index.search(unit([1, 0]), 0)
    with pytest.raises(ValueError, match=r"\(1,\) ids for vectors of shape \(2, 2\)"):
        index.add(numbers(2), unit([[1, 0], [0, 1]]))
    with pytest.raises(ValueError, match="dimensions"):
        index.add(numbers(2), unit([[1, 0, 0]]))
    assert len(index) == 1


# FAISS against numpy

COARSE = st.lists(st.integers(-2, 2), min_size=3, max_size=3).filter(any)  # few directions: many equal scores


@pytest.mark.slow
@given(
    st.lists(COARSE, max_size=60),
    st.lists(COARSE, max_size=20),
    st.sets(st.integers(0, 59)),
    COARSE,
    st.integers(1, 30),
    st.sets(st.integers(0, 90)),
    st.randoms(use_true_random=False),
)
@settings(max_examples=200, deadline=None)
def test_faiss_and_numpy_agree_after_any_changes_and_with_any_filter(
    first: list[list[int]],
    later: list[list[int]],
    gone: set[int],
    question: list[int],
    k: int,
    some: set[int],
    order: object,
) -> None:
    ids = list(range(len(first) + len(later)))
    rows = unit(first + later) if ids else np.empty((0, 3), dtype=np.float32)
    fast = VectorIndex.build(numbers(*ids[: len(first)]), rows[: len(first)])
    fast.add(numbers(*ids[len(first) :]), rows[len(first) :])
    fast.remove(numbers(*gone))
    kept = [i for i in ids if i not in gone]
    order.shuffle(kept)  # type: ignore[attr-defined]
    exact = ExactIndex(numbers(*kept), rows[kept])
    rebuilt = VectorIndex.build(numbers(*kept), rows[kept])
    ranked = exact.search(unit(question), k)
    assert fast.search(unit(question), k) == ranked
    assert rebuilt.search(unit(question), k) == ranked
    assert (len(fast), len(ranked)) == (len(kept), min(k, len(kept)))
    allowed = [item for item in exact.search(unit(question), 100) if item[0] in some]
    for index in (fast, exact, rebuilt):
        assert index.search(unit(question), k, None, numbers(*some)) == allowed[:k]
    by_hand = {i: sum(float(a) * float(b) for a, b in zip(rows[i], unit(question), strict=True)) for i in kept}
    assert [score for _, score in ranked] == pytest.approx(sorted(by_hand.values(), reverse=True)[:k], abs=1e-9)


@given(
    st.lists(st.tuples(COARSE, st.floats(1e-3, 1e3)), min_size=1, max_size=60),
    st.tuples(COARSE, st.floats(1e-3, 1e3)),
    st.integers(1, 30),
)
@settings(max_examples=200, deadline=None)
def test_vectors_of_any_length_are_ranked_by_their_inner_product(
    scaled: list[tuple[list[int], float]], asked: tuple[list[int], float], k: int
) -> None:
    rows = np.array([np.array(row) * length for row, length in scaled], np.float32)
    question = (np.array(asked[0]) * asked[1]).astype(np.float32)
    ids = np.arange(len(rows), dtype=np.int64)
    scores = rows.astype(np.float64) @ question.astype(np.float64)
    wanted = sorted(range(len(rows)), key=lambda row: (-scores[row], row))[:k]
    for index in (VectorIndex.build(ids, rows), ExactIndex(ids, rows)):
        ranked = index.search(question, k)
        assert [score for _, score in ranked] == pytest.approx(scores[wanted].tolist(), rel=1e-9, abs=1e-9)
        assert ranked == ExactIndex(ids, rows).search(question, k)
        assert not isinstance(index, VectorIndex) or index.differing(lambda some: (some, rows[some])) == 0


def test_long_vectors_whose_scores_float32_cannot_tell_apart_are_ranked_exactly(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    rows = (random.normal(size=(4000, 256)) * 3e-5 + 30).astype(np.float32)  # inner products of 230,400 and a little
    query, ids = np.full(256, 30, np.float32), np.arange(4000, dtype=np.int64)
    fast, exact = VectorIndex.build(ids, rows), ExactIndex(ids, rows)
    sha256 = fast.save(tmp_path / "vectors.faiss")
    assert fast.search(query, 10) == exact.search(query, 10)
    assert VectorIndex.load(tmp_path / "vectors.faiss", sha256, 256).search(query, 10) == exact.search(query, 10)


@pytest.mark.parametrize(("n", "d"), [(1, 1), (500, 384), (3000, 64)])
def test_faiss_and_numpy_agree_on_random_vectors(n: int, d: int) -> None:
    ids, rows = np.arange(n, dtype=np.int64) * 3 + 1, random_rows(n, d)
    fast, exact = VectorIndex.build(ids, rows), ExactIndex(ids, rows)
    for query in random_rows(20, d, seed=1):
        assert fast.search(query, 50) == exact.search(query, 50)


def test_searches_and_changes_may_run_in_several_threads() -> None:
    rows = random_rows(2000, 32)
    index = VectorIndex.build(np.arange(1000, dtype=np.int64), rows[:1000])
    errors: list[BaseException] = []

    def search() -> None:
        try:
            for query in rows[:200]:
                assert len(index.search(query, 5)) == 5
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(1000, 2000, 50):
        index.add(np.arange(n, n + 50, dtype=np.int64), rows[n : n + 50])
        index.remove(np.arange(n, n + 25, dtype=np.int64))
    for thread in threads:
        thread.join()
    assert (errors, len(index)) == ([], 1500)


# The file


def test_a_saved_index_answers_as_before(tmp_path: Path) -> None:
    ids, rows = np.arange(100, dtype=np.int64) + 9, random_rows(100, 16)
    index = VectorIndex.build(ids, rows)
    sha256 = index.save(tmp_path / "vectors.faiss")
    loaded = VectorIndex.load(tmp_path / "vectors.faiss", sha256, 16, generation=4)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.faiss"]
    assert (loaded.generation, len(loaded), loaded.dimensions) == (4, 100, 16)
    assert loaded.search(rows[3], 10) == index.search(rows[3], 10)
    loaded.remove(numbers(12))
    assert loaded.search(rows[3], 1)[0][0] != 12


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    sha256 = VectorIndex(0).save(tmp_path / "vectors.faiss")
    assert VectorIndex.load(tmp_path / "vectors.faiss", sha256, 0).search(unit([1, 0]), 3) == []


def test_an_index_that_was_saved_empty_takes_vectors_of_any_dimensions(tmp_path: Path) -> None:
    sha256 = VectorIndex(1).save(tmp_path / "index")
    index = VectorIndex.load(tmp_path / "index", sha256, 2)
    index.add(numbers(4), unit([[1, 1]]))
    assert (index.dimensions, len(index)) == (2, 1)


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def replace_with_garbage(path: Path) -> None:
    path.write_bytes(b"IxM2" + os.urandom(500))


def delete(path: Path) -> None:
    path.unlink()


def replace_with_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE = [flip, truncate, replace_with_garbage, delete, replace_with_folder]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_never_loaded(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "vectors.faiss"
    sha256 = VectorIndex.build(numbers(1, 2), random_rows(2, 64)).save(path)
    damage(path)
    with pytest.raises(IndexDamaged, match=r"vectors\.faiss"):
        VectorIndex.load(path, sha256, 64)


def test_a_file_of_another_kind_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "vectors.faiss"
    sha256 = VectorIndex.build(numbers(1), random_rows(1, 8)).save(path)
    with pytest.raises(IndexDamaged, match="not an index of 9 dimensions"):
        VectorIndex.load(path, sha256, 9)
    faiss = _faiss()
    for raw in (b"not faiss", faiss.serialize_index(faiss.IndexFlatIP(8)).tobytes()):
        path.write_bytes(raw)
        checksum = Checksum()
        checksum.update(raw)
        with pytest.raises(IndexDamaged, match=r"FAISS cannot read it|no index by id"):
            VectorIndex.load(path, checksum.hexdigest(), 8)


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file grow beyond `room` bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_save_that_fails_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "vectors.faiss"
    old = VectorIndex.build(numbers(1), random_rows(1, 8))
    sha256 = old.save(path)
    with full_disk(10_000), pytest.raises(DiskError, match=r"Could not write the vector index .*vectors\.faiss"):
        VectorIndex.build(np.arange(5000, dtype=np.int64), random_rows(5000, 8)).save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["vectors.faiss"]
    assert len(VectorIndex.load(path, sha256, 8)) == 1


# The copy of a store


def put(store: Store, path: str, n: int, seed: int = 0) -> None:
    texts = [f"text {i}" for i in range(n)]
    document = Document(path, "", tuple(Page(i, str(i), text) for i, text in enumerate(texts, 1)))
    passages = [
        Passage(start, start + len(text), i, i, str(i), text)
        for i, (start, text) in enumerate(zip(document.starts, texts, strict=True), 1)
    ]
    store.put(document, sha256="", bytes=0, mtime_ns=0, passages=passages, vectors=random_rows(n, 16, seed))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library") as opened:
        put(opened, "/a", 40)
        put(opened, "/b", 30, seed=1)
        yield opened


QUESTION = random_rows(1, 16, seed=9)[0]


@pytest.fixture
def rebuilds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each rebuild."""
    counted: list[int] = []
    original = VectorIndex.copy_of

    def copy_of(source: Store) -> VectorIndex:
        counted.append(1)
        return original(source)

    monkeypatch.setattr(VectorIndex, "copy_of", copy_of)
    return counted


def test_an_intact_copy_is_loaded_and_an_outdated_one_brought_up_to_date(store: Store, rebuilds: list[int]) -> None:
    first = open_index(store.folder, store)
    assert (len(first), first.generation, len(rebuilds)) == (70, 2, 1)
    again = open_index(store.folder, store)
    assert again.search(QUESTION, 9) == first.search(QUESTION, 9) == ExactIndex(*store.vectors()).search(QUESTION, 9)
    rebuilds.clear()
    store.remove("/a")
    newer = open_index(store.folder, store)
    assert (len(newer), newer.generation, len(rebuilds)) == (30, 3, 0)
    assert len(open_index(store.folder, store)) == 30
    assert len(rebuilds) == 0


@pytest.mark.parametrize("damage", [flip, truncate, replace_with_garbage, delete])
def test_a_damaged_copy_is_rebuilt_with_the_same_results(
    store: Store, rebuilds: list[int], damage: Callable[[Path], None]
) -> None:
    before = open_index(store.folder, store).search(QUESTION, 20)
    damage(store.folder / "vectors.faiss")
    assert open_index(store.folder, store).search(QUESTION, 20) == before
    assert open_index(store.folder, store).search(QUESTION, 20) == before
    assert len(rebuilds) == 2  # once at first, once for the damage: the copy is mended


def test_an_empty_library_can_be_searched(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert open_index(tmp_path, store).search(QUESTION, 5) == []
        assert open_index(tmp_path, store).search(QUESTION, 5) == []
        put(store, "/a", 3)
        assert len(open_index(tmp_path, store).search(QUESTION, 5)) == 3


def test_a_copy_kept_up_to_date_can_be_saved(store: Store, rebuilds: list[int]) -> None:
    index = open_index(store.folder, store)
    change = store.remove("/a")
    assert save_index(store.folder, index, store) is False  # outdated
    index.remove(numbers(*change.removed))
    index.generation = change.generation
    assert save_index(store.folder, index, store) is True
    assert open_index(store.folder, store).search(QUESTION, 50) == index.search(QUESTION, 50)
    assert len(rebuilds) == 1


def test_a_full_disk_does_not_stop_the_search(store: Store) -> None:
    with full_disk(1000):
        index = open_index(store.folder, store)
    assert len(index.search(QUESTION, 5)) == 5
    assert not (store.folder / "vectors.faiss").exists()


def test_a_copy_that_cannot_be_replaced_does_not_stop_the_search(store: Store) -> None:
    open_index(store.folder, store)
    replace_with_folder(store.folder / "vectors.faiss")
    assert len(open_index(store.folder, store).search(QUESTION, 5)) == 5


def test_a_writer_elsewhere_does_not_stop_the_search(store: Store) -> None:
    with Store.open(store.folder) as writer, writer.writing():
        with pytest.raises(LibraryBusy):
            store.set("key", "value")
        assert len(open_index(store.folder, store).search(QUESTION, 5)) == 5
        assert not (store.folder / "vectors.faiss").exists()


# Beyond a certain size


@pytest.fixture
def large(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with 370 passages, more than are searched exactly."""
    monkeypatch.setattr(faiss_index, "EXACT_MOST", 100)
    put(store, "/c", 300, seed=2)
    return store


def closely(index: VectorIndex, store: Store, k: int = 20) -> None:
    """Check that an index answers as the oracle does, where it looks into all lists."""
    if isinstance(index._body, faiss_index.Inverted):
        index._body._index.nprobe = index._body.lists
    assert len(index) == store.count()
    assert index.differing(store.vectors_of) == 0
    exact = ExactIndex(*store.vectors())
    assert index.search(QUESTION, k, store.places) == exact.search(QUESTION, k, store.places)


def test_a_large_library_gets_lists_and_its_record_says_what_they_find(large: Store, rebuilds: list[int]) -> None:
    index = open_index(large.folder, large)
    assert (index.facts.kind, index.facts.vectors, index.facts.questions) == ("IVF64,SQ8", 370, 200)
    assert index.facts.recall >= 0.98
    again = open_index(large.folder, large)
    assert (again.facts, again._body._index.nprobe) == (index.facts, index.facts.probes)
    closely(again, large)
    assert len(rebuilds) == 1


def test_it_is_built_without_ever_reading_all_vectors_at_once(large: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "vectors", None)
    monkeypatch.setattr("rag_app.storage.vector_index._BATCH", 50)
    sizes = []
    original = Passages._matrix

    def matrix(self: Store, rows: list[tuple[int, bytes]]) -> tuple[Ids, Vectors]:
        sizes.append(len(rows))
        return original(self, rows)

    monkeypatch.setattr(Passages, "_matrix", matrix)
    assert len(open_index(large.folder, large)) == 370
    assert max(sizes) == 50


@pytest.mark.parametrize("kind", ["exact", "lists"])
def test_a_small_change_is_found_at_once_and_not_saved(
    large: Store, rebuilds: list[int], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "exact":
        monkeypatch.setattr(faiss_index, "EXACT_MOST", 1000)
    index, file = open_index(large.folder, large), large.folder / "vectors.faiss"
    whole, record = file.read_bytes(), large.index_record()
    put(large, "/new", 3, seed=7)
    put(large, "/other", 2, seed=8)
    removed = large.remove("/other").removed
    index = open_index(large.folder, large, index)
    closely(index, large)
    [nearest] = index.search(random_rows(3, 16, seed=7)[1], 1, large.places)
    assert large.places([nearest[0]])[nearest[0]] == ("/new", 1)
    assert not {*removed} & {passage for passage, _ in index.search(random_rows(2, 16, seed=8)[0], 373)}
    closely(open_index(large.folder, large), large)  # as another process would
    assert (file.read_bytes(), large.index_record(), len(rebuilds)) == (whole, record, 1)


def test_a_change_of_more_than_a_twentieth_is_saved(large: Store, rebuilds: list[int]) -> None:
    index = open_index(large.folder, large)
    put(large, "/new", 18, seed=7)
    open_index(large.folder, large, index)
    assert large.index_record()[0] == 3  # type: ignore[index]
    large.remove("/b")
    index = open_index(large.folder, large, index)
    assert large.index_record()[0] == large.generation == 5  # type: ignore[index]
    saved = load_saved(large.folder, large)
    assert saved is not None
    assert (saved._body._new.ids().tolist(), len(saved._body._gone)) == ([], 0)
    for one in (index, saved):
        closely(one, large)
    assert (index.unsaved, len(rebuilds)) == (0, 1)


def test_lists_that_suit_no_more_are_made_anew(large: Store, rebuilds: list[int]) -> None:
    index = open_index(large.folder, large)
    put(large, "/new", 250, seed=7)
    index = open_index(large.folder, large, index)
    assert (index.facts.vectors, len(rebuilds)) == (620, 2)
    for path in ("/a", "/b", "/c"):
        large.remove(path)
    index = open_index(large.folder, large, index)
    assert (index.facts.kind, index.facts.vectors, len(rebuilds)) == ("IVF64,SQ8", 250, 3)
    large.remove("/new")
    put(large, "/a", 20)
    index = open_index(large.folder, large, index)
    assert (index.facts.kind, len(index), len(rebuilds)) == ("IDMap2,Flat", 20, 4)
    closely(index, large)


def test_passages_that_came_in_place_of_most_others_get_lists_of_their_own(large: Store, rebuilds: list[int]) -> None:
    index = open_index(large.folder, large)
    put(large, "/c", 300, seed=12)
    index = open_index(large.folder, large, index)
    assert (index.facts.vectors, index.facts.newest, len(rebuilds)) == (370, 670, 2)
    closely(index, large)


def test_a_copy_of_another_library_is_not_believed(large: Store, rebuilds: list[int]) -> None:
    open_index(large.folder, large)
    put(large, "/d", 2, seed=3)
    large._database.connection.execute("UPDATE passages SET id = 500 WHERE id = 5")
    index = open_index(large.folder, large)
    closely(index, large)
    large._database.connection.execute("UPDATE passages SET id = 5 WHERE id = 500")
    put(large, "/e", 2, seed=3)
    closely(open_index(large.folder, large, index), large)
    assert len(rebuilds) == 2


@pytest.mark.parametrize("damage", [flip, truncate, replace_with_garbage, delete])
def test_a_damaged_file_of_lists_is_made_anew(
    large: Store, rebuilds: list[int], damage: Callable[[Path], None]
) -> None:
    before = open_index(large.folder, large).search(QUESTION, 20)
    put(large, "/new", 1, seed=7)
    damage(large.folder / "vectors.faiss")
    index = open_index(large.folder, large)
    closely(index, large)
    assert len(before) == 20
    assert len(rebuilds) == 2


def test_a_full_disk_leaves_lists_in_memory(large: Store) -> None:
    with full_disk(1000):
        index = open_index(large.folder, large)
    assert index.is_worth_saving
    assert not (large.folder / "vectors.faiss").exists()
    closely(index, large)
    put(large, "/new", 3, seed=7)
    closely(open_index(large.folder, large, index), large)
    assert (large.folder / "vectors.faiss").exists()


def test_another_dimension_after_all_was_removed_is_taken(large: Store) -> None:
    index = open_index(large.folder, large)
    for path in ("/a", "/b", "/c"):
        large.remove(path)
    document = Document("/d", "", (Page(1, "1", "text"),))
    passage = Passage(0, 4, 1, 1, "1", "text")
    vectors = random_rows(1, 8)
    large.put(document, sha256="", bytes=0, mtime_ns=0, passages=[passage], vectors=vectors)
    index = open_index(large.folder, large, index)
    assert (index.dimensions, len(index.search(vectors[0], 3))) == (8, 1)
