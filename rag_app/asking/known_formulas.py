"""Figures that a question asks for by a name whose formula is known: the quick ratio, the gross margin, the turnout.

The data are `known_formulas.toml`, and what the user adds. A formula comes out only where a question asks for the
figure and nothing else: beside its name stand one period at most, what documents are called, and words that say
nothing. A change of it, the highest of several, two figures or two periods are none of that.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rag_app.asking.periods import period_as_said, period_in
from rag_app.language.detector import language_of
from rag_app.language.stopwords import stop_words
from rag_app.language.vocabulary import every
from rag_app.language.words import folded, same_word, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from rag_app.config import Formulas

FORMS = "|"  # between the forms of a value's name
_VALUE = re.compile(r"\[([^][]*)\]")
_OF_A_YEAR = re.compile(r"\b365\b")  # days for which a formula takes what flows: a year's


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that is known, as it is called in one language."""

    key: str
    names: tuple[str, ...]
    formula: str  # over values as that language calls them
    language: str  # its code; empty for one of the user's own
    unit: str  # %, days, times, units; empty for that of its values


@dataclass(frozen=True, slots=True)
class Known:
    """The figure that a question asks for."""

    name: str  # of those in the data
    formula: str  # with the period of the question in each value


@dataclass(frozen=True, slots=True)
class _Named:
    """Where a question has a name."""

    figure: Figure
    name: str
    start: int  # in words
    end: int
    exact: int  # of its words, that stand as they are


def known_formula(question: str, own: Formulas = (), called: Callable[[], Collection[str]] = frozenset) -> Known | None:
    """Return the formula that a question asks for by name; None where it asks for no such figure, or for more.

    Relied on: this is only asked after a cell that surely is what the question means, so that a figure which a table
    states by this very name goes before its formula.

    Args:
        question: as it is asked.
        own: formulas of the user's by their names, which go before those of the data.
        called: returns the words that documents are called by: they narrow a question to these, and nothing else.
    """
    period, rest = period_as_said(question)
    asked = words(rest)
    named = _named(asked, own)
    if named is None or period is None:
        return None
    language = named.figure.language or language_of(question).code
    beside = [*asked[: named.start], *asked[named.end :]]
    if not _say_nothing(beside, question, language, called):
        return None
    formula = named.figure.formula
    if _OF_A_YEAR.search(formula) and _is_less_than_a_year(question):
        return None
    said = _after_value(period, question, language)
    return Known(named.name, _VALUE.sub(lambda value: f"[{_with_period(value[1], said)}]", formula))


def has_name(text: str, name: str) -> bool:
    """Tell whether a text has the words of a name side by side, each in any of its forms."""
    return next(_places(words(text), name), None) is not None


@cache
def figures() -> tuple[Figure, ...]:
    """Return the figures of the data, those of each language for themselves."""
    data, found = _data(), []
    for key, entry in data["figures"].items():
        for code in (part for part in entry if part not in ("formula", "unit")):
            formula = _in_language(entry["formula"], data["values"], code)
            found.append(Figure(key, tuple(entry[code]), formula, code, entry.get("unit", "")))
    return tuple(found)


def _in_language(formula: str, values: dict[str, dict[str, str]], code: str) -> str:
    return _VALUE.sub(lambda value: f"[{values[value[1]][code]}]", formula)


def _named(asked: Sequence[str], own: Formulas) -> _Named | None:
    """Return the longest name of a question; of those of one length one of the user's own, then the most literal."""
    mine = [Figure(name, (name,), formula, "", "") for name, formula in own]
    found = [
        _Named(figure, name, start, start + length, exact)
        for figure in (*mine, *figures())
        for name in figure.names
        for start, length, exact in _places(asked, name)
    ]
    return max(found, key=lambda one: (one.end - one.start, not one.figure.language, one.exact), default=None)


def _places(asked: Sequence[str], name: str) -> Iterator[tuple[int, int, int]]:
    """Yield where the words of a name stand side by side, how many these are, and how many stand as they are."""
    named = _sources(name)
    for start in range(len(asked) - len(named) + 1):
        said = asked[start : start + len(named)]
        if all(map(same_word, said, named)):
            exact = sum(map(str.__eq__, map(folded, said), map(folded, named)))
            yield start, len(named), exact


@lru_cache(2048)
def _sources(name: str) -> tuple[str, ...]:
    """Return the words of a name as `same_word` takes them: abbreviations keep their capitals, and have one form."""
    capitals = {word.casefold() for word in re.findall(r"\b[^\W\d_]+\b", name) if word.isupper()}
    return tuple(word.upper() if word in capitals else word for word in words(name))


def _say_nothing(beside: Iterable[str], question: str, language: str, called: Callable[[], Collection[str]]) -> bool:
    """Tell whether words narrow nothing down but to documents."""
    empty = stop_words(language_of(question)) - every(lambda one: one.answers.telling)
    left = [word for word in beside if word not in empty and word not in _around().get(language, frozenset())]
    return not left or set(left) <= set(called())


def _is_less_than_a_year(question: str) -> bool:
    period, _ = period_in(question)
    return period is not None and bool(period.quarter or (period.month and not period.day))


def _after_value(period: str, question: str, language: str) -> str:
    """Return a period as it follows the name of a value; a day follows it as it is."""
    found, _ = period_in(question)
    with_day = found is not None and found.day
    return period if with_day or not period else _periods().get(language, "{}").format(period)


def _with_period(value: str, period: str) -> str:
    return f" {FORMS} ".join(f"{form.strip()} {period}".strip() for form in value.split(FORMS))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("rag_app.asking").joinpath("known_formulas.toml").read_text(encoding="utf-8"))


def _periods() -> dict[str, str]:
    found: dict[str, str] = _data()["period"]
    return found


@cache
def _around() -> dict[str, frozenset[str]]:
    return {code: frozenset(words(text)) for code, text in _data()["around"].items()}
