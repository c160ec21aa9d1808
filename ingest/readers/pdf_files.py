"""Files that are attached to a PDF: to the document as a whole, or to a place on a page."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

from ingest.files import read_bytes
from ingest.members import Held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MARKS = (b"/EmbeddedFile", b"/FileAttachment")  # of which the first stands at nearly every file that is attached
_PACKED = b"/ObjStm"  # what is in such objects is not seen
_MOST_NODES = 100_000  # of the tree of names, and of annotations
_NAMES = ("/UF", "/F", "/Unix", "/DOS", "/Mac")


def holdings(path: Path, password: str | None = None) -> Iterator[Held]:
    """Yield the files that are attached to a PDF, each once."""
    content = read_bytes(path)
    marked = any(mark in content for mark in _MARKS)
    if not marked and _PACKED not in content:
        return
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        reader.decrypt("") or reader.decrypt(password or "")
    seen: set[int] = set()
    for specification in _specifications(reader, on_pages=marked):
        embedded = _object(_object(specification.get("/EF")).get("/F") or _object(specification.get("/EF")).get("/UF"))
        if not hasattr(embedded, "get_data") or id(embedded) in seen:
            continue
        seen.add(id(embedded))
        name = next((str(_plain(specification.get(key))) for key in _NAMES if specification.get(key)), "attachment")
        yield Held(name, partial(_data, embedded))


def _specifications(reader: Any, *, on_pages: bool) -> Iterator[Any]:
    """Yield what describes the attached files: those of the tree of names, and those `on_pages`."""
    waiting = [_object(_object(reader.trailer["/Root"].get("/Names")).get("/EmbeddedFiles"))]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_NODES:
        node = waiting.pop()
        if id(node) in seen or not hasattr(node, "get"):
            continue
        seen.add(id(node))
        names = _list(node.get("/Names"))
        yield from filter(_is_dictionary, map(_object, names[1::2]))
        waiting += reversed([_object(child) for child in _list(node.get("/Kids"))])
    for page in reader.pages if on_pages else ():
        for annotation in map(_object, _list(page.get("/Annots"))):
            if _is_dictionary(annotation) and annotation.get("/Subtype") == "/FileAttachment":
                specification = _object(annotation.get("/FS"))
                if _is_dictionary(specification):
                    yield specification


def _data(embedded: Any) -> bytes:
    data = embedded.get_data()
    return data if isinstance(data, bytes) else str(data).encode()


def _plain(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


def _object(value: Any) -> Any:
    """Return what a reference leads to; an empty dictionary where there is nothing."""
    found = _plain(value)
    return {} if found is None else found


def _list(value: Any) -> list[Any]:
    found = _plain(value)
    return list(found) if isinstance(found, list) else []


def _is_dictionary(value: Any) -> bool:
    return isinstance(value, dict)
