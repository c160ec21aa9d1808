"""Files that are odd but legal, and files that change under the reader: each costs itself at most."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import WordEmbedder, fakes_of, open_library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import DocumentError, fingerprint
from rag_app.console.screen import json_line
from rag_app.errors import DiskError, UsageError
from rag_app.server import key_ring
from rag_app.storage import library_files
from rag_app.storage.filters import day
from rag_app.storage.paths import is_exact, kept_time
from rag_app.text import CONTROL, flat
from rag_app.types import Filter
from rag_app.writing import ingestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app.library import Library
    from rag_app.reports import IngestReport
    from rag_app.types import Vectors
    from rag_app.writing.steps import Step

pytestmark = pytest.mark.slow

SECOND = 10**9
NO_FILE = "is neither a file nor a folder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    root.mkdir()
    for name, text in (("apples", "Apples ripen."), ("bees", "Bees dance."), ("cats", "Cats purr.")):
        (root / f"{name}.txt").write_text(text)
    return root


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path) as opened:
        yield opened


def lines(report: IngestReport) -> dict[str, tuple[str, str | None]]:
    return {Path(document.path).name: (document.status, document.reason) for document in report.documents}


def statuses(report: IngestReport) -> dict[str, str]:
    return {name: status for name, (status, _) in lines(report).items()}


@contextmanager
def wide() -> Iterator[Path]:
    """Give a folder on a disk that keeps any time, where there is one."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        yield Path(name)


# Times


@pytest.mark.parametrize("seconds", [-1, -(2**31), 2**33, 9_223_372_037, 13_569_465_600], ids=str)
def test_a_file_of_any_time_is_added_and_then_unchanged(library: Library, folder: Path, seconds: int) -> None:
    os.utime(folder / "bees.txt", ns=(0, seconds * SECOND + 7))
    for confirmed in ("added", "unchanged"):
        assert set(statuses(library.ingest([folder])).values()) == {confirmed}
    assert set(statuses(library.sync(folder, only=())).values()) == {"unchanged"}
    assert library.verify(None).ok
    [bees] = [document for document in library.documents() if document.path.endswith("bees.txt")]
    assert bees.modified == pytest.approx((folder / "bees.txt").stat().st_mtime)


@given(st.integers(-(2**63) * SECOND, 2**63 * SECOND))
def test_a_time_is_kept_exactly_where_it_can_be_and_in_order_everywhere(ns: int) -> None:
    kept = kept_time(ns)
    assert kept_time(kept) == kept
    assert kept == ns if is_exact(ns) else abs(kept - ns) <= abs(ns) / 2**52
    assert kept_time(ns) <= kept_time(ns + 1)


def test_a_time_that_is_kept_in_part_hides_no_change_and_costs_no_reading(library: Library, folder: Path) -> None:
    path = folder / "bees.txt"
    os.utime(path, ns=(0, 10**10 * SECOND))
    library.ingest([folder])
    assert isinstance(fakes_of(library).embedder, WordEmbedder)
    fakes_of(library).embedder.read.clear()
    before = library._store._database.value("SELECT count(*) FROM paths WHERE typeof(mtime_ns) = 'real'")
    assert before == 1
    assert statuses(library.sync(folder, only=()))["bees.txt"] == "unchanged"
    assert fakes_of(library).embedder.read == []
    path.write_text("Bees dunce.")
    os.utime(path, ns=(0, 10**10 * SECOND))
    assert statuses(library.sync(folder, only=()))["bees.txt"] == "updated"


def test_documents_are_filtered_by_odd_times_as_by_others(library: Library, folder: Path) -> None:
    os.utime(folder / "apples.txt", ns=(0, -(10**9) * SECOND))  # 1938
    os.utime(folder / "bees.txt", ns=(0, 10**10 * SECOND))  # 2286
    library.ingest([folder])

    def names(**where: str) -> list[str]:
        return [Path(document.path).stem for document in library.documents(Filter(**where))]  # type: ignore[arg-type]

    assert names(until="1950") == ["apples"]
    assert names(since="1930", until="1940") == ["apples"]
    assert names(since="2280") == names(since="2280", until="2290") == ["bees"]
    assert names(since="2000", until="2300") == ["bees", "cats"]
    with pytest.raises(UsageError) as raised:
        names(since="2290")
    assert raised.value.hint.startswith("The files are from 1938-04-24 to 2286-11-2")


