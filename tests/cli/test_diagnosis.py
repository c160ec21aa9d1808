from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest
from fakes import make_settings, write_pdf

from rag_app.cli.diagnosis import diagnose
from rag_app.errors import LibraryError
from rag_app.models.numbers import Calibration
from rag_app.storage.vector_index import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.reports import Diagnosis


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


def test_models_that_were_not_measured_are_named_with_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reranker, generator = tmp_path / "own-reranker", tmp_path / "own.gguf"
    reranker.mkdir()
    (reranker / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}')
    (reranker / "model.safetensors").write_bytes(b"weights")
    generator.write_bytes(b"GGUF weights")
    settings = make_settings(tmp_path, reranker=str(reranker), generator=str(generator))
    found = [item for item in diagnose(settings).advice if "not calibrated" in item.problem]
    assert [(item.serious, item.problem.partition(":")[0]) for item in found] == [
        (False, f"The reranker {reranker} is not calibrated"),
        (False, f"The generator {generator} is not calibrated"),
    ]
    assert all("`rag calibrate`" in item.remedy for item in found)
    known = Calibration("mine", "reranker", hashlib.sha256(b"weights").hexdigest(), {})
    monkeypatch.setattr("rag_app.models.numbers.calibrations", lambda: (known,))
    left = [item.problem for item in diagnose(settings).advice if "not calibrated" in item.problem]
    assert [problem.partition(" is ")[0] for problem in left] == [f"The generator {generator}"]
