"""The truth: documents, pages, passages, vectors and the keyword index of a library, in one SQLite file."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, Self

from ingest.types import PAGE_BREAK, Document, Page
from rag_app.errors import LibraryDamaged, LibraryError, UsageError
from rag_app.language import keywords
from rag_app.language.detector import language_of
from rag_app.storage.database import Database, damaged, encode, open_database
from rag_app.storage.jobs import Jobs
from rag_app.storage.reserve import keep_reserve, make_room
from rag_app.storage.schema import PUT_KEYWORDS, SCHEMA, digest, keyword_rows, write_keywords
from rag_app.storage.selection import passage_ids, select
from rag_app.storage.sessions import add_turn, all_sessions, check_sessions, remove_sessions, turns_of
from rag_app.storage.stale import all_stale, clear, mark, told
from rag_app.storage.tags import all_tags, retag, tags_of
from rag_app.types import StoredDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from ingest.types import Method, Passage
    from rag_app.storage.selection import Selection
    from rag_app.storage.staging import Embedded
    from rag_app.storage.stale import Stale
    from rag_app.types import Answer, Filter, Place, Scored, Session, SessionTurn, Vectors

_DOCUMENTS = """
    SELECT d.id, d.path, title, sha256, bytes, mtime_ns / 1e9, pages, pages_with_text,
        (SELECT count(*) FROM passages WHERE document = d.id), ingested
    FROM documents d JOIN paths f ON f.path = d.path"""

_PUT_DOCUMENT = """
    INSERT INTO documents (id, path, title, sha256, bytes, pages, pages_with_text, ingested, warnings, sections,
        tokens_cut, language, checksum)
    VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?, '')
    ON CONFLICT (id) DO UPDATE SET path = excluded.path, title = excluded.title, sha256 = excluded.sha256,
        bytes = excluded.bytes, pages = excluded.pages, pages_with_text = excluded.pages_with_text,
        ingested = excluded.ingested, warnings = excluded.warnings, sections = excluded.sections,
        tokens_cut = excluded.tokens_cut, language = excluded.language
    RETURNING id"""

# Whether its file can be read is not known from here: a copy may come in while another is stale.
_PUT_PATH = """
    INSERT INTO paths (path, document, mtime_ns) VALUES (CAST(? AS TEXT), ?, ?)
    ON CONFLICT (path) DO UPDATE SET document = excluded.document, mtime_ns = excluded.mtime_ns"""

_PUT_PAGE = """
    INSERT INTO pages (document, start, number, label, method, text, confidence, hidden)
    VALUES (?, ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?, ?)"""

_PUT_PASSAGE = """
    INSERT INTO passages (document, ordinal, start, "end", page, page_end, page_label, vector)
    VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?)"""

# One row for each page that a passage touches, in order.
_PASSAGES = """
    SELECT p.id, d.path, d.title, p.ordinal, p.start, p."end", p.page, p.page_end, p.page_label,
        d.sections, g.hidden, g.confidence, g.id, g.start
    FROM passages p JOIN documents d ON d.id = p.document JOIN pages g ON g.document = p.document
        AND g.start < p."end"
        AND g.start >= (SELECT max(start) FROM pages WHERE document = p.document AND start <= p.start)
    WHERE p.id IN (SELECT value FROM json_each(?)) ORDER BY p.id, g.start"""

_PLACES = """
    SELECT p.id, d.path, p.ordinal FROM passages p JOIN documents d ON d.id = p.document
    WHERE p.id IN (SELECT value FROM json_each(?))"""

_KEYWORD = """
    SELECT rowid, bm25(keywords, ?, 1.0, ?) AS score
    FROM keywords WHERE keywords MATCH ? AND {} ORDER BY score, rowid LIMIT ?"""

# The plus keeps the index from being asked once for each passage: with 10,000 of 100,000 that takes 6.4 s, not 0.02 s.
_OF_DOCUMENTS = "+rowid IN (SELECT id FROM passages WHERE document IN (SELECT value FROM json_each(?)))"

JSON_FACTS = ("mounts", "refusal")  # that are kept as JSON

_WEIGHTS = (keywords.TITLE_WEIGHT, keywords.STEM_WEIGHT)

_DROP_KEYWORDS = "INSERT INTO keywords (keywords, rowid, title, text, stems) VALUES ('delete', ?, ?, ?, ?)"

# Without it SQLite cannot open the table, not even to drop it.
_KEYWORDS_FORM = "INSERT OR IGNORE INTO keywords_config VALUES ('version', 4)"

_SHARES = """
    SELECT documents.path, count(*) * 1.0 / (SELECT count(*) FROM passages WHERE document = documents.id)
    FROM keywords JOIN passages ON passages.id = keywords.rowid JOIN documents ON documents.id = passages.document
    WHERE keywords MATCH ? GROUP BY documents.id"""

_INTEGERS = 2**63  # SQLite's are smaller than that

# What the keyword index consists of, beside the same of one that was built anew: words, lengths, averages.
_KEYWORD_TWINS = (
    ("SELECT * FROM temp.kept_words", "SELECT * FROM temp.new_words"),
    ("SELECT * FROM main.keywords_docsize", "SELECT * FROM temp.again_docsize"),
    ("SELECT block FROM main.keywords_data WHERE id = 1", "SELECT block FROM temp.again_data WHERE id = 1"),
)


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """What one write did to the passages."""

    added: tuple[int, ...]  # ids, in the order of the passages
    removed: tuple[int, ...]
    generation: int  # of the store after the write


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a library."""

    kind: Literal["seal", "pages", "keywords", "documents", "sessions", "facts"]
    sentence: str


