"""The tables of a library, the checksum of a document's rows, and what its keyword index holds."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING

from ingest import PAGE_BREAK
from rag_app.language.detector import language_of
from rag_app.language.keywords import TABLE, analysis, stems
from rag_app.language.words import flat
from rag_app.storage.connection import encode
from rag_app.storage.database import LATEST, Schema
from rag_app.storage.heading import heading

if TYPE_CHECKING:
    import sqlite3

_PATHS = (
    """CREATE TABLE paths (
        path TEXT PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        mtime_ns INTEGER NOT NULL,
        stale TEXT NOT NULL DEFAULT '',  -- why it could not be read any more; its document keeps the last good text
        stale_since REAL) WITHOUT ROWID  -- seconds since 1970""",
    "CREATE INDEX paths_of_document ON paths (document)",
    "CREATE INDEX stale_paths ON paths (stale) WHERE stale != ''",  # asked at every question
)

# Asked at every question; without it each document's row would be read, past its remarks and sections.
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
        remarks TEXT NOT NULL,  -- JSON list of {"code", "pages", "detail"}
        checksum TEXT NOT NULL,  -- of this document's rows here
        sections TEXT NOT NULL DEFAULT '[]',  -- JSON list of [offset, heading]
        tokens_cut INTEGER NOT NULL DEFAULT 0,  -- that the embedder did not read
        language TEXT NOT NULL DEFAULT '',  -- of its stems in the keyword index
        parent INTEGER REFERENCES documents,  -- the file that it lies in, where it is none itself
        member TEXT NOT NULL DEFAULT '')  -- its name there""",
    "CREATE INDEX members ON documents (parent) WHERE parent IS NOT NULL",
    """CREATE TABLE pages (
        id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        start INTEGER NOT NULL,  -- characters into the document text
        number INTEGER NOT NULL, label TEXT NOT NULL, method TEXT NOT NULL, text TEXT NOT NULL,
        confidence REAL,
        hidden TEXT NOT NULL DEFAULT '[]',  -- JSON list of [start, end]
        tables BLOB NOT NULL DEFAULT x'',  -- compressed; last, so that whoever reads the text does not read it
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
    *_JOBS,
)

_PASSAGES = """SELECT ordinal, start, "end", page, page_end, page_label, vector
    FROM passages WHERE document = ? ORDER BY ordinal"""

_CONTENT = (
    """SELECT path, title, sha256, bytes, pages, pages_with_text, remarks, sections, tokens_cut
    FROM documents WHERE id = ?""",
    "SELECT path FROM paths WHERE document = ? ORDER BY path",
    """SELECT start, number, label, method, text, confidence, hidden, tables
    FROM pages WHERE document = ? ORDER BY start""",
    _PASSAGES,
    "SELECT key, name FROM tags WHERE document = ? ORDER BY key",
    "SELECT member FROM documents WHERE id = ? AND member != ''",
)


def digest(connection: sqlite3.Connection, document: int) -> str:
    """Return a SHA-256 of one document's rows as they are read back; its ids and times do not count."""
    total = hashlib.sha256()
    for query in _CONTENT:
        for row in connection.execute(query, (document,)):
            for value in row:
                raw = value if isinstance(value, bytes) else encode(str(value))
                total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()


_TABLES = ("meta", "documents", "pages", "passages", "paths", "tags", "sessions", "turns", "jobs")
LONG = "paths.mtime_ns"  # a time beyond the integers of SQLite is a floating-point number
_LARGE = frozenset(("pages", "passages"))  # whose texts have a checksum


def odd_columns(connection: sqlite3.Connection) -> list[str]:
    """Return the columns that hold a value of another kind than is stored in them, as "table.column"."""
    found = []
    for table in _TABLES:
        query = 'SELECT name, lower(type), "notnull" FROM pragma_table_info(?)'
        columns = connection.execute(query, (table,)).fetchall()
        wrong = ", ".join(f"max({_is_odd(table, *column)})" for column in columns)
        odd = connection.execute(f"SELECT {wrong} FROM {table}").fetchone()  # of all columns: the table is read once
        for (name, kind, _), is_odd in zip(columns, odd, strict=True):
            if is_odd or (kind == "text" and table not in _LARGE and not _is_readable(connection, table, name)):
                found.append(f"{table}.{name}")
    return found


def _is_odd(table: str, name: str, kind: str, needed: bool) -> str:
    """Return the condition under which a column holds another kind than its own."""
    kinds = f"'{kind}'" if needed else f"'{kind}', 'null'"
    if f"{table}.{name}" == LONG:
        kinds += ", 'real'"
    condition = f'typeof("{name}") NOT IN ({kinds})'
    return f'{condition} OR abs("{name}") > {LATEST}' if kind == "real" else condition


def _is_readable(connection: sqlite3.Connection, table: str, column: str) -> bool:
    try:
        deque(connection.execute(f'SELECT "{column}" FROM {table}'), maxlen=0)
    except UnicodeDecodeError:
        return False
    return True


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
        (passage, encode(name), encode(flat(text[start:end])), encode(f"{stemmed} {stems(text[start:end], language)}"))
        for passage, start, end in spans
    ]


SCHEMA = Schema(8, _STATEMENTS)
