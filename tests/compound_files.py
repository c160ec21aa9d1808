"""Compound files for tests, made of streams by their places, such as "folder/name"."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096


@dataclass
class _Node:
    name: str
    content: bytes | None = None  # None: a folder
    children: dict[str, _Node] = field(default_factory=dict)


def compound(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file; small streams lie in the stream of the root, as the format wants it."""
    root = _Node("Root Entry")
    for place, content in streams.items():
        *folders, name = place.split("/")
        node = root
        for folder in folders:
            node = node.children.setdefault(folder, _Node(folder))
        node.children[name] = _Node(name, content)
    nodes, links = [root], {0: (_FREE, _FREE)}
    children: dict[int, int] = {}
    for at, node in enumerate(nodes):  # grows as it goes
        first = len(nodes)
        nodes += node.children.values()
        children[at] = first if node.children else _FREE
        for number in range(first, len(nodes)):  # a chain of right siblings: a tree, though no balanced one
            links[number] = (_FREE, number + 1 if number + 1 < len(nodes) else _FREE)
    sectors: list[bytes] = []
    table: list[int] = []

    def put(content: bytes) -> int:
        count = -(-len(content) // _SECTOR)
        if not count:
            return _END
        begin = len(sectors)
        padded = content.ljust(count * _SECTOR, b"\0")
        sectors.extend(padded[n * _SECTOR : (n + 1) * _SECTOR] for n in range(count))
        table.extend([*range(begin + 1, begin + count), _END])
        return begin

    mini, mini_table, starts = b"", [], {}
    for at, node in enumerate(nodes):
        if node.content is None:
            starts[at] = 0
        elif len(node.content) >= _CUTOFF:
            starts[at] = put(node.content)
        else:
            count = -(-len(node.content) // _MINI)
            starts[at] = len(mini_table) if count else _END
            mini_table += [*range(len(mini_table) + 1, len(mini_table) + count), _END] if count else []
            mini += node.content.ljust(count * _MINI, b"\0")
    starts[0] = put(mini)
    entries = b""
    for at, node in enumerate(nodes):
        name = node.name.encode("utf-16-le")
        kind = 5 if at == 0 else 1 if node.content is None else 2
        size = len(mini) if at == 0 else len(node.content or b"")
        entries += name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, kind, 1)
        entries += struct.pack("<3I", *links[at], children[at]) + bytes(36) + struct.pack("<IQ", starts[at], size)
    directory = put(entries)
    mini_fat = put(struct.pack(f"<{len(mini_table)}I", *mini_table)) if mini_table else _END
    count = 1
    while count * (_SECTOR // 4) < len(table) + count:
        count += 1
    places = list(range(len(sectors), len(sectors) + count))
    table += [_TABLE] * count
    table += [_FREE] * (count * (_SECTOR // 4) - len(table))
    sectors += [struct.pack("<128I", *table[n * 128 : (n + 1) * 128]) for n in range(count)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 62, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, count, directory, 0, _CUTOFF, mini_fat, 1, _END, 0)
    header += struct.pack("<109I", *places, *[_FREE] * (109 - count))
    return header + b"".join(sectors)


def properties(head: int, **numbers: bytes) -> bytes:
    """Return a stream of properties: by tag and kind, such as `p00390040`, a value of eight bytes."""
    found = bytes(head)
    for name, value in numbers.items():
        found += struct.pack("<HHI8s", int(name[5:], 16), int(name[1:5], 16), 6, value)
    return found
