from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fakes import open_library

from ingest import read
from rag_app.errors import LibraryClosed
from rag_app.storage import settings_json
from rag_app.storage.vector_index import FILE, VectorIndex
from rag_app.writing.copies import Compared, compare_copies
from rag_app.writing.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.storage.store import Store


def found(compared: Compared) -> list[str]:
    return [difference.detail for difference in compared.differences]


def test_settings_that_a_writer_has_yet_to_write_are_waited_for(
    papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, saw = threading.Event(), []
    is_intact, restore = settings_json.is_intact, settings_json.restore
    with open_library(tmp_path) as writer, open_library(tmp_path) as other, ThreadPoolExecutor() as pool:

        def look(store: Any) -> bool:
            intact = is_intact(store)
            if store is other._store:
                saw.append(intact)
                looked.set()
            return intact

        def after_a_look(store: Any, *, changed: bool = False) -> bool:
            if not store.document_count():  # the embedder is noted before
                return restore(store, changed=changed)
            reports.append(pool.submit(verify, other._store, read, 0, patience=60))
            assert looked.wait(60)
            monkeypatch.setattr(settings_json, "restore", restore)
            return restore(store, changed=changed)

        reports: list[Any] = []
        monkeypatch.setattr(settings_json, "is_intact", look)
        monkeypatch.setattr(settings_json, "restore", after_a_look)
        writer.ingest(papers)
        [report] = [report.result() for report in reports]
    assert (saw[0], saw[-1]) == (False, True)
    assert (report.ok, report.differences, report.documents) == (True, (), 2)


def test_settings_are_a_note_while_a_writer_is_at_work_and_a_difference_when_it_left_them(
    library: Library, tmp_path: Path
) -> None:
    file = tmp_path / "library" / settings_json.FILE
    with open_library(tmp_path) as other:
        with library._store.writing():
            library._store.set("embedder", "another")
            compared = compare_copies(other._store, patience=0)
            assert compare_copies(library._store, patience=0).differences  # the writer itself waits for nobody
        assert compared == Compared(
            notes=(f"{file} could not be compared: another program is writing. Run this again when it has ended.",)
        )
        assert found(compare_copies(other._store, patience=0)) == ["it does not say what the library says"]


def test_an_index_that_a_writer_has_yet_to_record_is_no_difference(library: Library, tmp_path: Path) -> None:
    store = library._store
    ids, vectors = store.vectors()
    with open_library(tmp_path) as other:
        with store.writing():
            sha256 = VectorIndex.build(ids[::-1].copy(), vectors[::-1].copy()).save(store.folder / FILE)
            compared = compare_copies(other._store, patience=0)
            before = found(compare_copies(store, patience=0))
            store.record_index(store.generation, sha256)
            store.seal()
        assert before == ["the SHA-256 differs; the next search builds it anew"]
        assert [note.partition(": ")[0] for note in compared.notes] == [f"{store.folder / FILE} could not be compared"]
        assert compared.differences == ()
        assert compare_copies(other._store, patience=0) == Compared()


def test_a_commit_between_two_looks_makes_the_first_one_count_for_nothing(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody holds the lock when it is asked for, and yet a writer was there in between."""
    is_intact, tries = settings_json.is_intact, []

    def look(store: Store) -> bool:
        if store is other._store and not tries:
            tries.append(store)
            library._store.set("embedder", "another")
            settings_json.restore(library._store, changed=True)
        return is_intact(store)

    with open_library(tmp_path) as other:
        monkeypatch.setattr(settings_json, "is_intact", look)
        report = verify(other._store, read, 0, patience=60)
    assert tries
    assert (report.ok, report.notes) == (True, ())


def test_a_new_seal_while_the_bytes_are_compared_is_no_difference(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_library(tmp_path) as other:
        database = other._store._database
        as_sealed, writes = database._as_sealed, []

        def after_a_write() -> str:
            if not writes:
                writes.append("tag")
                library.tag(library.documents()[0].path, add="new")
            return as_sealed()

        monkeypatch.setattr(database, "_as_sealed", after_a_write)
        assert database.sealed
        assert database.fits_seal()
        assert writes


def test_looking_writes_nothing(library: Library) -> None:
    def files() -> dict[str, bytes]:
        folder = library.settings.library
        return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("library.db")}

    library._save()
    before, state = files(), library._store.state()
    assert compare_copies(library._store) == Compared()
    assert (files(), library._store.state()) == (before, state)


def test_a_library_that_is_closed_meanwhile_says_so(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        pass
    with pytest.raises(LibraryClosed, match="was closed"):
        compare_copies(library._store)
