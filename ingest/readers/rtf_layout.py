"""What a Rich Text file writes: paragraphs, headings, items, rows of tables, and what stands beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.compose import flat
from ingest.marks import set_apart
from ingest.raised import with_fractions

if TYPE_CHECKING:
    from ingest.compose import Composer

BODY_LEVEL = 9  # an outline level of text that is no heading
_BULLETS = frozenset("•·o-§")


@dataclass(slots=True)
class _Paragraph:
    """What is known of the paragraph at hand."""

    pieces: list[str] = field(default_factory=list)
    marker: str = ""
    style: int | None = None
    level: int = BODY_LEVEL
    in_table: bool = False

    @property
    def text(self) -> str:
        return set_apart(with_fractions("".join(self.pieces)))


class Layout:
    """Takes text as it comes, and writes a block when it ends."""

    def __init__(self, composer: Composer) -> None:
        self.headings: set[int] = set()  # numbers of styles
        self._composer = composer
        self._paragraph = _Paragraph()
        self._cells: list[str] = []
        self._rows: list[list[str]] = []
        self._beside: list[str] = []  # notes and comments of the block at hand
        self._edges: set[str] = set()  # heads and feet that are written

    def add(self, text: str) -> None:
        """Take text of the paragraph at hand."""
        self._paragraph.pieces.append(text)

    def mark(self, marker: str) -> None:
        """Take the number of an item, or what stands for it."""
        self._paragraph.marker = marker

    def put_beside(self, text: str) -> None:
        """Take a note or a comment, to be written after the block at hand."""
        self._beside.append(text)

    def edge(self, text: str) -> None:
        """Write the head or foot of pages, unless it stands there already."""
        if flat(text) not in self._edges:
            self._composer.paragraph(text)
        self._edges.add(flat(text))

    def set(self, name: str, value: int | None) -> None:
        """Take a word that says what the paragraph is."""
        paragraph = self._paragraph
        if name == "pard":
            paragraph.style, paragraph.level, paragraph.in_table = None, BODY_LEVEL, False
        elif name == "intbl":
            paragraph.in_table = True
        elif name == "s":
            paragraph.style = value
        elif name == "outlinelevel":
            paragraph.level = value or 0

    def end_paragraph(self) -> None:
        """Write the paragraph; within a cell, it goes on with the next one."""
        paragraph = self._paragraph
        if paragraph.in_table or self._cells:
            paragraph.pieces.append(" ")
            return
        self._paragraph = _Paragraph(style=paragraph.style, level=paragraph.level)
        self._end_table()
        text = paragraph.text
        if paragraph.style in self.headings or paragraph.level < BODY_LEVEL:
            self._composer.heading(f"{paragraph.marker} {flat(text)}" if text.strip() else "")
        elif paragraph.marker:
            self._composer.item(text, "-" if paragraph.marker in _BULLETS else paragraph.marker)
        else:
            self._composer.paragraph(text)
        self._write_beside()

    def end_cell(self) -> None:
        """Put the paragraphs since the last cell into one."""
        paragraph = self._paragraph
        self._cells.append(flat(f"{paragraph.marker} {paragraph.text}"))
        self._paragraph = _Paragraph(in_table=True)

    def end_row(self) -> None:
        """Put the cells since the last row into one."""
        if self._cells:
            self._rows.append(self._cells)
            self._cells = []

    def finish(self) -> None:
        """Write what is left."""
        if self._cells or self._rows:
            if self._paragraph.in_table and self._paragraph.text.strip():
                self.end_cell()
            self.end_row()
        self._paragraph.in_table = False
        self.end_paragraph()

    def _end_table(self) -> None:
        rows, self._rows = self._rows, []
        if max(map(len, rows), default=0) > 1:
            self._composer.table(rows)
        else:
            for row in rows:
                self._composer.paragraph(" ".join(row))
        if rows:
            self._write_beside()

    def _write_beside(self) -> None:
        beside, self._beside = self._beside, []
        for text in beside:
            self._composer.item(text)
