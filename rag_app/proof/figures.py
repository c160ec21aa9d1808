"""The figures of an answer, and those of them that no quote has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag_app.language.numbers import number_of, spelled_out
from rag_app.language.words import FIGURE, words

if TYPE_CHECKING:
    from collections.abc import Sequence


_FIGURE = re.compile(FIGURE)
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,’'])\d{3})(?:\1\d{3})*")
_SPACED = re.compile(r"(?<!\d)\d{1,3}(?:[ \u202f]\d{3})+(?!\d)")


def figures(text: str) -> list[str]:
    """Return the numbers in `text`, as they are written."""
    return _FIGURE.findall(text)


def unsupported_numbers(answer: str, sources: Sequence[str]) -> list[str]:
    """Return the numbers of `answer` that stand in none of `sources`: the generator altered or made them up.

    They are figures, and the words of numbers up to twelve whose number stands in no source as a word or figure.
    """
    known = _known(sources)
    spelled = [word for word in spelled_out(answer) if str(number_of(word.lower())) not in known]
    return [*_unknown(answer, known), *spelled]


def _known(sources: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for source in sources:
        figures = _FIGURE.findall(source)
        known.update(value_of(figure) for figure in figures)
        known.update(
            part for figure in figures for part in re.findall(r"\d+", figure) if ":" in figure or "/" in figure
        )
        known.update(re.sub(r"\D", "", figure) for figure in _SPACED.findall(source))
        known.update(str(number) for word in words(source) if (number := number_of(word)) is not None)
    return known


def _unknown(answer: str, known: set[str]) -> list[str]:
    answer = _SPACED.sub(lambda match: "" if re.sub(r"\D", "", match[0]) in known else match[0], answer)
    return [figure for figure in _FIGURE.findall(answer) if value_of(figure) not in known]


def value_of(figure: str) -> str:
    """Return a figure as it is compared: without thousands separators, and with a decimal point."""
    if _THOUSANDS.fullmatch(figure):
        return re.sub(r"\D", "", figure)
    whole, comma, rest = figure.rpartition(",")
    if comma and _THOUSANDS.fullmatch(whole):  # 1.250,50
        return re.sub(r"\D", "", whole) + "." + rest
    whole, point, rest = figure.rpartition(".")
    if point and _THOUSANDS.fullmatch(whole):  # 1,250.50
        return re.sub(r"\D", "", whole) + "." + rest
    return figure.replace(",", ".")
