"""Files of separated values: which sign parts them, which lines are comments, and where a table ends."""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ingest.rows import names_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.lexicon import Lexicon

_DELIMITERS = ",;\t|"
_SAMPLE = 100_000  # characters; and so many rows of it tell the delimiter
_SAMPLE_ROWS = 50
_COMMENT = "#"


class Record(NamedTuple):
    """A row, and the line on which it begins, from 0."""

    line: int
    cells: Sequence[str]


def tables(text: str, delimiter: str, lexicon: Lexicon) -> Iterator[list[Record]]:
    """Yield the rows of each table; after an empty line begins another one, where names of other columns come.

    A line that begins with "#" and has other cells than the rows is a comment: a row of one cell.
    """
    own = _records(text, delimiter)
    told = list(islice(own, _SAMPLE_ROWS))
    counts = Counter(len(one.cells) for one in told if one.cells and not _is_marked(one.cells))
    usual = counts.most_common(1)[0][0] if counts else 0
    table: list[Record] = []
    for one in (*told, *own):
        if not one.cells:
            table.append(one)
            continue
        cells = one.cells
        if _is_marked(cells) and len(cells) != usual:
            cells = [delimiter.join(cells)]
        if table and not table[-1].cells and _begins(table, cells, lexicon):
            yield _filled(table)
            table = []
        table.append(Record(one.line, cells))
    yield _filled(table)


def delimiter_of(text: str) -> str:
    """Return the sign with which the first rows have the most columns alike; comments do not count."""
    sample = text[:_SAMPLE]
    bare = "".join(line for line in sample.splitlines(keepends=True) if not line.startswith(_COMMENT))
    sample = bare or sample

    def merit(delimiter: str) -> tuple[float, int]:
        try:
            rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _SAMPLE_ROWS))
        except csv.Error:
            return 0.0, 0
        counts = [len(row) for row in rows[:-1] or rows if row]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) / len(counts), usual) if usual > 1 else (0.0, 0)

    return max(_DELIMITERS, key=merit)


def _is_marked(cells: Sequence[str]) -> bool:
    return cells[0].startswith(_COMMENT)


def _begins(table: Sequence[Record], cells: Sequence[str], lexicon: Lexicon) -> bool:
    before = next((one.cells for one in reversed(table) if one.cells), ())
    return len(before) != len(cells) and names_columns(cells, lexicon)


def _filled(table: Sequence[Record]) -> list[Record]:
    return [one for one in table if one.cells]


def _records(text: str, delimiter: str) -> Iterator[Record]:
    """Yield the rows; one without any text has no cells."""
    try:
        deque(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), maxlen=0)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:  # a quotation mark that is never closed
        reader = csv.reader(_lines(text), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    begins = 0
    for row in reader:
        yield Record(begins, row if any(cell.strip() for cell in row) else ())
        begins = reader.line_num


def _lines(text: str) -> Iterator[str]:
    """Yield lines in parts that the parser takes."""
    longest = csv.field_size_limit()
    for line in io.StringIO(text, newline=""):
        yield from (line[at : at + longest] for at in range(0, len(line), longest))
