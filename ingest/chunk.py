"""Cuts a document into passages of whole sentences that a bi-encoder can read at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ingest.lexicon import NO_WORDS, Lexicon
from ingest.sentences import sentences
from ingest.tables import CELL
from ingest.types import Document, Passage

Measure = Callable[[Sequence[str]], list[int]]
"""Counts the tokens of each text as the embedder does, special tokens left out."""

_Span = tuple[int, int]

_TINY = 40  # tokens; a last passage of fewer shares with the one before
_EARLIEST_PARAGRAPH_END = 0.6  # of the limit: from there on the end of a paragraph is worth the room
_EARLIEST_LINE_END = 0.85
_MOST_HEADINGS = 3  # in a row; more of them are a list
_LONGEST_HEADING = 90  # characters

_TERMINAL = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_NOT_A_HEADING = re.compile(r"[.!?;,)%\d—–-][\"'”’»)]?$|^(?:[^\w#§\"“]|[a-z](?![a-z]?[A-Z]))")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, or a part of one that is too long by itself."""

    start: int
    end: int
    tokens: int
    heading: bool
    line_end: bool  # the next unit begins on a line of its own
    paragraph_end: bool  # a blank line or a heading follows


def cut(document: Document, measure: Measure, limit: int, overlap: int, lexicon: Lexicon = NO_WORDS) -> list[Passage]:
    """Cut `document` into passages of whole sentences, in order.

    Passages end at the end of a paragraph where one is near, never with a heading that has
    text after it, and may run over page breaks. Only a sentence over the limit is split.

    Args:
        document: every character of its text but white space lies in some passage.
        measure: called with many texts at once; need not be additive.
        limit: most tokens of a passage, as `measure` counts them; a single character that
            has more stays whole.
        overlap: most tokens, in whole sentences, that a passage repeats of the one before.
        lexicon: the words by which sentences are told.

    Raises:
        ValueError: limit < 1, or overlap outside 0..limit - 1.
    """
    if limit < 1 or not 0 <= overlap < limit:
        raise ValueError(f"limit ({limit}) must be at least 1, and overlap ({overlap}) in 0..limit - 1")
    units = _units(document, measure, limit, lexicon)
    groups = _pack(units, limit, overlap)
    spans = _verified(document.text, units, groups, measure, limit)
    return [_passage(document, start, end) for start, end in spans]


def _passage(document: Document, start: int, end: int) -> Passage:
    first, last = document.page_at(start), document.page_at(end - 1)
    label = document.label_at(start, end)
    return Passage(start, end, first.number, last.number, label, document.text[start:end])


def _units(document: Document, measure: Measure, limit: int, lexicon: Lexicon) -> list[_Unit]:
    text, known = document.text, document.headings
    pieces = _small_enough(text, sentences(text, lexicon), measure, limit)
    gaps = ["\n", *(text[end:start] for ((_, end), _), ((start, _), _) in pairwise(pieces)), "\n\n"]
    headings = [
        _ends_line(gaps[i])
        and _ends_line(gaps[i + 1])
        and i + 1 < len(pieces)
        and (start in known or _is_heading(text[start:end]))
        and not (CELL in text[start:end] and i and CELL in text[slice(*pieces[i - 1][0])])  # a row, but not the first
        for i, ((start, end), _) in enumerate(pieces)
    ]
    units = []
    for i, ((start, end), tokens) in enumerate(pieces):
        gap, section_end = gaps[i + 1], not headings[i] and any(headings[i + 1 : i + 2])
        paragraph_end = section_end or _ends_paragraph(text[start:end], gap)
        units.append(_Unit(start, end, tokens, headings[i], _ends_line(gap), paragraph_end))
    return units


def _ends_line(gap: str) -> bool:
    return "\n" in gap or "\f" in gap


def _ends_paragraph(text: str, gap: str) -> bool:
    return "\n\n" in gap or ("\f" in gap and _TERMINAL.search(text) is not None)


def _is_heading(line: str) -> bool:
    """Tell whether a line of its own belongs with what comes after it."""
    if line.endswith(":"):
        return True
    if len(line) > _LONGEST_HEADING:
        return False
    shouted = line.isupper() and line[-1] in ".!?"  # "ACME, INC."
    return shouted or not _NOT_A_HEADING.search(line)


