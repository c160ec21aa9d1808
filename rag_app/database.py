"""The SQLite file of a library: opened, locked, read and written in transactions, its errors made the user's."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rag_app.errors import DiskError, LibraryBusy, LibraryError, LibraryMismatch, RagError, disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

DATABASE = "library.db"
LOCK = "library.lock"
SCHEMA_VERSION = 1

_APPLICATION = 0x52414731  # "RAG1" in the file's header: another program's database is never taken for a library
_WAIT = 10.0  # seconds that a statement waits for SQLite's own short locks


class Database:
    """An open database; several threads may share one, several processes may open it. Readers are never blocked.

    All that touches the file may raise LibraryError (it is damaged), LibraryBusy (another writes) or DiskError.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.path = folder / DATABASE
        self.connection = connection
        self._lock = threading.RLock()
        self._writer: int | None = None  # thread that is inside `writing`

    def close(self) -> None:
        """Close the file; the database cannot be used afterwards."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer, over all processes and threads, until the block ends; may be nested in one thread.

        Raises:
            LibraryBusy: another process or thread is writing; names its process.
        """
        if self._writer == threading.get_ident():
            yield
            return
        with _exclusive(self.folder):
            self._writer = threading.get_ident()
            try:
                yield
            finally:
                self._writer = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that the block writes, or nothing."""
        with self.writing(), self._lock, translated(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                _roll_back(self.connection)
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state in all reads of the block, whatever others write; write nothing in it."""
        with self._lock, translated(self.path):
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                _roll_back(self.connection)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of one query."""
        with self._lock, translated(self.path):
            return self.connection.execute(query, values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        """Return the first column of the first row, or None where there is no row."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None


def open_database(folder: Path, schema: Sequence[str], *, create: bool) -> Database:
    """Open the database in `folder`; where there is none, `create` makes one of the statements in `schema`.

    Raises:
        LibraryError: there is none, or the file is damaged or no library.
        LibraryMismatch: a newer version wrote it.
    """
    path = folder / DATABASE
    with disk_errors(f"the library {folder}"):
        if not path.exists():
            if not create:
                raise _absent(folder)
            if folder.exists() and not folder.is_dir():
                raise LibraryError(f"{folder} is a file, not a folder.", hint="Name a folder for the library.")
            folder.mkdir(parents=True, exist_ok=True)
    with translated(path):
        connection = _connect(path)
        try:
            _prepare(connection, folder, schema if create else ())
        except BaseException:
            connection.close()
            raise
    return Database(folder, connection)


def damaged(path: Path, reason: object) -> LibraryError:
    """Return the error that says how the database at `path` is damaged."""
    return LibraryError(
        f"{path} is damaged: {reason}.",
        hint=f"Restore {path.parent} from a backup, or delete it and run `rag ingest PATH` again.",
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into those that a user can act on; a wrong statement stays what it is, a bug."""
    try:
        yield
    except sqlite3.Error as error:
        known = _translate(path, error)
        if known is None:
            raise
        raise known from error
    except UnicodeDecodeError as error:
        raise damaged(path, "a text is not UTF-8") from error


def encode(text: str) -> bytes:
    """Return UTF-8 in which every string survives: names of files can hold lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _translate(path: Path, error: sqlite3.Error) -> RagError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return damaged(path, error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LibraryBusy(f"{path} is in use: {error}.", hint="Wait a moment, then run the same command again.")
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}:
        return DiskError(
            f"Could not use {path}: {error}.",
            hint="Free some space, or check the disk and its permissions, then run the same command again.",
        )
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return LibraryError(f"{path} cannot be opened: {error}.", hint="Check that it is a file that you may read.")
    return None


def _connect(path: Path) -> sqlite3.Connection:
    mode = "rwc"
    if path.exists() and not (os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)):
        # Readers of a write-ahead log make files beside it; where they cannot, the log is empty and nobody writes.
        mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # Several threads may use it: a lock guards it.
    connection = sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    connection.text_factory = _decode
    return connection


def _prepare(connection: sqlite3.Connection, folder: Path, schema: Sequence[str]) -> None:
    path = folder / DATABASE
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if _is_new(connection):
        if not schema:
            raise _absent(folder)
        _create(connection, schema)
    version = _pragma(connection, "user_version")
    if _pragma(connection, "application_id") != _APPLICATION:
        raise LibraryError(f"{path} is not a library.", hint="Name another folder with --library.")
    if version > SCHEMA_VERSION:
        raise LibraryMismatch(
            f"{path} was written by a newer version (schema {version}; this one knows {SCHEMA_VERSION}).",
            hint="Run `pip install --upgrade rag-app`.",
        )


def _create(connection: sqlite3.Connection, schema: Sequence[str]) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_new(connection):  # another process may have been faster
            for statement in schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _is_new(connection: sqlite3.Connection) -> bool:
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not tables and not _pragma(connection, "application_id")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    [value] = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):  # SQLite has done it by itself when the disk is full
        connection.execute("ROLLBACK")


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Hold the writer's lock; the system drops it when the process ends, however it ends."""
    path = folder / LOCK
    with disk_errors(f"the lock {path}"):
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with disk_errors(f"the lock {path}"):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _busy(folder, os.pread(file, 200, 0).decode(errors="replace")) from error
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()} {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode(), 0)
        yield
    finally:
        os.close(file)


def _busy(folder: Path, holder: str) -> LibraryBusy:
    pid, _, since = holder.strip().partition(" ")
    process = f"process {pid}" if pid else "the other process"
    return LibraryBusy(
        f"{folder} is being written by {process}{f' since {since}' if since else ''}.",
        hint=f"Wait for {process} to finish, or stop it, then run the same command again.",
    )


def _absent(folder: Path) -> LibraryError:
    return LibraryError(f"There is no library in {folder}.", hint="Run `rag ingest PATH` to make one.")
