"""Damaged libraries at every door: the message, hint and exit code that a user sees, and what `verify` finds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from fakes import FakeModels, open_library

from rag_app import __main__
from rag_app.console import screen
from rag_app.errors import LibraryDamaged, LibraryError, RagError
from rag_app.library import Library
from rag_app.storage import connection
from rag_app.storage.schema import SCHEMA
from rag_app.storage.store import Store
from rag_app.writing.repair import repair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.slow

QUESTION = "How high is the rent?"
DOORS = {
    "documents": ["documents"],
    "show": ["documents", "show", "lease.txt"],
    "search": ["search", QUESTION],
    "ask": ["ask", QUESTION],
    "ingest": ["ingest", "{files}"],
    "sync": ["sync", "{files}"],
    "tag": ["documents", "tag", "lease.txt", "--add", "flat"],
    "remove": ["documents", "remove", "lease.txt"],
    "sessions": ["sessions", "list"],
    "session": ["sessions", "show", "talk"],
    "verify": ["verify"],
}
MEND = (
    "Run `rag doctor --repair --library {library}`: it mends what can be mended, and saves what can be read into a new "
    "library."
)
ALTERED = "{db} is damaged: what it holds of {lease} is not what was stored."
NOT_STORED = "{lease}: its pages, passages or vectors are not those that were stored."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a library of two documents and a session, sealed, and the files that it was made from."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "lease.txt").write_text("The rent is 1,250 euros.\fThe notice period is three months.")
    (files / "oven.txt").write_text("The oven weighs 40 kg.")
    with open_library(tmp_path) as library:
        library.ingest(files)
        library.tag(files / "oven.txt", add="kitchen")
        library.keep("talk", library.ask(QUESTION))
    for name, value in (("EMBEDDER", "words"), ("RERANKER", "shared-words"), ("GENERATOR", "script")):
        monkeypatch.setenv(f"RAG_{name}", value)
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "library"))
    return tmp_path


@dataclass(frozen=True)
class Seen:
    """What a user sees of a command."""

    code: int
    error: str = ""
    hint: str = ""


def rag(*arguments: str, capture: Capture) -> tuple[Seen, str]:
    """Run a command in this process, as its users do; return what they see of it, and standard output."""
    screen.console.cache_clear()
    capture.readouterr()
    before, sys.argv = sys.argv, ["rag", *arguments]
    code = 0
    try:
        __main__.main(lambda settings: FakeModels())
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = before
        screen.console.cache_clear()
    out, error = capture.readouterr()
    lines = dict(line.partition(": ")[::2] for line in error.splitlines())
    return Seen(code, lines.get("error", ""), lines.get("hint", "")), out


def enter(door: str, folder: Path, capture: Capture) -> Seen:
    return rag(*(part.format(files=folder / "files") for part in DOORS[door]), capture=capture)[0]


def filled(text: str, folder: Path) -> str:
    library = folder / "library"
    return text.format(library=library, db=library / "library.db", lease=folder / "files" / "lease.txt")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the database, its seal and its log, if that holds anything, as they lie on the disk."""
    found = {path.name: path.read_bytes() for path in folder.glob("library.db*") if not path.name.endswith("-shm")}
    return {name: data for name, data in found.items() if data}


def sql(*statements: str) -> Callable[[Path], None]:
    """Return a damage that another program does."""

    def damage(folder: Path) -> None:
        connection = sqlite3.connect(folder / "library" / "library.db")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return damage


