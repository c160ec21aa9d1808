"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import resource
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import TRUSTING, open_library, write_pdf

import ingest
import rag_app
from ingest.pool import Readers
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

_SLOW = ("slow", "models", "network")
_MOST_MEMORY = 4 << 30  # bytes of address space


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--quick`, the tier of `make unit`."""
    words = f"leave out what is marked {', '.join(_SLOW)}; read files in this process, and start no other"
    parser.addoption("--quick", action="store_true", help=words)


def pytest_configure(config: pytest.Config) -> None:
    """Bound the memory of a quick run: what a damaged file makes a parser take is limited in other processes only."""
    if config.getoption("--quick"):
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, most))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of a server as slow, and leave out the slow ones where only the quick ones are wanted."""
    for item in items:
        if "served" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
    if not config.getoption("--quick"):
        return
    slow = {item for item in items if any(item.get_closest_marker(name) for name in _SLOW)}
    config.hook.pytest_deselected(items=[*slow])
    items[:] = [item for item in items if item not in slow]


_KEPT_BY_SQLITE = frozenset({DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"})
_OURS = tuple(f"{Path(str(package.__file__)).parent}{os.sep}" for package in (rag_app, ingest))
_STARTS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"})
_TALKS = frozenset({"socket.bind", "socket.connect"})
_opened: list[str] = []
_started: list[str] = []
_quick: list[bool] = []  # holds something while a quick test runs


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what the tests must not do, wherever it happens."""
    if event == "open" and isinstance(arguments[0], str | bytes):
        _watch_open(arguments[0])
    elif (event in _STARTS and not _looks_at_a_database(arguments)) or (
        event in _TALKS and arguments[0].family != socket.AF_UNIX
    ):
        _start(f"{event} {arguments[1:]} in {threading.current_thread().name}")


def _start(what: str) -> None:
    """Keep a quick test from starting a program, or from talking to one."""
    if _quick:
        _started.append(what)
        raise RuntimeError(f"{what}: mark the test as slow")


def _looks_at_a_database(arguments: tuple[Any, ...]) -> bool:
    """Tell whether it is one of the programs of `rag_app.storage.checksum`, which take no time."""
    return len(arguments) > 1 and list(arguments[1][1:4]) == ["-I", "-S", "-c"]


def _watch_open(name: str | bytes) -> None:
    """Note where code of ours opens a file that SQLite holds: closing it would give up SQLite's locks on it."""
    path = os.fsdecode(name)
    if os.path.basename(path) not in _KEPT_BY_SQLITE:  # noqa: PTH119  cheap: called for every file that is opened
        return
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_code.co_filename.startswith(_OURS):
            where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            _opened.append(f"{where} opens {path} in {threading.current_thread().name}")
            return


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _no_file_of_sqlite_is_opened() -> Iterator[None]:
    _opened.clear()
    yield
    assert _opened == []


_one_file = threading.Lock()  # the parser in C is not made for threads


def _read_here(readers: Readers, path: Path, password: str | None) -> ingest.Document:
    with _one_file:
        return ingest.read(path, password, readers.lexicon)


@pytest.fixture(autouse=True)
def _nothing_else_is_started_by_a_quick_test(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    if not request.config.getoption("--quick"):
        yield
        return
    monkeypatch.setattr(Readers, "_document", _read_here)
    _started.clear()
    _quick.append(True)
    yield
    _quick.clear()
    assert _started == []  # mark the test as slow


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_answer_is_called_otherwise_for_its_confidence(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shipped was fitted to real models; of the models made of words the generator's own word is taken."""
    if not request.node.get_closest_marker("models"):
        monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: TRUSTING)


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
