from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored import VERSIONS, found, make_document, make_passage, one_a_page, put, vectors_of

from ingest.remarks import Remark
from ingest.types import Document, Page
from rag_app.errors import DiskError, LibraryBusy, LibraryError, LibraryMismatch, UsageError
from rag_app.language.keywords import STEM_WEIGHT
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import flat
from rag_app.storage import passages as storage
from rag_app.storage.connection import keep_log
from rag_app.storage.documents import Change
from rag_app.storage.json_columns import pairs
from rag_app.storage.passages import StoredPassage
from rag_app.storage.paths import FileState
from rag_app.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator


ROOT = Path(__file__).parents[2]


def read_all(folder: Path) -> None:
    with Store.open(folder) as store:
        store.signature()


def vocabulary(store: Store) -> list[str]:
    connection = store._database.connection
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab('main', 'keywords', 'col')")
    return [
        term
        for (term,) in connection.execute("SELECT DISTINCT term FROM temp.words WHERE col != 'stems' ORDER BY term")
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library") as opened:
        yield opened


# Round trips


def test_a_document_comes_back_as_it_was_put(store: Store) -> None:
    document = make_document("/a.pdf", "Alpha beta.", "", "Gamma delta.")
    before = time.time()
    change = put(store, document)
    assert change == Change((1, 2), (), 1)
    assert store.read("/a.pdf") == document
    assert store.read("/a.pdf").pages == document.pages
    assert store.read("/a.pdf").text == "Alpha beta.\f\fGamma delta."
    assert store.files() == {"/a.pdf": FileState("ab" * 32, 7, 1_700_000_000_123_456_789)}
    known = store.document("/a.pdf")
    assert known is not None
    assert before <= known.ingested <= time.time()
    assert replace(known, ingested=0).as_json() == {
        "path": "/a.pdf",
        "title": "Title",
        "sha256": "ab" * 32,
        "bytes": 7,
        "modified": pytest.approx(1_700_000_000.123456789),
        "pages": 3,
        "pages_with_text": 2,
        "chunks": 2,
        "ingested": 0,
        "paths": ("/a.pdf",),
        "tags": (),
    }


def test_everything_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    document = make_document("/a.pdf", "Alpha beta.")
    with Store.open(tmp_path) as store:
        put(store, document)
        store.set("embedder", "small\ud800")
        signature = store.signature()
    with Store.open(tmp_path, create=False) as store:
        assert store.read("/a.pdf") == document
        assert (store.get("embedder"), store.get("unknown")) == ("small\ud800", None)
        assert (store.generation, store.dimensions, store.count()) == (1, 8, 1)
        assert store.signature() == signature
        assert store.check() == []


def test_passages_come_in_the_order_asked_without_those_that_are_gone(store: Store) -> None:
    document = make_document("/a.pdf", "Alpha beta.", "Gamma delta.", "Epsilon.")
    spans = [(0, 5), (6, 17), (12, 12 + 13 + 7)]
    ids = put(store, document, [make_passage(document, *span) for span in spans]).added
    assert store.passages([ids[2], 999, ids[0], ids[1], ids[0]]) == [
        StoredPassage(ids[2], "/a.pdf", "Title", 2, 12, 32, 2, 3, "p2", "Gamma delta.\fEpsilon"),
        StoredPassage(ids[0], "/a.pdf", "Title", 0, 0, 5, 1, 1, "p1", "Alpha"),
        StoredPassage(ids[1], "/a.pdf", "Title", 1, 6, 17, 1, 2, "p1", "beta.\fGamma"),
        StoredPassage(ids[0], "/a.pdf", "Title", 0, 0, 5, 1, 1, "p1", "Alpha"),
    ]
    assert store.passages([]) == []


ODD = st.characters(exclude_characters="\f", exclude_categories=()) | st.sampled_from("\0\ud800\udcff\udc00'\"\n%é")


@pytest.mark.slow
@given(
    st.text(ODD, min_size=1),
    st.text(ODD),
    st.lists(st.text(ODD, max_size=30), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 40)), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_any_text_survives_and_leaves_no_word_behind(
    tmp_path_factory: pytest.TempPathFactory, path: str, title: str, texts: list[str], spans: list[tuple[int, int]]
) -> None:
    document = make_document(path, *texts, title=title)
    ends = [(start, min(start + length, len(document.text))) for start, length in spans]
    passages = [make_passage(document, start, end) for start, end in ends if start < end]
    with Store.open(tmp_path_factory.mktemp("library")) as store:
        change = put(store, document, passages)
        assert store.read(path) == document
        assert [stored.text for stored in store.passages(change.added)] == [passage.text for passage in passages]
        assert store.check() == []
        assert store.remove(path).removed == change.added
        assert (vocabulary(store), store.documents(), store.check()) == ([], [], [])


@pytest.mark.parametrize("name", ["new\nline", "quote'\"s", "caf\udce9.pdf", "\ud800", "%s ? ; --", "\U0001f600", " "])
def test_odd_file_names_are_told_apart(store: Store, name: str) -> None:
    put(store, make_document(name, "first words"))
    put(store, make_document(name + "x", "other words"))
    assert [document.path for document in store.documents()] == [name, name + "x"]
    store.remove(name)
    assert list(store.files()) == [name + "x"]
    assert found(store, "words") == ["other words"]


def test_documents_are_sorted_by_path(store: Store) -> None:
    for path in ("/b", "/é", "/a", "/Z"):
        put(store, make_document(path, "text"))
    assert [document.path for document in store.documents()] == ["/Z", "/a", "/b", "/é"]


def test_vectors_come_back_in_the_order_of_their_ids(store: Store) -> None:
    first, second = make_document("/a", "one", "two"), make_document("/b", "three")
    kept = put(store, first).added + put(store, second).added
    put(store, make_document("/c", "four"))
    store.remove("/c")
    ids, vectors = store.vectors()
    assert ids.tolist() == list(kept)
    np.testing.assert_array_equal(vectors, np.vstack([vectors_of(one_a_page(first)), vectors_of(one_a_page(second))]))
    assert (ids.dtype, vectors.dtype) == (np.int64, np.float32)


def test_vectors_come_in_batches_from_any_id_on_and_by_id(store: Store) -> None:
    put(store, make_document("/a", *(f"text {n}" for n in range(10))))
    put(store, make_document("/b", "gone"))
    put(store, make_document("/c", "last"))
    store.remove("/b")
    ids, vectors = store.vectors()
    assert ids.tolist() == store.passage_ids().tolist() == [*range(1, 11), 12]
    assert [some.tolist() for some, _ in store.vector_batches(4)] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 12]]
    np.testing.assert_array_equal(np.vstack([rows for _, rows in store.vector_batches(4)]), vectors)
    assert [some.tolist() for some, _ in store.vector_batches(after=9)] == [[10, 12]]
    assert list(store.vector_batches(after=12)) == []
    known, rows = store.vectors_of([12, 11, 3, 99])
    assert known.tolist() == [3, 12]
    np.testing.assert_array_equal(rows, vectors[[2, 10]])
    assert store.vectors_of([])[1].shape == (0, vectors.shape[1])


