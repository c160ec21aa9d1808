"""Text that runs from right to left, as pdfium reads it: what it holds backwards is turned round."""

from __future__ import annotations

import re
from ctypes import c_double
from itertools import groupby, pairwise
from typing import Any
from unicodedata import combining

_LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_LETTER = re.compile(f"[{_LETTERS}]")
_RUN = re.compile(rf"([{_LETTERS}]+)|[^{_LETTERS}]+")
_OTHER = rf"(?=[^\s{_LETTERS}]*[^\W\d_])[^\s{_LETTERS}]+"  # a word of another script
_WORDS = re.compile(rf"(?<!\S){_OTHER}(?:[^\S\n]+{_OTHER})+(?!\S)")
_MOSTLY = 0.3  # of the letters: the page is read in that direction


def runs_right_to_left(text: str) -> bool:
    """Tell whether much of a text is written from right to left."""
    found = len(_LETTER.findall(text))
    return found > 0 and found >= _MOSTLY * sum(map(str.isalpha, text))


def in_logical_order(textpage: Any, text: str) -> str:
    """Return the text of a page in the order in which it is read aloud.

    pdfium turns lines from right to left character by character, also the letters of one glyph, as lam and alef are,
    and the words of another script among them.

    Args:
        textpage: of pdfium.
        text: its characters, one for each of its places.
    """
    if not _LETTER.search(text):
        return text
    characters: list[str] = []
    for match in _RUN.finditer(text):
        if match[1]:
            own = groupby(range(*match.span()), key=lambda index: _left(textpage, index))
            characters += [_turned([text[index] for index in group]) for _, group in own]
        else:
            characters.append(match[0])
    turned = "".join(characters)
    return _WORDS.sub(lambda match: _forwards(textpage, match), turned)


def _turned(letters: list[str]) -> str:
    """Return the letters of one glyph as they are read; marks at a letter follow it already."""
    return "".join(letters if any(map(combining, letters)) else reversed(letters))


def _left(textpage: Any, index: int) -> float:
    import pypdfium2.raw as pdfium

    x, y = c_double(), c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
    return x.value


def _forwards(textpage: Any, match: re.Match[str]) -> str:
    """Return words of another script in the order in which they stand on the page."""
    starts = [match.start() + one.start() for one in re.finditer(r"\S+", match[0])]
    lefts = [_left(textpage, start) for start in starts]
    backwards = all(after < before for before, after in pairwise(lefts))
    return " ".join(reversed(match[0].split())) if backwards else match[0]
