"""Tells text from what a font makes of it that does not say which letters its shapes are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from ingest.characters import BULLETS

_MOST = 0.3  # share of a page's characters: headings may be in a sound font, formulas have signs of their own
_FEW = 8  # such characters: fewer are ornaments
_LETTERS = 40  # from which on it is odd that all are the same
_ALIKE = 0.8  # share of the letters
_NO_LETTER = frozenset({"Cc", "Cn", "Co", "Cs"})  # control, unassigned, private, half of a pair
_NAMES = re.compile(r"\(cid:\d{1,5}\)|(?:/[A-Za-z]{1,6}\d{1,5}(?![^\s/])){3,}")  # of shapes: (cid:17), /g3/g17/g5
_LEADER = re.compile(r"([\ue000-\uf8ff])(?: ?\1){3,}")  # dots of a table of contents, of a private kind
_BESIDE = 0.05  # letters and digits of a table of contents for each of its dots
_WORD = re.compile(r"[^\W\d_]{3,}")


def is_legible(text: str) -> bool:
    """Tell whether the raw text of a page says what a reader sees there, as far as that shows."""
    found = _NAMES.sub(_signs, text)
    rest = _LEADER.sub("", found)
    leaders = len(found) - len(rest)
    if sum(map(str.isalnum, rest)) < _BESIDE * leaders:  # there is nothing that they lead to
        rest = found
    shown = "".join(rest.split())
    lost = sum(map(_is_lost, shown))
    return not (lost >= _FEW and lost > _MOST * len(shown)) and not _is_one_shape(text)


def without_shapes(text: str) -> str:
    """Return what is left of a text without the characters that are no letters."""
    kept = (c for c in _NAMES.sub("", text) if c.isspace() or not (_is_lost(c) or c in BULLETS))
    return "".join(kept)


def _signs(match: re.Match[str]) -> str:
    """Return one lost character for each shape that is named."""
    return "\ufffd" * (match[0].count("/") or 1)


def _is_one_shape(text: str) -> bool:
    """Tell whether the words of a page are one and the same letter again and again."""
    words = _WORD.findall(text)
    letters = Counter(character for word in words for character in word)
    if letters.total() < _LETTERS:
        return False
    [(letter, count)] = letters.most_common(1)
    return count >= _ALIKE * letters.total() and len({len(word) for word in words if set(word) == {letter}}) > 2


@lru_cache(4096)
def _is_lost(character: str) -> bool:
    if character == "\ufffd":
        return True
    return unicodedata.category(character) in _NO_LETTER and character not in BULLETS
