"""Word documents, opened with python-docx: paragraphs, headings, lists, tables, text boxes and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.cells import Form
from ingest.compose import LONGEST_CELL, Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.archive import office_file
from ingest.readers.requirements import needs
from ingest.titles import stated_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from docx.document import Document as WordDocument

    from ingest.types import Document

_WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Deleted or hidden text, fields' formulas, and the second writing of a shape for old programs.
_LEFT_OUT = frozenset({"del", "moveFrom", "instrText", "pPr", "rPr", "txbxContent", "Fallback"})
_SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = ("0", "false", "off")
_BODY_LEVEL = 9  # an outline level of text that is no heading
_LONGEST_SPREAD = 100  # characters of a cell that is repeated in the rows it spans


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a Word document as one page; its headings are its sections. Macros and pictures are not opened.

    Raises:
        DocumentError: the file is no Word document, protected, damaged or too large.
        Exception: whatever python-docx makes of a file that is damaged beyond reading.
    """
    package = office_file(path, "wordprocessingml", "a Word document")
    with needs(path, "docx", "python-docx"):
        import docx
    source = docx.Document(package)
    writer = _Writer(source, Composer(str(path), lexicon))
    writer.blocks(source.element.body)
    for notes in ("footnotes", "endnotes"):
        writer.notes(notes)
    composer = writer.composer
    return composer.document(
        writer.title or stated_title(source.core_properties.title, lexicon) or composer.first_heading or stem(path)
    )


