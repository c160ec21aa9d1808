"""Compound files ([MS-CFB]): streams in folders inside one file, as Outlook and old Office programs write them."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512  # bytes
_SHIFTS = frozenset((9, 12))  # sectors have 512 or 4,096 bytes
_LAST = 0xFFFFFFF0  # sectors from here on are none: the end of a chain, free, or a table's own
_ENTRY = 128  # bytes of a directory entry
_STORAGES = frozenset((1, 5))  # kinds of entries: folders, and the root of all
_STREAM = 2
_MOST_ENTRIES = 200_000


@dataclass(slots=True)
class Storage:
    """A folder of a compound file; names are in upper case, as they are compared."""

    storages: dict[str, Storage] = field(default_factory=dict)
    streams: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A directory entry."""

    name: str
    kind: int
    siblings: tuple[int, int]
    child: int
    start: int
    size: int


def open_compound(content: bytes, path: str, most: int) -> Storage:
    """Return the root folder of a compound file.

    Args:
        content: of the file.
        path: for errors.
        most: bytes of all of its streams together: two may share their sectors.

    Raises:
        DocumentError: it is none, damaged, or holds more.
    """
    try:
        return _Compound(content, most).tree()
    except (struct.error, IndexError, ValueError) as error:
        said = str(error) if isinstance(error, _Damaged) else "it is cut off"
        raise DocumentError(path, f"is damaged: {said}", "damaged") from error


class _Damaged(ValueError):
    """What a compound file cannot be; the message is for the report."""


class _Compound:
    """Reads the tables of a compound file, and then its streams."""

    def __init__(self, content: bytes, most: int) -> None:
        if content[: len(MAGIC)] != MAGIC:
            raise _Damaged("it is no compound file")
        self._content, self._room = content, most
        shift, mini_shift = struct.unpack_from("<2H", content, 30)
        if shift not in _SHIFTS or mini_shift != 6:
            raise _Damaged("its sectors have an impossible size")
        self._size, self._mini = 1 << shift, 1 << mini_shift
        directory, _, self._cutoff, mini_table = struct.unpack_from("<4I", content, 48)
        self._table = self._numbers(self._table_sectors())
        self._entries = self._directory(self._chained(directory))
        self._mini_table = self._numbers(self._chain(mini_table, self._table))
        root = self._entries[0]
        self._mini_content = self._chained(root.start)[: root.size]

    def tree(self) -> Storage:
        """Return the root with all that is in it; a folder in itself is passed over."""
        root = Storage()
        waiting, seen = [(root, self._entries[0].child)], {0}
        while waiting:
            parent, number = waiting.pop()
            if number >= _LAST or number in seen:
                continue
            seen.add(number)
            entry = self._entries[number]
            waiting += [(parent, sibling) for sibling in entry.siblings]
            if entry.kind in _STORAGES:
                child = parent.storages.setdefault(entry.name, Storage())
                waiting.append((child, entry.child))
            elif entry.kind == _STREAM:
                parent.streams[entry.name] = self._stream(entry)
        return root

    def _stream(self, entry: _Entry) -> bytes:
        self._room -= entry.size
        if self._room < 0:
            raise _Damaged("its streams hold more than the file")
        if entry.size >= self._cutoff:
            found = self._chained(entry.start)
        else:
            chain = self._chain(entry.start, self._mini_table)
            found = b"".join(self._mini_content[at * self._mini : (at + 1) * self._mini] for at in chain)
        return found[: entry.size]

    def _table_sectors(self) -> list[int]:
        """Return the sectors of the table of sectors: the first 109 stand in the header, others in a chain."""
        sectors = list(struct.unpack_from("<109I", self._content, 76))
        more, seen = struct.unpack_from("<I", self._content, 68)[0], set()
        while more < _LAST and more not in seen:
            seen.add(more)
            *some, more = self._numbers([more])
            sectors += some
        return [sector for sector in sectors if sector < _LAST]

    def _directory(self, raw: bytes) -> list[_Entry]:
        count = len(raw) // _ENTRY
        if not 0 < count <= _MOST_ENTRIES:
            raise _Damaged("it has no list of its streams, or one without end")
        return [_entry(raw[at * _ENTRY : (at + 1) * _ENTRY]) for at in range(count)]

    def _chained(self, start: int) -> bytes:
        return b"".join(map(self._sector, self._chain(start, self._table)))

    def _chain(self, start: int, table: Sequence[int]) -> list[int]:
        """Return the sectors of a chain; one that bites its tail is damage."""
        chain: list[int] = []
        while start < _LAST:
            if len(chain) > len(table):
                raise _Damaged("a stream has no end")
            chain.append(start)
            start = table[start]
        return chain

    def _sector(self, number: int) -> bytes:
        begin = max(_HEADER, self._size) + number * self._size
        return self._content[begin : begin + self._size]

    def _numbers(self, sectors: Sequence[int]) -> array[int]:
        raw = b"".join(map(self._sector, sectors))
        return array("I", struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))


def _entry(raw: bytes) -> _Entry:
    length, kind = struct.unpack_from("<HB", raw, 64)
    left, right, child = struct.unpack_from("<3I", raw, 68)
    start, size = struct.unpack_from("<II", raw, 116)
    name = raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").upper()
    return _Entry(name, kind, (left, right), child, start, size)