def test_a_filter_names_years_that_no_calendar_has() -> None:
    with wide() as root, open_library(root) as library:
        times = []
        for name, seconds in (("a", 10**12), ("b", 9 * 10**18)):
            path = root / f"{name}.txt"
            path.write_text(name)
            os.utime(path, ns=(0, seconds * SECOND))
            times.append(path.stat().st_mtime)
            assert library.ingest([path]).added == 1
        assert len(library.documents(Filter(since="9999"))) == sum(time > 253_370_764_800 for time in times)
        with pytest.raises(UsageError, match="No document of the library was changed until 2024") as raised:
            library.documents(Filter(until="2024"))
        assert raised.value.hint.startswith(f"The files are from {day(times[0])} to {day(times[1])}; ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (86_400 * 365, "1971-01-01"),
        (10**12, "the year 33,659"),
        (-(10**12), "the year -29,719"),
        (9e18, "the year 285"),
    ],
)
def test_a_day_is_told_for_any_time(seconds: float, text: str) -> None:
    assert day(seconds).startswith(text)


def test_a_file_whose_time_goes_back_is_read_again_where_its_content_changed(library: Library, folder: Path) -> None:
    library.ingest([folder])
    (folder / "bees.txt").write_text("Bees sleep.")
    for name in ("bees.txt", "cats.txt"):
        os.utime(folder / name, ns=(0, 10**9))
    assert statuses(library.sync(folder, only=())) == {
        "apples.txt": "unchanged",
        "bees.txt": "updated",
        "cats.txt": "unchanged",
    }


