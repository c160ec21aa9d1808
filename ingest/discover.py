"""Which files to read: the ones named, and the ones found in folders."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
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

_NO_FILE = "is neither a file nor a folder"  # but a pipe, a socket or a device
_LEADS_NOWHERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))


@dataclass(frozen=True, slots=True)
class Found:
    """The files to read, and what was asked for but cannot be read."""

    files: tuple[Path, ...]  # absolute, no symlink resolved; no file twice
    problems: tuple[DocumentError, ...]


def discover(paths: Sequence[Path]) -> Found:
    """Find the documents that `paths` stand for.

    A file is taken as named, a folder is walked: hidden entries, files of other types, what
    package managers put there and links that lead out of it or nowhere are passed over. Nothing is raised for a path
    that leads nowhere: it becomes a problem, so that the others are still read.

    Args:
        paths: files and folders, in any order; a file reached twice counts once.
    """
    files: dict[str, Path] = {}  # real path -> the first path that reached it
    problems: list[DocumentError] = []
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links
        try:
            for file in _files(absolute, problems):
                files.setdefault(_real(file), file)
        except DocumentError as problem:
            problems.append(problem)
    return Found(tuple(files.values()), tuple(problems))


def _files(path: Path, problems: list[DocumentError]) -> list[Path]:
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        return _documents_in(path, problems)
    if not stat.S_ISREG(mode):
        raise DocumentError(str(path), _NO_FILE, "not_a_file")
    if not is_supported(path):
        reason = f"is not a type that can be read: {path.suffix or 'no suffix'}; supported: {KINDS}"
        raise DocumentError(str(path), reason, "wrong_type")
    return [path]


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


def _documents_in(folder: Path, problems: list[DocumentError]) -> list[Path]:
    before = len(problems)
    found = sorted(_walk(folder, problems), key=lambda file: file.parts)
    # Real files go first, so that a link to one of them counts as the duplicate.
    found.sort(key=os.path.islink)
    unique: dict[str, Path] = {}
    for file in found:
        unique.setdefault(_real(file), file)
    if not unique and len(problems) == before:
        raise DocumentError(str(folder), f"holds no document that can be read; supported: {KINDS}", "nothing_found")
    return sorted(unique.values(), key=lambda file: file.parts)


def _walk(folder: Path, problems: list[DocumentError]) -> Iterator[Path]:
    root, waiting = _real(folder), [folder]
    while waiting:  # no recursion, as in os.walk: folders may lie a thousand deep
        parent = waiting.pop()
        try:
            folders, files = _listed(parent)
        except OSError as error:
            problems.append(not_opened(parent, error))
            continue
        waiting += folders
        for file in files:
            try:
                if is_supported(file) and _is_regular_within(root, file):
                    yield file
            except DocumentError as problem:
                problems.append(problem)


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders of a folder and its other entries; a link to a folder is neither."""
    folders, others = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not _is_of_interest(entry.name):
                continue
            if not _is_folder(entry):
                others.append(folder / entry.name)
            elif not entry.is_symlink():
                folders.append(folder / entry.name)
    return folders, others


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # what it is shows when it is looked at
        return False


def _is_of_interest(name: str) -> bool:
    return not name.startswith(".") and name not in _MADE_BY_PROGRAMS


def _is_regular_within(root: str, file: Path) -> bool:
    """Tell whether `file` is a regular one, or a link to one below `root`.

    Raises:
        DocumentError: it is a pipe, a socket or a device, or that cannot be told; without a word it would seem gone.
    """
    try:
        mode = file.stat().st_mode
    except OSError as error:
        if error.errno in _LEADS_NOWHERE:  # a link, or gone since the folder was listed
            return False
        raise not_opened(file, error) from error
    if os.path.islink(file) and not Path(_real(file)).is_relative_to(root):  # noqa: PTH114  raises nothing
        return False
    if not stat.S_ISREG(mode):
        raise DocumentError(str(file), _NO_FILE, "not_a_file")
    return True
