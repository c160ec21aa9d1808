from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from rag_app.storage import settings_json
from rag_app.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library") as opened:
        yield opened


def test_a_library_without_facts_has_no_file(store: Store) -> None:
    assert settings_json.is_intact(store)
    assert settings_json.restore(store) is False
    assert not (store.folder / settings_json.FILE).exists()


def test_the_file_says_what_the_database_says(store: Store) -> None:
    store.set("embedder", "words")
    store.set("generation", "7")
    assert settings_json.restore(store, changed=True) is True
    assert json.loads((store.folder / settings_json.FILE).read_text()) == {"embedder": "words"}
    assert settings_json.is_intact(store)
    assert settings_json.restore(store) is False


@pytest.mark.parametrize("damaged", [b"", b"{}", b"\xff\x00", None], ids=["empty", "other", "no text", "gone"])
def test_a_file_that_differs_is_written_anew_and_said(
    store: Store, caplog: pytest.LogCaptureFixture, damaged: bytes | None
) -> None:
    store.set("embedder", "words")
    settings_json.restore(store, changed=True)
    file = store.folder / settings_json.FILE
    whole = file.read_bytes()
    file.unlink() if damaged is None else file.write_bytes(damaged)
    assert not settings_json.is_intact(store)
    with caplog.at_level(logging.WARNING):
        assert settings_json.restore(store) is True
    assert [record.getMessage() for record in caplog.records] == [
        f"{file} did not say what the library says, and is written anew."
    ] * (damaged is not None)
    assert file.read_bytes() == whole


def test_a_writer_elsewhere_stops_nobody(store: Store) -> None:
    store.set("embedder", "words")
    with Store.open(store.folder) as writer, writer.writing():
        assert settings_json.restore(store) is False
    assert settings_json.restore(store) is True