def change_file(change: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda folder: change(folder / "library" / "library.db") and None


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_log_of_another(folder: Path) -> None:
    """Put the log of another library beside the database, which has no log of its own while it is sealed."""
    shutil.copytree(folder / "library", folder / "other")
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"UPDATE documents SET title = 'Another'\"); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, folder / "other" / "library.db"], check=False)
    shutil.copy(folder / "other" / "library.db-wal", folder / "library" / "library.db-wal")


# Damage that no door lets pass

CLOSED = {
    "truncated": (change_file(cut), "{db} is damaged: database disk image is malformed.", MEND),
    "a text file": (
        change_file(lambda p: p.write_text("Dear diary, " * 999)),
        "{db} is damaged: file is not a database.",
        MEND,
    ),
    "an empty file": (
        change_file(lambda path: path.write_text("")),
        "{db} is damaged: it is empty, and what lies beside it shows that it was not.",
        MEND,
    ),
    "missing": (
        change_file(lambda path: path.unlink()),
        "{db} is missing, and what lies beside it shows that there was one.",
        f"Nothing was changed. Put it back where it was. If it is lost: {MEND}",
    ),
    "a folder": (
        change_file(make_folder),
        "{db} is not a file.",
        "Move it away, or name another folder with --library.",
    ),
    "another program's": (
        sql("PRAGMA application_id = 7"),
        "{db} is not a library.",
        "Name another folder with --library.",
    ),
    "newer": (
        sql("PRAGMA user_version = 99"),
        f"{{db}} was written by a newer version (schema 99; this one knows {SCHEMA.version}).",
        "Run `git pull` and `pip install .` in the folder of rag-app's source.",
    ),
    "older": (
        sql("PRAGMA user_version = 1"),
        f"{{db}} was written by an older version (schema 1; this one knows {SCHEMA.version}).",
        "Nothing was changed. Move its folder away, or name another one with --library; then run `rag ingest` "
        "or `rag sync` on your files again.",
    ),
    "without a table": (sql("DROP TABLE turns"), "{db} is damaged: it has no answer in its table turns.", MEND),
    "without a column": (
        sql("DROP INDEX documents_by_language", "ALTER TABLE documents DROP COLUMN language"),
        "{db} is damaged: it has no language in its table documents.",
        MEND,
    ),
    "half copied, with another's log": (
        put_log_of_another,
        "{db}-wal was not written for {db}: it belongs to another library, copy or program.",
        f"Nothing was changed. Copy both files again from where they belong together, or: {MEND}",
    ),
}


@pytest.mark.parametrize(("damage", "message", "hint"), CLOSED.values(), ids=CLOSED)
def test_a_library_that_cannot_be_opened_says_why_at_every_door(
    folder: Path, capsys: Capture, damage: Callable[[Path], None], message: str, hint: str
) -> None:
    damage(folder)
    before = contents(folder / "library") if (folder / "library" / "library.db").is_file() else {}
    expected = Seen(1, filled(message, folder), filled(hint, folder))
    for door in DOORS:
        assert (door, enter(door, folder, capsys)) == (door, expected)
    assert rag("serve", "--port", "0", capture=capsys)[0] == expected
    assert rag("mcp", capture=capsys)[0] == expected
    with pytest.raises(LibraryError) as raised:
        Library.open(folder / "library")
    assert (raised.value.message, raised.value.hint) == (expected.error, expected.hint)
    seen, _ = rag("doctor", capture=capsys)
    assert (seen.code, expected.error in seen.error, expected.hint in seen.hint) == (1, True, True)
    if before:
        assert contents(folder / "library") == before


@pytest.mark.parametrize(
    "change", [lambda path: path.unlink(), lambda path: path.write_text("")], ids=["gone", "empty"]
)
def test_a_log_without_its_database_is_kept_and_read_by_repair(
    folder: Path, capsys: Capture, change: Callable[[Path], object]
) -> None:
    library, new = folder / "library", folder / "new"
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA wal_autocheckpoint = 0'); c.execute('VACUUM'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, library / "library.db"], check=False)
    change(library / "library.db")
    for name in ("library.db.sha256", "vectors.faiss", "settings.json"):
        (library / name).unlink()
    log = (library / "library.db-wal").read_bytes()
    for door in DOORS:
        assert (door, enter(door, folder, capsys).code) == (door, 1)
    assert (library / "library.db-wal").read_bytes() == log
    report = repair(library, new)
    assert (report.ok, report.documents) == (True, 2)
    assert (library / "library.db-wal").read_bytes() == log


def test_a_library_that_another_program_locks_is_in_use_and_not_damaged(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_WAIT", 0.1)
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA locking_mode = EXCLUSIVE');"
        "c.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, folder / "library" / "library.db"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        hint = "Another program holds it: wait a moment, or close that program, then run the same command again."
        expected = Seen(1, filled("{db} is in use: database is locked.", folder), hint)
        seen = {door: enter(door, folder, capsys) for door in DOORS}
        with pytest.raises(RagError, match="is in use"):
            repair(folder / "library")
        process.communicate()
    assert seen == dict.fromkeys(DOORS, expected)
    assert {door: enter(door, folder, capsys).code for door in ("documents", "verify")} == {"documents": 0, "verify": 0}


# Damage of single rows


@dataclass(frozen=True)
class Damage:
    """What another program does to rows, and what is seen of it."""

    done: tuple[str, ...]
    found: tuple[str, ...]  # what a check says
    doors: dict[str, str] = field(default_factory=dict)  # those that cannot do their work, with their messages


KEYWORDS = "{db} is damaged: its keyword index cannot be opened."
NO_PAGE = "{db} is damaged: a passage has no page or no document."
NO_PASSAGE = "{db} is damaged: its keyword index holds passages that are not there."
DEEP = "[" * 100_000
MALFORMED = "{db} is damaged: database disk image is malformed."
ROWS = {
    "remarks that are no JSON": Damage(
        ("UPDATE documents SET remarks = '{' WHERE id = 1",),
        (NOT_STORED,),
        dict.fromkeys(("show", "ask", "ingest", "sync", "tag"), ALTERED),
    ),
    "remarks of another form": Damage(
        ("UPDATE documents SET remarks = '[1]' WHERE id = 1",),
        (NOT_STORED,),
        dict.fromkeys(("show", "ask", "ingest", "sync", "tag"), ALTERED),
    ),
    "remarks of an unknown code": Damage(
        ("""UPDATE documents SET remarks = '[{"code":"magic","pages":[],"detail":""}]' WHERE id = 1""",),
        (NOT_STORED,),
        dict.fromkeys(("show", "ask", "ingest", "sync", "tag"), ALTERED),
    ),
    "remarks that are nested too deep": Damage(
        (f"UPDATE documents SET remarks = '{DEEP}' WHERE id = 1",),
        (NOT_STORED,),
        dict.fromkeys(("show", "ask", "ingest", "sync", "tag"), ALTERED),
    ),
    "sections that are no JSON": Damage(
        ("UPDATE documents SET sections = '[1]' WHERE id = 1",),
        (NOT_STORED,),
        dict.fromkeys(("show", "search", "ask", "tag"), ALTERED),
    ),
    "hidden spans that are no JSON": Damage(
        ("UPDATE pages SET hidden = 'x' WHERE id = 1",),
        (NOT_STORED,),
        dict.fromkeys(("show", "search", "ask", "tag"), ALTERED),
    ),
    "hidden spans that are nested too deep": Damage(
        (f"UPDATE pages SET hidden = '{DEEP}' WHERE id = 1",),
        (NOT_STORED,),
        dict.fromkeys(("show", "search", "ask", "tag"), ALTERED),
    ),
    "a turn that is no JSON": Damage(
        ("UPDATE turns SET answer = '{'",),
        ("{db}: a turn of the session 'talk' is not what was stored.",),
        {"session": "{db} is damaged: a turn of the session 'talk' is no answer."},
    ),
    "a turn that is nested too deep": Damage(
        (f"UPDATE turns SET answer = '{DEEP}'",),
        ("{db}: a turn of the session 'talk' is not what was stored.",),
        {"session": "{db} is damaged: a turn of the session 'talk' is no answer."},
    ),
    "disks that are nested too deep": Damage(
        (f"INSERT INTO meta VALUES ('mounts', '{DEEP}')",),
        ("{db}: what it says of mounts cannot be read.",),
        {"sync": "{db} is damaged: what it says of mounts cannot be read."},
    ),
    "disks that are no JSON": Damage(
        ("INSERT INTO meta VALUES ('mounts', '{')",),
        ("{db}: what it says of mounts cannot be read.",),
        {"sync": "{db} is damaged: what it says of mounts cannot be read."},
    ),
    "a calibration that is no JSON": Damage(
        ("INSERT INTO meta VALUES ('refusal', '{')",), ("{db}: what it says of refusal cannot be read.",)
    ),
    "a page that is missing": Damage(
        ("DELETE FROM pages WHERE id = 1",),
        (NOT_STORED,),
        {"show": ALTERED, "search": NO_PAGE, "ask": NO_PAGE, "tag": ALTERED},
    ),
    "a text that is no UTF-8": Damage(
        ("UPDATE pages SET text = CAST(x'ff41' AS TEXT) WHERE id = 1",),
        ("{db} is damaged: a text is not UTF-8.",),
        dict.fromkeys(("show", "search", "ask", "tag", "remove"), "{db} is damaged: a text is not UTF-8."),
    ),
    "a passage that is missing": Damage(
        ("DELETE FROM passages WHERE id = 1",),
        (NOT_STORED, "{db}: the keyword index does not hold the passages that are stored."),
        {"search": NO_PASSAGE, "ask": NO_PASSAGE, "tag": ALTERED},
    ),
    "a vector that is missing": Damage(
        ("UPDATE passages SET vector = x'' WHERE id = 1",),
        (NOT_STORED, "{db}: there are vectors of another length than 2048."),
        {"tag": ALTERED},
    ),
    "a document that is missing": Damage(
        ("PRAGMA foreign_keys = OFF", "DELETE FROM documents WHERE id = 1"),
        (
            "{db}: its table pages has rows of what is not there.",
            "{db}: its table passages has rows of what is not there.",
            "{db}: its table paths has rows of what is not there.",
        ),
        {
            **dict.fromkeys(("show", "tag", "remove"), ALTERED),
            **dict.fromkeys(("search", "ask"), NO_PASSAGE),
            **dict.fromkeys(("ingest", "sync"), ALTERED),
        },
    ),
    "a path that is missing": Damage(
        ("DELETE FROM paths WHERE document = 1",),
        (NOT_STORED,),
        {
            **dict.fromkeys(("show", "tag", "remove"), "lease.txt is not in the library."),
            **dict.fromkeys(("ask", "ingest", "sync"), ALTERED),
        },
    ),
    "a session that is missing": Damage(
        ("PRAGMA foreign_keys = OFF", "DELETE FROM sessions"),
        (
            "{db}: its table turns has rows of what is not there.",
            "{db}: a turn of the session 'None' is not what was stored.",
        ),
        {"session": "There is no session called talk."},
    ),
    "a row of the keyword index that is missing": Damage(
        ("DELETE FROM keywords_docsize WHERE id = 1",),
        ("{db}: the keyword index does not hold the passages that are stored.",),
        {"search": MALFORMED, "ask": MALFORMED},
    ),
    "a passage that the keyword index does not know": Damage(
        ("INSERT INTO keywords (rowid, title, text, stems) VALUES (99, 'rent', 'rent', 'rent')",),
        ("{db}: the keyword index does not hold the passages that are stored.",),
        {"search": NO_PASSAGE, "ask": NO_PASSAGE},
    ),
    "words of the keyword index that are missing": Damage(
        ("UPDATE keywords_data SET block = x'00' WHERE id > 10",),
        ("{db}: the keyword index cannot be read.",),
        {"search": MALFORMED, "ask": MALFORMED},
    ),
    "a keyword index without its settings": Damage(
        ("DELETE FROM keywords_config",),
        ("{db}: the keyword index cannot be read.",),
        dict.fromkeys(("search", "ask", "remove"), KEYWORDS),
    ),
    "no keyword index": Damage(
        ("DROP TABLE keywords",),
        ("{db}: the keyword index cannot be read.",),
        dict.fromkeys(("search", "ask", "remove"), KEYWORDS),
    ),
    "changed bytes that nothing needs": Damage(
        ("CREATE TABLE other (x)", "DROP TABLE other"), ("{db}: some of its bytes are not those that were written.",)
    ),
}


def without_seal(sentences: list[str]) -> list[str]:
    """Leave out what every damage of a sealed database comes with."""
    return [one for one in sentences if len(sentences) == 1 or "some of its bytes are not those" not in one]


@pytest.mark.parametrize("damage", ROWS.values(), ids=ROWS)
def test_a_damaged_row_is_told_at_each_door_that_needs_it_and_found_by_verify(
    folder: Path, capsys: Capture, damage: Damage
) -> None:
    with Store.open(folder / "library", create=False) as store:
        assert store.check() == []
    sql(*damage.done)(folder)
    with Store.open(folder / "library", create=False, to_read=True) as store:
        assert without_seal(store.check()) == [filled(sentence, folder) for sentence in damage.found]
    kept = folder / "kept"
    shutil.copytree(folder / "library", kept)
    for door in DOORS:
        shutil.rmtree(folder / "library")
        shutil.copytree(kept, folder / "library")
        seen = enter(door, folder, capsys)
        if door == "verify":
            assert seen.code == 1
            assert seen.hint.startswith("Run `rag doctor --repair`: it mends what can be mended")
        elif door not in damage.doors:
            assert (door, seen) == (door, Seen(0))
        else:
            message = filled(damage.doors[door], folder)
            assert (door, seen.code, seen.error) == (door, 1, message)
            assert "is damaged" not in message or seen.hint == filled(MEND, folder)


ODD = (  # a column, and a value that is never stored in it
    ("documents.path", "x'ff'"),
    ("documents.path", "CAST(x'ff' AS TEXT)"),
    ("documents.path", "'/elsewhere'"),
    ("documents.title", "x'ff'"),
    ("documents.pages", "'x'"),
    ("documents.ingested", "CAST(x'ff' AS TEXT)"),
    ("documents.ingested", "9e999"),
    ("documents.language", "x'ff'"),
    ("documents.language", "CAST(x'ff' AS TEXT)"),
    ("pages.label", "x'ff'"),
    ("pages.label", "CAST(x'ff' AS TEXT)"),
    ("passages.start", "'x'"),
    ("passages.page_label", "x'ff'"),
    ("paths.stale", "CAST(x'ff' AS TEXT)"),
    ("tags.name", "CAST(x'ff' AS TEXT)"),
    ("meta.value", "CAST(x'ff' AS TEXT)"),
    ("sessions.name", "x'ff'"),
    ("turns.asked", "'x'"),
)


@pytest.mark.parametrize(("column", "value"), ODD, ids=map(" = ".join, ODD))
def test_a_value_of_another_kind_is_told_as_damage_and_is_in_no_repaired_library(
    folder: Path, capsys: Capture, column: str, value: str
) -> None:
    table, name = column.split(".")
    sql("PRAGMA foreign_keys = OFF", f'UPDATE {table} SET "{name}" = {value}')(folder) if table != "documents" else sql(
        f'UPDATE documents SET "{name}" = {value} WHERE id = 1'
    )(folder)
    kept = folder / "kept"
    shutil.copytree(folder / "library", kept)
    for door in (*DOORS, "documents in JSON", "doctor"):
        shutil.rmtree(folder / "library")
        shutil.copytree(kept, folder / "library")
        if door in DOORS:
            seen = enter(door, folder, capsys)
        else:
            seen = rag(*{"doctor": ["doctor"]}.get(door, ["documents", "--json"]), capture=capsys)[0]
        if door == "verify":
            assert seen.code == 1
        if seen.code and door not in {"verify", "doctor"}:
            told = "is damaged" in seen.error or "is not in the library" in seen.error or "no session" in seen.error
            assert (door, seen.code, told) == (door, 1, True), seen
    rag("doctor", "--repair", "--json", capture=capsys)
    new = folder / "library.repaired"
    with Library.open(new if new.exists() else folder / "library", loaded=FakeModels()) as library:
        library.ingest(folder / "files")
        report = library.verify(None)
        assert (report.ok, report.documents, report.differences) == (True, 2, ())
        assert library.documents()


@pytest.mark.parametrize(
    "name",
    [
        "hidden spans that are no JSON",
        "hidden spans that are nested too deep",
        "a page that is missing",
        "no keyword index",
    ],
)
def test_the_server_says_that_the_library_cannot_be_used(folder: Path, name: str) -> None:
    pytest.importorskip("fastapi", reason="the extra `server` is not installed")
    from running import running

    with running(folder) as server:
        sql(*ROWS[name].done)(folder)
        answer = server.client.post("/v1/search", json={"question": QUESTION, "k": 5})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "library_error")
        assert server.ask(QUESTION).status_code == 503
        assert server.healthy()


# What repair makes of it

IN_PLACE = {
    **dict.fromkeys(
        ("disks that are no JSON", "disks that are nested too deep"),
        "It is not known any more which folders were disks of their own: see that they are mounted before you run "
        "`rag sync`.",
    ),
    "a calibration that is no JSON": "The library's own calibration could not be read and was forgotten: run `rag "
    "calibrate` to have one.",
    "changed bytes that nothing needs": "Some bytes of the database were changed by something else; all documents are "
    "what was stored.",
    **dict.fromkeys(
        (
            "a row of the keyword index that is missing",
            "a passage that the keyword index does not know",
            "words of the keyword index that are missing",
            "a keyword index without its settings",
            "no keyword index",
        ),
        "The keyword index was written anew from the passages.",
    ),
}
WHOLE_AGAIN = {"a path that is missing"}  # nothing is missing in the new library


@pytest.mark.parametrize("name", ROWS)
def test_repair_mends_what_it_can_and_saves_the_rest_in_a_new_library(folder: Path, capsys: Capture, name: str) -> None:
    sql(*ROWS[name].done)(folder)
    before = contents(folder / "library")
    seen, out = rag("doctor", "--repair", "--json", capture=capsys)
    report = json.loads(out)
    new = folder / "library.repaired"
    if name in IN_PLACE:
        assert (seen, report["new_library"], report["ok"]) == (Seen(0), None, True)
        assert IN_PLACE[name] in report["done"]
        assert not new.exists()
        new = folder / "library"
    else:
        assert report["new_library"] == str(new)
        assert contents(folder / "library") == before
        assert report["ok"] is (seen.code == 0)
        assert report["ok"] is (name in WHOLE_AGAIN)
    with open_library(folder) if name in IN_PLACE else Library.open(new, loaded=FakeModels()) as library:
        assert library._store.check() == []
        library.ingest(folder / "files")
        report = library.verify(None)
        assert (report.ok, report.documents, report.notes) == (True, 2, ())
        assert library._store._database.sealed is not None
    assert rag("doctor", "--repair", "--library", str(new), "--json", capture=capsys)[1].count("Nothing had to be") == 1


def test_repair_asks_for_another_folder_where_none_can_be_made_beside_the_library(
    folder: Path, capsys: Capture
) -> None:
    change_file(cut)(folder)
    seen, _ = rag("doctor", "--repair", "--into", str(folder / "files" / "lease.txt" / "new"), capture=capsys)
    assert seen.error == f"Could not write the library {folder}/files/lease.txt/new: Not a directory."
    assert seen.hint == "Name a folder on another disk with --into."


def test_repair_puts_the_log_of_another_library_aside(folder: Path, capsys: Capture) -> None:
    put_log_of_another(folder)
    seen, out = rag("doctor", "--repair", capture=capsys)
    assert seen == Seen(0)
    assert "was not written for this library and was renamed to library.db-wal.aside; it was not read." in out
    assert {door: enter(door, folder, capsys).code for door in ("documents", "verify")} == {"documents": 0, "verify": 0}


def test_a_log_whose_pages_are_in_the_database_is_no_foreign_one(folder: Path) -> None:
    path = folder / "library" / "library.db"
    seal = (folder / "library" / "library.db.sha256").read_bytes()
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"INSERT INTO meta VALUES ('a', 'b')\"); c.execute('PRAGMA wal_checkpoint(FULL)');"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -signal.SIGKILL
    assert path.with_name("library.db-wal").stat().st_size > 0
    path.with_name("library.db.sha256").write_bytes(seal)  # as a power cut can bring an emptied log back beside it
    with Store.open(folder / "library", create=False) as store:
        assert store.get("a") == "b"


def test_a_copy_without_its_log_is_noted_until_it_is_sealed_again(folder: Path) -> None:
    library = folder / "library"
    (library / "library.db.sha256").unlink()
    with open_library(folder) as opened:
        [note] = opened.verify().notes
        assert note.startswith(
            f"{library / 'library.db'} is not sealed, and there is no library.db-wal: if it was copied "
        )
    assert repair(library).done == ("The database was sealed.",)
    with open_library(folder) as opened:
        assert opened.verify().notes == ()


def test_a_document_that_is_not_what_was_stored_keeps_a_checksum_that_shows_it(folder: Path) -> None:
    sql("DELETE FROM pages WHERE id = 1")(folder)
    lease = folder / "files" / "lease.txt"
    with open_library(folder) as library:
        with pytest.raises(LibraryDamaged, match="is not what was stored"):
            library.tag(lease, add="flat")
        lease.rename(lease.with_name("rent.txt"))
        with pytest.raises(LibraryDamaged, match="is not what was stored"):
            library.sync(folder / "files")
        assert library._store.check() != []
