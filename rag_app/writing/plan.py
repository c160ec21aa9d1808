"""What makes a library equal to its files: a plan, computed from what is found and what is stored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from ingest import stem
from ingest.wire import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Content: TypeAlias = tuple[str, str]
"""What a file is read as: the SHA-256 of its bytes, and its suffix, which picks the reader."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Paths that a stored document gains and loses; one that only loses them all is forgotten."""

    held: tuple[str, ...]  # its present paths
    sha256: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def old_names(self) -> dict[str, str]:
        """The old name of each file that was renamed, by its new one."""
        return dict(zip(self.gained, self.lost, strict=False))


@dataclass(frozen=True, slots=True)
class Reading:
    """A content that is not stored yet: `path` is read, the `copies` are the same."""

    path: str
    sha256: str
    copies: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return (self.path, *self.copies)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order; nothing needs to be done for the files that are left out."""

    placings: tuple[Placing, ...]
    readings: tuple[Reading, ...]
    removals: tuple[Placing, ...]


def content(sha256: str, path: str) -> Content:
    """Return the content of the file at `path`."""
    return sha256, PurePath(path).suffix.lower()


def plan(found: Mapping[str, Content], stored: Mapping[str, Content], missing: Collection[str] = ()) -> Plan:
    """Return what makes the library hold the found files and none that is missing.

    A content that is stored already is not read again: a path that is new to it is a copy, or, where one of its
    paths is missing, the new name of the file.

    Args:
        found: the content of each file that is there, by path.
        stored: the content that the library has under each path, whether it was looked for or not.
        missing: the stored paths that are to go.
    """
    holders = _by_content(stored, stored)
    lost = _by_content(stored, missing)
    wanted = _by_content(found, (path for path, what in found.items() if stored.get(path) != what))
    readings = [Reading(paths[0], what[0], paths[1:]) for what, paths in wanted.items() if what not in holders]
    gaining = {what: paths for what, paths in wanted.items() if what in holders}
    placings = [
        Placing(holders[what], what[0], gaining[what], lost.pop(what, ())) for what in _ordered(gaining, stored)
    ]
    removals = [Placing(holders[what], what[0], lost=paths) for what, paths in lost.items()]
    return Plan(
        tuple(placings),
        tuple(sorted(readings, key=lambda reading: PurePath(reading.path).parts)),
        tuple(sorted(removals, key=lambda removal: removal.lost)),
    )


def lasting(found: Mapping[str, Content], stored: Mapping[str, Content]) -> frozenset[str]:
    """Return the stored paths whose content is among the found files, under the same or another name."""
    there = set(found.values())
    return frozenset(path for path, what in stored.items() if what in there)


def is_below(path: str, folder: str) -> bool:
    """Tell whether `path` is `folder` itself or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def renamed(title: str, old: str, new: str) -> str:
    """Return the title of a document whose path changes: one that is the file's name follows it."""
    before, after = PurePath(old), PurePath(new)
    if title == one_line(stem(before)):
        return one_line(stem(after))
    return one_line(after.name) if title == one_line(before.name) else title


def _by_content(contents: Mapping[str, Content], paths: Iterable[str]) -> dict[Content, tuple[str, ...]]:
    groups: dict[Content, list[str]] = defaultdict(list)
    for path in sorted(paths):
        groups[contents[path]].append(path)
    return {what: tuple(group) for what, group in groups.items()}


def _ordered(gaining: Mapping[Content, tuple[str, ...]], stored: Mapping[str, Content]) -> list[Content]:
    """Order contents so that one gets its new path before it loses its old one: a -> b goes after b -> c.

    In a ring, as after two files were swapped, one has to lose its last path first; it is then read again.
    """
    left, done = list(gaining), []
    while left:
        waiting = set(left)
        free = [
            what for what in left if not any(stored.get(path, what) in waiting - {what} for path in gaining[what])
        ] or left[:1]
        done += free
        left = [what for what in left if what not in free]
    return done
