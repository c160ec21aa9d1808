from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from stored import make_document, put

from rag_app.errors import LibraryMismatch
from rag_app.storage.schema import SCHEMA
from rag_app.storage.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("version", [1, SCHEMA.version - 1, SCHEMA.version + 1])
@pytest.mark.parametrize("to_read", [False, True])
def test_a_library_of_another_version_is_refused_and_stays_as_it_is(
    tmp_path: Path, version: int, to_read: bool
) -> None:
    with Store.open(tmp_path) as store:
        put(store, make_document("/a.pdf", "some text"))
    connection = sqlite3.connect(tmp_path / "library.db")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = (tmp_path / "library.db").read_bytes()
    with pytest.raises(LibraryMismatch, match=f"version .schema {version}; this one knows {SCHEMA.version}."):
        Store.open(tmp_path, create=False, to_read=to_read)
    assert (tmp_path / "library.db").read_bytes() == before
    connection = sqlite3.connect(tmp_path / "library.db")
    connection.execute(f"PRAGMA user_version = {SCHEMA.version}")
    connection.close()
    with Store.open(tmp_path, create=False, to_read=to_read) as store:
        assert store.check() == []
