"""The text of shapes on slides: paragraphs with their numbers, what is raised or struck out, tables."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ingest.cells import Form
from ingest.compose import flat
from ingest.marks import set_apart, struck, unmarked
from ingest.raised import lowered, raised, with_fractions
from ingest.readers.figures import in_form
from ingest.readers.package import DRAWING, is_on, local_name, number
from ingest.readers.symbols import letters
from ingest.ticks import told

if TYPE_CHECKING:
    from collections.abc import Iterator

# The beginnings of the names of numberings, such as "alphaLcParenBoth".
_FORMS = {
    "alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman",
    "arabic": "decimal", "circleNum": "decimalEnclosedCircle",
}  # fmt: skip
_ENDS = {"ParenBoth": "({})", "ParenR": "{})", "Period": "{}.", "Plain": "{}"}
_STRIKES = ("sngStrike", "dblStrike")
_WIDEST = 1_000  # columns that a cell may span


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a shape."""

    text: str  # with marks where it is no evidence
    label: str  # its number in a list, or ""


def lines_of(body: Any, *, in_cell: bool = False) -> Iterator[Line]:
    """Yield the paragraphs of a shape or a cell that have a text."""
    counts: dict[int, int] = {}
    for paragraph in body.iterfind(f"{DRAWING}p"):
        text = text_of(paragraph, in_cell=in_cell)
        if text.strip():
            yield Line(text, _number(paragraph, counts))


def text_of(paragraph: Any, *, in_cell: bool = False) -> str:
    """Return the text of a paragraph, with marks where it is struck out."""
    pieces = ((_look(run), _said(run)) for run in _runs(paragraph))
    text = "".join(
        _rendered("".join(said for _, said in some), *look) for look, some in groupby(pieces, lambda one: one[0])
    )
    return told(with_fractions(set_apart(text)), in_cell=in_cell)


def rows_of(table: Any) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table, one text a column; a header over several columns names each of them."""
    for nth, row in enumerate(table.iterfind(f"{DRAWING}tr")):
        cells = row.findall(f"{DRAWING}tc")
        texts = ["" if _goes_on(cell) else _cell_text(cell) for cell in cells]
        beside = [is_on(cell, cell.get("hMerge", "0")) for cell in cells]
        for at in range(1, len(cells)):
            if nth == 0 and beside[at]:
                texts[at] = texts[at - 1]
        alone = len(cells) > 1 and all(beside[1:])
        yield (texts[0],) if alone else tuple(texts)


def form_of(table: Any) -> Form:
    """Return which cells of a table span others, and which it marks as headers."""
    properties = table.find(f"{DRAWING}tblPr")
    first_row, first_column = (
        properties is not None and is_on(properties, properties.get(name, "0")) for name in ("firstRow", "firstCol")
    )
    spans, headers = {}, set()
    for row, cells in enumerate(table.iterfind(f"{DRAWING}tr")):
        for column, cell in enumerate(cells.iterfind(f"{DRAWING}tc")):
            down, across = (max(number(cell.get(name), 1, _WIDEST), 1) for name in ("rowSpan", "gridSpan"))
            if (down, across) != (1, 1) and not _goes_on(cell):
                spans[row, column] = (down, across)
            if (row == 0 and first_row) or (column == 0 and first_column):
                headers.add((row, column))
    return Form(spans, frozenset(headers))


def _goes_on(cell: Any) -> bool:
    """Tell whether a cell is covered by one before or above it."""
    return any(is_on(cell, cell.get(name, "0")) for name in ("hMerge", "vMerge"))


def _cell_text(cell: Any) -> str:
    lines = (line for body in cell.iterfind(f"{DRAWING}txBody") for line in lines_of(body, in_cell=True))
    return flat(" ".join(f"{line.label} {line.text}".lstrip() for line in lines))


def _runs(paragraph: Any) -> Iterator[Any]:
    for child in paragraph:
        name = local_name(child)
        if name in ("r", "fld", "br"):
            yield child
        elif name in ("AlternateContent", "Choice", "m", "oMathPara", "oMath"):
            yield from _runs(child)


def _said(run: Any) -> str:
    if local_name(run) == "br":
        return "\n"
    if run.get("type") == "slidenum":
        return ""
    properties = run.find(f"{DRAWING}rPr")
    font = None if properties is None else properties.find(f"{DRAWING}latin")
    text = "".join(piece.text or "" for piece in run if local_name(piece) == "t")
    return unmarked(letters(text, None if font is None else font.get("typeface")))


def _look(run: Any) -> tuple[bool, str]:
    """Return whether a run is struck out, and whether it stands "high", "low", or neither."""
    properties = run.find(f"{DRAWING}rPr")
    if properties is None:
        return False, ""
    shift = properties.get("baseline", "0")
    level = "" if not any(map(str.isdecimal, shift.strip("-0%"))) else "low" if shift.startswith("-") else "high"
    return properties.get("strike") in _STRIKES, level


def _rendered(text: str, is_struck: bool, level: str) -> str:
    text = raised(text) if level == "high" else lowered(text) if level == "low" else text
    return struck(text) if is_struck else text


def _number(paragraph: Any, counts: dict[int, int]) -> str:
    """Return the number of a paragraph in its list; `counts` holds the last one of each level."""
    properties = paragraph.find(f"{DRAWING}pPr")
    level = 0 if properties is None else number(properties.get("lvl"))
    for deeper in [one for one in counts if one > level]:
        del counts[deeper]
    numbering = None if properties is None else properties.find(f"{DRAWING}buAutoNum")
    if numbering is None:
        counts.pop(level, None)
        return ""
    counts[level] = counts.get(level, number(numbering.get("startAt"), 1) - 1) + 1
    kind = numbering.get("type", "")
    form = next((form for name, form in _FORMS.items() if kind.startswith(name)), "decimal")
    end = next((end for name, end in _ENDS.items() if kind.endswith(name)), "{}.")
    return end.format(in_form(counts[level], form))
