"""The tables of a library, the checksum of a document's rows, and how older libraries are brought up to date."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ingest import PAGE_BREAK
from rag_app.language.detector import language_of
from rag_app.language.keywords import TABLE, analysis, stems
from rag_app.storage.database import Schema, encode
from rag_app.storage.heading import heading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_PATHS = (
    """CREATE TABLE paths (
        path TEXT PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        mtime_ns INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX paths_of_document ON paths (document)",
)

# Asked at every question; without it each document's row would be read, past its warnings and sections.
_LANGUAGES = "CREATE INDEX documents_by_language ON documents (language)"

_TAGS = (
    """CREATE TABLE tags (
        document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        key TEXT NOT NULL,  -- of the name, that tells tags apart
        name TEXT NOT NULL,
        PRIMARY KEY (document, key)) WITHOUT ROWID""",
    "CREATE INDEX tags_by_key ON tags (key)",
)

_SESSIONS = (
    """CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,  -- of the name, that tells sessions apart
        name TEXT NOT NULL)""",
    """CREATE TABLE turns (
        id INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        asked REAL NOT NULL,  -- seconds since 1970
        answer TEXT NOT NULL,  -- JSON
        checksum TEXT NOT NULL)  -- of `answer`""",
    "CREATE INDEX turns_of_session ON turns (session)",
)

# A file that could not be read any more: why, and since when; its document keeps the last text that could be read.
_STALE = (
    "ALTER TABLE paths ADD COLUMN stale TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE paths ADD COLUMN stale_since REAL",  # seconds since 1970
    "CREATE INDEX stale_paths ON paths (stale) WHERE stale != ''",  # asked at every question
)

_JOBS = (
    """CREATE TABLE jobs (
        id TEXT PRIMARY KEY,  -- as the client knows it
        name TEXT NOT NULL,  -- of the file, as people see it
        path TEXT NOT NULL,  -- of the file that was stored, below the folder of uploads
        owner TEXT NOT NULL,  -- the name of the key that sent it
        bytes INTEGER NOT NULL,
        taken REAL NOT NULL,  -- seconds since 1970
        status TEXT NOT NULL,  -- queued, reading, done or failed
        tries INTEGER NOT NULL DEFAULT 0,  -- how often its reading was begun, and not handed back
        document TEXT,  -- the path of what it became
        reason TEXT,  -- why it failed, or needs attention
        ended REAL) WITHOUT ROWID""",
    "CREATE INDEX jobs_by_status ON jobs (status, taken)",
)

_STATEMENTS = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE,  -- the first of its paths
        title TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,  -- of the file
        pages INTEGER NOT NULL, pages_with_text INTEGER NOT NULL,
        ingested REAL NOT NULL,  -- seconds since 1970
        warnings TEXT NOT NULL,  -- JSON list
        checksum TEXT NOT NULL,  -- of this document's rows here
        sections TEXT NOT NULL DEFAULT '[]',  -- JSON list of [offset, heading]
        tokens_cut INTEGER NOT NULL DEFAULT 0,  -- that the embedder did not read
        language TEXT NOT NULL DEFAULT '')  -- of its stems in the keyword index""",
    """CREATE TABLE pages (
        id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        start INTEGER NOT NULL,  -- characters into the document text
        number INTEGER NOT NULL, label TEXT NOT NULL, method TEXT NOT NULL, text TEXT NOT NULL,
        confidence REAL,
        hidden TEXT NOT NULL DEFAULT '[]',  -- JSON list of [start, end]
        UNIQUE (document, start))""",
    # AUTOINCREMENT: no id is used twice, so an outdated index can name a passage that is gone, but not a wrong one.
    """CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
        page INTEGER NOT NULL, page_end INTEGER NOT NULL, page_label TEXT NOT NULL,
        vector BLOB NOT NULL,  -- little-endian float32
        UNIQUE (document, ordinal))""",
    f"CREATE VIRTUAL TABLE keywords USING {TABLE}",
    *_PATHS,
    *_TAGS,
    _LANGUAGES,
    *_SESSIONS,
    *_STALE,
    *_JOBS,
)

_PASSAGES = """SELECT ordinal, start, "end", page, page_end, page_label, vector
    FROM passages WHERE document = ? ORDER BY ordinal"""

_CONTENT_2 = (
    """SELECT path, title, sha256, bytes, pages, pages_with_text, warnings, sections, tokens_cut
    FROM documents WHERE id = ?""",
    "SELECT path FROM paths WHERE document = ? ORDER BY path",
    "SELECT start, number, label, method, text, confidence, hidden FROM pages WHERE document = ? ORDER BY start",
    _PASSAGES,
)

_CONTENT = (*_CONTENT_2, "SELECT key, name FROM tags WHERE document = ? ORDER BY key")  # without tags, as before them

_CONTENT_1 = (
    "SELECT path, title, sha256, bytes, warnings FROM documents WHERE id = ?",
    "SELECT start, number, label, method, text FROM pages WHERE document = ? ORDER BY start",
    _PASSAGES,
)


def digest(connection: sqlite3.Connection, document: int) -> str:
    """Return a SHA-256 of one document's rows as they are read back; its ids and times do not count."""
    return _digest(connection, document, _CONTENT)


