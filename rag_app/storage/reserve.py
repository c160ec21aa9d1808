"""Room on a full disk: a small file that is kept for that case, and copies that can be made anew."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from rag_app.errors import DiskError, disk_errors
from rag_app.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

RESERVE = "library.reserve"

_SIZE = 512 * 1024  # bytes: SQLite's notes on its log, and the log of the removal of some pages
_SPARE = 16  # times the size that must be free before the reserve is kept: it takes nobody's last room
_FREED = (RESERVE, "vectors.faiss.tmp", "vectors.faiss", "rebuild.db-journal", "rebuild.db")  # the cheapest first

_log = logging.getLogger(__name__)


def keep_reserve(folder: Path) -> None:
    """Keep some room for the day on which the disk is full and something has to be removed; not on a disk that is."""
    path = folder / RESERVE
    with suppress(OSError):
        if path.exists() or shutil.disk_usage(folder).free < _SPARE * _SIZE:
            return
    try:
        write_whole(path, os.urandom(_SIZE), "the reserve")  # at random: zeros take no room on some disks
    except DiskError as error:
        _log.info("No room was reserved: %s", error)


def make_room(folder: Path) -> bool:
    """Delete the cheapest file in the library that can be made anew; return whether there was one.

    Raises:
        DiskError: it could not be deleted.
    """
    for name in _FREED:
        path = folder / name
        if path.exists():
            with disk_errors(str(path)):
                path.unlink()
            _log.warning("The disk is full: %s was deleted, and is made anew later.", path)
            return True
    return False
