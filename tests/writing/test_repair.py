"""A broken database is saved document by document, and a full or read-only disk is no end."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from fakes import FakeModels, WordEmbedder, make_settings
from stored import make_document, one_a_page, put, vectors_of

from ingest import Remark
from rag_app.errors import DiskError, LibraryError, LibraryMismatch, UsageError
from rag_app.library import Library
from rag_app.storage import reserve as reserve_module
from rag_app.storage.recovery import Pages, Text, every_row
from rag_app.storage.reserve import RESERVE
from rag_app.storage.store import Store
from rag_app.writing import repair as repair_module
from rag_app.writing.repair import repair

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow


class Usage(NamedTuple):
    total: int
    used: int
    free: int


HERE = Path(__file__).parents[1]
DAMAGES = int(os.environ.get("RAG_TEST_DAMAGES", "6"))
WORDS = ("apple", "pear", "river", "stone", "wood", "seven", "moon", "cloud", "iron", "silk", "amber", "night", "salt")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of 24 documents, two sessions and some room that was given back."""
    folder, chance = tmp_path_factory.mktemp("made"), random.Random(4)
    files = folder / "files"
    files.mkdir()
    for n in range(25):
        words = (chance.choice(WORDS) + str(chance.randrange(90)) for _ in range(chance.randint(5, 900)))
        (files / f"{n}.txt").write_text(f"Document {n}. " + " ".join(words))
    (files / "towns.csv").write_text("Town,People\n" + "".join(f"Town {n},{n * n}\n" for n in range(300)))
    with _open(folder) as library:
        library.ingest(files)
        for name in ("one", "two"):
            library.keep(name, library.ask(f"What does document {len(name)} say of apple7?"))
        library.remove([files / "3.txt", files / "9.txt"])
        library.tag(files / "1.txt", add="fruit")
    (files / "3.txt").unlink()
    (files / "9.txt").unlink()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The library again, with its files where they were."""
    shutil.copytree(made / "library", tmp_path / "library")
    return tmp_path


def _open(folder: Path, library: Path | None = None) -> Library:
    settings = make_settings(folder, passage_tokens=64, overlap_tokens=0)
    return Library.open(library, settings=settings, loaded=FakeModels(WordEmbedder(64)))


def signature(library: Path) -> str:
    with Store.open(library, create=False) as store:
        return store.signature()


# Broken in any way


def first_page(data: bytearray, _: random.Random) -> None:
    data[:4096] = bytes(4096)


def header(data: bytearray, _: random.Random) -> None:
    data[:100] = bytes(100)


def some_pages(data: bytearray, place: random.Random) -> None:
    for _ in range(3):
        begin = place.randrange(1, len(data) // 4096) * 4096
        data[begin : begin + 4096] = place.randbytes(4096)


def many_pages(data: bytearray, place: random.Random) -> None:
    for _ in range(10):
        some_pages(data, place)


def end(data: bytearray, place: random.Random) -> None:
    del data[place.randrange(len(data) // 2, len(data)) :]


def noise(data: bytearray, place: random.Random) -> None:
    for _ in range(60):
        data[place.randrange(len(data))] = place.randrange(256)


@pytest.mark.parametrize("damage", [first_page, header, some_pages, many_pages, end, noise])
def test_of_a_broken_database_is_saved_what_can_be_proved_and_the_rest_is_named(
    folder: Path, made: Path, damage: Callable[[bytearray, random.Random], None]
) -> None:
    place, path, files = random.Random(damage.__name__), folder / "library" / "library.db", made / "files"
    whole, expected = path.read_bytes(), signature(made / "library")
    names = {str(file) for file in files.iterdir()}
    for n in range(DAMAGES):
        data = bytearray(whole)
        damage(data, place)
        path.write_bytes(data)
        new = folder / f"new{n}"
        report = repair(folder / "library", new)
        assert path.read_bytes() == data
        if report.new_library is None:  # the damage is in the keyword index alone, or in unused space
            with _open(folder) as library:
                assert (library._store.check(), library._store.signature()) == ([], expected)
            path.write_bytes(data)
            continue
        with _open(folder, new) as library:
            assert library._store.check() == []
            found = {document.path: document for document in library.documents()}
            texts, kept = set(report.texts), set(found) - set(report.texts)
            assert set(found) <= names
            assert (len(kept), len(texts)) == (report.documents, len(report.texts))
            assert set(report.lost) <= names - set(found)
            unnamed = names - set(found) - set(report.lost)
            assert bool(unnamed) <= any("lost with their names" in m or "Nothing could" in m for m in report.missing)
            with _open(made) as old:
                for path_ in kept:
                    assert library.read(path_) == old.read(path_)
                    assert library.tables(path_) == old.tables(path_)
            assert {found[p].sha256 for p in texts} <= {""}
            assert report.ok is (report.missing == () and kept == names)
            library.ingest(files)
            library.tag(files / "1.txt", add="fruit")
            assert library.verify(None).differences == ()
            assert library._store.signature() == expected


def test_documents_that_were_removed_do_not_come_back(folder: Path) -> None:
    path = folder / "library" / "library.db"
    data = bytearray(path.read_bytes())
    some_pages(data, random.Random(1))
    path.write_bytes(data)
    report = repair(folder / "library")
    with Store.open(folder / "library.repaired", create=False) as store:
        names = {Path(document.path).name for document in store.documents()}
    assert not names & {"3.txt", "9.txt"}
    assert not any("removed earlier may be back" in sentence for sentence in report.missing)


def test_what_a_killed_writer_left_in_the_log_is_saved_too(folder: Path) -> None:
    """The log of the last writer holds documents that the file does not."""
    path = folder / "library" / "library.db"
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"INSERT INTO sessions VALUES (7, 'late', 'late')\");"
        'c.execute("INSERT INTO turns SELECT 70, 7, asked, answer, checksum FROM turns LIMIT 1");'
        "os.kill(os.getpid(), 9)"
    )
    (folder / "library" / "library.db.sha256").unlink()
    subprocess.run([sys.executable, "-c", code, path], check=False)
    assert path.with_name("library.db-wal").stat().st_size > 0
    data = bytearray(path.read_bytes())
    data[4096 * 5 : 4096 * 6] = bytes(4096)
    path.write_bytes(data)
    log = path.with_name("library.db-wal").read_bytes()
    assert repair(folder / "library").new_library is not None
    assert (path.read_bytes(), path.with_name("library.db-wal").read_bytes()) == (data, log)
    with Store.open(folder / "library.repaired", create=False) as store:
        assert {session.name for session in store.sessions()} == {"one", "two", "late"}


def test_a_path_whose_file_has_a_time_beyond_64_bits_comes_along(tmp_path: Path) -> None:
    document, late = make_document("/a", "one text here"), 2**64
    passages = one_a_page(document)
    with Store.open(tmp_path / "library") as store:
        store.put(
            document,
            sha256="ab" * 32,
            bytes=7,
            mtime_ns=5,
            passages=passages,
            vectors=vectors_of(passages),
            copies={"/b": late},
        )
        files = store.files()
        store.seal()
    path = tmp_path / "library" / "library.db"
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    report = repair(tmp_path / "library")
    assert (report.documents, report.texts, report.lost) == (1, (), ())
    with Store.open(tmp_path / "library.repaired", create=False) as store:
        assert store.files() == files
        assert files["/b"].mtime_ns == late
        assert store.check() == []


def test_remarks_come_along_and_of_a_document_with_others_its_text_is_saved(tmp_path: Path) -> None:
    documents = [make_document(path, "one text here") for path in ("/sound", "/odd")]
    with Store.open(tmp_path / "library") as store:
        for document in documents:
            put(store, document)
        with store._database.transaction():
            key = store._database.value("SELECT id FROM documents WHERE path = '/odd'")
            store._database.execute("""UPDATE documents SET remarks = '["page 1 is odd"]' WHERE id = ?""", key)
            checksum = store._documents.digest(key)
            store._database.execute("UPDATE documents SET checksum = ? WHERE id = ?", checksum, key)
        store.seal()
    path = tmp_path / "library" / "library.db"
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    report = repair(tmp_path / "library")
    assert (report.documents, report.texts, report.lost) == (1, ("/odd",), ())
    with Store.open(tmp_path / "library.repaired", create=False) as store:
        assert store.read("/sound") == documents[0]
        assert (store.read("/odd").text, store.read("/odd").remarks) == ("one text here", ())
        assert store.check() == []


def test_that_pages_of_a_document_were_lost_is_remarked_beside_what_was_said_before(tmp_path: Path) -> None:
    document = make_document("/a", *(f"page {number} " * 300 for number in range(1, 9)))
    with Store.open(tmp_path / "library") as store:
        put(store, document)
        with store._database.transaction():
            store._database.execute("DELETE FROM passages WHERE page = 3")
            store._database.execute("DELETE FROM pages WHERE number = 3")
        store.seal()
    path = tmp_path / "library" / "library.db"
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    assert repair(tmp_path / "library").texts == ("/a",)
    with Store.open(tmp_path / "library.repaired", create=False) as store:
        saved = store.read("/a")
        assert saved.remarks == (*document.remarks, Remark("pages_forgotten"))
        assert [page.number for page in saved.pages] == [1, 2, 4, 5, 6, 7, 8]
        assert store.check() == []


def test_uploads_and_keys_come_along(folder: Path) -> None:
    library = folder / "library"
    (library / "uploads" / "ab").mkdir(parents=True)
    (library / "uploads" / "ab" / "note.txt").write_text("Sent.")
    (library / "server-keys.json").write_text("{}")
    (library / "library.db").write_bytes((library / "library.db").read_bytes()[:-8192])
    repair(library)
    new = folder / "library.repaired"
    assert (new / "uploads" / "ab" / "note.txt").read_text() == "Sent."
    assert (new / "server-keys.json").read_text() == "{}"
    assert not (new / "copy").exists()


def test_nothing_is_overwritten_and_nothing_is_left_of_a_repair_that_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "library" / "library.db"
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    taken = folder / "taken"
    taken.mkdir()
    (taken / "letter.txt").write_text("Mine.")
    with pytest.raises(UsageError, match=r"taken is there already, and nothing in it is overwritten\.$"):
        repair(folder / "library", taken)
    assert [file.name for file in taken.iterdir()] == ["letter.txt"]

    def full(*_: object) -> None:
        raise DiskError("full", hint="")

    monkeypatch.setattr(repair_module, "rescue", full)
    with pytest.raises(DiskError):
        repair(folder / "library")
    assert not (folder / "library.repaired").exists()


def test_there_is_nothing_to_repair_where_there_is_no_library_or_a_newer_one(folder: Path) -> None:
    with pytest.raises(LibraryError, match="There is no library in"):
        repair(folder / "none")
    connection = sqlite3.connect(folder / "library" / "library.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryMismatch, match="newer version"):
        repair(folder / "library")


def test_copies_beside_the_database_are_made_anew(folder: Path) -> None:
    library = folder / "library"
    (library / "vectors.faiss").write_bytes(b"no index")
    (library / "settings.json").write_text("{}")
    (library / "library.db.sha256.tmp").write_text("half")
    report = repair(library)
    assert report.done == (
        "The vector index was built anew from the vectors of the database.",
        "settings.json was written anew.",
        "What was left of interrupted writes was deleted: library.db.sha256.tmp.",
        "The database was sealed.",
    )
    assert repair(library).done == ("Nothing had to be repaired.",)


# Row by row


def test_every_row_is_read_as_sqlite_reads_it(tmp_path: Path) -> None:
    chance = random.Random(2)
    values: list[Any] = [None, 0, 1, -1, 127, -128, 2**15, -(2**23), 2**31 - 1, 2**40, -(2**63), 2**63 - 1, 1.5, -0.25]
    values += ["", "ä\U0001f600", "x" * 40_000, b"", b"\0\xff", bytes(9000)]
    connection = sqlite3.connect(tmp_path / "file", isolation_level=None)
    connection.execute("PRAGMA page_size = 1024")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, a, b, c)")
    connection.execute("CREATE TABLE two (k TEXT PRIMARY KEY, a, b) WITHOUT ROWID")
    for n in range(600):
        row = [chance.choice(values) for _ in range(3)]
        connection.execute("INSERT INTO one VALUES (?, ?, ?, ?)", (chance.randrange(2**50), *row))
        connection.execute("INSERT INTO two VALUES (?, ?, ?)", (f"key {n} {'k' * chance.choice([1, 900])}", *row[:2]))
        if n == 300:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("DELETE FROM one WHERE id % 3 = 0")
    copies = [tmp_path / "copy", tmp_path / "copy-log"]
    for source, copy in zip((tmp_path / "file", tmp_path / "file-wal"), copies, strict=True):
        shutil.copy(source, copy)
    pages = Pages.open(copies[0], copies[1])
    found = [row for _, row in every_row(pages, lambda _done, _all: None)]
    one = sorted(
        (row.rowid, *map(plain, row.values[1:])) for row in found if row.rowid is not None and len(row.values) == 4
    )
    two = [tuple(map(plain, row.values)) for row in found if row.rowid is None and len(row.values) == 3]
    assert pages.free()[1]
    assert [row[0] for row in one] == [key for (key,) in connection.execute("SELECT id FROM one ORDER BY id")]
    assert one == sorted(connection.execute("SELECT * FROM one").fetchall(), key=lambda row: row[0])
    assert sorted(map(repr, two)) == sorted(map(repr, connection.execute("SELECT * FROM two").fetchall()))
    pages.close()
    connection.close()


def plain(value: Any) -> Any:
    return value.decode() if isinstance(value, Text) else value


# Disks


def in_a_world_of_its_own(script: str, *arguments: object) -> str:
    """Run a Python script where it may mount what it likes; skip where the system allows no such thing."""
    command = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this system lets nobody mount a disk here")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE), *sys.path])}
    program = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    done = subprocess.run([*command, *program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


FULL_DISK = """
    import os, subprocess, sys
    from pathlib import Path
    import fakes
    from fakes import FakeModels, WordEmbedder, make_settings
    from rag_app.library import Library

    disk, files = Path(sys.argv[1]), Path(sys.argv[2])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], check=True)

    def opened():
        settings = make_settings(disk, passage_tokens=200, overlap_tokens=0)
        return Library.open(settings=settings, loaded=FakeModels(WordEmbedder(384)))

    def fill():
        for size in (4096, 1):
            with open(disk / "filler", "ab", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    with opened() as library:
        library.ingest(files)
        library.keep("talk", fakes_answer)
    if sys.argv[3] == "without":
        (disk / "library" / "library.reserve").unlink()
    fill()
    assert os.statvfs(disk).f_bavail == 0
    with opened() as library:
        print(len(library.documents()))
    fill()
    with opened() as library:
        print(library.remove(files / "large.txt").removed, library.remove(files / "small.txt").removed)
        library.remove_sessions("talk")
        print([Path(document.path).name for document in library.documents()], library.sessions())
    (disk / "filler").unlink()
    with opened() as library:
        print(library._store.check(), library.search("other", mode="keyword", rerank=False)[0].text[:5])
"""


@pytest.mark.parametrize("reserve", ["with", "without"])
def test_removing_works_on_a_disk_that_is_full(tmp_path: Path, reserve: str) -> None:
    files, disk = tmp_path / "files", tmp_path / "disk"
    files.mkdir()
    disk.mkdir()
    chance = random.Random(6)
    words = ["".join(chance.choices("abcdefghijklmnop", k=6)) for _ in range(3000)]
    (files / "large.txt").write_text(" ".join(chance.choices(words, k=60_000)))
    (files / "small.txt").write_text("A small one.")
    (files / "other.txt").write_text("Other words.")
    answer = "from rag_app.types import *; from fakes import make_answer; fakes_answer = make_answer()\n    "
    out = in_a_world_of_its_own(FULL_DISK.replace("disk, files =", answer + "disk, files ="), disk, files, reserve)
    assert out.splitlines() == ["3", "1 1", "['other.txt'] []", "[] Other"]


READ_ONLY = """
    import subprocess, sys
    from pathlib import Path
    from rag_app.storage.store import Store

    disk = Path(sys.argv[1])
    subprocess.run(["mount", "--bind", disk, disk], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", disk], check=True)
    with Store.open(disk / "library", create=False) as store:
        print([session.name for session in store.sessions()], len(store.documents()), store.check())
    from rag_app import __main__
    sys.argv = ["rag", "documents", "remove", "1.txt", "--library", str(disk / "library")]
    __main__.main()
"""


def leave_a_log(library: Path, *, notes: bool) -> None:
    """Kill a process that has written a session; `notes`: SQLite's file beside the log stays, too."""
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"UPDATE sessions SET name = 'renamed' WHERE id = 1\"); os.kill(os.getpid(), 9)"
    )
    (library / "library.db.sha256").unlink()
    subprocess.run([sys.executable, "-c", code, library / "library.db"], check=False)
    assert (library / "library.db-wal").stat().st_size > 0
    if not notes:
        (library / "library.db-shm").unlink()


@pytest.mark.parametrize("notes", [True, False])
def test_a_library_with_a_log_is_read_whole_from_a_disk_that_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, notes: bool
) -> None:
    leave_a_log(folder / "library", notes=notes)
    monkeypatch.setattr(os, "access", lambda *_: False)
    before = {path.name: path.read_bytes() for path in (folder / "library").iterdir() if "shm" not in path.name}
    with Store.open(folder / "library", create=False) as store:
        assert {session.name for session in store.sessions()} == {"renamed", "two"}
        assert store.check() == []
        with pytest.raises(DiskError):
            store.remove_sessions(["two"])
    assert {path.name: path.read_bytes() for path in (folder / "library").iterdir() if "shm" not in path.name} == before


