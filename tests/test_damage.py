"""Damaged libraries at every door: the message, the hint and the exit code that a user sees, and what repair makes of it."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import ScriptedGenerator, WordEmbedder, WordReranker, open_library

from rag_app import __main__, database, library as library_module, terminal
from rag_app.errors import RagError
from rag_app.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORDS = {"RAG_EMBEDDER": "words", "RAG_RERANKER": "shared-words", "RAG_GENERATOR": "script"}
DOORS = {
    "documents": ["documents"],
    "show": ["documents", "show", "lease.txt"],
    "search": ["search", "How high is the rent?"],
    "ask": ["ask", "How high is the rent?"],
    "ingest": ["ingest", "{files}"],
    "sync": ["sync", "{files}"],
    "tag": ["documents", "tag", "lease.txt", "--add", "flat"],
    "remove": ["documents", "remove", "lease.txt"],
    "sessions": ["sessions", "list"],
    "session": ["sessions", "show", "talk"],
    "verify": ["verify"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of two documents and a session, sealed."""
    folder = tmp_path_factory.mktemp("made")
    files = folder / "files"
    files.mkdir()
    (files / "lease.txt").write_text("The rent is 1,250 euros.\fThe notice period is three months.")
    (files / "oven.txt").write_text("The oven weighs 40 kg.")
    with open_library(folder) as library:
        library.ingest(files)
        library.tag(files / "oven.txt", add="kitchen")
        library.keep("talk", library.ask("How high is the rent?"))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made / "library", tmp_path / "library")
    shutil.copytree(made / "files", tmp_path / "files")
    connection = sqlite3.connect(tmp_path / "library" / "library.db")
    connection.close()
    for name, value in WORDS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setattr(Library, "_open_embedder", lambda _: WordEmbedder())
    monkeypatch.setattr(Library, "_open_reranker", lambda _: WordReranker())
    monkeypatch.setattr(Library, "_open_generator", lambda _: ScriptedGenerator())
    return tmp_path


def enter(door: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str, str]:
    """Run `rag` in this process; return the exit code, what was printed, the error and the hint."""
    arguments = [part.format(files=folder / "files") for part in DOORS.get(door, door.split())]
    return run(arguments, capsys)


def run(arguments, capsys):
    terminal.console.cache_clear()
    capsys.readouterr()
    before, sys.argv = sys.argv, ["rag", *arguments]
    try:
        __main__.main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = before
        terminal.console.cache_clear()
    out, error = capsys.readouterr()
    lines = dict(line.partition(": ")[::2] for line in error.splitlines())
    return code, out, lines.get("error", ""), lines.get("hint", "")

def sql(*statements: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        connection = sqlite3.connect(folder / "library" / "library.db")
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return change

def _seal(f): (f/'library'/'library.db.sha256').unlink(missing_ok=True)
def half(f):
    p=f/'library'/'library.db'; d=p.read_bytes(); p.write_bytes(d[:len(d)//2])
def text(f): (f/'library'/'library.db').write_text('Dear diary, '*1000)
def empty(f): (f/'library'/'library.db').write_text('')
def afolder(f): p=f/'library'/'library.db'; p.unlink(); p.mkdir()
ROWS={
 'half':half,'text':text,'empty':empty,'folder':afolder,
 'foreign': sql('PRAGMA application_id = 7'),
 'newer': sql('PRAGMA user_version = 99'),
 'older': sql('PRAGMA user_version = 1'),
 'table': sql('DROP TABLE turns'),
 'fts': sql('DROP TABLE keywords'),
 'ftsconfig': sql('DELETE FROM keywords_config'),
 'ftsdata': sql("UPDATE keywords_data SET block = x'00' WHERE id > 10"),
 'warnings': sql("UPDATE documents SET warnings = '{' WHERE path LIKE '%lease.txt'"),
 'sections': sql("UPDATE documents SET sections = '[1]' WHERE path LIKE '%lease.txt'"),
 'hidden': sql("UPDATE pages SET hidden = 'x' WHERE number = 1 AND document = 1"),
 'answer': sql("UPDATE turns SET answer = '{'"),
 'mounts': sql("INSERT INTO meta VALUES ('mounts', '{')"),
 'refusal': sql("INSERT INTO meta VALUES ('refusal', '{')"),
 'page': sql("DELETE FROM pages WHERE document = 1 AND number = 1"),
 'pages': sql("DELETE FROM pages WHERE document = 1"),
 'passage': sql("DELETE FROM passages WHERE id = 1"),
 'vector': sql("UPDATE passages SET vector = x'' WHERE id = 1"),
 'document': sql("DELETE FROM documents WHERE id = 1"),
 'path': sql("DELETE FROM paths WHERE document = 1"),
 'session': sql("DELETE FROM sessions"),
 'ftsrow': sql("DELETE FROM keywords_docsize WHERE id = 1"),
 'type': sql("UPDATE pages SET start = 'abc' WHERE document=1 and number=2"),
 'textblob': sql("UPDATE pages SET text = CAST(x'ff41' AS TEXT) WHERE document=1 and number=1"),
}

@pytest.mark.parametrize("name", [n for n in ROWS if n in ("fts","ftsconfig","ftsdata","ftsrow","path","document","page","mounts","session","passage")])
def test_it(name, folder, capsys):
    ROWS[name](folder)
    out=[]
    for door in DOORS:
        shutil.rmtree(folder/'now', ignore_errors=True); shutil.copytree(folder/'library', folder/'now'); 
        try:
            shutil.rmtree(folder/'keep', ignore_errors=True); shutil.copytree(folder/'library', folder/'keep')
            code,o,e,h = enter(door, folder, capsys)
            s=f"{door}: {code} {e} | {h}"
        except BaseException as error:
            s=f"{door}: !!!!!! {error!r}"
        out.append(s.replace(str(folder),'~'))
        shutil.rmtree(folder/'library'); (folder/'keep').rename(folder/'library')
    with capsys.disabled():
        print('==',name); print('\n'.join(out))
