"""The fields of a form with their labels: the words of the page that stand beside or above them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.characters import characters
from ingest.readers.beside import Line, answer
from ingest.tables.words import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.readers.annotations import Annotation, Rect
    from ingest.readers.glyphs import Placing
    from ingest.tables.sheet import Box
    from ingest.tables.words import Word

_GAP = 1.2  # of the height of the letters: wider ones part the words of a line
_NEAR = 30.0  # points: from a box to its words, from a field to the line above it
_FAR = 300.0  # points: from a label to its field
_OVER = 2.0  # points that a label and a field may overlap
_BESIDE = 75.0  # from a question to the only box behind it, where words follow
_TALL = 24.0  # points: a higher field has its label at the height of its first line
_SHARED = 0.5  # of the height of a word
_LONGEST = 200  # characters of a label
_MOST_LABELLED = 1_000  # fields of a page; more have only their names
_BAND = 50.0  # points
_TRAILING = re.compile(r"[\s:._…*]+$")
_LEADERS = re.compile(r"[._…]{3,}")
_INDEX = re.compile(r"\[\d+\]")
_ASKED = (":", "?")


@dataclass(frozen=True, slots=True)
class _Placed:
    """An annotation and its box on the sheet: left, top, right, bottom."""

    annotation: Annotation
    box: Box


def lines_of(annotations: Sequence[Annotation], words: Sequence[Word], place: Placing | None) -> list[Line]:
    """Return what a page has beside its text, from top to bottom, a line each; notes come last.

    A field is "label: value", a box "label: yes" or "label: no", and of the boxes that stand behind one question, and
    of radio buttons, those that are ticked are the value.

    Args:
        annotations: of the page, in the order of the file.
        words: of the page; none where it is not known where they are.
        place: what tells where the annotations are among them.
    """
    placed = [_Placed(one, _box(one.rect, place)) for one in annotations]
    sheet = _Sheet(placed, words)
    fields = sorted((one for one in placed if one.annotation.kind != "note"), key=lambda one: (one.box[1], one.box[0]))
    lines: list[tuple[float, Line]] = []
    for run in _runs([one for one in fields if one.annotation.kind in ("text", "choice")], sheet):
        lines += [(run[0].box[1], line) for line in _of_run(run, sheet)]
    for group in _groups([one for one in fields if one.annotation.kind in ("box", "radio")], sheet):
        lines += [(group[0].box[1], line) for line in _of_group(group, sheet)]
    lines += [(one.box[1], _typed(one, sheet)) for one in fields if one.annotation.kind == "typed"]
    lines.sort(key=lambda line: line[0])
    return [line for _, line in lines] + [_note(one.annotation) for one in placed if one.annotation.kind == "note"]


def _box(rect: Rect, place: Placing | None) -> Box:
    left, bottom, right, top = rect
    if place is None:
        return left, -top, right, -bottom
    (x0, y0), (x1, y1) = place.point(left, bottom), place.point(right, top)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


class _Sheet:
    """The words around the fields of a page."""

    def __init__(self, placed: Sequence[_Placed], words: Sequence[Word]) -> None:
        few = len(placed) <= _MOST_LABELLED
        self._bands: defaultdict[int, list[Word]] = defaultdict(list)  # by their height on the page
        for word in words if few else ():
            if not _LEADERS.fullmatch(word.text):
                self._bands[int(word.middle // _BAND)].append(word)
        self._boxes = [one.box for one in placed if few and one.annotation.kind not in ("note", "typed")]

    @cached_property
    def answers(self) -> frozenset[str]:
        """What stands to the right of boxes."""
        return frozenset(self.right_of(box) for box in self._boxes if box[2] - box[0] < _NEAR)

    def left_of(self, box: Box, far: float = _FAR) -> str:
        """Return the words that end to the left of a box, with no other field between."""
        left = box[0]
        row = [word for word in self._beside(box) if word.right <= left + _OVER and word.right > left - far]
        row.sort(key=lambda word: -word.right)
        if not row or self._is_between(row[0].right, left, box):
            return ""
        return joined(_near(row, _to_the_left)[::-1])

    def right_of(self, box: Box) -> str:
        """Return the words that begin just to the right of a box."""
        right = box[2]
        row = [word for word in self._beside(box) if right - _OVER <= word.left < right + _NEAR]
        row = [word for word in self._beside(box) if row and word.left >= right - _OVER]
        row.sort(key=lambda word: word.left)
        if not row or self._is_between(right, row[0].left, box):
            return ""
        return joined(_near(row, _to_the_right))

    def above(self, box: Box, far: float = _NEAR) -> str:
        """Return the words of the line above a box, no further than `far`."""
        left, top, right, _ = box
        words = [word for word in self._between(top - far, top + _OVER) if word.middle < top + _OVER]
        over = [word for word in words if word.left < right and word.right > left]
        if not over:
            return ""
        last = max(over, key=lambda word: word.middle)
        row = [word for word in words if abs(word.middle - last.middle) < _SHARED * last.height]
        first = min((word for word in over if word in row), key=lambda word: word.left)
        before = sorted((word for word in row if word.left <= first.left), key=lambda word: -word.left)
        after = sorted((word for word in row if word.left >= first.left), key=lambda word: word.left)
        return joined(_near(before, _to_the_left)[:0:-1] + _near(after, _to_the_right))

    def _between(self, top: float, bottom: float) -> list[Word]:
        bands = range(int(max(top, 0) // _BAND), int(max(bottom, 0) // _BAND) + 1)
        return [word for band in bands for word in self._bands.get(band, ()) if top <= word.middle <= bottom]

    def _beside(self, box: Box) -> list[Word]:
        top, bottom = box[1], min(box[3], box[1] + _TALL)
        return [
            word
            for word in self._between(top - _TALL, bottom + _TALL)
            if min(word.bottom, bottom) - max(word.top, top) >= _SHARED * word.height
        ]

    def _is_between(self, left: float, right: float, box: Box) -> bool:
        middle = (box[1] + min(box[3], box[1] + _TALL)) / 2
        return any(
            other is not box and other[0] >= left - _OVER and other[2] <= right + _OVER and other[1] < middle < other[3]
            for other in self._boxes
        )


def _to_the_left(word: Word, other: Word) -> float:
    return word.left - other.right


def _to_the_right(word: Word, other: Word) -> float:
    return other.left - word.right


def _near(row: Sequence[Word], gap: Callable[[Word, Word], float]) -> list[Word]:
    """Return the first words of a row up to a wide gap."""
    kept = list(row[:1])
    for word in row[1:]:
        if gap(kept[-1], word) > _GAP * max(kept[-1].height, word.height):
            break
        kept.append(word)
    return kept


def _runs(fields: Sequence[_Placed], sheet: _Sheet) -> list[list[_Placed]]:
    """Part fields into those that follow each other in a row, without words between them."""
    rows: list[list[_Placed]] = []
    for field in fields:
        last = next((row for row in reversed(rows[-8:]) if _is_row(row[-1].box, field.box)), None)
        near = last is not None and field.box[0] - last[-1].box[2] < _FAR
        if last is not None and near and not sheet.left_of(field.box):
            last.append(field)
        else:
            rows.append([field])
    return rows


def _is_row(box: Box, other: Box) -> bool:
    shared = min(box[3], other[3]) - max(box[1], other[1])
    return other[0] >= box[2] - _OVER and shared >= _SHARED * min(box[3] - box[1], other[3] - other[1])


def _of_run(run: Sequence[_Placed], sheet: _Sheet) -> list[Line]:
    """Return the lines of fields in a row: those of a table have a header above, parts of one value have none."""
    first, *more = run
    label = sheet.left_of(first.box)
    if not more:
        return [_line(first, label or sheet.above(first.box), _value(first))]
    headers = [sheet.above(field.box, _NEAR if not label else _FAR) for field in run]
    if len({*headers}) < len(run) or not all(headers):
        names = [label or header or _own(field) for field, header in zip(run, headers, strict=True)]
        if label:
            return [_line(first, label, " ".join(map(_value, run)))]
        return [_line(field, name, _value(field)) for field, name in zip(run, names, strict=True)]
    return [
        _line(field, ", ".join(filter(None, (label, header))), _value(field))
        for field, header in zip(run, headers, strict=True)
    ]


def _groups(boxes: Sequence[_Placed], sheet: _Sheet) -> list[list[_Placed]]:
    """Part boxes into those that answer one question: radio buttons of one field, and boxes that share a row."""

    shared = Counter(one.annotation.name for one in boxes if one.annotation.name)

    def key(one: _Placed) -> tuple[str, str]:
        name = one.annotation.name
        return ("field", name) if shared[name] > 1 else ("row", f"{one.box[1]:.0f}")

    groups: list[list[_Placed]] = []
    for (kind, _), some in groupby(sorted(boxes, key=key), key=key):
        group = sorted(some, key=lambda one: (round(one.box[1]), one.box[0]))
        asked = kind == "field" or (sheet.right_of(group[0].box) and sheet.left_of(group[0].box))
        groups += [group] if asked else [[one] for one in group]
    return groups


def _of_group(group: Sequence[_Placed], sheet: _Sheet) -> list[Line]:
    first = group[0]
    if len(group) == 1:
        after = sheet.right_of(first.box)
        before = sheet.left_of(first.box, _FAR if not after else _BESIDE)
        if after and before and before not in sheet.answers:
            return [_line(first, f"{_bare(before)}, {after}", "yes" if first.annotation.ticked else "no")]
        label = after or before or sheet.above(first.box)
        return [_line(first, label, "yes" if first.annotation.ticked else "no")]
    options = [sheet.right_of(one.box) or one.annotation.text or sheet.left_of(one.box) for one in group]
    ticked = [_bare(option) for option, one in zip(options, group, strict=True) if one.annotation.ticked]
    asked = sheet.left_of(first.box) or sheet.above(first.box)
    return [_line(first, "" if asked in options else asked, ", ".join(ticked))] if ticked else []


def _typed(one: _Placed, sheet: _Sheet) -> Line:
    """Return text that was typed onto the page, behind what it answers if that is plain to see."""
    asked = sheet.left_of(one.box)
    text = _flat(one.annotation.text)
    if asked.endswith(_ASKED):
        return Line(answer(_bare(asked), text), _bare(asked), text, one.annotation.hidden)
    return Line(text, hidden=one.annotation.hidden)


def _note(note: Annotation) -> Line:
    author = f" ({_flat(note.name)})" if note.name else ""
    return Line(f"Note{author}: {_flat(note.text)}", hidden=note.hidden)


def _line(field: _Placed, label: str, value: str) -> Line:
    """Return a field's line; what a viewer calls it is told beside the label where that says something else."""
    annotation = field.annotation
    seen = _bare(label)[:_LONGEST]
    tip = _flat(annotation.tip)[:_LONGEST]
    name = seen or tip or _own(field)
    if seen and tip and not _packed(tip) <= _packed(seen):
        name = f"{seen} ({tip})"
    text = answer(name, value) if name else value
    return Line(text, seen if name == seen else "", value, annotation.hidden)


def _own(field: _Placed) -> str:
    """Return what the file calls a field: "date of birth" for "form[0].date_of_birth[0]"."""
    name = _INDEX.sub("", field.annotation.name).rpartition(".")[2]
    return _flat(field.annotation.tip or name.replace("_", " "))[:_LONGEST]


def _value(field: _Placed) -> str:
    return _flat(field.annotation.text)


def _packed(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _bare(label: str) -> str:
    return _TRAILING.sub("", _flat(label))


def _flat(text: str) -> str:
    """Return `text` on one line, its characters normalised."""
    return " ".join(characters(text).split())
