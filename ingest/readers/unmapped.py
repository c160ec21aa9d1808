"""Tells the letters of a PDF page whose font does not say which they are, in no way that pdfium knows."""

from __future__ import annotations

import re
from typing import Any

LOST = "\ufffd"
"""Stands in the place of each of them."""

_FEWEST = 8  # letters of a page in words without a map; fewer are ornaments
_SHORTEST = 3  # letters of a word; signs of formulas and notes of music stand alone
_WORD = re.compile(r"\S+")


def with_gaps(textpage: Any, text: str) -> str | None:
    """Return the text of a page with `LOST` in the place of what no font says; None where all is said.

    Args:
        textpage: of pypdfium2, open.
        text: what it says; where its places are those of the characters, only the first of each word is looked up.
    """
    count = textpage.count_chars()
    aligned = len(text) == count
    if aligned and sum(_is_lost(textpage, match.start()) for match in _WORD.finditer(text)) < 2:
        return None
    lost = [_is_lost(textpage, index) for index in range(count)]
    if sum(lost) < _FEWEST:
        return None
    characters = [chr(_code(textpage, index)) for index in range(count)]
    marks = "".join(LOST if gone and not c.isspace() else c for gone, c in zip(lost, characters, strict=True))
    words = [match for match in re.finditer(rf"{LOST}+", marks) if len(match[0]) >= _SHORTEST]
    return marks if sum(len(word[0]) for word in words) >= _FEWEST else None


def _is_lost(textpage: Any, index: int) -> bool:
    import pypdfium2.raw as pdfium

    return bool(pdfium.FPDFText_HasUnicodeMapError(textpage.raw, index) == 1)


def _code(textpage: Any, index: int) -> int:
    import pypdfium2.raw as pdfium

    return int(pdfium.FPDFText_GetUnicode(textpage.raw, index))
