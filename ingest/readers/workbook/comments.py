"""What people have noted on the cells of a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.readers.workbook.book import local, number_in, rich_text
from ingest.readers.workbook.cells import Area, area_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.readers.workbook.book import Book, Sheet

_MOST = 20_000  # of a sheet


@dataclass(frozen=True, slots=True)
class Comment:
    """A note on a cell, by row and column from 0."""

    row: int
    column: int
    author: str  # "" where it is not said
    text: str


def comments_of(book: Book, sheet: Sheet) -> list[Comment]:
    """Return the comments of a sheet in the order of its rows, each before its replies.

    A conversation stands in the file a second time, for programs that know none; that is left out.
    """
    found = [
        one for kind, part in book.related(sheet.part) if kind == "threadedComment" for one in _threads(book, part)
    ]
    talked = {(one.row, one.column) for one in found}
    for _, part in book.related(sheet.part, "comments"):
        found += [one for one in _notes(book, part) if (one.row, one.column) not in talked]
    return sorted(found[:_MOST], key=lambda one: (one.row, one.column))


def _notes(book: Book, part: str) -> Iterator[Comment]:
    authors: list[str] = []
    for one in book.elements(part, "author", "comment"):
        if local(one.tag) == "author":
            authors.append(one.text or "")
            continue
        area, number = area_of(str(one.get("ref", ""))), number_in(one.get("authorId"))
        author = authors[number].strip() if number is not None and number < len(authors) else ""
        said = "".join(rich_text(text) for text in one.iterfind("{*}text")).strip()
        yield from _comment(area, author, said.removeprefix(f"{author}:").strip())


def _threads(book: Book, part: str) -> Iterator[Comment]:
    people = {
        str(one.get("id")): str(one.get("displayName", ""))
        for kind, named in book.related(book.main)
        if kind == "person"
        for one in book.elements(named, "person")
    }
    for one in book.elements(part, "threadedComment"):
        said = " ".join(text.text or "" for text in one.iterfind("{*}text"))
        yield from _comment(area_of(str(one.get("ref", ""))), people.get(str(one.get("personId")), ""), said.strip())


def _comment(area: Area | None, author: str, text: str) -> Iterator[Comment]:
    if area is not None and text:
        yield Comment(area.top, area.left, author, text)
