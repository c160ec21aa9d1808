"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import open_library, write_pdf

import ingest
import rag_app
from rag_app.storage.database import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Running

    from rag_app.library import Library

LEASE = (
    "Residential lease\n\n"
    "The tenant rents the flat on the second floor from 1 March 2024.\n"
    "The monthly rent is 1,250 euros and is due on the third day of each month.\n"
    "The notice period is three months to the end of a calendar month.",
    "The tenant may keep one cat in the flat.\nA dog needs the written consent of the landlord.",
)
MANUAL = (
    "Dishwasher manual\n\n"
    "The dishwasher weighs 3.5 kg without its racks.\n"
    "Clean the filter once a week under running water.",
)


_KEPT_BY_SQLITE = frozenset({DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"})
_OURS = tuple(f"{Path(str(package.__file__)).parent}{os.sep}" for package in (rag_app, ingest))
_opened: list[str] = []


def _watch_opens(event: str, arguments: tuple[Any, ...]) -> None:
    """Note where code of ours opens a file that SQLite holds: closing it would give up SQLite's locks on it."""
    if event != "open" or not isinstance(arguments[0], str | bytes):
        return
    path = os.fsdecode(arguments[0])
    if os.path.basename(path) not in _KEPT_BY_SQLITE:  # noqa: PTH119  cheap: called for every file that is opened
        return
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_code.co_filename.startswith(_OURS):
            where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            _opened.append(f"{where} opens {path} in {threading.current_thread().name}")
            return


sys.addaudithook(_watch_opens)


@pytest.fixture(autouse=True)
def _no_file_of_sqlite_is_opened() -> Iterator[None]:
    _opened.clear()
    yield
    assert _opened == []


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with two PDFs."""
    write_pdf(tmp_path / "papers" / "lease.pdf", *LEASE, title="Residential Lease")
    write_pdf(tmp_path / "papers" / "manual.pdf", *MANUAL, title="Dishwasher Manual")
    return tmp_path / "papers"


@pytest.fixture
def empty_library(tmp_path: Path) -> Iterator[Library]:
    """A new library with models made of words; passages are small, so that each page has several."""
    with open_library(tmp_path, passage_tokens=48, overlap_tokens=0) as opened:
        yield opened


@pytest.fixture
def library(empty_library: Library, papers: Path) -> Library:
    """The library with both PDFs in it."""
    report = empty_library.ingest([papers])
    assert (report.added, report.failed) == (2, 0)
    return empty_library


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Running]:
    """A server without keys, which only this machine can reach, over a lease and a manual tagged public."""
    pytest.importorskip("fastapi", reason="the extra `server` is not installed")
    from running import filled, running

    with running(filled(tmp_path)) as server:
        yield server
