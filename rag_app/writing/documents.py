"""The documents of a library: brought in, tagged, listed, read, removed, and compared with their files."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ingest.types import INSIDE
from rag_app.config import changed
from rag_app.errors import DiskError, LibraryClosed, MissingExtra, UsageError, install
from rag_app.reports import DocumentReport
from rag_app.storage import settings_json
from rag_app.storage.tags import tag_name
from rag_app.types import Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ingest import Document, Ocr, Table
    from rag_app.config import Settings
    from rag_app.models.embedder import Embedder
    from rag_app.models.loaded import Models
    from rag_app.reports import DocumentReceipt, IngestReport, RebuildReport, VerifyReport
    from rag_app.searching.own_embedder import OwnEmbedder
    from rag_app.storage.current_index import CurrentIndex
    from rag_app.storage.passages import StoredPassage
    from rag_app.storage.store import Store
    from rag_app.types import Citation, StoredDocument, Vectors
    from rag_app.writing.builder import Builder, Step

T = TypeVar("T")


class Documents:
    """The half of `Library` that is about its documents; it needs no generator and no cross-encoder."""

    def __init__(
        self,
        store: Store,
        models: Models,
        embedder: OwnEmbedder,
        index: CurrentIndex,
        settings: Settings,
        version: str,
    ) -> None:
        """Take the parts.

        Args:
            store: where documents are kept.
            models: their bi-encoder is the one that a rebuild changes to.
            embedder: the library's own.
            index: of its vectors.
            settings: lengths of passages.
            version: of this program, whose ways of cutting may change.
        """
        self.settings = settings
        self._store = store
        self._models = models
        self._embedder = embedder
        self._index = index
        self._version = version
        self._changing = False  # inside `writing`, which saves at its end

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer, over all processes and threads, until the block ends; what it changes is saved once.

        Raises:
            LibraryBusy: another process or thread is writing; names its process.
        """
        with self._store.writing():
            if self._changing:
                yield
                return
            self._changing = True
            try:
                yield
            finally:
                self._changing = False
                self._save()

    def ingest(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        tags: str | Iterable[str] = (),
        stop: Callable[[], bool] | None = None,
        ocr: Ocr | None = None,
    ) -> IngestReport:
        """Add new and changed files; folders are walked, unchanged files skipped.

        Args:
            paths: files and folders, or a single one.
            password: for encrypted PDFs.
            progress: told of each step.
            tags: given to the files that are new to the library.
            stop: asked at each step, and twice a second while a file is read; True ends the work.
            ocr: "auto": pages without text are recognised, after all documents are there; "off": none; "force": all
                pages of PDFs, in place of their text. None: as the settings say.

        Raises:
            UsageError: a tag that cannot be used.
            SettingsError: there is no such `ocr`.
            MissingExtra: "force" without the extra `ocr`.
            LibraryBusy: another process is writing.
            LibraryMismatch: the library was built with another embedder.
            DiskError: the disk is full or failing; documents already done are kept.
            Stopped: `stop` said so; documents already done are kept.
        """
        with self.writing():
            builder = self._builder(password, progress, tags=_each(tags), stop=stop, ocr=self._ocr(ocr))
            return builder.ingest([Path(path) for path in _each(paths)])

    def sync(
        self,
        folder: str | Path,
        *,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        confirmed: bool = False,
        only: Collection[str] | None = None,
        skip: Collection[str] = (),
        tags: str | Iterable[str] = (),
        ocr: Ocr | None = None,
    ) -> IngestReport:
        """Make what the library holds of a folder equal to it: new, changed, renamed and deleted files.

        Args:
            folder: walked; documents that lie elsewhere are left alone.
            password: for encrypted PDFs.
            progress: told of each step.
            confirmed: forget all documents of the folder where it holds none any more, or where a disk in it is away.
            only: compare these by content, and take others of the same size and time for unchanged; None means all.
            skip: files in it that are to stay as they are in the library.
            tags: given to the files that are new to the library.
            ocr: as for `ingest`.

        Raises:
            UsageError: there is no such folder, or it holds nothing any more and that was not confirmed, or a
                tag cannot be used.
            LibraryBusy, LibraryMismatch, DiskError: as for `ingest`.
        """
        with self.writing():
            builder = self._builder(password, progress, tags=_each(tags), ocr=self._ocr(ocr))
            return builder.sync(Path(folder), confirmed=confirmed, only=only, skip=skip)

    def add(self, documents: Iterable[Document], *, progress: Callable[[Step], None] | None = None) -> None:
        """Add documents that come from no file, such as those of a test collection; known paths are left out.

        Raises:
            LibraryBusy, LibraryMismatch, DiskError: as for `ingest`.
        """
        with self.writing():
            self._builder(progress=progress).add(documents)

    def remove(self, paths: str | Path | Iterable[str | Path]) -> IngestReport:
        """Remove documents from the library; their files stay.

        Args:
            paths: of documents, or of folders, which stand for all that lies below; what is not in the library
                becomes a failed line.
        """
        from rag_app.writing.builder import report_of

        begun, reports = perf_counter(), []
        with self.writing():
            for path in _each(paths):
                try:
                    for known in self._named(path):
                        reports += self._on_a_full_disk_too(partial(self._builder().forget, [known]))
                except LibraryClosed:
                    raise
                except UsageError as error:
                    report = DocumentReport(str(path), "failed", reason=error.message, code="unknown", hint=error.hint)
                    reports.append(report)
        return report_of(reports, (), perf_counter() - begun)

    def rebuild(self, *, progress: Callable[[Step], None] | None = None) -> RebuildReport:
        """Cut and embed all stored text anew, with the settings' embedder and lengths; no file is read.

        The library stays as it is, and can be searched with its embedder, until all is done; then everything changes
        at once. An interrupted rebuild goes on where it stopped, and embeds again what has changed since.

        Args:
            progress: told of each step.

        Raises:
            ModelMissing: the embedder is not installed.
            LibraryBusy: another process is writing.
            LibraryError: what is stored is damaged.
            DiskError: the disk is full or failing.
        """
        from rag_app.writing.rebuild import rebuild

        with self._store.writing():
            embedder = self._models.embedder
            builder = self._builder(progress=progress, embedder=embedder)
            report = rebuild(self._store, embedder, builder.stage, self.settings, self._version)
            self._index.forget()
            self._save()
        return report

    def documents(self, where: Filter | None = None) -> list[StoredDocument]:
        """List the documents, sorted by path; UsageError for a filter that leaves none."""
        if where is None or where == Filter():
            return self._store.documents()
        chosen = self._store.select(where)
        return [document for document in self._store.documents() if document.path in chosen.names]

    def find_document(self, path: str | Path) -> StoredDocument | None:
        """Return the document at `path`, which is a whole one and may be any of its paths, or None."""
        return self._store.document(str(path))

    def tag(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        add: str | Iterable[str] = (),
        remove: str | Iterable[str] = (),
    ) -> list[StoredDocument]:
        """Give documents tags and take others from them, of all or of none; return the documents.

        Args:
            paths: of documents, or of folders, which stand for all that lies below.
            add: tags of at most 64 characters; one that differs only in case is the same.
            remove: those that a document does not have are passed over.

        Raises:
            UsageError: a path is not in the library, or a tag cannot be used.
        """
        add, remove = ([tag_name(tag) for tag in _each(tags)] for tags in (add, remove))
        with self._store.writing():
            named = dict.fromkeys(known for path in _each(paths) for known in self._named(path))
            found = {document.path: document for path in named if (document := self._store.document(path))}
            if add or remove:
                try:
                    with self._store.together():
                        for path in found:
                            self._store.tag(path, add=add, remove=remove)
                finally:
                    self._store.seal()
            return [document for path in found if (document := self._store.document(path))]

    def read(self, path: str | Path) -> Document:
        """Return the stored pages and text of a document, named by its path or, where that is unique, its file name.

        Its tables are read for themselves, by `tables`: they may be much larger than what is asked of the text.

        Raises:
            UsageError: no document, or several, go by that name.
        """
        return self._store.read(self._find(path))

    def tables(self, path: str | Path) -> list[Table]:
        """Return the tables of a document in order, with offsets into its text; the document is named as for `read`.

        The unit that a column has of its own is in `column_units`.

        Raises:
            UsageError: no document, or several, go by that name.
        """
        from rag_app.evidence.units import (
            column_units,
        )  # with the words of all languages, which nothing else here needs

        return [replace(table, column_units=column_units(table)) for table in self._store.tables(self._find(path))]

    def receipt(self, path: str | Path) -> DocumentReceipt:
        """Return what was read of each page of a document, and how.

        Raises:
            UsageError: no document, or several, go by that name.
        """
        from rag_app.writing.receipts import receipt_of

        name = self._find(path)
        return receipt_of(self._store.read(name), *self._store.receipt(name))

    def verify(self, sample: int | None = 5, *, password: str | None = None) -> VerifyReport:
        """Compare the library with its files and with itself; nothing is written.

        Args:
            sample: documents that are read again and compared; None means all.
            password: for encrypted PDFs.
        """
        from ingest import Readers, Scans
        from rag_app.language.reading import lexicon
        from rag_app.writing.verify import verify

        with Readers(lexicon=lexicon()) as readers:
            return verify(self._store, lambda path, ocr: readers.read(path, password, Scans(ocr)), sample)

    def stands(self, citation: Citation) -> bool:
        """Tell whether a citation still holds: its quote stands in the stored text, at its place and on its page.

        A citation kept from an earlier answer may have been overtaken by a new version of its document.
        """
        from rag_app.proof.quotes import stands

        try:
            document = self.read(citation.document)
        except LibraryClosed:
            raise
        except UsageError:
            return False
        return stands(citation, document)

    @property
    def embedder(self) -> Embedder:
        """The bi-encoder whose vectors the library holds."""
        self._need_open()
        return self._embedder.get()

    def passages_and_vectors(self) -> tuple[list[StoredPassage], Vectors]:
        """Return all n passages with their (n, d) float32 rows, in the order they were stored."""
        with self._store.snapshot():
            ids, vectors = self._store.vectors()
            return self._store.passages(ids.tolist()), vectors

    def _need_open(self) -> None:
        """Raise LibraryClosed where it was closed; for what does not look into the store at once."""
        self._store.need_open()

    def _builder(
        self,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        embedder: Embedder | None = None,
        tags: Iterable[str] = (),
        stop: Callable[[], bool] | None = None,
        ocr: Ocr = "auto",
    ) -> Builder:
        from rag_app.writing.builder import Builder

        return Builder(
            self._store,
            (lambda: embedder) if embedder else self._embedder.to_add,
            passage_tokens=self.settings.passage_tokens,
            overlap_tokens=self.settings.overlap_tokens,
            password=password,
            progress=progress,
            tags=[tag_name(tag) for tag in tags],
            stop=stop,
            ocr=ocr,
            save=self._save,
        )

    def _ocr(self, wanted: Ocr | None) -> Ocr:
        """Return which pages are recognised, by the call or else by the settings."""
        from ingest import ocr_available

        ocr = changed(self.settings, {"ocr": wanted}).ocr
        if ocr == "force" and not ocr_available():
            raise MissingExtra("Recognising pages needs packages that are not installed.", hint=install("ocr"))
        return ocr

    def _save(self) -> None:
        """Save what lies beside the database: the settings, the vector index, and last the seal."""
        settings_json.restore(self._store, changed=True)
        if self._store.count():
            self._index.get()
        self._store.keep_room()
        self._store.seal()

    def _on_a_full_disk_too(self, remove: Callable[[], T]) -> T:
        """Return what `remove` returns; where it finds no room to note that, copies go that can be made anew."""
        while True:
            try:
                return remove()
            except DiskError:
                self._index.forget()  # it may keep the file of the copy
                if not self._store.make_room():
                    raise

    def _named(self, path: str | Path) -> list[str]:
        """Return the stored paths that `path` stands for: a document's, or all below a folder."""
        from rag_app.writing.plan import is_below

        stored = list(self._store.files())
        wanted = os.path.abspath(path)  # noqa: PTH100  keeps links as they are, as the stored paths do
        if wanted in stored:
            return [wanted]
        below = [known for known in stored if is_below(known, wanted)]
        if below:
            return below
        found = self._find(path)
        known = self._store.document(found)
        if known and known.parent:
            raise UsageError(f"{found} is a part of {known.parent}.", hint="Name that file.")
        return [found]

    def _find(self, path: str | Path) -> str:
        """Return the one stored path that `path` stands for: whole, by its file name, or by its name in a file."""
        wanted = os.path.abspath(path)  # noqa: PTH100
        stored = self._store.paths()
        found = (
            [known for known in stored if known in {wanted, str(path)}]
            or [known for known in stored if Path(known).name == str(path)]
            or [known for known in stored if known.endswith(f"{INSIDE}{path}")]
        )
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"Several documents are called {path}: {', '.join(found)}.", hint="Give the whole path.")
        raise UsageError(f"{path} is not in the library.", hint="List what is there with `rag documents`.")


@overload
def _each(values: str | Iterable[str]) -> Iterable[str]: ...


@overload
def _each(values: str | Path | Iterable[str | Path]) -> Iterable[str | Path]: ...


def _each(values: Any) -> Any:
    return [values] if isinstance(values, str | Path) else values
