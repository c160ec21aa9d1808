"""OpenDocument texts, spreadsheets and presentations, as LibreOffice writes them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.marks import hidden
from ingest.readers.archive import Archive
from ingest.readers.markup import parse_xml
from ingest.readers.open_styles import Styles, attribute, first_of, local, number
from ingest.readers.open_text import Writer, cells_of, rows_of
from ingest.remarks import Remark
from ingest.titles import stated_title
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONTENT, _STYLES, _META, _MANIFEST = "content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml"
_KINDS = ("text", "spreadsheet", "presentation")
_EDGES = ("header", "footer")
_UNSEEN_ROWS = ("collapse", "filter")
_MOST_ROWS = 1_048_576  # of a sheet
_MOST_CELLS = 5_000_000  # of a sheet, as written out
_TITLES = ("title", "subtitle")


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read an OpenDocument file: a text as one page, else a page a sheet or a slide.

    What is deleted, hidden or on sheets and slides that are not shown is kept, and marked as such.

    Raises:
        DocumentError: the file is no such document, protected, damaged or too large.
        SyntaxError: its XML is damaged.
    """
    with Archive(path) as archive:
        if _CONTENT not in archive:
            raise DocumentError(str(path), "is not an OpenDocument file", "wrong_type")
        if _MANIFEST in archive and b"encryption-data" in archive.xml(_MANIFEST):
            raise DocumentError(str(path), "is protected by a password", "protected")
        content = parse_xml(path, archive.xml(_CONTENT))
        other = parse_xml(path, archive.xml(_STYLES)) if _STYLES in archive else None
        meta = parse_xml(path, archive.xml(_META)) if _META in archive else None
    body = first_of(content, ("body",))
    kind = next((child for child in body if local(child) in _KINDS), None) if body is not None else None
    if kind is None:
        raise DocumentError(str(path), "is not an OpenDocument text, spreadsheet or presentation", "wrong_type")
    styles = Styles()
    for part in (other, content):
        if part is not None:
            styles.add(part)
    file = _File(path, Writer(Composer(str(path), lexicon), styles), styles)
    file.write(kind, other)
    title = first_of(meta, ("title",)) if meta is not None else None
    composer = file.writer.composer
    name = stated_title(title.text if title is not None else "", lexicon) or composer.first_heading or stem(path)
    document = composer.document(name)
    if not file.writer.hides:
        return document
    pages = tuple(page.number for page in document.pages if page.hidden)
    return composer.document(name, [Remark("text_hidden", pages)] if pages else [])


