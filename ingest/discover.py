"""Which files to read: the ones named, and the ones found in folders."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.files import not_opened
from ingest.read import KINDS, is_supported
from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_MADE_BY_PROGRAMS = frozenset(
    ("node_modules", "__pycache__", "venv", "site-packages", "package-lock.json", "yarn.lock", "pnpm-lock.yaml")
)

_QUESTIONS = "questions.jsonl"  # written beside documents to measure how they are searched and answered from

_NO_FILE = "is neither a file nor a folder"  # but a pipe, a socket or a device
_MEASURES = "holds questions for `rag eval`"
_INSTALLED = "was put there by a package manager"
_LINKED_FOLDER = "is a link to a folder, which is not followed"
_DANGLING = "is a link that leads nowhere"
_LINK_OUT = "is a link that leads out of the folder"
_LEADS_NOWHERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What lies in a folder and is not read; that is no failure."""

    path: str
    reason: str  # goes on after the path: "is not a type that can be read: .xyz"


@dataclass(frozen=True, slots=True)
class Found:
    """The files to read, what was asked for but cannot be read, and what lies beside it."""

    files: tuple[Path, ...]  # absolute, no symlink resolved; no file twice
    problems: tuple[DocumentError, ...]
    passed_over: tuple[PassedOver, ...] = ()  # by path; of what is hidden the number, under the path of its folder


@dataclass(slots=True)
class _Walk:
    """What is found in folders."""

    problems: list[DocumentError] = field(default_factory=list)
    passed_over: dict[str, str] = field(default_factory=dict)  # reason by path
    hidden: dict[str, int] = field(default_factory=dict)  # entries by folder that was named


def discover(paths: Sequence[Path]) -> Found:
    """Find the documents that `paths` stand for.

    A file is taken as named, a folder is walked: hidden entries, files of other types, what
    package managers put there and links that lead out of it or nowhere are passed over, and that is told. Nothing is
    raised for a path that leads nowhere: it becomes a problem, so that the others are still read.

    Args:
        paths: files and folders, in any order; a file reached twice counts once.
    """
    files: dict[str, Path] = {}  # real path -> the first path that reached it
    walk = _Walk()
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links
        try:
            for file in _files(absolute, walk):
                files.setdefault(_real(file), file)
        except DocumentError as problem:
            walk.problems.append(problem)
    read = {str(file) for file in files.values()}
    reasons = walk.passed_over | {folder: _hidden_entries(count) for folder, count in walk.hidden.items()}
    passed_over = (PassedOver(path, reason) for path, reason in sorted(reasons.items()) if path not in read)
    return Found(tuple(files.values()), tuple(walk.problems), tuple(passed_over))


def _hidden_entries(count: int) -> str:
    return f"holds {count:,} hidden file{'s' * (count != 1)} or folder{'s' * (count != 1)}, not read"


def _files(path: Path, walk: _Walk) -> list[Path]:
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        return _documents_in(path, walk)
    if not stat.S_ISREG(mode):
        raise DocumentError(str(path), _NO_FILE, "not_a_file")
    if not is_supported(path):
        raise DocumentError(str(path), f"{_other_type(path)}; supported: {KINDS}", "wrong_type")
    return [path]


def _other_type(path: Path) -> str:
    return f"is not a type that can be read: {path.suffix or 'no suffix'}"


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DocumentError(str(path), "does not exist", "missing") from error
    except OSError as error:
        raise not_opened(path, error) from error
    except ValueError as error:
        raise DocumentError(str(path), "is not a valid path", "no_access") from error


def _real(file: Path) -> str:
    """Return the path without links; where a folder of it is being changed meanwhile, the path as it is."""
    try:
        return os.path.realpath(file)
    except OSError:
        return str(file)


def _documents_in(folder: Path, walk: _Walk) -> list[Path]:
    before = len(walk.problems)
    found = sorted(_walked(folder, walk), key=lambda file: file.parts)
    # Real files go first, so that a link to one of them counts as the duplicate.
    found.sort(key=os.path.islink)
    unique: dict[str, Path] = {}
    for file in found:
        unique.setdefault(_real(file), file)
    if not unique and len(walk.problems) == before:
        raise DocumentError(str(folder), f"holds no document that can be read; supported: {KINDS}", "nothing_found")
    return sorted(unique.values(), key=lambda file: file.parts)


def _walked(folder: Path, walk: _Walk) -> Iterator[Path]:
    root, waiting = _real(folder), [folder]
    while waiting:  # no recursion, as in os.walk: folders may lie a thousand deep
        parent = waiting.pop()
        try:
            entries = _listed(parent)
        except OSError as error:
            walk.problems.append(not_opened(parent, error))
            continue
        hidden = sum(entry.startswith(".") for entry in entries)
        if hidden:
            walk.hidden[str(folder)] = walk.hidden.get(str(folder), 0) + hidden
        for name, is_folder in entries.items():
            path = parent / name
            if name.startswith("."):
                continue
            try:
                reason = _reason_against(root, path, is_folder=is_folder)
            except DocumentError as problem:
                walk.problems.append(problem)
                continue
            if reason:
                walk.passed_over[str(path)] = reason
            elif is_folder:
                waiting.append(path)
            else:
                yield path


def _listed(folder: Path) -> dict[str, bool]:
    """Return the names of what lies in a folder, and whether each is a folder or a link to one."""
    with os.scandir(folder) as entries:
        return {entry.name: _is_folder(entry) for entry in entries}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # what it is shows when it is looked at
        return False


def _reason_against(root: str, path: Path, *, is_folder: bool) -> str:
    """Return why an entry of a folder is passed over; "" where it is not.

    Raises:
        DocumentError: it is a pipe, a socket or a device with the name of a document, or what it is cannot be told;
            without a word it would seem gone.
    """
    if path.name in _MADE_BY_PROGRAMS:
        return _INSTALLED
    if path.name == _QUESTIONS and not is_folder:
        return _MEASURES
    if is_folder:
        return _LINKED_FOLDER if os.path.islink(path) else ""  # noqa: PTH114  raises nothing
    if not is_supported(path):
        return _other_type(path)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno in _LEADS_NOWHERE:  # a link, or gone since the folder was listed
            return _DANGLING if os.path.islink(path) else "is gone"  # noqa: PTH114
        raise not_opened(path, error) from error
    if os.path.islink(path) and not Path(_real(path)).is_relative_to(root):  # noqa: PTH114
        return _LINK_OUT
    if not stat.S_ISREG(mode):
        raise DocumentError(str(path), _NO_FILE, "not_a_file")
    return ""
