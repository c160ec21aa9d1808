"""Tells by the lines of a page and the ends of its words whether they can be a table, before each letter is read.

Words are cut at spaces only and measured by their first and last letter, so that each bound is a bit wider than the
one by which tables are found.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.tables.blocks import blocks_of
from ingest.tables.grid import is_figure
from ingest.tables.ruled import draws_cells
from ingest.tables.rulings import connected, merged
from ingest.tables.segments import SIGN_GAP, SIGNS, mark_prose, marks_item, segment
from ingest.tables.words import Word, lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.segments import Segment
    from ingest.tables.sheet import Rule

_LEVEL = 0.5  # of the height of the letters that a word of the same line may stand higher or lower
_BACK = 0.5  # of the height that it may begin further to the left than the one before ends
_APART = 0.7  # of the height: a wider gap may part cells
_SIGN_APART = 0.35  # the same before a currency sign
_FAR = 2.8  # of the height: no table goes on over a wider gap
_MOST_ALONE = 4  # lines of a single cell, one after the other
_NEAR = 20.0  # points above and below a table where a line may belong to it
_TOUCH = 0.5  # points that two segments share by accident


def may_draw_cells(across: Sequence[Rule], down: Sequence[Rule]) -> bool:
    """Tell whether lines of a page cross each other so that they make cells."""
    if not across or not down:
        return False
    return any(map(draws_cells, connected(merged(across), merged(down))))


def may_align(words: Sequence[Word], across: Sequence[Rule], down: Sequence[Rule]) -> bool:
    """Tell whether lines of text stand near each other that gaps or vertical lines cut as they do rows of a table.

    Args:
        words: of a page, in the order of the file.
        across: the horizontal lines.
        down: the vertical lines.
    """
    walls = merged(down)
    lines = lines_of(_stretches(words))
    if any(_is_walled(line, walls) for line in lines):
        return True
    parts = [_parts(line) for line in lines]
    if not _are_near(parts):
        return False
    segments = [
        [segment([words[at] for run in part for at in run.glyphs], number) for part in line]
        for number, line in enumerate(parts)
    ]
    mark_prose(segments)
    return any(_may_be_rows(block, across) for block in blocks_of(segments))


def _stretches(words: Sequence[Word]) -> list[Word]:
    """Return the words that follow each other on a line without a wide gap as one: its `glyphs` are their numbers."""
    runs: list[Word] = []
    for number, word in enumerate(words):
        last = runs[-1] if runs else None
        if last is not None and _follows(last, word):
            last.top, last.right, last.bottom = min(last.top, word.top), word.right, max(last.bottom, word.bottom)
            last.glyphs = range(last.glyphs.start, number + 1)
        else:
            runs.append(Word(word.text, word.left, word.top, word.right, word.bottom, range(number, number + 1)))
    return runs


def _follows(before: Word, word: Word) -> bool:
    # written out, without a call for each bound: there are hundreds of words on a page
    height = min(before.bottom - before.top, word.bottom - word.top)
    return (
        -_BACK * height < word.left - before.right <= (_SIGN_APART if word.text in SIGNS else _APART) * height
        and abs(word.top + word.bottom - before.top - before.bottom) <= 2 * _LEVEL * height
    )


def _is_walled(line: Sequence[Word], walls: Sequence[Rule]) -> bool:
    middle, left, right = line[0].middle, line[0].left, line[-1].right
    return any(wall.start <= middle <= wall.end and left < wall.at < right for wall in walls)


def _parts(line: Sequence[Word]) -> list[list[Word]]:
    """Return the stretches of a line up to each wide gap; a mark of a list goes to its words."""
    parts = [[line[0]]]
    for before, run in pairwise(line):
        bound = _SIGN_APART if run.text in SIGNS else _APART
        apart = run.left - before.right > bound * min(before.height, run.height)
        if apart and not (before is line[0] and _is_item(before, run)):
            parts.append([])
        parts[-1].append(run)
    return parts


def _is_item(mark: Word, words: Word) -> bool:
    near = words.left - mark.right <= SIGN_GAP * words.height
    return near and len(mark.glyphs) == 1 and marks_item(mark.text, words.text)


def _are_near(lines: Sequence[Sequence[Sequence[Word]]]) -> bool:
    """Tell whether two lines of several parts may belong to one table."""
    rows, alone, bottom = 0, 0, 0.0
    for line in lines:
        top, height = min(run.top for part in line for run in part), max(run.height for part in line for run in part)
        if alone > _MOST_ALONE or top - bottom > _FAR * height:
            rows = 0
        if len(line) > 1:
            rows, alone = rows + 1, 0
            if rows > 1:
                return True
        else:
            alone += 1
        bottom = max(run.bottom for part in line for run in part)
    return False


def _may_be_rows(block: Sequence[Sequence[Segment]], across: Sequence[Rule]) -> bool:
    """Tell whether a block has two figures, several columns of words, or lines that may frame it."""
    top, bottom = block[0][0].top - _NEAR, block[-1][0].bottom + _NEAR
    if sum(top <= rule.at <= bottom for rule in across) > 1:
        return True
    left = min(line[0].left for line in block)
    values = [one for line in block for one in line if one.left > left + 1 or len(one.words) > 1]
    if sum(map(_may_hold_figure, values)) > 1:
        return True
    rows = [line for line in block if len(line) > 1]
    return len(rows) > 2 and not (max(map(len, rows)) == 2 and _share(rows, 0) and _share(rows, 1))


def _may_hold_figure(one: Segment) -> bool:
    return any(is_figure(word.text) or any(map(str.isdecimal, word.text)) for word in one.words)


def _share(rows: Sequence[Sequence[Segment]], column: int) -> bool:
    """Tell whether a segment of each row stands below those of all others, so that they are one column."""
    return min(row[column].right for row in rows) - max(row[column].left for row in rows) > _TOUCH
