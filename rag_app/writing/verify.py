"""Proof that a library holds what its files say: nothing lost, nothing damaged, nothing that no question can reach."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import DocumentError, fingerprint
from rag_app.storage import settings_copy
from rag_app.storage.database import DATABASE
from rag_app.storage.library_files import PART, LibraryFiles
from rag_app.storage.vector_index import FILE, IndexDamaged, load_saved
from rag_app.types import Difference, Unreachable, VerifyReport
from rag_app.writing.receipts import warning_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest import Document
    from rag_app.storage.store import Store
    from rag_app.types import StoredDocument

    Read = Callable[[Path], Document]

SAMPLE = 5  # documents that are read again

_LOCKED = "password"  # in the reason why a file cannot be read that was read with a password


def verify(store: Store, read: Read, sample: int | None = SAMPLE) -> VerifyReport:
    """Compare a library with its files and with itself; nothing is written.

    Args:
        store: the library.
        read: reads a file as `ingest.read` does.
        sample: how many documents are read again and compared word by word; None means all.

    Returns:
        Every difference, the pages that no question can reach, and what could not be checked.
    """
    with store.snapshot():
        return _verify(store, read, sample, time.perf_counter())


def _verify(store: Store, read: Read, sample: int | None, begun: float) -> VerifyReport:
    damage = store.check()
    if damage:  # what is read from a damaged database proves nothing
        skipped = ("The files were not compared: the library itself is damaged.",)
        found = tuple(Difference("damaged", str(store.folder), problem) for problem in damage)
        return VerifyReport(False, 0, 0, 0, 0, found, (), skipped, _since(begun))
    documents = store.documents()
    differences, intact = _files(documents, LibraryFiles(store.folder))
    sampled, other, notes = _sampled(store, read, intact, sample)
    differences += other
    unreachable: list[Unreachable] = []
    for document in documents:
        lost, silent = _reach(document, store)
        differences += lost
        unreachable += silent
    other, outdated = _copies(store)
    differences += other
    return VerifyReport(
        ok=not differences,
        documents=len(documents),
        pages=sum(document.pages for document in documents),
        passages=sum(document.chunks for document in documents),
        sampled=sampled,
        differences=tuple(differences),
        unreachable=tuple(unreachable),
        notes=(*notes, *outdated, *_alone(store)),
        seconds=_since(begun),
    )


def _alone(store: Store) -> tuple[str, ...]:
    if not store.alone:
        return ()
    path = store.folder / DATABASE
    return (
        f"{path} is not sealed, and there is no {path.name}-wal: if it was copied while a program wrote to it, its "
        "last changes are missing. Copy it again, or run `rag sync FOLDER`; after that it is sealed.",
    )


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 3)


def _files(documents: Iterable[StoredDocument], own: LibraryFiles) -> tuple[list[Difference], list[StoredDocument]]:
    """Hash every file; return what differs, and the documents of which a file is there and the same."""
    differences, intact = [], []
    for document in documents:
        found = [problem for path in document.paths if (problem := _file(path, document, own))]
        differences += found
        good = set(document.paths) - {difference.path for difference in found}
        if document.path in good:
            intact.append(document)
    return differences, intact


def _file(path: str, document: StoredDocument, own: LibraryFiles) -> Difference | None:
    if not os.path.lexists(path):
        return Difference("missing", path, "the file is gone")
    if not os.path.isfile(path):  # noqa: PTH113  raises nothing; opening a FIFO would wait for ever
        return Difference("changed", path, "it is no file any more")
    try:
        if own.holds(Path(path).stat()):  # not to be opened: see `LibraryFiles`
            return Difference("changed", path, f"it {PART}")
        same = fingerprint(Path(path)) == document.sha256
    except OSError as error:
        return Difference("unreadable", path, f"cannot be opened: {error.strerror or error}")
    except DocumentError as error:
        return Difference("unreadable", path, error.reason)
    return None if same else Difference("changed", path, "the file has changed since it was read")


def _sampled(
    store: Store, read: Read, intact: Sequence[StoredDocument], sample: int | None
) -> tuple[int, list[Difference], tuple[str, ...]]:
    """Read some files again; return how many, what differs, and which could not be read without a password."""
    chosen = intact if sample is None else random.Random().sample(intact, min(sample, len(intact)))
    done, differences, notes = 0, [], []
    for document in sorted(chosen, key=lambda document: document.path):
        try:
            differences += list(_read_again(document.path, store.read(document.path), read))
            done += 1
        except DocumentError as error:
            if _LOCKED in error.reason:
                notes.append(f"{document.path} was not read again: it {error.reason}.")
            else:
                differences.append(Difference("unreadable", document.path, error.reason))
    return done, differences, tuple(notes)


def _read_again(path: str, stored: Document, read: Read) -> Iterator[Difference]:
    now = read(Path(path))
    if now.title != stored.title:
        yield Difference("text", path, f"its title is {now.title!r}; {stored.title!r} is stored")
    if len(now.pages) != len(stored.pages):
        yield Difference("text", path, f"it has {len(now.pages)} pages; {len(stored.pages)} are stored")
        return
    for page, known in zip(now.pages, stored.pages, strict=True):
        if known.method == "ocr" != page.method:  # what recognises it may not be installed any more
            continue
        if page.text != known.text:
            yield Difference("text", path, f"page {page.number} reads differently now")
        elif (page.number, page.label, page.hidden) != (known.number, known.label, known.hidden):
            yield Difference("text", path, f"page {page.number} has another number or other hidden text now")
    if now.sections != stored.sections:
        yield Difference("text", path, "its sections begin elsewhere now")


def _reach(document: StoredDocument, store: Store) -> tuple[list[Difference], list[Unreachable]]:
    """Return pages whose text is in no passage, which is a loss, and pages without any text."""
    content = store.read(document.path)
    _, cut, spans = store.receipt(document.path)
    lost, silent = [], []
    for start, page in zip(content.starts, content.pages, strict=True):
        if not page.text.strip():
            silent.append(Unreachable(document.path, page.number, page.label, warning_of(page, content.warnings) or ""))
        elif not any(a < start + len(page.text) and b > start for a, b in spans):
            lost.append(Difference("unreachable", document.path, f"the text of page {page.number} is in no passage"))
    if not all(0 <= a < b <= len(content.text) for a, b in spans):
        lost.append(Difference("text", document.path, "a passage lies outside its text"))
    if cut:
        lost.append(Difference("cut", document.path, f"{cut} tokens of its passages were not read by the embedder"))
    return lost, silent


def _copies(store: Store) -> tuple[list[Difference], tuple[str, ...]]:
    """Compare what lies beside the database with it; what is missing or outdated is made anew when it is needed."""
    settings, path, record = store.folder / settings_copy.FILE, store.folder / FILE, store.index_record()
    differences = []
    if not settings_copy.is_intact(store):
        differences.append(Difference("damaged", str(settings), "it does not say what the library says"))
    anew = f"{path} is missing or outdated; the next search builds it anew."
    try:
        index = load_saved(store.folder, store)
        if index is None or not index.catch_up(store):
            return differences, (anew,) * bool(store.count())
    except IndexDamaged as error:
        if record and record[0] != store.generation:  # it was being replaced, perhaps
            return differences, (anew,)
        problem = str(error).rpartition(": ")[2]
        return [*differences, Difference("damaged", str(path), f"{problem}; the next search builds it anew")], ()
    if len(index) != store.count() or index.differing(store.vectors_of):
        differences.append(Difference("damaged", str(path), "it does not hold the vectors of the library"))
    return differences, ()