def test_an_empty_library_has_no_vectors(store: Store) -> None:
    ids, vectors = store.vectors()
    assert (ids.shape, vectors.shape) == ((0,), (0, 0))
    assert (store.count(), store.generation, store.documents(), store.check()) == (0, 0, [], [])


def test_a_document_without_text_is_kept_without_passages(store: Store) -> None:
    assert put(store, make_document("/scan.pdf", "", "")) == Change((), (), 1)
    known = store.document("/scan.pdf")
    assert known is not None
    assert (known.pages, known.pages_with_text, known.chunks) == (2, 0, 0)


def test_an_unknown_document_is_none_or_an_error(store: Store) -> None:
    assert store.document("/no") is None
    with pytest.raises(UsageError, match="/no is not in the library"):
        store.read("/no")
    assert store.remove("/no") == Change((), (), 0)


# Changes


def test_a_new_version_takes_the_place_of_the_old_one(store: Store) -> None:
    old = put(store, make_document("/a.pdf", "ancient words", "shared"))
    put(store, make_document("/b.pdf", "bystander"))
    new = put(store, make_document("/a.pdf", "modern words", title="Heading"))
    assert new == Change((4,), old.added, 3)
    assert store.read("/a.pdf").text == "modern words"
    assert [found(store, question) for question in ("ancient", "shared", "modern", "heading", "bystander")] == [
        [],
        [],
        ["modern words"],
        ["modern words"],
        ["bystander"],
    ]
    words = ["bystander", "heading", "modern", "title", "words"]
    assert vocabulary(store) == ["a", "b", *words]  # the names of the files
    assert store.check() == []


