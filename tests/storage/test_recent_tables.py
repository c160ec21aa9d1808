"""Tables are read once for many questions, and anew when their document is another one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from stored import make_document, put
from tabled import tabled

from rag_app.errors import UsageError
from rag_app.storage.recent_tables import RecentTables
from rag_app.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest import Document, Table

PATH = "/towns.csv"


def towns(*rows: tuple[str, str], path: str = PATH) -> Document:
    return tabled(("Town", "People"), *rows, path=path)


BERN, CORK = towns(("Bern", "130")), towns(("Cork", "220"), ("Lund", "90"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library") as opened:
        yield opened


def test_tables_are_kept_as_they_were_read(store: Store) -> None:
    put(store, BERN)
    first = store.recent_tables(PATH)
    assert list(first) == store.tables(PATH) == list(BERN.tables)
    assert store.recent_tables(PATH)[0] is first[0]
    assert store.recent_tables(PATH)[0].grid is first[0].grid


def test_a_change_by_another_process_is_seen_at_once(store: Store) -> None:
    put(store, BERN)
    assert list(store.recent_tables(PATH)) == list(BERN.tables)
    with Store.open(store.folder) as other:
        put(other, CORK)
    assert list(store.recent_tables(PATH)) == list(CORK.tables)
    with Store.open(store.folder) as other:
        other.remove(PATH)
    with pytest.raises(UsageError, match=PATH):
        store.recent_tables(PATH)


def test_a_document_that_moves_keeps_its_tables(store: Store) -> None:
    put(store, BERN)
    store.relocate(PATH, {"/moved.csv": 1})
    assert list(store.recent_tables("/moved.csv")) == list(BERN.tables)
    with pytest.raises(UsageError):
        store.recent_tables(PATH)


def test_of_more_tables_than_there_is_room_for_those_asked_for_last_are_kept(store: Store) -> None:
    names = ("/a.csv", "/b.csv", "/c.csv")
    for name in names:
        put(store, towns((name, "1"), path=name))
    recent = RecentTables(store._database, store._documents, most=2 * (100 + 4))  # two documents of four cells

    def table(name: str) -> Table:
        return recent.of(name)[0]

    first = {name: table(name) for name in names[:2]}
    assert table("/a.csv") is first["/a.csv"]
    assert table("/c.csv").cells[2].text == "/c.csv"  # takes the room of what was asked for longest ago
    assert table("/a.csv") is first["/a.csv"]
    assert table("/b.csv") is not first["/b.csv"]
    assert table("/b.csv") == first["/b.csv"]


def test_tables_for_which_there_is_no_room_are_read_each_time(store: Store) -> None:
    put(store, CORK)
    recent = RecentTables(store._database, store._documents, most=1)
    assert recent.of(PATH) == recent.of(PATH) == CORK.tables
    assert recent.of(PATH)[0] is not recent.of(PATH)[0]


def test_documents_without_tables_have_none_each_time(store: Store) -> None:
    put(store, make_document("/text.pdf", "Words."))
    assert [tuple(store.recent_tables("/text.pdf")) for _ in range(2)] == [(), ()]


def test_threads_get_the_same_tables(store: Store) -> None:
    put(store, CORK)
    got: list[Table] = []
    threads = [threading.Thread(target=lambda: got.extend(store.recent_tables(PATH))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert {id(table) for table in got} == {id(store.recent_tables(PATH)[0])}
