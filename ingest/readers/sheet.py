"""Tables: Excel workbooks, a page a sheet; comma- and tab-separated files, cited by lines."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.lines import line_label
from ingest.readers.archive import office_file
from ingest.readers.separated import delimiter_of, tables
from ingest.readers.text import content_of
from ingest.readers.workbook.book import Book
from ingest.readers.workbook.contents import Contents
from ingest.readers.workbook.layout import TooManyCellsError, blocks, not_shown, shown
from ingest.titles import stated_title
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.readers.workbook.contents import Page

_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")  # for Excel


def read_csv(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a file of separated values, a row a line, its header row first; the delimiter shows in the first rows.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    content = content_of(path)
    text, first = content.text, 1
    stated = _SEPARATOR_LINE.match(text)
    if stated:
        text, first = text[stated.end() :], 2
    delimiter = stated[1] if stated else "\t" if path.suffix.lower() == ".tsv" else delimiter_of(text)
    composer = Composer(str(path), lexicon)
    for table in tables(text, delimiter, lexicon):
        composer.table((one.cells for one in table), labels=(line_label(one.line + first) for one in table))
    return composer.document(stem(path), content.remarks)


def read_workbook(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read what the cells of a workbook show; a page a sheet, labelled with its name.

    Formulas are worked out where what they come to is not stored. Empty rows and columns are left out, hidden ones come
    after what is shown, as hidden text. Macros are not opened.

    Raises:
        DocumentError: the file is no workbook, protected, damaged or too large.
        Exception: whatever lxml makes of a file that is damaged beyond reading.
    """
    package = office_file(path, "spreadsheetml", "an Excel workbook")
    composer = Composer(str(path), lexicon)
    with closing(Book(path, package)) as book:
        contents = Contents(book)
        for page in contents.pages:
            composer.page(page.name)
            try:
                _write(composer, page, lexicon)
            except TooManyCellsError:
                reason = f"has a sheet of too many cells: {flat(page.name)}"
                raise DocumentError(str(path), reason, "too_large") from None
        title = stated_title(book.title, lexicon)
    return composer.document(title or stem(path), contents.remarks)


def _write(composer: Composer, page: Page, lexicon: Lexicon) -> None:
    if page.hidden:
        with composer.hidden():
            _write_shown(composer, page, lexicon)
        return
    _write_shown(composer, page, lexicon)


def _write_shown(composer: Composer, page: Page, lexicon: Lexicon) -> None:
    name = flat(page.name)
    own = list(blocks(page.texts, lexicon))
    for block in own:
        rows, form = shown(page.texts, block, page.unseen, page.merged)
        composer.table(rows, form=form, name=name)
    for comment in page.comments:
        if not page.unseen.covers(comment.row, comment.column):
            composer.paragraph(page.said_of(comment))
    with composer.hidden():
        for block in own:
            for rows in not_shown(page.texts, block, page.unseen):
                composer.table(rows)
        for line in page.blank:
            composer.paragraph(line)
        for comment in page.comments:
            if page.unseen.covers(comment.row, comment.column):
                composer.paragraph(page.said_of(comment))
