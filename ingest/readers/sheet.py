"""Tables: Excel workbooks, opened with openpyxl, a page a sheet; comma- and tab-separated files, cited by lines."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import deque
from contextlib import closing
from datetime import date, datetime, time
from itertools import islice, takewhile, tee
from typing import TYPE_CHECKING, Any

from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.lines import line_label
from ingest.readers.archive import office_file
from ingest.readers.requirements import needs
from ingest.readers.text import text_of
from ingest.rows import names_columns
from ingest.titles import stated_title
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DELIMITERS = ",;\t|"
_SAMPLE = 100_000  # characters; and so many rows of it tell the delimiter
_SAMPLE_ROWS = 50
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")  # for Excel
_MOST_CELLS = 20_000_000  # of one sheet, empty ones included: a cell far out makes a wide row
_MOST_ROWS = 1_048_576  # of a sheet, in Excel
_MOST_TITLES = 5  # rows, empty ones included, above the names of columns
_DIGITS = ".15g"  # without the noise of binary fractions
_QUOTED = re.compile(r"\"[^\"]*\"|\\.|\[[^\]]*\]")
_DECIMALS = re.compile(r"\.([0#]+)")


def read_csv(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a file of separated values, a row a line, its header row first; the delimiter shows in the first rows.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    text = text_of(path)
    first = 1
    stated = _SEPARATOR_LINE.match(text)
    if stated:
        text, first = text[stated.end() :], 2
    delimiter = stated[1] if stated else "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    composer = Composer(str(path), lexicon)
    rows, numbers = tee(_records(text, delimiter))
    composer.table((row for _, row in rows), labels=(line_label(number + first) for number, _ in numbers))
    return composer.document(stem(path))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which a record begins, from 0, and its cells."""
    try:
        deque(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), maxlen=0)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:  # a quotation mark that is never closed
        reader = csv.reader(_lines(text), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    begins = 0
    for row in reader:
        if any(cell.strip() for cell in row):
            yield begins, row
        begins = reader.line_num


def _lines(text: str) -> Iterator[str]:
    """Yield lines in parts that the parser takes."""
    longest = csv.field_size_limit()
    for line in io.StringIO(text, newline=""):
        yield from (line[at : at + longest] for at in range(0, len(line), longest))


def _delimiter(text: str) -> str:
    """Return the delimiter with which the first rows have the most columns alike."""
    sample = text[:_SAMPLE]

    def merit(delimiter: str) -> tuple[float, int]:
        try:
            rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _SAMPLE_ROWS))
        except csv.Error:
            return 0.0, 0
        counts = [len(row) for row in rows[:-1] or rows if row]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) / len(counts), usual) if usual > 1 else (0.0, 0)

    return max(_DELIMITERS, key=merit)


def read_workbook(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read the values of a workbook, not its formulas; a page a sheet, labelled with its name.

    Dates are written as in ISO 8601. Empty rows and columns are left out. Macros are not opened.

    Raises:
        DocumentError: the file is no workbook, protected, damaged or too large.
        Exception: whatever openpyxl makes of a file that is damaged beyond reading.
    """
    package = office_file(path, "spreadsheetml", "an Excel workbook")
    with needs(path, "openpyxl", "openpyxl"):
        import openpyxl
    composer = Composer(str(path), lexicon)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what only matters to somebody who saves the file
        book = openpyxl.load_workbook(package, read_only=True, data_only=True, keep_links=False)
        with closing(book):
            for sheet in book.worksheets:
                composer.page(sheet.title)
                for table in _tables(list(_rows(path, sheet)), lexicon):
                    composer.table(table)
            title = stated_title(book.properties.title, lexicon)
    return composer.document(title or stem(path))


def _rows(path: Path, sheet: Any) -> Iterator[tuple[str, ...]]:
    sheet.reset_dimensions()  # what the file says of its size need not be true
    seen = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        seen += len(cells)
        if number > _MOST_ROWS or seen > _MOST_CELLS:
            raise DocumentError(str(path), f"has a sheet of too many cells: {flat(sheet.title)}", "too_large")
        row = tuple(_shown(cell) for cell in cells)
        yield row if any(row) else ()


def _shown(cell: Any) -> str:
    """Return a cell as it is read: dates in ISO 8601, shares in per cent."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, time):
        return value.isoformat("seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float)):
        code = _QUOTED.sub("", cell.number_format or "")
        if "%" in code:
            decimals = _DECIMALS.search(code)
            return f"{value:.{min(len(decimals[1]), 9) if decimals else 0}%}"
        return str(value) if isinstance(value, int) else format(value, _DIGITS)
    return flat(str(value))


def _tables(rows: Sequence[tuple[str, ...]], lexicon: Lexicon) -> Iterator[list[tuple[str, ...]]]:
    """Yield the tables of a sheet: after an empty row names of columns, or a title above them, begin another one."""
    first = 0
    for at in range(1, len(rows)):
        if not rows[at - 1] and rows[at] and _begins_table(rows, at, lexicon):
            yield _table(rows[first:at])
            first = at
    yield _table(rows[first:])


def _begins_table(rows: Sequence[tuple[str, ...]], at: int, lexicon: Lexicon) -> bool:
    following = islice(rows, at, at + _MOST_TITLES)
    return names_columns(next((row for row in following if sum(map(bool, row)) > 1), ()), lexicon)


def _table(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return rows without empty ones and empty columns; those with one word are lines, as titles are."""
    filled = [row for row in rows if row]
    lead = list(takewhile(lambda row: sum(map(bool, row)) == 1, filled))
    body = filled[len(lead) :]
    used = sorted({at for row in body for at, cell in enumerate(row) if cell})
    table = [tuple(row[at] if at < len(row) else "" for at in used) for row in body]
    titles = [(next(filter(None, row)),) for row in lead]
    return [*titles, *((row[0],) if row[0] and not any(row[1:]) else row for row in table)]