def _digest(connection: sqlite3.Connection, document: int, queries: Sequence[str]) -> str:
    total = hashlib.sha256()
    for query in queries:
        for row in connection.execute(query, (document,)):
            for value in row:
                raw = value if isinstance(value, bytes) else encode(str(value))
                total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()


def _to_2(connection: sqlite3.Connection) -> None:
    """Give documents several paths, sections and a count of lost tokens; pages a confidence and hidden spans."""
    rows = connection.execute("SELECT id, checksum FROM documents").fetchall()
    intact = [key for key, checksum in rows if _digest(connection, key, _CONTENT_1) == checksum]
    for statement in (
        *_PATHS,
        "INSERT INTO paths SELECT path, id, mtime_ns FROM documents",
        "ALTER TABLE documents DROP COLUMN mtime_ns",
        "ALTER TABLE documents ADD COLUMN sections TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE documents ADD COLUMN tokens_cut INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE pages ADD COLUMN confidence REAL",
        "ALTER TABLE pages ADD COLUMN hidden TEXT NOT NULL DEFAULT '[]'",
    ):
        connection.execute(statement)
    for key in intact:  # the others keep a checksum that does not fit, so that a check still finds them
        connection.execute(
            "UPDATE documents SET checksum = ? WHERE id = ?", (_digest(connection, key, _CONTENT_2), key)
        )


def _to_3(connection: sqlite3.Connection) -> None:
    """Give documents tags and a language, and the keyword index stems of their words and the names of their files."""
    for statement in (
        *_TAGS,
        "ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT ''",
        _LANGUAGES,
        "DROP TABLE keywords",
        f"CREATE VIRTUAL TABLE keywords USING {TABLE}",
    ):
        connection.execute(statement)
    write_keywords(connection)


def _to_4(connection: sqlite3.Connection) -> None:
    """Give the library a place for conversations."""
    for statement in _SESSIONS:
        connection.execute(statement)


def _to_5(connection: sqlite3.Connection) -> None:
    """Note which files cannot be read any more, and give uploads that wait a place."""
    for statement in (*_STALE, *_JOBS):
        connection.execute(statement)


def write_keywords(connection: sqlite3.Connection) -> None:
    """Write the keyword index anew, in a transaction."""
    connection.execute("INSERT INTO keywords (keywords) VALUES ('delete-all')")
    for (key,) in connection.execute("SELECT id FROM documents").fetchall():
        texts = connection.execute("SELECT text FROM pages WHERE document = ? ORDER BY start", (key,))
        language = language_of(PAGE_BREAK.join(text for (text,) in texts)).stemmer
        connection.execute("UPDATE documents SET language = ? WHERE id = ?", (language, key))
        connection.executemany(PUT_KEYWORDS, keyword_rows(connection, key))
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('keywords', ?)", (analysis(),))


PUT_KEYWORDS = "INSERT INTO keywords (rowid, title, text, stems) VALUES (?, ?, ?, ?)"


def keyword_rows(connection: sqlite3.Connection, key: int) -> list[tuple[int, bytes, bytes, bytes]]:
    """Return what the keyword index holds of each passage of a document: its id, title, text and stems."""
    [(path, title, language)] = connection.execute("SELECT path, title, language FROM documents WHERE id = ?", (key,))
    texts = connection.execute("SELECT text FROM pages WHERE document = ? ORDER BY start", (key,))
    text, name = PAGE_BREAK.join(page for (page,) in texts), heading(path, title)
    spans = connection.execute('SELECT id, start, "end" FROM passages WHERE document = ? ORDER BY ordinal', (key,))
    stemmed = stems(name, language)
    return [
        (passage, encode(name), encode(text[start:end]), encode(f"{stemmed} {stems(text[start:end], language)}"))
        for passage, start, end in spans
    ]


SCHEMA = Schema(_STATEMENTS, (_to_2, _to_3, _to_4, _to_5))
