"""The write path: files -> pages -> passages -> vectors -> library, one transaction a document."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ingest import DocumentError, Readers, cut, discover, faults, fingerprint, worth_reading_again
from rag_app.errors import RagError, UsageError
from rag_app.models.stopping import Stopped, check
from rag_app.storage.library_files import PART, LibraryFiles
from rag_app.storage.staging import Embedded
from rag_app.storage.store import FileState, is_exact, kept_time
from rag_app.types import COPY, RENAMED, DocumentReport, IngestReport
from rag_app.writing import mounts
from rag_app.writing.plan import Placing, content, is_below, plan, renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ingest import Document, Passage
    from rag_app.models.embedder import Embedder
    from rag_app.storage.staging import Staging
    from rag_app.storage.stale import Stale
    from rag_app.storage.store import Store
    from rag_app.types import FileStatus, StoredDocument, Vectors

    Write = Callable[[], object]

_TITLE_TOKENS = 32  # of the document's title before each embedded passage, of which it takes at most half
_NOTHING_FOUND = "holds no document"  # what `discover` says of a folder; for `sync` it is an answer
_AWAY = "was a disk that is not mounted now: its documents stay; mount it, or let them go with `rag sync --yes`"
_UNMOUNTED = "its disk is not mounted"
_KEPT = "; the last text that could be read is kept"
_TOGETHER = 64  # documents without files that one transaction takes
_LOOKING = 0.5  # seconds between two signs of life while files are compared with the library
_LONGEST_DETAIL = 200  # characters

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run has come."""

    path: str  # of the file being read
    files_done: int
    files: int
    passages_done: int  # of this file
    passages: int
    pages: int = 0  # read in this run
    embedded: int = 0  # passages of this run
    bytes_done: int = 0  # of the files that have to be read, as far as they are in the library; or old passages
    bytes: int = 0  # of all of them
    bytes_now: int = 0  # of this one


