from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from stored import found, make_document, put

from ingest.types import Page
from rag_app.errors import DiskError, LibraryError, LibraryMismatch
from rag_app.storage.database import open_database
from rag_app.storage.schema import SCHEMA
from rag_app.storage.store import Store
from rag_app.types import Filter

if TYPE_CHECKING:
    from pathlib import Path

# A library as the first schema had it.
OLD = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
        sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        pages INTEGER NOT NULL, pages_with_text INTEGER NOT NULL,
        ingested REAL NOT NULL, warnings TEXT NOT NULL, checksum TEXT NOT NULL)""",
    """CREATE TABLE pages (
        id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        start INTEGER NOT NULL,
        number INTEGER NOT NULL, label TEXT NOT NULL, method TEXT NOT NULL, text TEXT NOT NULL,
        UNIQUE (document, start))""",
    """CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
        page INTEGER NOT NULL, page_end INTEGER NOT NULL, page_label TEXT NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (document, ordinal))""",
    """CREATE VIRTUAL TABLE keywords USING fts5(
        title, text, content='', tokenize='unicode61 remove_diacritics 2')""",
)
VECTOR = np.eye(1, 8, dtype="<f4").tobytes()


def checksum(*values: object) -> str:
    total = hashlib.sha256()
    for value in values:
        raw = value if isinstance(value, bytes) else str(value).encode()
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of an older library with an intact document and one whose text was changed behind its back."""
    connection = sqlite3.connect(tmp_path / "library.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in OLD:
        connection.execute(statement)
    connection.execute("PRAGMA application_id = 0x52414731")
    connection.execute("PRAGMA user_version = 1")
    connection.executemany("INSERT INTO meta VALUES (?, ?)", [("generation", "2"), ("dimensions", "8")])
    for key, path in ((1, "/a.pdf"), (2, "/b.pdf")):
        proof = checksum(
            *(path, "Title", "ab", 7, '["a warning"]', 0, 1, "i", "text", "Old words."),
            *(0, 0, 10, 1, 1, "i", VECTOR),
        )
        connection.execute(
            "INSERT INTO documents VALUES (?, ?, 'Title', 'ab', 7, 9000000000, 1, 1, 5.0, '[\"a warning\"]', ?)",
            (key, path, proof),
        )
        connection.execute("INSERT INTO pages VALUES (?, ?, 0, 1, 'i', 'text', 'Old words.')", (key, key))
        connection.execute("INSERT INTO passages VALUES (?, ?, 0, 0, 10, 1, 1, 'i', ?)", (key, key, VECTOR))
        connection.execute("INSERT INTO keywords (rowid, title, text) VALUES (?, 'Title', 'Old words.')", (key,))
    connection.execute("UPDATE pages SET label = 'x' WHERE document = 2")
    connection.close()
    return tmp_path


def version(folder: Path) -> int:
    connection = sqlite3.connect(folder / "library.db")
    [value] = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(value)


def test_an_older_library_is_brought_up_to_date_when_it_is_opened(old: Path) -> None:
    with Store.open(old, create=False) as store:
        document = store.read("/a.pdf")
        assert document.pages == (Page(1, "i", "Old words."),)
        assert (document.title, document.warnings, document.sections) == ("Title", ("a warning",), ())
        assert [(d.path, d.paths, d.modified, d.chunks) for d in store.documents()] == [
            ("/a.pdf", ("/a.pdf",), 9.0, 1),
            ("/b.pdf", ("/b.pdf",), 9.0, 1),
        ]
        assert found(store, "old") == ["Old words.", "Old words."]
        assert store.check() == ["/b.pdf: its pages, passages or vectors are not those that were stored."]
        put(store, replace(make_document("/c.pdf", "new"), sections=((0, "Heading"),)))
        assert store.read("/c.pdf").sections == ((0, "Heading"),)
        store.remove("/b.pdf")
        assert store.check() == []
    assert version(old) == SCHEMA.version


def test_a_library_of_the_second_version_keeps_everything_and_gets_tags(old: Path) -> None:
    open_database(old, replace(SCHEMA, statements=(), migrations=SCHEMA.migrations[:1]), create=False).close()
    assert version(old) == 2
    connection = sqlite3.connect(old / "library.db")
    before = connection.execute("SELECT checksum FROM documents").fetchall()
    connection.close()
    with Store.open(old, create=False) as store:
        assert store._database.rows("SELECT checksum FROM documents") == before
        assert store.check() == ["/b.pdf: its pages, passages or vectors are not those that were stored."]
        store.tag("/a.pdf", add=["work"])
        assert [document.tags for document in store.documents()] == [("work",), ()]
        assert list(store.select(Filter(tags=("work",))).documents.values()) == ["/a.pdf"]
        store.remove("/b.pdf")
        assert store.check() == []
    assert version(old) == SCHEMA.version


def test_a_migration_that_fails_leaves_the_library_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("rag_app.storage.schema._digest", fail)
        with pytest.raises(LibraryError, match="is damaged: disk I/O error"):
            Store.open(old)
    assert version(old) == 1
    with Store.open(old) as store:
        assert len(store.documents()) == 2


def test_an_older_library_that_cannot_be_written_says_what_to_do(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (old / "library.db").read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LibraryMismatch, match="written by an older version, and could not be brought up") as raised:
        Store.open(old)
    assert isinstance(raised.value.__cause__, DiskError)
    assert "Open it once where it can be written" in raised.value.hint
    assert (old / "library.db").read_bytes() == before
