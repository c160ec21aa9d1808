"""The text of a web page, block by block, as a browser shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.compose import flat
from ingest.readers.web.blocks import Block
from ingest.readers.web.form import CONTROLS, Control, control, labelled
from ingest.readers.web.line import Line
from ingest.readers.web.links import shown_address
from ingest.readers.web.mathml import Formula
from ingest.readers.web.numbering import Numbering
from ingest.readers.web.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.readers.web.spans import Span, SpanKind
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


class Page:
    """Receives the parser's events of the second pass, and makes blocks of them."""

    def __init__(self, survey: Survey) -> None:
        self.title = ""
        self._survey = survey
        self._places = Places()
        self._line = Line()
        self._numbering = Numbering(survey.items)
        self._skipped = 0  # open elements within one that is left out
        self._control: Control | None = None
        self._formula: Formula | None = None
        self._title: list[str] | None = None
        self._kind = "paragraph"
        self._marker = ""
        self._preformatted = 0

    @property
    def blocks(self) -> list[Block]:
        """What it is made of."""
        return self._places.blocks

    @property
    def hides(self) -> bool:
        """Whether some of its text is not shown."""
        return self._line.hides

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
        else:
            self._begin(tag, attributes)

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
        else:
            self._end(tag)

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
        else:
            self._line.add(data if self._preformatted else _WHITE.sub(" ", data))

    def close(self) -> None:
        """Finish a page, also one that ends within an element."""
        self._end_control()
        self._end_formula("math")
        self._flush()
        while self._places.in_table:
            self._places.end_table()

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _HEADINGS or tag in _BLOCKS:
            self._flush()
            self._open(tag, attributes)
        elif tag == "br":
            self._line.add("\n")
        elif tag == "img":
            self._line.add(f" {attributes.get('alt', '').strip()} ")
        elif tag == "rt":
            self._line.add("(")
        kind = _span_kind(tag, attributes)
        address = ""
        if kind == "link":
            address = shown_address(attributes.get("href", ""), self._survey.base, self._survey.site)
        elif kind in ("label", "aside"):
            address = flat(attributes.get("for" if kind == "label" else "title", ""))
        self._line.begin(tag, kind, address)

    def _end(self, tag: str) -> None:
        is_block = tag in _HEADINGS or tag in _BLOCKS
        if tag == "caption":
            self._places.caption(self._line.taken())
        elif is_block:
            self._flush()
        elif tag == "rt":
            self._line.add(")")
        for label in self._line.end(tag):
            self._end_label(label)
        if is_block:
            self._close(tag)

    def _end_label(self, span: Span) -> None:
        if span.said:
            self._write_line(labelled(self._line.cut(span.start), ", ".join(span.said)))
        elif span.address in self._survey.controls and not self._places.in_table:
            self._line.cut(span.start)  # the control says it
        else:
            self._line.keep_label(span)

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
        around, in_table = self._line.label, self._places.in_table
        if around is not None:
            around.said.append(ended.said)
            return
        label = "" if in_table else self._survey.labels.get(ended.name, "") or self._line.taken_label()
        label = label or (ended.label if self._line.is_blank else "")
        if label:
            self._write_line(labelled(label, ended.said))
        elif said := ended.box if ended.box and not in_table else ended.said:
            self._line.add(f" {said} ")

    def _write_line(self, line: str) -> None:
        """Write a line of a form."""
        self._flush()
        self._line.add(line)
        kind, self._kind = self._kind, "item"
        self._flush()
        self._kind = kind

    def _end_formula(self, tag: str) -> None:
        if self._formula is None:
            return
        if tag == "math":
            self._line.add(" ".join(self._formula.text.split()))
            self._formula = None
        else:
            self._formula.end()

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _HEADINGS:
            self._kind = "heading"
        elif tag == "pre":
            self._kind, self._preformatted = "code", self._preformatted + 1
        elif tag in ("ul", "ol"):
            self._numbering.open(tag, attributes)
        elif tag in ("li", "dt", "dd"):
            self._kind = "item"
            self._marker = self._numbering.marker(attributes) if tag == "li" else ""
        elif tag == "table":
            self._places.open_table(attributes)
        elif tag == "tr":
            self._places.open_row()
        elif tag in ("td", "th") and self._places.in_table:
            self._places.open_cell(tag, attributes)
            self._kind = "paragraph"

    def _close(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._kind = "paragraph"
        elif tag == "pre":
            self._kind, self._preformatted = "paragraph", max(0, self._preformatted - 1)
        elif tag in ("ul", "ol"):
            self._kind = "item" if self._numbering.close() else "paragraph"
        elif tag in ("li", "dt", "dd"):
            self._kind, self._marker = "paragraph", ""
        elif tag in ("td", "th"):
            self._places.close_cell()
        elif tag == "table":
            self._places.end_table()
            self._kind = "paragraph"

    def _flush(self) -> None:
        text = self._line.taken()
        if not text.strip():
            return
        self._places.add(Block(self._kind, text, self._marker))
        self._marker = ""


def _is_left_out(tag: str, attributes: Mapping[str, str]) -> bool:
    return tag in _SKIPPED or attributes.get("role", "").lower() in _SKIPPED_ROLES


def _span_kind(tag: str, attributes: Mapping[str, str]) -> SpanKind | None:
    style = attributes.get("style", "")
    if "hidden" in attributes or _HIDDEN.search(style) or (tag == "dialog" and "open" not in attributes):
        return "hidden"
    return "struck" if _STRUCK.search(style) else _KINDS.get(tag)
