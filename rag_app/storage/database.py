"""The SQLite file of a library: opened, locked, read and written in transactions, its errors made the user's."""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from shlex import quote
from typing import TYPE_CHECKING, Any

from rag_app.errors import (
    DiskError,
    LibraryBusy,
    LibraryClosed,
    LibraryDamaged,
    LibraryError,
    LibraryMismatch,
    RagError,
    disk_errors,
)
from rag_app.files import identity, size_of, sync_folder, write_whole
from rag_app.storage.checksum import by_another_process, log_is_written_through
from rag_app.storage.connection import (
    columns,
    connect,
    connect_to_read,
    is_new,
    keep_log,
    pragma,
    roll_back,
    transaction,
)
from rag_app.storage.lock import exclusive, is_held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

DATABASE = "library.db"
LOG = f"{DATABASE}-wal"
SEAL = "library.db.sha256"
LATEST = 1e12  # seconds after 1970, and before: no clock says more

_APPLICATION = 0x52414731  # "RAG1" in the file's header: another program's database is never taken for a library
_log = logging.getLogger(__name__)
_TRACES = (SEAL, "vectors.faiss")  # what nothing else than a library has
_COPIES = (*_TRACES, "settings.json")  # what lies beside a database that was written to
_KEYWORDS = re.compile(
    r"no such (fts5 )?table: (main\.)?keywords|vtable constructor failed: keywords|invalid fts5 file"
)


@dataclass(frozen=True, slots=True)
class Schema:
    """The form of the database."""

    version: int
    statements: tuple[str, ...]  # make a new one


