"""The write path: files -> pages -> passages -> vectors -> library, one transaction a document."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from itertools import tee
from typing import TYPE_CHECKING

from ingest import DocumentError, Readers, cut, discover, fingerprint
from rag_app.types import DocumentReport, IngestReport

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from ingest import Document, Passage
    from rag_app.embedder import Embedder
    from rag_app.store import Store
    from rag_app.types import FileStatus, Vectors

_TITLE_TOKENS = 32  # of the document's title before each embedded passage, of which it takes at most half


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run has come."""

    path: str  # of the file being read
    files_done: int
    files: int
    passages_done: int  # of this file
    passages: int


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file is before it is read."""

    path: Path
    stat: os.stat_result
    sha256: str
    known: bool  # an older version is in the library


class Builder:
    """Brings files into a library."""

    def __init__(
        self,
        store: Store,
        embedder: Callable[[], Embedder],
        changed: Callable[[], None],
        *,
        passage_tokens: int,
        overlap_tokens: int,
    ) -> None:
        """Take the parts.

        Args:
            store: where documents go.
            embedder: loaded at its first use: a run that finds nothing new needs none.
            changed: told of every change of the store.
            passage_tokens: longest passage in the embedder's tokens, title and special tokens included.
            overlap_tokens: most that neighbouring passages share.
        """
        self._store = store
        self._embedder = embedder
        self._changed = changed
        self._passage_tokens = passage_tokens
        self._overlap_tokens = overlap_tokens

    def ingest(
        self, paths: Sequence[Path], password: str | None, progress: Callable[[Step], None] | None
    ) -> IngestReport:
        """Add new and changed files; a file that cannot be read becomes a line of the report."""
        begun = time.perf_counter()
        found = discover(paths)
        known = {document.path for document in self._store.documents()}
        reports = [DocumentReport(problem.path, "failed", reason=problem.reason) for problem in found.problems]
        looks, ahead = tee(map(self._look, found.files))
        with Readers() as readers:
            documents = readers.read_all((look.path for look in ahead if isinstance(look, _Look)), password)
            for done, (path, look) in enumerate(zip(found.files, looks, strict=True)):
                tell = _teller(progress, str(path), done, len(found.files))
                tell(0, 0)
                reports.append(self._put(look, next(documents)[1], tell) if isinstance(look, _Look) else look)
        if progress and found.files:
            progress(Step(str(found.files[-1]), len(found.files), len(found.files), 0, 0))
        return report_of(reports, known, time.perf_counter() - begun)

    def _look(self, path: Path) -> _Look | DocumentReport:
        """Tell a file that is to be read from one that is unchanged, or cannot be opened."""
        name = str(path)
        try:
            stat = path.stat()
            sha256 = fingerprint(path)
        except DocumentError as error:
            return DocumentReport(name, "failed", reason=error.reason)
        except OSError as error:
            return DocumentReport(name, "failed", reason=f"cannot be read: {error.strerror or error}")
        known = self._store.document(name)
        if known and known.sha256 == sha256:
            return DocumentReport(name, "unchanged", known.pages, known.pages_with_text, known.chunks)
        return _Look(path, stat, sha256, known is not None)

    def _put(self, look: _Look, document: Document | DocumentError, tell: Callable[[int, int], None]) -> DocumentReport:
        name = str(look.path)
        if isinstance(document, DocumentError):
            return DocumentReport(name, "failed", reason=document.reason)
        passages = self._cut(document) if document.text.strip() else []
        vectors = self._embed(document, passages, tell) if passages else None
        self._store.put(
            document,
            sha256=look.sha256,
            bytes=look.stat.st_size,
            mtime_ns=look.stat.st_mtime_ns,
            passages=passages,
            vectors=vectors,
        )
        self._changed()
        with_text = sum(bool(page.text.strip()) for page in document.pages)
        status: FileStatus = "empty" if not passages else "updated" if look.known else "added"
        reason = "; ".join(document.warnings) or None
        if status == "empty":
            reason = "no text found: the pages may be scans" + (f"; {reason}" if reason else "")
        return DocumentReport(name, status, len(document.pages), with_text, len(passages), reason)

    def _cut(self, document: Document) -> list[Passage]:
        embedder = self._embedder()
        room = self._limit() - embedder.count_tokens([self._header(document)])[0]
        return cut(document, embedder.count_tokens, room, min(self._overlap_tokens, room - 1))

    def _embed(self, document: Document, passages: Sequence[Passage], tell: Callable[[int, int], None]) -> Vectors:
        header, done = self._header(document), 0

        def step(count: int) -> None:
            nonlocal done
            done += count
            tell(done, len(passages))

        return self._embedder().embed_passages([header + passage.text for passage in passages], step)

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
        tuple(reports),
    )


def _teller(progress: Callable[[Step], None] | None, path: str, done: int, files: int) -> Callable[[int, int], None]:
    def tell(passages_done: int, passages: int) -> None:
        if progress:
            progress(Step(path, done, files, passages_done, passages))

    return tell