@dataclass(frozen=True, slots=True)
class FileState:
    """The file as it was when it was read; tells whether it has changed since."""

    sha256: str
    bytes: int
    mtime_ns: int  # as `kept_time` returns it


def kept_time(mtime_ns: int) -> int:
    """Return the time of a file, in nanoseconds since 1970, as it is kept: beyond 64 bits in 53 significant ones.

    Those are kept as floating-point numbers, which SQLite compares and sorts with the others.
    """
    return int(_column(mtime_ns))


def is_exact(mtime_ns: int) -> bool:
    """Tell whether a time is kept to the nanosecond; others, before 1677 and after 2262, may hide a change."""
    return -_INTEGERS <= mtime_ns < _INTEGERS


def _column(mtime_ns: int) -> int | float:
    return mtime_ns if is_exact(mtime_ns) else float(mtime_ns)


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
    section: str = ""  # where a format has no pages: the heading or line that it stands under
    hidden: int = 0  # characters that a reader of the page does not see
    confidence: float | None = None  # the lowest of its pages, where they were recognised


class Store:
    """An open library; several threads may share one, several processes may open it. Readers are never blocked.

    A write is one transaction: it happens wholly, or not at all. Every method may raise LibraryError (the
    file is damaged) or DiskError, and every write LibraryBusy (another process is writing).
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, folder: Path, *, create: bool = True, to_read: bool = False) -> Self:
        """Open the library in `folder`; `create` makes one where there is none, and `to_read` changes not a byte.

        Raises:
            LibraryError: there is none, or the file is damaged or no library.
            LibraryMismatch: a newer version wrote it, or an older one where it cannot be brought up to date.
        """
        return cls(open_database(folder, SCHEMA, create=create, to_read=to_read))

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

    @property
    def jobs(self) -> Jobs:
        """The files that came over HTTP, and what became of them."""
        return Jobs(self._database)

    def writing(self) -> AbstractContextManager[None]:
        """Be the only writer, over all processes and threads, until the block ends; may be nested in one thread.

        Single writes take it on their own; a run of several writes that belong together takes it around them.

        Raises:
            LibraryBusy: another process or thread is writing; names its process.
        """
        return self._database.writing()

    def together(self) -> AbstractContextManager[None]:
        """Make all writes of the block one: they happen wholly, or not at all."""
        return self._database.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state of the library in all reads of the block, whatever others write; write nothing in it."""
        return self._database.snapshot()

    def keep_room(self) -> None:
        """Keep a reserve beside the database for the day on which the disk is full; nothing where it is by now."""
        keep_reserve(self.folder)

    def make_room(self) -> bool:
        """Delete a file that can be made anew, and delete with less room from now on; return whether there was one."""
        self._database.be_frugal()
        return make_room(self.folder)

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
        return self._number("generation")

    @property
    def dimensions(self) -> int:
        """Length of every vector; 0 until the first is stored. An empty library takes any other."""
        return self._number("dimensions")

    def index_record(self) -> tuple[int, str] | None:
        """Return the generation and the SHA-256 of the saved vector index, or None."""
        generation, _, sha256 = (self.get("index_file") or "").partition(" ")
        return (int(generation), sha256) if sha256 and generation.isdigit() else None

    def _number(self, key: str) -> int:
        value = self.get(key) or "0"
        if not value.isdigit():
            raise damaged(self._database.path, f"{key} is not a number")
        return int(value)

    def record_index(self, generation: int, sha256: str, facts: str = "") -> None:
        """Remember which file is the vector index of `generation`, and how it was built."""
        with self._database.transaction():
            self._set("index_file", f"{generation} {sha256}")
            self._set("index_facts", facts)

    def index_facts(self) -> str:
        """Return how the saved vector index was built, as it was recorded."""
        return self.get("index_facts") or ""

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
        copies: Mapping[str, int] | None = None,
        tokens_cut: int = 0,
    ) -> Change:
        """Store a document with its passages, in place of what was stored at its path before.

        Args:
            document: its pages; `path` is its name here.
            sha256: of the file.
            bytes: of the file.
            mtime_ns: of the file.
            passages: in reading order.
            vectors: (len(passages), d) finite float32; None where there are no passages.
            copies: the time of each other file with the same content, by path.
            tokens_cut: of the passages, that the embedder did not read.

        Raises:
            ValueError: a passage is not the text at its offsets, or the vectors have another shape than needed.
        """
        _check_passages(document, passages)
        rows = _blobs(vectors, len(passages))
        times = {document.path: mtime_ns, **(copies or {})}
        with self._database.transaction():
            self._analyse()
            key = self._key(document.path)
            if key is not None and not set(self._paths(key)) <= set(times):
                key = None  # the other paths keep the content that this one had
            removed = (*self._take(times, key), *self._clear(key))
            self._check_dimensions(len(rows[0]) // 4 if rows else 0)
            key = self._put_document(key, document, FileState(sha256, bytes, mtime_ns), tokens_cut)
            added = self._put_passages(key, passages, rows)
            self._put_paths(key, times)
            clear(self._database, times)
            return Change(added, removed, self._bump())

    def relocate(
        self,
        path: str,
        times: Mapping[str, int],
        retitled: Document | None = None,
        passages: Sequence[Passage] = (),
        vectors: Vectors | None = None,
    ) -> Change:
        """Give the document at `path` other paths, and where they change its title, other passages.

        Args:
            path: any of its present paths.
            times: the time of each file by path; none means that the document is forgotten.
            retitled: the same pages under the new title.
            passages: of the retitled document, with `vectors` as for `put`.

        Raises:
            UsageError: it is not in the library.
            ValueError: as for `put`.
        """
        rows = _blobs(vectors, len(passages))
        if retitled:
            _check_passages(retitled, passages)
        with self._database.transaction():
            self._analyse()
            key = self._known(path)
            if not times:
                return self.remove(path)
            self._need_intact(key, path)
            removed = self._take(times, key)
            added: tuple[int, ...] = ()
            if retitled:
                title = encode(retitled.title)
                removed = (*removed, *self._clear(key, pages=False))
                self._execute("UPDATE documents SET title = CAST(? AS TEXT) WHERE id = ?", title, key)
                added = self._put_passages(key, passages, rows)
            self._put_paths(key, times)
            return Change(added, removed, self._bump() if added or removed else self.generation)

    def remove(self, path: str) -> Change:
        """Forget the document at `path`, its other paths included; an unknown path changes nothing."""
        with self._database.transaction():
            self._analyse()
            key = self._key(path)
            if key is None:
                return Change((), (), self.generation)
            removed = self._clear(key)
            self._execute("DELETE FROM documents WHERE id = ?", key)
            return Change((), removed, self._bump())

    def touch(self, path: str, mtime_ns: int) -> None:
        """Remember a new time for a file whose content has not changed."""
        with self._database.transaction():
            self._execute("UPDATE paths SET mtime_ns = ? WHERE path = CAST(? AS TEXT)", _column(mtime_ns), encode(path))

    def document(self, path: str) -> StoredDocument | None:
        """Return what is known of the document at `path`, which may be any of its paths, or None."""
        with self.snapshot():
            key = self._key(path)
            if key is None:
                return None
            row = self._one(path, f"{_DOCUMENTS} WHERE d.id = ?", key)
            return _stored(row, self._paths(key), tags_of(self._database, key), all_stale(self._database, key))

    def documents(self) -> list[StoredDocument]:
        """Return all documents, sorted by their first path."""
        paths: dict[int, list[str]] = defaultdict(list)
        with self.snapshot():
            for key, path in self._database.rows("SELECT document, path FROM paths ORDER BY path"):
                paths[key].append(path)
            rows = self._database.rows(f"{_DOCUMENTS} ORDER BY d.path")
            tags, stale = all_tags(self._database), all_stale(self._database)
        return [_stored(row, tuple(paths[row[0]]), tags.get(row[0], ()), stale) for row in rows]

    def select(self, where: Filter) -> Selection:
        """Return the documents that a filter leaves; UsageError where it leaves none, says why."""
        with self.snapshot():
            return select(self._database, where)

    def passages_in(self, documents: Iterable[int]) -> NDArray[np.int64]:
        """Return the ids of all passages of some documents, in any order."""
        return passage_ids(self._database, documents)

    def tag(self, path: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Give the document at `path` tags, and take others from it.

        Raises:
            UsageError: it is not in the library, or a tag cannot be used.
        """
        with self._database.transaction():
            key = self._known(path)
            self._need_intact(key, path)
            retag(self._database, key, add, remove)
            self._seal(key)

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Return the tags of each document that has any, under each of its paths."""
        with self.snapshot():
            tags = all_tags(self._database)
            rows = self._database.rows("SELECT path, document FROM paths WHERE document IN (SELECT document FROM tags)")
        return {path: tags[key] for path, key in rows}

    def files(self) -> dict[str, FileState]:
        """Return the state in which each file was read, by path."""
        rows = self._database.rows(
            "SELECT f.path, sha256, bytes, mtime_ns FROM paths f JOIN documents d ON d.id = document ORDER BY f.path"
        )
        return {path: FileState(sha256, size, int(mtime_ns)) for path, sha256, size, mtime_ns in rows}

    def times(self, path: str) -> dict[str, int]:
        """Return the time of each file of the document at `path`, by path; empty where it is not in the library."""
        query = "SELECT path, mtime_ns FROM paths WHERE document = ? ORDER BY path"
        return {path: int(mtime_ns) for path, mtime_ns in self._database.rows(query, self._key(path))}

    def stale(self) -> dict[str, Stale]:
        """Return the files that could not be read any more when they were last looked at, by path."""
        return all_stale(self._database)

    def mark_stale(self, reasons: Mapping[str, str]) -> None:
        """Note why files cannot be read any more, by path; unknown paths are passed over."""
        with self._database.transaction():
            mark(self._database, reasons)

    def clear_stale(self, paths: Iterable[str]) -> None:
        """Note that files can be read again and hold what is stored."""
        with self._database.transaction():
            clear(self._database, paths)

    def copies(self) -> dict[str, tuple[str, ...]]:
        """Return all paths of each document that has several, by its first path."""
        found: dict[str, tuple[str, ...]] = {}
        for first, path in self._database.rows(
            """SELECT d.path, f.path FROM documents d JOIN paths f ON f.document = d.id
            WHERE d.id IN (SELECT document FROM paths GROUP BY document HAVING count(*) > 1) ORDER BY f.path"""
        ):
            found[first] = (*found.get(first, ()), path)
        return found

    def read(self, path: str) -> Document:
        """Return the document as it was stored: pages, text, page starts, sections and warnings.

        Raises:
            UsageError: it is not in the library.
        """
        with self.snapshot():
            return self._read(self._known(path), path)

    def receipt(self, path: str) -> tuple[StoredDocument, int, list[tuple[int, int]]]:
        """Return the document at `path`, the tokens that were cut, and the span of each passage in reading order.

        Raises:
            UsageError: it is not in the library.
        """
        with self.snapshot():
            key = self._known(path)
            [cut] = self._one(path, "SELECT tokens_cut FROM documents WHERE id = ?", key)
            spans = self._database.rows('SELECT start, "end" FROM passages WHERE document = ? ORDER BY ordinal', key)
            document = self.document(path)
        assert document is not None
        return document, cut, spans

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
            found: dict[int, list[Any]] = defaultdict(list)
            for row in rows:
                found[row[0]].append(row)
            self._need_pages(passage for passage in ids if passage not in found)
        return [self._put_together(found[passage], texts) for passage in ids if passage in found]

    def _need_pages(self, ids: Iterable[int]) -> None:
        """Refuse passages that are there without a page or a document; those that are gone may be asked for."""
        query = "SELECT count(*) FROM passages WHERE id IN (SELECT value FROM json_each(?))"
        lost = [int(passage) for passage in ids]
        if lost and self._database.value(query, json.dumps(lost)):
            raise damaged(self._database.path, "a passage has no page or no document")

    def _put_together(self, rows: Sequence[Any], texts: Mapping[int, str]) -> StoredPassage:
        try:
            passage = _passage(rows, texts)
        except (ValueError, TypeError) as error:
            raise self._altered(str(rows[0][1])) from error
        if len(passage.text) != passage.end - passage.start:
            raise self._altered(passage.document)
        return passage

    def places(self, ids: Iterable[int]) -> dict[int, Place]:
        """Return the path and the position of each passage; those that are gone are left out.

        Ids tell in which order passages came. This tells where they are, whatever happened to the library before.
        """
        rows = self._database.rows(_PLACES, json.dumps([int(passage) for passage in ids]))
        return {passage: (path, ordinal) for passage, path, ordinal in rows}

    def count(self) -> int:
        """Return the number of passages."""
        return int(self._database.value("SELECT count(*) FROM passages"))

    def passage_ids(self) -> NDArray[np.int64]:
        """Return the ids of all passages, rising; no passage is read for it."""
        import numpy as np

        with self.snapshot():
            # Not ordered by SQLite: it would take the table, which holds the vectors, and not the index on it.
            ids = self._database.connection.execute("SELECT id FROM passages")
            return np.sort(np.fromiter((passage for (passage,) in ids), np.int64, self.count()))

    def vectors(self) -> tuple[NDArray[np.int64], Vectors]:
        """Return the ids of all passages, rising, and their vectors as (n, d) rows in the same order."""
        import numpy as np

        with self.snapshot():
            n, row = self.count(), 0
            ids, matrix = np.empty(n, dtype=np.int64), np.empty((n, self.dimensions), dtype=np.float32)
            for some, vectors in self.vector_batches():
                rows = slice(row, row := row + len(some))
                ids[rows], matrix[rows] = some, vectors
        return ids, matrix

    def vector_batches(self, size: int = 4096, *, after: int = 0) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Yield ids greater than `after`, rising, and their (n, d) rows, at most `size` at a time."""
        with self.snapshot():
            query = "SELECT id, vector FROM passages WHERE id > ? ORDER BY id"
            cursor = self._database.connection.execute(query, (after,))
            while batch := cursor.fetchmany(size):
                yield self._matrix(batch)

    def vectors_of(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], Vectors]:
        """Return those of the ids that are there, rising, and their (n, d) rows."""
        query = "SELECT id, vector FROM passages WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
        return self._matrix(self._database.rows(query, json.dumps([int(passage) for passage in ids])))

    def _matrix(self, rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Vectors]:
        import numpy as np

        joined, d = b"".join(vector for _, vector in rows), self.dimensions
        if len(joined) != 4 * d * len(rows):
            raise damaged(self._database.path, "a vector has the wrong length")
        ids = np.array([passage for passage, _ in rows], dtype=np.int64)
        return ids, np.frombuffer(joined, dtype="<f4").reshape(len(rows), d)

    def keyword(self, question: str, k: int, documents: Iterable[int] | None = None) -> list[Scored]:
        """Rank the passages that hold any of the question's words by BM25.

        Args:
            question: any text; none of it is taken for query syntax. Common words are not searched for.
            k: how many to return; fewer come back when fewer match.
            documents: the ids of those that are searched; all by default. Scores do not depend on them.

        Returns:
            (id, score) pairs, best first; equal scores by path and position.

        Raises:
            ValueError: k < 1.
        """
        if k < 1:
            raise ValueError(f"k = {k} is less than 1")
        languages = [language for (language,) in self._database.rows("SELECT DISTINCT language FROM documents")]
        query = keywords.query(question, languages)
        if not query:
            return []
        statement = _KEYWORD.format("1" if documents is None else _OF_DOCUMENTS)
        values = (*_WEIGHTS, query, *(() if documents is None else (json.dumps(list(documents)),)))
        with self.snapshot():
            fetch = k + 1
            rows = self._database.rows(statement, *values, fetch)
            while len(rows) == fetch and rows[-1][1] == rows[k - 1][1]:  # where the first k end is not settled yet
                fetch *= 4
                rows = self._database.rows(statement, *values, fetch)
            places = self.places([passage for passage, _ in rows])
        if len(places) < len(rows):
            raise damaged(self._database.path, "its keyword index holds passages that are not there")
        rows.sort(key=lambda row: (row[1], places[row[0]]))
        return [(passage, -score) for passage, score in rows[:k]]

    def mentions(self, topic: str) -> list[StoredPassage]:
        """Return every passage that holds the words of `topic` side by side, as they stand or by their stems."""
        languages = [language for (language,) in self._database.rows("SELECT DISTINCT language FROM documents")]
        query = keywords.mention(topic, languages)
        if not query:
            return []
        with self.snapshot():
            rows = self._database.rows("SELECT rowid FROM keywords WHERE keywords MATCH ? ORDER BY rowid", query)
            return self.passages([passage for (passage,) in rows])

    def document_count(self) -> int:
        """Return how many documents there are."""
        return int(self._database.value("SELECT count(*) FROM documents"))

    def warnings(self) -> dict[str, list[str]]:
        """Return what was said of documents when they were read, by path; those without a warning are left out."""
        rows = self._database.rows("SELECT path, warnings FROM documents WHERE warnings != '[]'")
        found = {}
        for path, warnings in rows:
            try:
                found[path] = list(_texts(warnings))
            except (ValueError, TypeError) as error:
                raise self._altered(path) from error
        return found

    def shares(self, word: str) -> dict[str, float]:
        """Return the share of its passages, 0 to 1, in which each document has `word`; others are left out."""
        query = keywords.phrase(word)
        return dict(self._database.rows(_SHARES, query)) if query else {}

    # Sessions

    def sessions(self) -> list[Session]:
        """Return all sessions, the one used last first."""
        return all_sessions(self._database)

    def session(self, name: str) -> list[SessionTurn]:
        """Return the turns of a session, oldest first; UsageError where there is none of that name."""
        with self.snapshot():
            return turns_of(self._database, name)

    def add_turn(self, name: str, answer: Answer) -> None:
        """Keep a question and its answer as the last turn of a session, also while another process is writing."""
        add_turn(self._database, name, answer)

    def remove_sessions(self, names: Iterable[str]) -> None:
        """Forget sessions with all their turns; UsageError, and none is forgotten, where one is not there."""
        remove_sessions(self._database, names)

    # Another embedder

    def checksums(self) -> dict[str, str]:
        """Return the checksum of each document's rows, by its first path.

        Raises:
            LibraryError: the rows of a document are not those that were stored.
        """
        found = {}
        with self.snapshot():
            for key, path, checksum in self._database.rows("SELECT id, path, checksum FROM documents ORDER BY path"):
                if self._digest(key) != checksum:
                    raise self._altered(path)
                found[path] = checksum
        return found

    def exchange(self, embedded: Callable[[str, Document], Embedded], facts: Mapping[str, str]) -> None:
        """Put other passages and vectors in place of those of all documents, and note facts: all of it, or nothing.

        Args:
            embedded: called with the checksum of each document and the document.
            facts: such as the embedder's name.

        Raises:
            LibraryError: the rows of a document are not those that were stored.
            ValueError: as for `put`.
        """
        with self._database.transaction():
            self._analyse()
            checksums = self.checksums()
            self._execute("INSERT INTO keywords (keywords) VALUES ('delete-all')")
            self._execute("DELETE FROM passages")
            self._execute("DELETE FROM meta WHERE key IN ('index_file', 'index_facts')")
            for path, checksum in checksums.items():
                key = self._known(path)
                document = self._read(key, path)
                new = embedded(checksum, document)
                _check_passages(document, new.passages)
                rows = _blobs(new.vectors, len(new.passages))
                self._check_dimensions(len(rows[0]) // 4 if rows else 0)
                self._put_passages(key, new.passages, rows)
                self._execute("UPDATE documents SET tokens_cut = ? WHERE id = ?", new.tokens_cut, key)
                self._seal(key)
            for name, value in facts.items():
                self._set(name, value)
            self._bump()

    # Proof

    def signature(self) -> str:
        """Return a SHA-256 of all documents, pages, passages and vectors, whatever their ids and times."""
        total = hashlib.sha256()
        with self.snapshot():
            for (key,) in self._database.rows("SELECT id FROM documents ORDER BY path"):
                total.update(self._digest(key).encode())
        return total.hexdigest()

    def seal(self) -> bool:
        """Note the SHA-256 of the whole file until the next write; return whether that was done."""
        return self._database.seal()

    @property
    def alone(self) -> bool:
        """Whether the database was found as a copy is that left its last changes behind: neither seal nor log."""
        return self._database.alone

    def seal_anew(self) -> bool:
        """Note the SHA-256 of the whole file, whatever was noted before; return whether that was done."""
        return self._database.seal_anew()

    def check(self) -> list[str]:
        """Read everything and return what is wrong, one sentence each; an intact library gives none."""
        return [problem.sentence for problem in self.problems()]

    def problems(self) -> list[Problem]:
        """Read everything and return what is wrong, and of which kind it is; an intact library gives none."""
        try:
            with self.snapshot():
                return self._problems()
        except LibraryError as error:
            return [Problem("pages", error.message)]
        except (sqlite3.Error, ValueError, TypeError) as error:  # a damaged schema, or a value of another type
            return [Problem("pages", damaged(self._database.path, error).message)]

    def _problems(self) -> list[Problem]:
        name, rows = self._database.path, self._database.rows
        problems = [
            Problem("keywords" if "fts5" in row[0].lower() else "pages", f"{name}: {row[0]}.")
            for row in rows("PRAGMA integrity_check")
            if row[0] != "ok"
        ]
        for (table,) in rows('SELECT DISTINCT "table" FROM pragma_foreign_key_check ORDER BY 1'):
            what = f"its table {table} has rows of what is not there"
            problems.append(Problem("documents", f"{name}: {what}."))
        for key, path, checksum in rows("SELECT id, path, checksum FROM documents ORDER BY path"):
            if self._digest(key) != checksum:
                what = "its pages, passages or vectors are not those that were stored"
                problems.append(Problem("documents", f"{path}: {what}."))
        problems += [Problem("sessions", sentence) for sentence in check_sessions(self._database)]
        for fact in self.unreadable_facts():
            problems.append(Problem("facts", f"{name}: what it says of {fact} cannot be read."))
        lengths = {row[0] for row in rows("SELECT DISTINCT length(vector) FROM passages")}
        if lengths - {4 * self.dimensions}:
            what = f"there are vectors of another length than {self.dimensions}"
            problems.append(Problem("documents", f"{name}: {what}."))
        broken = any(problem.kind in {"pages", "documents"} for problem in problems)
        problems += [Problem("keywords", f"{name}: {what}.") for what in self._wrong_keywords(broken)]
        if not self._database.fits_seal():
            problems.append(Problem("seal", f"{name}: some of its bytes are not those that were written."))
        return problems

    def _wrong_keywords(self, broken: bool) -> Iterator[str]:
        """Tell what is wrong with the keyword index; its words prove nothing beside passages that are `broken`."""
        try:
            passages = {row[0] for row in self._database.rows("SELECT id FROM passages")}
            if passages != {row[0] for row in self._database.rows("SELECT rowid FROM keywords")}:
                yield "the keyword index does not hold the passages that are stored"
                return
            known = self.get("keywords") == keywords.analysis()  # else other stems are no damage
            if passages and known and not broken and not self._keywords_agree():
                yield "the keyword index does not hold the words of the passages"
        except (sqlite3.Error, LibraryDamaged) as error:
            _log.info("The keyword index cannot be read: %s", error)
            yield "the keyword index cannot be read"

    def _is_json(self, fact: str) -> bool:
        try:
            json.loads(self.get(fact) or "null")
        except ValueError:
            return False
        return True

    def unreadable_facts(self) -> list[str]:
        """Return the facts about the library that should be JSON and are not."""
        return [fact for fact in JSON_FACTS if not self._is_json(fact)]

    def rewrite_keywords(self) -> None:
        """Write the keyword index anew, from nothing but the passages."""
        with self._database.transaction():
            try:
                with suppress(sqlite3.OperationalError):  # there is no such table
                    self._execute(_KEYWORDS_FORM)
                self._execute("DROP TABLE IF EXISTS keywords")
                self._execute(f"CREATE VIRTUAL TABLE keywords USING {keywords.TABLE}")
            except sqlite3.OperationalError as error:
                raise damaged(self._database.path, error) from error
            write_keywords(self._database.connection)

    def forget(self, fact: str) -> None:
        """Forget a fact about the library."""
        with self._database.transaction():
            self._execute("DELETE FROM meta WHERE key = ?", fact)

    def _keywords_agree(self) -> bool:
        """Index all passages once more, and compare word by word."""
        connection = self._database.connection
        connection.execute(f"CREATE VIRTUAL TABLE temp.again USING {keywords.TABLE}")
        try:
            for (key,) in self._database.rows("SELECT id FROM documents"):
                rows = keyword_rows(connection, key)
                connection.executemany(PUT_KEYWORDS.replace("INTO keywords", "INTO temp.again"), rows)
            connection.execute("CREATE VIRTUAL TABLE temp.new_words USING fts5vocab('temp', 'again', 'instance')")
            connection.execute("CREATE VIRTUAL TABLE temp.kept_words USING fts5vocab('main', 'keywords', 'instance')")
            return all(_same_rows(connection.execute(one), connection.execute(other)) for one, other in _KEYWORD_TWINS)
        finally:
            for table in ("kept_words", "new_words", "again"):
                connection.execute(f"DROP TABLE IF EXISTS temp.{table}")

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
        value = self._database.value("SELECT document FROM paths WHERE path = CAST(? AS TEXT)", encode(path))
        return None if value is None else int(value)

    def _known(self, path: str) -> int:
        key = self._key(path)
        if key is None and self._database.value("SELECT 1 FROM documents WHERE path = CAST(? AS TEXT)", encode(path)):
            raise self._altered(path)
        if key is None:
            raise UsageError(f"{path} is not in the library.", hint="Run `rag documents` to see what is.")
        return key

    def _one(self, path: str, query: str, key: int) -> Any:
        """Return the only row of a query about the document at `path`, which has a path and so must have it."""
        rows = self._database.rows(query, key)
        if len(rows) != 1:
            raise self._altered(path)
        return rows[0]

    def _need_intact(self, key: int, path: str) -> None:
        """Refuse to change rows that are not what was stored: their new checksum would hide it."""
        if self._database.value("SELECT checksum FROM documents WHERE id = ?", key) != self._digest(key):
            raise self._altered(path)

    def _altered(self, path: str) -> LibraryError:
        return damaged(self._database.path, f"what it holds of {path} is not what was stored")

    def _paths(self, key: int) -> tuple[str, ...]:
        rows = self._database.rows("SELECT path FROM paths WHERE document = ? ORDER BY path", key)
        return tuple(path for (path,) in rows)

    def _read(self, key: int, path: str) -> Document:
        query = "SELECT title, warnings, sections, pages FROM documents WHERE id = ?"
        title, warnings, sections, count = self._one(path, query, key)
        rows = self._database.rows(
            "SELECT number, label, text, method, confidence, hidden FROM pages WHERE document = ? ORDER BY start", key
        )
        try:
            pages = tuple(_page(*row) for row in rows)
            document = Document(path, title, pages, _texts(warnings), _pairs(sections))
        except (ValueError, TypeError) as error:
            raise self._altered(path) from error
        if len(rows) != count:
            raise self._altered(path)
        return document

    def _index(self, key: int) -> None:
        """Put the passages of a document into the keyword index, under its present name."""
        self._execute_all(PUT_KEYWORDS, keyword_rows(self._database.connection, key))

    def _unindex(self, key: int) -> None:
        """Take them out again, before the name changes or they go."""
        self._execute_all(_DROP_KEYWORDS, keyword_rows(self._database.connection, key))

    def _analyse(self) -> None:
        """Write the keyword index anew where it was written by another version, whose words cannot be taken out."""
        if self.get("keywords") != keywords.analysis():
            write_keywords(self._database.connection)

    def _take(self, times: Mapping[str, int], key: int | None) -> tuple[int, ...]:
        """Take paths from other documents than `key`; one that loses its last goes. Return the passages removed."""
        removed: tuple[int, ...] = ()
        for path in times:
            other = self._key(path)
            if other is None or other == key:
                continue
            if len(self._paths(other)) > 1:
                self._need_intact(other, path)
            self._execute("DELETE FROM paths WHERE path = CAST(? AS TEXT)", encode(path))
            if self._paths(other):
                self._seal(other)
            else:
                removed += self._clear(other)
                self._execute("DELETE FROM documents WHERE id = ?", other)
        return removed

    def _put_paths(self, key: int, times: Mapping[str, int]) -> None:
        gone = [path for path in self._paths(key) if path not in times]
        self._execute_all("DELETE FROM paths WHERE path = CAST(? AS TEXT)", [(encode(path),) for path in gone])
        self._execute_all(_PUT_PATH, [(encode(path), key, _column(mtime_ns)) for path, mtime_ns in times.items()])
        self._seal(key)

    def _seal(self, key: int) -> None:
        """Name a document by the first of its paths, and note the checksum of its rows."""
        named = "SELECT path, (SELECT min(path) FROM paths WHERE document = id) FROM documents WHERE id = ?"
        [(old, new)] = self._database.rows(named, key)
        if old != new:
            self._unindex(key)
            self._execute("UPDATE documents SET path = CAST(? AS TEXT) WHERE id = ?", encode(new), key)
            self._index(key)
        self._execute("UPDATE documents SET checksum = ? WHERE id = ?", self._digest(key), key)

    def _clear(self, key: int | None, *, pages: bool = True) -> tuple[int, ...]:
        """Drop the passages of a document, and its pages, while it stays itself; return the ids of the passages."""
        if key is None:
            return ()
        passages = self._database.rows("SELECT id FROM passages WHERE document = ? ORDER BY ordinal", key)
        self._unindex(key)
        self._execute("DELETE FROM passages WHERE document = ?", key)
        if pages:
            self._execute("DELETE FROM pages WHERE document = ?", key)
        return tuple(passage for (passage,) in passages)

    def _put_document(self, key: int | None, document: Document, file: FileState, tokens_cut: int) -> int:
        with_text = sum(1 for page in document.pages if page.text.strip())
        try:
            key = self._database.value(
                _PUT_DOCUMENT,
                key,
                encode(document.path),
                encode(document.title),
                *(file.sha256, file.bytes, len(document.pages), with_text, time.time()),
                *(json.dumps(document.warnings), json.dumps(document.sections), tokens_cut),
                language_of(document.text).stemmer,
            )
        except sqlite3.IntegrityError as error:  # there is a document of this name, to which no path leads
            raise self._altered(document.path) from error
        self._execute_all(
            _PUT_PAGE,
            [
                (
                    *(key, start, page.number, encode(page.label), page.method, encode(page.text)),
                    *(page.confidence, json.dumps(page.hidden)),
                )
                for start, page in zip(document.starts, document.pages, strict=True)
            ],
        )
        assert key is not None
        return int(key)

    def _put_passages(self, key: int, passages: Sequence[Passage], rows: Sequence[bytes]) -> tuple[int, ...]:
        self._execute_all(
            _PUT_PASSAGE,
            [
                (key, ordinal, p.start, p.end, p.page, p.page_end, encode(p.page_label), row)
                for ordinal, (p, row) in enumerate(zip(passages, rows, strict=True))
            ],
        )
        stored = self._database.rows("SELECT id FROM passages WHERE document = ? ORDER BY ordinal", key)
        self._index(key)
        return tuple(passage for (passage,) in stored)

    def _page_texts(self, keys: Iterable[int]) -> dict[int, str]:
        # Apart from the passages: neighbours share a page, and a page of a text file can be long.
        query = "SELECT id, text FROM pages WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._database.rows(query, json.dumps(sorted(keys))))

    def _digest(self, key: int) -> str:
        return digest(self._database.connection, key)


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


def _stored(
    row: Sequence[Any], paths: tuple[str, ...], tags: tuple[str, ...], stale: Mapping[str, Stale]
) -> StoredDocument:
    values = (*row[1:], paths, tags, told(paths, stale))
    return StoredDocument(*values)


def _page(number: int, label: str, text: str, method: Method, confidence: float | None, hidden: str) -> Page:
    return Page(number, label, text, method, confidence, _pairs(hidden))


def _pairs(text: str) -> tuple[Any, ...]:
    return tuple((one, other) for one, other in json.loads(text))


def _texts(text: str) -> tuple[str, ...]:
    values = json.loads(text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("no list of texts")
    return tuple(values)


def _same_rows(one: Iterable[Any], other: Iterable[Any]) -> bool:
    return all(a == b for a, b in zip_longest(one, other))


def _passage(rows: Sequence[Any], texts: Mapping[int, str]) -> StoredPassage:
    """Put a passage together from a row for each page that it touches."""
    *fields, sections, _, _, _, first = rows[0]
    start, end = fields[4], fields[5]
    text = "".join(texts[page] + PAGE_BREAK for *_, page, _ in rows)[start - first : end - first]
    hidden = sum(
        max(min(begin + to, end) - max(begin + since, start), 0)
        for *_, spans, _, _, begin in rows
        for since, to in _pairs(spans)
    )
    heading = next((name for at, name in reversed(_pairs(sections)) if at <= start), "")
    sure = [confidence for *_, confidence, _, _ in rows if confidence is not None]
    values = (*fields, text, heading, hidden, min(sure, default=None))
    return StoredPassage(*values)
