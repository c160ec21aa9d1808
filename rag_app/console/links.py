"""Where a source stands, in words and as an address that a terminal opens at the page."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag_app.console.screen import label_text, name_text, show_line

if TYPE_CHECKING:
    from rich.text import Text

    from rag_app.types import Citation, Hit


def place_text(source: Citation | Hit) -> str:
    """Return the name of a document and where in it a source stands."""
    from ingest import place_name

    name = PurePath(source.document).name
    place = place_name(source.document, source.page, label_text(source.page_label))
    return f"{name}, {place}" if place else name


def link_of(source: Citation | Hit) -> Text:
    """Return the place of a source as text that opens it, in terminals that can."""
    place = place_text(source)
    return _link(name_text(place), file_link(source.document, source.page))


def file_link(document: str, page: int) -> str:
    """Return the address of a page of a file; it has no character that a terminal or program could act on."""
    from ingest import file_of

    file = file_of(document)
    page = page if file == document else 1  # a document that lies in a file has pages of its own
    path = Path(file).as_posix().encode("utf-8", "surrogateescape")
    return f"file://{quote(path)}#page={page}"


def show_link(source: Citation | Hit) -> None:
    """Write the address of a source, as a link in terminals that can."""
    address = file_link(source.document, source.page)
    show_line(_link(address, address))


def _link(text: str, address: str) -> Text:
    from rich.style import Style
    from rich.text import Text

    return Text(text, style=Style(link=address))
