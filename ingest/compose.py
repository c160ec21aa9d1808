"""Writes the text of a document from its blocks: headings, paragraphs, items, tables, source code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import chain, islice, takewhile, zip_longest
from typing import TYPE_CHECKING, Literal

from ingest.caption import Above, said_above
from ingest.cells import PLAIN, Cells, Form
from ingest.characters import characters, visible
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import check_text
from ingest.marks import BEGIN, parted, unmarked
from ingest.packing import MOST_CELLS
from ingest.remarks import Remark
from ingest.rows import is_figure, names_columns
from ingest.tables import CELL
from ingest.types import PAGE_BREAK, Document, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.table import Table

LONGEST_CELL = 600  # characters; a longer one is prose, and its row cannot be quoted whole

_LONGEST_LABEL = 60  # characters of a heading
_LONGEST_PAGE_LABEL = 20
_BLOCK = 400  # characters of a table under one header row: with it, less than a passage holds
_FEWEST_COLUMNS = 3  # of a table whose first row names them where it has no figures; with two it may be a pair
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
    paragraphs: list[str] = field(default_factory=list)  # since the last block of another kind
    heading: str = ""  # the last one
    tables: list[Table] = field(default_factory=list)
    unseen: bool = False  # all of it is hidden
    hidden: list[tuple[int, int]] = field(default_factory=list)  # spans of the text that are


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table that is being written."""

    given: int  # which it is of those that the reader gave, from 0
    cells: tuple[str, ...]
    label: str | None  # of the section that begins with it
    part: Literal["title", "head", "body", "again"] = "body"  # a line above the table, a row that names its columns
    marked: tuple[str, ...] = ()  # the cells with the marks of what is hidden, where any is

    @property
    def line(self) -> str:
        return CELL.join(self.marked or self.cells)

    @property
    def is_prose(self) -> bool:
        return len(self.cells) > 1 and max(map(len, self.cells)) > LONGEST_CELL


class Composer:
    """Collects the blocks of one document, page by page, and notes where its sections begin."""

    def __init__(self, path: str, lexicon: Lexicon = NO_WORDS) -> None:
        self._path = path
        self._lexicon = lexicon
        self._pages: list[_Draft] = []
        self._label: str | None = None
        self._length = 0
        self._cells = 0  # of all tables
        self._crowded = False  # a table had more cells than there may be
        self.first_heading = ""  # the title of a document that states none

    def page(self, label: str, *, hidden: bool = False) -> None:
        """Begin a page, all of it hidden or not; what is written before counts to one that is labelled "1"."""
        self._pages.append(_Draft(shortened(flat(label), _LONGEST_PAGE_LABEL), unseen=hidden))

    def mark(self, label: str) -> None:
        """Begin a section with the next block."""
        self._label = label

    def heading(self, text: str, *, section: bool = True) -> None:
        """Write a heading, which begins a section unless its page is label enough."""
        line = flat(text)
        if not line:
            return
        self.first_heading = self.first_heading or unmarked(line)
        if section:
            self.mark(shortened(unmarked(line), _LONGEST_LABEL))
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

    def table(
        self,
        rows: Iterable[Sequence[str]],
        caption: str = "",
        labels: Iterable[str] = (),
        *,
        form: Form = PLAIN,
        name: str = "",
    ) -> None:
        """Write a table; where it is long and its first rows name the columns, they come again and again.

        Args:
            rows: their cells; a row of one cell is a line of its own, which says what comes under it.
            caption: what the table is called.
            labels: for each row that of the section which begins with it.
            form: what is known of its cells beside their texts.
            name: what it is called where nothing above it says so; it is not written.
        """
        table = _rows(rows, labels)
        first = _parted(list(islice(table, _MOST_TITLES + _MOST_HEADERS)), form, self._lexicon)
        titles = [row.cells[0] for row in first if row.part == "title"]
        above = self._above((unmarked(flat(caption)), *titles), name)
        self._write("caption", [(flat(caption), None)])
        cells = Cells(form, MOST_CELLS - self._cells)
        head = [row for row in first if row.part == "head"]
        self._blocks(chain(first, table), head, cells)
        said = said_above(above, _over_all(head), self._lexicon)
        made = cells.table(len(self._pages), said.caption, said.unit)
        self._crowded = self._crowded or cells.too_many
        if made is not None:
            self._cells += len(made.cells)
            self._pages[-1].tables.append(made)

    def _above(self, own: Sequence[str], name: str) -> Above:
        page = self._pages[-1] if self._pages else _Draft("")
        return Above(own, tuple(page.paragraphs), page.heading, name)

    def _blocks(self, table: Iterable[_Row], repeated: Sequence[_Row], cells: Cells) -> None:
        """Write the rows in blocks that fit a passage, each under the header rows that are `repeated`."""
        size = sum(len(row.line) for row in repeated)
        room = max(_BLOCK, 2 * size)
        block: list[_Row] = []
        length = 0
        for row in table:
            width = len(row.line)
            if block and (row.is_prose or (repeated and row.part == "body" and length + width > room)):
                self._write_rows(block, cells)
                block, length = [], 0
            if row.is_prose:
                self._record(row, repeated[0].cells if repeated else (), cells)
                continue
            if row.part == "body" and not block:
                block, length = [replace(head, label=row.label, part="again") for head in repeated], size
            block.append(row)
            length += width
        self._write_rows(block, cells)

    def _write_rows(self, block: Sequence[_Row], cells: Cells) -> None:
        """Write rows, and note the cells of those that are not repeated."""
        places = self._write("table", [(row.line, row.label) for row in block])
        for row, place in zip(block, places, strict=True):
            if row.part in ("again", "title"):
                continue
            if len(row.cells) == 1:
                cells.line(row.given, row.cells[0], place)
                continue
            cells.row(row.given, row.cells, place, header=row.part == "head")

    def _record(self, row: _Row, head: Sequence[str], cells: Cells) -> None:
        """Write a row of prose, a paragraph a cell."""
        starts, place = [], 0
        for name, cell in zip_longest(head[: len(row.cells)], row.marked or row.cells, fillvalue=""):
            if cell:
                lead = f"{name}: " if name else ""
                [begin] = self._write("paragraph", [(f"{lead}{cell}", row.label)])
                place = begin + len(lead)
            starts.append(place)
        cells.scattered(row.given, row.cells, starts, header=row.part == "head")

    def _write(self, kind: _Kind, lines: Sequence[_Line]) -> list[int]:
        """Write a block and return where its lines begin on the page; an empty one is left out, marks are taken out."""
        if not any(line for line, _ in lines):
            return []
        if not self._pages:
            self.page("1")
        page = self._pages[-1]
        gap = _gap(page, kind)
        before = page.length
        page.parts.append(gap)
        page.length += len(gap)
        places, written = [], []
        for nth, (marked, own) in enumerate(lines):
            line, spans = parted(marked)
            if nth:
                page.parts.append("\n")
                page.length += 1
            label = own if own is not None else self._label
            if label is not None:
                page.sections.append((page.length, label))
            self._label = None
            places.append(page.length)
            page.hidden += [(page.length + start, page.length + end) for start, end in spans]
            page.parts.append(line)
            page.length += len(line)
            written.append(line)
        _remember(page, kind, written)
        self._length += page.length - before
        check_text(self._path, self._length)
        return places

    def document(self, title: str, remarks: Iterable[Remark] = ()) -> Document:
        """Return the document; one without any block has a single empty page."""
        pages, sections, offset = [], [], 0
        for number, draft in enumerate(self._pages or [_Draft("1")], start=1):
            text = "".join(draft.parts)
            hidden = ((0, len(text)),) if draft.unseen and text else tuple(draft.hidden)
            pages.append(Page(number, draft.label or str(number), text, hidden=hidden, tables=tuple(draft.tables)))
            sections += [(offset + place, label) for place, label in draft.sections]
            offset += draft.length + len(PAGE_BREAK)
        crowded = [Remark("cells_forgotten", detail=f"{MOST_CELLS:,}")] if self._crowded else []
        return Document(self._path, flat(title), tuple(pages), (*remarks, *crowded), tuple(sections))


