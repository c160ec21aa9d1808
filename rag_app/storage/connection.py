"""Connections to SQLite files: to write, or to read without changing a byte, on full and read-only disks too."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rag_app.storage.reserve import RESERVE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WAIT = 10.0  # seconds that a statement waits for SQLite's own short locks
_AGAIN = 0.01  # seconds between two tries of one that does not
_INTEGERS = 2**63  # SQLite's are smaller than that


def connect(path: Path) -> sqlite3.Connection:
    """Open a database to write, or only to read where it cannot be written; `path` may lead nowhere yet."""
    if path.exists() and not _is_writable(path):
        return connect_to_read(path)
    # SQLite keeps its notes on the log in a file beside it. A full disk has no room for that.
    connection = _connect_with_notes(path)
    if connection is None:
        with suppress(OSError):
            (path.parent / RESERVE).unlink()
        connection = _connect_with_notes(path)
    if connection is None:
        connection = _open(path, "rwc")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # the notes are in memory then, and nobody is beside
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a database that cannot or shall not be written, with all that its log holds."""
    log, notes = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    if notes.exists() or _is_writable(path):
        return _open(path, "ro")
    if not log.exists():
        return _open(path, "ro&immutable=1")
    # The log of a process that was killed. The notes on it cannot be made there, nor are they needed: nobody writes.
    connection = _open(path, "ro&vfs=unix-none")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    return connection


def keep_log(connection: sqlite3.Connection) -> None:
    """Let the database have a write-ahead log; SQLite does not wait by itself for another that does the same."""
    until = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(_AGAIN)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all that the block writes, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo what was begun."""
    with suppress(sqlite3.Error):  # SQLite has done it by itself when the disk is full
        connection.execute("ROLLBACK")


def pragma(connection: sqlite3.Connection, name: str) -> int:
    """Return a number that SQLite keeps of the database."""
    [value] = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def is_new(connection: sqlite3.Connection) -> bool:
    """Tell whether nothing was ever written."""
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not tables and not pragma(connection, "application_id")


def columns(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    """Return each table with each of its columns, those of the keyword index left out."""
    # The tables of the keyword index are SQLite's own affair.
    query = """SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'keywords%' AND m.name NOT LIKE 'sqlite%'"""
    return frozenset(connection.execute(query))


def encode(text: str) -> bytes:
    """Return UTF-8 in which every string survives: names of files can hold lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def as_number(value: int) -> int | float:
    """Return what stands for a whole number: beyond 64 bits a floating-point one, that compares with the others."""
    return value if -_INTEGERS <= value < _INTEGERS else float(value)


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _connect_with_notes(path: Path) -> sqlite3.Connection | None:
    """Open a database to write; None where there is no room for the notes on its log."""
    connection = _open(path, "rwc")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if not _wants_room(error):
            raise
        return None
    return connection


def _is_writable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # Several threads may use it: a lock guards it.
    connection = sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    connection.text_factory = _decode
    return connection


def _wants_room(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
