"""The write path: files -> pages -> passages -> vectors -> library, one transaction a document."""

from __future__ import annotations

import os
import time
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import DocumentError, discover
from rag_app.errors import UsageError
from rag_app.writing import mounts, report_lines
from rag_app.writing.embedding import Embedding
from rag_app.writing.file_states import FileStates
from rag_app.writing.ingestion import Ingestion
from rag_app.writing.plan import is_below
from rag_app.writing.relocation import Relocation
from rag_app.writing.report_lines import report_of
from rag_app.writing.steps import Progress, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from ingest import Document, Ocr, PassedOver
    from rag_app.models.embedder import Embedder
    from rag_app.reports import DocumentReport, IngestReport
    from rag_app.storage.staging import Staging
    from rag_app.storage.store import Store

__all__ = ["Builder", "Step", "report_of"]

_AWAY = "was a disk that is not mounted now: its documents stay; mount it, or let them go with `rag sync --yes`"
_TOGETHER = 64  # documents without files that one transaction takes


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
        ocr: Ocr = "auto",
        save: Callable[[], object] | None = None,
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
            ocr: which pages are recognised, after all documents are read.
            save: called before that, so that others find those documents quickly meanwhile.
        """
        self._store = store
        self._password = password
        self._tags = tags
        self._ocr: Ocr = ocr
        self._save = save
        self._progress = Progress(progress, stop)
        self._embedding = Embedding(embedder, passage_tokens, overlap_tokens, self._progress)
        self._relocation = Relocation(store, self._embedding)

    def ingest(self, paths: Sequence[Path]) -> IngestReport:
        """Add new and changed files; a file that cannot be read becomes a line of the report."""
        begun = time.perf_counter()
        found = discover(paths)
        return self._bring(found.files, found.problems, found.passed_over, (), only=None, begun=begun)

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
        root = _folder(folder)
        found = discover([Path(root)])
        problems = [problem for problem in found.problems if problem.path != root or problem.code != "nothing_found"]
        if confirmed:
            mounts.forget(self._store, root)
        disks = mounts.away(self._store, root)
        here = {str(path) for path in found.files}
        unseen = [*skip, *disks, *(problem.path for problem in problems)]  # what is there but was not looked at
        stored = self._store.files()
        missing = _missing(stored, root, here, unseen)
        if missing and not here and not confirmed:
            raise _all_gone(root, len(missing))
        mounts.remember(self._store, root, here)
        files = [path for path in found.files if str(path) not in skip]
        problems += _away(stored, disks)
        return self._bring(files, problems, found.passed_over, missing, only=only, begun=begun)

    def _bring(
        self,
        files: Sequence[Path],
        problems: Sequence[DocumentError],
        passed_over: Sequence[PassedOver],
        missing: Sequence[str],
        *,
        only: Collection[str] | None,
        begun: float,
    ) -> IngestReport:
        run = Ingestion(
            self._store,
            self._embedding,
            self._progress,
            password=self._password,
            tags=self._tags,
            ocr=self._ocr,
            save=self._save,
        )
        reports = run.bring(files, problems, missing, only=only)
        own = FileStates(self._store.folder)
        others = [one for one in passed_over if not own.is_own(Path(one.path))]
        return report_of(reports, run.before, time.perf_counter() - begun, [*others, *run.passed_over])

    def add(self, documents: Iterable[Document]) -> None:
        """Store documents that come from no file of their own; those whose path is stored already are left out."""
        known = self._store.files()
        new = [document for document in documents if document.path not in known]
        self._progress.begin(len(new), 0, _characters(new))
        for first in range(0, len(new), _TOGETHER):
            self._put(new[first : first + _TOGETHER])
        if new:
            self._progress.end(new[-1].title)

    def _put(self, documents: Sequence[Document]) -> None:
        """Store documents that come from no file, at once; their passages are embedded together."""
        self._progress.file(documents[0].title, _characters(documents))
        writes = []
        for document, embedded in zip(documents, self._embedding.of_all(documents), strict=True):
            content = document.text.encode("utf-8", "replace")
            put = partial(
                self._store.put,
                document,
                sha256=sha256(content).hexdigest(),
                bytes=len(content),
                mtime_ns=0,
                passages=embedded.passages,
                vectors=embedded.vectors,
                tokens_cut=embedded.tokens_cut,
            )
            writes.append(put)
        self._progress.finished(len(documents), _characters(documents))
        self._relocation.write(writes)

    def forget(self, paths: Iterable[str]) -> list[DocumentReport]:
        """Remove stored paths; a document goes with its last one."""
        reports = []
        for path in paths:
            known = self._store.document(path)
            assert known is not None
            times = self._store.times(path)
            del times[path]
            self._relocation.write([self._relocation.of(known, times)])
            reports.append(report_lines.line(path, "removed", known))
        return reports

    def stage(self, staging: Staging) -> int:
        """Cut and embed the stored text of each document that is not in `staging` yet; return how many were."""
        checksums, documents = self._store.checksums(), self._store.documents()
        todo = [document for document in documents if checksums[document.path] not in staging]
        self._progress.begin(len(documents), len(documents) - len(todo), sum(document.chunks for document in todo))
        for known in todo:
            self._progress.file(known.path, known.chunks)
            staging.put(checksums[known.path], self._embedding.of(self._store.read(known.path)))
            self._progress.pages += known.pages
            self._progress.finished(1, known.chunks)
        if documents:
            self._progress.end(documents[-1].path)
        return len(documents) - len(todo)


def _folder(folder: Path) -> str:
    """Return the absolute path of a folder that is there."""
    root = os.path.abspath(folder)  # noqa: PTH100  keeps links as they are, as the stored paths do
    if not os.path.isdir(root):  # noqa: PTH112  where it may not be looked at, no folder either
        what = "is not a folder" if os.path.lexists(root) else "does not exist"
        raise UsageError(f"{root} {what}.", hint="Check the path, and whether its disk is mounted.")
    return root


def _missing(stored: Iterable[str], root: str, here: Collection[str], unseen: Sequence[str]) -> list[str]:
    """Return the stored paths below `root` that are not there; what was not looked at may be."""
    missing = []
    for path in stored:
        if is_below(path, root) and path not in here and not any(is_below(path, other) for other in unseen):
            missing.append(path)
    return missing


def _away(stored: Collection[str], disks: Sequence[str]) -> list[DocumentError]:
    """Return a problem for each disk that is away and has documents in the library."""
    there = [disk for disk in disks if any(is_below(path, disk) for path in stored)]
    return [DocumentError(disk, _AWAY, "unmounted") for disk in there]


def _all_gone(root: str, count: int) -> UsageError:
    return UsageError(
        f"{root} holds no documents any more, but the library has {count:,} from there.",
        hint=f"If they are meant to go, run `rag sync --yes {root}`; else check whether its disk is mounted.",
    )


def _characters(documents: Iterable[Document]) -> int:
    return sum(len(document.text) for document in documents)