def _small_enough(text: str, spans: list[_Span], measure: Measure, limit: int) -> list[tuple[_Span, int]]:
    """Halve the spans of more than `limit` tokens until none is left; return spans and tokens."""
    counts = measure([text[start:end] for start, end in spans])
    pieces = list(zip(spans, counts, strict=True))
    while any(_is_divisible(span, tokens, limit) for span, tokens in pieces):
        halves = [
            half for span, tokens in pieces if _is_divisible(span, tokens, limit) for half in _halves(text, *span)
        ]
        measured = iter(zip(halves, measure([text[start:end] for start, end in halves]), strict=True))
        pieces = [
            piece
            for span, tokens in pieces
            for piece in ((next(measured), next(measured)) if _is_divisible(span, tokens, limit) else ((span, tokens),))
        ]
    return pieces


def _is_divisible(span: _Span, tokens: int, limit: int) -> bool:
    return tokens > limit and span[1] - span[0] > 1


def _halves(text: str, start: int, end: int) -> tuple[_Span, _Span]:
    """Divide at the white space nearest to the middle, of a table row between two cells, or within a single word."""
    middle = (start + end) // 2
    gap = CELL if CELL in text[start:end].strip() else r"\s+"
    spaces = [match.span() for match in re.finditer(gap, text[start:end])]
    if not spaces:
        return (start, middle), (middle, end)
    left, right = min(spaces, key=lambda space: abs(start + space[0] - middle))
    return (start, start + left), (start + right, end)


def _pack(units: Sequence[_Unit], limit: int, overlap: int) -> list[range]:
    """Group the units: each group fits the limit, neighbours share at most `overlap` tokens."""
    total = list(accumulate((unit.tokens for unit in units), initial=0))
    groups: list[range] = []
    start = 0
    while start < len(units):
        end = _end_of_group(units, total, start, groups[-1].stop if groups else 0, limit)
        groups.append(range(start, end))
        if end == len(units):
            break
        start = _start_of_next(units, total, groups[-1], limit, overlap)
    return groups


def _end_of_group(units: Sequence[_Unit], total: Sequence[int], start: int, covered: int, limit: int) -> int:
    """Choose where the group that begins at `start` ends; it goes beyond `covered`."""
    last = max(start, covered) + 1
    while last < len(units) and total[last + 1] - total[start] <= limit:
        last += 1
    if last == len(units):
        return last
    room = float(limit)
    rest = total[-1] - total[start]
    first = max(start, covered) + 1
    if rest <= limit + min(_TINY, limit // 4):  # two passages of like size rather than a full one and a crumb
        room = rest / 2
        while last > first and total[last] - total[start] > room:
            last -= 1
    best = _last_where(units, total, start, first, last, room * _EARLIEST_PARAGRAPH_END, "paragraph_end")
    best = best or _last_where(units, total, start, first, last, room * _EARLIEST_LINE_END, "line_end") or last
    return _without_headings(units, first, best)


def _last_where(
    units: Sequence[_Unit], total: Sequence[int], start: int, first: int, last: int, least: float, mark: str
) -> int | None:
    for end in range(last, first - 1, -1):
        if total[end] - total[start] < least:
            return None
        if getattr(units[end - 1], mark):
            return end
    return None


def _without_headings(units: Sequence[_Unit], first: int, end: int) -> int:
    """Leave the headings that `end` would part from their text to the next group."""
    earlier = end
    while earlier > first and end - earlier < _MOST_HEADINGS and units[earlier - 1].heading:
        earlier -= 1
    return end if units[earlier - 1].heading else earlier


def _start_of_next(units: Sequence[_Unit], total: Sequence[int], group: range, limit: int, overlap: int) -> int:
    start = end = group.stop
    if units[end].heading:
        return end
    room = min(overlap, limit - units[end].tokens)
    while start - 1 > group.start and total[end] - total[start - 1] <= room:
        start -= 1
    return start


def _verified(text: str, units: Sequence[_Unit], groups: list[range], measure: Measure, limit: int) -> list[_Span]:
    """Halve the groups whose joined text has more tokens than its units have together."""
    doubtful, done = groups, []
    while doubtful:
        texts = [text[units[group.start].start : units[group.stop - 1].end] for group in doubtful]
        sized = list(zip(doubtful, measure(texts), strict=True))
        done += [group for group, tokens in sized if tokens <= limit or len(group) == 1]
        over = [group for group, tokens in sized if tokens > limit and len(group) > 1]
        doubtful = [half for group in over for half in (group[: len(group) // 2], group[len(group) // 2 :])]
    return _outermost([(units[group.start].start, units[group.stop - 1].end) for group in done])


def _outermost(spans: list[_Span]) -> list[_Span]:
    """Sort `spans` and drop those that lie within another: halves of a group may."""
    kept: list[_Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept
