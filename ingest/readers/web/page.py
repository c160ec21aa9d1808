"""The text of a web page, block by block, as a browser shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.compose import flat
from ingest.raised import with_fractions
from ingest.readers.web.blocks import Block
from ingest.readers.web.form import CONTROLS, Control, control, labelled
from ingest.readers.web.grid import WIDEST, Cell, Table, number
from ingest.readers.web.links import shown_address
from ingest.readers.web.mathml import Formula
from ingest.readers.web.numbering import Numbering
from ingest.readers.web.spans import DEEPEST, Span, SpanKind
from ingest.ticks import EMPTY, TICKED, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.readers.web.survey import Survey


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SKIPPED = _words(
    "script style template noscript nav svg iframe object embed audio video canvas button datalist annotation "
    "annotation-xml map rp"
)
_SKIPPED_ROLES = _words("navigation search menu menubar")
_BLOCKS = _words(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form header "
    "hr legend li main ol p pre section summary ul table caption tr td th thead tbody tfoot"
)
_HEADINGS = _words("h1 h2 h3 h4 h5 h6")
_KINDS: dict[str, SpanKind] = {
    "sup": "raised",
    "sub": "lowered",
    "del": "struck",
    "a": "link",
    "label": "label",
    "abbr": "aside",
}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_STRUCK = re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through", re.IGNORECASE)
_WHITE = re.compile(r"[ \t\n\r\f]+")
_DEEPEST_TABLE = 8  # tables within tables


class Page:
    """Receives the parser's events of the second pass, and makes blocks of them."""

    def __init__(self, survey: Survey) -> None:
        self.title = ""
        self.blocks: list[Block] = []
        self.hides = False  # some of the text is not shown
        self._survey = survey
        self._sinks = [self.blocks]  # the page's blocks, and those of each open cell
        self._tables: list[Table | None] = []  # None: too deep to be told apart
        self._numbering = Numbering(survey.items)
        self._skipped = 0  # open elements within one that is left out
        self._text: list[str] = []
        self._spans: list[Span] = []
        self._named: tuple[int, int] | None = None  # where a label that names no control begins and ends
        self._control: Control | None = None
        self._formula: Formula | None = None
        self._explained: set[str] = set()  # abbreviations
        self._title: list[str] | None = None
        self._kind = "paragraph"
        self._marker = ""
        self._preformatted = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        if self._skipped or _is_left_out(tag, attributes):
            self._skipped += 1
        elif self._formula is not None:
            self._formula.start(tag)
        elif self._control is not None and tag not in CONTROLS:
            if tag == "option":
                self._control.option(attributes)
        elif tag in CONTROLS:
            self._begin_control(tag, attributes)
        elif tag == "math":
            self._formula = Formula()
        elif tag == "title":
            self._title = []
        elif tag in _HEADINGS:
            self._flush()
            self._kind = "heading"
            self._begin_span(tag, attributes)
        elif tag in _BLOCKS:
            self._flush()
            self._open(tag, attributes)
            self._begin_span(tag, attributes)
        else:
            self._inline(tag, attributes)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if self._skipped:
            self._skipped -= 1
        elif self._formula is not None:
            self._end_formula(tag)
        elif self._control is not None:
            if tag == "option":
                self._control.end_option()
            elif tag == self._control.tag:
                self._end_control()
        elif tag == "title":
            self.title = self.title or "".join(self._title or ())
            self._title = None
        elif tag in _HEADINGS:
            self._flush()
            self._end_span(tag)
            self._kind = "paragraph"
        elif tag in _BLOCKS:
            if tag == "caption":
                self._caption()
            self._flush()
            self._end_span(tag)
            self._close(tag)
        else:
            self._text += [")"] if tag == "rt" else []
            self._end_span(tag)

    def data(self, data: str) -> None:
        """Take text."""
        if self._skipped:
            return
        if self._formula is not None:
            self._formula.data(data)
        elif self._control is not None:
            self._control.parts.append(data)
        elif self._title is not None:
            self._title.append(data)
        elif self._preformatted:
            self._text.append(data)
        elif (text := _WHITE.sub(" ", data)) != " " or (self._text and self._text[-1] != " "):
            self._text.append(text)

    def close(self) -> None:
        """Finish a page, also one that ends within an element."""
        self._end_control()
        self._end_formula("math")
        self._flush()
        while self._tables:
            self._end_table()

    def _inline(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "br":
            self._text.append("\n")
        elif tag == "img":
            self._text.append(f" {attributes.get('alt', '').strip()} ")
        elif tag == "rt":
            self._text.append("(")
        self._begin_span(tag, attributes)

    def _begin_span(self, tag: str, attributes: Mapping[str, str]) -> None:
        kind = _span_kind(tag, attributes)
        again = kind in ("struck", "hidden") and any(span.kind == kind for span in self._spans)
        if kind is None or again or len(self._spans) >= DEEPEST:
            for around in reversed(self._spans):
                if around.tag == tag:
                    around.within += 1
                    break
            return
        span = Span(tag, kind, len(self._text))
        if kind == "link":
            span.address = shown_address(attributes.get("href", ""), self._survey.base, self._survey.site)
        elif kind == "label":
            span.address = attributes.get("for", "")
        elif kind == "aside":
            span.address = flat(attributes.get("title", ""))
        self._spans.append(span)

    def _end_span(self, tag: str) -> None:
        """End the innermost element of this name that is a span, and those in it that were never ended."""
        ended = next((span for span in reversed(self._spans) if span.tag == tag), None)
        if ended is None or ended.within:
            if ended is not None:
                ended.within -= 1
            return
        while self._spans:
            span = self._spans.pop()
            if span.kind == "label":
                self._end_label(span)
            elif span.kind == "aside" and span.address in self._explained:
                pass
            else:
                self._rewrite(span, ends=True)
                self._explained |= {span.address} if span.kind == "aside" else set()
            if span is ended:
                return

    def _rewrite(self, span: Span, *, ends: bool) -> None:
        text = "".join(self._text[span.start :])
        self._text[span.start :] = [span.written(text, ends=ends)]
        self.hides = self.hides or (span.kind == "hidden" and bool(text.strip()))

    def _end_label(self, span: Span) -> None:
        text = "".join(self._text[span.start :])
        if span.said:
            del self._text[span.start :]
            self._write_line(labelled(text, ", ".join(span.said)))
        elif span.address in self._survey.controls and not self._tables:
            del self._text[span.start :]  # the control says it
        else:
            self._named = (span.start, len(self._text))

    def _begin_control(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._end_control()
        self._control = control(tag, attributes)
        if tag == "input":
            self._end_control()
        elif self._control is None:
            self._skipped += 1

    def _end_control(self) -> None:
        """Write a control with its label: the one around it, the one that names it, or the one right before it."""
        ended, self._control = self._control, None
        if ended is None:
            return
        ended.end_option()
        around = next((span for span in reversed(self._spans) if span.kind == "label"), None)
        if around is not None:
            around.said.append(ended.said)
            return
        label = "" if self._tables else self._survey.labels.get(ended.name, "") or self._taken_label()
        label = label or ("" if any(map(str.strip, self._text)) else ended.label)
        if label:
            self._write_line(labelled(label, ended.said))
        elif said := ended.box if ended.box and not self._tables else ended.said:
            self._text.append(f" {said} ")

    def _taken_label(self) -> str:
        """Take a label that names no control out of the text right before one."""
        named, self._named = self._named, None
        if named is None or "".join(self._text[named[1] :]).strip():
            return ""
        label = "".join(self._text[named[0] :])
        del self._text[named[0] :]
        return label

    def _write_line(self, line: str) -> None:
        """Write a line of a form."""
        self._flush()
        self._text.append(line)
        kind, self._kind = self._kind, "item"
        self._flush()
        self._kind = kind

    def _end_formula(self, tag: str) -> None:
        if self._formula is None:
            return
        if tag == "math":
            self._text.append(" ".join(self._formula.text.split()))
            self._formula = None
        else:
            self._formula.end()

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "pre":
            self._kind, self._preformatted = "code", self._preformatted + 1
        elif tag in ("ul", "ol"):
            self._numbering.open(tag, attributes)
        elif tag in ("li", "dt", "dd"):
            self._kind = "item"
            self._marker = self._numbering.marker(attributes) if tag == "li" else ""
        elif tag == "table":
            self._tables.append(Table(attributes.get("role") == "presentation") if self._is_shallow() else None)
        elif tag in ("tr", "td", "th"):
            self._open_cell(tag, attributes)

    def _close(self, tag: str) -> None:
        if tag == "pre":
            self._kind, self._preformatted = "paragraph", max(0, self._preformatted - 1)
        elif tag in ("ul", "ol"):
            self._kind = "item" if self._numbering.close() else "paragraph"
        elif tag in ("li", "dt", "dd"):
            self._kind, self._marker = "paragraph", ""
        elif tag in ("td", "th"):
            self._close_cell(self._tables[-1] if self._tables else None)
        elif tag == "table" and self._tables:
            self._end_table()

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
        columns = number(attributes.get("colspan"), 1, WIDEST)
        cell = Cell([], columns, number(attributes.get("rowspan"), 1, None), tag == "th")
        table.rows[-1].append(cell)
        self._sinks.append(cell.blocks)
        table.in_cell = True
        self._kind = "paragraph"

    def _close_cell(self, table: Table | None) -> None:
        if table is not None and table.in_cell:
            self._sinks.pop()
            table.in_cell = False

    def _caption(self) -> None:
        table = self._tables[-1] if self._tables else None
        if table is not None:
            table.caption = flat(self._taken())

    def _taken(self) -> str:
        """Return the text since the last block, with what is known of its parts."""
        for span in reversed(self._spans):
            if span.start < len(self._text) and span.kind not in ("link", "label"):
                self._rewrite(span, ends=False)
            span.start = 0
        text = with_fractions("".join(self._text))
        self._text, self._named = [], None
        return told(text) if TICKED in text or EMPTY in text else text

    def _flush(self) -> None:
        text = self._taken()
        if not text.strip():
            return
        self._sinks[-1].append(Block(self._kind, text, self._marker))
        self._marker = ""

    def _end_table(self) -> None:
        table = self._tables.pop()
        if table is None:
            return
        self._close_cell(table)
        self._sinks[-1] += table.blocks()
        self._kind = "paragraph"


def _is_left_out(tag: str, attributes: Mapping[str, str]) -> bool:
    return tag in _SKIPPED or attributes.get("role", "").lower() in _SKIPPED_ROLES


def _span_kind(tag: str, attributes: Mapping[str, str]) -> SpanKind | None:
    style = attributes.get("style", "")
    if "hidden" in attributes or _HIDDEN.search(style) or (tag == "dialog" and "open" not in attributes):
        return "hidden"
    return "struck" if _STRUCK.search(style) else _KINDS.get(tag)
