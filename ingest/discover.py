"""Which files to read: the ones named, and the ones found in folders."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.read import KINDS, is_supported
from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_MADE_BY_PROGRAMS = frozenset(
    ("node_modules", "__pycache__", "venv", "site-packages", "package-lock.json", "yarn.lock", "pnpm-lock.yaml")
)


@dataclass(frozen=True, slots=True)
class Found:
    """The files to read, and what was asked for but cannot be read."""

    files: tuple[Path, ...]  # absolute, no symlink resolved; no file twice
    problems: tuple[DocumentError, ...]


def discover(paths: Sequence[Path]) -> Found:
    """Find the documents that `paths` stand for.

    A file is taken as named, a folder is walked: hidden entries, files of other types, what
    package managers put there and links that lead out of it are passed over. Nothing is raised for a path that leads
    nowhere: it becomes a problem, so that the others are still read.

    Args:
        paths: files and folders, in any order; a file reached twice counts once.
    """
    files: dict[str, Path] = {}  # real path -> the first path that reached it
    problems: list[DocumentError] = []
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links
        try:
            for file in _files(absolute, problems):
                files.setdefault(os.path.realpath(file), file)
        except DocumentError as problem:
            problems.append(problem)
    return Found(tuple(files.values()), tuple(problems))


def _files(path: Path, problems: list[DocumentError]) -> list[Path]:
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        return _documents_in(path, problems)
    if not stat.S_ISREG(mode):
        raise DocumentError(str(path), "is neither a file nor a folder")
    if not is_supported(path):
        raise DocumentError(
            str(path), f"is not a type that can be read: {path.suffix or 'no suffix'}; supported: {KINDS}"
        )
    return [path]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DocumentError(str(path), "does not exist") from error
    except OSError as error:
        raise DocumentError(str(path), f"cannot be opened: {error.strerror or error}") from error
    except ValueError as error:
        raise DocumentError(str(path), "is not a valid path") from error


def _documents_in(folder: Path, problems: list[DocumentError]) -> list[Path]:
    before = len(problems)
    found = sorted(_walk(folder, problems), key=lambda file: file.parts)
    # Real files go first, so that a link to one of them counts as the duplicate.
    found.sort(key=Path.is_symlink)
    unique: dict[str, Path] = {}
    for file in found:
        unique.setdefault(os.path.realpath(file), file)
    if not unique and len(problems) == before:
        raise DocumentError(str(folder), f"holds no document that can be read; supported: {KINDS}")
    return sorted(unique.values(), key=lambda file: file.parts)


def _walk(folder: Path, problems: list[DocumentError]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(DocumentError(str(error.filename), f"cannot be opened: {error.strerror or error}"))

    root = os.path.realpath(folder)
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = filter(_is_of_interest, folders)
        for file in (Path(parent, name) for name in names if _is_of_interest(name)):
            if is_supported(file) and _is_regular_within(root, file):
                yield file


def _is_of_interest(name: str) -> bool:
    return not name.startswith(".") and name not in _MADE_BY_PROGRAMS


def _is_regular_within(root: str, file: Path) -> bool:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return False
    except OSError:  # a dangling link, or gone since the folder was listed
        return False
    return not file.is_symlink() or Path(os.path.realpath(file)).is_relative_to(root)