class Builder:
    """Brings files into a library."""

    def __init__(
        self,
        store: Store,
        embedder: Callable[[], Embedder],
        *,
        passage_tokens: int,
        overlap_tokens: int,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        tags: Sequence[str] = (),
        stop: Callable[[], bool] | None = None,
    ) -> None:
        """Take the parts.

        Args:
            store: where documents go.
            embedder: loaded at its first use: a run that finds nothing new needs none.
            passage_tokens: longest passage in the embedder's tokens, title and special tokens included.
            overlap_tokens: most that neighbouring passages share.
            password: for encrypted files.
            progress: told of each step.
            tags: given to the files that are new to the library.
            stop: asked at each step, and now and then while a file is read; True ends the run with Stopped.
        """
        self._store = store
        self._embedder = embedder
        self._passage_tokens = passage_tokens
        self._overlap_tokens = overlap_tokens
        self._password = password
        self._progress = _Progress(progress, stop)
        self._tags = tags
        self._kept: Mapping[str, tuple[str, ...]] = {}  # the tags before this run, by path
        self._moved: set[str] = set()  # paths whose content is found, under this or another one
        self._found: dict[str, FileState] = {}  # of this run's files, each looked at before it was hashed
        self._stored: Mapping[str, FileState] = {}  # before this run
        self._stale: Mapping[str, Stale] = {}  # files that could not be read before this run
        self._failing: dict[str, str] = {}  # files that cannot be read now, and why, until that is noted
        self._own = LibraryFiles(store.folder)

    def ingest(self, paths: Sequence[Path]) -> IngestReport:
        """Add new and changed files; a file that cannot be read becomes a line of the report."""
        begun = time.perf_counter()
        found = discover(paths)
        return self._bring(found.files, found.problems, (), only=None, begun=begun)

    def sync(
        self, folder: Path, *, confirmed: bool = False, only: Collection[str] | None = None, skip: Collection[str] = ()
    ) -> IngestReport:
        """Make what the library holds of `folder` equal to it.

        Args:
            folder: walked; documents elsewhere are left alone.
            confirmed: forget all of its documents where none is left in it, or in a folder of it that was a disk.
            only: compare these by content, and take others of the same size and time for unchanged; None means all.
            skip: files that are to stay as they are.

        Raises:
            UsageError: there is no such folder, or nothing is left in it.
        """
        begun = time.perf_counter()
        root = os.path.abspath(folder)  # noqa: PTH100  keeps links as they are, as the stored paths do
        if not os.path.isdir(root):  # noqa: PTH112  where it may not be looked at, no folder either
            what = "is not a folder" if os.path.lexists(root) else "does not exist"
            raise UsageError(f"{root} {what}.", hint="Check the path, and whether its disk is mounted.")
        found = discover([Path(root)])
        problems = [p for p in found.problems if p.path != root or not p.reason.startswith(_NOTHING_FOUND)]
        files = [path for path in found.files if str(path) not in skip]
        if confirmed:
            mounts.forget(self._store, root)
        disks = mounts.away(self._store, root)
        unseen = [*skip, *disks, *(problem.path for problem in problems)]  # what is there but was not looked at
        here, stored = {str(path) for path in found.files}, self._store.files()
        missing = [
            path
            for path in stored
            if is_below(path, root) and path not in here and not any(is_below(path, other) for other in unseen)
        ]
        if missing and not found.files and not confirmed:
            raise UsageError(
                f"{root} holds no documents any more, but the library has {len(missing):,} from there.",
                hint=f"If they are meant to go, run `rag sync --yes {root}`; else check whether its disk is mounted.",
            )
        mounts.remember(self._store, root, here)
        problems += [DocumentError(disk, _AWAY) for disk in disks if any(is_below(path, disk) for path in stored)]
        return self._bring(files, problems, missing, only=only, begun=begun)

    def add(self, documents: Iterable[Document]) -> None:
        """Store documents that come from no file of their own; those whose path is stored already are left out."""
        known = self._store.files()
        new = [document for document in documents if document.path not in known]
        self._progress.begin(len(new), 0, sum(len(document.text) for document in new))
        for first in range(0, len(new), _TOGETHER):
            self._write(self._putting(new[first : first + _TOGETHER]))
        if new:
            self._progress.end(new[-1].title)

    def _putting(self, documents: Sequence[Document]) -> list[Write]:
        """Return the writes that store documents that come from no file; their passages are embedded together."""
        self._progress.file(documents[0].title, sum(len(document.text) for document in documents))
        prepared = [self._prepared(document) for document in documents]
        texts = [text for _, read, _ in prepared for text in read]
        self._progress.passages(0, len(texts))
        vectors = self._embedder().embed_passages(texts, self._progress.embedded(len(texts)))
        writes: list[Write] = []
        done = 0
        for document, (passages, _, tokens_cut) in zip(documents, prepared, strict=True):
            content, rows = document.text.encode("utf-8", "replace"), slice(done, done := done + len(passages))
            put = partial(self._store.put, document, sha256=sha256(content).hexdigest(), bytes=len(content), mtime_ns=0)
            writes.append(partial(put, passages=passages, vectors=vectors[rows], tokens_cut=tokens_cut))
        self._progress.finished(len(documents), sum(len(document.text) for document in documents))
        return writes

    def forget(self, paths: Iterable[str]) -> list[DocumentReport]:
        """Remove stored paths; a document goes with its last one."""
        reports = []
        for path in paths:
            known = self._store.document(path)
            assert known is not None
            reports += self._place(known, Placing(known.paths, known.sha256, lost=(path,)))
        return reports

    def _bring(
        self,
        files: Sequence[Path],
        problems: Sequence[DocumentError],
        missing: Sequence[str],
        *,
        only: Collection[str] | None,
        begun: float,
    ) -> IngestReport:
        stored = self._stored = self._store.files()
        self._stale = self._store.stale()
        self._mark_below(problems)
        reports = [self._failed(problem.path, problem.reason) for problem in problems]
        files = [path for path in files if not self._own.names(path)]
        failed = self._look(files, stored, only=only)
        self._mark_failing()
        found, self._kept = self._found, self._store.tags()
        again = self._worth_reading_again(found)
        by_content = {path: content("" if path in again else state.sha256, path) for path, state in stored.items()}
        contents = {path: content(state.sha256, path) for path, state in found.items()}
        there = set(contents.values())
        self._moved = {path for path, what in by_content.items() if what in there}
        todo = plan(contents, by_content, missing)
        done = {report.path: report for report in failed}
        done |= self._unchanged({path: state for path, state in found.items() if path not in again}, stored)
        self._progress.begin(len(files), len(done), sum(found[reading.path].bytes for reading in todo.readings))
        with Readers() as readers:
            for placing in todo.placings:
                self._progress.file(placing.gained[0])
                self._note(done, self._each(placing.gained, partial(self._placed, placing, readers)))
            files_to_read = (Path(reading.path) for reading in todo.readings)
            documents = readers.read_all(files_to_read, self._password, self._progress.check)
            for reading, (_, document) in zip(todo.readings, documents, strict=True):
                size = found[reading.path].bytes
                self._progress.file(reading.path, size)
                read_in = partial(self._read_in, document, reading.path, reading.copies)
                self._note(done, self._each((reading.path, *reading.copies), read_in), size)
            for placing in todo.removals:
                self._note(done, self._each(placing.lost, partial(self._placed, placing, readers)))
        if files:
            self._progress.end(str(files[-1]))
        order = {str(path): place for place, path in enumerate(files)}
        reports += sorted(done.values(), key=lambda report: order.get(report.path, len(order)))
        return report_of(reports, stored, time.perf_counter() - begun)

    def _each(self, paths: Sequence[str], work: Callable[[], list[DocumentReport]]) -> list[DocumentReport]:
        """Return what `work` says of these files, or why it could not be done; what is wrong with others is raised.

        Whatever goes wrong with a file costs that file, also where it is a fault of ours: the next ones are still read.
        """
        try:
            return work()
        except (RagError, Stopped):  # of the library, the disk, the models
            raise
        except DocumentError as error:
            reason = error.reason
        except Exception as error:
            if error is self._progress.broken:
                raise
            level = logging.DEBUG if isinstance(error, OSError) else logging.ERROR
            _log.log(level, "%r failed: %s", paths[0], faults.told(error))
            reason = f"could not be read: {_one_line(error)}"
        return [self._failed(path, reason) for path in paths]

    def _failed(self, path: str, reason: str) -> DocumentReport:
        """Return the line of a file that cannot be read; where the library holds another text of it, it says so."""
        state = self._found.get(path)
        if path not in self._stored:
            return DocumentReport(path, "failed", reason=reason)
        if state and state.sha256 == self._stored[path].sha256:
            self._failing[path] = ""  # what is stored was read of the same bytes
            return DocumentReport(path, "failed", reason=reason)
        self._failing[path] = reason
        return DocumentReport(path, "failed", reason=reason + _KEPT)

    def _mark_failing(self) -> None:
        """Note which documents are stale now."""
        before = {path: stale.reason for path, stale in self._stale.items()}
        changed = {path: reason for path, reason in self._failing.items() if before.get(path, "") != reason}
        if changed:
            with self._store.together():
                self._store.mark_stale({path: reason for path, reason in changed.items() if reason})
                self._store.clear_stale([path for path, reason in changed.items() if not reason])
        self._failing.clear()

    def _mark_below(self, problems: Sequence[DocumentError]) -> None:
        """Note that what lies in a folder that cannot be opened, or on a disk that is away, cannot be read either."""
        folders = {
            problem.path: _UNMOUNTED if problem.reason == _AWAY else f"its folder {problem.reason}"
            for problem in problems
            if problem.path not in self._stored and not problem.reason.startswith(_NOTHING_FOUND)
        }
        if folders:
            self._failing |= {
                path: folders[parent]
                for path in self._stored
                for parent in map(str, PurePath(path).parents)
                if parent in folders
            }

    def _note(self, done: dict[str, DocumentReport], reports: Iterable[DocumentReport], size: int = 0) -> None:
        new = {report.path: report for report in reports}
        done |= new
        self._mark_failing()
        self._progress.finished(sum(report.status != "removed" for report in new.values()), size)

    def _look(
        self, files: Sequence[Path], stored: Mapping[str, FileState], *, only: Collection[str] | None
    ) -> list[DocumentReport]:
        """Find the state of each file, and return the lines of those that cannot be read."""
        failed: list[DocumentReport] = []
        for path in files:
            self._progress.looking(str(path), len(files))
            trusted = only is not None and str(path) not in only and str(path) not in self._stale
            failed += self._each((str(path),), partial(self._look_at, path, stored.get(str(path)) if trusted else None))
        return failed

    def _look_at(self, path: Path, known: FileState | None) -> list[DocumentReport]:
        """Find the state of a file; one that is `known` and has its size and time is not opened."""
        stat = self._stat(path)
        time = kept_time(stat.st_mtime_ns)
        if not (known and is_exact(time) and (known.bytes, known.mtime_ns) == (stat.st_size, time)):
            known = FileState(fingerprint(path), stat.st_size, time)
        self._found[str(path)] = known
        return []

    def _stat(self, path: Path) -> os.stat_result:
        """Return what is known of a file that may be opened.

        Raises:
            DocumentError: it is not there, or belongs to the library.
        """
        try:
            status = path.stat()
        except OSError as error:
            raise DocumentError(str(path), f"cannot be opened: {error.strerror or error}") from error
        if self._own.holds(status):
            raise DocumentError(str(path), PART)
        return status

    def _settled(self, document: Document, path: Path, state: FileState) -> Document:
        """Return `document`.

        Raises:
            DocumentError: its file is no longer the one that was looked at before it was read.
        """
        stat = self._stat(path)
        same = (stat.st_size, kept_time(stat.st_mtime_ns)) == (state.bytes, state.mtime_ns)
        if not same or fingerprint(path) != state.sha256:
            raise DocumentError(str(path), "is being written: it changed while it was read")
        return document

    def _worth_reading_again(self, found: Mapping[str, FileState]) -> set[str]:
        """Return the files whose pages were not recognised when they were read, and can be now."""
        unread = (path for path, warnings in self._store.warnings().items() if worth_reading_again(warnings))
        documents = filter(None, map(self._store.document, unread))
        return {path for document in documents for path in document.paths if path in found}

    def _unchanged(self, found: Mapping[str, FileState], stored: Mapping[str, FileState]) -> dict[str, DocumentReport]:
        same = {path for path, state in found.items() if path in stored and stored[path].sha256 == state.sha256}
        known = {path: document for document in self._store.documents() for path in document.paths if path in same}
        touched = [path for path in same if stored[path].mtime_ns != found[path].mtime_ns]
        mended = [path for path in same if path in self._stale]
        if touched or mended:
            with self._store.together():
                for path in touched:
                    self._store.touch(path, found[path].mtime_ns)
                self._store.clear_stale(mended)
        return {path: _report(path, "unchanged", known[path]) for path in same}

    def stage(self, staging: Staging) -> int:
        """Cut and embed the stored text of each document that is not in `staging` yet; return how many were."""
        checksums, documents = self._store.checksums(), self._store.documents()
        todo = [document for document in documents if checksums[document.path] not in staging]
        self._progress.begin(len(documents), len(documents) - len(todo), sum(document.chunks for document in todo))
        for known in todo:
            self._progress.file(known.path, known.chunks)
            document = self._store.read(known.path)
            staging.put(checksums[known.path], Embedded(*self._embedded(document)))
            self._progress.pages += known.pages
            self._progress.finished(1, known.chunks)
        if documents:
            self._progress.end(documents[-1].path)
        return len(documents) - len(todo)

    # Files whose content is stored already

    def _placed(self, placing: Placing, readers: Readers) -> list[DocumentReport]:
        for path in placing.held:
            known = self._store.document(path)
            if known and known.sha256 == placing.sha256:
                return self._place(known, placing)
        # Its last path went to another content in this run, as where two files were swapped.
        documents = readers.read_all(map(Path, placing.gained), self._password)
        kept = self._kept.get(placing.held[0], ())
        return [report for path, document in documents for report in self._read_in(document, str(path), (), kept)]

    def _place(self, known: StoredDocument, placing: Placing) -> list[DocumentReport]:
        times = self._store.times(known.path)
        before = {path for path in placing.gained if self._store.document(path)}
        for path in placing.lost:
            times.pop(path, None)
        times |= self._times_of(placing.gained)
        olds = dict(zip(placing.gained, placing.lost, strict=False))
        changed = [path for path in placing.gained if path not in olds and path not in before & self._moved]
        tags = self._tags_for(changed, before)
        writes = [*self._leaving(placing.gained, known), self._relocated(known, times)]
        self._write(writes + self._tagging(min(times, default=""), tags))
        copied = next((path for path in placing.held if path in times and path not in placing.gained), known.path)
        gained = [
            _report(path, "updated", known, f"{RENAMED}{olds[path]}")
            if path in olds
            else _report(path, "updated" if path in before else "added", known, f"{COPY}{copied}")
            for path in placing.gained
        ]
        return gained + [_report(path, "removed", known) for path in placing.lost if path not in olds.values()]

    def _times_of(self, paths: Iterable[str]) -> dict[str, int]:
        return {path: self._found[path].mtime_ns for path in paths}

    def _leaving(self, paths: Iterable[str], known: StoredDocument | None = None) -> list[Write]:
        """Return the writes by which other documents that keep a path lose these."""
        others = {other.path: other for other in map(self._store.document, paths) if other and other != known}
        writes: list[Write] = []
        for other in others.values():
            times = {path: time for path, time in self._store.times(other.path).items() if path not in paths}
            if times:
                writes.append(self._relocated(other, times))
        return writes

    def _relocated(self, known: StoredDocument, times: Mapping[str, int]) -> Write:
        """Return the write that gives a document other paths; a title that changes with them is embedded here."""
        title = renamed(known.title, known.path, min(times)) if times else known.title
        if title == known.title:
            return partial(self._store.relocate, known.path, times)
        document = replace(self._store.read(known.path), path=min(times), title=title)
        passages, vectors, _ = self._embedded(document)
        return partial(self._store.relocate, known.path, times, document, passages, vectors)

    def _tags_for(self, paths: Iterable[str], before: Collection[str]) -> tuple[str, ...]:
        """Return the tags that a document gains with these paths: those they had, and those for what is new."""
        return tuple(tag for path in paths for tag in (self._kept.get(path, ()) if path in before else self._tags))

    def _tagging(self, path: str, tags: Sequence[str]) -> list[Write]:
        return [partial(self._store.tag, path, add=tags)] if tags else []

    def _write(self, writes: Sequence[Write]) -> None:
        with self._store.together():
            for write in writes:
                write()

    # Files whose content is new

    def _read_in(
        self,
        document: Document | DocumentError,
        name: str,
        copies: Sequence[str],
        kept: Sequence[str] | None = None,
    ) -> list[DocumentReport]:
        """Put what was read of a file, and of its copies, into the library, unless it was written meanwhile.

        Args:
            document: what was read.
            name: the path.
            copies: other paths of the same content.
            kept: the tags of a document that comes back under another path; else they come with the paths.

        Raises:
            DocumentError: it could not be read, or it was written meanwhile.
        """
        if isinstance(document, DocumentError):
            raise document
        before, state = {path for path in (name, *copies) if self._store.document(path)}, self._found[name]
        document = self._settled(document, Path(name), state)
        self._progress.pages += len(document.pages)
        passages, vectors, tokens_cut = self._embedded(document)
        put = partial(
            self._store.put,
            document,
            sha256=state.sha256,
            bytes=state.bytes,
            mtime_ns=state.mtime_ns,
            passages=passages,
            vectors=vectors,
            copies=self._times_of(copies),
            tokens_cut=tokens_cut,
        )
        tags = self._tags_for((name, *copies), before) if kept is None else kept
        self._write([*self._leaving((name, *copies)), put, *self._tagging(name, tags)])
        known = self._store.document(name)
        assert known is not None
        status: FileStatus = "empty" if not passages else "updated" if name in before else "added"
        reason = "; ".join(document.warnings) or None
        if status == "empty":
            reason = "no text found: the pages may be scans" + (f"; {reason}" if reason else "")
        return [
            _report(name, status, known, reason),
            *(_report(path, "updated" if path in before else "added", known, f"{COPY}{name}") for path in copies),
        ]

    def _embedded(self, document: Document) -> tuple[Sequence[Passage], Vectors | None, int]:
        """Return the passages, their vectors, and the tokens of them that the embedder did not read."""
        passages, texts, tokens_cut = self._prepared(document)
        if not passages:
            return [], None, 0
        self._progress.passages(0, len(texts))
        return passages, self._embedder().embed_passages(texts, self._progress.embedded(len(texts))), tokens_cut

    def _prepared(self, document: Document) -> tuple[list[Passage], list[str], int]:
        """Return the passages, the texts to embed for them, and the tokens of these that the embedder will not read."""
        if not document.text.strip():
            return [], [], 0
        embedder, header = self._embedder(), self._header(document)
        passages = self._cut(document, header)
        texts = [header + passage.text for passage in passages]
        room = embedder.max_tokens - embedder.special_tokens
        tokens_cut = sum(max(tokens - room, 0) for tokens in embedder.count_tokens(texts))
        return passages, texts, tokens_cut

    def _cut(self, document: Document, header: str) -> list[Passage]:
        embedder = self._embedder()
        room = self._limit() - embedder.count_tokens([header])[0]
        return cut(document, embedder.count_tokens, room, min(self._overlap_tokens, room - 1))

    def _header(self, document: Document) -> str:
        """Return what is embedded before each passage: the document's title, as far as it is short."""
        count, words = self._embedder().count_tokens, document.title.split()
        most = min(_TITLE_TOKENS, self._limit() // 2)
        while words and count([" ".join(words)])[0] > most:
            words.pop()
        return " ".join(words) + "\n"

    def _limit(self) -> int:
        """Return the most tokens of a title and its passage together."""
        embedder = self._embedder()
        return min(self._passage_tokens, embedder.max_tokens) - embedder.special_tokens


def report_of(reports: Sequence[DocumentReport], known: Collection[str], seconds: float) -> IngestReport:
    """Count what became of the files; `known` are the documents that were there before."""
    kinds = Counter(
        ("updated" if report.path in known else "added") if report.status == "empty" else report.status
        for report in reports
    )
    return IngestReport(
        kinds["added"],
        kinds["updated"],
        kinds["unchanged"],
        kinds["removed"],
        kinds["failed"],
        round(seconds, 3),
        tuple(map(_marked, reports)),
    )


_CODES = {RENAMED: "renamed", COPY: "copy"}  # by how a reason begins
_HINTS = {  # by what stands in the reason of a failed file
    "password is needed": "Give the password of an encrypted PDF with --password.",
    "password is wrong": "Check the password.",
    "does not exist": "Check the path.",
}


def _marked(report: DocumentReport) -> DocumentReport:
    """Return the report with its code and hint."""
    reason, code, hint = report.reason or "", report.code, report.hint
    for beginning, named in _CODES.items():
        if reason.startswith(beginning):
            code = named
    for words, advice in _HINTS.items():
        if report.status == "failed" and words in reason:
            hint = advice
    return replace(report, code=code, hint=hint)


class _Progress:
    """Adds up what a run has done, for who wants to be told."""

    def __init__(self, tell: Callable[[Step], None] | None, stop: Callable[[], bool] | None) -> None:
        self._tell = tell
        self._stop = stop
        self._now = Step("", 0, 0, 0, 0)
        self._last = time.monotonic()
        self.pages = 0
        self.broken: Exception | None = None  # what was raised by who is told

    def check(self) -> None:
        """Raise Stopped where the run is to end."""
        if self._stop:
            check(self._stop)

    def looking(self, path: str, files: int) -> None:
        """Tell now and then that files are compared with the library."""
        if time.monotonic() - self._last > _LOOKING:
            self._last = time.monotonic()
            self._step(path=path, files=files)

    def begin(self, files: int, done: int, size: int) -> None:
        """Take how much there is to do."""
        self._now = replace(self._now, files=files, files_done=done, bytes=size)

    def file(self, path: str, size: int = 0) -> None:
        """Tell that a file begins."""
        self._step(path=path, passages_done=0, passages=0, bytes_now=size)

    def passages(self, done: int, passages: int) -> None:
        """Take how many passages of the file are embedded."""
        self._now = replace(self._now, passages_done=done, passages=passages)

    def embedded(self, passages: int) -> Callable[[int], None]:
        """Return what is to be told of passages as they are embedded."""

        def step(count: int) -> None:
            now = self._now
            self._step(passages_done=now.passages_done + count, passages=passages, embedded=now.embedded + count)

        return step

    def finished(self, files: int, size: int) -> None:
        """Take that files are in the library."""
        now = self._now
        self._now = replace(now, files_done=now.files_done + files, bytes_done=now.bytes_done + size)

    def end(self, path: str) -> None:
        """Tell that all is done."""
        self._step(path=path, files_done=self._now.files, passages_done=0, passages=0)

    def _step(self, **changes: object) -> None:
        self.check()
        self._now = replace(self._now, pages=self.pages, **changes)  # type: ignore[arg-type]
        if self._tell:
            try:
                self._tell(self._now)
            except Exception as error:
                self.broken = error
                raise


def _one_line(error: Exception) -> str:
    text = (isinstance(error, OSError) and error.strerror) or str(error)
    return " ".join(text.split())[:_LONGEST_DETAIL] or type(error).__name__


def _report(path: str, status: FileStatus, known: StoredDocument, reason: str | None = None) -> DocumentReport:
    return DocumentReport(path, status, known.pages, known.pages_with_text, known.chunks, reason)
