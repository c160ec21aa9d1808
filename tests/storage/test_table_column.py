"""Tables are stored with their pages, small, whole, and proved like the text."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from stored import make_document, put

from ingest import Cell, Document, Page, Table, read
from rag_app.errors import LibraryDamaged, UsageError
from rag_app.storage.store import Store
from rag_app.storage.table_column import table_column, tables_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = "Town\tPeople\nBern\t130"
TOWNS = Table(
    2,
    2,
    "Towns",
    "in thousands",
    (
        Cell("Town", 0, 0, 1, 1, True, 0, 4),
        Cell("People", 0, 1, 1, 1, True, 5, 11),
        Cell("Bern", 1, 0, 1, 1, False, 12, 16, (1.0, 2.5, 3.0, 4.0)),
        Cell("130 °", 1, 1, 1, 1, False, 17, 20),
    ),
)
FAR = Table(2, 2, None, None, (Cell("x", 0, 0, 1, 1, False, 90, 91),))
DOCUMENT = Document("/a.pdf", "a", (Page(1, "1", "Before."), Page(2, "2", TEXT, tables=(TOWNS, TOWNS))))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library") as opened:
        yield opened


def test_tables_come_back_with_offsets_into_the_text_of_the_document(store: Store) -> None:
    put(store, DOCUMENT)
    assert store.tables("/a.pdf") == list(DOCUMENT.tables)
    assert [cell.start for cell in store.tables("/a.pdf")[1].cells] == [8, 13, 20, 25]
    assert store.check() == []


def test_who_reads_the_text_does_not_get_the_tables(store: Store) -> None:
    put(store, DOCUMENT)
    assert store.read("/a.pdf").text == DOCUMENT.text
    assert store.read("/a.pdf").tables == ()


def test_a_document_without_tables_has_none_and_an_unknown_one_is_an_error(store: Store) -> None:
    put(store, make_document("/b.pdf", "Text."))
    assert store.tables("/b.pdf") == []
    with pytest.raises(UsageError, match=r"/c\.pdf is not in the library"):
        store.tables("/c.pdf")


def test_a_table_may_run_over_pages(store: Store) -> None:
    cells = (Cell("a", 0, 0, 1, 1, False, 0, 1), Cell("b", 1, 0, 1, 2, False, 4, 5))
    pages = (Page(1, "1", "a\tx", tables=(Table(1, 2, None, None, cells),)), Page(2, "2", "b"))
    put(store, Document("/a.pdf", "a", pages))
    assert store.tables("/a.pdf") == [Table(1, 2, None, None, cells)]


def test_tables_go_and_change_with_their_document(store: Store) -> None:
    put(store, DOCUMENT)
    put(store, replace(DOCUMENT, pages=(DOCUMENT.pages[0], replace(DOCUMENT.pages[1], tables=(TOWNS,)))))
    assert len(store.tables("/a.pdf")) == 1
    store.relocate("/a.pdf", {"/b.pdf": 1, "/c.pdf": 2})
    assert [len(store.tables(path)) for path in ("/b.pdf", "/c.pdf")] == [1, 1]
    store.remove("/b.pdf")
    with pytest.raises(UsageError):
        store.tables("/c.pdf")
    put(store, DOCUMENT)
    assert len(store.tables("/a.pdf")) == 2


def test_tables_stay_when_passages_are_made_anew(store: Store) -> None:
    put(store, DOCUMENT)
    retitled = replace(store.read("/a.pdf"), title="b")
    store.relocate("/a.pdf", {"/a.pdf": 1}, retitled)
    assert store.tables("/a.pdf") == list(DOCUMENT.tables)
    assert store.check() == []


def test_a_table_that_was_altered_is_found(store: Store) -> None:
    put(store, DOCUMENT)
    other = table_column([replace(TOWNS, caption="Cities")], DOCUMENT.text, DOCUMENT.starts[1])
    with store.together():
        store._database.execute("UPDATE pages SET tables = ? WHERE number = 2", other)
    assert store.check() == ["/a.pdf: its pages, passages or vectors are not those that were stored."]


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(b"no compressed text", id="noise"),
        pytest.param(zlib.compress(b"["), id="no JSON"),
        pytest.param(zlib.compress(b"7"), id="a number"),
        pytest.param(zlib.compress(b'["{}"]'), id="no table"),
        pytest.param(zlib.compress(b'["{}"]')[:-6], id="half of it"),
        pytest.param(table_column([FAR], "x" * 99, 0), id="offsets beyond the text"),
    ],
)
def test_a_damaged_table_is_an_error_that_names_the_document(store: Store, column: bytes) -> None:
    put(store, DOCUMENT)
    with store.together():
        store._database.execute("UPDATE pages SET tables = ? WHERE number = 2", column)
    with pytest.raises(LibraryDamaged, match=r"/a\.pdf"):
        store.tables("/a.pdf")


def test_a_large_table_adds_little_to_the_text(tmp_path: Path) -> None:
    chance = random.Random(1)
    lines = [
        f"{n},Town {chance.randrange(999)},{chance.randrange(10**6) / 100},{chance.choice(['paid', 'open', ''])}"
        for n in range(5000)
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["id,town,amount,state", *lines]))
    document = read(path)
    [table] = document.tables
    column = table_column([table], document.text, 0)
    assert len(column) < 0.1 * path.stat().st_size
    assert tables_in(column, document.text, 0) == (table,)


def test_no_table_takes_no_room() -> None:
    assert table_column([], "", 0) == b""
    assert tables_in(b"", "", 0) == ()
