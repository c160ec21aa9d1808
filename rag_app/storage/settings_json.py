"""`settings.json` in the library's folder: how the library was built, for people and other programs to read.

It is a copy. The truth is the database, and a copy that is missing, altered or damaged is written anew.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Protocol

from rag_app.errors import DiskError, LibraryError
from rag_app.files import write_whole

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

FILE = "settings.json"
KEYS = ("embedder", "embedder_fingerprint", "dimensions")

_log = logging.getLogger(__name__)


class Facts(Protocol):
    """Where the truth is; a `Store` is one."""

    @property
    def folder(self) -> Path:
        """Where the library lies."""
        ...

    def get(self, key: str) -> str | None:
        """Return the fact called `key`, or None."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Be the only writer."""
        ...


def is_intact(store: Facts) -> bool:
    """Tell whether the copy says what the database says; of a library without facts there is none."""
    try:
        return (store.folder / FILE).read_bytes() == _text(store)
    except FileNotFoundError:
        return not _known(store)
    except OSError:
        return False


def restore(store: Facts, *, changed: bool = False) -> bool:
    """Write the copy anew where it is not intact; return whether that was done.

    Not done, and only logged, while another process writes and where the disk is full or read-only: nothing is read
    from the copy, so none of these stops anybody.

    Args:
        changed: the facts have changed since it was written, so there is nothing to wonder about.
    """
    if is_intact(store):
        return False
    if not changed and (store.folder / FILE).exists():
        _log.warning("%s did not say what the library says, and is written anew.", store.folder / FILE)
    try:
        with store.writing():
            write_whole(store.folder / FILE, _text(store), "the settings")
    except (DiskError, LibraryError) as error:
        _log.info("The settings were not saved: %s", error)
        return False
    return True


def _known(store: Facts) -> dict[str, str]:
    return {key: value for key in KEYS if (value := store.get(key)) is not None}


def _text(store: Facts) -> bytes:
    return (json.dumps(_known(store), indent=2) + "\n").encode()
