"""Word documents: paragraphs, headings, numbered clauses, tables, page heads and feet, notes, comments and diagrams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.compose import LONGEST_CELL, Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.marks import unmarked
from ingest.raised import note_mark
from ingest.readers.drawings import write_drawing
from ingest.readers.package import Package, local_name
from ingest.readers.word_edges import Edges
from ingest.readers.word_notes import KINDS, Notes
from ingest.readers.word_numbering import BULLET, Numbering
from ingest.readers.word_styles import WORDS, Styles
from ingest.readers.word_tables import form_of, in_fallback, inner_tables, paragraphs_of, rows_of, texts_of
from ingest.readers.word_text import Reading
from ingest.remarks import Remark
from ingest.titles import stated_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.readers.word_edges import Edge
    from ingest.readers.word_notes import Note
    from ingest.readers.word_tables import Row
    from ingest.types import Document


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a Word document as one page; its headings are its sections. Macros and pictures are not opened.

    Raises:
        DocumentError: the file is no Word document, protected, damaged or too large.
        Exception: whatever the XML parser makes of a file that is damaged beyond reading.
    """
    with Package(path, "wordprocessingml", "a Word document") as package:
        writer = _Writer(package, Composer(str(path), lexicon), lexicon)
        writer.document()
        composer = writer.composer
        title = writer.title or stated_title(package.title(), lexicon) or composer.first_heading or stem(path)
        return composer.document(title, writer.remarks())


