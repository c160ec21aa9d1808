"""Whether the file that a passage comes from can still be read; where it cannot, what is said of it."""

from __future__ import annotations

import os
import stat
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import file_of
from rag_app.evidence.injection import shown_name
from rag_app.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_app.storage.stale import Stale


def trouble(path: str, stale: Mapping[str, Stale]) -> str:
    """Return what is said of a file, after its name, that is not what was read of it; empty where nothing is.

    Args:
        path: of the document; one that comes from no file has a relative path.
        stale: the files that could not be read when they were last looked at.
    """
    if path in stale:
        return stale[path].text
    if not os.path.isabs(path):  # noqa: PTH117  the path may hold anything
        return ""
    path = file_of(path)
    try:
        status = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "is not there any more"
    except OSError as error:
        return f"cannot be opened: {error.strerror or error}"
    if not stat.S_ISREG(status.st_mode):
        return "is not a file any more"
    return "" if status.st_size else "is empty now"


def last_text(path: str, said: str) -> str:
    """Return the sentence on a source that `trouble` says something of."""
    return f"{_name(path)} {said}; this is its last readable text."


def removed(path: str) -> str:
    """Return the sentence on a source that went while an answer was written."""
    return f"{_name(path)} was removed from the library while this was answered."


def changed(path: str) -> str:
    """Return the sentence on a source of which another version came in while an answer was written."""
    return f"{_name(path)} was read anew while this was answered: the quote is from the version before."


def _name(path: str) -> str:
    return shown_name(one_line(PurePath(path).name))
