from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest
from fakes import write_pdf

from rag_app.cli.diagnosis import diagnose
from rag_app.errors import LibraryError
from rag_app.storage.vector_index import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.types import Diagnosis


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def advice(diagnosis: Diagnosis) -> list[tuple[bool, str]]:
    return [(item.serious, item.problem) for item in diagnosis.advice]


def test_a_library_is_told_in_figures(library: Library, papers: Path) -> None:
    write_pdf(papers / "scan.pdf", "")
    (papers / "copy.pdf").write_bytes((papers / "lease.pdf").read_bytes())
    library.sync(papers)
    diagnosis = diagnose(library.settings)
    state = diagnosis.library
    assert state is not None
    assert (state.documents, state.paths, state.pages, state.pages_without_text, state.passages) == (3, 4, 4, 1, 3)
    assert state.bytes == sum(file.stat().st_size for file in library.settings.library.iterdir())
    assert state.last_write == max(document.ingested for document in library.documents())
    assert (False, "1 of 4 pages have no text.") in advice(diagnosis)
    assert 0 < diagnosis.machine.usable_cores <= diagnosis.machine.cores
    assert 0 < diagnosis.machine.memory_available <= diagnosis.machine.memory


def test_how_the_vector_index_searches_is_told(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.search("rent")
    state = diagnose(library.settings).library
    assert state is not None
    assert (state.index, state.index_recall) == ("IDMap2,Flat", 1.0)
    monkeypatch.setattr(library._store, "index_facts", lambda: "no JSON")
    assert facts_of(library._store) is None


def test_who_writes_is_told(library: Library) -> None:
    with library._store.writing():
        state = diagnose(library.settings).library
    assert state is not None
    assert state.writer is not None
    assert state.writer.startswith("process ")
    later = diagnose(library.settings).library
    assert later is not None
    assert later.writer is None


def test_a_missing_model_is_serious_and_raised(library: Library) -> None:
    diagnosis = diagnose(library.settings)
    assert not diagnosis.ok
    with pytest.raises(LibraryError) as raised:
        diagnosis.raise_problems()
    assert "words" in raised.value.message


def test_a_full_disk_is_named(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - 10**9, 10**9))
    folder = library.settings.library
    assert (False, f"The disk of {folder} has 1.0 GB free.") in advice(diagnose(library.settings))
