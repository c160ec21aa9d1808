"""Mends a library: makes anew what can be made anew, and saves what can be read of a broken database in a new one.

The broken database is never written. What is read is a copy, taken by another process.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path, PurePath
from shlex import quote
from time import perf_counter
from typing import TYPE_CHECKING

from rag_app.errors import DiskError, LibraryDamaged, UsageError, disk_errors
from rag_app.files import size_of
from rag_app.reports import RepairReport
from rag_app.storage import settings_json
from rag_app.storage.checksum import by_another_process, copied_by_another_process
from rag_app.storage.database import DATABASE, LOG, SEAL, holds_foreign_log, open_database
from rag_app.storage.json_columns import parsed
from rag_app.storage.library_files import KEYS, NAMES
from rag_app.storage.lock import exclusive
from rag_app.storage.recovery import Pages
from rag_app.storage.reserve import RESERVE, keep_reserve
from rag_app.storage.schema import SCHEMA
from rag_app.storage.store import Store
from rag_app.storage.vector_index import FILE, open_index
from rag_app.writing.copies import Compared, compare_index
from rag_app.writing.rescue import rescue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rag_app.storage.check import Problem
    from rag_app.writing.rescue import Rescued

    Told = Callable[[str, int, int], None]

_MENDED = frozenset({"seal", "keywords", "facts"})  # kinds of problems that cost nothing that was stored
_COPIES = (SEAL, FILE, settings_json.FILE)
_TEMPORARY = tuple(f"{name}.tmp" for name in (*_COPIES, RESERVE))
_NOT_TAKEN = NAMES - {KEYS} | set(_TEMPORARY)  # into the new library
_NAMED = 20  # files that a step names; more are named by their folders
_FORGOTTEN = {
    "mounts": "It is not known any more which folders were disks of their own: see that they are mounted before you "
    "run `rag sync`.",
    "refusal": "The library's own calibration could not be read and was forgotten: run `rag calibrate` to have one.",
}


def repair(folder: Path, into: Path | None = None, told: Told | None = None) -> RepairReport:
    """Mend the library in `folder`, and return what was done.

    Args:
        folder: of the library.
        into: the folder of the new library, for what can be read of a broken database; beside the old one by default.
        told: of each step: what is counted, how many are done, how many there are.

    Raises:
        LibraryError: there is no library, or one of another version.
        LibraryBusy: another process is writing.
        UsageError: there is something in the folder of the new library.
        DiskError: the disk is full or failing.
    """
    begun, told = perf_counter(), told or (lambda _what, _done, _total: None)
    done = _set_log_aside(folder)
    try:
        problems = _problems(folder)
    except LibraryDamaged as error:
        return _saved(folder, into, done, error.message, told, begun)
    broken = [problem.sentence for problem in problems if problem.kind not in _MENDED]
    if broken:
        return _saved(folder, into, done, broken[0], told, begun)
    try:
        with Store.open(folder, create=False) as store, store.writing():
            done += _mended(store, {problem.kind for problem in problems})
            documents = store.document_count()
    except LibraryDamaged as error:
        return _saved(folder, into, done, error.message, told, begun)
    done = done or ["Nothing had to be repaired."]
    return RepairReport(str(folder), True, tuple(done), None, documents, (), (), (), (), _since(begun))


def _since(begun: float) -> float:
    return round(perf_counter() - begun, 3)


def _problems(folder: Path) -> list[Problem]:
    with Store.open(folder, create=False, to_read=True) as store:
        return store.problems()


# In its place


def _set_log_aside(folder: Path) -> list[str]:
    """Rename the log of another database that lies beside a sound one."""
    if not holds_foreign_log(folder):
        return []
    with exclusive(folder), disk_errors(f"the library {folder}"):
        if not (folder / SEAL).read_text(errors="replace").startswith(by_another_process(folder / DATABASE)):
            return []
        aside = _free_name(folder / f"{LOG}.aside")
        (folder / LOG).rename(aside)
        with suppress(FileNotFoundError):
            (folder / f"{DATABASE}-shm").unlink()
    return [f"{folder / LOG} was not written for this library and was renamed to {aside.name}; it was not read."]


def _mended(store: Store, kinds: Iterable[str]) -> list[str]:
    """Make anew what is a copy of something else; return what was done, one sentence each."""
    done = []
    for fact in store.unreadable_facts():
        store.forget(fact)
        done.append(_FORGOTTEN[fact])
    if "keywords" in kinds:
        store.rewrite_keywords()
        done.append("The keyword index was written anew from the passages.")
    if not _index_fits(store):
        with disk_errors(str(store.folder / FILE)), suppress(FileNotFoundError):
            (store.folder / FILE).unlink()
        open_index(store.folder, store)
        done.append("The vector index was built anew from the vectors of the database.")
    if settings_json.restore(store, changed=True):
        done.append(f"{settings_json.FILE} was written anew.")
    temporary = [name for name in _TEMPORARY if (store.folder / name).exists()]
    with disk_errors(f"the library {store.folder}"):
        for name in temporary:
            (store.folder / name).unlink()
    if temporary:
        done.append(f"What was left of interrupted writes was deleted: {', '.join(temporary)}.")
    store.keep_room()
    if "seal" in kinds:
        done.append("Some bytes of the database were changed by something else; all documents are what was stored.")
    if "seal" in kinds or not (store.folder / SEAL).exists():
        sealed = store.seal_anew()
        done.append(
            "The database was sealed."
            if sealed
            else "The database could not be sealed, as other programs read it: close them and run this again."
        )
    return done


def _index_fits(store: Store) -> bool:
    with store.snapshot():
        return compare_index(store) == Compared()


# Into a new library


def _saved(
    folder: Path, into: Path | None, done: Sequence[str], problem: str, told: Told, begun: float
) -> RepairReport:
    """Save what can be read of a broken database into a new library."""
    target = into.absolute() if into else folder.absolute().with_name(f"{folder.absolute().name}.repaired")
    if os.path.lexists(target) and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            f"{target} is there already, and nothing in it is overwritten.",
            hint="Move it away, or name another folder with --into.",
        )
    made = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # the disk of the old library may be one that cannot be written
        raise DiskError(
            f"Could not write the library {target}: {error.strerror or error}.",
            hint="Name a folder on another disk with --into.",
        ) from error
    try:
        rescued = _rescued(folder, target, told)
    except BaseException:
        for path in target.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if made:
            target.rmdir()
        raise
    whole = f"{rescued.documents:,} document{'s' * (rescued.documents != 1)}"
    kept = f"{rescued.turns:,} question{'s' * (rescued.turns != 1)} in {rescued.sessions:,} sessions"
    missing = tuple(_missing(rescued))
    return RepairReport(
        library=str(folder),
        ok=not (rescued.texts or rescued.lost or missing),
        done=(
            *done,
            f"The database is broken and was left as it is ({problem.rstrip('.')}).",
            f"What can be read was saved in {target}: {whole} whole, {kept}.",
        ),
        new_library=str(target),
        documents=rescued.documents,
        texts=tuple(rescued.texts),
        lost=tuple(rescued.lost),
        missing=missing,
        steps=tuple(_steps(folder, target, rescued)),
        seconds=_since(begun),
    )


def _rescued(folder: Path, target: Path, told: Told) -> Rescued:
    """Make the new library; where the log makes it no better, it was not the log of this database."""
    work = target / "copy"
    with disk_errors(f"the library {target}"):
        work.mkdir()
        database, log = work / "database", work / "log"
        with _quiet(folder):
            if (folder / DATABASE).exists():
                copied_by_another_process(folder / DATABASE, database)
            else:
                database.touch()  # all that can be read is in its log
            if size_of(folder / LOG):
                copied_by_another_process(folder / LOG, log)
        tries = [(work / "with", log), (work / "without", None)] if log.exists() else [(work / "without", None)]
        results = [_try(database, beside, place, _said(folder), told) for place, beside in tries]
        best = max(range(len(tries)), key=lambda n: (results[n].worth, -n))
        for path in list(tries[best][0].iterdir()):
            path.rename(target / path.name)
        shutil.rmtree(work)
        _take_files(folder, target)
    with Store.open(target, create=False) as store, store.writing():
        settings_json.restore(store, changed=True)
        if store.count():
            open_index(target, store)
        keep_reserve(target)
        store.seal()
    return results[best]


def _try(database: Path, log: Path | None, place: Path, known: dict[str, str], told: Told) -> Rescued:
    pages = Pages.open(database, log)
    new = open_database(place, SCHEMA, create=True)
    try:
        new.connection.execute("PRAGMA synchronous = OFF")  # it is sealed at the end, and waited for then
        return rescue(pages, new, known, told)
    finally:
        new.close()
        pages.close()


def _quiet(folder: Path) -> AbstractContextManager[None]:
    """Keep writers away while the files are copied; where nothing can be written there are none."""
    return exclusive(folder) if os.access(folder, os.W_OK) else nullcontext()


def _said(folder: Path) -> dict[str, str]:
    """Return what the copy of the facts about the library says."""
    try:
        value = parsed((folder / settings_json.FILE).read_bytes())
        return {key: str(value[key]) for key in settings_json.KEYS if key in value}
    except (OSError, ValueError, TypeError):
        return {}


def _take_files(folder: Path, target: Path) -> None:
    """Copy what else lies in a library: files that were uploaded, and keys."""
    for path in folder.iterdir():
        if path.name in _NOT_TAKEN or path.is_symlink() or path.name.startswith(f"{LOG}.aside"):
            continue
        if path.is_dir() and path.absolute() != target:
            shutil.copytree(path, target / path.name, symlinks=True)
        elif path.is_file():
            shutil.copy2(path, target / path.name)


def _missing(rescued: Rescued) -> Iterable[str]:
    if not (names := (rescued.documents or rescued.texts or rescued.lost)) and not rescued.nameless:
        yield "Nothing could be read: no document, and not the name of one."
    if rescued.nameless:
        yield f"{rescued.nameless:,} documents were lost with their names."
    if rescued.texts or rescued.lost:
        yield "Tags of the documents that are not whole may be missing."
    if rescued.lost_turns:
        yield f"{rescued.lost_turns:,} questions of sessions could not be read."
    if rescued.renamed:
        yield f"The names of {rescued.renamed:,} sessions were lost: they are called recovered 1 and so on."
    for fact in rescued.forgotten:
        yield _FORGOTTEN[fact]
    if names and rescued.doubtful:
        yield "The list of free pages is damaged, so a document that was removed earlier may be back: look at the list."


def _steps(folder: Path, target: Path, rescued: Rescued) -> Iterable[str]:
    library = f"--library {quote(str(target))}"
    names = [*rescued.texts, *rescued.lost]
    again = [path for path in names if Path(path).is_file()]
    gone = [path for path in rescued.texts if path not in again]
    if again:
        named = again if len(again) <= _NAMED else sorted({str(PurePath(path).parent) for path in again})
        yield f"Run `rag ingest {' '.join(map(quote, named))} {library}` to read those files again."
    if gone:
        count = f"{len(gone):,} document{'s' * (len(gone) != 1)}"
        yield f"Run `rag rebuild {library}`: it makes the text of {count} whose file is gone searchable."
    if rescued.nameless or not (names or rescued.documents):
        yield f"Run `rag sync FOLDER {library}` on your folders: it reads what is missing."
    old = folder.absolute()
    yield (
        f"Look at it with `rag documents {library}`; then put it in the place of the old one: "
        f"`mv {quote(str(old))} {quote(str(old) + '.broken')} && mv {quote(str(target))} {quote(str(old))}`."
    )


def _free_name(path: Path) -> Path:
    n = 1
    found = path
    while os.path.lexists(found):
        n += 1
        found = path.with_name(f"{path.name}{n}")
    return found
