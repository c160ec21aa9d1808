"""How many connections there may be, and the few beyond them through which `/health` is always answered."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from rag_app.server.limits import Limits

C = TypeVar("C")

_OTHER_FILES = 128  # that the library, its models and the reading of uploads have open
_FEWEST = 8  # connections, however few files may be open


class Doors(Generic[C]):
    """The connections that are open: those with a place, and those beyond the limit, oldest first."""

    def __init__(self, places: int, spare: int) -> None:
        self._places = places
        self._spare = spare
        self._placed: set[C] = set()
        self._waiting: dict[C, None] = {}

    def enter(self, connection: C) -> C | None:
        """Take a connection in; return the one that has to go for it, which is the oldest of those beyond the limit."""
        if len(self._placed) < self._places:
            self._placed.add(connection)
            return None
        self._waiting[connection] = None
        return next(iter(self._waiting)) if len(self._waiting) > self._spare else None

    def has_place(self, connection: C) -> bool:
        """Tell whether the connection has a place; one that became free meanwhile is given to it."""
        if connection in self._waiting and len(self._placed) < self._places:
            del self._waiting[connection]
            self._placed.add(connection)
        return connection in self._placed

    def leave(self, connection: C) -> None:
        """Forget a connection."""
        self._placed.discard(connection)
        self._waiting.pop(connection, None)


def fitting(limits: Limits) -> Limits:
    """Return the limits with as many connections as the system lets this process open files for."""
    if sys.platform == "win32":
        return limits
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return limits
    return replace(limits, connections=min(limits.connections, max(_FEWEST, soft - _OTHER_FILES - limits.spare)))
