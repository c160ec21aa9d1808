"""Documents whose pages are pictures: stored at once with what they have, and recognised after all others are there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import is_unread, waiting, was_forced
from rag_app.errors import RagError
from rag_app.writing.plan import Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from ingest import Ocr, Remark
    from ingest.types import Recognised
    from rag_app.storage.scanned import ScannedPages
    from rag_app.storage.store import Store
    from rag_app.writing.file_states import FileStates

_PACKAGES = ("rag-app", "rapidocr", "onnxruntime")  # on which the text of a page depends


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits for its pages."""

    reading: Reading
    pages: int  # that are to be recognised
    stored: bool = True  # with what it has, under the same paths


def find_waiting(store: Store, files: FileStates, ocr: Ocr) -> Iterator[Waiting]:
    """Yield the stored documents with pages to recognise whose files are found and have not changed.

    Args:
        store: the library.
        files: as they were found.
        ocr: which pages are recognised.
    """
    if ocr == "off":
        return
    remarks = store.remarks()
    inside: dict[str, list[str]] = {}
    documents = store.documents()
    for document in documents:
        if document.parent:
            inside.setdefault(document.parent, []).append(document.path)
    sizes = {document.path: document.pages for document in documents}
    for document in documents:
        found = [path for path in document.paths if path in files.found and not document.parent]
        if not found or files.found[found[0]].sha256 != document.sha256:
            continue
        parts = (document.path, *inside.get(document.path, ()))
        pages = sum(_pages(part, remarks.get(part, ()), sizes[part], ocr) for part in parts)
        if pages:
            others = tuple(path for path in document.paths if path != found[0])
            yield Waiting(Reading(found[0], document.sha256, others), pages)


def _pages(path: str, remarks: Collection[Remark], pages: int, ocr: Ocr) -> int:
    """Return how many pages of a document are to be recognised."""
    if ocr == "force" and PurePath(path).suffix.lower() == ".pdf":
        return 0 if was_forced(remarks) else pages
    if not is_unread(remarks):
        return 0
    return len(waiting(remarks)) or sum(len(remark.pages) for remark in remarks if is_unread([remark]))


def contents_waiting(store: Store) -> set[str]:
    """Return the SHA-256 of each stored file with pages that nobody has tried to recognise, or with such a member."""
    found = set()
    for path, remarks in store.remarks().items():
        document = store.document(path) if is_unread(remarks) else None
        if document and document.parent:
            document = store.document(document.parent)
        if document:
            found.add(document.sha256)
    return found


class KeptPages:
    """The pages that are recognised in this run and in earlier ones that were ended; asked by several threads."""

    def __init__(self, pages: ScannedPages, files: FileStates) -> None:
        self.done = 0  # recognised in this run
        self._pages = pages
        self._files = files
        self._problem: RagError | None = None

    def find(self, path: Path, member: str, number: int) -> Recognised | None:
        """Return what was recognised on a page of a file that was found, or of a member of it, or None."""
        return self._pages.find(self._files.found[str(path)].sha256, member, number)

    def keep(self, path: Path, member: str, number: int, page: Recognised) -> None:
        """Write such a page down, unless the file changed meanwhile; a disk that fails ends the run at `check`."""
        self.done += 1
        try:
            if self._files.seems_settled(str(path)):
                self._pages.keep(self._files.found[str(path)].sha256, member, number, page)
        except RagError as error:
            self._problem = error

    def check(self) -> None:
        """Raise what kept a page from being written down."""
        if self._problem:
            raise self._problem


def recipe() -> str:
    """Return what the text of recognised pages depends on."""
    return json.dumps([_version(name) for name in _PACKAGES])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