def test_an_id_is_never_used_twice(store: Store) -> None:
    first = put(store, make_document("/a.pdf", "one", "two")).added
    store.remove("/a.pdf")
    assert put(store, make_document("/a.pdf", "one", "two")).added == (3, 4) != first


def test_the_signature_tells_contents_and_not_ids_or_times(tmp_path: Path) -> None:
    first, second = make_document("/a", "one", "two"), make_document("/b", "three")
    with Store.open(tmp_path / "1") as one, Store.open(tmp_path / "2") as other:
        for document in (first, second):
            put(one, document)
        for document in (second, second, first):
            put(other, document)
        other.touch("/a", 5)
        assert one.signature() == other.signature()
        assert other.files()["/a"].mtime_ns == 5
        put(other, make_document("/a", "one", "twO"))
        assert one.signature() != other.signature()


def test_writes_count_generations(store: Store) -> None:
    put(store, make_document("/a", "one"))
    store.touch("/a", 1)
    store.set("embedder", "x")
    store.remove("/no")
    assert store.generation == 1
    assert store.remove("/a").generation == store.generation == 2


def test_the_index_record_is_remembered(store: Store) -> None:
    assert store.index_record() is None
    assert store.index_facts() == ""
    store.record_index(7, "ff" * 32, "built so")
    assert store.index_record() == (7, "ff" * 32)
    assert store.index_facts() == "built so"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_write_that_fails_half_way_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    put(store, make_document("/a", "one", "two"))
    before = (store.signature(), store.generation, vocabulary(store), store.count())

    def fail(key: int) -> str:
        assert store._database.value("SELECT count(*) FROM passages") == 1  # the new version is written already
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(store._documents, "digest", fail)
        with pytest.raises(error):
            put(store, make_document("/a", "another"))
    assert (store.signature(), store.generation, vocabulary(store), store.count()) == before
    assert put(store, make_document("/a", "another")).generation == 2


def test_wrong_passages_and_vectors_are_refused(store: Store) -> None:
    document = make_document("/a", "some text")
    passage = make_passage(document, 0, 4)
    facts = {"sha256": "", "bytes": 0, "mtime_ns": 0}
    unit = np.array([[1, 0]], dtype=np.float32)
    for passages, vectors, message in [
        ([replace(passage, start=1)], unit, "a passage is not the text at 1:4"),
        ([passage], unit[:0], "vectors of shape"),
        ([passage], unit[0], "vectors of shape"),
        ([passage], unit * np.nan, "not finite"),
    ]:
        with pytest.raises(ValueError, match=message):
            store.put(document, passages=passages, vectors=vectors, **facts)
    store.put(document, passages=[passage], vectors=unit, **facts)
    with pytest.raises(ValueError, match="vectors of 3 dimensions in a library of 2"):
        store.put(make_document("/b", "some text"), passages=[passage], vectors=np.ones((1, 3)), **facts)
    store.remove("/a")
    store.put(document, passages=[passage], vectors=np.ones((1, 3)), **facts)
    assert store.dimensions == 3


# Keywords


def test_keyword_scores_are_bm25_of_words_and_of_stems(store: Store) -> None:
    texts = ["apple apple pear", "apple plum plum plum fig", "fig", "kiwi", "kiwi melon"]
    ids = put(store, make_document("/-", *texts, title="")).added
    n, average = len(texts), sum(len(text.split()) for text in texts) / len(texts)
    idf = math.log((n - 2 + 0.5) / (2 + 0.5))
    expected = []
    for passage, text in list(zip(ids, texts, strict=True))[:2]:
        count, length = text.split().count("apple"), len(text.split())
        norm = 1.2 * (0.25 + 0.75 * length / average)
        score = sum(idf * tf * 2.2 / (tf + norm) for tf in (count, STEM_WEIGHT * count))
        expected.append((passage, pytest.approx(score)))
    assert store.keyword("apple", 10) == expected
    assert store.keyword("apple", 1) == expected[:1]


