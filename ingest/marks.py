"""Marks in a text that is being written what is no evidence: struck out, hidden, not chosen.

A reader hands on such text between two characters that no file can hold; `Composer` takes them out, and its pages
say where that text stands.
"""

from __future__ import annotations

import re

BEGIN, END = "\ufdd0", "\ufdd1"  # noncharacters of Unicode, kept for use within a program
STRIKE = "~~"

_CORE = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)
_NONE = str.maketrans("", "", BEGIN + END)
_MARKS = re.compile(f"[{BEGIN}{END}]")
_CLOSE = re.compile(rf"(?<!\w)({BEGIN}[^{BEGIN}{END}]*{END})(?=\w)")

Span = tuple[int, int]


def unmarked(text: str) -> str:
    """Return `text` without marks; any text of a file goes through here before it gets some."""
    return text.translate(_NONE) if BEGIN in text or END in text else text


def hidden(text: str, around: str = "") -> str:
    """Return `text` marked as no evidence, with `around` at both its ends; the space there stays outside."""
    match = _CORE.fullmatch(unmarked(text))
    assert match is not None
    before, core, after = match.groups()
    return f"{before}{BEGIN}{around}{core}{around}{END}{after}" if core else text


def struck(text: str) -> str:
    """Return `text` as struck out."""
    return hidden(text, STRIKE)


def set_apart(text: str) -> str:
    """Return `text` with a space between whole words that are marked and a word close behind: what replaces them."""
    return _CLOSE.sub(r"\1 ", text) if BEGIN in text else text


def parted(text: str) -> tuple[str, list[Span]]:
    """Return `text` without its marks, and the spans that lay between them, in order and apart."""
    if BEGIN not in text:
        return unmarked(text), []
    pieces: list[str] = []
    spans: list[Span] = []
    begun: int | None = None
    length = last = 0
    for mark in _MARKS.finditer(text):
        piece = text[last : mark.start()]
        pieces.append(piece)
        length += len(piece)
        last = mark.end()
        if mark[0] == BEGIN:
            begun = length if begun is None else begun
        elif begun is not None:
            spans += [(begun, length)] if begun < length else []
            begun = None
    pieces.append(text[last:])
    length += len(pieces[-1])
    if begun is not None and begun < length:  # a text that was cut short
        spans.append((begun, length))
    return "".join(pieces), spans
