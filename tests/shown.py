"""Standard output and standard error as terminals in memory, and what is read on them."""

from __future__ import annotations

import io
import re


class Screen(io.StringIO):
    """A terminal in memory, which has colours and links."""

    def isatty(self) -> bool:
        return True


def plain(shown: str) -> str:
    """Return what is read on the screen: styles and links are left out."""
    return re.sub(r"\x1b\]8;.*?\x1b\\|\x1b\[[\d;]*m", "", shown)
