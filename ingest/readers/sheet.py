"""Tables: Excel workbooks, opened with openpyxl, a page a sheet; comma- and tab-separated files, cited by lines."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from bisect import bisect_left, bisect_right
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice, takewhile, tee
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ingest.cells import Form
from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.lines import line_label
from ingest.readers.archive import office_file
from ingest.readers.requirements import needs
from ingest.readers.text import content_of
from ingest.rows import is_figure, names_columns
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
_MERGED_CELLS = b"mergeCells"
_MERGED = re.compile(rb"mergeCell\s[^<>]*?ref=\"([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})\"")
_MOST_MERGED = 100_000  # areas of a sheet
_MOST_SPREAD = 20  # cells that are written anew for each one of a table
_LONGEST_SPREAD = 100  # characters of a cell that is written in all rows that it spans
_DECIMALS = re.compile(r"\.([0#]+)")


@dataclass(frozen=True, slots=True)
class _Area:
    """Cells that are merged, by rows and columns from 0; the last ones belong to it."""

    top: int
    left: int
    bottom: int
    right: int


def read_csv(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a file of separated values, a row a line, its header row first; the delimiter shows in the first rows.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    content = content_of(path)
    text, first = content.text, 1
    stated = _SEPARATOR_LINE.match(text)
    if stated:
        text, first = text[stated.end() :], 2
    delimiter = stated[1] if stated else "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    composer = Composer(str(path), lexicon)
    rows, numbers = tee(_records(text, delimiter))
    composer.table((row for _, row in rows), labels=(line_label(number + first) for number, _ in numbers))
    return composer.document(stem(path), content.remarks)


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
                for rows, form in _tables(list(_rows(path, sheet)), _merged(package, sheet), lexicon):
                    composer.table(rows, form=form, name=flat(sheet.title))
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
        return _with_decimals(str(value) if isinstance(value, int) else format(value, _DIGITS), code)
    return flat(str(value))


def _with_decimals(number: str, code: str) -> str:
    """Return a number with at least the decimals that its format shows always: a price of 2.4 is "2.40"."""
    decimals = _DECIMALS.search(code)
    least = len(decimals[1].rstrip("#")) if decimals else 0
    whole, _, after = number.partition(".")
    if not least or not number.lstrip("-").replace(".", "").isdecimal():
        return number
    return f"{whole}.{after:0<{min(least, 9)}}"


def _merged(package: io.BytesIO, sheet: Any) -> list[_Area]:
    """Return the areas of a sheet that are one cell each, by their first rows.

    They are looked for in the file, since a sheet that is read row by row does not tell them.
    """
    name = str(sheet._worksheet_path)
    with zipfile.ZipFile(package) as archive:
        raw = archive.read(name) if name in archive.namelist() else b""
    found = []
    for match in islice(_MERGED.finditer(raw, max(raw.find(_MERGED_CELLS), 0)), _MOST_MERGED):
        first, top, last, bottom = (part.decode("ascii") for part in match.groups())
        found.append(_Area(int(top) - 1, _column(first), int(bottom) - 1, _column(last)))
    return sorted(found, key=attrgetter("top"))


def _column(letters: str) -> int:
    """Return the column that letters name, from 0."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _tables(
    rows: Sequence[tuple[str, ...]], merged: Sequence[_Area], lexicon: Lexicon
) -> Iterator[tuple[list[tuple[str, ...]], Form]]:
    """Yield the tables of a sheet: after an empty row names of columns, or a title above them, begin another one."""
    first = 0
    for at in range(1, len(rows)):
        if not rows[at - 1] and rows[at] and _begins_table(rows, at, lexicon):
            yield _table(rows, range(first, at), merged)
            first = at
    yield _table(rows, range(first, len(rows)), merged)


def _begins_table(rows: Sequence[tuple[str, ...]], at: int, lexicon: Lexicon) -> bool:
    following = islice(rows, at, at + _MOST_TITLES)
    return names_columns(next((row for row in following if sum(map(bool, row)) > 1), ()), lexicon)


def _table(
    rows: Sequence[tuple[str, ...]], numbers: range, merged: Sequence[_Area]
) -> tuple[list[tuple[str, ...]], Form]:
    """Return rows without empty ones and empty columns, and which cells are merged.

    Rows with one word are lines, as titles are. What is merged stands in each of its rows, names in all their columns.
    """
    filled = [number for number in numbers if rows[number]]
    lead = list(takewhile(lambda number: sum(map(bool, rows[number])) == 1, filled))
    body = filled[len(lead) :]
    used = sorted({at for number in body for at, cell in enumerate(rows[number]) if cell})
    table = [tuple(rows[number][at] if at < len(rows[number]) else "" for at in used) for number in body]
    titles = [(next(filter(None, rows[number])),) for number in lead]
    written = [*titles, *((row[0],) if row[0] and not any(row[1:]) else row for row in table)]
    tops = slice(*(bisect_left(merged, number, key=attrgetter("top")) for number in (numbers.start, numbers.stop)))
    areas = [area for one in merged[tops] if (area := _within(one, filled, used))]
    return _spread(written, areas)


def _within(area: _Area, rows: Sequence[int], columns: Sequence[int]) -> _Area | None:
    """Return an area by its places among the rows and columns that are left; None where it is not there."""
    top, bottom = bisect_left(rows, area.top), bisect_right(rows, area.bottom) - 1
    left, right = bisect_left(columns, area.left), bisect_right(columns, area.right) - 1
    return _Area(top, left, bottom, right) if bottom >= top and right >= left else None


def _spread(rows: list[tuple[str, ...]], areas: Sequence[_Area]) -> tuple[list[tuple[str, ...]], Form]:
    """Write what is merged where it stands, and return the spans."""
    spans = {}
    room = _MOST_SPREAD * sum(map(len, rows))  # a file may say that any number of areas lie over each other
    for area in areas:
        first = rows[area.top]
        room -= (area.bottom - area.top + 1) * len(first)
        if len(first) < 2 or area.right >= len(first) or room < 0:
            continue
        spans[area.top, area.left] = (area.bottom - area.top + 1, area.right - area.left + 1)
        text = first[area.left]
        if len(text) > _LONGEST_SPREAD:
            continue
        names = not any(map(is_figure, filter(None, first)))
        last, right = (area.top, area.right) if names else (area.bottom, area.left)
        for number in range(area.top, last + 1):
            row = rows[number]
            if len(row) == len(first):
                rows[number] = (*row[: area.left], *[text] * (right + 1 - area.left), *row[right + 1 :])
    return rows, Form(spans)