class Database:
    """An open database; several threads may share one, several processes may open it. Readers are never blocked.

    All that touches the file may raise LibraryError (it is damaged), LibraryBusy (another writes) or DiskError.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, *, alone: bool = False) -> None:
        self.folder = folder
        self.alone = alone  # it was found without a seal and without a log: as a copy that left the log behind is
        self.path = folder / DATABASE
        self.connection = connection
        self._lock = threading.RLock()
        self._writer: int | None = None  # thread that is inside `writing`
        self._in_transaction = False
        self._closed = False
        self._file = identity(self.path)

    def close(self) -> None:
        """Close the file, after what is being done; who uses the database afterwards gets LibraryClosed."""
        with self._lock:
            self._closed = True
            self.connection.close()

    def need_open(self) -> None:
        """Raise LibraryClosed where it was closed."""
        if self._closed:
            raise LibraryClosed(f"The library {self.folder} was closed.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only thread that uses the connection."""
        with self._lock, translated(self.path):
            self.need_open()
            yield

    def be_frugal(self) -> None:
        """Delete without writing zeros over what is deleted: on a full disk these would need room in the log."""
        with self._alone():
            self.connection.execute("PRAGMA secure_delete = OFF")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer, over all processes and threads, until the block ends; may be nested in one thread.

        Raises:
            LibraryBusy: another process or thread is writing; names its process.
        """
        if self._writer == threading.get_ident():
            yield
            return
        self.need_open()
        self._check_place()
        with exclusive(self.folder):
            self._writer = threading.get_ident()
            try:
                yield
            finally:
                self._writer = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that the block writes, or nothing; one inside another is part of it."""
        with self.writing(), self._alone():
            if self._in_transaction:
                yield
                return
            self._check_place()
            self._break_seal()
            with transaction(self.connection):
                self._in_transaction = True
                try:
                    yield
                finally:
                    self._in_transaction = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Write what belongs to no document, wholly or not at all, also while another process is the writer.

        It waits for the end of that one's present transaction, not for the end of its run.

        Raises:
            LibraryBusy: the transaction takes longer than a statement waits.
        """
        with self._alone():
            if self._in_transaction:
                yield
                return
            self._check_place()
            with transaction(self.connection):
                self._break_seal()  # now that no other can seal: see `seal`
                self._in_transaction = True
                try:
                    yield
                finally:
                    self._in_transaction = False

    def is_being_written(self) -> bool:
        """Tell whether another thread or process is the writer now."""
        return self._writer != threading.get_ident() and is_held(self.folder)

    def state(self) -> tuple[int, int]:
        """Return what is another one after every write, whoever did it."""
        with self._alone():
            return pragma(self.connection, "data_version"), self.connection.total_changes

    def seal(self) -> bool:
        """Note the SHA-256 of the file until the next write; return whether that was done.

        Not done, and only logged, while readers keep the file from being brought up to date, and on a full disk.
        """
        if self.sealed is not None:
            return True
        try:
            with self.writing(), self._alone(), disk_errors(f"the seal of {self.path}"):
                [busy, _, _] = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if busy:
                    return False
                version, sealed = pragma(self.connection, "data_version"), self._as_sealed()
                with transaction(self.connection):  # keeps out those who write aside, until the seal stands
                    if not self._is_checkpointed() or pragma(self.connection, "data_version") != version:
                        return False  # one of them was here while the file was read
                    write_whole(self.folder / SEAL, sealed.encode(), "the seal")
        except (DiskError, LibraryError) as error:
            _log.info("The library was not sealed: %s", error)
            return False
        return True

    def seal_anew(self) -> bool:
        """Break the seal, and seal what is there now; return whether that was done."""
        with self.transaction():
            pass
        return self.seal()

    @property
    def sealed(self) -> str | None:
        """What `seal` has noted, in the form of sha256sum; None where the file was written since."""
        try:
            return (self.folder / SEAL).read_text(errors="replace")
        except OSError:
            return None

    def fits_seal(self) -> bool:
        """Tell whether the bytes of the file are those that were sealed; also where nothing is sealed.

        Raises:
            DiskError: they could not be read.
        """
        sealed = self.sealed
        if sealed is None:
            return True
        try:
            same = sealed == self._as_sealed()
        except OSError as error:
            raise DiskError(
                f"Could not compare {self.path} with its seal: {error.strerror or error}.",
                hint="Check the disk and its permissions, then run the same command again.",
            ) from error
        return same or self.sealed != sealed  # another process has begun to write

    def _as_sealed(self) -> str:
        return f"{by_another_process(self.path)}  {DATABASE}\n"

    def _check_place(self) -> None:
        """Refuse to go on with a file that nobody else can see: its folder was deleted, or another put in its place."""
        if identity(self.path) != self._file:
            raise LibraryError(
                f"{self.path} was removed or replaced while it was open.",
                hint="Start this program again; it then uses the library that is there now.",
            )

    def _is_checkpointed(self) -> bool:
        return not size_of(self.folder / LOG)

    def _break_seal(self) -> None:
        with disk_errors(f"the seal {self.folder / SEAL}"):
            try:
                (self.folder / SEAL).unlink()
            except FileNotFoundError:
                return
            sync_folder(self.folder)  # else it could come back after a power cut, beside a newer file

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state in all reads of the block, whatever others write; write nothing in it."""
        with self._alone():
            if self.connection.in_transaction:
                yield
                return
            self._check_place()
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                roll_back(self.connection)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of one query."""
        with self._alone():
            return self.connection.execute(query, values).fetchall()

    def execute(self, statement: str, *values: Any) -> None:
        """Write, inside a transaction."""
        self.connection.execute(statement, values)

    def execute_all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write once for each row, inside a transaction."""
        self.connection.executemany(statement, rows)

    def value(self, query: str, *values: Any) -> Any:
        """Return the first column of the first row, or None where there is no row."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None


def open_database(folder: Path, schema: Schema, *, create: bool, to_read: bool = False) -> Database:
    """Open the database in `folder`; where there is none, `create` makes one.

    Opened only `to_read`, not a byte of it changes, and its log stays what it is.

    Raises:
        LibraryError: there is none, or the file is damaged or no library.
        LibraryMismatch: a newer or an older version wrote it.
    """
    path = folder / DATABASE
    with disk_errors(f"the library {folder}"):
        if not path.exists():
            if was_there(folder):
                raise _missing(path)
            if not create:
                raise _absent(folder)
            if folder.exists() and not folder.is_dir():
                raise LibraryError(f"{folder} is a file, not a folder.", hint="Name a folder for the library.")
            folder.mkdir(parents=True, exist_ok=True)
        elif not path.is_file():
            raise LibraryError(f"{path} is not a file.", hint="Move it away, or name another folder with --library.")
        elif not path.stat().st_size and (any((folder / name).exists() for name in _COPIES) or size_of(folder / LOG)):
            raise damaged(path, "it is empty, and what lies beside it shows that it was not")
    if holds_foreign_log(folder):
        raise _foreign_log(path)
    alone = path.exists() and not (folder / SEAL).exists() and not size_of(folder / LOG)
    with translated(path):
        connection = connect_to_read(path) if to_read else connect(path)
        try:
            _prepare(connection, folder, schema, create=create)
        except BaseException:
            connection.close()
            raise
    return Database(folder, connection, alone=alone)


def damaged(path: Path, reason: object) -> LibraryDamaged:
    """Return the error that says how the database at `path` is damaged."""
    return LibraryDamaged(f"{path} is damaged: {reason}.", hint=_repair(path.parent))


def altered(database: Database, path: str) -> LibraryDamaged:
    """Return the error that says that the rows of the document at `path` are not what was stored."""
    return damaged(database.path, f"what it holds of {path} is not what was stored")


def was_there(folder: Path) -> bool:
    """Tell whether what lies in a folder without a database shows that it had one, which its log may hold."""
    traces = size_of(folder / LOG) or any((folder / name).exists() for name in _TRACES)
    return bool(traces) and not (folder / DATABASE).exists()  # nobody has made one meanwhile


def _missing(path: Path) -> LibraryDamaged:
    """Return the error that says that a library has lost its database."""
    return LibraryDamaged(
        f"{path} is missing, and what lies beside it shows that there was one.",
        hint=f"Nothing was changed. Put it back where it was. If it is lost: {_repair(path.parent)}",
    )


def _foreign_log(path: Path) -> LibraryDamaged:
    """Return the error that says that the log beside the database at `path` belongs to another one."""
    return LibraryDamaged(
        f"{path.with_name(LOG)} was not written for {path}: it belongs to another library, copy or program.",
        hint=f"Nothing was changed. Copy both files again from where they belong together, or: {_repair(path.parent)}",
    )


def _repair(folder: Path) -> str:
    return (
        f"Run `rag doctor --repair --library {quote(str(folder))}`: it mends what can be mended, "
        "and saves what can be read into a new library."
    )


def holds_foreign_log(folder: Path) -> bool:
    """Tell whether SQLite would take the log of another database for this one's, and so write over sound pages.

    No log has anything in it while the seal stands: the seal is broken before each write.
    """
    try:
        before = (folder / SEAL).stat()
        if not size_of(folder / LOG) or log_is_written_through(folder / DATABASE):
            return False
        after = (folder / SEAL).stat()
    except OSError:
        return False
    return (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)  # nobody has written meanwhile


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


def _translate(path: Path, error: sqlite3.Error) -> RagError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return damaged(path, error)
    if _KEYWORDS.match(str(error)):
        return damaged(path, "its keyword index cannot be opened")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LibraryBusy(
            f"{path} is in use: {error}.",
            hint="Another program holds it: wait a moment, or close that program, then run the same command again.",
        )
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}:
        return DiskError(
            f"Could not use {path}: {error}.",
            hint="Free some space, or check the disk and its permissions, then run the same command again.",
        )
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return LibraryError(f"{path} cannot be opened: {error}.", hint="Check that it is a file that you may read.")
    return None


def _prepare(connection: sqlite3.Connection, folder: Path, schema: Schema, *, create: bool) -> None:
    path = folder / DATABASE
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if is_new(connection):
        if not create:
            raise _absent(folder)
        _create(connection, schema)
    version = pragma(connection, "user_version")
    if pragma(connection, "application_id") != _APPLICATION:
        raise LibraryError(f"{path} is not a library.", hint="Name another folder with --library.")
    if version > schema.version:
        raise LibraryMismatch(
            f"{path} was written by a newer version (schema {version}; this one knows {schema.version}).",
            hint="Run `git pull` and `pip install .` in the folder of rag-app's source.",
        )
    if version < schema.version:
        raise LibraryMismatch(
            f"{path} was written by an older version (schema {version}; this one knows {schema.version}).",
            hint="Nothing was changed. Move its folder away, or name another one with --library; then run `rag ingest` "
            "or `rag sync` on your files again.",
        )
    missing = sorted(_tables(schema) - columns(connection))
    if missing:
        table, column = missing[0]
        raise damaged(path, f"it has no {column} in its table {table}")


@cache
def _tables(schema: Schema) -> frozenset[tuple[str, str]]:
    """Return each table that a library must have, with each of its columns."""
    connection = sqlite3.connect(":memory:")
    try:
        for statement in schema.statements:
            connection.execute(statement)
        return columns(connection)
    finally:
        connection.close()


def _create(connection: sqlite3.Connection, schema: Schema) -> None:
    keep_log(connection)
    with transaction(connection):
        if is_new(connection):  # another process may have been faster
            for statement in schema.statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {schema.version}")


def _absent(folder: Path) -> LibraryError:
    return LibraryError(f"There is no library in {folder}.", hint="Run `rag ingest PATH` to make one.")
