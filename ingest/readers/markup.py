"""The one door to lxml: HTML to blocks, as events, and XML to a tree that loads nothing."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any

from ingest.compose import flat
from ingest.marks import unmarked
from ingest.readers.requirements import needs
from ingest.readers.web.blocks import write
from ingest.readers.web.page import Page
from ingest.readers.web.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.compose import Composer

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_STRUCK = re.compile(r"<(/?)(?:s|strike)(?=[\s/>])", re.IGNORECASE)  # the parser ends these where a paragraph begins
_SELF_CLOSED = re.compile(r"<([A-Za-z][\w:.-]*)((?:\s[^<>]*)?)/>")


def write_html(path: Path, text: str, composer: Composer) -> str:
    """Write the blocks of `text`, HTML or XHTML, and return the title it states.

    Args:
        path: the file it comes from, for errors.
        text: a page or a part of one, decoded.
        composer: takes the blocks.
    """
    return written_html(path, text, composer).title


def written_html(path: Path, text: str, composer: Composer) -> Page:
    """Write the blocks of `text`, and return what is known of the page: its title, whether it hides text.

    Raises:
        DocumentError: the package that parses is not installed.
    """
    content = _SELF_CLOSED.sub(_opened_and_closed, _STRUCK.sub(r"<\1del", unmarked(text))).encode("utf-8", "replace")
    survey = Survey()
    _parse(path, content, survey)
    page = Page(survey)
    _parse(path, content, page)
    for block in page.blocks:
        write(block, composer)
    page.title = flat(page.title)
    return page


def _parse(path: Path, content: bytes, target: Survey | Page) -> None:
    """Send the events of a page. However deep its elements lie, time and memory grow with the text alone."""
    with needs(path, "lxml", "lxml"):
        from lxml import etree
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True, no_network=True)
    parser.feed(content)
    parser.close()


def _opened_and_closed(match: re.Match[str]) -> str:
    """Close an empty XHTML element in the way that HTML knows."""
    name = match[1].lower()
    return match[0] if name in _VOID else f"<{match[1]}{match[2]}></{match[1]}>"


def parse_xml(path: Path, raw: bytes) -> Any:
    """Return the root element of an XML file; nothing that it refers to is loaded.

    Args:
        path: the file it comes from, for errors.
        raw: its bytes.
    """
    with needs(path, "lxml", "lxml"):
        from lxml import etree
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def xml_elements(path: Path, file: IO[bytes], names: Sequence[str]) -> Iterator[Any]:
    """Yield the elements of an XML file that are called so, each when it is whole, and forget it afterwards.

    Args:
        path: the file that it comes from, for errors.
        file: the XML; nothing that it refers to is loaded.
        names: without their namespaces.
    """
    with needs(path, "lxml", "lxml"):
        from lxml import etree
    tags = [f"{{*}}{name}" for name in names]
    for _, element in etree.iterparse(file, tag=tags, resolve_entities=False, no_network=True, load_dtd=False):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