@pytest.mark.parametrize("notes", [True, False])
def test_a_library_with_a_log_is_read_whole_from_a_real_read_only_disk(folder: Path, notes: bool) -> None:
    leave_a_log(folder / "library", notes=notes)
    script = READ_ONLY.replace(
        "__main__.main()",
        "print(''); sys.stderr = sys.stdout\n    try:\n        __main__.main()\n"
        "    except SystemExit as stop:\n        print(stop.code)",
    )
    out = in_a_world_of_its_own(script, folder)
    first, *rest = out.splitlines()
    assert first in {"['renamed', 'two'] 24 []", "['two', 'renamed'] 24 []"}
    assert rest[-1] == "1"
    assert any("Could not write" in line and "Read-only file system" in line for line in rest)


def test_the_reserve_is_kept_and_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reserve = folder / "library" / RESERVE
    assert reserve.stat().st_size == 512 * 1024
    reserve.unlink()
    monkeypatch.setattr(reserve_module.shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 10**6, 10**6))
    reserve_module.keep_reserve(folder / "library")
    assert not reserve.exists()  # it would take the last room
    monkeypatch.undo()
    reserve_module.keep_reserve(folder / "library")
    assert reserve.stat().st_size == 512 * 1024


def test_text_whose_file_is_gone_is_made_searchable_by_a_rebuild(folder: Path, tmp_path: Path) -> None:
    files = tmp_path / "own"
    files.mkdir()
    (files / "gone.txt").write_text("The lighthouse keeper counts herons.")
    with _open(folder) as library:
        library.ingest(files)
    (files / "gone.txt").unlink()
    connection = sqlite3.connect(folder / "library" / "library.db")
    connection.execute("DELETE FROM passages WHERE document = (SELECT max(id) FROM documents)")
    connection.commit()
    connection.close()
    report = repair(folder / "library")
    new = folder / "library.repaired"
    assert report.texts == (str(files / "gone.txt"),)
    assert report.steps[0].startswith(
        f"Run `rag rebuild --library {new}`: it makes the text of 1 document whose file is"
    )
    with _open(folder, new) as library:
        assert not any(hit.document.endswith("gone.txt") for hit in library.search("lighthouse", 5))
        library.rebuild()
        assert library.search("lighthouse", 1)[0].text == "The lighthouse keeper counts herons."
        assert library._store.check() == []
