"""The truth: documents, pages, passages, vectors and the keyword index of a library, in one SQLite file."""

from __future__ import annotations

import hashlib
import json
import re
import time
import unicodedata
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from ingest.types import PAGE_BREAK, Document, Page
from rag_app.database import Database, damaged, encode, open_database
from rag_app.errors import UsageError
from rag_app.names import heading
from rag_app.stopwords import STOP_WORDS
from rag_app.types import StoredDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from ingest.types import Passage
    from rag_app.types import Scored, Vectors

_TERMS = 64  # most distinct words of a question that are searched for
_TITLE_WEIGHT = 0.5  # every passage repeats its title, so a word there says less than one in the text
_WORD = re.compile(r"[^\W_]+")

_SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
        sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,  -- of the file
        pages INTEGER NOT NULL, pages_with_text INTEGER NOT NULL,
        ingested REAL NOT NULL,  -- seconds since 1970
        warnings TEXT NOT NULL,  -- JSON list
        checksum TEXT NOT NULL)  -- of this document's rows here""",
    """CREATE TABLE pages (
        id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        start INTEGER NOT NULL,  -- characters into the document text
        number INTEGER NOT NULL, label TEXT NOT NULL, method TEXT NOT NULL, text TEXT NOT NULL,
        UNIQUE (document, start))""",
    # AUTOINCREMENT: no id is used twice, so an outdated index can name a passage that is gone, but not a wrong one.
    """CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
        page INTEGER NOT NULL, page_end INTEGER NOT NULL, page_label TEXT NOT NULL,
        vector BLOB NOT NULL,  -- little-endian float32
        UNIQUE (document, ordinal))""",
    # Without content: the words of a passage are a slice of its pages, and are given back to delete its entry.
    """CREATE VIRTUAL TABLE keywords USING fts5(
        title, text, content='', tokenize='unicode61 remove_diacritics 2')""",
)

_DOCUMENTS = """
    SELECT path, title, sha256, bytes, mtime_ns / 1e9, pages, pages_with_text,
        (SELECT count(*) FROM passages WHERE document = documents.id), ingested
    FROM documents"""

_PUT_DOCUMENT = """
    INSERT INTO documents
        (path, title, sha256, bytes, mtime_ns, pages, pages_with_text, ingested, warnings, checksum)
    VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, '')
    ON CONFLICT (path) DO UPDATE SET title = excluded.title, sha256 = excluded.sha256, bytes = excluded.bytes,
        mtime_ns = excluded.mtime_ns, pages = excluded.pages, pages_with_text = excluded.pages_with_text,
        ingested = excluded.ingested, warnings = excluded.warnings
    RETURNING id"""

_PUT_PAGE = """
    INSERT INTO pages (document, start, number, label, method, text)
    VALUES (?, ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT))"""

_PUT_PASSAGE = """
    INSERT INTO passages (document, ordinal, start, "end", page, page_end, page_label, vector)
    VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?)"""

# One row for each page that a passage touches, in order.
_PASSAGES = """
    SELECT p.id, d.path, d.title, p.ordinal, p.start, p."end", p.page, p.page_end, p.page_label, g.id, g.start
    FROM passages p JOIN documents d ON d.id = p.document JOIN pages g ON g.document = p.document
        AND g.start < p."end"
        AND g.start >= (SELECT max(start) FROM pages WHERE document = p.document AND start <= p.start)
    WHERE p.id IN (SELECT value FROM json_each(?)) ORDER BY p.id, g.start"""

_KEYWORD = """
    SELECT rowid, bm25(keywords, ?, 1.0) AS score
    FROM keywords WHERE keywords MATCH ? ORDER BY score, rowid LIMIT ?"""

_SHARES = """
    SELECT documents.path, count(*) * 1.0 / (SELECT count(*) FROM passages WHERE document = documents.id)
    FROM keywords JOIN passages ON passages.id = keywords.rowid JOIN documents ON documents.id = passages.document
    WHERE keywords MATCH ? GROUP BY documents.id"""

