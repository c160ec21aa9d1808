"""Errors that a user can act on: each says what happened and what to do next.

RagError
├── UsageError            a question, path or option that cannot be used
│   ├── EmptyQuestion     a question without any letter or digit
│   └── LibraryClosed     a library that was closed is used again
├── SettingsError         a key or value in the configuration
├── LibraryError          the library's own files
│   ├── LibraryMismatch   built with another embedder or a newer version
│   ├── LibraryBusy       another process is writing
│   ├── LibraryDamaged    can be read in parts at the most
│   └── LibraryDiffers    not what its files say
├── ModelError            a model that is missing, damaged or not allowed
│   ├── ModelMissing
│   ├── ModelDamaged
│   └── FetchError        a fetch that failed
├── QualityDropped        an evaluation is worse than its baseline
├── DiskError             the disk is full or failing
└── MissingExtra          an optional package is not installed
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class RagError(Exception):
    """A problem the user can act on."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RagError):
    """A question, path or option that cannot be used."""


class EmptyQuestion(UsageError):
    """A question without any letter or digit; the message is the same wherever it is asked."""

    def __init__(self) -> None:
        super().__init__(
            "The question is empty: it has no letter and no digit.",
            hint='Ask something: rag ask "How long is the notice period?"',
        )


class LibraryClosed(UsageError):
    """A library, or what belongs to one, is used after it was closed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="Open it again with Library.open, and close it when all who use it are done.")


class SettingsError(RagError):
    """A key or value in the configuration that cannot be used."""


class LibraryError(RagError):
    """The library's own files cannot be used."""


class LibraryMismatch(LibraryError):
    """The library was built with another embedder, or by a newer version."""


class LibraryBusy(LibraryError):
    """Another process is writing to the library."""


class LibraryDamaged(LibraryError):
    """The database is damaged; `rag doctor --repair` mends it, or saves what can be read."""


class LibraryDiffers(LibraryError):
    """The library does not hold what its files say."""


class ModelError(RagError):
    """A model cannot be used."""


class ModelMissing(ModelError):
    """A model is not installed."""


class ModelDamaged(ModelError):
    """A model's file does not have the size or SHA-256 it should have."""


class FetchError(ModelError):
    """A model could not be fetched."""


class QualityDropped(RagError):
    """An evaluation is worse than its baseline, beyond chance."""


class DiskError(RagError):
    """The disk is full or failing."""


class MissingExtra(RagError):
    """An optional package is not installed."""


def install(extra: str) -> str:
    """Return the hint that says how to install the packages of `extra`, from the source: nothing is published."""
    return f"Run `pip install '.[{extra}]'` in the folder of rag-app's source."


@contextmanager
def needs(module: str, *, extra: str) -> Iterator[None]:
    """Turn the absence of `module` into `MissingExtra`; other import failures pass untouched."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module:
            raise
        raise MissingExtra(
            f"This needs the package {module}, which is not installed.",
            hint=install(extra),
        ) from error


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn a full or failing disk into `DiskError`; `what` names what was being written and where."""
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"Could not write {what}: {error.strerror or error}.",
            hint="Free some space, or check the disk and its permissions, then run the same command again.",
        ) from error
