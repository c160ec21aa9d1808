"""Rows of a damaged SQLite file, page by page: no page needs another one to be read, not even the first.

Only live pages are read: those that the file lists as free still hold what was removed.
"""

from __future__ import annotations

import mmap
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LEAF, _INNER_INDEX, _LEAF_INDEX = 0x0D, 0x02, 0x0A
_SIZES = frozenset(2**power for power in range(9, 17))
_MAGIC = b"SQLite format 3\0"
_USUAL = 4096  # bytes of a page
_HEADER = 100  # bytes before the first page's own
_DEEPEST = 1_000_000  # parts of one value
_NUMBERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes of a whole number by its type


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was stored; texts are UTF-8."""

    rowid: int | None  # None in a table without
    values: tuple[Any, ...]  # None, int, float, `Text` or bytes


class Text(bytes):
    """The bytes of a text, as distinct from those of a blob."""

    __slots__ = ()


class _Broken(Exception):
    """What is read is no row."""


class Pages:
    """The pages of a database file that nobody writes, with those of its log in their places."""

    def __init__(self, file: mmap.mmap | bytes, log: bytes = b"") -> None:
        self._file = file
        said = int.from_bytes(file[16:18], "big")
        self.size = 65536 if said == 1 else said if said in _SIZES else _USUAL
        self._new = dict(_committed(log, self.size))
        self.count = max(-(-len(file) // self.size), *self._new) if self._new else -(-len(file) // self.size)
        self._usable = self.size - (file[20] if said in _SIZES and len(file) > 20 and file[20] < 32 else 0)

    @classmethod
    def open(cls, path: Path, log: Path | None = None) -> Self:
        """Open a copy of a database, and of its log; OSError where that cannot be done."""
        with path.open("rb") as file:
            empty = not path.stat().st_size
            pages = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return cls(pages, log.read_bytes() if log else b"")

    def close(self) -> None:
        """Release the file."""
        if isinstance(self._file, mmap.mmap):
            self._file.close()

    def page(self, number: int) -> bytes:
        """Return page `number`, from 1; zeros where the file does not reach that far."""
        found = self._new.get(number)
        if found is None:
            found = self._file[(number - 1) * self.size : number * self.size]
        return found.ljust(self.size, b"\0")

    def free(self) -> tuple[set[int], bool]:
        """Return the pages that are listed as free, and whether the list is whole."""
        first = self.page(1)
        trunk, said = _whole(first[32:36]), _whole(first[36:40])
        found: set[int] = set()
        while trunk and trunk <= self.count and trunk not in found:
            found.add(trunk)
            page = self.page(trunk)
            leaves = min(_whole(page[4:8]), self.size // 4 - 2)
            found.update(_whole(page[8 + 4 * n : 12 + 4 * n]) for n in range(leaves))
            trunk = _whole(page[:4])
        return found, len(found) == said and first.startswith(_MAGIC)

    def rows(self, number: int) -> Iterator[Row]:
        """Yield the rows on a page, as far as they can be read; none where it holds no rows."""
        page, start = self.page(number), _HEADER if number == 1 else 0
        kind = page[start]
        if kind not in (_LEAF, _LEAF_INDEX, _INNER_INDEX):
            return
        cells = int.from_bytes(page[start + 3 : start + 5], "big")
        places = start + (12 if kind == _INNER_INDEX else 8)
        for n in range(min(cells, (self.size - places) // 2)):
            at = int.from_bytes(page[places + 2 * n : places + 2 * n + 2], "big")
            with suppress(_Broken, IndexError, struct.error):
                yield self._row(page, kind, at)

    def _row(self, page: bytes, kind: int, at: int) -> Row:
        if kind == _INNER_INDEX:
            at += 4
        length, at = _variable(page, at)
        rowid = None
        if kind == _LEAF:
            rowid, at = _variable(page, at)
        return Row(rowid, _values(self._payload(page, at, length, kind)))

    def _payload(self, page: bytes, at: int, length: int, kind: int) -> bytes:
        """Return a row's bytes; those that have no room on the page lie in a chain of others."""
        usable = self._usable
        most = usable - 35 if kind == _LEAF else (usable - 12) * 64 // 255 - 23
        if length <= most:
            return _exactly(page[at : at + length], length)
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
        parts, left = [_exactly(page[at : at + local], local)], length - local
        following = _whole(page[at + local : at + local + 4])
        for _ in range(_DEEPEST):
            if left <= 0:
                return b"".join(parts)
            if not 0 < following <= self.count:
                break
            part = self.page(following)
            parts.append(part[4 : 4 + min(left, usable - 4)])
            left -= len(parts[-1])
            following = _whole(part[:4])
        raise _Broken


def every_row(pages: Pages, told: Callable[[int, int], None]) -> Iterator[tuple[int, Row]]:
    """Yield each row of the live pages with the number of its page; `told` is told how many pages are done."""
    free, _ = pages.free()
    for number in range(1, pages.count + 1):
        if number not in free:
            for row in pages.rows(number):
                yield number, row
        if number % 256 == 0 or number == pages.count:
            told(number, pages.count)


def _committed(log: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each page that a log holds up to its last commit."""
    head = log[:32]
    if len(head) < 32 or head[:3] != b"\x37\x7f\x06" or _whole(head[8:12]) != size:
        return
    waiting: list[tuple[int, bytes]] = []
    for at in range(32, len(log) - size - 23, size + 24):
        if log[at + 8 : at + 16] != head[16:24]:  # of an earlier use of the file
            return
        waiting.append((_whole(log[at : at + 4]), log[at + 24 : at + 24 + size]))
        if _whole(log[at + 4 : at + 8]):
            yield from waiting
            waiting = []


def _values(payload: bytes) -> tuple[Any, ...]:
    header, at = _variable(payload, 0)
    body, values = header, []
    if header > len(payload):
        raise _Broken
    while at < header:
        kind, at = _variable(payload, at)
        value, body = _value(payload, body, kind)
        values.append(value)
    if body > len(payload):
        raise _Broken
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind == 7:
        return struct.unpack(">d", payload[at : at + 8])[0], at + 8
    if kind in _NUMBERS:
        size = _NUMBERS[kind]
        return int.from_bytes(_exactly(payload[at : at + size], size), "big", signed=True), at + size
    if kind < 12:
        raise _Broken
    size = (kind - 12) // 2
    raw = _exactly(payload[at : at + size], size)
    return Text(raw) if kind % 2 else raw, at + size


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """Return the number of 1 to 9 bytes at `at`, and where it ends."""
    value = 0
    for n in range(8):
        byte = data[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    value = value << 8 | data[at + 8]
    return value - 2**64 if value >= 2**63 else value, at + 9


def _exactly(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise _Broken
    return data


def _whole(data: bytes) -> int:
    return int.from_bytes(data, "big")
