from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from exact_index import ExactIndex
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_app.storage import faiss_index
from rag_app.storage.vector_index import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from rag_app.storage.faiss_index import Ids
    from rag_app.types import Vectors

D = 24


def unit_rows(n: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, D))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def numbers(*ids: int) -> Ids:
    return np.array(ids, dtype=np.int64)


def built(ids: Ids, rows: Vectors, batch: int = 100) -> tuple[faiss_index.Inverted, faiss_index.Facts]:
    def batches() -> Iterator[tuple[Ids, Vectors]]:
        for at in range(0, len(ids), batch):
            yield ids[at : at + batch], rows[at : at + batch]

    return faiss_index.Inverted.build(batches, rows[: faiss_index.sample_size(len(rows))].copy(), len(rows))


def looked_up(ids: Ids, rows: Vectors) -> Callable[[Iterable[int]], tuple[Ids, Vectors]]:
    known = dict(zip(ids.tolist(), rows, strict=True))

    def look(wanted: Iterable[int]) -> tuple[Ids, Vectors]:
        found = sorted(int(passage) for passage in wanted if int(passage) in known)
        return numbers(*found), np.array([known[passage] for passage in found], np.float32).reshape(-1, D)

    return look


def written(body: faiss_index.Inverted, path: Path) -> faiss_index.Inverted:
    path.write_bytes(b"".join(map(bytes, body.pieces())))
    read = faiss_index.read(path)
    assert isinstance(read, faiss_index.Inverted)
    return read


def everywhere(body: faiss_index.Inverted) -> faiss_index.Inverted:
    """Look into all lists, so that nothing is left to chance."""
    body._index.nprobe = body.lists
    return body


IDS, ROWS = np.arange(600, dtype=np.int64) * 3 + 5, unit_rows(600)
QUESTIONS = unit_rows(20, seed=1)


@pytest.mark.parametrize(
    ("vectors", "lists"),
    [(1, 1), (30, 16), (600, 128), (100_000, 1024), (1_000_000, 4096), (10**7, 4096)],
)
def test_lists_are_about_four_times_the_root_and_a_power_of_two(vectors: int, lists: int) -> None:
    assert faiss_index.list_count(vectors) == lists
    assert lists <= vectors
    assert faiss_index.sample_size(vectors) == min(vectors, 50 * lists)


def test_the_recall_that_is_reported_is_that_of_the_lists_looked_into() -> None:
    body, facts = built(IDS, ROWS)
    assert (facts.kind, facts.vectors, facts.newest, len(body)) == ("IVF128,SQ8", 600, 599 * 3 + 5, 600)
    questions = faiss_index._questions(ROWS)
    exact, shared = ExactIndex(IDS, ROWS), 0
    for question in questions:
        found, _ = body.search(question, 50 + faiss_index.SLACK)
        shared += len({*found.tolist()} & {passage for passage, _ in exact.search(question, 50)})
    assert facts.recall == pytest.approx(shared / 50 / len(questions), abs=0.001)
    assert facts.recall >= facts.target == 0.98
    assert 1 < facts.probes < 128


@pytest.mark.slow
@given(
    st.lists(st.integers(0, 599), max_size=30), st.lists(st.integers(600, 650), max_size=30, unique=True), st.booleans()
)
@settings(max_examples=40, deadline=None)
def test_rows_that_come_and_go_are_found_and_missed_at_once(gone: list[int], new: list[int], again: bool) -> None:
    body, _ = built(IDS, ROWS)
    index = VectorIndex(D, body=everywhere(body))
    fresh = unit_rows(51, seed=2)[[number - 600 for number in new]]
    index.add(numbers(*new) * 3 + 5, fresh)
    index.remove(numbers(*gone) * 3 + 5)
    kept = [number for number in range(600) if number not in gone]
    ids = np.concatenate([IDS[kept], numbers(*new) * 3 + 5])
    rows = np.vstack([ROWS[kept], fresh])
    if again and gone:
        index.add(IDS[gone[:1]], ROWS[gone[:1]])
        ids, rows = np.append(ids, IDS[gone[:1]]), np.vstack([rows, ROWS[gone[:1]]])
    index._exact = looked_up(ids, rows)
    exact = ExactIndex(ids, rows)
    assert len(index) == len(ids)
    assert body.ids().tolist() == sorted(ids.tolist())
    for question in QUESTIONS[:5]:
        assert index.search(question, 20) == exact.search(question, 20)


