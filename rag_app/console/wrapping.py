"""Text in the width of a terminal: lines end between words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECES = re.compile(r"\s+|\S+")


class Words:
    """Passes a text on that comes in pieces, word by word, with a line break where the next one has no room."""

    def __init__(self, write: Callable[[str], object], width: int) -> None:
        """Take where the text goes, which begins at the left edge, and the columns of a line."""
        self._write = write
        self._width = width
        self._column = 0
        self._gap = ""  # white space before the word
        self._word = ""  # may go on with the next piece

    def add(self, text: str) -> None:
        """Take a piece; its last word waits for what follows."""
        for piece in _PIECES.findall(text):
            if piece.isspace():
                self.end()
                self._gap += piece
            else:
                self._word += piece

    def end(self) -> None:
        """Pass the last word on."""
        from rich.cells import cell_len

        if not self._word:
            return
        gap, length = self._gap, cell_len(self._word)
        if "\n" in gap:
            self._column = len(gap.rpartition("\n")[2])
        elif self._column and self._column + len(gap) + length > self._width:
            gap, self._column = "\n", 0
        else:
            self._column += len(gap)
        self._column += length
        self._write(gap + self._word)
        self._gap = self._word = ""


def indented(text: str, indent: int, width: int) -> str:
    """Return a text in lines of at most `width` columns that all begin with `indent` spaces and end between words."""
    from rich.console import Console
    from rich.text import Text

    lines = Text(text).wrap(Console(width=width), max(width - indent, 20))
    return "\n".join(" " * indent + line.plain.rstrip() for line in lines)
