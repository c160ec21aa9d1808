"""How texts of files are cut: the functions of `ingest` with the words of all languages."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING

import ingest
from ingest import Lexicon, Row
from rag_app.language.language import Reading, languages
from rag_app.language.measures import names
from rag_app.language.vocabulary import every

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rag_app.language.language import Language

_NONE = "-"  # stands for a month that is not cut short


@cache
def lexicon() -> Lexicon:
    """Return the words of all languages by which files are read."""
    words = {one.name: _words(one.name) for one in fields(Reading)}
    short = _short_months() - _doubtful_months() - _full_months()
    words["endings"] |= short
    words["months"] = short | _full_months()
    words["after_ordinals"] |= frozenset(
        month for language in languages() if language.reading.before_ordinals for month in _months_of(language)
    )
    words["measures"] = every(names)
    return Lexicon(**words)


def _words(name: str) -> frozenset[str]:
    return every(lambda language: getattr(language.reading, name))


def _months_of(language: Language) -> frozenset[str]:
    return _forms(language.dates.months) | _forms(language.dates.short)


def _full_months() -> frozenset[str]:
    return _forms(every(lambda language: language.dates.months))


def _short_months() -> frozenset[str]:
    return _forms(every(lambda language: language.dates.short))


def _doubtful_months() -> frozenset[str]:
    return every(lambda language: language.dates.doubtful)


def _forms(months: Iterable[str]) -> frozenset[str]:
    """Return each form of some months as a word of its own."""
    return frozenset(form for month in months for form in month.split("|")) - {_NONE}


def sentences(text: str) -> list[tuple[int, int]]:
    """Find the sentences of a text in any language: (start, end) in characters, as `ingest.sentences` does."""
    return ingest.sentences(text, lexicon())


def row_at(text: str, start: int) -> Row:
    """Read the table row of a document's text that holds the character at `start`, as `ingest.row_at` does."""
    return ingest.row_at(text, start, lexicon())


def unit_in(text: str) -> str | None:
    """Return the unit that a text names in any language, as `ingest.unit_in` does."""
    return ingest.unit_in(text, lexicon())


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit in any language and nothing else, as `ingest.is_unit` does."""
    return ingest.is_unit(text, lexicon())


def above_row(text: str, start: int) -> str:
    """Return what tells what the cells of the row at `start` are, as `ingest.above_row` does."""
    return ingest.above_row(text, start, lexicon())