def test_a_clock_that_goes_back_changes_nothing(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.ingest([folder / "apples.txt"])
    monkeypatch.setattr(time, "time", lambda: -5.0)
    assert library.sync(folder).added == 2
    assert sorted(document.ingested < 0 for document in library.documents()) == [False, True, True]
    assert set(statuses(library.ingest([folder])).values()) == {"unchanged"}
    assert library.verify(None).ok


# Names


NAMES = {
    "newline": b"two\nlines.txt",
    "escape": b"\x1b]0;owned\x07\x1b[31mred.txt",
    "not UTF-8": b"caf\xe9.txt",
    "half a pair": b"\xed\xa0\x80.txt",
    "longest": b"n" * 251 + b".txt",
    "longest in three bytes": "字".encode() * 83 + b"ab.txt",
    "right to left": "\u202egpj.txt".encode(),
    "spaces": b"  .txt",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_file_of_any_name_is_added_kept_exactly_in_json_and_cleaned_on_the_terminal(
    library: Library, tmp_path: Path, name: bytes
) -> None:
    path = tmp_path / "files" / os.fsdecode(name)
    path.parent.mkdir()
    path.write_text("Plums are blue.")
    report = library.ingest([tmp_path / "files"])
    assert [(d.path, d.status) for d in report.documents] == [(str(path), "added")]
    assert json.loads(json_line(report.as_json()))["documents"][0]["path"] == str(path)
    assert library.ingest([path]).unchanged == 1
    assert library.verify(None).ok
    assert library.search("plums")[0].document == str(path)
    shown = flat(str(path), 1000)
    assert not CONTROL.search(shown)
    assert "\n" not in shown


def test_a_file_that_gets_an_odd_name_is_titled_as_if_it_were_new(library: Library, tmp_path: Path) -> None:
    root = tmp_path / "files"
    root.mkdir()
    (root / "plain.txt").write_text("Plums are blue.")
    (root / "plain.py").write_text("print('plums')")
    library.sync(root)
    for suffix in (b".txt", b".py"):
        (root / f"plain{os.fsdecode(suffix)}").rename(os.fsdecode(os.fsencode(root) + b"/caf\xe9\n" + suffix))
    assert set(statuses(library.sync(root)).values()) == {"updated"}
    with open_library(tmp_path / "other") as fresh:
        fresh.sync(root)
        assert [d.title for d in library.documents()] == [d.title for d in fresh.documents()]
        assert library._store.signature() == fresh._store.signature()


def test_names_that_differ_in_case_only_are_different_files(library: Library, tmp_path: Path) -> None:
    root = tmp_path / "files"
    root.mkdir()
    for name in ("notes.txt", "Notes.txt", "NOTES.TXT"):
        (root / name).write_text(f"These are {name}.")
    assert library.sync(root).added == 3
    (root / "notes.txt").rename(root / "noteS.txt")
    report = library.sync(root)
    assert lines(report)["noteS.txt"] == ("updated", f"renamed from {root / 'notes.txt'}")
    assert (report.updated, report.unchanged, report.removed) == (1, 2, 0)


# Links, and what is no file


def test_two_names_of_one_file_are_one_document(library: Library, folder: Path) -> None:
    os.link(folder / "bees.txt", folder / "same.txt")
    assert lines(library.ingest([folder]))["same.txt"] == ("added", f"the same content as {folder / 'bees.txt'}")
    assert set(statuses(library.ingest([folder])).values()) == {"unchanged"}
    (folder / "bees.txt").unlink()
    assert library.sync(folder).removed == 1


@pytest.mark.parametrize("made", [os.link, os.symlink], ids=["hard link", "link"])
@pytest.mark.parametrize("name", ["library.db", "library.db-wal", "settings.json"])
def test_a_file_of_the_library_itself_is_not_opened_under_another_name(
    library: Library, folder: Path, made: Callable[[Path, Path], None], name: str
) -> None:
    library.ingest([folder])
    other = folder / "notes.txt"
    other.write_text("Notes.")
    library.ingest([other])
    other.unlink()
    made(library.settings.library / name, other)
    before = dict(lines(library.ingest([other])))
    assert before["notes.txt"][0] == "failed"
    assert (before["notes.txt"][1] or "").startswith("is part of the library itself")
    report = library.verify()
    assert [(d.kind, d.path, d.detail) for d in report.differences] == [
        ("changed", str(other), "it is part of the library itself")
    ]


def test_the_librarys_own_files_are_passed_over_in_a_folder_that_holds_it(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        (tmp_path / "a.txt").write_text("A")
        (library.settings.library / library_files.KEYS).write_text("{}")
        (tmp_path / "again").symlink_to(library.settings.library)
        library.ingest([tmp_path])
        report = library.ingest([tmp_path, tmp_path / "again"])
        assert "a.txt" in statuses(report)
        assert {"settings.json", "server-keys.json"} & set(statuses(report)) == set()


def test_the_file_of_keys_is_known_by_its_name() -> None:
    assert library_files.KEYS == key_ring.FILE


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        before = Path.cwd()
        os.chdir(path.parent)  # the path of a socket has 107 bytes at most
        try:
            one.bind(path.name)
        finally:
            os.chdir(before)


@pytest.mark.parametrize("make", [os.mkfifo, make_socket], ids=["pipe", "socket"])
def test_what_is_no_file_is_one_line_of_the_report(
    library: Library, folder: Path, make: Callable[[Path], None]
) -> None:
    make(folder / "zoo.txt")
    assert lines(library.ingest([folder]))["zoo.txt"] == ("failed", NO_FILE)
    assert lines(library.ingest([folder / "zoo.txt"])) == {"zoo.txt": ("failed", NO_FILE)}
    report = library.sync(folder)
    assert (report.unchanged, report.failed) == (3, 1)


def test_devices_links_in_a_ring_and_links_to_nothing_are_told_where_they_are_named(
    library: Library, folder: Path
) -> None:
    (folder / "null.txt").symlink_to("/dev/null")
    (folder / "ring.txt").symlink_to(folder / "ring.txt")
    (folder / "nothing.txt").symlink_to(folder / "absent.txt")
    assert set(statuses(library.ingest([folder]))) == {"apples.txt", "bees.txt", "cats.txt"}
    named = library.ingest([folder / name for name in ("null.txt", "ring.txt", "nothing.txt")])
    assert lines(named) == {
        "null.txt": ("failed", NO_FILE),
        "ring.txt": ("failed", "cannot be opened: Too many levels of symbolic links"),
        "nothing.txt": ("failed", "does not exist"),
    }


# Folders


@contextmanager
def deep(root: Path, name: str, levels: int, text: str) -> Iterator[None]:
    """Make folders in folders below `root`, with a file in the innermost, and remove them again."""
    before = os.open(".", os.O_RDONLY)
    os.chdir(root)
    try:
        for _ in range(levels):
            Path(name).mkdir()
            os.chdir(name)
        Path("deepest.txt").write_text(text)
    finally:
        os.fchdir(before)
        os.close(before)
    try:
        yield
    finally:
        subprocess.run(["rm", "-rf", str(root / name)], check=True)


def test_a_file_a_thousand_folders_deep_is_read(library: Library, folder: Path) -> None:
    with deep(folder, "d", 1500, "Plums are blue."):
        assert statuses(library.sync(folder)) == dict.fromkeys(
            ("apples.txt", "bees.txt", "cats.txt", "deepest.txt"), "added"
        )
        assert library.search("plums")[0].document.endswith("/d/d/deepest.txt")
        assert library.sync(folder).unchanged == 4


def test_a_path_longer_than_the_system_takes_is_one_line(library: Library, folder: Path) -> None:
    with deep(folder, "d" * 240, 20, "Plums are blue."):
        report = library.ingest([folder])
    assert (report.added, report.failed) == (3, 1)
    [line] = [document for document in report.documents if document.status == "failed"]
    assert (line.reason, len(line.path) > 3000) == ("cannot be opened: File name too long", True)


def test_a_file_that_may_not_be_looked_at_is_told_and_its_document_stays(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.sync(folder)
    stat = Path.stat

    def denied(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.name == "bees.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", denied)
    report = library.sync(folder)
    assert (report.unchanged, report.removed, report.failed) == (2, 0, 1)
    assert (lines(report)["bees.txt"][1] or "").startswith("cannot be opened: Permission denied")
    assert len(library.documents()) == 3


def test_a_folder_that_goes_while_it_is_listed_is_a_line(
    folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / f"{name}.txt").write_text(name)
    library.sync(folder)
    scandir = os.scandir

    def vanishing(path: Path) -> object:
        if Path(path).name == "b":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    report = library.sync(folder)
    assert lines(report)["b"] == ("failed", "cannot be opened: No such file or directory")
    assert (report.unchanged, report.removed) == (4, 0)


# What happens in the middle of a run


def vanish(path: Path) -> None:
    path.unlink()


def become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def move_the_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def empty(path: Path) -> None:
    path.write_text("")


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write(" And more.")


@pytest.mark.parametrize(
    ("happens", "reason", "others"),
    [
        (vanish, "cannot be opened: No such file or directory", "added"),
        (become_a_pipe, "is not a file", "added"),
        (move_the_folder, "cannot be opened: No such file or directory", "failed"),
        (empty, "is empty", "added"),
        (grow, "is being written: it changed while it was read", "added"),
    ],
)
def test_what_happens_to_a_file_between_the_look_and_the_reading_is_its_line(
    library: Library,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Path], None],
    reason: str,
    others: str,
) -> None:
    plan = ingestion.plan

    def planned(*arguments: object) -> object:
        happens(folder / "bees.txt")
        return plan(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ingestion, "plan", planned)
    report = library.ingest([folder])
    assert lines(report)["bees.txt"] == ("failed", reason)
    assert statuses(report) == {"apples.txt": others, "bees.txt": "failed", "cats.txt": others}


def test_a_file_that_grows_without_end_is_not_read_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * 3000)
    monkeypatch.setattr(sys.modules["ingest.read"], "MOST_BYTES", 2000)
    with pytest.raises(DocumentError, match="is too large: at most 200 MB are read"):
        fingerprint(path)


class Failing(WordEmbedder):
    """Fails at a passage that holds a word."""

    def __init__(self, word: str, error: Exception) -> None:
        super().__init__()
        self.word, self.error = word, error

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        if any(self.word in text for text in texts):
            raise self.error
        return super().embed_passages(texts, progress)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(5, "Input/output error"), "could not be read: Input/output error"),
        (ValueError("no\nnumber"), "could not be read: no number"),
        (OverflowError("too large"), "could not be read: too large"),
        (UnicodeEncodeError("utf-8", "\udc80", 0, 1, "surrogates not allowed"), None),
        (KeyError(), "could not be read: KeyError"),
        (MemoryError(), "could not be read: MemoryError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_any_fault_with_one_file_is_its_line_and_is_logged(
    library: Library, folder: Path, error: Exception, reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "rag_app.writing.ingestion")
    fakes_of(library).embedder = Failing("Bees", error)
    report = library.ingest([folder])
    assert statuses(report) == {"apples.txt": "added", "bees.txt": "failed", "cats.txt": "added"}
    said = lines(report)["bees.txt"][1] or ""
    assert said == reason if reason else said.startswith("could not be read: 'utf-8' codec")
    [record] = [record for record in caplog.records if record.name == "rag_app.writing.ingestion"]
    assert type(error).__name__ in record.getMessage()
    assert "embedding.py" in record.getMessage()  # where it arose, without its message, which could hold document text
    assert record.levelno == (logging.DEBUG if isinstance(error, OSError) else logging.ERROR)
    fakes_of(library).embedder = WordEmbedder()
    assert statuses(library.ingest([folder]))["bees.txt"] == "added"
    assert library.verify(None).ok


