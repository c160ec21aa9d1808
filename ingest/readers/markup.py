"""HTML to blocks: what a browser shows of it, without menus, scripts and hidden parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import IO, TYPE_CHECKING, Any

from ingest.cells import PLAIN, Form
from ingest.compose import LONGEST_CELL, flat
from ingest.readers.requirements import needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.compose import Composer


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SKIPPED = _words(
    "script style template noscript nav svg iframe object embed audio video canvas button select textarea dialog "
    "datalist annotation annotation-xml map"
)
_SKIPPED_ROLES = _words("navigation search menu menubar")
_BLOCKS = _words(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form header "
    "hr legend li main ol p pre section summary ul table caption tr td th thead tbody tfoot"
)
_HEADINGS = _words("h1 h2 h3 h4 h5 h6")
_CONTENT = _words("article main section")
_VOID = _words("area base br col embed hr img input link meta source track wbr")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_WHITE = re.compile(r"[ \t\n\r\f]+")
_SELF_CLOSED = re.compile(r"<([A-Za-z][\w:.-]*)((?:\s[^<>]*)?)/>")
_DEEPEST_TABLE = 8  # tables within tables
_WIDEST = 100  # columns that one cell may span
_MOST_SPREAD = 20  # cells of a grid for each one that the file holds
_LONGEST_SPREAD = 100  # characters; a longer cell stands in the first row and column it spans only


@dataclass(frozen=True, slots=True)
class _Block:
    kind: str  # heading, paragraph, item, code, table
    text: str = ""  # of a table the caption
    marker: str = ""  # of an item
    rows: tuple[tuple[str, ...], ...] = ()
    form: Form = PLAIN


@dataclass(slots=True)
class _Cell:
    blocks: list[_Block] = field(default_factory=list)
    columns: int = 1
    rows: int = 1
    heads: bool = False


@dataclass(slots=True)
class _Table:
    layout: bool
    rows: list[list[_Cell]] = field(default_factory=list)
    caption: str = ""
    in_cell: bool = False


def write_html(path: Path, text: str, composer: Composer) -> str:
    """Write the blocks of `text`, HTML or XHTML, and return the title it states.

    Args:
        path: the file it comes from, for errors.
        text: a page or a part of one, decoded.
        composer: takes the blocks.
    """
    with needs(path, "lxml", "lxml"):
        from lxml import etree
    target = _Target()
    # Events instead of a tree: however deep the elements lie, time and memory grow with the text alone.
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True, no_network=True)
    parser.feed(_SELF_CLOSED.sub(_opened_and_closed, text).encode("utf-8", "replace"))
    parser.close()
    for block in target.blocks:
        _write(block, composer)
    return flat(target.title)


def _opened_and_closed(match: re.Match[str]) -> str:
    """Close an empty XHTML element in the way that HTML knows."""
    name = match[1].lower()
    return match[0] if name in _VOID else f"<{match[1]}{match[2]}></{match[1]}>"


def _write(block: _Block, composer: Composer) -> None:
    if block.kind == "heading":
        composer.heading(block.text)
    elif block.kind == "item":
        composer.item(block.text, block.marker)
    elif block.kind == "code":
        composer.code(block.text)
    elif block.kind == "table":
        composer.table(block.rows, block.text, form=block.form)
    else:
        composer.paragraph(block.text)


class _Target:
    """Receives the parser's events."""

    def __init__(self) -> None:
        self.title = ""
        self.blocks: list[_Block] = []
        self._sinks = [self.blocks]  # the page's blocks, and those of each open cell
        self._tables: list[_Table | None] = []  # None: too deep to be told apart
        self._lists: list[count[int] | None] = []  # None: not numbered
        self._skipped = 0  # open elements within one that is not shown
        self._content = 0  # open elements whose header and footer are content
        self._text: list[str] = []
        self._title: list[str] | None = None
        self._kind = "paragraph"
        self._marker = ""
        self._preformatted = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._skipped or self._hidden(tag, attributes):
            self._skipped += 1
            return
        if tag == "title":
            self._title = []
        elif tag == "br":
            self._text.append("\n")
        elif tag in _HEADINGS:
            self._flush()
            self._kind = "heading"
        elif tag in _BLOCKS:
            self._flush()
            self._open(tag, attributes)

    def end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        if tag == "title":
            self.title = self.title or "".join(self._title or ())
            self._title = None
        elif tag in _HEADINGS:
            self._flush()
            self._kind = "paragraph"
        elif tag in _BLOCKS:
            if tag == "caption":
                self._caption()
            self._flush()
            self._close(tag)

    def data(self, data: str) -> None:
        if self._skipped:
            return
        if self._title is not None:
            self._title.append(data)
        else:
            self._text.append(data if self._preformatted else _WHITE.sub(" ", data))

    def close(self) -> None:
        self._flush()
        while self._tables:  # of a file that ends within one
            self._end_table()

    def _hidden(self, tag: str, attributes: Mapping[str, str]) -> bool:
        if tag in _SKIPPED or "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
            return True
        site = tag == "footer" and not self._content  # of the site, not of an article
        return site or attributes.get("role", "").lower() in _SKIPPED_ROLES

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "pre":
            self._kind, self._preformatted = "code", self._preformatted + 1
        elif tag in ("ul", "ol"):
            self._lists.append(count(_number(attributes.get("start"), 1, None)) if tag == "ol" else None)
        elif tag in ("li", "dt", "dd"):
            numbers = self._lists[-1] if self._lists and tag == "li" else None
            self._kind = "item"
            self._marker = f"{next(numbers)}." if numbers else "-" if tag == "li" else ""
        elif tag == "table":
            self._tables.append(_Table(attributes.get("role") == "presentation") if self._is_shallow() else None)
        elif tag in _CONTENT:
            self._content += 1
        elif tag in ("tr", "td", "th"):
            self._open_cell(tag, attributes)

    def _close(self, tag: str) -> None:
        if tag == "pre":
            self._kind, self._preformatted = "paragraph", max(0, self._preformatted - 1)
        elif tag in ("ul", "ol"):
            if self._lists:
                self._lists.pop()
            self._kind = "item" if self._lists else "paragraph"
        elif tag in ("li", "dt", "dd"):
            self._kind, self._marker = "paragraph", ""
        elif tag in ("td", "th"):
            self._close_cell(self._tables[-1] if self._tables else None)
        elif tag == "table" and self._tables:
            self._end_table()
        elif tag in _CONTENT:
            self._content -= 1

    def _is_shallow(self) -> bool:
        return len(self._tables) < _DEEPEST_TABLE and None not in self._tables

    def _open_cell(self, tag: str, attributes: Mapping[str, str]) -> None:
        table = self._tables[-1] if self._tables else None
        if table is None:
            return
        if tag == "tr":
            table.rows.append([])
            return
        if not table.rows:
            table.rows.append([])
        self._close_cell(table)
        columns = _number(attributes.get("colspan"), 1, _WIDEST)
        cell = _Cell([], columns, _number(attributes.get("rowspan"), 1, None), tag == "th")
        table.rows[-1].append(cell)
        self._sinks.append(cell.blocks)
        table.in_cell = True
        self._kind = "paragraph"

    def _close_cell(self, table: _Table | None) -> None:
        if table is not None and table.in_cell:
            self._sinks.pop()
            table.in_cell = False

    def _caption(self) -> None:
        table = self._tables[-1] if self._tables else None
        if table is not None:
            table.caption = flat("".join(self._text))
            self._text = []

    def _flush(self) -> None:
        text = "".join(self._text)
        self._text = []
        if not text.strip():
            return
        self._sinks[-1].append(_Block(self._kind, text, self._marker))
        self._marker = ""

    def _end_table(self) -> None:
        table = self._tables.pop()
        if table is None:
            return
        self._close_cell(table)
        cells = [cell for row in table.rows for cell in row]
        if table.layout or _is_layout(table.rows, cells):
            self._sinks[-1] += [block for cell in cells for block in cell.blocks]
        else:
            self._sinks[-1].append(_table(table))
            self._sinks[-1] += [block for cell in cells for block in cell.blocks if block.kind == "table"]
        self._kind = "paragraph"


