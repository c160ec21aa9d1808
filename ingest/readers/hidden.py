"""Where the text of a page is that its reader does not see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.characters import characters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.readers.unseen import Piece

_SHORTEST = 4  # letters; fewer are found anywhere
_CONTEXT = 12  # letters before or after some words
_TRAILING = re.compile(r"[^\w\s]*")

Span = tuple[int, int]


def hidden_spans(text: str, pieces: Sequence[Piece]) -> tuple[Span, ...]:
    """Find the hidden ones of `pieces` in `text`.

    Only letters and digits are compared: repair changes the others. Words that stand on the page visibly, too, are
    marked only if it can be told which of them are hidden.

    Args:
        text: of the page, repaired.
        pieces: all that the page draws, in that order.

    Returns:
        Spans of `text`, in order; none overlap.
    """
    places = [place for place, character in enumerate(text) if character.isalnum()]
    packed = "".join(text[place] for place in places)
    words = [_packed(piece.text) for piece in pieces]
    spans: list[Span] = []
    for first, last in _runs(pieces):
        whole = _located(packed, words, pieces, first, last)
        parts = [whole] if whole else [_located(packed, words, pieces, i, i + 1) for i in range(first, last)]
        spans += [(places[start], places[end - 1] + 1) for start, end in filter(None, parts)]
    return _merged(text, spans)


def _packed(text: str) -> str:
    return "".join(filter(str.isalnum, characters(text)))


def _runs(pieces: Sequence[Piece]) -> list[Span]:
    """Return the spans of `pieces` that are hidden."""
    runs: list[Span] = []
    for index, piece in enumerate(pieces):
        if piece.hidden and runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        elif piece.hidden:
            runs.append((index, index + 1))
    return runs


def _located(packed: str, words: Sequence[str], pieces: Sequence[Piece], first: int, last: int) -> Span | None:
    """Find what the pieces from `first` to `last` say in the packed text of the page."""
    key = "".join(words[first:last])
    if len(key) < _SHORTEST:
        return _beside(packed, words, first, last) if key else None
    found = [match.start() for match in re.finditer(re.escape(key), packed)]
    drawn = "".join(words).count(key)
    seen = "".join(word for word, piece in zip(words, pieces, strict=True) if not piece.hidden).count(key)
    earlier = "".join(words[:first]).count(key)
    if not found or (seen and len(found) != drawn):
        return _beside(packed, words, first, last)
    start = found[min(earlier, len(found) - 1)]
    return start, start + len(key)


def _beside(packed: str, words: Sequence[str], first: int, last: int) -> Span | None:
    """Find some pieces by what is drawn just before or after them, if that stands together in one place."""
    key = "".join(words[first:last])
    before, after = "".join(words[:first])[-_CONTEXT:], "".join(words[last:])[:_CONTEXT]
    for lead, trail in ((before, after), (before, ""), ("", after)):
        whole = lead + key + trail
        if len(whole) >= len(key) + _SHORTEST and packed.count(whole) == 1:
            start = packed.index(whole) + len(lead)
            return start, start + len(key)
    return None


def _merged(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Join spans with nothing but signs and space between them, and take in the signs at their ends."""
    merged: list[Span] = []
    for start, last in sorted(spans):
        trailing = _TRAILING.match(text, last)
        end = trailing.end() if trailing else last
        if merged and not any(map(str.isalnum, text[merged[-1][1] : start])):
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)
