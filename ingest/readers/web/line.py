"""The text of a block while it is read, in pieces, with the elements within it that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.raised import with_fractions
from ingest.readers.web.spans import DEEPEST, Span, SpanKind
from ingest.ticks import EMPTY, TICKED, told

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATES = ("struck", "hidden")  # they hold for the blocks within such an element, too; within themselves once is enough


class Line:
    """Collects the pieces of a block."""

    def __init__(self) -> None:
        self.hides = False  # some text of the page is not shown
        self._pieces: list[str] = []
        self._spans: list[Span] = []
        self._explained: set[str] = set()  # abbreviations
        self._named: tuple[int, int] | None = None  # where a label that names no control begins and ends

    @property
    def is_blank(self) -> bool:
        """Whether it has no text yet."""
        return not any(map(str.strip, self._pieces))

    @property
    def label(self) -> Span | None:
        """The label that is open."""
        return next((span for span in reversed(self._spans) if span.kind == "label"), None)

    def add(self, text: str) -> None:
        """Take text; of spaces one after another the first."""
        if text != " " or (self._pieces and self._pieces[-1] != " "):
            self._pieces.append(text)

    def begin(self, tag: str, kind: SpanKind | None, address: str) -> None:
        """Begin an element; `kind` is None for one that changes nothing."""
        again = kind in _STATES and any(span.kind == kind for span in self._spans)
        if kind is not None and not again and len(self._spans) < DEEPEST:
            self._spans.append(Span(tag, kind, len(self._pieces), address))
            return
        around = next((span for span in reversed(self._spans) if span.tag == tag), None)
        if around is not None:
            around.within += 1

    def end(self, tag: str) -> Iterator[Span]:
        """End the innermost element of this name and those left open in it; yield the labels among them."""
        ended = next((span for span in reversed(self._spans) if span.tag == tag), None)
        if ended is None or ended.within:
            if ended is not None:
                ended.within -= 1
            return
        span = None
        while span is not ended:
            span = self._spans.pop()
            if span.kind == "label":
                yield span
            elif span.kind != "aside" or span.address not in self._explained:
                self._rewrite(span, ends=True)
                self._explained |= {span.address} if span.kind == "aside" else set()

    def cut(self, start: int) -> str:
        """Take the text out that begins with the piece `start`."""
        text = "".join(self._pieces[start:])
        del self._pieces[start:]
        return text

    def keep_label(self, span: Span) -> None:
        """Let a label that has ended stand in the text, until a control that follows takes it."""
        self._named = (span.start, len(self._pieces))

    def taken_label(self) -> str:
        """Take a label that names no control out of the text right before one."""
        named, self._named = self._named, None
        if named is None or "".join(self._pieces[named[1] :]).strip():
            return ""
        return self.cut(named[0])

    def taken(self) -> str:
        """Take the text out, with what is known of its parts; what is open goes on in the next block."""
        for span in reversed(self._spans):
            if span.start < len(self._pieces) and span.kind not in ("link", "label"):
                self._rewrite(span, ends=False)
            span.start = 0
        text, self._named = with_fractions(self.cut(0)), None
        return told(text) if TICKED in text or EMPTY in text else text

    def _rewrite(self, span: Span, *, ends: bool) -> None:
        text = self.cut(span.start)
        self._pieces.append(span.written(text, ends=ends))
        self.hides = self.hides or (span.kind == "hidden" and bool(text.strip()))
