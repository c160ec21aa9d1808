"""Documents that come out again and again, reports, minutes, statements: one name, and a date in it.

A question about such documents means one of them ("in the latest report", "in Q1 2023") or each ("over time").
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import stem
from rag_app.asking.periods import Period, period_in
from rag_app.asking.question import OPENING_MARKS
from rag_app.language.dates import period_written
from rag_app.language.detector import by_likelihood
from rag_app.language.language import languages
from rag_app.language.vocabulary import alternatives, pattern
from rag_app.searching.document_names import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest import Document
    from rag_app.language.language import Language
    from rag_app.types import StoredDocument

    Series = Sequence[tuple[Period, str]]  # the documents' paths in order of time

_LONG = 8  # pages; a shorter document has no cover
_COVER = 1500  # characters
_MAJORITY = 0.5  # of the passages that are found; a series that is asked about has more
MOST = 8  # documents of a series that are asked, the latest


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a language asks about series, as patterns."""

    last: re.Pattern[str]
    over: re.Pattern[str]
    now: re.Pattern[str]
    each: tuple[tuple[re.Pattern[str], str], ...]
    more: re.Pattern[str]  # a second sentence or question
    compared: re.Pattern[str]
    dated: re.Pattern[str]
    three_months: re.Pattern[str]


@cache
def _rules(language: Language) -> _Rules:
    said = language.series
    return _Rules(
        last=pattern(filter(None, [said.last])),
        over=pattern(said.over),
        now=pattern(filter(None, [said.now])),
        each=tuple((re.compile(asked, re.IGNORECASE), each) for asked, each in said.each),
        more=re.compile(rf"(?:[?.;]\s+|,?\s+{alternatives(said.more)}).*", re.IGNORECASE),
        compared=pattern(filter(None, [said.compared])),
        dated=re.compile(rf"{said.dated}{period_written()}{said.issue}(?![\w-])", re.IGNORECASE),
        three_months=pattern(filter(None, [said.three_months])),
    )


def asked_of_each(question: str) -> Iterator[tuple[Language, str]]:
    """Go through the languages in which a question goes over a series, with what it asks of each document."""
    text, period = " ".join(question.split()).lstrip(OPENING_MARKS), period_in(question)[0]
    if period is not None and (period.quarter or period.month):
        return
    for language in by_likelihood(question):
        rules = _rules(language)
        if rules.over.search(text) or rules.now.match(text):
            yield language, _each(rules.more.sub("", text).rstrip("?!. "), rules)


def _each(text: str, rules: _Rules) -> str:
    for asked, each in rules.each:
        if match := asked.fullmatch(text):
            return each.replace("{topic}", _tidy(match["topic"], rules))
    return _capital(_tidy(text, rules))


def _tidy(text: str, rules: _Rules) -> str:
    text = " ".join(rules.last.sub("", rules.over.sub("", text)).split())
    return rules.compared.sub("", text).strip(" ,")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}?"


def all_series(documents: Sequence[StoredDocument]) -> list[Series]:
    """Return the series among `documents`: two or more whose names are the same but for the date, which differs."""
    found: dict[str, dict[Period, str]] = defaultdict(dict)
    for document in documents:
        path = PurePath(document.path)
        period, rest = period_in(stem(path), name=True)
        if period is not None and period.year and not path.stem.isdigit():  # "20250312" names a scan, or nothing
            key = rest.casefold() or str(path.parent)
            found[key][period] = document.path
    return [sorted(dated.items(), key=lambda one: one[0].order) for dated in found.values() if len(dated) > 1]


def series_of(found: Sequence[str], documents: Sequence[StoredDocument]) -> Series:
    """Return the series that has most of the documents `found`, a path for each passage; none where no series has."""
    for series in all_series(documents):
        paths = {path for _, path in series}
        if sum(path in paths for path in found) > _MAJORITY * len(found):
            return series
    return ()


def edition(question: str, series: Series) -> tuple[Period, str] | None:
    """Return the document of a series that a question means, with its period: by its date, or the last one."""
    period, _ = period_in(question)
    if period is not None:
        meant = [one for one in series if period.names(one[0])]
        if len(meant) == 1:
            return meant[0]
        if period.quarter or period.month:
            return None
    return series[-1] if series and _means_last(question) else None


def _means_last(question: str) -> bool:
    return any(_rules(language).last.search(question) for language in languages())


def asked_of(question: str, period: Period, document: Document) -> str:
    """Return what to ask of the document of a series that a question means: the question without that document's date.

    Where it tells of three months beside longer times, the question says so as well.
    """
    text, dated = question.rstrip("?!. ").lstrip(OPENING_MARKS), period_in(question)[0] is not None
    likely = by_likelihood(question)
    for language in likely:
        text = _rules(language).last.sub("", text)
    for language in likely if dated else ():
        text = _rules(language).dated.sub("", text)
    asks = likely[0]
    months = period.quarter and _rules(asks).three_months.search(document.text)
    return _capital(" ".join(text.split()).strip(" ,") + (asks.series.for_three_months if months else ""))


def looked_for(question: str, document: Document) -> str:
    """Return what to look for within a document: the question without the names on the cover, if it has one.

    They stand on many pages that say little else.
    """
    if len(document.pages) > _LONG:
        cover = document.text[:_COVER].casefold()
        for name in names(question):
            if name.casefold() in cover:
                question = re.sub(rf"\b{re.escape(name)}(?:['’]s?\b|['’])?", "", question)
    return " ".join(question.split())


def asks_edition(question: str) -> bool:
    """Tell whether a question may mean one document of a series."""
    return period_in(question)[0] is not None or _means_last(question)
