"""What can be read of a damaged library, put into a new one document by document."""

from __future__ import annotations

import os
import sqlite3
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ingest.remarks import Remark
from ingest.types import PAGE_BREAK
from rag_app.language.keywords import analysis
from rag_app.storage.database import LATEST
from rag_app.storage.facts import JSON_FACTS
from rag_app.storage.json_columns import parsed, remarks_column, remarks_in
from rag_app.storage.recovery import Text, every_row
from rag_app.storage.schema import LONG, PUT_KEYWORDS, digest, keyword_rows
from rag_app.storage.sessions import is_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rag_app.storage.database import Database
    from rag_app.storage.recovery import Pages, Row

    Place = tuple[int, int]  # a page of the file, and which of its rows

_FORGOTTEN = Remark("pages_forgotten")
_METHODS = frozenset({b"text", b"ocr", b"fallback"})
_OWN = frozenset({"index_file", "index_facts", "generation", "keywords"})  # facts that a new library has of its own
_INGESTED, _REMARKS, _CHECKSUM, _PARENT = 7, 8, 9, 13  # columns of `documents`
_KINDS: dict[str, type | tuple[type, ...]] = {"TEXT": Text, "INTEGER": int, "REAL": (int, float), "BLOB": bytes}
_MISTAKEN = (sqlite3.IntegrityError, sqlite3.InterfaceError, ValueError, TypeError, IndexError, AttributeError)
_TOGETHER = 32  # documents of one transaction
_PAGES_KEPT = 64  # of the file, decoded


@dataclass(slots=True)
class Rescued:
    """What a new library got."""

    documents: int = 0  # whole: every row is the one that was stored
    texts: list[str] = field(default_factory=list)  # of which only text could be read, or not all is proved
    lost: list[str] = field(default_factory=list)  # of which only the name is left
    nameless: int = 0  # documents of which even that is lost
    sessions: int = 0
    turns: int = 0
    lost_turns: int = 0
    renamed: int = 0  # sessions whose names are lost
    forgotten: list[str] = field(default_factory=list)  # facts about the library that could not be read
    doubtful: bool = False  # what was removed before may be among it

    @property
    def worth(self) -> tuple[int, int, int]:
        """What tells the better one of two."""
        return self.documents, len(self.texts), self.turns