def _is_layout(rows: Sequence[Sequence[_Cell]], cells: Sequence[_Cell]) -> bool:
    """Tell whether a table only places things: one column, headings or tables or much prose in its cells."""
    if max(map(len, rows), default=0) < 2:
        return True
    named = bool(rows[0]) and all(cell.heads for cell in rows[0])  # such a table holds others, and is one
    blocks = [block for cell in cells for block in cell.blocks if block.kind != "table" or not named]
    return any(block.kind in ("heading", "table") or len(block.text) > LONGEST_CELL for block in blocks)


def _table(table: _Table) -> _Block:
    """Return a table, column below column: what spans rows stands in each, but a column's name once."""
    below: dict[int, tuple[int, str]] = {}  # by column: how many rows more, and what stands there
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    headers: set[tuple[int, int]] = set()
    room = _MOST_SPREAD * sum(map(len, table.rows))  # a few cells of many rows and columns would fill any memory
    grid: list[tuple[str, ...]] = []
    for cells in table.rows:
        row: list[str] = []
        names = all(cell.heads for cell in cells)
        alone = len(cells) == 1 and cells[0].columns > 1 and not below
        for cell in cells:
            _fill(row, below)
            text = flat(" ".join(block.text for block in cell.blocks if block.kind != "table"))
            again = text if len(text) <= _LONGEST_SPREAD else ""
            columns = cell.columns if len(row) < room else 1
            if (cell.rows, columns) != (1, 1):
                spans[len(grid), len(row)] = (cell.rows, columns)
            if cell.heads:
                headers |= {(len(grid), len(row) + nth) for nth in range(columns)}
            for nth in range(columns):
                if cell.rows > 1:
                    below[len(row)] = (cell.rows - 1, "" if names else again)
                row.append(text if nth == 0 else again if cell.heads else "")
        last = max(below, default=-1)
        while len(row) < room and len(row) <= last:
            _fill(row, below)
            row += [""] if len(row) < last else []
        room -= len(row)
        grid.append((row[0],) if alone else tuple(row))
    return _Block("table", table.caption, rows=tuple(grid), form=Form(spans, frozenset(headers)))


def _fill(row: list[str], below: dict[int, tuple[int, str]]) -> None:
    """Go on in `row` with the cells that hang down from the rows above."""
    while len(row) in below:
        rows, text = below.pop(len(row))
        if rows > 1:
            below[len(row)] = (rows - 1, text)
        row.append(text)


def _number(text: str | None, least: int, most: int | None) -> int:
    value = int(text) if text and text.strip().isdecimal() and len(text) < 6 else least
    return max(least, value if most is None else min(value, most))


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