class _Writer:
    """Writes the blocks of one document."""

    def __init__(self, package: Package, composer: Composer, lexicon: Lexicon) -> None:
        self.composer = composer
        self.title = ""
        self._package = package
        self._part = package.main  # that is being written
        self._lexicon = lexicon
        settings, numbering, styles = (
            next((root for _, root in package.parts(package.main, kind)), None)
            for kind in ("settings", "numbering", "styles")
        )
        self._styles = Styles(styles)
        self._numbering = Numbering(numbering, self._styles)
        self._labels = self._numbering.labels(package.root)
        self._notes = Notes(package, settings)
        self._edges = Edges(package, settings)
        self._section = 0
        self._reading = Reading(self._styles, self._notes)
        self._drawn: set[tuple[str, str]] = set()

    def document(self) -> None:
        """Write all of it: the text, with the heads and feet of pages where they come into use, and the notes."""
        self._edge("header")
        for body in self._package.root.iter(f"{WORDS}body"):
            self._blocks(body)
        for kind in KINDS:
            self._write_notes(kind, [*self._notes.taken(kind), *self._notes.others(kind)])
        self._edge("footer")

    def remarks(self) -> list[Remark]:
        """Return what there is to say of the document."""
        missing = ", ".join(self._package.missing)
        return [
            *([Remark("text_hidden", (1,))] if self._notes.hides else []),
            *([Remark("parts_missing", detail=missing)] if missing else []),
        ]

    def _blocks(self, parent: Any) -> None:
        """Write what lies in `parent`, an element, content controls included."""
        for element in parent:
            name = local_name(element)
            if name == "p":
                self._paragraph(element)
                self._write_waiting()
                if element.find(f"{WORDS}pPr/{WORDS}sectPr") is not None:
                    self._next_section()
            elif name == "tbl":
                self._table(element)
                self._write_waiting()
            elif name not in ("Fallback", "txbxContent") and not name.endswith("Pr"):
                self._blocks(element)

    def _next_section(self) -> None:
        self._edge("footer")
        self._section += 1
        self._edge("header")

    def _edge(self, kind: str) -> None:
        """Write the page heads or feet that the section brings."""
        for edge in self._edges.of(self._section, kind):
            part, self._part = self._part, edge.part
            self._labels |= self._numbering.labels(edge.root)
            self._write_edge(edge)
            self._part = part

    def _write_edge(self, edge: Edge) -> None:
        counting = self._lexicon.pages | self._lexicon.page_counts
        for paragraph in edge.root.iter(f"{WORDS}p"):
            text = self._reading.text(paragraph, at_edge=True)
            words = [word.strip(".,:/|-–—").casefold() for word in text.split()]
            if not in_fallback(paragraph) and not counting.issuperset(filter(None, words)):
                self.composer.paragraph(text)
        self._write_waiting()

    def _paragraph(self, element: Any) -> None:
        text = self._reading.text(element)
        kind = self._styles.kind(element)
        label = self._labels.get(element)
        if kind == "title":
            self.title = self.title or flat(unmarked(text))
        if kind in ("heading", "title"):
            numbered = bool(label) and label != BULLET and bool(text.strip())
            self.composer.heading(f"{label} {text}" if numbered else text)
        elif label is not None or kind == "item":
            self.composer.item(text, BULLET if label is None else label)
        else:
            self.composer.paragraph(text)
        for box in _boxes(element):
            self._blocks(box)

    def _write_waiting(self) -> None:
        """Write what the last block refers to: drawings, footnotes, comments."""
        for identifier in self._notes.drawings:
            if (self._part, identifier) not in self._drawn:
                self._drawn.add((self._part, identifier))
                write_drawing(self._package, self._part, identifier, self.composer)
        self._notes.drawings.clear()
        for kind in ("footnotes", "comments"):
            self._write_notes(kind, self._notes.taken(kind))

    def _write_notes(self, kind: str, notes: Sequence[Note]) -> None:
        for note in notes:
            paragraphs = (self._reading.text(one, in_note=True) for one in note.element.iter(f"{WORDS}p"))
            text = flat(" ".join(paragraphs))
            if text and kind == "comments":
                author = f" ({note.author})" if note.author else ""
                self.composer.paragraph(f"Comment{author}: {text}")
            elif text:
                self.composer.item(text, note_mark(note.mark))

    def _table(self, table: Any) -> None:
        rows = rows_of(table)
        if self._is_layout(rows):
            for row in rows:
                for cell in row.cells:
                    self._blocks(cell.element)
            return
        texts: list[list[str]] = []
        for row in rows:
            own = [self._cell_text(cell.element) for cell in row.cells]
            texts.append(texts_of(row, own, texts[-1] if texts else (), first=not texts))
        written = [
            (line[row.cells[0].column],) if row.is_one_cell else line for line, row in zip(texts, rows, strict=True)
        ]
        self.composer.table(written, form=form_of(rows))
        self._write_waiting()
        for row in rows:
            for inner in (inner for cell in row.cells for inner in inner_tables(cell.element)):
                self.composer.paragraph(self._cell_text(row.cells[0].element))  # whose row it stands in
                self._table(inner)

    def _is_layout(self, rows: Sequence[Row]) -> bool:
        """Tell whether a table only places things: one column, headings or tables or much prose in its cells."""
        if max((row.width for row in rows), default=1) < 2:
            return True
        cells = [cell.element for row in rows for cell in row.cells]
        holding = sum(next(inner_tables(cell), None) is not None for cell in cells)
        if holding and not rows[0].names and 2 * holding >= len(rows):
            return True
        return any(
            any(self._styles.kind(one) in ("heading", "title") for one in cell.iter(f"{WORDS}p"))
            or sum(len(piece.text or "") for one in paragraphs_of(cell) for piece in one.iter(f"{WORDS}t"))
            > LONGEST_CELL
            for cell in cells
        )

    def _cell_text(self, cell: Any) -> str:
        """Return the text of a cell, with the numbers of its paragraphs, that of tables within it left out."""
        lines = []
        for paragraph in paragraphs_of(cell):
            text = self._reading.text(paragraph, in_cell=True)
            label = self._labels.get(paragraph, "")
            lines.append(f"{label} {text}" if text.strip() and label not in ("", BULLET) else text)
        return " ".join(lines)


def _boxes(paragraph: Any) -> Iterator[Any]:
    """Yield the text boxes that hang on a paragraph, each once, those within them left out."""
    for box in paragraph.iter(f"{WORDS}txbxContent"):
        if next(box.iterancestors(f"{WORDS}p")) is paragraph and not in_fallback(box):
            yield box