def _rows(rows: Iterable[Sequence[str]], labels: Iterable[str]) -> Iterator[_Row]:
    """Yield the rows that have any text."""
    for given, (row, label) in enumerate(zip_longest(rows, labels)):
        marked = tuple(map(flat, row or ()))
        if not any(marked):
            continue
        if any(BEGIN in cell for cell in marked):
            yield _Row(given, tuple(map(unmarked, marked)), label, marked=marked)
        else:
            yield _Row(given, marked, label)


def _parted(rows: Sequence[_Row], form: Form, lexicon: Lexicon) -> list[_Row]:
    """Return the first rows of a table, with what they are."""
    titles = list(takewhile(lambda row: len(row.cells) < 2, rows))
    titles = [] if len(titles) == len(rows) else titles
    head = _head(rows[len(titles) :], form, lexicon)
    body = rows[len(titles) + len(head) :]
    return [*(replace(row, part="title") for row in titles), *(replace(row, part="head") for row in head), *body]


def _head(rows: Sequence[_Row], form: Form, lexicon: Lexicon) -> Sequence[_Row]:
    """Return the rows that name the columns: those that the format marks, or the first and those that go on with it."""
    marked = list(takewhile(lambda row: form.are_headers(row.given, row.cells), rows[:_MOST_HEADERS]))
    if marked or not rows or not names_columns(rows[0].cells, lexicon):
        return marked
    if len(rows[0].cells) < _FEWEST_COLUMNS and not _stands_above_figures(rows):
        return ()
    more = takewhile(lambda row: not row.cells[0] and names_columns(row.cells, lexicon), rows[1:_MOST_HEADERS])
    return [rows[0], *more]


def _stands_above_figures(rows: Sequence[_Row]) -> bool:
    """Tell whether most second cells below the first row are figures; else its two may be a pair like the others."""
    below = [row.cells[1] for row in rows[1:] if len(row.cells) > 1 and row.cells[1]]
    return 2 * sum(map(is_figure, below)) > len(below)


def _over_all(head: Sequence[_Row]) -> list[str]:
    """Return the header cells that may name the unit of all figures: those of the first column, and single ones."""
    return [row.cells[0] for row in head] + [
        filled[0] for row in head if len(filled := [*dict.fromkeys(filter(None, row.cells[1:]))]) == 1
    ]


def _remember(page: _Draft, kind: _Kind, lines: Sequence[str]) -> None:
    """Note what may be the caption of a table that comes next."""
    page.last = kind
    if kind == "heading":
        page.heading = lines[0]
    told = kind == "paragraph" or (kind == "table" and not any(CELL in line for line in lines))
    page.paragraphs = [*page.paragraphs, *lines][-2:] if told else []


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
