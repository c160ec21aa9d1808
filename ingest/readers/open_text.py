"""The blocks of an OpenDocument file: headings, paragraphs, lists, tables, notes, comments and tracked deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.cells import Form
from ingest.compose import LONGEST_CELL, Composer, flat
from ingest.marks import hidden, set_apart, struck, unmarked
from ingest.raised import lowered, raised, with_fractions
from ingest.readers.open_forms import fields_of
from ingest.readers.open_styles import Numbers, Styles, attribute, local, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LEFT_OUT_NAMES = (
    "tracked-changes forms sequence-decls variable-decls user-field-decls event-listeners script scripts title "
    "desc binary-data ruby-text settings shapes"
)
_LEFT_OUT = frozenset(_LEFT_OUT_NAMES.split())
_GROUPS = frozenset(("table-header-rows", "table-rows", "table-row-group"))
_BLOCKS = frozenset(("h", "p", "list", "table", "section", "text-box", "numbered-paragraph", "index-body"))
_MOST_SPACES = 100
_WIDEST = 1024  # columns that a cell may stand for
_NO_LEVEL = 0

Row = list[str]


class Writer:
    """Writes the blocks of one document."""

    def __init__(self, composer: Composer, styles: Styles) -> None:
        self.composer = composer
        self.hides = False  # some of the text is not shown
        self._styles = styles
        self._headings = Numbers()
        self._lists: dict[str, Numbers] = {}  # by the name of their style, for those that are continued
        self._deleted: dict[str, str] = {}  # by the name of the change
        self._beside: list[tuple[str, str]] = []  # notes and comments of the block at hand: what they are, text
        self._boxes: list[Any] = []  # that hang on the block at hand
        self._unseen = 0  # open sections that are not shown

    def take_changes(self, body: Any) -> None:
        """Note what was deleted while changes are tracked: it stands apart from where it was."""
        for region in body.iter("{*}changed-region"):
            for deletion in region.iter("{*}deletion"):
                texts = (self.text(block) for block in deletion if local(block) in ("p", "h", "list"))
                self._deleted[attribute(region, "id")] = " ".join(filter(None, texts))
        self._beside.clear()

    def blocks(self, parent: Any, depth: int = 0, levels: str = "") -> None:
        """Write what lies in `parent`, an element.

        Args:
            parent: the element.
            depth: lists that it lies in.
            levels: the name of their style.
        """
        for element in parent:
            name = local(element)
            if name == "h":
                self._heading(element)
            elif name == "p":
                self.paragraph(element)
            elif name == "list":
                self._list(element, depth + 1, attribute(element, "style-name") or levels)
            elif name == "table":
                self.table(element)
            elif name == "section":
                self._section(element)
            elif name == "forms":
                for line in fields_of(element):
                    self._write("item", line)
            elif name == "change":
                self._write("paragraph", self._change(element))
            elif name and name not in _LEFT_OUT:
                self.blocks(element, depth, levels)

    def paragraph(self, element: Any, marker: str | None = None) -> None:
        """Write a paragraph, or an item after its marker, and what hangs on it."""
        text = self.shown(element)
        if marker is None:
            self._write("paragraph", text)
        else:
            self._write("item", text, marker)
        self._finish()

    def shown(self, element: Any) -> str:
        """Return the text of a paragraph, marked as a whole where its style hides or strikes it."""
        return self._looked(set_apart(with_fractions(self.text(element))), attribute(element, "style-name"))

    def text(self, element: Any) -> str:
        """Return the text within an element; what is hidden or struck out is marked."""
        return "".join(self._pieces(element))

    def _pieces(self, element: Any) -> Iterator[str]:
        yield unmarked(element.text or "")
        for child in element:
            name = local(child)
            if name == "s":
                yield " " * number(attribute(child, "c"), 1, _MOST_SPACES)
            elif name == "tab":
                yield " "
            elif name == "line-break":
                yield "\n"
            elif name == "span":
                yield self._looked(self.text(child), attribute(child, "style-name"))
            elif name == "note":
                yield self._note(child)
            elif name == "annotation":
                self._comment(child)
            elif name == "change":
                yield self._change(child)
            elif name in ("hidden-text", "hidden-paragraph"):
                yield self._hidden(self.text(child) or attribute(child, "string-value"))
            elif name in ("frame", "custom-shape", "rect", "g", "text-box"):
                self._boxes.append(child)
            elif name and name not in _LEFT_OUT and name != "annotation-end":
                yield self.text(child)
            yield unmarked(child.tail or "")

    def _looked(self, text: str, style: str) -> str:
        look = self._styles.look(style)
        position = (look.position or "").split()
        if position[:1] == ["super"] or (position and position[0].rstrip("%").isdecimal() and position[0] != "0%"):
            text = raised(text)
        elif position[:1] == ["sub"] or (position and position[0].startswith("-")):
            text = lowered(text)
        if look.struck:
            text = struck(text)
        return self._hidden(text) if look.hidden else text

    def _hidden(self, text: str) -> str:
        self.hides = self.hides or bool(text.strip())
        return hidden(text)

    def _note(self, note: Any) -> str:
        citation = "".join(flat(self.text(part)) for part in note if local(part) == "note-citation")
        mark = raised(citation)
        body = " ".join(self.text(part) for part in note if local(part) == "note-body")
        self._beside.append((f"Note {citation}".strip(), flat(body)))
        return mark if mark != citation else f"^({citation})"

    def _comment(self, comment: Any) -> None:
        author = "".join(flat(self.text(part)) for part in comment if local(part) == "creator")
        body = " ".join(flat(self.text(part)) for part in comment if local(part) in ("p", "list"))
        self._beside.append((f"Comment ({author})" if author else "Comment", body))

    def _change(self, element: Any) -> str:
        return struck(flat(self._deleted.pop(attribute(element, "change-id"), "")))

    def _heading(self, element: Any) -> None:
        text = flat(self.shown(element))
        level = number(attribute(element, "outline-level"), 1, 20)
        stated = next((flat(self.text(child)) for child in element if local(child) == "number"), "")
        if attribute(element, "is-list-header") != "true" and not stated and text:
            stated = self._headings.next(level, self._styles.outline, attribute(element, "start-value"))
        if text:
            self.composer.heading(self._seen(text if text.startswith(stated) else f"{stated} {text}"))
        self._finish()

    def _list(self, element: Any, depth: int, style: str) -> None:
        levels = self._styles.lists.get(style, {})
        goes_on = depth > 1 or attribute(element, "continue-numbering") == "true" or attribute(element, "continue-list")
        numbers = self._lists[style] = self._lists.get(style, Numbers()) if goes_on else Numbers()
        for item in element:
            kind = local(item)
            if kind not in ("list-item", "list-header"):
                continue
            marker = ""
            blocks = [child for child in item if local(child) in _BLOCKS]
            if kind == "list-item" and blocks and local(blocks[0]) != "list":
                stated = next((flat(self.text(child)) for child in item if local(child) == "number"), "")
                counted = numbers.next(depth, levels, attribute(item, "start-value"))
                marker = stated or counted or ("-" if not levels.get(depth) or not levels[depth].form else "")
            for block in blocks:
                if local(block) == "list":
                    self._list(block, depth + 1, attribute(block, "style-name") or style)
                elif local(block) == "p":
                    self.paragraph(block, marker)
                else:
                    self.blocks([block], depth, style)
                marker = ""

    def _section(self, element: Any) -> None:
        unseen = attribute(element, "display") == "none" or (
            attribute(element, "display") == "condition" and attribute(element, "is-hidden") == "true"
        )
        self._unseen += unseen
        self.blocks(element)
        self._unseen -= unseen

    def table(self, element: Any) -> None:
        """Write a table, and the tables within its cells after it."""
        rows: list[Row] = []
        spans: dict[tuple[int, int], tuple[int, int]] = {}
        headers: set[tuple[int, int]] = set()
        nested: list[Any] = []
        for row, is_header in rows_of(element):
            texts: Row = []
            for cell in cells_of(row):
                across = number(attribute(cell, "number-columns-repeated"), 1, _WIDEST)
                down = number(attribute(cell, "number-rows-spanned"), 1, 10**6)
                wide = number(attribute(cell, "number-columns-spanned"), 1, _WIDEST)
                if (down, wide) != (1, 1):
                    spans[len(rows), len(texts)] = (down, wide)
                text = self._seen(self.cell(cell))
                texts += [text] * (across if text else min(across, _WIDEST))
                nested += [table for table in cell.iter("{*}table") if _cell_around(table) is cell]
            headers |= {(len(rows), column) for column in range(len(texts))} if is_header else set()
            rows.append(texts)
        if _is_layout(rows):
            for row, _ in rows_of(element):
                self.blocks([block for cell in cells_of(row) for block in cell])
            return
        self.composer.table(rows, form=Form(spans, frozenset(headers)))
        self._finish()
        for table in nested:
            self.table(table)

    def cell(self, cell: Any) -> str:
        """Return the text of a cell, that of tables within it left out; its comments are kept for what comes next."""
        for comment in cell:
            if local(comment) == "annotation":
                self._comment(comment)
        return flat(" ".join(self._paragraphs(cell)))

    def _paragraphs(self, parent: Any) -> Iterator[str]:
        for child in parent:
            if local(child) in ("p", "h"):
                yield self.shown(child)
            elif local(child) not in ("table", "annotation", "shapes"):
                yield from self._paragraphs(child)

    def _write(self, kind: str, text: str, marker: str = "") -> None:
        text = self._seen(text)
        if kind == "item":
            self.composer.item(text, marker)
        else:
            self.composer.paragraph(text)

    def _seen(self, text: str) -> str:
        return self._hidden(text) if self._unseen else text

    def _finish(self) -> None:
        """Write what hangs on the block that was written: notes, comments, boxes."""
        beside, self._beside = self._beside, []
        for label, text in beside:
            self.composer.item(self._seen(f"{label}: {text}") if text else "")
        boxes, self._boxes = self._boxes, []
        if boxes:
            self.blocks(boxes)


def rows_of(table: Any, header: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield the rows of a table, and whether they name its columns."""
    for child in table:
        name = local(child)
        if name == "table-row":
            yield child, header
        elif name in _GROUPS:
            yield from rows_of(child, header or name == "table-header-rows")


def cells_of(row: Any) -> Iterator[Any]:
    """Yield the cells of a row, those that others cover too."""
    return (cell for cell in row if local(cell) in ("table-cell", "covered-table-cell"))


def _cell_around(table: Any) -> Any:
    return next(table.iterancestors("{*}table-cell"), None)


def _is_layout(rows: Sequence[Row]) -> bool:
    """Tell whether a table only places things: it has one column, or whole texts in its cells."""
    cells = [cell for row in rows for cell in row if cell]
    return max(map(len, rows), default=0) < 2 or sum(len(cell) > LONGEST_CELL for cell in cells) * 2 > len(cells)
