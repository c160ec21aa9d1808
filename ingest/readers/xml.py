"""XML of any kind: the text of each element with the names above it, records as tables, cited by lines."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from ingest.compose import Composer, flat
from ingest.files import read_bytes
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.leaves import Leaf, write_leaves
from ingest.readers.markup import parse_xml
from ingest.readers.verbatim import as_it_stands, checked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.readers.leaves import Path as Names
    from ingest.types import Document

_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([\w:.-]+)")
_DECLARATION = re.compile(r"\A\s*<\?xml\s[^>]*\?>")
_ENTITIES = b"<!ENTITY"


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read the elements of an XML file; one that is damaged or declares entities is read as it stands.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    raw = read_bytes(path)
    declared = _DECLARED.match(raw.removeprefix(b"\xef\xbb\xbf"))
    content = checked(path, "an XML file", raw, declared[1].decode("ascii") if declared else None)
    if _ENTITIES in raw.replace(b"\0", b""):  # they can grow without end, or name other files
        return as_it_stands(path, content, "it declares XML entities")
    try:
        root = _root(path, raw, content.text)
    except SyntaxError as error:  # lxml's own are such
        return as_it_stands(path, content, f"it is not XML: {flat(str(error))}")
    composer = Composer(str(path), lexicon)
    composer.heading(_name(root.tag), section=False)
    write_leaves(_leaves(root), composer)
    return composer.document(path.name, content.remarks)


def _root(path: Path, raw: bytes, text: str) -> Any:
    """Return the root element; where bytes do not fit the encoding that is declared, that of the text as decoded.

    Raises:
        SyntaxError: it is no XML.
    """
    try:
        return parse_xml(path, raw)
    except SyntaxError:
        return parse_xml(path, _DECLARATION.sub("", text, count=1).encode("utf-8", "replace"))


def _leaves(root: Any) -> Iterator[Leaf]:
    """Yield the texts and attributes of elements, in the order of the file; what has text around it is one text."""
    waiting: list[tuple[Any, Names]] = [(root, ())]
    while waiting:
        element, path = waiting.pop()
        line = element.sourceline or 1
        for name, value in element.attrib.items():
            if value.strip() and not name.startswith("{"):  # those of a namespace are about the markup
                yield Leaf((*path, _name(name)), value, line)
        children = [child for child in element if isinstance(child.tag, str)]
        if not children or _has_text_between(element):
            text = " ".join("".join(element.itertext()).split())
            if text:
                yield Leaf(path, text, line)
            continue
        waiting += reversed(list(_numbered(children, path)))


def _numbered(children: list[Any], path: Names) -> Iterator[tuple[Any, Names]]:
    """Yield elements with their paths; those of one name are counted."""
    several = {name for name, count in Counter(child.tag for child in children).items() if count > 1}
    counts: Counter[str] = Counter()
    for child in children:
        counts[child.tag] += 1
        own: Names = (_name(child.tag), counts[child.tag]) if child.tag in several else (_name(child.tag),)
        yield child, (*path, *own)


def _has_text_between(element: Any) -> bool:
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _name(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]
