"""Disks that are mounted inside a folder: an unmounted one leaves an empty folder, which is no reason to forget."""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.storage.database import DATABASE, damaged
from rag_app.storage.json_columns import parsed
from rag_app.writing.plan import is_below

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rag_app.storage.store import Store

_FACT = "mounts"  # JSON list of folders
_DEEPEST = 50  # folders below the one that is read, in which disks are looked for; each look costs the square of it


def away(store: Store, root: str) -> list[str]:
    """Return the folders below `root` on which a disk was mounted when they were last read, and now is not."""
    return [folder for folder in _known(store) if is_below(folder, root) and not os.path.ismount(folder)]


def remember(store: Store, root: str, files: Iterable[str]) -> None:
    """Note on which folders below `root` the disks of `files` are mounted; those that are away stay noted."""
    first = len(PurePath(root).parts)
    parents = {
        str(parent)
        for file in files
        for parent in PurePath(file).parents[-first - _DEEPEST : -first]
        if is_below(str(parent), root)
    }
    here = {parent for parent in parents if os.path.ismount(parent)}
    known = _known(store)
    if new := here - set(known):
        store.set(_FACT, json.dumps(sorted({*known, *new})))


def forget(store: Store, root: str) -> None:
    """Forget the disks below `root` that are away."""
    if gone := set(away(store, root)):
        store.set(_FACT, json.dumps([folder for folder in _known(store) if folder not in gone]))


def _known(store: Store) -> list[str]:
    try:
        return [str(folder) for folder in parsed(store.get(_FACT) or "[]")]
    except (ValueError, TypeError) as error:
        raise damaged(store.folder / DATABASE, "what it says of mounts cannot be read") from error