@dataclass(slots=True)
class _Found:
    """The rows of a damaged library; large ones as places where they can be read again."""

    documents: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    pages: dict[int, dict[int, Place]] = field(default_factory=lambda: defaultdict(dict))  # by start
    passages: dict[int, dict[int, Place]] = field(default_factory=lambda: defaultdict(dict))  # by ordinal
    paths: dict[int, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    tags: dict[int, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    meta: dict[str, bytes] = field(default_factory=dict)
    sessions: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    turns: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    jobs: dict[bytes, tuple[Any, ...]] = field(default_factory=dict)


def rescue(
    pages: Pages, database: Database, facts: Mapping[str, str], told: Callable[[str, int, int], None]
) -> Rescued:
    """Put all that can be read of a damaged library into a new, empty one.

    Args:
        pages: of the damaged database.
        database: the new one.
        facts: what is known of the library from elsewhere, for the case that the database does not say it.
        told: of each step: what is counted, how many are done, how many there are.
    """
    found = _find(pages, lambda done, total: told("pages", done, total))
    _, whole = pages.free()
    work = _Rescue(pages, database, found, Rescued(doubtful=not whole))
    work.facts(facts)
    work.documents(told)
    work.sessions()
    with database.transaction():
        work.jobs()
    return work.result


def _find(pages: Pages, told: Callable[[int, int], None]) -> _Found:
    found = _Found()
    number, position = 0, 0
    for at, row in every_row(pages, told):
        position = position + 1 if at == number else 0
        number = at
        values, place = row.values, (at, position)
        match _table(row):
            case "documents":
                ingested = values[_INGESTED] if _is_time(values[_INGESTED]) else time.time()
                found.documents[row.rowid or 0] = (row.rowid, *values[1:_INGESTED], ingested, *values[_INGESTED + 1 :])
            case "pages":
                found.pages[values[1]][values[2]] = place
            case "passages":
                found.passages[values[1]][values[2]] = place
            case "paths":
                found.paths[values[1]].append(values)
            case "tags":
                found.tags[values[0]].append(values)
            case "meta":
                found.meta[values[0].decode("utf-8", "replace")] = values[1]
            case "sessions":
                found.sessions[row.rowid or 0] = (row.rowid, *values[1:])
            case "turns":
                found.turns[row.rowid or 0] = (row.rowid, *values[1:])
            case "jobs":
                found.jobs[values[0]] = values
    return found


def _table(row: Row) -> str | None:
    """Return the table of a library that a row belongs to, told by its form; None for those of indexes."""
    form = "".join(map(_sign, row.values))
    if row.rowid is None:
        if form == "tt":
            return "meta"
        if form == "itt":
            return "tags"
        if form.startswith(("tii", "tif")) and len(form) < 10:
            return "paths"
        return "jobs" if form.startswith("tttti") and len(form) >= 11 else None
    if form.startswith("-tttiii") and len(form) >= 10:
        return "documents"
    if form == "-iiiiiitb":
        return "passages"
    if form.startswith("-iiittt") and row.values[5] in _METHODS:
        return "pages"
    if form == "-tt":
        return "sessions"
    return "turns" if form in {"-iftt", "-iitt"} else None


def _sign(value: Any) -> str:
    if isinstance(value, Text):
        return "t"
    return "-" if value is None else "b" if isinstance(value, bytes) else "f" if isinstance(value, float) else "i"


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column of the new library can hold."""

    kind: type | tuple[type, ...]
    needed: bool
    default: Any


class _Rescue:
    """Takes over one thing after the other."""

    def __init__(self, pages: Pages, database: Database, found: _Found, result: Rescued) -> None:
        self.result = result
        self._found = found
        self._database = database
        self._connection = database.connection
        self._rows = lru_cache(_PAGES_KEPT)(lambda number: list(pages.rows(number)))
        self._parted: set[int] = set()  # files of which not all members are there
        self._trusted = True  # it is known which embedder made the vectors

    def facts(self, known: Mapping[str, str]) -> None:
        """Take over the facts about the library, those that are lost from elsewhere."""
        facts = {name: value for name, value in self._found.meta.items() if name not in _OWN and _is_text(value)}
        self.result.forgotten = [name for name in JSON_FACTS if name in self._found.meta and not _is_json(facts, name)]
        for name in self.result.forgotten:
            facts.pop(name, None)
        for name, value in known.items():
            facts.setdefault(name, value.encode())
        self._trusted = {"dimensions"} <= facts.keys()
        with self._database.transaction():
            for name, text in facts.items():
                self._put("meta", (Text(name.encode()), Text(text)))
            self._put("meta", (Text(b"keywords"), Text(analysis().encode())))
            self._put("meta", (Text(b"generation"), Text(b"1")))

    def documents(self, told: Callable[[str, int, int], None]) -> None:
        """Take over every document: whole, or as text, or its name into the list of what is lost."""
        found = self._found
        keys = sorted({*found.documents, *found.paths, *found.pages, *found.passages})
        for first in range(0, len(keys), _TOGETHER):
            with self._database.transaction():
                for key in keys[first : first + _TOGETHER]:
                    self._document(key)
            told("documents", min(first + _TOGETHER, len(keys)), len(keys))
        with self._database.transaction():
            for parent in sorted(self._parted):
                self._doubt(parent)

    def _document(self, key: int) -> None:
        row, names = self._found.documents.get(key), self._names(key)
        if row and self._trusted and any(self._attempt(partial(self._whole, key, *one)) for one in _cases(row, names)):
            self.result.documents += 1
            return
        if row and (parent := _parent(row)) is not None:  # its file is read again, and brings it back
            self._parted.add(parent)
            return
        there = [path for path in names if _is_there(path[0])]  # a name, too, may have been damaged
        if names and self._attempt(lambda: self._text(key, row, there or names)):
            self.result.texts.append(_shown((there or names)[0][0]))
        elif names:
            self.result.lost += [_shown(path) for path, *_ in there or names]
        else:
            self.result.nameless += 1

    def _doubt(self, key: int) -> None:
        """Let a file count as changed, since not all that lies in it is there."""
        query = "UPDATE documents SET sha256 = '' WHERE id = ? AND sha256 != '' RETURNING path"
        for (path,) in self._connection.execute(query, (key,)).fetchall():
            checksum = digest(self._connection, key)
            self._connection.execute("UPDATE documents SET checksum = ? WHERE id = ?", (checksum, key))
            self.result.documents -= 1
            self.result.texts.append(path)

    def _names(self, key: int) -> list[tuple[Any, ...]]:
        """Return the rows of a document's paths, and one for the path in its own row, where that has none."""
        row = self._found.documents.get(key)
        paths = {path[0]: path for path in self._found.paths.get(key, ())}
        if row and row[1] not in paths:
            paths[row[1]] = (row[1], key, 0)
        return [paths[path] for path in sorted(paths)]

    def _whole(self, key: int, row: tuple[Any, ...], names: Sequence[tuple[Any, ...]]) -> bool:
        """Take over all rows of a document; False where they are not those that were stored."""
        if len(row) <= _CHECKSUM or _remarks(row[_REMARKS]) is None:
            return False
        self._put("documents", row)
        for table, places in (("pages", self._found.pages), ("passages", self._found.passages)):
            for place in places.get(key, {}).values():
                self._put(table, self._row(place))
        self._put_names(key, names)
        if digest(self._connection, key).encode() != row[_CHECKSUM]:
            return False
        self._connection.executemany(PUT_KEYWORDS, keyword_rows(self._connection, key))
        return True

    def _text(self, key: int, row: tuple[Any, ...] | None, names: Sequence[tuple[Any, ...]]) -> bool:
        """Take over the text of a document, as far as it can be read; no question reaches it before it is read again.

        Without the SHA-256 of its file `rag ingest` takes the file for changed.
        """
        pages = self._readable_pages(key)
        if not pages:
            return False
        starts = [0]
        for _, page in pages:
            starts.append(starts[-1] + len(page[6].decode("utf-8", "surrogatepass")) + len(PAGE_BREAK))
        entire = row is not None and row[5] == len(pages) and [start for start, _ in pages] == starts[:-1]
        known = (*(row or ()), *self._defaults("documents")[len(row or ()) :])
        remarks = [*(_remarks(known[_REMARKS]) or ()), *([] if entire else [_FORGOTTEN])]
        names = [(Text(_shown(path[0]).encode("utf-8", "surrogatepass")), *path[1:]) for path in names]
        stem = Text(PurePath(_shown(names[0][0])).stem.encode("utf-8", "surrogatepass"))
        title = known[2] if known[2] and _is_text(known[2]) else stem
        values: list[Any] = [key, names[0][0], title, Text(b""), known[4] or 0, len(pages)]
        values += [sum(1 for _, page in pages if page[6].strip()), known[7] or time.time()]
        values += [Text(remarks_column(remarks).encode()), Text(b"")]
        values += [known[10] if entire and _list(known[10], list) else Text(b"[]"), 0, known[12]]
        self._put("documents", values)
        for start, (_, page) in zip(starts, pages, strict=False):
            confidence, hidden, tables = (*page[7:], *self._defaults("pages")[len(page) :])
            hidden = hidden if entire and _list(hidden, list) else Text(b"[]")
            tables = tables if entire else b""  # they may go on to a page that is lost
            self._put("pages", (page[0], key, start, *page[3:7], confidence, hidden, tables))
        self._put_names(key, names)
        checksum = digest(self._connection, key)
        self._connection.execute("UPDATE documents SET checksum = ? WHERE id = ?", (checksum, key))
        return True

    def _put_names(self, key: int, names: Sequence[tuple[Any, ...]]) -> None:
        for path in names:
            self._put("paths", path)
        for tag in self._found.tags.get(key, ()):
            if all(map(_is_text, tag[1:])):
                self._put("tags", tag)

    def _readable_pages(self, key: int) -> list[tuple[int, tuple[Any, ...]]]:
        """Return the start and the row of each page whose text can be read, in order."""
        pages = []
        for start, place in sorted(self._found.pages.get(key, {}).items()):
            row = self._row(place)
            label = row[4] if _is_text(row[4]) else Text(str(row[3]).encode())
            if _is_text(row[6]):
                pages.append((start, (*row[:4], label, *row[5:])))
        return pages

    def sessions(self) -> None:
        """Take over each turn that is what was stored."""
        found, result, names = self._found, self.result, set()
        with self._database.transaction():
            named = {key for key, row in found.sessions.items() if self._attempt(partial(self._put, "sessions", row))}
            for _, turn in sorted(found.turns.items()):
                _, session, _, answer, checksum = turn
                if sha256(answer).hexdigest().encode() != checksum or not is_answer(answer):
                    result.lost_turns += 1
                    continue
                if session not in named and session not in names:
                    name = Text(f"recovered {session}".encode())
                    self._put("sessions", (session, name, name))
                    result.renamed += 1
                names.add(session)
                self._put("turns", turn)
                result.turns += 1
            result.sessions = len(names)

    def jobs(self) -> None:
        """Take over the uploads that wait, or have ended."""
        for job in self._found.jobs.values():
            self._attempt(partial(self._put, "jobs", job))

    def _row(self, place: Place) -> tuple[Any, ...]:
        row = self._rows(place[0])[place[1]]
        return (row.rowid, *row.values[1:])

    def _put(self, table: str, values: Sequence[Any]) -> None:
        """Write a row; a column gets its default where it was added later, or its value is none that it can have.

        Raises:
            ValueError: it has no default.
        """
        columns = self._columns(table)
        values = [*values, *self._defaults(table)[len(values) :]]
        whole = [_fitting(value, column) for value, column in zip(values, columns, strict=False)]
        places = ", ".join("CAST(? AS TEXT)" if isinstance(value, Text) else "?" for value in whole)
        plain = [bytes(value) if isinstance(value, bytes) else value for value in whole]
        self._connection.execute(f"INSERT INTO {table} VALUES ({places})", plain)

    @lru_cache(16)  # noqa: B019  the object lives as long as one rescue
    def _columns(self, table: str) -> tuple[_Column, ...]:
        columns = []
        query = 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)'
        for name, kind, needed, default in self._connection.execute(query, (table,)):
            held = _KINDS["REAL" if f"{table}.{name}" == LONG else kind]
            columns.append(_Column(held, bool(needed), self._said(default)))
        return tuple(columns)

    def _said(self, default: str | None) -> Any:
        """Return the value that a default of a table's form stands for."""
        [value] = self._connection.execute(f"SELECT {default or 'NULL'}").fetchone()
        return Text(value.encode()) if isinstance(value, str) else value

    def _defaults(self, table: str) -> tuple[Any, ...]:
        """Return the default of each column of a table."""
        return tuple(column.default for column in self._columns(table))

    def _attempt(self, write: Callable[[], object]) -> bool:
        """Return whether `write` wrote all that it should; else nothing of it stays."""
        execute, done = self._connection.execute, False
        execute("SAVEPOINT attempt")
        with suppress(*_MISTAKEN):
            done = write() is not False
        if not done:
            execute("ROLLBACK TO attempt")
        execute("RELEASE attempt")
        return done


def _cases(
    row: tuple[Any, ...], names: Sequence[tuple[Any, ...]]
) -> Iterator[tuple[tuple[Any, ...], Sequence[tuple[Any, ...]]]]:
    """Yield what a document's row and its paths may have been: as they are, or without a name that was damaged."""
    yield row, names
    if len(names) > 1:
        yield row, [path for path in names if path[0] == row[1]]
        others = [path for path in names if path[0] != row[1]]
        yield (row[0], others[0][0], *row[2:]), others


def _parent(row: tuple[Any, ...]) -> int | None:
    """Return the id of the file in which a document lies; None where it is one itself."""
    parent = row[_PARENT] if len(row) > _PARENT else None
    return parent if isinstance(parent, int) else None


def _is_there(path: bytes) -> bool:
    try:
        return os.path.lexists(path.decode("utf-8", "surrogatepass"))
    except ValueError:
        return False


def _fitting(value: Any, column: _Column) -> Any:
    """Return a value that a column can hold: this one, or else its default."""
    fits = isinstance(value, column.kind) and isinstance(value, Text) == (column.kind is Text)
    if fits and (column.kind is not Text or _is_text(value)):
        return value
    if column.needed and column.default is None:
        raise ValueError("a value of another kind")
    return column.default


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and -LATEST <= value <= LATEST


def _is_json(facts: Mapping[str, bytes], name: str) -> bool:
    try:
        parsed(facts[name])
    except (ValueError, KeyError):
        return False
    return True


def _is_text(raw: Any) -> bool:
    try:
        raw.decode("utf-8", "surrogatepass")
    except (UnicodeDecodeError, AttributeError):
        return False
    return True


def _remarks(raw: Any) -> tuple[Remark, ...] | None:
    """Return the remarks that a column held; None where it held something else."""
    try:
        return remarks_in(raw)
    except (ValueError, TypeError):
        return None


def _list(raw: Any, kind: type) -> list[Any]:
    try:
        values = parsed(raw)
    except (ValueError, TypeError):
        return []
    return values if isinstance(values, list) and all(isinstance(value, kind) for value in values) else []


def _shown(path: bytes) -> str:
    try:
        return path.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return path.decode("utf-8", "replace")