class _File:
    """Writes one file."""

    def __init__(self, path: Path, writer: Writer, styles: Styles) -> None:
        self.writer = writer
        self._path = path
        self._styles = styles

    def write(self, body: Any, other: Any) -> None:
        """Write the body of a document; `other`: the part that has its heads and feet."""
        name = local(body)
        if name == "text":
            self._text(body, other)
        for sheet in body if name == "spreadsheet" else ():
            if local(sheet) == "table":
                self._sheet(sheet)
        number_of_slide = 0
        for page in body if name == "presentation" else ():
            if local(page) == "page":
                number_of_slide += 1
                self._slide(page, number_of_slide)

    def _text(self, body: Any, other: Any) -> None:
        """Write the heads of pages, the text, and their feet, each once."""
        edges: dict[str, list[Any]] = {edge: [] for edge in _EDGES}
        for master in other.iter("{*}master-page") if other is not None else ():
            for part in master:
                kind = next((edge for edge in _EDGES if local(part).startswith(edge)), None)
                if kind and attribute(part, "display") != "false":
                    edges[kind].append(part)
        seen: set[str] = set()
        self.writer.take_changes(body)
        for part in (*edges["header"], body, *edges["footer"]):
            said = flat("".join(part.itertext())) if part is not body else ""
            if said not in seen or part is body:
                self.writer.blocks(part)
            seen.add(said)

    def _sheet(self, sheet: Any) -> None:
        unseen = self._styles.look(attribute(sheet, "style-name")).unseen is True
        self.writer.composer.page(attribute(sheet, "name"), hidden=unseen)
        self.writer.hides = self.writer.hides or unseen
        columns = list(self._unseen_columns(sheet))
        rows = list(self._rows(sheet, columns))
        for filled, group in groupby(rows, key=any):
            if not filled:
                continue
            table = list(group)
            used = sorted({at for row in table for at, cell in enumerate(row) if cell})
            self.writer.composer.table(
                ([row[at] if at < len(row) else "" for at in used] if sum(map(bool, row)) > 1 else [*filter(None, row)]
                 for row in table),
                name=attribute(sheet, "name"),
            )  # fmt: skip
        self.writer.blocks([shapes for child in sheet if local(child) == "shapes" for shapes in child])
        self.writer._finish()

    def _rows(self, sheet: Any, unseen: list[bool]) -> Iterator[list[str]]:
        """Yield the cells of the rows of a sheet as they are shown; empty rows that follow each other as one."""
        rows = cells = 0
        for row, _ in rows_of(sheet):
            off = attribute(row, "visibility") in _UNSEEN_ROWS
            texts: list[str] = []
            for cell in cells_of(row):
                times = number(attribute(cell, "number-columns-repeated"), 1, 10**9)
                text = self._shown(cell)
                if not text and times > 1000:  # to the edge of the sheet
                    break
                cells += times
                if cells > _MOST_CELLS:
                    raise self._too_large(sheet)
                for _ in range(times):
                    at = len(texts)
                    is_off = text and (off or (at < len(unseen) and unseen[at]))
                    self.writer.hides = self.writer.hides or bool(is_off)
                    texts.append(hidden(text) if is_off else text)
            times = number(attribute(row, "number-rows-repeated"), 1, 10**9) if any(texts) else 1
            rows, cells = rows + times, cells + (times - 1) * len(texts)
            if rows > _MOST_ROWS or cells > _MOST_CELLS:
                raise self._too_large(sheet)
            for _ in range(times):
                yield texts

    def _shown(self, cell: Any) -> str:
        """Return what a cell shows; where a program wrote no text for it, its value."""
        text = self.writer.cell(cell)
        if text or local(cell) == "covered-table-cell":
            return text
        kinds = ("string-value", "date-value", "time-value", "boolean-value", "value")
        return flat(next((value for kind in kinds if (value := attribute(cell, kind))), ""))

    def _unseen_columns(self, sheet: Any) -> Iterator[bool]:
        """Yield for each column of a sheet whether it is hidden, up to the last that is."""
        found: list[bool] = []
        for column in sheet.iter("{*}table-column"):
            times = number(attribute(column, "number-columns-repeated"), 1, 20_000)
            found += [attribute(column, "visibility") in _UNSEEN_ROWS] * times
            if len(found) > 20_000:  # more than any program has
                break
        return iter(found)

    def _too_large(self, sheet: Any) -> DocumentError:
        name = flat(attribute(sheet, "name"))
        return DocumentError(str(self._path), f"has a sheet of too many cells: {name}", "too_large")

    def _slide(self, page: Any, at: int) -> None:
        unseen = self._styles.look(attribute(page, "style-name")).unseen is True
        self.writer.composer.page(str(at), hidden=unseen)
        self.writer.hides = self.writer.hides or unseen
        notes = [child for child in page if local(child) == "notes"]
        for shape in page:
            if local(shape) == "notes":
                continue
            if attribute(shape, "class") in _TITLES:
                self.writer.composer.heading(
                    flat(" ".join(self.writer.text(part) for part in shape.iter("{*}p"))), section=False
                )
            else:
                self.writer.blocks([shape])
        for note in notes:
            said = [flat(self.writer.text(part)) for part in note.iter("{*}p")]
            if any(said):
                self.writer.composer.paragraph("Note: " + "\n".join(filter(None, said)))
