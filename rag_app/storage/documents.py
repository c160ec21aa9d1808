"""Documents: pages under one or more paths, with what belongs to them; each is written wholly, or not at all."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.scans import waiting
from ingest.table import shifted
from ingest.types import PAGE_BREAK, Document, Page
from rag_app.language.detector import language_of
from rag_app.storage.connection import encode
from rag_app.storage.database import LATEST, altered
from rag_app.storage.json_columns import pairs, remarks_column, remarks_in
from rag_app.storage.members import is_member, members_of, paths_inside
from rag_app.storage.passages import blobs, check_passages
from rag_app.storage.paths import FileState
from rag_app.storage.schema import digest
from rag_app.storage.stale import all_stale, clear, told
from rag_app.storage.table_column import table_column, tables_in
from rag_app.storage.tags import all_tags, retag, tags_of
from rag_app.types import StoredDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ingest.remarks import Remark
    from ingest.table import Table
    from ingest.types import Member, Method, Passage
    from rag_app.storage.database import Database
    from rag_app.storage.facts import Facts
    from rag_app.storage.passages import Passages
    from rag_app.storage.paths import Paths
    from rag_app.storage.staging import Embedded
    from rag_app.storage.stale import Stale
    from rag_app.storage.words import Words
    from rag_app.types import Vectors

_DOCUMENTS = """
    SELECT d.id, d.path, title, sha256, bytes, mtime_ns / 1e9, pages, pages_with_text,
        (SELECT count(*) FROM passages WHERE document = d.id), ingested,
        CASE WHEN instr(remarks, '"ocr_waiting"') THEN remarks ELSE '[]' END,
        coalesce((SELECT path FROM documents p WHERE p.id = d.parent), ''), d.parent
    FROM documents d JOIN paths f ON f.path = d.path"""

_PAGE = (int, str, str, str)  # its number, label, text, and how it was read
_STORED = (str, str, str, int, float, int, int, int, float, str, str)  # what that is, after the id
_INGESTED = 9

_PUT_DOCUMENT = """
    INSERT INTO documents (id, path, title, sha256, bytes, pages, pages_with_text, ingested, remarks, sections,
        tokens_cut, language, parent, member, checksum)
    VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), '')
    ON CONFLICT (id) DO UPDATE SET path = excluded.path, title = excluded.title, sha256 = excluded.sha256,
        bytes = excluded.bytes, pages = excluded.pages, pages_with_text = excluded.pages_with_text,
        ingested = excluded.ingested, remarks = excluded.remarks, sections = excluded.sections,
        tokens_cut = excluded.tokens_cut, language = excluded.language, parent = excluded.parent,
        member = excluded.member
    RETURNING id"""

_TABLES = "SELECT start, tables FROM pages WHERE document = ? AND tables != x'' ORDER BY start"

_PUT_PAGE = """
    INSERT INTO pages (document, start, number, label, method, text, confidence, hidden, tables)
    VALUES (?, ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class Change:
    """What one write did to the passages."""

    added: tuple[int, ...]  # ids, in the order of the passages
    removed: tuple[int, ...]
    generation: int  # of the store after the write


class Documents:
    """The documents of a library; the same methods of `Store` tell of their arguments."""

    def __init__(self, database: Database, facts: Facts, paths: Paths, passages: Passages, words: Words) -> None:
        self._database = database
        self._facts = facts
        self._paths = paths
        self._passages = passages
        self._words = words

    # Writing

    def put(
        self,
        document: Document,
        *,
        sha256: str,
        bytes: int,
        mtime_ns: int,
        passages: Sequence[Passage],
        vectors: Vectors | None,
        copies: Mapping[str, int] | None = None,
        tokens_cut: int = 0,
        members: Sequence[Embedded] = (),
    ) -> Change:
        """Store a document with its passages and members, in place of what was stored at its path before."""
        check_passages(document, passages)
        rows = blobs(vectors, len(passages))
        times = {document.path: mtime_ns, **(copies or {})}
        with self._database.transaction():
            self._words.analyse()
            key = self._paths.key(document.path)
            if key is not None and is_member(self._database, key):
                key = None  # it makes way for the file that has its name
            if key is not None and not set(self._paths.of(key)) <= set(times):
                key = None  # the other paths keep the content that this one had
            removed = (*self._take(times, key), *self._drop_members(key), *self._clear(key))
            key = self._put_document(key, document, FileState(sha256, bytes, mtime_ns), tokens_cut)
            added = self._put_passages(key, passages, rows)
            self._paths.put(key, times)
            added += self._put_members(key, times, document.members, members)
            self._seal(key)
            clear(self._database, times)
            return Change(added, removed, self._facts.bump())

    def relocate(
        self,
        path: str,
        times: Mapping[str, int],
        retitled: Document | None = None,
        passages: Sequence[Passage] = (),
        vectors: Vectors | None = None,
    ) -> Change:
        """Give the document at `path` other paths, and where they change its title, other passages."""
        rows = blobs(vectors, len(passages))
        if retitled:
            check_passages(retitled, passages)
        with self._database.transaction():
            self._words.analyse()
            key = self._paths.known(path)
            if not times:
                return self.remove(path)
            self._need_intact(key, path)
            removed = self._take(times, key)
            added: tuple[int, ...] = ()
            if retitled:
                title = encode(retitled.title)
                removed = (*removed, *self._clear(key, pages=False))
                self._database.execute("UPDATE documents SET title = CAST(? AS TEXT) WHERE id = ?", title, key)
                added = self._put_passages(key, passages, rows)
            self._paths.put(key, times)
            self._seal(key)
            return Change(added, removed, self._facts.bump() if added or removed else self._facts.generation)

    def remove(self, path: str) -> Change:
        """Forget the document at `path`, its other paths included; an unknown path changes nothing."""
        with self._database.transaction():
            self._words.analyse()
            key = self._paths.key(path)
            if key is None:
                return Change((), (), self._facts.generation)
            return Change((), self._forget(key), self._facts.bump())

    def tag(self, path: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Give the document at `path` tags, and take others from it.

        Raises:
            UsageError: it is not in the library, or a tag cannot be used.
        """
        with self._database.transaction():
            key = self._paths.known(path)
            self._need_intact(key, path)
            retag(self._database, key, add, remove)
            self._seal(key)

    def exchange(self, embedded: Callable[[str, Document], Embedded], facts: Mapping[str, str]) -> None:
        """Put other passages and vectors in place of those of all documents, and note facts: all of it, or nothing."""
        with self._database.transaction():
            self._words.analyse()
            checksums = self.checksums()
            self._words.drop_all()
            self._passages.drop_all()
            self._facts.forget_index()
            for path, checksum in checksums.items():
                key = self._paths.known(path)
                document = self._read(key, path)
                new = embedded(checksum, document)
                check_passages(document, new.passages)
                rows = blobs(new.vectors, len(new.passages))
                self._put_passages(key, new.passages, rows)
                self._database.execute("UPDATE documents SET tokens_cut = ? WHERE id = ?", new.tokens_cut, key)
                self._seal(key)
            for name, value in facts.items():
                self._facts.set(name, value)
            self._facts.bump()

    # Reading

    def find(self, path: str) -> StoredDocument | None:
        """Return what is known of the document at `path`, which may be any of its paths, or None."""
        with self._database.snapshot():
            key = self._paths.key(path)
            if key is None:
                return None
            row = self._one(path, f"{_DOCUMENTS} WHERE d.id = ?", key)
            tags = tags_of(self._database, key if row[-1] is None else row[-1])
            return self._stored(row, self._paths.of(key), tags, all_stale(self._database, key))

    def all(self) -> list[StoredDocument]:
        """Return all documents, sorted by their first path."""
        with self._database.snapshot():
            paths = self._paths.by_document()
            rows = self._database.rows(f"{_DOCUMENTS} ORDER BY d.path")
            tags, stale = all_tags(self._database), all_stale(self._database)
        tagged = (tags.get(row[0] if row[-1] is None else row[-1], ()) for row in rows)
        return [self._stored(row, tuple(paths[row[0]]), own, stale) for row, own in zip(rows, tagged, strict=True)]

    def count(self) -> int:
        """Return how many documents there are."""
        return int(self._database.value("SELECT count(*) FROM documents"))

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Return the tags of each document that has any, under each of its paths."""
        with self._database.snapshot():
            tags = all_tags(self._database)
            rows = self._database.rows("SELECT path, document FROM paths WHERE document IN (SELECT document FROM tags)")
        return {path: tags[key] for path, key in rows}

    def read(self, path: str) -> Document:
        """Return the document as it was stored: pages, text, page starts, sections and remarks, but no tables.

        Raises:
            UsageError: it is not in the library.
        """
        with self._database.snapshot():
            return self._read(self._paths.known(path), path)

    def tables(self, path: str) -> list[Table]:
        """Return the tables of the document at `path` in order, with offsets into its text.

        Raises:
            UsageError: it is not in the library.
        """
        with self._database.snapshot():
            key = self._paths.known(path)
            rows = self._database.rows(_TABLES, key)
            texts = self._texts(key, path) if rows else []
        try:
            text = PAGE_BREAK.join(texts)
            return [shifted(table, start) for start, column in rows for table in tables_in(column, text, start)]
        except (ValueError, TypeError) as error:
            raise altered(self._database, path) from error

    def members(self, path: str) -> dict[str, str]:
        """Return the name of each document that lies in the file at `path`, by its path, in the order of the file."""
        key = self._paths.key(path)
        return dict(self._database.rows("SELECT path, member FROM documents WHERE parent = ? ORDER BY id", key))

    def version(self, path: str) -> str:
        """Return the checksum that the document at `path` was stored with: another one after each change of it.

        Raises:
            UsageError: it is not in the library.
        """
        with self._database.snapshot():
            [checksum] = self._one(path, "SELECT checksum FROM documents WHERE id = ?", self._paths.known(path))
        return str(checksum)

    def receipt(self, path: str) -> tuple[StoredDocument, int, list[tuple[int, int]]]:
        """Return the document at `path`, the tokens that were cut, and the span of each passage in reading order.

        Raises:
            UsageError: it is not in the library.
        """
        with self._database.snapshot():
            key = self._paths.known(path)
            [cut] = self._one(path, "SELECT tokens_cut FROM documents WHERE id = ?", key)
            spans = self._passages.spans(key)
            document = self.find(path)
        assert document is not None
        return document, cut, spans

    def remarks(self) -> dict[str, tuple[Remark, ...]]:
        """Return what was said of documents when they were read, by path; those without a remark are left out."""
        rows = self._database.rows("SELECT path, remarks FROM documents WHERE remarks != '[]'")
        found = {}
        for path, text in rows:
            try:
                found[path] = remarks_in(text)
            except (ValueError, TypeError) as error:
                raise altered(self._database, path) from error
        return found

    def checksums(self) -> dict[str, str]:
        """Return the checksum of each document's rows, by its first path.

        Raises:
            LibraryError: the rows of a document are not those that were stored.
        """
        found = {}
        with self._database.snapshot():
            for key, path, checksum in self._database.rows("SELECT id, path, checksum FROM documents ORDER BY path"):
                if self.digest(key) != checksum:
                    raise altered(self._database, path)
                found[path] = checksum
        return found

    def signature(self) -> str:
        """Return a SHA-256 of all documents, pages, passages and vectors, whatever their ids and times."""
        total = hashlib.sha256()
        with self._database.snapshot():
            for (key,) in self._database.rows("SELECT id FROM documents ORDER BY path"):
                total.update(self.digest(key).encode())
        return total.hexdigest()

    def digest(self, key: int) -> str:
        """Return the checksum of a document's rows as they are now."""
        return digest(self._database.connection, key)

    # Parts of a read or a write, inside a transaction

    def _one(self, path: str, query: str, key: int) -> Any:
        """Return the only row of a query about the document at `path`, which has a path and so must have it."""
        rows = self._database.rows(query, key)
        if len(rows) != 1:
            raise altered(self._database, path)
        return rows[0]

    def _need_intact(self, key: int, path: str) -> None:
        """Refuse to change rows that are not what was stored: their new checksum would hide it."""
        if self._database.value("SELECT checksum FROM documents WHERE id = ?", key) != self.digest(key):
            raise altered(self._database, path)

    def _stored(
        self, row: Sequence[Any], paths: tuple[str, ...], tags: tuple[str, ...], stale: Mapping[str, Stale]
    ) -> StoredDocument:
        if not all(map(isinstance, row[1:], _STORED)) or not -LATEST <= row[_INGESTED] <= LATEST:
            raise altered(self._database, str(row[1]))
        try:
            wait = len(waiting(remarks_in(row[-3])))
        except (ValueError, TypeError) as error:
            raise altered(self._database, str(row[1])) from error
        values = (*row[1:-3], paths, tags, told(paths, stale), row[-2], wait)
        return StoredDocument(*values)

    def _read(self, key: int, path: str) -> Document:
        query = "SELECT title, remarks, sections, pages FROM documents WHERE id = ?"
        title, said, sections, count = self._one(path, query, key)
        rows = self._database.rows(
            "SELECT number, label, text, method, confidence, hidden FROM pages WHERE document = ? ORDER BY start", key
        )
        try:
            pages = tuple(_page(*row) for row in rows)
            document = Document(path, title, pages, remarks_in(said), pairs(sections))
        except (ValueError, TypeError) as error:
            raise altered(self._database, path) from error
        if len(rows) != count:
            raise altered(self._database, path)
        return document

    def _texts(self, key: int, path: str) -> list[str]:
        """Return the texts of the pages of a document, and nothing else of it."""
        [count] = self._one(path, "SELECT pages FROM documents WHERE id = ?", key)
        rows = self._database.rows("SELECT text FROM pages WHERE document = ? ORDER BY start", key)
        if len(rows) != count:
            raise altered(self._database, path)
        return [text for (text,) in rows]

    def _take(self, times: Mapping[str, int], key: int | None) -> tuple[int, ...]:
        """Take paths from other documents than `key`; one that loses its last goes. Return the passages removed."""
        removed: tuple[int, ...] = ()
        for path in times:
            other = self._paths.key(path)
            if other is None or other == key:
                continue
            if is_member(self._database, other):
                self._follow(other, avoid=times)
                continue
            if len(self._paths.of(other)) > 1:
                self._need_intact(other, path)
            self._paths.drop(path)
            if self._paths.of(other):
                self._seal(other)
            else:
                removed += self._forget(other)
        return removed

    def _forget(self, key: int) -> tuple[int, ...]:
        """Delete a document and those that lie in it; return the passages removed."""
        removed = (*self._drop_members(key), *self._clear(key))
        self._database.execute("DELETE FROM documents WHERE id = ?", key)
        return removed

    def _drop_members(self, key: int | None) -> tuple[int, ...]:
        """Delete the documents that lie in a file; return the passages removed."""
        return tuple(passage for member in members_of(self._database, key) for passage in self._forget(member))

    def _put_members(
        self, key: int, times: Mapping[str, int], members: Sequence[Member], embedded: Sequence[Embedded]
    ) -> tuple[int, ...]:
        """Store the documents that lie in a file; return the ids of their passages."""
        added: tuple[int, ...] = ()
        for member, own in zip(members, embedded, strict=True):
            check_passages(member.document, own.passages)
            rows = blobs(own.vectors, len(own.passages))
            paths = paths_inside(self._paths, member.document.path, times, None)
            document = replace(member.document, path=min(paths))
            file = FileState(member.sha256, member.bytes, 0)
            at = self._put_document(None, document, file, own.tokens_cut, parent=key, name=member.document.path)
            added += self._put_passages(at, own.passages, rows)
            self._paths.put(at, paths)
            self._seal(at)
        return added

    def _follow(self, member: int, avoid: Collection[str] = ()) -> None:
        """Give a document that lies in a file the paths that follow from those of that, but none of `avoid`."""
        [(path, parent, name)] = self._database.rows("SELECT path, parent, member FROM documents WHERE id = ?", member)
        paths = paths_inside(self._paths, name, self._paths.times_of(parent), member, avoid)
        if paths != self._paths.times_of(member):
            self._need_intact(member, path)
            self._paths.put(member, paths)
            self._seal(member)

    def _seal(self, key: int) -> None:
        """Name a document by the first of its paths, and what lies in it after these; note the checksum of its rows."""
        named = "SELECT path, (SELECT min(path) FROM paths WHERE document = id) FROM documents WHERE id = ?"
        [(old, new)] = self._database.rows(named, key)
        if old != new:
            self._words.unindex(key)
            self._database.execute("UPDATE documents SET path = CAST(? AS TEXT) WHERE id = ?", encode(new), key)
            self._words.index(key)
        self._database.execute("UPDATE documents SET checksum = ? WHERE id = ?", self.digest(key), key)
        for member in members_of(self._database, key):
            self._follow(member)

    def _clear(self, key: int | None, *, pages: bool = True) -> tuple[int, ...]:
        """Drop the passages of a document, and its pages, while it stays itself; return the ids of the passages."""
        if key is None:
            return ()
        passages = self._passages.of(key)
        self._words.unindex(key)
        self._passages.drop(key)
        if pages:
            self._database.execute("DELETE FROM pages WHERE document = ?", key)
        return passages

    def _put_document(
        self,
        key: int | None,
        document: Document,
        file: FileState,
        tokens_cut: int,
        *,
        parent: int | None = None,
        name: str = "",
    ) -> int:
        """Store what is known of a document, and its pages; `name`: in its `parent`, where it lies in a file."""
        with_text = sum(1 for page in document.pages if page.text.strip())
        try:
            key = self._database.value(
                _PUT_DOCUMENT,
                key,
                encode(document.path),
                encode(document.title),
                *(file.sha256, file.bytes, len(document.pages), with_text, time.time()),
                *(remarks_column(document.remarks), json.dumps(document.sections), tokens_cut),
                *(language_of(document.text).stemmer, parent, encode(name)),
            )
        except sqlite3.IntegrityError as error:  # there is a document of this name, to which no path leads
            raise altered(self._database, document.path) from error
        self._database.execute_all(
            _PUT_PAGE,
            [
                (
                    *(key, start, page.number, encode(page.label), page.method, encode(page.text)),
                    *(page.confidence, json.dumps(page.hidden), table_column(page.tables, document.text, start)),
                )
                for start, page in zip(document.starts, document.pages, strict=True)
            ],
        )
        assert key is not None
        return int(key)

    def _put_passages(self, key: int, passages: Sequence[Passage], rows: Sequence[bytes]) -> tuple[int, ...]:
        """Store the passages of a document and their words; return their ids."""
        self._passages.put(key, passages, rows)
        self._words.index(key)
        return self._passages.of(key)


def _page(number: int, label: str, text: str, method: Method, confidence: float | None, hidden: str) -> Page:
    if not all(map(isinstance, (number, label, text, method), _PAGE)):
        raise TypeError("a value of another kind")
    return Page(number, label, text, method, confidence, pairs(hidden))
