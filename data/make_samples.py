"""Set the sample documents in ``data/source`` as PDFs in ``data/samples``.

Run ``python data/make_samples.py [folder]``. The output is the same byte for byte on every run with the same
fpdf2: the date and the file id are fixed and the page streams are not compressed.

A source file starts with ``key: value`` lines, ends them with ``---`` and goes on in blocks parted by blank lines:

``# heading`` (also ``##``, ``###``), plain paragraphs, ``- item``, ``1. item`` or ``(a) item``, ``| cell | cell``
tables (the first row is the head), ``! warning``, four spaces for text set as it stands, ``[^1]`` for a footnote with
its text in a block ``^1 text``, and directives: ``@page``, ``@labels roman``, ``@columns 2``, ``@toc 2``,
``@table 3,1,1 LRR Caption``, ``@sign left | right``, ``@space 8``.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "source"
SAMPLES = HERE / "samples"
FPDF_VERSION = "2.8.9"  # the one the stored PDFs were made with

WIDTH, HEIGHT = 210.0, 297.0
POINT = 25.4 / 72
LABEL = re.compile(r"^(-|\d+\.|\d+\.\d+|\([a-z0-9]+\)|\[\d+\])\s+")
INLINE = re.compile(r"(\*\*.+?\*\*|\*[^*\s][^*]*?\*|\[\^\d+\])")
ROMAN = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]

Run = tuple[str, str]  # text and style: "", "B", "I" or "^" for a footnote mark


@dataclass
class Word:
    """A word as the runs of type it is set in."""

    runs: list[Run]
    width: float = 0.0


@dataclass
class Source:
    """A parsed source file."""

    meta: dict[str, str]
    blocks: list[list[str]]
    notes: dict[str, str] = field(default_factory=dict)


def read_source(path: Path) -> Source:
    head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    meta = dict(line.split(": ", 1) for line in head.splitlines() if line.strip())
    blocks: list[list[str]] = []
    notes: dict[str, str] = {}
    for chunk in re.split(r"\n\s*\n", body.strip("\n")):
        lines = chunk.split("\n")
        note = re.match(r"\^(\d+) ", lines[0])
        if note:
            notes[note[1]] = " ".join(line.strip() for line in lines)[note.end() :]
        else:
            blocks.append(lines)
    return Source(meta, blocks, notes)


class _Setter:
    """Sets one document, line by line, so that page breaks, columns and footnotes are under control."""

    def __init__(self, source: Source, earlier: _Setter | None = None) -> None:
        self.source = source
        meta = source.meta
        self.earlier = earlier
        self.family = meta.get("font", "Times")
        self.size = float(meta.get("size", "11"))
        self.leading = float(meta.get("leading", "1.35"))
        self.margin = float(meta.get("margin", "25"))
        self.justify = meta.get("justify", "yes") == "yes"
        self.breaks = {
            part.replace("-", ""): part.split("-") for part in meta.get("hyphenate", "").replace(",", " ").split()
        }
        self.toc: list[tuple[int, str, str, int]] = []
        self.style, self.number, self.roman = "", 0, False
        self.columns, self.column, self.gutter = 1, 0, 7.0
        self.top, self.bottom = 30.0, HEIGHT - 25.0
        self.y = self.column_top = self.top
        self.pending: list[str] = []
        self.noted = 0.0
        self.followed = False
        self.table: tuple[list[float], str, str] | None = None
        self.pdf = self.document()
        self.new_page()

    def document(self) -> Any:
        meta = self.source.meta
        pdf: Any = FPDF(format="A4")
        digest = hashlib.sha256(meta["title"].encode()).hexdigest()[:32].upper()
        pdf.file_id = lambda: f"<{digest}><{digest}>"
        pdf.set_creation_date(datetime.fromisoformat(meta["date"] + "T09:00:00+00:00"))
        pdf.set_compression(False)
        pdf.core_fonts_encoding = "cp1252"
        pdf.set_auto_page_break(False)
        pdf.set_title(meta["title"])
        pdf.set_author(meta["author"])
        pdf.set_subject(meta.get("subject", ""))
        pdf.set_lang(meta.get("lang", "en"))
        pdf.set_producer("make_samples.py")
        return pdf

    # type

    def font(self, style: str = "", scale: float = 1.0, family: str = "") -> None:
        self.pdf.set_font(family or self.family, "" if style == "^" else style, self.size * scale)

    def measure(self, word: Word, scale: float) -> float:
        word.width = 0.0
        for text, style in word.runs:
            self.font(style, scale * (0.65 if style == "^" else 1.0))
            word.width += self.pdf.get_string_width(text)
        return word.width

    def words(self, text: str, scale: float, style: str = "") -> list[Word]:
        out: list[Word] = []
        glue = False
        for part in INLINE.split(text):
            if not part:
                continue
            mark, inner = style, part
            if part.startswith("[^"):
                mark, inner = "^", part[2:-1]
            elif part.startswith("**"):
                mark, inner = "B", part[2:-2]
            elif INLINE.fullmatch(part):
                mark, inner = "I", part[1:-1]
            for n, piece in enumerate(inner.split()):
                if out and n == 0 and (mark == "^" or (glue and not inner[0].isspace())):
                    out[-1].runs.append((piece, mark))
                else:
                    out.append(Word([(piece, mark)]))
            glue = not inner[-1].isspace()
        for word in out:
            self.measure(word, scale)
        return out

    def lines(self, text: str, width: float, scale: float = 1.0, style: str = "") -> list[list[Word]]:
        queue = self.words(text, scale, style)
        self.font(style, scale)
        space = self.pdf.get_string_width(" ")
        out: list[list[Word]] = []
        line: list[Word] = []
        used = 0.0
        while queue:
            word = queue.pop(0)
            left = width - used - (space if line else 0.0)
            if word.width <= left:
                used += word.width + (space if line else 0.0)
                line.append(word)
                continue
            split = self.split(word, left, scale)
            if split:
                line.append(split[0])
                queue.insert(0, split[1])
            elif not line:
                line = [word]
            else:
                queue.insert(0, word)
            out.append(line)
            line, used = [], 0.0
        return [*out, line] if line else out

    def split(self, word: Word, left: float, scale: float) -> tuple[Word, Word] | None:
        text, style = word.runs[0]
        bare = text.strip("(),.;:")
        parts = self.breaks.get(bare) or self.breaks.get(bare.lower())
        if not parts:
            return None
        before = text.index(bare)
        for cut in range(len(parts) - 1, 0, -1):
            at = before + sum(len(part) for part in parts[:cut])
            first = Word([(text[:at] + "-", style)])
            if self.measure(first, scale) <= left:
                second = Word([(text[at:], style), *word.runs[1:]])
                self.measure(second, scale)
                return first, second
        return None

    def draw(self, line: list[Word], x: float, base: float, scale: float, extra: float = 0.0, style: str = "") -> None:
        """Draw one line; `extra` is the white added at each space."""
        self.font(style, scale)
        space = self.pdf.get_string_width(" ")
        text, mark = "", line[0].runs[0][1]

        def flush() -> float:
            if not text:
                return 0.0
            small = mark == "^"
            self.font(mark, scale * (0.65 if small else 1.0))
            if extra:
                self.pdf._out(f"{extra / POINT:.3f} Tw")
            self.pdf.text(x, base - (1.4 if small else 0.0), text)
            if extra:
                self.pdf._out("0 Tw")
            return float(self.pdf.get_string_width(text)) + text.count(" ") * extra

        for n, word in enumerate(line):
            for m, (piece, style_) in enumerate(word.runs):
                if style_ != mark:
                    x += flush()
                    text, mark = "", style_
                    if n and not m:
                        x += space + extra
                elif n and not m:
                    text += " "
                text += piece
        flush()

    # pages

    @property
    def measure_width(self) -> float:
        return (WIDTH - 2 * self.margin - (self.columns - 1) * self.gutter) / self.columns

    @property
    def left(self) -> float:
        return self.margin + self.column * (self.measure_width + self.gutter)

    @property
    def step(self) -> float:
        return self.size * POINT * self.leading

    def label(self) -> str:
        return ROMAN[self.number] if self.roman else str(self.number)

    def new_page(self, roman: bool | None = None) -> None:
        if self.pdf.page:
            self.end_page()
        meta = self.source.meta
        if roman is None:
            self.number += 1
            self.pdf.add_page()
        else:
            self.roman, self.number = roman, 1
            self.pdf.add_page(label_style="r" if roman else "D", label_start=1)
        self.column, self.noted = 0, 0.0
        self.y = self.column_top = self.top
        if self.pdf.page > 1 or meta.get("first-head") == "yes":
            self.rule_text(meta.get("head", meta["title"]), meta.get("head-right", ""), 16.0)
            self.pdf.set_line_width(0.2)
            self.pdf.line(self.margin, 18.5, WIDTH - self.margin, 18.5)
        else:
            self.y = self.column_top = 24.0

    def rule_text(self, left: str, right: str, base: float) -> None:
        self.font("I" if self.family == "Times" else "", 0.8)
        if left:
            self.pdf.text(self.margin, base, left)
        if right:
            self.pdf.text(WIDTH - self.margin - self.pdf.get_string_width(right), base, right)

    def end_page(self) -> None:
        if self.pending:
            y = self.bottom - self.noted + 1.5
            self.pdf.set_line_width(0.2)
            self.pdf.line(self.margin, y, self.margin + 40, y)
            y += 1.0
            for mark in self.pending:
                for n, line in enumerate(self.note_lines(mark)):
                    y += self.step * 0.8
                    if not n:
                        self.font("", 0.6)
                        self.pdf.text(self.margin, y - 1.0, mark)
                    self.draw(line, self.margin + 3.5, y, 0.8)
            self.pending = []
        pages = self.earlier.pdf.pages_count if self.earlier else 0
        foot = self.source.meta.get("foot", "| {page}").format(page=self.label(), pages=pages)
        left, _, right = foot.partition("|")
        self.rule_text(left.strip(), right.strip(), HEIGHT - 14.0)

    def note_lines(self, mark: str) -> list[list[Word]]:
        return self.lines(self.source.notes[mark], WIDTH - 2 * self.margin - 3.5, 0.8)

    def room(self, height: float) -> None:
        """Go to the next column or page when `height` does not fit any more."""
        if self.y + height <= self.bottom - self.noted + 0.01:
            return
        if self.column + 1 < self.columns:
            self.column += 1
            self.y = self.column_top
        else:
            self.new_page()

    def put_lines(
        self, lines: list[list[Word]], indent: float = 0.0, scale: float = 1.0, style: str = "", justify: bool = False
    ) -> None:
        step = self.step * scale
        if len(lines) > 1:
            self.room(2 * step)
        for n, line in enumerate(lines):
            marks = [text for word in line for text, mark in word.runs if mark == "^"]
            extra_notes = sum(len(self.note_lines(mark)) for mark in marks) * self.step * 0.8
            if marks and not self.pending:
                extra_notes += 4.0
            self.room(step + extra_notes)
            self.noted += extra_notes
            self.pending += marks
            self.y += step
            white = 0.0
            if justify and n + 1 < len(lines) and len(line) > 1:
                self.font(style, scale)
                natural = sum(word.width for word in line) + (len(line) - 1) * self.pdf.get_string_width(" ")
                white = (self.measure_width - indent - natural) / (len(line) - 1)
                white = white if white < 4.0 else 0.0
            self.draw(line, self.left + indent, self.y - step * 0.25, scale, white, style)

    # blocks

    def run(self) -> _Setter:
        self.title()
        blocks = self.source.blocks
        for block, after in zip(blocks, [*blocks[1:], [""]], strict=True):
            self.followed = after[0].startswith(("#", "@table"))
            self.block(block)
        self.end_page()
        return self

    def title(self) -> None:
        meta = self.source.meta
        if meta.get("cover") == "yes":
            self.y = 90.0
        for key, scale, style in (("title", 1.9, "B"), ("subtitle", 1.15, ""), ("byline", 1.0, "I")):
            if key in meta:
                self.put_lines(self.lines(meta[key], self.measure_width, scale, style), scale=scale * 0.95, style=style)
                self.y += 1.5
        self.y += 3.0

    def block(self, lines: list[str]) -> None:
        first = lines[0]
        if first.startswith("@"):
            name, _, rest = first[1:].partition(" ")
            self.directive(name, rest)
            if len(lines) > 1:
                self.block(lines[1:])
        elif first.startswith("#"):
            marks, _, text = first.partition(" ")
            self.heading(len(marks), text)
            if len(lines) > 1:
                self.block(lines[1:])
        elif first.startswith("|"):
            self.put_table(lines)
        elif first.startswith("    "):
            self.put_fixed([line[4:] for line in lines])
        elif first.startswith("! "):
            self.put_box(" ".join(line.removeprefix("! ").strip() for line in lines))
        elif LABEL.match(first):
            self.put_items(lines)
        else:
            text = " ".join(line.strip() for line in lines)
            self.put_lines(self.lines(text, self.measure_width), justify=self.justify)
            self.y += self.step * 0.45

    def directive(self, name: str, rest: str) -> None:
        if name == "page":
            self.new_page()
        elif name == "labels":
            if self.pdf.pages_count == 1 and self.y < 60 and rest == "roman":
                self.roman, self.number = True, 1
                self.pdf.set_page_label(label_style="r", label_start=1)
            else:
                self.new_page(rest == "roman")
        elif name == "columns":
            self.columns, self.column = int(rest), 0
            self.column_top = self.y
        elif name == "space":
            self.y += float(rest)
        elif name == "toc":
            self.put_toc(int(rest))
        elif name == "sign":
            self.put_signatures(rest.split("|"))
        elif name == "table":
            shares, align, caption = [*rest.split(" ", 2), ""][:3]
            self.table = ([float(share) for share in shares.split(",")], align, caption)
        else:
            raise ValueError(f"unknown directive @{name}")

    def heading(self, level: int, text: str) -> None:
        scale = (1.4, 1.15, 1.0)[level - 1] if self.columns == 1 else (1.15, 1.0, 1.0)[level - 1]
        style = "B" if level < 3 else "BI"
        lines = self.lines(text, self.measure_width, scale, style)
        self.y += 0.0 if self.y == self.column_top else (5.0, 3.0, 1.5)[level - 1]
        self.room(len(lines) * self.step * scale + (12 if self.followed else 3) * self.step)
        self.toc.append((level, text, self.label(), self.pdf.page))
        if level < 3:
            self.pdf.start_section(text, level=level - 1)
        self.put_lines(lines, scale=scale, style=style)
        self.y += (2.0, 1.2, 0.6)[level - 1]

    def put_toc(self, depth: int) -> None:
        for level, text, label, page in self.earlier.toc if self.earlier else []:
            if level > depth:
                continue
            self.room(self.step)
            self.y += self.step
            indent = (level - 1) * 6.0
            self.font("B" if level == 1 else "")
            x, right = self.left + indent, self.left + self.measure_width
            start = x + self.pdf.get_string_width(text) + 2
            stop = right - self.pdf.get_string_width(label) - 2
            self.pdf.text(x, self.y, text)
            dots = int((stop - start) / self.pdf.get_string_width(" ."))
            self.pdf.text(start, self.y, " ." * dots)
            self.pdf.text(right - self.pdf.get_string_width(label), self.y, label)
            link = self.pdf.add_link(page=page)
            self.pdf.link(x, self.y - self.step * 0.7, right - x, self.step, link)
        self.y += self.step

    def put_items(self, lines: list[str]) -> None:
        items: list[str] = []
        for line in lines:
            if LABEL.match(line):
                items.append(line)
            else:
                items[-1] += " " + line.strip()
        widest = 0.0
        self.font()
        for item in items:
            found = LABEL.match(item)
            widest = max(widest, self.pdf.get_string_width((found[1] if found else "") + "  "))
        indent = max(widest, 5.0)
        for item in items:
            found = LABEL.match(item)
            label = found[1] if found else ""
            body = self.lines(item[found.end() if found else 0 :], self.measure_width - indent)
            self.room(min(len(body), 2) * self.step)
            # A footnote may push the first line to the next page, so the label goes with it as a word.
            self.font()
            mark = "\u2022" if label == "-" else label
            page, column, y = self.pdf.page, self.column, self.y
            notes = [text for word in body[0] for text, style in word.runs if style == "^"]
            if not notes:
                self.pdf.text(self.left, y + self.step * 0.75, mark)
            self.put_lines(body, indent=indent, justify=self.justify)
            if notes and (page, column) == (self.pdf.page, self.column):
                self.font()
                self.pdf.text(self.left, y + self.step * 0.75, mark)
            self.y += self.step * 0.22
        self.y += self.step * 0.25

    def put_fixed(self, lines: list[str]) -> None:
        step = self.step * 0.88
        self.room(min(len(lines), 12) * step + 2)
        self.y += 0.5
        for line in lines:
            self.room(step)
            self.y += step
            self.font("", 0.84, "Courier")
            if line.strip():
                self.pdf.text(self.left + 4, self.y - step * 0.25, line)
        self.y += self.step * 0.6

    def put_box(self, text: str) -> None:
        lines = self.lines(text, self.measure_width - 8)
        height = len(lines) * self.step + 4
        self.room(height + 2)
        self.pdf.set_line_width(0.5)
        self.pdf.rect(self.left, self.y, self.measure_width, height)
        self.y += 2
        self.put_lines(lines, indent=4)
        self.y += 2 + self.step * 0.5

    def put_signatures(self, names: list[str]) -> None:
        self.room(26.0)
        self.y += 18.0
        each = self.measure_width / len(names)
        for n, name in enumerate(names):
            x = self.left + n * each
            self.pdf.set_line_width(0.2)
            self.pdf.line(x, self.y, x + each - 10, self.y)
            self.font("", 0.85)
            self.pdf.text(x, self.y + 4.5, name.strip())
        self.y += 9.0

    def put_table(self, rows: list[str]) -> None:
        cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows]
        shares, align, caption = self.table or ([1.0] * len(cells[0]), "L" * len(cells[0]), "")
        self.table = None
        widths = [self.measure_width * share / sum(shares) for share in shares]
        scale = 0.88
        step = self.step * scale * 0.97
        if caption:
            found = self.lines(caption, self.measure_width, 0.9, "B")
            self.room(len(found) * self.step + 4 * step)
            self.put_lines(found, scale=0.9, style="B")
            self.y += 1.0

        def height(row: list[list[list[Word]]]) -> float:
            return max(1, *(len(cell) for cell in row)) * step + 2.0

        def put(row: list[list[list[Word]]], head: bool) -> None:
            tall = height(row)
            style = "B" if head else ""
            if head:
                self.pdf.set_fill_color(226)
                self.pdf.rect(self.left, self.y, self.measure_width, tall, style="F")
            x = self.left
            for width, side, cell in zip(widths, align, row, strict=True):
                for n, line in enumerate(cell):
                    self.font(style, scale)
                    space = self.pdf.get_string_width(" ")
                    natural = sum(word.width for word in line) + (len(line) - 1) * space
                    shift = {"L": 1.2, "R": width - natural - 3.0, "C": (width - natural) / 2}[side]
                    self.draw(line, x + shift, self.y + 1.0 + (n + 0.75) * step, scale, 0.0, style)
                x += width
            self.pdf.set_line_width(0.4 if head else 0.15)
            if head:
                self.pdf.line(self.left, self.y, self.left + self.measure_width, self.y)
            self.y += tall
            self.pdf.line(self.left, self.y, self.left + self.measure_width, self.y)

        laid = [
            [self.lines(cell, width - 4.2, scale, "" if n else "B") for cell, width in zip(row, widths, strict=True)]
            for n, row in enumerate(cells)
        ]
        self.room(height(laid[0]) + sum(height(row) for row in laid[1:3]))
        put(laid[0], True)
        for row in laid[1:]:
            place = (self.pdf.page, self.column)
            self.room(height(row))
            if place != (self.pdf.page, self.column):
                put(laid[0], True)
            put(row, False)
        self.y += self.step * 0.7


def make(path: Path) -> bytes:
    """Set one source file; the second pass knows the page numbers of the first."""
    source = read_source(path)
    setter = _Setter(source, _Setter(source).run())
    if setter.earlier and "@toc" in path.read_text(encoding="utf-8"):
        setter.earlier = _Setter(source, setter.earlier).run()
    return bytes(setter.run().pdf.output())


def main(folder: Path = SAMPLES) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for path in sorted(SOURCE.glob("*.txt")):
        made.append(folder / f"{path.stem}.pdf")
        made[-1].write_bytes(make(path))
    return made


if __name__ == "__main__":
    for pdf_path in main(*[Path(argument) for argument in sys.argv[1:2]]):
        print(pdf_path)