class _Writer:
    """Writes the blocks of one document."""

    def __init__(self, source: WordDocument, composer: Composer) -> None:
        self.composer = composer
        self.title = ""
        self._source = source
        self._styles = _kinds_of_styles(source)

    def blocks(self, parent: Any) -> None:
        """Write what lies in `parent`, an element, content controls included."""
        for element in parent:
            name = _name(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name not in _LEFT_OUT and not name.endswith("Pr"):
                self.blocks(element)

    def notes(self, kind: str) -> None:
        """Write the notes of a kind, in their order."""
        for relation in self._source.part.rels.values():
            if relation.is_external or not relation.reltype.endswith(f"/{kind}"):
                continue
            from docx.oxml import parse_xml

            for note in parse_xml(relation.target_part.blob):
                if note.get(f"{_WORDS}type") is None:  # the others are lines between text and notes
                    self.composer.item(" ".join(_text(paragraph) for paragraph in note.iter(f"{_WORDS}p")))

    def _paragraph(self, element: Any) -> None:
        text = _text(element)
        kind = self._kind(element)
        if kind == "title":
            self.title = self.title or flat(text)
        if kind in ("heading", "title"):
            self.composer.heading(text)
        elif kind == "item":
            self.composer.item(text, "-")
        else:
            self.composer.paragraph(text)
        for box in element.iter(f"{_WORDS}txbxContent"):
            if not any(_name(above) in ("Fallback", "txbxContent") for above in box.iterancestors()):
                self.blocks(box)

    def _kind(self, element: Any) -> str:
        properties = element.find(f"{_WORDS}pPr")
        if properties is None:
            return self._styles.get("", "")
        level = properties.find(f"{_WORDS}outlineLvl")
        if level is not None and _value(level) < _BODY_LEVEL:
            return "heading"
        style = properties.find(f"{_WORDS}pStyle")
        kind = self._styles.get(style.get(f"{_WORDS}val") if style is not None else "", "")
        return "item" if not kind and properties.find(f"{_WORDS}numPr") is not None else kind

    def _table(self, table: Any) -> None:
        rows = [list(_of(row, "tc")) for row in _of(table, "tr")]
        if self._is_layout(rows):
            for cell in (cell for row in rows for cell in row):
                self.blocks(cell)
            return
        texts: list[list[str]] = []
        for row in rows:
            texts.append(_row(row, texts[-1] if texts else (), first=not texts))
        written = [(row[0],) if len(cells) == 1 < len(row) else row for row, cells in zip(texts, rows, strict=True)]
        self.composer.table(written, form=_form(rows))
        for inner in _inner_tables(rows):
            self._table(inner)

    def _is_layout(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Tell whether a table only places things: one column, headings or tables or much prose in its cells."""
        if max((_span(cell) for row in rows for cell in row), default=1) < 2 > max(map(len, rows), default=0):
            return True
        named = bool(rows and _is_header(rows[0]))
        return any(
            (not named and next(cell.iter(f"{_WORDS}tbl"), None) is not None)
            or any(self._kind(paragraph) in ("heading", "title") for paragraph in cell.iter(f"{_WORDS}p"))
            or len(_cell_text(cell)) > LONGEST_CELL
            for row in rows
            for cell in row
        )


def _kinds_of_styles(source: WordDocument) -> dict[str, str]:
    """Return "title", "heading" or "item" for the paragraph styles that are one, by the identifiers of styles."""
    kinds: dict[str, str] = {}
    for style in source.styles:
        ancestor: Any = style
        kind = ""
        for _ in range(10):  # styles may be based on each other in a circle
            kind = _kind_of_style(ancestor)
            ancestor = getattr(ancestor, "base_style", None)
            if kind or ancestor is None:
                break
        kinds[style.style_id] = kind
    return kinds


def _kind_of_style(style: Any) -> str:
    name = (style.name or "").lower()  # built-in styles have their English names in every language
    if name == "title":
        return "title"
    level = style.element.find(f"{_WORDS}pPr/{_WORDS}outlineLvl")
    if name.startswith("heading ") or (level is not None and _value(level) < _BODY_LEVEL):
        return "heading"
    return "item" if name.startswith("list ") and name != "list paragraph" else ""


def _row(cells: Sequence[Any], above: Sequence[str], *, first: bool) -> list[str]:
    """Return the texts of a row, one a column; a header over several columns or a cell over several rows repeats."""
    row: list[str] = []
    for cell in cells:
        hangs = _merged(cell) == "continue"
        at = len(row)
        text = (above[at] if at < len(above) else "") if hangs else flat(_cell_text(cell))
        text = "" if hangs and len(text) > _LONGEST_SPREAD else text
        row += [text] + [text if first and len(text) <= _LONGEST_SPREAD else ""] * (_span(cell) - 1)
    return row


def _form(rows: Sequence[Sequence[Any]]) -> Form:
    """Return which cells span others, and which stand in rows that are marked as headers."""
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    headers: set[tuple[int, int]] = set()
    begun: dict[int, int] = {}  # by column: the row in which the cell begins that hangs down
    for number, cells in enumerate(rows):
        column, names = 0, _is_header(cells)
        for cell in cells:
            width, merged = _span(cell), _merged(cell)
            if merged == "continue" and column in begun:
                first = begun[column]
                spans[first, column] = (number - first + 1, width)
            else:
                begun.pop(column, None)
                if width > 1:
                    spans[number, column] = (1, width)
                if merged:
                    begun[column] = number
            if names:
                headers |= {(number, column + nth) for nth in range(width)}
            column += width
    return Form(spans, frozenset(headers))


def _merged(cell: Any) -> str:
    """Return how a cell belongs to those above and below: "restart", "continue", or "" where it stands alone."""
    merged = cell.find(f"{_WORDS}tcPr/{_WORDS}vMerge")
    return "" if merged is None else merged.get(f"{_WORDS}val", "continue")


def _is_header(cells: Sequence[Any]) -> bool:
    """Tell whether the row of some cells is marked as one that comes again on each page."""
    row = next((above for cell in cells[:1] for above in cell.iterancestors(f"{_WORDS}tr")), None)
    mark = row.find(f"{_WORDS}trPr/{_WORDS}tblHeader") if row is not None else None
    return mark is not None and mark.get(f"{_WORDS}val") not in _OFF


def _inner_tables(rows: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """Yield the tables within the cells of some rows, those within these left out."""
    for cell in (cell for row in rows for cell in row):
        for table in cell.iter(f"{_WORDS}tbl"):
            if next(table.iterancestors(f"{_WORDS}tc")) is cell:
                yield table


def _span(cell: Any) -> int:
    span = cell.find(f"{_WORDS}tcPr/{_WORDS}gridSpan")
    return min(max(_value(span), 1), 100) if span is not None else 1


def _cell_text(cell: Any) -> str:
    """Return the text of a cell, that of tables within it left out."""
    paragraphs = (one for one in cell.iter(f"{_WORDS}p") if next(one.iterancestors(f"{_WORDS}tc")) is cell)
    return " ".join(map(_text, paragraphs))


def _of(parent: Any, name: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, those in content controls too."""
    for element in parent:
        if _name(element) == name:
            yield element
        elif _name(element) in ("sdt", "sdtContent", "customXml", "ins"):
            yield from _of(element, name)


def _text(element: Any) -> str:
    return "".join(_pieces(element))


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name not in _LEFT_OUT and not _is_hidden(child):
            yield from _pieces(child)


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{_WORDS}rPr/{_WORDS}vanish")
    return vanish is not None and vanish.get(f"{_WORDS}val") not in _OFF


def _value(element: Any) -> int:
    text = element.get(f"{_WORDS}val") or ""
    return int(text) if text.isdecimal() and len(text) < 6 else _BODY_LEVEL


def _name(element: Any) -> str:
    """Return the name of an element without its namespace; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
