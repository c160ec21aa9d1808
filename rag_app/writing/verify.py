"""Proof that a library holds what its files say: nothing lost, nothing damaged, nothing that no question can reach."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import DocumentError, fingerprint, is_unread, waiting
from ingest.remarks import by_page
from rag_app.reports import Difference, Unreachable, VerifyReport
from rag_app.storage.database import DATABASE
from rag_app.storage.library_files import PART, LibraryFiles
from rag_app.writing.copies import PATIENCE, compare_copies
from rag_app.writing.receipts import warning_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest import Document, Ocr
    from rag_app.storage.store import Store
    from rag_app.types import StoredDocument

    Read = Callable[[Path, Ocr], Document]

SAMPLE = 5  # documents that are read again

_LOCKED = frozenset({"password_needed", "password_wrong"})  # codes of files that were read with a password


def verify(store: Store, read: Read, sample: int | None = SAMPLE, *, patience: float = PATIENCE) -> VerifyReport:
    """Compare a library with its files and with itself; nothing is written.

    Args:
        store: the library.
        read: reads a file as `ingest.read` does; "off": its pages that are pictures are not recognised.
        sample: how many documents are read again and compared word by word; None means all.
        patience: seconds that a writer is waited for, where what lies beside the database differs from it.

    Returns:
        Every difference, the pages that no question can reach, and what could not be checked.
    """
    begun = time.perf_counter()
    with store.snapshot():
        damage = store.check()
        if damage:  # what is read from a damaged database proves nothing
            return _damaged(store, damage, begun)
        documents = store.documents()
        files = _compare_files(store, documents, read, sample)
        reach = [_reach(document, store) for document in documents]
        scans = _scans(store)
    beside = compare_copies(store, patience)
    lost = [difference for differences, _ in reach for difference in differences]
    differences = (*files.differences, *lost, *beside.differences)
    return VerifyReport(
        ok=not differences,
        documents=len(documents),
        pages=sum(document.pages for document in documents),
        passages=sum(document.chunks for document in documents),
        sampled=files.sampled,
        differences=differences,
        unreachable=tuple(page for _, silent in reach for page in silent),
        notes=(*files.notes, *scans, *beside.notes, *_alone(store)),
        seconds=_since(begun),
    )


def _damaged(store: Store, damage: Sequence[str], begun: float) -> VerifyReport:
    found = tuple(Difference("damaged", str(store.folder), problem) for problem in damage)
    skipped = ("The files were not compared: the library itself is damaged.",)
    return VerifyReport(False, 0, 0, 0, 0, found, (), skipped, _since(begun))


def _alone(store: Store) -> tuple[str, ...]:
    if not store.alone:
        return ()
    path = store.folder / DATABASE
    return (
        f"{path} is not sealed, and there is no {path.name}-wal: if it was copied while a program wrote to it, its "
        "last changes are missing. Copy it again, or run `rag sync FOLDER`; after that it is sealed.",
    )


def _scans(store: Store) -> list[str]:
    """Say how many pages wait to be recognised."""
    counts = [count for remarks in store.remarks().values() if (count := len(waiting(remarks)))]
    if not counts:
        return []
    pages, documents = sum(counts), len(counts)
    return [
        f"{pages:,} page{'s' * (pages != 1)} of {documents:,} document{'s' * (documents != 1)} wait to be recognised: "
        "run `rag sync FOLDER` or `rag ingest PATH` to go on."
    ]


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 3)


@dataclass(slots=True)
class _Files:
    """What comparing the files has found."""

    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # files that could not be read without a password
    sampled: int = 0  # files that were read again


def _compare_files(store: Store, documents: Sequence[StoredDocument], read: Read, sample: int | None) -> _Files:
    """Hash every file, and read some of those that are unchanged once more."""
    found, own, intact = _Files(), LibraryFiles(store.folder), []
    for document in documents:
        if document.parent:  # the file that it lies in is compared
            continue
        problems = [problem for path in document.paths if (problem := _file(path, document, own))]
        found.differences += problems
        if document.path not in {problem.path for problem in problems}:
            intact.append(document.path)
    for path in sorted(_chosen(intact, sample)):
        _read_again(path, store, read, found)
    return found


def _chosen(paths: Sequence[str], sample: int | None) -> Sequence[str]:
    return paths if sample is None else random.Random().sample(paths, min(sample, len(paths)))


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


def _read_again(path: str, store: Store, read: Read, found: _Files) -> None:
    said = [store.read(one).remarks for one in (path, *store.members(path))]
    try:
        now = read(Path(path), "off" if any(map(is_unread, said)) else "auto")
    except DocumentError as error:
        if error.code in _LOCKED:
            found.notes.append(f"{path} was not read again: it {error.reason}.")
        else:
            found.differences.append(Difference("unreadable", path, error.reason))
        return
    stored = store.read(path)
    found.differences += _changes(path, now, stored) or _other_tables(path, now, stored, store)
    found.differences += _other_members(path, now, store)
    found.sampled += 1


def _other_members(path: str, now: Document, store: Store) -> list[Difference]:
    """Return what differs in the documents that lie in a file."""
    stored = store.members(path)
    if [member.document.path for member in now.members] != list(stored.values()):
        return [Difference("text", path, f"it holds {len(now.members)} documents; {len(stored)} are stored")]
    found = []
    for member, inside in zip(now.members, stored, strict=True):
        known = store.read(inside)
        found += _changes(inside, member.document, known) or _other_tables(inside, member.document, known, store)
    return found


def _other_tables(path: str, now: Document, stored: Document, store: Store) -> list[Difference]:
    """Return what differs where the texts do not."""
    if [page.method for page in now.pages] != [page.method for page in stored.pages]:
        return []
    same = list(now.tables) == store.tables(path)
    return [] if same else [Difference("text", path, "its tables have other cells now")]


def _changes(path: str, now: Document, stored: Document) -> list[Difference]:
    return list(_each_change(path, now, stored))


def _each_change(path: str, now: Document, stored: Document) -> Iterator[Difference]:
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
    remarks = by_page(content.remarks)
    lost, silent = [], []
    for start, page in zip(content.starts, content.pages, strict=True):
        if not page.text.strip():
            said = warning_of(page, remarks.get(page.number)) or ""
            silent.append(Unreachable(document.path, page.number, page.label, said))
        elif not any(a < start + len(page.text) and b > start for a, b in spans):
            lost.append(Difference("unreachable", document.path, f"the text of page {page.number} is in no passage"))
    if not all(0 <= a < b <= len(content.text) for a, b in spans):
        lost.append(Difference("text", document.path, "a passage lies outside its text"))
    if cut:
        lost.append(Difference("cut", document.path, f"{cut} tokens of its passages were not read by the embedder"))
    return lost, silent
