"""Markdown, parsed with markdown-it: headings and tables without their marks, wrapped lines joined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.cells import Form
from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.lines import line_label
from ingest.marks import unmarked
from ingest.readers import text as plain_text
from ingest.readers.markdown_line import MARK, shown
from ingest.readers.markup import written_html
from ingest.readers.requirements import needs
from ingest.remarks import Remark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markdown_it.token import Token

    from ingest.types import Document

_DEEPEST = 100  # lists and quotations within each other
_MOST_BRACKETS = 5000  # of one paragraph: for each of them that stays open the parser reads on to the end
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_MARK = re.compile(MARK)
_NOTE = re.compile(rf"^ {{0,3}}{MARK}:", re.MULTILINE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_STATED_TITLE = re.compile(r"^title:[ \t]*(\S.*)$", re.MULTILINE)


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a Markdown file as one page; its headings are its sections, before the first its lines.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    with needs(path, "markdown_it", "markdown-it-py"):
        from markdown_it import MarkdownIt
    content = plain_text.content_of(path)
    text = content.text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    text = unmarked(text)
    if max(paragraph.count("[") for paragraph in text.split("\n\n")) > _MOST_BRACKETS:
        return plain_text.read(path, lexicon=lexicon)
    composer = Composer(str(path), lexicon)
    matter = _FRONT_MATTER.match(text)
    if matter:
        composer.mark(line_label(2))
        composer.code(matter[1])
    body = text[matter.end() :] if matter else text
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").enable("strikethrough")
    body, notes = _with_notes(body)
    writer = _Writer(path, composer, text.count("\n", 0, matter.end()) if matter else 0, notes)
    writer.write(parser.parse(body))
    stated = _STATED_TITLE.search(matter[1]) if matter else None
    title = (stated and flat(stated[1].strip("\"' "))) or composer.first_heading or stem(path)
    remarks = (*content.remarks, *([Remark("text_hidden", (1,))] if writer.hides else ()))
    return composer.document(title, remarks)


def _with_notes(text: str) -> tuple[str, dict[str, int]]:
    """Return a text whose notes the parser leaves as they are, and the number of each by its name, as they come."""
    names = {match[1] for match in _NOTE.finditer(text)}
    if not names:
        return text, {}
    first = (match[1] for match in _MARK.finditer(text) if match[1] in names)
    lines = text.split("\n")
    fence = ""
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and _NOTE.match(line):
            lines[at] = line.replace("[", "\\[", 1)  # else it would count as the address of a link
    return "\n".join(lines), {name: number for number, name in enumerate(dict.fromkeys(first), start=1)}


@dataclass(slots=True)
class _Writer:
    """Writes the blocks of a parsed file."""

    path: Path
    composer: Composer
    above: int  # lines before the parsed text
    notes: dict[str, int]  # their numbers by name
    hides: bool = False  # HTML in it has text that is not shown
    lists: list[int | None] = field(default_factory=list)  # next number; None: not numbered
    rows: list[list[str]] = field(default_factory=list)
    marker: str | None = None  # of the item that begins
    within: str = ""  # heading, table, or a paragraph

    def write(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.map and not self.composer.first_heading and token.nesting >= 0:
                self.composer.mark(line_label(token.map[0] + 1 + self.above))
            self._write(token)

    def _write(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            begins = bool(self.lists) and self.marker is not None
            self._inline(shown(token.children or (), self.notes, item=begins))
        elif kind in ("fence", "code_block"):
            self.composer.code(token.content)
        elif kind == "html_block":
            self.hides = written_html(self.path, token.content, self.composer).hides or self.hides
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(int(token.attrGet("start") or 1) if kind.startswith("ordered") else None)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif kind == "list_item_open":
            self.marker = self._next_marker()
        elif kind in ("heading_open", "table_open"):
            self.within = kind.removesuffix("_open")
        elif kind == "tr_open":
            self.rows.append([])
        elif kind == "heading_close":
            self.within = ""
        elif kind == "table_close":
            headers = frozenset((0, column) for column in range(len(self.rows[0]))) if self.rows else frozenset()
            self.composer.table(self.rows, form=Form(headers=headers))
            self.within, self.rows = "", []

    def _inline(self, text: str) -> None:
        if self.within == "heading":
            self.composer.heading(text)
        elif self.within == "table":
            self.rows[-1].append(text)
        elif self.lists:
            self.composer.item(text, self.marker or "")
            self.marker = None
        else:
            self.composer.paragraph(text)

    def _next_marker(self) -> str:
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "-"
        self.lists[-1] = number + 1
        return f"{number}."
