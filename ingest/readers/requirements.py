"""Turns the absence of a library into a reason that a user can act on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def needs(path: Path, module: str, package: str) -> Iterator[None]:
    """Import `module` under this; the file at `path` cannot be read where `package` is not installed.

    Raises:
        DocumentError: the module is absent; a failure inside an installed one passes untouched.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        reason = f"needs the package {package}: run `pip install {package}`"
        raise DocumentError(str(path), reason, "package_missing") from error