def test_a_full_disk_is_no_trouble_of_one_file(library: Library, folder: Path) -> None:
    fakes_of(library).embedder = Failing("Bees", DiskError("full", hint="free some"))
    with pytest.raises(DiskError):
        library.ingest([folder])


def test_what_the_caller_raises_when_told_of_progress_ends_the_run(library: Library, folder: Path) -> None:
    def tell(step: Step) -> None:
        if step.path.endswith("bees.txt"):
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        library.ingest([folder], progress=tell)
    assert len(library.documents()) == 1


def test_a_folder_whose_parent_may_not_be_entered_is_an_error_for_the_user(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denying(look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def looked(path: object, **options: object) -> os.stat_result:
            if str(path) == str(folder):
                raise PermissionError(13, "Permission denied")
            return look(path, **options)

        return looked

    monkeypatch.setattr(os, "stat", denying(os.stat))
    monkeypatch.setattr(os, "lstat", denying(os.lstat))
    with pytest.raises(UsageError, match="files does not exist"):
        library.sync(folder)


# All at once


@dataclass(frozen=True)
class Odd:
    """What a file is like."""

    name: bytes  # without its suffix
    kind: str
    seconds: int
    nanoseconds: int
    mode: int


KINDS = {  # the reason of each; None: it is good, and "": it is passed over
    "text": None,
    "hard link": None,
    "empty": "",
    "pipe": NO_FILE,
    "socket": NO_FILE,
    "the library": "is part of the library itself",
    "ring": "",
    "nowhere": "",
    "folder": "",
}

odd_files = st.lists(
    st.builds(
        Odd,
        st.binary(min_size=1, max_size=60).map(lambda name: name.translate(None, b"/\0").lstrip(b".") or b"_"),
        st.sampled_from(["text", "text", *KINDS]),
        st.integers(-(2**63), 2**63 - 1),
        st.integers(0, SECOND - 1),
        st.sampled_from([0o600, 0o444, 0o000, 0o777]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda odd: odd.name,
)


def make(odd: Odd, path: Path, number: int, own: Path) -> bool:
    """Make the file; return whether it can be read."""
    if odd.kind == "pipe":
        os.mkfifo(path)
    elif odd.kind == "socket":
        make_socket(path)
    elif odd.kind == "the library":
        os.link(own, path)
        return True
    elif odd.kind == "ring":
        path.symlink_to(path)
        return True
    elif odd.kind == "nowhere":
        path.symlink_to(path.with_name("absent"))
        return True
    elif odd.kind == "folder":
        path.mkdir()
        return True
    else:
        path.write_text("" if odd.kind == "empty" else f"Number {number} is ripe.")
        if odd.kind == "hard link":
            os.link(path, path.with_name(f"again {number}.txt"))
    os.utime(path, ns=(0, odd.seconds * SECOND + odd.nanoseconds))
    path.chmod(odd.mode)
    return os.access(path, os.R_OK)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(odd_files)
def test_whatever_files_are_like_the_good_ones_are_read_and_each_other_is_one_line(odds: list[Odd]) -> None:
    with wide() as root, open_library(root / "made") as library:
        folder, expected = root / "files", {}
        folder.mkdir()
        (folder / "good.md").write_text("Good.")
        expected[str(folder / "good.md")] = None
        for number, odd in enumerate(odds):
            path = folder / os.fsdecode(odd.name + b".txt")
            readable = make(odd, path, number, library.settings.library / "library.db")
            reason = KINDS[odd.kind] if readable or odd.kind in {"pipe", "socket", "empty"} else "cannot be opened"
            for name in (path, *([folder / f"again {number}.txt"] if odd.kind == "hard link" else ())):
                if reason != "":
                    expected[str(name)] = reason
        good = sorted(path for path, reason in expected.items() if reason is None)
        for bring, status in ((library.ingest, "added"), (library.ingest, "unchanged"), (library.sync, "unchanged")):
            report = bring(folder)
            assert sorted(document.path for document in report.documents) == sorted(expected)
            assert sorted(d.path for d in report.documents if d.status == status) == good
            for document in report.documents:
                if document.status == "failed":
                    assert (document.reason or "").startswith(expected[document.path] or "no reason")
            assert json.loads(json_line(report.as_json())) == json.loads(json.dumps(report.as_json()))
        assert sorted(path for document in library.documents() for path in document.paths) == good
        assert library.verify(None).ok
        for path in folder.iterdir():
            if not path.is_symlink():
                path.chmod(0o700)