_CONTENT = (
    "SELECT path, title, sha256, bytes, warnings FROM documents WHERE id = ?",
    "SELECT start, number, label, method, text FROM pages WHERE document = ? ORDER BY start",
    """SELECT ordinal, start, "end", page, page_end, page_label, vector
    FROM passages WHERE document = ? ORDER BY ordinal""",
)


@dataclass(frozen=True, slots=True)
class Change:
    """What one write did to the passages."""

    added: tuple[int, ...]  # ids, in the order of the passages
    removed: tuple[int, ...]
    generation: int  # of the store after the write


@dataclass(frozen=True, slots=True)
class FileState:
    """The file as it was when it was read; tells whether it has changed since."""

    sha256: str
    bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of the library: `text` is the document text at `start:end`."""

    id: int
    document: str  # path
    title: str  # of the document
    ordinal: int  # 0-based position in the document
    start: int  # characters into the document text
    end: int
    page: int  # holds `start`
    page_end: int  # holds the last character
    page_label: str  # label of `page`
    text: str


class Store:
    """An open library; several threads may share one, several processes may open it. Readers are never blocked.

    A write is one transaction: it happens wholly, or not at all. Every method may raise LibraryError (the
    file is damaged) or DiskError, and every write LibraryBusy (another process is writing).
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, folder: Path, *, create: bool = True) -> Self:
        """Open the library in `folder`; `create` makes one where there is none.

        Raises:
            LibraryError: there is none, or the file is damaged or no library.
            LibraryMismatch: a newer version wrote it.
        """
        return cls(open_database(folder, _SCHEMA, create=create))

    def close(self) -> None:
        """Close the library; the store cannot be used afterwards."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Where the library lies."""
        return self._database.folder

    def writing(self) -> AbstractContextManager[None]:
        """Be the only writer, over all processes and threads, until the block ends; may be nested in one thread.

        Single writes take it on their own; a run of several writes that belong together takes it around them.

        Raises:
            LibraryBusy: another process or thread is writing; names its process.
        """
        return self._database.writing()

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state of the library in all reads of the block, whatever others write; write nothing in it."""
        return self._database.snapshot()

    # Facts about the library

    def get(self, key: str) -> str | None:
        """Return the fact called `key`, such as the embedder's name, or None."""
        value = self._database.value("SELECT value FROM meta WHERE key = ?", key)
        return None if value is None else str(value)

    def set(self, key: str, value: str) -> None:
        """Remember a fact about the library."""
        with self._database.transaction():
            self._set(key, value)

    @property
    def generation(self) -> int:
        """How many writes have changed the passages; a copy of another generation is outdated."""
        return int(self.get("generation") or 0)

    @property
    def dimensions(self) -> int:
        """Length of every vector; 0 until the first is stored. An empty library takes any other."""
        return int(self.get("dimensions") or 0)

    def index_record(self) -> tuple[int, str] | None:
        """Return the generation and the SHA-256 of the saved vector index, or None."""
        generation, _, sha256 = (self.get("index") or "").partition(" ")
        return (int(generation), sha256) if sha256 else None

    def record_index(self, generation: int, sha256: str) -> None:
        """Remember which file is the vector index of `generation`."""
        self.set("index", f"{generation} {sha256}")

    # Documents

    def put(
        self,
        document: Document,
        *,
        sha256: str,
        bytes: int,
        mtime_ns: int,
        passages: Sequence[Passage],
        vectors: Vectors | None,
    ) -> Change:
        """Store a document with its passages, in place of an older version of the same path.

        Args:
            document: its pages; `path` is its name here.
            sha256: of the file.
            bytes: of the file.
            mtime_ns: of the file.
            passages: in reading order.
            vectors: (len(passages), d) finite float32; None where there are no passages.

        Raises:
            ValueError: a passage is not the text at its offsets, or the vectors have another shape than needed.
        """
        _check_passages(document, passages)
        rows = _blobs(vectors, len(passages))
        with self._database.transaction():
            removed = self._clear(document.path)
            self._check_dimensions(len(rows[0]) // 4 if rows else 0)
            key = self._put_document(document, FileState(sha256, bytes, mtime_ns))
            added = self._put_passages(key, heading(document.path, document.title), passages, rows)
            self._execute("UPDATE documents SET checksum = ? WHERE id = ?", self._digest(key), key)
            return Change(added, removed, self._bump())

    def remove(self, path: str) -> Change:
        """Forget a document; an unknown path changes nothing."""
        with self._database.transaction():
            if self._key(path) is None:
                return Change((), (), self.generation)
            removed = self._clear(path)
            self._execute("DELETE FROM documents WHERE path = CAST(? AS TEXT)", encode(path))
            return Change((), removed, self._bump())

    def touch(self, path: str, mtime_ns: int) -> None:
        """Remember a new time for a file whose content has not changed."""
        with self._database.transaction():
            self._execute("UPDATE documents SET mtime_ns = ? WHERE path = CAST(? AS TEXT)", mtime_ns, encode(path))

    def document(self, path: str) -> StoredDocument | None:
        """Return what is known of the document at `path`, or None."""
        rows = self._database.rows(f"{_DOCUMENTS} WHERE path = CAST(? AS TEXT)", encode(path))
        return StoredDocument(*rows[0]) if rows else None

    def documents(self) -> list[StoredDocument]:
        """Return all documents, sorted by path."""
        return [StoredDocument(*row) for row in self._database.rows(f"{_DOCUMENTS} ORDER BY path")]

    def files(self) -> dict[str, FileState]:
        """Return the state in which each file was read, by path."""
        rows = self._database.rows("SELECT path, sha256, bytes, mtime_ns FROM documents ORDER BY path")
        return {path: FileState(*state) for path, *state in rows}

    def read(self, path: str) -> Document:
        """Return the document as it was stored: pages, text, page starts and warnings.

        Raises:
            UsageError: it is not in the library.
        """
        with self.snapshot():
            key = self._key(path)
            if key is None:
                raise UsageError(f"{path} is not in the library.", hint="Run `rag documents` to see what is.")
            [(title, warnings)] = self._database.rows("SELECT title, warnings FROM documents WHERE id = ?", key)
            rows = self._database.rows(
                "SELECT number, label, text, method FROM pages WHERE document = ? ORDER BY start", key
            )
        return Document(path, title, tuple(Page(*row) for row in rows), tuple(json.loads(warnings)))

    def pages(self, path: str) -> list[Page]:
        """Return the pages of a document; UsageError when it is not in the library."""
        return list(self.read(path).pages)

    def text(self, path: str) -> str:
        """Return the document text; UsageError when it is not in the library."""
        return self.read(path).text

    # Passages

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """Return the passages in the order asked; those that are gone are left out."""
        with self.snapshot():
            rows = self._database.rows(_PASSAGES, json.dumps([int(passage) for passage in ids]))
            texts = self._page_texts({row[-2] for row in rows})
        found: dict[int, tuple[list[Any], int, str]] = {}
        for *fields, page, page_start in rows:
            _, first, text = found.get(fields[0], (fields, page_start, ""))
            found[fields[0]] = (fields, first, text + texts[page] + PAGE_BREAK)
        return [_passage(*found[passage]) for passage in ids if passage in found]

    def count(self) -> int:
        """Return the number of passages."""
        return int(self._database.value("SELECT count(*) FROM passages"))

    def vectors(self) -> tuple[NDArray[np.int64], Vectors]:
        """Return the ids of all passages, rising, and their vectors as (n, d) rows in the same order."""
        import numpy as np

        with self.snapshot():
            n, d = self.count(), self.dimensions
            ids, matrix = np.empty(n, dtype=np.int64), np.empty((n, d), dtype=np.float32)
            cursor = self._database.connection.execute("SELECT id, vector FROM passages ORDER BY id")
            row = 0
            while batch := cursor.fetchmany(4096):
                joined = b"".join(vector for _, vector in batch)
                if len(joined) != 4 * d * len(batch):
                    raise damaged(self._database.path, "a vector has the wrong length")
                rows = slice(row, row := row + len(batch))
                ids[rows] = [passage for passage, _ in batch]
                matrix[rows] = np.frombuffer(joined, dtype="<f4").reshape(len(batch), d)
        return ids, matrix

    def keyword(self, question: str, k: int) -> list[Scored]:
        """Rank the passages that hold any of the question's words by BM25.

        Args:
            question: any text; none of it is taken for query syntax. Common words are not searched for.
            k: how many to return; fewer come back when fewer match.

        Returns:
            (id, score) pairs, best first; equal scores by id.

        Raises:
            ValueError: k < 1.
        """
        if k < 1:
            raise ValueError(f"k = {k} is less than 1")
        terms = _terms(question)
        if not terms:
            return []
        query = " OR ".join(f'"{term}"' for term in terms)
        return [(passage, -score) for passage, score in self._database.rows(_KEYWORD, _TITLE_WEIGHT, query, k)]

    def document_count(self) -> int:
        """Return how many documents there are."""
        return int(self._database.value("SELECT count(*) FROM documents"))

    def shares(self, word: str) -> dict[str, float]:
        """Return the share of its passages, 0 to 1, in which each document has `word`; others are left out."""
        terms = _terms(word)
        if not terms:
            return {}
        return dict(self._database.rows(_SHARES, " ".join(f'"{term}"' for term in terms)))

    # Proof

    def signature(self) -> str:
        """Return a SHA-256 of all documents, pages, passages and vectors, whatever their ids and times."""
        total = hashlib.sha256()
        with self.snapshot():
            for (key,) in self._database.rows("SELECT id FROM documents ORDER BY path"):
                total.update(self._digest(key).encode())
        return total.hexdigest()

    def check(self) -> list[str]:
        """Read everything and return what is wrong, one sentence each; an intact library gives none."""
        name, rows = self._database.path, self._database.rows
        with self.snapshot():
            problems = [f"{name}: {row[0]}." for row in rows("PRAGMA integrity_check") if row[0] != "ok"]
            passages = {row[0] for row in rows("SELECT id FROM passages")}
            if passages != {row[0] for row in rows("SELECT id FROM keywords_docsize")}:
                problems.append(f"{name}: the keyword index does not hold the passages that are stored.")
            for key, path, checksum in rows("SELECT id, path, checksum FROM documents ORDER BY path"):
                if self._digest(key) != checksum:
                    problems.append(f"{path}: its pages, passages or vectors are not those that were stored.")
        return problems

    # Parts of a read or a write, inside a transaction

    def _execute(self, statement: str, *values: Any) -> None:
        self._database.connection.execute(statement, values)

    def _execute_all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._database.connection.executemany(statement, rows)

    def _set(self, key: str, value: str) -> None:
        self._execute("INSERT OR REPLACE INTO meta VALUES (?, CAST(? AS TEXT))", key, encode(value))

    def _bump(self) -> int:
        generation = self.generation + 1
        self._set("generation", str(generation))
        return generation

    def _check_dimensions(self, given: int) -> None:
        known = self.dimensions
        if not given or given == known:
            return
        if known and self.count():
            raise ValueError(f"vectors of {given} dimensions in a library of {known}")
        self._set("dimensions", str(given))

    def _key(self, path: str) -> int | None:
        value = self._database.value("SELECT id FROM documents WHERE path = CAST(? AS TEXT)", encode(path))
        return None if value is None else int(value)

    def _clear(self, path: str) -> tuple[int, ...]:
        """Drop the pages and passages of a document, which itself stays; return the ids of the passages."""
        key = self._key(path)
        if key is None:
            return ()
        old = self.read(path)
        spans = self._database.rows('SELECT id, start, "end" FROM passages WHERE document = ? ORDER BY ordinal', key)
        self._execute_all(
            "INSERT INTO keywords (keywords, rowid, title, text) VALUES ('delete', ?, ?, ?)",
            [
                (passage, encode(heading(old.path, old.title)), encode(old.text[start:end]))
                for passage, start, end in spans
            ],
        )
        self._execute("DELETE FROM passages WHERE document = ?", key)
        self._execute("DELETE FROM pages WHERE document = ?", key)
        return tuple(passage for passage, _, _ in spans)

    def _put_document(self, document: Document, file: FileState) -> int:
        with_text = sum(1 for page in document.pages if page.text.strip())
        key = self._database.value(
            _PUT_DOCUMENT,
            encode(document.path),
            encode(document.title),
            *(file.sha256, file.bytes, file.mtime_ns),
            *(len(document.pages), with_text, time.time(), json.dumps(document.warnings)),
        )
        self._execute_all(
            _PUT_PAGE,
            [
                (key, start, page.number, encode(page.label), page.method, encode(page.text))
                for start, page in zip(document.starts, document.pages, strict=True)
            ],
        )
        return int(key)

    def _put_passages(
        self, key: int, title: str, passages: Sequence[Passage], rows: Sequence[bytes]
    ) -> tuple[int, ...]:
        self._execute_all(
            _PUT_PASSAGE,
            [
                (key, ordinal, p.start, p.end, p.page, p.page_end, encode(p.page_label), row)
                for ordinal, (p, row) in enumerate(zip(passages, rows, strict=True))
            ],
        )
        stored = self._database.rows("SELECT id FROM passages WHERE document = ? ORDER BY ordinal", key)
        ids = tuple(passage for (passage,) in stored)
        self._execute_all(
            "INSERT INTO keywords (rowid, title, text) VALUES (?, ?, ?)",
            [(passage, encode(title), encode(p.text)) for passage, p in zip(ids, passages, strict=True)],
        )
        return ids

    def _page_texts(self, keys: Iterable[int]) -> dict[int, str]:
        # Apart from the passages: neighbours share a page, and a page of a text file can be long.
        query = "SELECT id, text FROM pages WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._database.rows(query, json.dumps(sorted(keys))))

    def _digest(self, key: int) -> str:
        """Return a SHA-256 of one document's rows as they are read back."""
        digest = hashlib.sha256()
        for query in _CONTENT:
            for row in self._database.connection.execute(query, (key,)):
                for value in row:
                    raw = value if isinstance(value, bytes) else encode(str(value))
                    digest.update(len(raw).to_bytes(8, "big") + raw)
        return digest.hexdigest()


def _terms(question: str) -> list[str]:
    words = _WORD.findall(unicodedata.normalize("NFC", question).lower())
    return list(islice(dict.fromkeys(word for word in words if word not in STOP_WORDS), _TERMS))


def _check_passages(document: Document, passages: Iterable[Passage]) -> None:
    for passage in passages:
        if not passage.text or document.text[passage.start : passage.end] != passage.text:
            raise ValueError(f"{document.path}: a passage is not the text at {passage.start}:{passage.end}")


def _blobs(vectors: Vectors | None, n: int) -> list[bytes]:
    import numpy as np

    if vectors is None and not n:
        return []
    rows = np.ascontiguousarray(vectors, dtype="<f4")
    if len(rows) != n or (n and (rows.ndim != 2 or not rows.size)) or not np.isfinite(rows).all():
        raise ValueError(f"vectors of shape {rows.shape}, or not finite, for {n} passages")
    return [row.tobytes() for row in rows]


def _passage(fields: Sequence[Any], first: int, text: str) -> StoredPassage:
    """Cut the passage out of `text`: its pages, each closed by a form feed, the first at offset `first`."""
    start, end = fields[4], fields[5]
    values = [*fields, text[start - first : end - first]]
    return StoredPassage(*values)
