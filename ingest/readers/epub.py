"""EPUB books: a page a chapter, in reading order."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.archive import Archive
from ingest.readers.html import decode_html
from ingest.readers.markup import parse_xml, written_html
from ingest.remarks import Remark
from ingest.titles import stated_title
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from pathlib import Path

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read the chapters of a book; a chapter that cannot be read is empty and named in a remark.

    Raises:
        DocumentError: the file is no book, protected against copying, damaged or too large.
    """
    with Archive(path) as archive:
        if _CONTAINER not in archive:
            raise DocumentError(str(path), "is not an EPUB book", "wrong_type")
        container = parse_xml(path, archive.xml(_CONTAINER))
        package = next((root.get("full-path") for root in _all(container, "rootfile")), None)
        if not package:
            raise DocumentError(str(path), "is damaged: it names no table of contents", "damaged")
        book = parse_xml(path, archive.xml(package))
        names = _chapters(book, posixpath.dirname(package))
        _check_readable(path, archive, names)
        composer = Composer(str(path), lexicon)
        found = [remark for at, name in enumerate(names, 1) if (remark := _write(path, archive, at, name, composer))]
    if not names:
        raise DocumentError(str(path), "holds no chapter", "empty")
    title = next((stated_title(element.text, lexicon) for element in _all(book, "title")), "")
    hiding = tuple(remark.pages[0] for remark in found if remark.code == "text_hidden")
    remarks = [remark for remark in found if remark.code != "text_hidden"]
    remarks += [Remark("text_hidden", hiding)] if hiding else []
    return composer.document(title or composer.first_heading or stem(path), remarks)


def _chapters(book: Any, folder: str) -> list[str]:
    """Return the names of the chapters in the archive, in reading order."""
    items = {item.get("id"): item for item in _all(book, "item")}
    chapters = [items[entry.get("idref")] for entry in _all(book, "itemref") if entry.get("idref") in items]
    return [
        posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in chapters
        if item.get("media-type", "") in _CHAPTER_TYPES and "nav" not in item.get("properties", "").split()
    ]


def _check_readable(path: Path, archive: Archive, names: list[str]) -> None:
    if _ENCRYPTION not in archive:
        return
    references = _all(parse_xml(path, archive.xml(_ENCRYPTION)), "CipherReference")
    if {unquote(reference.get("URI", "")) for reference in references} & set(names):  # fonts may be encrypted
        raise DocumentError(str(path), "is protected against copying and cannot be read", "protected")


def _write(path: Path, archive: Archive, number: int, name: str, composer: Composer) -> Remark | None:
    """Write a chapter; return what kept it from being read, or that some of it is not shown."""
    composer.page(str(number))
    if name not in archive:
        return Remark("chapter_missing", (number,), flat(name))
    page = written_html(path, decode_html(archive.read(name)).replace("\0", ""), composer)
    return Remark("text_hidden", (number,)) if page.hides else None


def _all(root: Any, name: str) -> list[Any]:
    """Return the elements called `name` in any namespace, in the order of the file."""
    return list(root.iter("{*}" + name))
