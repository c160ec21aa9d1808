"""One run: the files that were found, compared with what is stored, and brought into the library one by one."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import DocumentError, PassedOver, Readers, Scans, faults, ocr_available, waiting
from rag_app.errors import RagError
from rag_app.language.reading import lexicon
from rag_app.models.stopping import Stopped
from rag_app.storage.scanned import ScannedPages
from rag_app.writing import report_lines
from rag_app.writing.file_states import FileStates
from rag_app.writing.plan import Reading, content, lasting, plan, renamed
from rag_app.writing.relocation import Relocation
from rag_app.writing.scanning import KeptPages, Waiting, contents_waiting, find_waiting, recipe
from rag_app.writing.staleness import Staleness, loss

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ingest import Document, Ocr
    from rag_app.reports import DocumentReport, FileStatus
    from rag_app.storage.paths import FileState
    from rag_app.storage.store import Store
    from rag_app.types import StoredDocument
    from rag_app.writing.embedding import Embedding
    from rag_app.writing.plan import Placing, Plan
    from rag_app.writing.steps import Progress

_LONGEST_DETAIL = 200  # characters

_log = logging.getLogger(__name__)


class Ingestion:
    """Brings files into a library; one that cannot be read costs no other."""

    def __init__(
        self,
        store: Store,
        embedding: Embedding,
        progress: Progress,
        *,
        password: str | None,
        tags: Sequence[str],
        ocr: Ocr,
        save: Callable[[], object] | None,
    ) -> None:
        """Look at what the library holds before the run.

        Args:
            store: the library.
            embedding: of what is new.
            progress: told of each step.
            password: for encrypted files.
            tags: given to the files that are new to the library.
            ocr: which pages are recognised, after all documents are read.
            save: called before that; None where there is nothing to save.
        """
        self.before: Mapping[str, FileState] = store.files()
        self.passed_over: list[PassedOver] = []  # files that hold nothing
        self._store = store
        self._embedding = embedding
        self._progress = progress
        self._password = password
        self._tags = tags
        self._ocr: Ocr = ocr
        self._save = save
        self._deferred: list[Waiting] = []  # what is stored of them stays until their pages are recognised
        self._tags_before = store.tags()  # by path
        self._files = FileStates(store.folder)
        self._staleness = Staleness(store, self.before)
        self._relocation = Relocation(store, embedding)
        self._lasting: Collection[str] = ()  # stored paths whose content is found, under this name or another
        self._done: dict[str, DocumentReport] = {}

    def bring(
        self,
        files: Sequence[Path],
        problems: Sequence[DocumentError],
        missing: Sequence[str],
        *,
        only: Collection[str] | None,
    ) -> list[DocumentReport]:
        """Make the library hold `files` and nothing that is `missing`; return a line for each, in the order given.

        Args:
            files: that were found.
            problems: what was found and cannot be read; these lines come first.
            missing: stored paths that are to go.
            only: compare these by content, and take others of the same size and time for unchanged; None means all.
        """
        self._staleness.failed_below(problems)
        unreadable = [self._failed(problem.path, problem) for problem in problems]
        paths = [str(path) for path in files if not self._files.is_own(path)]
        self._look(paths, only)
        todo = self._planned(missing)
        size = sum(self._files.found[reading.path].bytes for reading in todo.readings)
        self._progress.begin(len(paths), len(self._done), size)
        self._do(todo)
        if paths:
            self._progress.end(paths[-1])
        order = {path: place for place, path in enumerate(paths)}
        return unreadable + sorted(self._done.values(), key=lambda report: order.get(report.path, len(order)))

    # What is to be done

    def _look(self, paths: Sequence[str], only: Collection[str] | None) -> None:
        """Find the state of each file; those that cannot be read have failed, new ones that are empty are left."""
        for path in paths:
            self._progress.looking(path, len(paths))
            trusted = only is not None and path not in only and path not in self._staleness
            known = self.before.get(path) if trusted else None
            self._take(self._attempt((path,), partial(self._look_at, path, known)))
        self._staleness.note()

    def _look_at(self, path: str, known: FileState | None) -> list[DocumentReport]:
        try:
            self._files.look(path, known)
        except DocumentError as problem:
            if problem.code != "empty" or path in self.before:  # what is stored of it would be out of date
                raise
            self.passed_over.append(PassedOver(path, problem.reason))
        return []

    def _planned(self, missing: Sequence[str]) -> Plan:
        """Return what is to be done; files that are what is stored are done with that."""
        found = {path: content(state.sha256, path) for path, state in self._files.found.items()}
        stored = {path: content(state.sha256, path) for path, state in self.before.items()}
        self._lasting = lasting(found, stored)
        todo = plan(found, stored, missing)
        self._take(self._unchanged())
        return todo

    def _unchanged(self) -> list[DocumentReport]:
        """Return the lines of the files that are what is stored; new times, and that they can be read, are noted."""
        same, touched = set(), {}
        for path, state in self._files.found.items():
            stored = self.before.get(path)
            if stored and stored.sha256 == state.sha256:
                same.add(path)
                if stored.mtime_ns != state.mtime_ns:
                    touched[path] = state.mtime_ns
        mended = [path for path in same if path in self._staleness]
        if touched or mended:
            with self._store.together():
                for path, mtime_ns in touched.items():
                    self._store.touch(path, mtime_ns)
                self._store.clear_stale(mended)
        known = {path: document for document in self._store.documents() for path in document.paths if path in same}
        return [report_lines.line(path, "unchanged", known.get(path) or self._known(path)) for path in same]

    def _known(self, path: str) -> StoredDocument:
        """Return the document at a stored path."""
        known = self._store.document(path)
        assert known is not None
        return known

    # Doing it

    def _do(self, todo: Plan) -> None:
        with Readers(lexicon=lexicon()) as readers:
            for placing in todo.placings:
                self._progress.file(placing.gained[0])
                self._finish(self._attempt(placing.gained, partial(self._placed, placing, readers)))
            names = (Path(reading.path) for reading in todo.readings)
            documents = readers.read_all(names, self._password, self._progress.check, self._later)
            for reading, (_, document) in zip(todo.readings, documents, strict=True):
                size = self._files.found[reading.path].bytes
                self._progress.file(reading.path, size)
                self._progress.pages += _pages(document)
                self._finish(self._attempt(reading.paths, partial(self._read_in, document, reading)), size)
            for placing in todo.removals:
                self._finish(self._attempt(placing.lost, partial(self._placed, placing, readers)))
            self._recognise(readers)

    @property
    def _later(self) -> Scans:
        return Scans(self._ocr, later=True)

    def _recognise(self, readers: Readers) -> None:
        """Read the documents once more that wait for their pages, and store each when it has them."""
        todo = [*self._deferred, *find_waiting(self._store, self._files, self._ocr)] if ocr_available() else []
        if not todo and not ScannedPages.exist(self._store.folder):
            return
        self._deferred = []
        if todo and self._save:
            self._save()
        pages = ScannedPages.open(self._store.folder, recipe())
        try:
            pages.only(contents_waiting(self._store) | {one.reading.sha256 for one in todo})
            if todo:
                self._recognise_each(todo, readers, pages)
        finally:
            pages.close()

    def _recognise_each(self, todo: Sequence[Waiting], readers: Readers, pages: ScannedPages) -> None:
        kept = KeptPages(pages, self._files)
        total = sum(one.pages for one in todo) - sum(map(pages.count, {one.reading.sha256 for one in todo}))

        def beat() -> None:
            kept.check()
            self._progress.scanned(kept.done, max(total, kept.done))

        beat()
        names = (Path(one.reading.path) for one in todo)
        documents = readers.read_all(names, self._password, beat, Scans(self._ocr, kept=kept))
        for one, (_, document) in zip(todo, documents, strict=True):
            beat()
            self._progress.file(one.reading.path)
            tags = () if one.stored else None
            reports = self._attempt(one.reading.paths, partial(self._read_in, document, one.reading, tags))
            self._finish(reports, counted=not one.stored)
            if not any(report.status == "failed" for report in reports):
                pages.drop(one.reading.sha256)
        beat()

    def _attempt(self, paths: Sequence[str], work: Callable[[], list[DocumentReport]]) -> list[DocumentReport]:
        """Return what `work` says of these files, or why it could not be done; what is wrong with others is raised.

        Whatever goes wrong with a file costs that file, also where it is a fault of ours: the next ones are still read.
        """
        try:
            return work()
        except (RagError, Stopped):  # of the library, the disk, the models
            raise
        except DocumentError as error:
            problem = error
        except Exception as error:
            if error is self._progress.broken:
                raise
            level = logging.DEBUG if isinstance(error, OSError) else logging.ERROR
            _log.log(level, "%r failed: %s", paths[0], faults.told(error))
            problem = DocumentError(paths[0], f"could not be read: {_one_line(error)}")
        return [self._failed(path, problem) for path in paths]

    def _failed(self, path: str, problem: DocumentError) -> DocumentReport:
        kept = self._staleness.failed(path, problem.reason, self._files.found.get(path))
        return report_lines.failed(path, problem, kept=kept)

    def _take(self, reports: Iterable[DocumentReport]) -> None:
        self._done |= {report.path: report for report in reports}

    def _finish(self, reports: Sequence[DocumentReport], size: int = 0, *, counted: bool = True) -> None:
        """Take the lines of files that are done; `size`: their bytes, where they were read; `counted`: not before."""
        self._take(reports)
        self._staleness.note()
        if counted:
            self._progress.finished(sum(report.status != "removed" for report in reports), size)

    # Files whose content is stored already

    def _placed(self, placing: Placing, readers: Readers) -> list[DocumentReport]:
        for path in placing.held:
            known = self._store.document(path)
            if known and known.sha256 == placing.sha256:
                return self._place(known, placing)
        # Its last path went to another content in this run, as where two files were swapped.
        tags, reports = self._tags_before.get(placing.held[0], ()), []
        for file, document in readers.read_all(map(Path, placing.gained), self._password, scans=self._later):
            reports += self._read_in(document, Reading(str(file), placing.sha256), tags)
        return reports

    def _place(self, known: StoredDocument, placing: Placing) -> list[DocumentReport]:
        """Give a document its new paths, except those whose files have lost what is stored of them."""
        taken = [path for path in placing.gained if path not in known.paths and self._store.document(path)]
        losses = self._losses(self._store.read(known.path), taken, known.sha256) if taken else {}
        placing = replace(placing, gained=tuple(path for path in placing.gained if path not in losses))
        failed = [self._failed(path, problem) for path, problem in losses.items()]
        return failed + (self._relocate(known, placing) if placing.gained or placing.lost else [])

    def _relocate(self, known: StoredDocument, placing: Placing) -> list[DocumentReport]:
        times = self._store.times(known.path)
        for path in placing.lost:
            times.pop(path, None)
        times |= self._files.times_of(placing.gained)
        writes = [*self._relocation.leaving(placing.gained, known), self._relocation.of(known, times)]
        tags = self._tags_with(path for path in placing.gained if self._brings_tags(path, placing))
        self._relocation.write(writes + self._relocation.tagging(min(times, default=""), tags))
        return self._lines_of(known, placing, times)

    def _lines_of(self, known: StoredDocument, placing: Placing, times: Collection[str]) -> list[DocumentReport]:
        old_names = placing.old_names
        originals = (path for path in placing.held if path in times and path not in placing.gained)
        original = next(originals, known.path)
        reports = []
        for path in placing.gained:
            if path in old_names:
                reports.append(report_lines.renamed(path, known, old_names[path]))
            else:
                reports.append(report_lines.copied(path, self._status(path), known, original))
        removed = [path for path in placing.lost if path not in old_names.values()]
        return reports + [report_lines.line(path, "removed", known) for path in removed]

    def _brings_tags(self, path: str, placing: Placing) -> bool:
        """Tell whether tags come with a path: not with a new name, nor where they stay with what it held before."""
        return path not in placing.old_names and not (path in self.before and path in self._lasting)

    def _tags_with(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the tags that a document gains with these paths: those they had, and those for what is new."""
        tags: list[str] = []
        for path in paths:
            tags += self._tags_before.get(path, ()) if path in self.before else self._tags
        return tuple(tags)

    def _status(self, path: str) -> FileStatus:
        """Return what becomes of a file that comes in."""
        return "updated" if path in self.before else "added"

    # Files whose content is new

    def _read_in(
        self, document: Document | DocumentError, reading: Reading, tags: Sequence[str] | None = None
    ) -> list[DocumentReport]:
        """Put what was read of a file, and of its copies, into the library.

        Args:
            document: what was read.
            reading: of which files.
            tags: of a document that comes back under another path; else they come with the paths.

        Raises:
            DocumentError: it could not be read, or it was written meanwhile.
        """
        if isinstance(document, DocumentError):
            raise document
        self._files.check_settled(reading.path)
        losses = self._losses(document, reading.paths, self._files.found[reading.path].sha256)
        if losses and (pages := _waiting(document)):  # that may hold what is stored of it
            self._deferred.append(Waiting(reading, pages, stored=False))
            return []
        failed = [self._failed(path, problem) for path, problem in losses.items()]
        rest = [path for path in reading.paths if path not in losses]
        if not rest:
            return failed
        first = min(rest)
        document = replace(document, path=first, title=renamed(document.title, reading.path, first))
        return self._put(document, Reading(first, reading.sha256, tuple(sorted({*rest} - {first}))), tags) + failed

    def _losses(self, document: Document, paths: Iterable[str], sha256: str) -> dict[str, DocumentError]:
        """Return why files keep the text that is stored of them, instead of what was read now, by path."""
        found = {}
        for path in paths:
            problem = None if path in self._lasting else loss(self._store, path, document, sha256)
            if problem:
                found[path] = problem
        return found

    def _put(self, document: Document, reading: Reading, tags: Sequence[str] | None) -> list[DocumentReport]:
        """Store what was read, and return the lines of its files."""
        if tags is None:
            tags = self._tags_with(reading.paths)
        put = self._putting(document, reading)
        leaving = self._relocation.leaving(reading.paths)
        self._relocation.write([*leaving, put, *self._relocation.tagging(reading.path, tags)])
        known = self._known(reading.path)
        found = [path for path in reading.copies if path in self._files.found]
        copies = [report_lines.copied(path, self._status(path), known, reading.path) for path in found]
        return [report_lines.read(reading.path, self._status(reading.path), known, document), *copies]

    def _putting(self, document: Document, reading: Reading) -> Callable[[], object]:
        """Return the write that stores a document and its copies; it is embedded here."""
        state, embedded = self._state(reading.path), self._embedding.of(document)
        members = [self._embedding.of(member.document) for member in document.members]
        return partial(
            self._store.put,
            document,
            sha256=state.sha256,
            bytes=state.bytes,
            mtime_ns=state.mtime_ns,
            passages=embedded.passages,
            vectors=embedded.vectors,
            copies={path: self._state(path).mtime_ns for path in reading.copies},
            tokens_cut=embedded.tokens_cut,
            members=members,
        )

    def _state(self, path: str) -> FileState:
        """Return the state of a file, which is that of before where this run did not look for it."""
        return self._files.found.get(path) or self.before[path]


def _pages(document: Document | DocumentError) -> int:
    """Return how many pages were read."""
    if isinstance(document, DocumentError):
        return 0
    return len(document.pages) + sum(len(member.document.pages) for member in document.members)


def _waiting(document: Document) -> int:
    """Return how many pages wait to be recognised, with those of what lies in the file."""
    return sum(len(waiting(one.remarks)) for one in (document, *(member.document for member in document.members)))


def _one_line(error: Exception) -> str:
    text = (isinstance(error, OSError) and error.strerror) or str(error)
    return " ".join(text.split())[:_LONGEST_DETAIL] or type(error).__name__