def test_a_word_in_the_text_counts_more_than_in_the_title(store: Store) -> None:
    put(store, make_document("/a", "something else here", title="mercury"))
    put(store, make_document("/b", "mercury else here", title="something"))
    put(store, make_document("/c", "filler", title="x"))
    put(store, make_document("/d", "filler", title="x"))
    put(store, make_document("/e", "filler", title="x"))
    assert found(store, "mercury") == ["mercury else here", "something else here"]


def test_equal_keyword_scores_keep_the_order_of_ids(store: Store) -> None:
    ids = [put(store, make_document(f"/{n}", "same words")).added[0] for n in range(5)]
    ranked = store.keyword("words", 3)
    assert [passage for passage, _ in ranked] == ids[:3]
    assert len({score for _, score in ranked}) == 1


def test_accents_case_and_composition_do_not_matter(store: Store) -> None:
    put(store, make_document("/a", "Ein Café in München"))
    for word in ("CAFE", "cafe\u0301", "munchen", "MÜNCHEN"):
        assert len(found(store, word)) == 1
    assert found(store, "cafeteria") == []


def test_common_words_are_not_searched_for(store: Store) -> None:
    put(store, make_document("/a", "What is the meaning of it, und was ist das, où est la et el por qué"))
    for question in (
        "What is it?",
        "Was ist das?",
        "Où est-ce que la",
        "¿Por qué el...?",
        "",
        "?!",
        "\U0001f600",
        "\0",
    ):
        assert store.keyword(question, 5) == []
    assert len(store.keyword("What is the meaning?", 5)) == 1
    assert not {"war", "car", "die", "son", "us"} & STOP_WORDS


def test_query_syntax_is_searched_for_as_words(store: Store) -> None:
    put(store, make_document("/a", "alpha beta", "gamma", "delta"))
    assert sorted(found(store, 'alpha" AND NEAR(gamma, 1) NOT *')) == ["alpha beta", "gamma"]
    assert sorted(found(store, "title:delta")) == ["alpha beta", "delta", "gamma"]  # all have the title "Title"
    assert found(store, "alp*") == []
    assert sorted(found(store, "{text} : ^delta -gamma")) == ["delta", "gamma"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("small")) as store:
        put(store, make_document("/a", "alpha beta 42", "gamma and near or not", "delta"))
        yield store


WORDS = st.sampled_from(
    ["alpha", "AND", "NEAR(", '"', "*", ":", "^", "42", "title:", "(", ")", "+", "-", "'", ";", "\0"]
)


@pytest.mark.slow
@given(st.text(ODD) | st.lists(WORDS | st.text(ODD, max_size=3)).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_question_finds_only_passages_that_hold_one_of_its_words(small: Store, question: str) -> None:
    said = flat(question).lower()  # without what is raised
    plain = "".join(c for c in unicodedata.normalize("NFKD", said) if not unicodedata.combining(c))
    asked = set(re.findall(r"[^\W_]+", plain))
    for text in found(small, question):
        assert asked & {"title", "a", *text.split()}


def test_a_very_long_question_is_cut_to_its_first_words(small: Store) -> None:
    noise = " ".join(f"noise{n}" for n in range(10_000))
    assert found(small, f"delta delta {noise}") == ["delta"]
    assert found(small, f"{noise} delta") == []
    assert found(small, "x" * 50_000) == []
    assert found(small, '"' * 50_000 + " delta") == ["delta"]


def test_a_keyword_search_for_nothing_is_refused(small: Store) -> None:
    with pytest.raises(ValueError, match="k = 0"):
        small.keyword("delta", 0)


# Opening


def test_a_missing_library_is_named_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=re.escape(f"There is no library in {tmp_path / 'no'}")) as raised:
        Store.open(tmp_path / "no", create=False)
    assert "rag ingest PATH" in raised.value.hint
    assert not (tmp_path / "no").exists()


