"""Normalises the characters of a text: ligatures, spaces, hyphens, what cannot be seen."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
# Symbol and Wingdings bullets keep their private code points in most PDFs.
BULLETS = "\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf02d\uf0a8"
_BULLETS = dict.fromkeys(BULLETS, "•")
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"  # marks of footnotes and powers: no part of a figure's value
_HYPHENS = {"\u2010": "-", "\u2011": "-"}
_LINE_ENDS = {"\r": "\n", "\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n\n"}
_ZERO_WIDTH = "\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"
_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_REMOVED = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF])) + _ZERO_WIDTH + _DIRECTION

_TRANSLATION = str.maketrans(
    dict.fromkeys(_REMOVED, "") | {"\n": "\n", "\t": "\t"} | _LINE_ENDS | _LIGATURES | _BULLETS | _HYPHENS
)
_TAB = 4  # columns, in source code
_INVISIBLE = str.maketrans(dict.fromkeys(_REMOVED, "") | {"\t": "\t"} | dict.fromkeys("\v\f\x85\u2028\u2029", " "))
_PRESENTED = re.compile("[\ufb1d-\ufdff\ufe80-\ufefc]")  # Hebrew and Arabic letters in the shape that their place gives
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SOFT_HYPHEN_AT_END = re.compile(r"\u00ad[^\S\n]*(?=\n)")
# Persian and the Indic scripts spell with joiners; elsewhere they are residue.
_STRAY_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]")
_SPACED_OUT = re.compile(r"^[^\S\n]*\S(?:[^\S\n]{1,4}\S){9,}[^\S\n]*$", re.MULTILINE)
_WIDE_GAP = re.compile(r"[^\S\n]{2,}")
_SPACES = re.compile(r"[^\S\n]+")
_EDGES = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACE_IN_BRACKETS = re.compile(r"(?<=\d) \)")
_LEADERS = re.compile(r"(?: ?[.·…]){4,} ?|_{4,}")


def characters(text: str) -> str:
    """Normalise the characters of one page: NFC, plain spaces, no invisible ones.

    Line breaks stay, at most one blank line in a row; lines have no space at their edges.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    text = text.replace("\r\n", "\n")
    text = _SOFT_HYPHEN_AT_END.sub("-", text).replace("\u00ad", "")
    text = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text.translate(_TRANSLATION)))
    text = _PRESENTED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = _SPACES.sub(" ", _SPACED_OUT.sub(_close_up, text))
    text = _LEADERS.sub(" ", _SPACE_IN_BRACKETS.sub(")", text))
    return _BLANK_LINES.sub("\n\n", _EDGES.sub("\n", text)).strip()


def visible(text: str) -> str:
    """Remove what cannot be seen from a text whose spaces and lines count, such as source code.

    Line ends become "\\n", tabs four columns; lines lose the space at their ends, nothing else changes.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.translate(_INVISIBLE).expandtabs(_TAB).rstrip() for line in lines)


def _close_up(match: re.Match[str]) -> str:
    """Undo letter-spacing: "t h e  c a t" becomes "the cat"."""
    words = _WIDE_GAP.split(match[0].strip())
    letters = sum(character.isalpha() for character in match[0])
    # Without wider gaps the words cannot be told apart; without letters it is a table row.
    if len(words) == 1 or letters < 0.6 * sum(len(word.split()) for word in words):
        return match[0]
    return " ".join("".join(word.split()) for word in words)
