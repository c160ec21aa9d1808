"""Tells in which encoding a text was written that is not UTF-8 and does not say."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# As chardet calls them. Others (of mainframes, of single countries, of DOS in Hebrew) explain a few stray symbols only.
_KNOWN = (
    *("Windows-1250", "Windows-1251", "Windows-1252", "Windows-1253", "Windows-1254", "Windows-1255", "Windows-1256"),
    *("Windows-1257", "CP874", "ISO-8859-2", "ISO-8859-5", "ISO-8859-7", "KOI8-R", "koi8-u", "MacRoman", "MacCyrillic"),
    *("cp437", "cp850", "cp852", "IBM866", "CP932", "EUC-JP", "GB18030", "Big5", "CP949"),
)
_USUAL = "Windows-1252"
_PRIOR = 1.1  # of the usual one: of short texts it is right where a rarer one fits a little better
_PENALTY = 10  # for a text all of whose letters beyond ASCII stand where none may
_CLOSE = 0.6  # share of the best score; a text as likely as that may be the right one
_FEW = 8  # letters beyond ASCII; of more of them no close second was ever right
_FEWEST = 3  # that speak for a rarer encoding
_SAMPLE = 20_000  # bytes, of lines that hold any beyond ASCII
_BETWEEN_LETTERS = frozenset("’‐‑–—·\xa0\xad")  # symbols that may stand there
_SYMBOLS = frozenset("ªº¹²³µ")  # letters and figures by their category, and no part of a word
_ONLY_BEFORE_WORDS, _ONLY_AFTER_WORDS = frozenset("¿¡"), frozenset("ªº¹²³")
_AROUND = 200  # bytes of a long line before the first that tells
_BEYOND = re.compile(r"[^\x00-\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_ESCAPED = re.compile(rb"\x1b(?:\$[@B]|\([BJ])")  # how ISO-2022-JP changes its alphabet


@dataclass(frozen=True, slots=True)
class Guess:
    """What some bytes may be."""

    encoding: str  # a codec of Python
    doubtful: bool  # another one explains their few letters nearly as well


@dataclass(frozen=True, slots=True)
class _Candidate:
    encoding: str
    text: str
    score: float


def guess(raw: bytes) -> Guess:
    """Return the encoding of `raw`, a text that is not UTF-8, by the letters that its words would have.

    Windows-1252 is kept where it shows only symbols, each where it may stand: letters of any other encoding would
    not fall so. Of the others that is taken whose letters follow each other as in some language, and do not change
    alphabet or case within a word.
    """
    sample = _sample(raw)
    usual = _decoded(sample, _USUAL)
    if usual is not None and not (_letters(usual) or _misplaced(usual)):
        return Guess("cp1252", doubtful=False)
    found = sorted(_candidates(sample), key=lambda one: -one.score)
    if not found:
        return Guess("cp1252", doubtful=True)
    best = found[0]
    second = next((one.score for one in found if one.text != best.text), 0.0)
    letters = _letters(best.text)
    close = letters < _FEW and second > _CLOSE * best.score
    return Guess(best.encoding, doubtful=close or (letters < _FEWEST and best.encoding != _USUAL))


def escaped_japanese(raw: bytes) -> str | None:
    """Return the text of `raw` where it is ISO-2022-JP, which has no byte beyond ASCII."""
    if not _ESCAPED.search(raw):
        return None
    try:
        return raw.decode("iso2022_jp_3")
    except UnicodeError:
        return None


def _sample(raw: bytes) -> bytes:
    """Return the lines that tell: in a long file they may be far below."""
    lines, size, place = [], 0, 0
    while size < _SAMPLE and (found := _HIGH.search(raw, place)):
        begin = max(raw.rfind(b"\n", place, found.start()) + 1, found.start() - _AROUND)
        end = raw.find(b"\n", found.start())
        place = min(end + 1 if end >= 0 else len(raw), begin + _SAMPLE)
        lines.append(raw[begin:place])
        size += place - begin
    return b"".join(lines)


def _candidates(sample: bytes) -> Iterator[_Candidate]:
    from chardet import detect_all

    for found in detect_all(sample, ignore_threshold=True, max_bytes=len(sample) + 1, include_encodings=_KNOWN):
        encoding = found["encoding"] or _USUAL
        text = _decoded(sample, encoding)
        if text is not None:
            prior = _PRIOR if encoding == _USUAL else 1.0
            share = _misplaced(text) / max(1, len(_BEYOND.findall(text)))
            yield _Candidate(encoding, text, found["confidence"] * prior / (1 + _PENALTY * share))


def _decoded(sample: bytes, encoding: str) -> str | None:
    """Return the text; None where much of it would be none."""
    text = sample.decode(encoding, "replace")
    return text if 50 * text.count("\ufffd") <= len(_BEYOND.findall(text)) else None


def _letters(text: str) -> int:
    return sum(_is_letter(match[0]) for match in _BEYOND.finditer(text))


def _misplaced(text: str) -> int:
    """Count what no writing has: symbols within words, words of two alphabets, capitals after small letters."""
    return sum(_is_misplaced(text, match.start()) for match in _BEYOND.finditer(text))


def _is_misplaced(text: str, place: int) -> bool:
    this = text[place]
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if not _is_letter(this):
        within = before.isalpha() and after.isalpha() and this not in _BETWEEN_LETTERS
        odd = (this in _ONLY_BEFORE_WORDS and before.isalpha()) or (this in _ONLY_AFTER_WORDS and after.isalpha())
        return within or odd or unicodedata.category(this) in ("Cc", "Co", "Cn")
    if (before.islower() and this.isupper()) or (this.islower() and after.isupper()):
        return True
    return any(near.isalpha() and _alphabet(near) != _alphabet(this) for near in (before, after))


def _is_letter(character: str) -> bool:
    return character not in _SYMBOLS and unicodedata.category(character)[0] in "LM"


def _alphabet(letter: str) -> str:
    """Return what its letters are called: of East Asian scripts, which go together, nothing."""
    return "" if ord(letter) >= 0x2E80 else unicodedata.name(letter, "").partition(" ")[0]