def test_a_half_made_library_is_finished(tmp_path: Path) -> None:
    (tmp_path / "library.db").touch()  # killed before the first transaction
    with pytest.raises(LibraryError, match="There is no library"):
        Store.open(tmp_path, create=False)
    with Store.open(tmp_path) as store:
        assert put(store, make_document("/a", "one")).generation == 1


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "library.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryMismatch, match=r"library\.db was written by a newer version \(schema 99") as raised:
        Store.open(tmp_path)
    assert raised.value.hint == "Run `git pull` and `pip install .` in the folder of rag-app's source."


def test_the_database_of_another_program_is_refused_untouched(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "library.db")
    connection.execute("CREATE TABLE recipes (name)")
    connection.close()
    before = (tmp_path / "library.db").read_bytes()
    with pytest.raises(LibraryError, match=r"library\.db is not a library"):
        Store.open(tmp_path)
    assert (tmp_path / "library.db").read_bytes() == before


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "library.db").write_bytes(b"not a database, " * 1000)
    with pytest.raises(LibraryError, match=r"library\.db is damaged: file is not a database") as raised:
        Store.open(tmp_path)
    assert f"Run `rag doctor --repair --library {tmp_path}`" in raised.value.hint


def test_a_truncated_database_is_called_damaged(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        put(store, make_document("/a", *(f"page {n} " * 200 for n in range(50))))
    whole = (tmp_path / "library.db").read_bytes()
    (tmp_path / "library.db").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LibraryError, match=r"library\.db is damaged"):
        read_all(tmp_path)


def test_a_changed_byte_in_a_text_is_found_by_the_check(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        put(store, make_document("/good", "words that stay"))
        put(store, make_document("/bad", "words that unmistakably change"))
    raw = (tmp_path / "library.db").read_bytes()
    (tmp_path / "library.db").write_bytes(raw.replace(b"that unmistakably", b"that unmistakablx"))
    with Store.open(tmp_path) as store:
        assert store.check() == ["/bad: its pages, passages or vectors are not those that were stored."]


def test_a_keyword_index_that_lacks_a_passage_is_found_by_the_check(store: Store) -> None:
    put(store, make_document("/a", "one", "two"))
    store._database.connection.execute("DELETE FROM keywords_docsize WHERE id = 2")
    [problem] = store.check()
    assert problem.endswith("library.db: the keyword index does not hold the passages that are stored.")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="is a file, not a folder"):
        Store.open(tmp_path / "file")


