"""Writes the text of a document from its blocks: headings, paragraphs, items, tables, source code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, islice, takewhile, zip_longest
from typing import TYPE_CHECKING, Literal

from ingest.characters import characters, visible
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import check_text
from ingest.rows import names_columns
from ingest.tables import CELL
from ingest.types import PAGE_BREAK, Document, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.remarks import Remark

LONGEST_CELL = 600  # characters; a longer one is prose, and its row cannot be quoted whole

_LONGEST_LABEL = 60  # characters of a heading
_LONGEST_PAGE_LABEL = 20
_BLOCK = 400  # characters of a table under one header row: with it, less than a passage holds
_FEWEST_COLUMNS = 3  # of a table whose header row is repeated; with two, rows read well without it
_MOST_HEADERS = 3  # rows
_MOST_TITLES = 20  # lines above them
# What `characters` would leave as it is: most cells, and a large table has millions.
_PLAIN = re.compile(r"[A-Za-z0-9,:;/@%$+#&'\"-]+(?:[. ][A-Za-z0-9,:;/@%$+#&'\"-]+)*")

_Kind = Literal["heading", "paragraph", "item", "caption", "table", "code"]
_Line = tuple[str, str | None]  # text, label of the section that begins with it


@dataclass(slots=True)
class _Draft:
    """A page that is being written."""

    label: str
    parts: list[str] = field(default_factory=list)
    length: int = 0
    last: _Kind | None = None
    sections: list[tuple[int, str]] = field(default_factory=list)


class Composer:
    """Collects the blocks of one document, page by page, and notes where its sections begin."""

    def __init__(self, path: str, lexicon: Lexicon = NO_WORDS) -> None:
        self._path = path
        self._lexicon = lexicon
        self._pages: list[_Draft] = []
        self._label: str | None = None
        self._length = 0
        self.first_heading = ""  # the title of a document that states none

    def page(self, label: str) -> None:
        """Begin a page; what is written before counts to one that is labelled "1"."""
        self._pages.append(_Draft(shortened(flat(label), _LONGEST_PAGE_LABEL)))

    def mark(self, label: str) -> None:
        """Begin a section with the next block."""
        self._label = label

    def heading(self, text: str, *, section: bool = True) -> None:
        """Write a heading, which begins a section unless its page is label enough."""
        line = flat(text)
        if not line:
            return
        self.first_heading = self.first_heading or line
        if section:
            self.mark(shortened(line, _LONGEST_LABEL))
        self._write("heading", [(line, None)])

    def paragraph(self, text: str) -> None:
        """Write a paragraph; its line breaks stay."""
        self._write("paragraph", [(cleaned(text), None)])

    def item(self, text: str, marker: str = "") -> None:
        """Write a line of a list, after `marker` if there is one."""
        line = cleaned(text)
        self._write("item", [(f"{marker} {line}".lstrip() if line else "", None)])

    def code(self, text: str) -> None:
        """Write lines as they are, without what cannot be seen."""
        self._write("code", [(visible(text).strip("\n"), None)])

    def table(self, rows: Iterable[Sequence[str]], caption: str = "", labels: Iterable[str] = ()) -> None:
        """Write a table; where it is long and its first row names the columns, that row comes again and again.

        Args:
            rows: their cells; a row of one cell is a line of its own, which says what comes under it.
            caption: what the table is called.
            labels: for each row that of the section which begins with it.
        """
        cells = (tuple(map(flat, row)) for row in rows)
        table = ((row, label) for row, label in zip_longest(cells, labels) if row and any(row))
        first = list(islice(table, _MOST_TITLES + _MOST_HEADERS))
        lead = len(list(takewhile(lambda row: len(row[0]) < 2, first)))
        self._write("caption", [(flat(caption), None)])
        self._blocks(chain(first, table), lead, _head([row for row, _ in first[lead:]], self._lexicon))

    def _blocks(
        self, table: Iterable[tuple[Sequence[str], str | None]], lead: int, head: Sequence[Sequence[str]]
    ) -> None:
        """Write the rows in blocks that fit a passage, each under the header rows; `lead` lines stand above these."""
        headers = [CELL.join(row) for row in head]
        size = sum(map(len, headers))
        room = max(_BLOCK, 2 * size)
        block: list[_Line] = []
        length = 0
        for at, (row, label) in enumerate(table):
            line = CELL.join(row)
            prose = len(row) > 1 and max(map(len, row)) > LONGEST_CELL
            if block and (prose or (head and at > lead + len(head) and length + len(line) > room)):
                self._write("table", block)
                block, length = [], 0
            if prose:
                self._record(row, head[0] if head else (), label)
                continue
            if at >= lead + len(head) and not block:
                block, length = [(header, label) for header in headers], size
            block.append((line, label))
            length += len(line)
        self._write("table", block)

    def _record(self, row: Sequence[str], head: Sequence[str], label: str | None) -> None:
        """Write a row of prose, a paragraph a cell."""
        for name, cell in zip_longest(head[: len(row)], row, fillvalue=""):
            if cell:
                self._write("paragraph", [(f"{name}: {cell}" if name else cell, label)])

    def _write(self, kind: _Kind, lines: Sequence[_Line]) -> None:
        if not any(line for line, _ in lines):
            return
        if not self._pages:
            self.page("1")
        page = self._pages[-1]
        gap = _gap(page, kind)
        before = page.length
        page.parts.append(gap)
        page.length += len(gap)
        for nth, (line, own) in enumerate(lines):
            if nth:
                page.parts.append("\n")
                page.length += 1
            label = own if own is not None else self._label
            if label is not None:
                page.sections.append((page.length, label))
            self._label = None
            page.parts.append(line)
            page.length += len(line)
        page.last = kind
        self._length += page.length - before
        check_text(self._path, self._length)

    def document(self, title: str, remarks: Iterable[Remark] = ()) -> Document:
        """Return the document; one without any block has a single empty page."""
        pages, sections, offset = [], [], 0
        for number, draft in enumerate(self._pages or [_Draft("1")], start=1):
            pages.append(Page(number, draft.label or str(number), "".join(draft.parts)))
            sections += [(offset + place, label) for place, label in draft.sections]
            offset += draft.length + len(PAGE_BREAK)
        return Document(self._path, flat(title), tuple(pages), tuple(remarks), tuple(sections))


def _head(rows: Sequence[Sequence[str]], lexicon: Lexicon) -> Sequence[Sequence[str]]:
    """Return the rows that name the columns of a table with several: the first, and those that go on with it."""
    if not rows or len(rows[0]) < _FEWEST_COLUMNS or not names_columns(rows[0], lexicon):
        return ()
    return [rows[0], *takewhile(lambda row: not row[0] and names_columns(row, lexicon), rows[1:_MOST_HEADERS])]


def _gap(page: _Draft, kind: _Kind) -> str:
    """Return what parts a block from the one before: a blank line, unless they belong together."""
    if page.last is None:
        return ""
    together = page.last in ("heading", "caption") or (kind == "item" == page.last)
    announced = kind == "item" and page.last == "paragraph" and page.parts[-1].endswith(":")
    return "\n" if together or announced else "\n\n"


def cleaned(text: str) -> str:
    """Return a block's text with its characters normalised, and without a tab: that would mark a cell."""
    return text if _PLAIN.fullmatch(text) else characters(text.replace("\t", " "))


def flat(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(cleaned(text).split())


def shortened(text: str, longest: int) -> str:
    """Return `text`, or its beginning and an ellipsis, in `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