def test_a_file_of_lists_holds_all_that_came_and_nothing_that_went(tmp_path: Path) -> None:
    body = everywhere(built(IDS, ROWS)[0])
    first = written(body, tmp_path / "first")
    assert first.ids().tolist() == IDS.tolist()
    assert first._lists.prefetch_nthread == 0  # else each search starts threads
    assert (first.lists, first._index.nprobe, first.newest()) == (128, 128, int(IDS[-1]))
    for question in QUESTIONS:
        for mine, theirs in zip(first.search(question, 30), body.search(question, 30), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    first.add(numbers(9000, 9001), unit_rows(2, seed=3))
    first.remove(IDS[:7])
    second = written(first, tmp_path / "second")
    ids, rows = np.append(IDS[7:], [9000, 9001]), np.vstack([ROWS[7:], unit_rows(2, seed=3)])
    assert (len(second), second.ids().tolist(), second._new.ids().tolist()) == (595, ids.tolist(), [])
    assert second.differing(looked_up(ids, rows)) == 0
    rebuilt = VectorIndex(D, body=second, exact=looked_up(ids, rows))
    for question in QUESTIONS:
        assert rebuilt.search(question, 30) == ExactIndex(ids, rows).search(question, 30)


def test_rows_that_differ_from_the_truth_are_counted(tmp_path: Path) -> None:
    body, _ = built(IDS, ROWS)
    body.add(numbers(9000), unit_rows(1, seed=3))
    ids, rows = np.append(IDS, 9000), np.vstack([ROWS, unit_rows(1, seed=3)])
    assert body.differing(looked_up(ids, rows)) == 0
    other = rows.copy()
    other[[4, 600]] = -other[[4, 600]]
    assert body.differing(looked_up(ids, other)) == 2
    assert body.differing(looked_up(ids[5:], rows[5:])) == 5
    nudged = rows.copy()
    nudged[8, 3] += 0.02  # a few steps of the codes
    assert body.differing(looked_up(ids, nudged)) == 1


def test_more_lists_are_looked_into_where_the_nearest_hold_too_few() -> None:
    body, _ = built(IDS, ROWS)
    body._index.nprobe = 1
    assert len(body.search(QUESTIONS[0], 500)[0]) == 500
    nearest = body.search(QUESTIONS[0], 200)[0]
    body.remove(nearest)
    found = body.search(QUESTIONS[0], 400)[0]
    assert len(found) == 400
    assert not {*found.tolist()} & {*nearest.tolist()}
    assert len(body.search(QUESTIONS[0], 1000)[0]) == 400


def test_equal_rows_are_ordered_by_place_however_they_were_added() -> None:
    twins = np.repeat(unit_rows(1, seed=8), 150, axis=0)
    ids, rows = np.concatenate([IDS, np.arange(9000, 9150)]), np.vstack([ROWS, twins])
    order = np.random.default_rng(3).permutation(len(ids))
    for first in (700, 650):  # the others lie beside the lists
        body, _ = built(ids[order][:first], rows[order][:first])
        body.add(ids[order][first:], rows[order][first:])
        index = VectorIndex(D, body=everywhere(body), exact=looked_up(ids, rows))
        ranked = index.search(twins[0], 60, lambda found: {passage: ("", -passage) for passage in found})
        assert [passage for passage, _ in ranked] == list(range(9149, 9089, -1))


def test_passages_that_the_library_lost_meanwhile_are_left_out() -> None:
    body, _ = built(IDS, ROWS)
    index = VectorIndex(D, body=everywhere(body), exact=looked_up(IDS[1:], ROWS[1:]))
    assert int(IDS[0]) not in {passage for passage, _ in index.search(ROWS[0], 10)}


def test_without_a_way_to_look_vectors_up_scores_are_those_of_the_codes() -> None:
    index = VectorIndex(D, body=everywhere(built(IDS, ROWS)[0]))
    exact = dict(ExactIndex(IDS, ROWS).search(ROWS[3], 600))
    ranked = index.search(ROWS[3], 20)
    assert ranked[0][0] == IDS[3]
    assert [score for _, score in ranked] == pytest.approx([exact[passage] for passage, _ in ranked], abs=0.02)


def test_threads_may_search_while_rows_come_and_go_and_are_saved(tmp_path: Path) -> None:
    ids, rows = np.append(IDS, np.arange(9000, 9100)), np.vstack([ROWS, unit_rows(100, seed=4)])
    index = VectorIndex(D, body=everywhere(built(IDS, ROWS)[0]), exact=looked_up(ids, rows))
    errors: list[BaseException] = []

    def search() -> None:
        try:
            for row in ROWS[300:500]:
                assert index.search(row, 5)[0][1] == pytest.approx(1)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(0, 100, 10):
        index.add(ids[600 + n : 610 + n], rows[600 + n : 610 + n])
        index.remove(IDS[n : n + 10])
        index.save(tmp_path / "vectors.faiss")
    for thread in threads:
        thread.join()
    assert (errors, len(index)) == ([], 600)
    assert index.differing(looked_up(ids[100:], rows[100:])) == 0


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    faiss = faiss_index._faiss()
    (tmp_path / "text").write_bytes(b"not faiss")
    with pytest.raises(faiss_index.Unreadable, match="FAISS cannot read it"):
        faiss_index.read(tmp_path / "text")
    faiss.write_index(faiss.IndexFlatIP(8), str(tmp_path / "flat"))
    with pytest.raises(faiss_index.Unreadable, match="no index by id"):
        faiss_index.read(tmp_path / "flat")
