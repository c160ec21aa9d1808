"""Gives a PDF that has lost its end a new one, so that a parser finds the pages that are still there."""

from __future__ import annotations

import re

_OBJECT = re.compile(rb"(?<!\d)(\d{1,7})\s+0\s+obj\b")
_TYPE = re.compile(rb"/Type\s*/(Page|Catalog)\b")
_WITHIN = 4_000  # bytes from the head of an object to its type


def with_new_end(content: bytes) -> bytes | None:
    """Return `content` with a trailer that names its catalogue, or a new catalogue of its pages; None without pages.

    Objects are found by their heads, so pages within compressed objects stay lost.
    """
    heads = list(_OBJECT.finditer(content))
    kinds: dict[int, bytes] = {}  # the last of several objects with one number counts
    for index, head in enumerate(heads):
        end = min(heads[index + 1].start() if index + 1 < len(heads) else len(content), head.end() + _WITHIN)
        kind = _TYPE.search(content, head.end(), end)
        kinds[int(head[1])] = kind[1] if kind else b""
    pages = [number for number, kind in kinds.items() if kind == b"Page"]
    if not pages:
        return None
    catalogues = [number for number, kind in kinds.items() if kind == b"Catalog"]
    if catalogues:
        return content + _trailer(catalogues[-1])
    root = max(kinds) + 1
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    catalogue = b"\nendstream\nendobj\n%d 0 obj\n<</Type/Catalog/Pages %d 0 R>>\nendobj\n" % (root, root + 1)
    tree = b"%d 0 obj\n<</Type/Pages/Count %d/Kids[%b]>>\nendobj" % (root + 1, len(pages), kids)
    return content + catalogue + tree + _trailer(root)


def _trailer(root: int) -> bytes:
    # An object that was cut off would swallow what follows.
    return b"\nendstream\nendobj\ntrailer\n<</Root %d 0 R>>\nstartxref\n0\n%%%%EOF\n" % root
