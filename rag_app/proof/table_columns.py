"""Figures of table rows: the column that a question means where columns are times, and the scale that the table gives.

A small model often takes another column, and leaves "in millions" out.
"""

from __future__ import annotations

import re
from functools import cache

from rag_app.language.dates import YEAR, years_in
from rag_app.language.language import languages
from rag_app.language.vocabulary import alternatives, in_order, pattern, word_pattern
from rag_app.language.words import words

_PART = re.compile(r"(?:(?P<head>[^;]*[^;\s]): )?(?P<cell>[^;:]+)")
_FIGURE = re.compile(r"[$€£¥]?\s?\(?\d[\d.,'’]*\)?\s?%?")
_AMOUNT = re.compile(r"\d[\d,]*\d")
_ABOVE = 3000  # characters in which a table says its scale
_NUMBER = re.compile(r"[\d.,'’]*\d")


def scale(answer: str, row: str, above: str) -> str:
    """Return the scale of the figure that `answer` takes from a row, such as "in millions"; "" where there is none.

    Args:
        answer: as it is shown.
        row: as it stands in the document.
        above: the document's text before the row.
    """
    found = list(_scale().finditer(above[-_ABOVE:]))
    given = _AMOUNT.findall(answer)
    if not found or len(given) != 1 or given[0] not in row or _scaled().search(answer):
        return ""
    return " ".join(found[-1][0].lower().split())


def in_column(question: str, answer: str, row: str) -> str:
    """Return `answer` with the figure of the column that `question` means, if it is of another column of `row`.

    Args:
        question: as it was asked.
        answer: holds a figure of the row.
        row: read out, each cell after the name of its column, and a semicolon between them.

    Returns:
        The same answer where the columns are no times. Of two that the question does not tell apart the later is meant.
    """
    timed = [(head, cell) for head, cell in cells(row) if _time().search(head) and _FIGURE.fullmatch(cell)]
    said = [(head, cell) for head, cell in timed if _bare(cell) in _NUMBER.findall(answer)]
    if len(timed) < 2 or len(said) != 1:
        return answer
    [(_, wrong)] = said
    like = [(head, cell) for head, cell in timed if ("%" in cell) == ("%" in wrong)]
    asked = set(words(question))
    best = max(like, key=lambda one: (len(asked.intersection(words(one[0]))), _latest(one[0])))
    return answer if best[1] == wrong else answer.replace(_bare(wrong), _bare(best[1]), 1)


def cells(row: str) -> list[tuple[str, str]]:
    """Return each cell of a row that is read out: the name of its column, "" where it has none, and its text."""
    return [(match["head"] or "", match["cell"].strip()) for match in map(_PART.fullmatch, row.split("; ")) if match]


@cache
def _time() -> re.Pattern[str]:
    units = in_order(lambda language: language.dates.units)
    return word_pattern([rf"{YEAR}|q[1-4]|{alternatives(units)}"])


@cache
def _scale() -> re.Pattern[str]:
    """Return the pattern of the scale of a table's figures; not of a figure: "in millions of years"."""
    return pattern(
        rf"\b{alternatives(said.scale_in)}\s+{alternatives(said.scales)}\b(?!\s+{alternatives(said.of)}\b)"
        for said in (language.measures for language in languages())
        if said.scales
    )


@cache
def _scaled() -> re.Pattern[str]:
    scaled = alternatives(in_order(lambda language: language.measures.scaled))
    return re.compile(rf"%|\b{scaled}\b|\d\.\d", re.IGNORECASE)


def _bare(cell: str) -> str:
    return "".join(_NUMBER.findall(cell))


def _latest(head: str) -> int:
    return max(map(int, years_in(head)), default=0)
