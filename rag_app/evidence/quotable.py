"""Which pieces of a text can be quoted: whole sentences, list items and rows of tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from ingest import CELL
from rag_app.language.dates import YEAR
from rag_app.language.reading import row_at, sentences
from rag_app.language.vocabulary import alternatives, in_order
from rag_app.text import single_spaced

_LEAD_LINES = 2  # at the top of a table: its title and its header row
_END_MARKS = ".!?…:;。！？"
_YEAR = re.compile(rf"\b{YEAR}\b")  # heads columns, so it does not make a row
_DIGIT = re.compile(r"\d")
_HEADING = 80  # characters; a shorter line without an end mark is a heading or a table row
_SHORT = 60  # characters; a shorter sentence is quoted together with the next one
_TOPIC = 32  # characters; a paragraph that opens with so short a sentence names its topic there ("6. Summer fair.")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or table row of a passage, in characters of the passage's text."""

    start: int
    end: int
    lead: str  # the heading or header row that it stands under; not part of the quote
    row: bool = False  # of a table
    named: str = ""  # a row with the names of its columns, where they are known


def units(text: str, whole: str | None = None, offset: int = 0) -> list[Unit]:
    """Cut a passage into the pieces that can be quoted: sentences, the shortest joined, and table rows.

    Headings, the header rows of tables and opening words that name a topic become the lead of what they stand over.

    Args:
        text: the passage's.
        whole: the document's, since a table may begin above the passage.
        offset: of the passage in it.
    """
    found: list[Unit] = []
    leads: list[str] = []
    rows = 0
    for start, end in _lines(text):
        line = single_spaced(text[start:end])
        if CELL in text[start:end]:
            row = row_at(text if whole is None else whole, start + offset)
            if not row.heads:
                found.append(Unit(start, end, row.caption, row=True, named=row.text))
            leads, rows = [], 0
        elif len(line) > _HEADING or line[-1] in _END_MARKS:
            found += _sentences(text, start, end, leads[-1] if leads else "")
            leads, rows = [], 0
        elif rows == 0 and len(leads) < _LEAD_LINES and _heads(line):
            leads.append(line)
        else:
            found.append(Unit(start, end, " | ".join(leads), row=True))
            rows += 1
    if leads and not rows:  # short lines at the end of the passage head nothing here
        found += [Unit(start, end, "") for start, end in _lines(text)[-len(leads) :]]
    return found


def _heads(line: str) -> bool:
    """Tell whether a short line is a heading or header row: apart from its numbering and years it holds no figures."""
    return not _DIGIT.search(_YEAR.sub("", _numbering().sub("", line)))


@cache
def _numbering() -> re.Pattern[str]:
    captions = alternatives([*in_order(lambda language: language.answers.captions), "§"])
    return re.compile(rf"^(?:{captions}\s*)?\d+(?:\.\d+)*\.?\s")


def _lines(text: str) -> list[tuple[int, int]]:
    """Return the spans of the lines; a page break inside a sentence does not end its line."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        if spans and not {"\n", "\f"} & set(text[spans[-1][1] : start]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _sentences(text: str, start: int, end: int, lead: str) -> list[Unit]:
    spans = [(start + first, start + last) for first, last in sentences(text[start:end])]
    if len(spans) > 1 and spans[0][1] - spans[0][0] <= _TOPIC:
        lead = f"{lead} | {text[spans[0][0] : spans[0][1]]}".removeprefix(" | ")
    joined = [spans[0]]
    for span in spans[1:]:
        if joined[-1][1] - joined[-1][0] < _SHORT or span[1] - span[0] < _SHORT // 2:
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    return [Unit(first, last, lead) for first, last in joined]
