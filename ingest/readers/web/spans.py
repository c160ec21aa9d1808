"""Text within a block that is more than plain: raised, lowered, struck out, hidden, a link, a label."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from ingest.marks import hidden, struck
from ingest.raised import lowered, raised
from ingest.readers.web.links import with_address

SpanKind = Literal["raised", "lowered", "struck", "hidden", "link", "label", "aside"]

DEEPEST = 30  # spans within each other; deeper ones are text as the one around them
_NOTE = re.compile(r"(\s*)[\[(]\s*(\w{1,4})\s*[\])](\s*)")


@dataclass(slots=True)
class Span:
    """An element within a block that is open."""

    tag: str
    kind: SpanKind
    start: int  # of its text, in pieces of the block
    address: str = ""  # of a link; of an abbreviation what it stands for; of a label the control that it names
    within: int = 0  # open elements of its name within it
    said: list[str] = field(default_factory=list)  # by the controls in a label

    def written(self, text: str, *, ends: bool) -> str:
        """Return its text, or a part of it that lies in one block, as it is written.

        Args:
            text: the part.
            ends: it is the last one.
        """
        if self.kind == "raised":
            return raised(_NOTE.sub(r"\1\2\3", text))
        if self.kind == "lowered":
            return lowered(text)
        if self.kind == "struck":
            return struck(text)
        if self.kind == "hidden":
            return hidden(text)
        if self.kind == "link" and ends:
            return with_address(text, self.address)
        if self.kind == "aside" and ends:
            return f"{text} ({self.address})" if text.strip() and self.address not in text else text
        return text
