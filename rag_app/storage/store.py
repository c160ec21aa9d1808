"""An open library: its documents, passages and words in one SQLite file, which is the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rag_app.storage.check import Check
from rag_app.storage.database import Database, open_database
from rag_app.storage.documents import Documents
from rag_app.storage.facts import Facts
from rag_app.storage.jobs import Jobs
from rag_app.storage.passages import Passages
from rag_app.storage.paths import Paths
from rag_app.storage.recent_tables import RecentTables
from rag_app.storage.reserve import keep_reserve, make_room
from rag_app.storage.schema import SCHEMA
from rag_app.storage.selection import passage_ids, select
from rag_app.storage.sessions import add_turn, all_sessions, remove_sessions, turns_of
from rag_app.storage.stale import all_stale, clear, mark
from rag_app.storage.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from ingest.remarks import Remark
    from ingest.table import Table
    from ingest.types import Document, Passage
    from rag_app.errors import LibraryDamaged
    from rag_app.storage.check import Problem
    from rag_app.storage.documents import Change
    from rag_app.storage.passages import StoredPassage
    from rag_app.storage.paths import FileState
    from rag_app.storage.selection import Selection
    from rag_app.storage.staging import Embedded
    from rag_app.storage.stale import Stale
    from rag_app.types import Answer, Filter, Place, Scored, Session, SessionTurn, StoredDocument, Vectors


class Store:
    """An open library; several threads may share one, several processes may open it. Readers are never blocked.

    A write is one transaction: it happens wholly, or not at all. Every method may raise LibraryError (the
    file is damaged) or DiskError, and every write LibraryBusy (another process is writing).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._facts = Facts(database)
        self._paths = Paths(database)
        self._passages = Passages(database, self._facts)
        self._words = Words(database, self._facts, self._passages)
        self._documents = Documents(database, self._facts, self._paths, self._passages, self._words)
        self._recent_tables = RecentTables(database, self._documents)
        self._check = Check(database, self._facts, self._words, self._documents)

    @classmethod
    def open(cls, folder: Path, *, create: bool = True, to_read: bool = False) -> Self:
        """Open the library in `folder`; `create` makes one where there is none, and `to_read` changes not a byte.

        Raises:
            LibraryError: there is none, or the file is damaged or no library.
            LibraryMismatch: a newer or an older version wrote it.
        """
        return cls(open_database(folder, SCHEMA, create=create, to_read=to_read))

    def close(self) -> None:
        """Close the library; the store cannot be used afterwards."""
        self._database.close()

    def need_open(self) -> None:
        """Raise LibraryClosed where it was closed."""
        self._database.need_open()

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

    def is_being_written(self) -> bool:
        """Tell whether another thread or process is the writer now; nothing is written for it."""
        return self._database.is_being_written()

    def state(self) -> tuple[int, int]:
        """Return what is another one after every write, whoever did it."""
        return self._database.state()

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
        return self._facts.get(key)

    def set(self, key: str, value: str) -> None:
        """Remember a fact about the library."""
        self._facts.set(key, value)

    def forget(self, fact: str) -> None:
        """Forget a fact about the library."""
        self._facts.forget(fact)

    def unreadable_facts(self) -> list[str]:
        """Return the facts about the library that should be JSON and are not."""
        return self._facts.unreadable()

    @property
    def generation(self) -> int:
        """How many writes have changed the passages; a copy of another generation is outdated."""
        return self._facts.generation

    @property
    def dimensions(self) -> int:
        """Length of every vector; 0 until the first is stored. An empty library takes any other."""
        return self._facts.dimensions

    def index_record(self) -> tuple[int, str] | None:
        """Return the generation and the SHA-256 of the saved vector index, or None."""
        return self._facts.index_record()

    def index_facts(self) -> str:
        """Return how the saved vector index was built, as it was recorded."""
        return self._facts.index_facts()

    def record_index(self, generation: int, sha256: str, facts: str = "") -> None:
        """Remember which file is the vector index of `generation`, and how it was built."""
        self._facts.record_index(generation, sha256, facts)

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
        members: Sequence[Embedded] = (),
    ) -> Change:
        """Store a document with its passages and members, in place of what was stored at its path before.

        Args:
            document: its pages; `path` is its name here.
            sha256: of the file.
            bytes: of the file.
            mtime_ns: of the file.
            passages: in reading order.
            vectors: (len(passages), d) finite float32; None where there are no passages.
            copies: the time of each other file with the same content, by path.
            tokens_cut: of the passages, that the embedder did not read.
            members: what was made of each of the document's members, in order.

        Raises:
            ValueError: a passage is not the text at its offsets, or the vectors have another shape than needed.
        """
        return self._documents.put(
            document,
            sha256=sha256,
            bytes=bytes,
            mtime_ns=mtime_ns,
            passages=passages,
            vectors=vectors,
            copies=copies,
            tokens_cut=tokens_cut,
            members=members,
        )

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
        return self._documents.relocate(path, times, retitled, passages, vectors)

    def remove(self, path: str) -> Change:
        """Forget the document at `path`, its other paths included; an unknown path changes nothing."""
        return self._documents.remove(path)

    def exchange(self, embedded: Callable[[str, Document], Embedded], facts: Mapping[str, str]) -> None:
        """Put other passages and vectors in place of those of all documents, and note facts: all of it, or nothing.

        Args:
            embedded: called with the checksum of each document and the document.
            facts: such as the embedder's name.

        Raises:
            LibraryError: the rows of a document are not those that were stored.
            ValueError: as for `put`.
        """
        self._documents.exchange(embedded, facts)

    def document(self, path: str) -> StoredDocument | None:
        """Return what is known of the document at `path`, which may be any of its paths, or None."""
        return self._documents.find(path)

    def documents(self) -> list[StoredDocument]:
        """Return all documents, sorted by their first path."""
        return self._documents.all()

    def document_count(self) -> int:
        """Return how many documents there are."""
        return self._documents.count()

    def read(self, path: str) -> Document:
        """Return the document as it was stored: pages, text, page starts, sections and remarks, but no tables.

        Raises:
            UsageError: it is not in the library.
        """
        return self._documents.read(path)

    def tables(self, path: str) -> list[Table]:
        """Return the tables of the document at `path` in order, with offsets into its text.

        Raises:
            UsageError: it is not in the library.
        """
        return self._documents.tables(path)

    def recent_tables(self, path: str) -> Sequence[Table]:
        """Return the same, read only if the document is another one than when they were read last; they are shared.

        Raises:
            UsageError: it is not in the library.
        """
        return self._recent_tables.of(path)

    def receipt(self, path: str) -> tuple[StoredDocument, int, list[tuple[int, int]]]:
        """Return the document at `path`, the tokens that were cut, and the span of each passage in reading order.

        Raises:
            UsageError: it is not in the library.
        """
        return self._documents.receipt(path)

    def remarks(self) -> dict[str, tuple[Remark, ...]]:
        """Return what was said of documents when they were read, by path; those without a remark are left out."""
        return self._documents.remarks()

    def members(self, path: str) -> dict[str, str]:
        """Return the name of each document that lies in the file at `path`, by its path, in the order of the file."""
        return self._documents.members(path)

    def tag(self, path: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Give the document at `path` tags, and take others from it.

        Raises:
            UsageError: it is not in the library, or a tag cannot be used.
        """
        self._documents.tag(path, add=add, remove=remove)

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Return the tags of each document that has any, under each of its paths."""
        return self._documents.tags()

    def checksums(self) -> dict[str, str]:
        """Return the checksum of each document's rows, by its first path.

        Raises:
            LibraryError: the rows of a document are not those that were stored.
        """
        return self._documents.checksums()

    def signature(self) -> str:
        """Return a SHA-256 of all documents, pages, passages and vectors, whatever their ids and times."""
        return self._documents.signature()

    def select(self, where: Filter) -> Selection:
        """Return the documents that a filter leaves; UsageError where it leaves none, says why."""
        with self.snapshot():
            return select(self._database, where)

    def passages_in(self, documents: Iterable[int]) -> NDArray[np.int64]:
        """Return the ids of all passages of some documents, in any order."""
        return passage_ids(self._database, documents)

    # Files

    def files(self) -> dict[str, FileState]:
        """Return the state in which each file was read, by path; documents that lie in files are left out."""
        return self._paths.files()

    def paths(self) -> list[str]:
        """Return the paths of all documents, those that lie in files included, sorted."""
        return self._paths.all()

    def times(self, path: str) -> dict[str, int]:
        """Return the time of each file of the document at `path`, by path; empty where it is not in the library."""
        return self._paths.times(path)

    def touch(self, path: str, mtime_ns: int) -> None:
        """Remember a new time for a file whose content has not changed."""
        self._paths.touch(path, mtime_ns)

    def copies(self) -> dict[str, tuple[str, ...]]:
        """Return all paths of each document that has several, by its first path."""
        return self._paths.copies()

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

    # Passages

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """Return the passages in the order asked; those that are gone are left out."""
        return self._passages.get(ids)

    def places(self, ids: Iterable[int]) -> dict[int, Place]:
        """Return the path and the position of each passage; those that are gone are left out.

        Ids tell in which order passages came. This tells where they are, whatever happened to the library before.
        """
        return self._passages.places(ids)

    def count(self) -> int:
        """Return the number of passages."""
        return self._passages.count()

    def passage_ids(self) -> NDArray[np.int64]:
        """Return the ids of all passages, rising; no passage is read for it."""
        return self._passages.ids()

    def vectors(self) -> tuple[NDArray[np.int64], Vectors]:
        """Return the ids of all passages, rising, and their vectors as (n, d) rows in the same order."""
        return self._passages.vectors()

    def vector_batches(self, size: int = 4096, *, after: int = 0) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Yield ids greater than `after`, rising, and their (n, d) rows, at most `size` at a time."""
        return self._passages.vector_batches(size, after=after)

    def vectors_of(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], Vectors]:
        """Return those of the ids that are there, rising, and their (n, d) rows."""
        return self._passages.vectors_of(ids)

    # Words

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
        return self._words.keyword(question, k, documents)

    def mentions(self, topic: str) -> list[StoredPassage]:
        """Return every passage that holds the words of `topic` side by side, as they stand or by their stems."""
        return self._words.mentions(topic)

    def shares(self, word: str) -> dict[str, float]:
        """Return the share of its passages, 0 to 1, in which each document has `word`; others are left out."""
        return self._words.shares(word)

    def rewrite_keywords(self) -> None:
        """Write the keyword index anew, from nothing but the passages."""
        self._words.rewrite()

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

    # Proof

    def seal(self) -> bool:
        """Note the SHA-256 of the whole file until the next write; return whether that was done."""
        return self._database.seal()

    def seal_anew(self) -> bool:
        """Note the SHA-256 of the whole file, whatever was noted before; return whether that was done."""
        return self._database.seal_anew()

    @property
    def alone(self) -> bool:
        """Whether the database was found as a copy is that left its last changes behind: neither seal nor log."""
        return self._database.alone

    def check(self) -> list[str]:
        """Read everything and return what is wrong, one sentence each; an intact library gives none."""
        return [problem.sentence for problem in self.problems()]

    def problems(self) -> list[Problem]:
        """Read everything and return what is wrong, and of which kind it is; an intact library gives none."""
        return self._check.problems()

    def damage(self) -> LibraryDamaged | None:
        """Return what is wrong with the kinds of the values that are stored; None where these are as they should be."""
        return self._check.damage()
