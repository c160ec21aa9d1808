"""Whether what lies beside the database says what the database says, also while another program writes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.reports import Difference
from rag_app.storage import settings_json, vector_index
from rag_app.storage.vector_index import IndexDamaged, load_saved

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.storage.store import Store

PATIENCE = 5.0  # seconds that a writer is waited for
_AGAIN = 0.05  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found beside the database."""

    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()  # what is missing or outdated, and made anew when it is needed; what cannot be told

    def __add__(self, other: Compared) -> Compared:
        return Compared(self.differences + other.differences, self.notes + other.notes)


def compare_copies(store: Store, patience: float = PATIENCE) -> Compared:
    """Compare what lies beside the database with it; nothing is written. Call it outside of a snapshot.

    A writer brings the copies up to date after its last commit. So what differs counts only if nobody was writing
    when it was looked at; what still differs after `patience` seconds, and might be right in a moment, is a note.
    """
    until = time.monotonic() + patience
    while True:
        state, written = store.state(), store.is_being_written()
        found = _look(store)
        if not found.differences or not (written or store.is_being_written() or store.state() != state):
            return found
        if time.monotonic() >= until:
            return Compared((), (*found.notes, *map(_untold, found.differences)))
        time.sleep(_AGAIN)


def _untold(difference: Difference) -> str:
    return f"{difference.path} could not be compared: another program is writing. Run this again when it has ended."


def compare_index(store: Store) -> Compared:
    """Compare the saved vector index with the database; call it in a snapshot."""
    path, record = store.folder / vector_index.FILE, store.index_record()
    outdated = Compared(notes=(f"{path} is missing or outdated; the next search builds it anew.",))
    try:
        index = load_saved(store.folder, store)
        if index is None or not index.catch_up(store):
            return outdated if store.count() else Compared()
    except IndexDamaged as error:
        if record and record[0] != store.generation:  # it was being replaced, perhaps
            return outdated
        return _damaged(path, f"{error.problem}; the next search builds it anew")
    if len(index) != store.count() or index.differing(store.vectors_of):
        return _damaged(path, "it does not hold the vectors of the library")
    return Compared()


def _look(store: Store) -> Compared:
    with store.snapshot():
        return _settings(store) + compare_index(store)


def _settings(store: Store) -> Compared:
    path = store.folder / settings_json.FILE
    return Compared() if settings_json.is_intact(store) else _damaged(path, "it does not say what the library says")


def _damaged(path: Path, detail: str) -> Compared:
    return Compared((Difference("damaged", str(path), detail),))
