"""Which documents keep the last text that could be read, because their files cannot be read any more."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import DocumentError, tells_of_loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest import Document
    from rag_app.storage.paths import FileState
    from rag_app.storage.store import Store

_UNMOUNTED = "its disk is not mounted"
_NO_TEXT = "holds no text any more"
_LESS = "is damaged, and less of it can be read than before"


class Staleness:
    """Gathers what cannot be read, and notes in the library what of that is new."""

    def __init__(self, store: Store, stored: Mapping[str, FileState]) -> None:
        """Take the library, and the state in which each of its files was read before this run."""
        self._store = store
        self._stored = stored
        self._before = store.stale()
        self._failing: dict[str, str] = {}  # files that cannot be read now, and why, until that is noted

    def __contains__(self, path: str) -> bool:
        """Tell whether a file could not be read before this run."""
        return path in self._before

    def failed(self, path: str, reason: str, now: FileState | None) -> bool:
        """Take that a file cannot be read; return whether the library holds an older text of it.

        Args:
            path: of the file.
            reason: why it cannot be read.
            now: the file as it is, if that could be found out.
        """
        if path not in self._stored:
            return False
        older = now is None or now.sha256 != self._stored[path].sha256  # else what is stored was read of the same bytes
        self._failing[path] = reason if older else ""
        return older

    def failed_below(self, problems: Iterable[DocumentError]) -> None:
        """Take that what lies in a folder that cannot be opened, or on a disk that is away, cannot be read either."""
        folders = {}
        for problem in problems:
            if problem.path not in self._stored and problem.code != "nothing_found":
                away = problem.code == "unmounted"
                folders[problem.path] = _UNMOUNTED if away else f"its folder {problem.reason}"
        if not folders:
            return
        for path in self._stored:
            for parent in map(str, PurePath(path).parents):
                if parent in folders:
                    self._failing[path] = folders[parent]

    def note(self) -> None:
        """Write down what was gathered, where it is new."""
        changed = {path: reason for path, reason in self._failing.items() if self._known(path) != reason}
        if changed:
            with self._store.together():
                self._store.mark_stale({path: reason for path, reason in changed.items() if reason})
                self._store.clear_stale([path for path, reason in changed.items() if not reason])
        self._failing.clear()

    def _known(self, path: str) -> str:
        return self._before[path].reason if path in self._before else ""


def loss(store: Store, path: str, document: Document, sha256: str) -> DocumentError | None:
    """Return why the text that is stored of a file is kept instead of what was read of it now; None where it is not.

    A file that was emptied or damaged may still be readable as one without text, or in parts.

    Args:
        store: the library.
        path: of the file.
        document: what was read.
        sha256: of the file as it is now.
    """
    known = store.document(path)
    if not known or not known.pages_with_text or known.sha256 == sha256:
        return None
    said = "; ".join(document.warnings)
    if not document.text.strip():
        return DocumentError(path, f"{_NO_TEXT}: {said}" if said else _NO_TEXT, "empty")
    if tells_of_loss(document.remarks):
        before = store.read(path)
        if not tells_of_loss(before.remarks) and len(document.text) < len(before.text):
            return DocumentError(path, f"{_LESS}: {said}", "damaged")
    return None