def test_a_library_that_may_only_be_read_can_be_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path) as store:
        put(store, make_document("/a", "some words"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write anything
    with Store.open(tmp_path, create=False) as store:
        assert found(store, "words") == ["some words"]
        assert store.read("/a").text == "some words"
        with pytest.raises(DiskError, match="readonly"):
            put(store, make_document("/b", "two"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library.db", "library.lock"]


# Failures and company


def test_a_full_disk_is_an_error_that_leaves_the_library_as_it_was(store: Store) -> None:
    put(store, make_document("/a", "one"))
    before = store.signature()
    [pages] = store._database.connection.execute("PRAGMA page_count").fetchone()
    store._database.connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(DiskError, match="database or disk is full") as raised:
        put(store, make_document("/b", "words " * 50_000))
    assert "Free some space" in raised.value.hint
    assert (store.signature(), store.check()) == (before, [])
    put(store, make_document("/c", "small"))
    assert [document.path for document in store.documents()] == ["/a", "/c"]


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + code
    command = [sys.executable, "-c", code, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT / "tests")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


HOLD = """
from pathlib import Path
from rag_app.storage.store import Store
with Store.open(Path(sys.argv[1])) as store, store.writing():
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_a_second_writer_is_refused_and_told_the_process(store: Store) -> None:
    put(store, make_document("/a", "some words"))
    process = start(HOLD, store.folder)
    try:
        for write in (lambda: put(store, make_document("/b", "more")), lambda: store.remove("/a")):
            with pytest.raises(LibraryBusy, match=rf"is being written by process {process.pid} since 20") as raised:
                write()
            assert f"Wait for process {process.pid}" in raised.value.hint
        assert found(store, "words") == ["some words"]
    finally:
        stop(process)
    assert put(store, make_document("/b", "more")).generation == 2  # the lock went with its process


def test_a_second_thread_is_refused_too(store: Store) -> None:
    caught: list[str] = []

    def write() -> None:
        try:
            put(store, make_document("/b", "more"))
        except LibraryBusy as error:
            caught.append(error.message)

    with store.writing(), store.writing():
        put(store, make_document("/a", "one"))
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert [f"process {os.getpid()}" in message for message in caught] == [True]
    write()
    assert len(caught) == 1
    assert list(store.files()) == ["/a", "/b"]


def test_a_reader_sees_the_state_before_a_write_that_is_under_way(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, make_document("/a", "old words"))
    seen: list[object] = []
    digest = store._documents.digest

    def look(key: int) -> str:
        with Store.open(store.folder, create=False) as reader:
            seen.extend([reader.read("/a").text, found(reader, "words"), reader.generation])
        return digest(key)

    monkeypatch.setattr(store._documents, "digest", look)
    put(store, make_document("/a", "new words"))
    assert seen == ["old words", ["old words"], 1]
    assert found(store, "words") == ["new words"]


def test_a_snapshot_does_not_move_while_another_writes(store: Store) -> None:
    put(store, make_document("/a", "one"))
    with Store.open(store.folder) as writer, store.snapshot():
        assert store.generation == 1
        put(writer, make_document("/b", "two"))
        assert (store.generation, list(store.files())) == (1, ["/a"])
    assert (store.generation, list(store.files())) == (2, ["/a", "/b"])


def test_threads_share_a_store(store: Store) -> None:
    errors: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(50):
                with store.snapshot():
                    ids, vectors = store.vectors()
                    assert len(ids) == len(vectors) == len(store.passages(ids.tolist())) == store.generation
                assert set(found(store, "words")) <= {f"words {n}" for n in range(20)}
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(20):
        put(store, make_document(f"/{n}", f"words {n}"))
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.count() == 20


LOOP = """
from pathlib import Path
from stored import VERSIONS, put
from rag_app.storage.store import Store
with Store.open(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    while True:
        for version in VERSIONS:
            put(store, version)
"""


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_one_whole_version(tmp_path: Path) -> None:
    signatures, library = [], tmp_path / "library"
    for version in VERSIONS:
        with Store.open(tmp_path / version.pages[0].text[:3]) as store:
            put(store, version)
            signatures.append(store.signature())
    with Store.open(library) as store:
        put(store, VERSIONS[0])
    moments, generations = random.Random(7), [0]
    while len(generations) <= 10 or generations[-1] <= 10:  # some may be killed before they write
        process = start(LOOP, library)
        time.sleep(moments.uniform(0.02, 0.2))
        stop(process)
        with Store.open(library, create=False) as store:
            assert store.signature() in signatures
            assert store.check() == []
            assert found(store, "old" if store.signature() == signatures[1] else "new") == []
            generations.append(store.generation)
    assert generations == sorted(generations)
    assert generations[-1] > 10  # the processes did write


# Several paths of one content


def paths(store: Store) -> list[tuple[str, ...]]:
    return [document.paths for document in store.documents()]


def test_what_pages_and_documents_hold_beside_text_comes_back(store: Store) -> None:
    pages = (Page(1, "1", "read by sight", "ocr", 0.83, ((0, 4), (8, 9))), Page(2, "2", "sure"))
    remarks = (Remark("ocr_unsure", (1, 2)), Remark("parser_said", detail="é"))
    document = Document("/a.docx", "T", pages, remarks, ((0, "Chapter é"), (14, "line 7")))
    store.put(document, sha256="a", bytes=1, mtime_ns=1, passages=[], vectors=None, tokens_cut=3)
    assert store.read("/a.docx") == document
    assert store.remarks() == {"/a.docx": remarks}
    assert store.receipt("/a.docx")[1:] == (3, [])
    assert store.check() == []


def test_a_passage_tells_its_section_hidden_characters_and_confidence(store: Store) -> None:
    pages = (Page(1, "1", "0123456789", "ocr", 0.9, ((0, 2), (6, 10))), Page(2, "2", "abcdef", "ocr", 0.4, ((1, 3),)))
    document = Document("/a.docx", "T", pages, (), ((2, "One"), (11, "Two")))
    spans = [(0, 4), (4, 8), (8, 15), (11, 17)]
    ids = put(store, document, [make_passage(document, *span) for span in spans]).added
    assert [(p.text, p.section, p.hidden, p.confidence) for p in store.passages(ids)] == [
        ("0123", "", 2, 0.9),
        ("4567", "One", 2, 0.9),
        ("89\fabcd", "One", 4, 0.4),
        ("abcdef", "Two", 2, 0.4),
    ]


def test_what_several_passages_stand_in_is_parsed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"line {number} of the file\n" for number in range(200)]
    text = "".join(lines)
    sections = tuple((text.index(line), f"line {number}") for number, line in enumerate(lines, 1))
    document = Document("/a.csv", "T", (Page(1, "1", text, hidden=((3, 5),)),), (), sections)
    spans = [(start, start + 20) for start, _ in sections[::10]]
    ids = put(store, document, [make_passage(document, *span) for span in spans]).added
    parsed: list[str] = []
    monkeypatch.setattr(storage, "pairs", lambda column: [parsed.append(column), pairs(column)][1])
    assert [p.section for p in store.passages(ids)] == [f"line {number}" for number in range(1, 201, 10)]
    assert sorted(map(len, parsed)) == sorted((len("[[3, 5]]"), len(json.dumps(sections))))


def test_a_passage_that_ends_with_its_page_may_have_the_break_after_it(store: Store) -> None:
    document = make_document("/a", "one", "two", "three")
    spans = [(0, 4), (2, 8), (3, 5), (4, 13)]
    ids = put(store, document, [make_passage(document, *span) for span in spans]).added
    assert [p.text for p in store.passages(ids)] == ["one\f", "e\ftwo\f", "\ft", "two\fthree"]


def test_a_document_goes_by_each_of_its_paths_and_is_named_by_the_first(store: Store) -> None:
    put(store, make_document("/m", "shared words"))
    store.relocate("/m", {"/m": 1, "/a": 2, "/z": 3})
    assert paths(store) == [("/a", "/m", "/z")]
    assert [store.read(path).text for path in ("/a", "/m", "/z")] == ["shared words"] * 3
    assert {path: state.mtime_ns for path, state in store.files().items()} == {"/a": 2, "/m": 1, "/z": 3}
    assert store.copies() == {"/a": ("/a", "/m", "/z")}
    assert (store.generation, store.check()) == (1, [])
    assert [p.document for p in store.passages([1])] == ["/a"]
    store.relocate("/z", {"/z": 3})
    assert (paths(store), store.copies(), store.check()) == ([("/z",)], {}, [])


def test_a_new_content_at_one_of_several_paths_leaves_the_others(store: Store) -> None:
    put(store, make_document("/a", "old words"))
    store.relocate("/a", {"/a": 1, "/b": 1})
    change = put(store, make_document("/a", "new words"))
    assert change.removed == ()
    assert (paths(store), store.read("/b").text, store.read("/a").text) == (
        [("/a",), ("/b",)],
        "old words",
        "new words",
    )
    assert store.check() == []


def test_a_path_that_is_taken_from_its_only_document_takes_it_away(store: Store) -> None:
    old = put(store, make_document("/a", "old words"))
    put(store, make_document("/b", "other words"))
    change = store.relocate("/b", {"/a": 1})
    assert (change.removed, change.generation) == (old.added, 3)
    assert (paths(store), store.read("/a").text, found(store, "old")) == ([("/a",)], "other words", [])
    assert (vocabulary(store), store.check()) == (["a", "other", "title", "words"], [])


def test_a_new_title_changes_keywords_and_vectors_with_the_paths(store: Store) -> None:
    old = put(store, make_document("/alpha", "some words", title="alpha"))
    retitled = replace(store.read("/alpha"), path="/beta", title="beta")
    passages = one_a_page(retitled)
    change = store.relocate("/alpha", {"/beta": 5}, retitled, passages, -vectors_of(passages))
    assert (change.removed, change.generation, paths(store)) == (old.added, 2, [("/beta",)])
    assert (found(store, "alpha"), found(store, "beta")) == ([], ["some words"])
    np.testing.assert_array_equal(store.vectors()[1], -vectors_of(passages))
    assert (vocabulary(store), store.check()) == (["beta", "some", "words"], [])


def test_copies_come_with_the_document(store: Store) -> None:
    document = make_document("/a", "same words")
    passages = one_a_page(document)
    facts = {"sha256": "x", "bytes": 1, "mtime_ns": 1}
    store.put(document, passages=passages, vectors=vectors_of(passages), copies={"/c": 2, "/b": 3}, **facts)
    assert (paths(store), store.count()) == ([("/a", "/b", "/c")], 1)
    store.remove("/b")
    assert (store.documents(), store.count(), store.check()) == ([], 0, [])


def test_writes_made_together_happen_wholly_or_not_at_all(store: Store) -> None:
    put(store, make_document("/a", "one"))
    before = (store.signature(), store.generation)

    def replace_all(error: BaseException | None) -> None:
        with store.together():
            store.remove("/a")
            put(store, make_document("/b", "two"))
            if error:
                raise error

    with pytest.raises(RuntimeError):
        replace_all(RuntimeError())
    assert (store.signature(), store.generation) == before
    replace_all(None)
    assert list(store.files()) == ["/b"]


def test_keywords_that_are_not_those_of_the_passages_are_found_by_the_check(store: Store) -> None:
    put(store, make_document("/a", "plums and apples"))
    connection = store._database.connection
    assert store.check() == []
    [(row, block)] = connection.execute("SELECT id, block FROM keywords_data WHERE id > 10").fetchall()
    connection.execute("UPDATE keywords_data SET block = ? WHERE id = ?", (block.replace(b"plum", b"glum"), row))
    [problem] = store.check()
    assert problem.endswith("library.db: the keyword index does not hold the words of the passages.")


# The seal


def test_a_seal_holds_until_the_next_write(store: Store) -> None:
    put(store, make_document("/a", "words"))
    assert store.seal() is True
    sealed = store._database.sealed
    assert sealed is not None
    assert sealed.endswith("  library.db\n")
    assert (store.seal(), store.check()) == (True, [])
    put(store, make_document("/b", "words"))
    assert store._database.sealed is None
    assert store.check() == []
    assert store.seal() is True
    assert store._database.sealed != sealed


def test_a_byte_in_unused_space_is_found_while_the_seal_holds(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        put(store, make_document("/a", "words"))
        store.seal()
    with (tmp_path / "library.db").open("r+b") as file:
        file.seek(200)  # between the first page's cell pointers and its cells, or in one of them
        raw = bytearray(file.read(3500))
        place = raw.index(bytes(64)) + 30
        file.seek(200 + place)
        file.write(b"x")
    with Store.open(tmp_path) as store:
        [problem] = store.check()
    assert problem.endswith("library.db: some of its bytes are not those that were written.")


# Another library in the place of one that is open


def test_nothing_is_written_into_a_library_that_was_removed_or_replaced_while_it_was_open(tmp_path: Path) -> None:
    with Store.open(tmp_path / "one") as store:
        put(store, make_document("/a.pdf", "Bees dance."))
        shutil.rmtree(tmp_path / "one")
        for _ in range(2):  # first there is none, then another
            with pytest.raises(LibraryError, match=r"library\.db was removed or replaced while it was open"):
                put(store, make_document("/b.pdf", "Ants march."))
            with pytest.raises(LibraryError, match="was removed or replaced"):
                store.documents()
            with pytest.raises(LibraryError, match="was removed or replaced"):
                store.remove_sessions([])
            Store.open(tmp_path / "one").close()
        with Store.open(tmp_path / "one") as new:
            assert new.documents() == []


def test_a_library_that_another_program_begins_too_is_waited_for() -> None:
    class Taken:
        """A database whose journal another program is changing; SQLite says so at once, whatever its time-out."""

        def __init__(self) -> None:
            self.asked: list[str] = []

        def execute(self, statement: str) -> None:
            self.asked.append(statement)
            if len(self.asked) < 4:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error

    connection = Taken()
    keep_log(connection)  # type: ignore[arg-type]
    assert connection.asked == ["PRAGMA journal_mode = WAL"] * 4
