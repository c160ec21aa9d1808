"""The words of a line of Markdown: struck-out and raised text, links with their addresses, notes with their marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.raised import lowered, raised, with_fractions
from ingest.readers.web.links import shown_address
from ingest.readers.web.spans import DEEPEST, Span, SpanKind
from ingest.ticks import EMPTY, TICKED, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.token import Token

MARK = r"\[\^([^\]\s^]{1,60})\]"  # of a note
_MARK = re.compile(MARK)
_NOTE = re.compile(rf"{MARK}:\s*")
_RAISED = re.compile(r"(?<=[\w)\].,])\^([^\s^]{1,8})\^")
_LOWERED = re.compile(r"(?<=[\w)\]])~(\w{1,8})~(?!~)")
_TASK = re.compile(r"\[([ xX])\]\s+(?=\S)")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b(?:[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]*))?[^>]*>", re.IGNORECASE)
_OPENED: dict[str, SpanKind] = {"s_open": "struck", "link_open": "link"}
_TAGS: dict[str, SpanKind] = {
    "sup": "raised",
    "sub": "lowered",
    "del": "struck",
    "s": "struck",
    "strike": "struck",
    "a": "link",
}


def shown(tokens: Sequence[Token], notes: Mapping[str, int], *, item: bool = False) -> str:
    """Return the words of a line: of wrapped lines one.

    Args:
        tokens: of the line.
        notes: the number of each note by its name.
        item: it begins an item of a list, which may be a task.
    """
    line = _Line(notes)
    for token in tokens:
        line.take(token)
    text = with_fractions(line.text)
    task = _TASK.match(text) if item else None
    if task:
        text = f"{EMPTY if task[1] == ' ' else TICKED} {text[task.end() :]}"
    return told(text) if TICKED in text or EMPTY in text else text


class _Line:
    """Collects the words of a line."""

    def __init__(self, notes: Mapping[str, int]) -> None:
        self._notes = notes
        self._parts: list[str] = []
        self._spans: list[Span] = []

    @property
    def text(self) -> str:
        """The line so far, as if it ended here."""
        while self._spans:
            self._end(self._spans[-1].tag)
        return "".join(self._parts)

    def take(self, token: Token) -> None:
        """Take a part of the line."""
        kind = token.type
        if kind == "text":
            self._text(token.content)
        elif kind in ("code_inline", "image"):
            self._parts.append(token.content)
        elif kind in ("softbreak", "hardbreak"):
            self._parts.append(" " if kind == "softbreak" else "\n")
        elif kind in _OPENED:
            self._begin(kind.removesuffix("_open"), _OPENED[kind], str(token.attrGet("href") or ""))
        elif kind in ("s_close", "link_close"):
            self._end(kind.removesuffix("_close"))
        elif kind == "html_inline":
            self._tag(token.content)

    def _text(self, text: str) -> None:
        note = _NOTE.match(text)
        if note and note[1] in self._notes and "".join(self._parts[-1:]) in ("", " "):
            self._parts[-1:] = ["\n"] if self._parts else []  # of notes each begins a line
            self._parts.append(f"Note {self._notes[note[1]]}: ")
            text = text[note.end() :]
        text = _LOWERED.sub(lambda match: lowered(match[1]), _RAISED.sub(lambda match: raised(match[1]), text))
        self._parts.append(_MARK.sub(self._mark, text))

    def _mark(self, match: re.Match[str]) -> str:
        number = self._notes.get(match[1])
        return raised(str(number)) if number else match[0]

    def _tag(self, tag: str) -> None:
        match = _TAG.match(tag)
        if match is None:
            return
        name = match[2].lower()
        if name == "br":
            self._parts.append("\n")
        elif match[1]:
            self._end(f"<{name}>")
        elif name in _TAGS:
            self._begin(f"<{name}>", _TAGS[name], match[3] or "")

    def _begin(self, tag: str, kind: SpanKind, address: str) -> None:
        if len(self._spans) < DEEPEST and not (kind == "struck" and any(span.kind == kind for span in self._spans)):
            self._spans.append(Span(tag, kind, len(self._parts), shown_address(address) if address else ""))

    def _end(self, tag: str) -> None:
        if not any(span.tag == tag for span in self._spans):
            return
        while self._spans:
            span = self._spans.pop()
            self._parts[span.start :] = [span.written("".join(self._parts[span.start :]), ends=True)]
            if span.tag == tag:
                return
