"""The values of a formula, each looked up as a question of its own and taken from one line that names it.

A line is a sentence, or a row of a table with the names of its columns. Just one amount of it may be meant, or the
value is not found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import CELL, stem
from rag_app.answering.cell import best_cell, lines_of, lookup_of
from rag_app.asking.known_formulas import FORMS
from rag_app.evidence.cells import tables_near
from rag_app.evidence.series import series_meant
from rag_app.evidence.units import unit_of, units_of
from rag_app.evidence.windows import Size, runs
from rag_app.language.dates import is_year, years_in
from rag_app.language.days import dates_in
from rag_app.language.detector import language_of
from rag_app.language.keywords import stems
from rag_app.language.language import DEFAULT
from rag_app.language.reading import row_at, sentences
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import among, folded, words, written_words
from rag_app.proof.amounts import Amount, amounts, is_money, same_unit
from rag_app.proof.cell_day import day_of
from rag_app.proof.cell_figure import figure_of
from rag_app.proof.table_columns import cells, scale
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ingest import Document
    from rag_app.answering.stages import Stages
    from rag_app.evidence.cells import Meant
    from rag_app.evidence.series import Series
    from rag_app.evidence.windows import Span
    from rag_app.types import Hit

_MEANT = 0.3  # how likely the cell is meant that a value is taken from, at least
_ANY = 10_000  # words of a line
_LONGEST_HEAD = 7  # words of a column's name, "Nine Months Ended September 30, 2022"; a longer one is a text over all


@dataclass(frozen=True, slots=True)
class Operand:
    """A value that a document states."""

    written: str  # as the document writes it, with its unit
    amount: Amount | None  # None for a date
    day: date | None
    scale: str  # of the table that it stands in, such as "in millions"; empty for none
    hit: Hit
    span: Span  # the line, in characters of the document
    column: int = 0  # of its cell
    heads: tuple[Span, ...] = ()  # lines of its table that name it, beside its own
    likely: float | None = None  # that it is the cell that is meant, 0 to 1; of a line nothing is known
    label: str = ""  # what tells it from the others of a series
    looked: int = 0  # rows of its table, where all were looked through


@dataclass(frozen=True, slots=True)
class _Line:
    """A line in which a value may stand."""

    hit: Hit
    span: Span
    text: str  # a row is read out
    row: bool
    about: str  # what it stands under: its document, and its table's name or the line before it


@dataclass(frozen=True, slots=True)
class _Choice:
    """An amount or date of a line, and what stands by it."""

    beside: str  # the name of its column, or the words of the sentence before it
    after: str
    written: str
    amount: Amount | None
    day: date | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds the values of one question."""

    question: str
    hits: Sequence[Hit]
    stages: Stages
    counted: Sequence[Amount] = ()  # of what the question has so many, by which a value is multiplied
    common: Sequence[str] = ()  # proper names of the question that are in none of the values: all are of them

    def one(self, name: str, *, dated: bool) -> Operand | None:
        """Return the value that a name means; None where it is not found, or where there is a choice.

        A name may have several forms with "|" between them: then it is the likeliest cell of any, or else of the line
        that has most of the words of a form.
        """
        forms = [form.strip() for form in name.split(FORMS)]
        cells = [found for form in forms if (found := self._in_cell(form))] if not dated else []
        if cells:
            return max(cells, key=lambda one: one.likely or 0.0)
        lines = [(form, line) for form in forms if (line := self._best(form, dated=dated))]
        return self._in_line(*max(lines, key=lambda one: self._share(*one)), dated=dated) if lines else None

    def _in_line(self, name: str, line: _Line, *, dated: bool) -> Operand | None:
        if any(_is_known(one, self.counted) for one in amounts(line.text)):
            return None  # what the line says is of so many already
        choice = _chosen(self._told(line, name, dated=dated), name, self.question)
        return self._operand(line, choice) if choice else None

    def _in_cell(self, name: str) -> Operand | None:
        """Return the value of the cell that a name means; None where none is meant, or where it is no figure."""
        found = best_cell(f"{name}{_period(name, self.question)}", self.hits, self.stages)
        if found is None or found[1] < _MEANT:
            return None
        operand = of_cell(*found, self.stages)
        return None if operand is None or operand.amount is None or _is_known(operand.amount, self.counted) else operand

    def several(self, name: str) -> list[Operand]:
        """Return all values of a name, of a table or of lines that follow each other; none if unclear."""
        if found := self.series(name):
            return operands_of(found, self.stages.read(found.hit.document)) if len(found.members) > 1 else []
        line = self._best(name, dated=False)
        if line is None or line.row:
            return []
        kept = _called(self._with_its_like(line), name, language_of(self.question).stemmer)
        values = self._of_lines(kept, name)
        return values if len(values) > 1 else []

    def series(self, name: str, *, figures: bool = True, days: bool = False, of_period: bool = True) -> Series | None:
        """Return the values of the column or row that a name means in the tables round the passages.

        Args:
            name: of all of them.
            figures: whether they have to be figures.
            days: whether they have to be dates instead.
            of_period: whether they are those of the year that the question names.
        """
        asked = f"{name}{_period(name, self.question)}" if of_period else name
        found = self._series_near(asked, self.hits, figures=figures, days=days)
        return found or self._series_near(asked, self.stages.find(asked)[0], figures=figures, days=days)

    def _series_near(self, name: str, hits: Sequence[Hit], *, figures: bool, days: bool) -> Series | None:
        tables = tables_near([hit for hit in hits if self._tells(hit.document)], self.stages.tables)
        read = day_of if days else figure_of
        found = series_meant(name, tables, lookup_of(self.stages), read, figures=figures, days=days)
        return found if found is not None and found.likely >= _MEANT else None

    def _tells(self, path: str) -> bool:
        """Tell whether a document has the proper names of the question that are in none of the values."""
        said = f"{single_spaced(stem(PurePath(path)))}: {self.stages.read(path).text}"
        return all(re.search(rf"\b{re.escape(word)}\b", said) for word in self.common)

    def _best(self, name: str, *, dated: bool) -> _Line | None:
        """Return the line that bears most on a name: of the passages, or else of those of its own search."""
        asked = f"{name}{_period(name, self.question)}?"
        found = self._naming(name, self.hits, dated=dated)
        found = found or self._naming(name, self.stages.find(asked)[0], dated=dated)
        if not found:
            return None
        scores = self.stages.score(asked, [f"{line.about} {line.text}" for line in found])
        numbers, meant = self.stages.numbers(), self.stages.about(self.question)
        merits = [
            float(score)
            + numbers.named_value * self._share(name, line)
            + numbers.named_sentence * meant.get(line.hit.document, 0.0)
            for score, line in zip(scores, found, strict=True)
        ]
        if language_of(self.question).code == DEFAULT and max(merits) < numbers.states_value:
            return None  # the cross-encoder tells that in the language that it was trained on only
        return found[merits.index(max(merits))]

    def _share(self, name: str, line: _Line) -> float:
        """Return which share of the words of a name a line has."""
        telling = [word for word in words(name) if word not in STOP_WORDS]
        return _shared(telling, line.text, language_of(self.question).stemmer) / max(len(telling), 1)

    def _naming(self, name: str, hits: Sequence[Hit], *, dated: bool) -> list[_Line]:
        """Return the lines with a value that have the figures and proper names of a name."""
        found = [line for line in self._lines(hits) if self._told(line, name, dated=dated)]
        for word in self.common:
            found = [line for line in found if self._in_document(word, line)]
        for word in written_words(name):
            if word.casefold() in STOP_WORDS:
                continue
            having = [line for line in found if self._stands(word, line)]
            if _is_figure(word) or (word[0].isupper() and (having or language_of(self.question).code == DEFAULT)):
                found = having
        return found

    def _stands(self, word: str, line: _Line) -> bool:
        """Tell whether a word is one of a line or of what it stands under; another year of the line counts more."""
        if self._among(word, line.text):
            return True
        other = is_year(word, ever=True) and years_in(line.text, ever=True)
        return not other and self._among(word, line.about)

    def _in_document(self, word: str, line: _Line) -> bool:
        document = self.stages.read(line.hit.document)
        return self._among(word, line.about) or re.search(rf"\b{re.escape(word)}\b", document.text) is not None

    def _among(self, word: str, text: str) -> bool:
        return bool(_shared([word], text, language_of(self.question).stemmer))

    def _lines(self, hits: Sequence[Hit]) -> list[_Line]:
        """Return the lines of some passages and of what stands around them, but those that name columns."""
        found: list[_Line] = []
        for run in runs(hits, Size(1, _ANY), self.stages.read):
            before = found[-1].text if found and found[-1].hit.document == run.hit.document else ""
            if line := _line(run.hit, run.lines[0], self.stages.read(run.hit.document), before):
                found.append(line)
        return found

    def _told(self, line: _Line, name: str, *, dated: bool) -> list[_Choice]:
        """Return the amounts or dates of a line but those that the name and the question have themselves."""
        known = [*amounts(self.question), *amounts(name)]
        return [
            one
            for one in (_choices_of_row(line, dated=dated) if line.row else _choices(line.text, dated=dated))
            if one.amount is None or dated or not (_is_known(one.amount, known) or self._is_counted(one.amount))
        ]

    def _is_counted(self, amount: Amount) -> bool:
        return any(same_unit(amount.unit[:1], one.unit[:1]) for one in self.counted)

    def _operand(self, line: _Line, choice: _Choice) -> Operand:
        said = ""
        if line.row and choice.amount:
            text = self.stages.read(line.hit.document).text
            said = scale(choice.written, text[slice(*line.span)], text[: line.span[0]])
        return Operand(choice.written, choice.amount, choice.day, said, line.hit, line.span)

    def _with_its_like(self, line: _Line) -> list[_Line]:
        """Return a line with those before and after it that have amounts of its unit, too."""
        document = self.stages.read(line.hit.document)
        spans = sentences(document.text)
        at = next((row for row, span in enumerate(spans) if span[0] <= line.span[0] < span[1]), None)
        if at is None:
            return [line]
        first, last = self._run(spans, at, document)
        found = [_line(line.hit, span, document, line.about) for span in spans[first:last]]
        return [one for one in found if one]

    def _run(self, spans: Sequence[Span], at: int, document: Document) -> tuple[int, int]:
        def units(row: int) -> list[tuple[str, ...]]:
            found = _choices(single_spaced(document.text[slice(*spans[row])]), dated=False)
            return [one.amount.unit for one in found if one.amount]

        def alike(row: int) -> bool:
            return bool(units(row)) and all(same_unit(unit, units(at)[0]) for unit in units(row))

        first = last = at
        while first > 0 and alike(first - 1):
            first -= 1
        while last + 1 < len(spans) and alike(last + 1):
            last += 1
        return first, last + 1

    def _of_lines(self, lines: Sequence[_Line], name: str) -> list[Operand]:
        return _without_total(
            [self._operand(line, one) for line in lines for one in self._told(line, name, dated=False)]
        )


def _line(hit: Hit, span: Span, document: Document, before: str) -> _Line | None:
    """Return a line of a document; None for a row that names columns."""
    called = single_spaced(stem(PurePath(document.path)))
    if CELL not in document.text[slice(*span)]:
        return _Line(hit, span, single_spaced(document.text[slice(*span)]), row=False, about=f"{called}: {before}")
    row = row_at(document.text, span[0])
    return None if row.heads else _Line(hit, span, row.text, row=True, about=f"{called}: {row.caption}")


def _choices_of_row(line: _Line, *, dated: bool) -> list[_Choice]:
    """Return the cells with one amount or date, each with the name of its column."""
    found: list[_Choice] = []
    for head, cell in cells(line.text):
        told = _choices(cell, dated=dated, cell=True)
        if len(told) == 1 and len(head.split()) <= _LONGEST_HEAD:
            found.append(_Choice(head, "", told[0].written, told[0].amount, told[0].day))
    return found


def _choices(text: str, *, dated: bool, cell: bool = False) -> list[_Choice]:
    """Return the dates of a text, or else its years; or its amounts, bare ones only of a `cell`."""
    dates = dates_in(text)
    if days := [one for one in dates if dated and one.day]:
        return _parted(text, [(one.start, one.end, text[one.start : one.end], None, one.day) for one in days])
    found = [one for one in amounts(text) if not any(at.start <= one.start < at.end for at in dates)]
    if dated:
        found = [one for one in found if not one.unit and is_year(one.said, ever=True)]
    elif not cell:
        found = [one for one in found if one.unit]
    return _parted(text, [(one.start, one.end, one.written, one, None) for one in found])


def _parted(text: str, found: Sequence[tuple[int, int, str, Amount | None, date | None]]) -> list[_Choice]:
    """Return amounts or dates with what stands between them."""
    ends = [0, *(one[1] for one in found)]
    starts = [*(one[0] for one in found), len(text)]
    return [
        _Choice(text[ends[row] : start], text[end : starts[row + 1]], written, amount, day)
        for row, (start, end, written, amount, day) in enumerate(found)
    ]


def _chosen(told: Sequence[_Choice], name: str, question: str) -> _Choice | None:
    """Return the only one, or the one beside which most of the name stands, or else of the question."""
    for asked, beside in ((name, [one.beside for one in told]), (name, [one.after for one in told])):
        if at := _most(asked, beside, question):
            return told[at - 1]
    at = _most(question, [one.beside for one in told], question)
    return told[at - 1] if at else None


def _most(asked: str, texts: Sequence[str], question: str) -> int:
    """Return the number of the text, from one, that has most words of what is asked; 0 where none or several do."""
    if len(texts) == 1:
        return 1
    wanted = [word for word in words(asked) if word not in STOP_WORDS]
    shared = [_shared(wanted, text, language_of(question).stemmer) for text in texts]
    best = max(shared, default=0)
    return shared.index(best) + 1 if best and shared.count(best) == 1 else 0


def _is_figure(word: str) -> bool:
    return any(map(str.isdigit, word))


@lru_cache(10_000)
def _forms(text: str, stemmer: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of a text without case and accents, and their stems."""
    said = [folded(word) for word in words(text) if word not in STOP_WORDS]
    return frozenset(said), frozenset(stems(text, stemmer).split())


def _shared(asked: Iterable[str], text: str, stemmer: str) -> int:
    """Return how many of some words stand in a text in any of their forms."""
    said, its = _forms(text, stemmer)
    return sum(
        among(folded(word), said) or (not _is_figure(word) and not its.isdisjoint(stems(word, stemmer).split()))
        for word in asked
    )


def _called(lines: Sequence[_Line], name: str, stemmer: str) -> list[_Line]:
    """Return the lines that have each word of a name which some of them have and some lack."""
    said = [line.text for line in lines]
    for word in words(name):
        having = [bool(_shared([word], text, stemmer)) for text in said]
        if word not in STOP_WORDS and any(having):
            lines = [line for line, has in zip(lines, having, strict=True) if has]
            said = [text for text, has in zip(said, having, strict=True) if has]
    return list(lines)


def _without_total(found: list[Operand]) -> list[Operand]:
    values = [one.amount.value for one in found if one.amount]
    if len(values) > 2 and values[-1] == sum(values[:-1], Decimal(0)):
        return found[:-1]
    return found


def _is_known(amount: Amount, known: Iterable[Amount]) -> bool:
    return any(amount.value == one.value and (not one.unit or same_unit(amount.unit, one.unit)) for one in known)


def of_cell(meant: Meant, likely: float, stages: Stages) -> Operand | None:
    """Return the value of a cell that is so likely meant; None where it is no figure."""
    amount = figure_of(meant.cell.text)
    if amount is None:
        return None
    [row] = lines_of([meant.cell], meant.table)
    heads = tuple(line for line in lines_of(meant.labels, meant.table) if line != row)
    unit = unit_of(meant, stages.read(meant.hit.document))
    return Operand(amount.written, amount, None, unit, meant.hit, row, meant.cell.column, heads, likely)


def operands_of(series: Series, document: Document) -> list[Operand]:
    """Return the values of a series with the places that prove them."""
    lines = series.table.lines
    units = units_of(series.members, document)
    found = []
    for member, unit in zip(series.members, units, strict=True):
        own = lines[member.cell.row]
        heads = dict.fromkeys(lines[cell.row] for cell in (*member.row, *member.column) if cell.row in lines)
        amount = figure_of(member.cell.text)
        written = amount.written if amount else single_spaced(member.cell.text)
        above = tuple(line for line in heads if line != own)
        looked = 0 if series.along else series.looked
        place = (unit, series.hit, own, member.cell.column, above, series.likely, member.called, looked)
        found.append(Operand(written, amount, None, *place))
    return found


def signed(operands: Sequence[Operand]) -> list[Operand]:
    """Return values, bare ones with the currency of others of their document and scale: many tables say it once."""
    units: dict[tuple[str, str], tuple[str, ...]] = {}
    for one in operands:
        if one.amount and any(map(is_money, one.amount.unit)):
            units.setdefault((one.hit.document, one.scale), one.amount.unit)
    return [
        replace(one, amount=replace(one.amount, unit=unit))
        if one.amount and not one.amount.unit and (unit := units.get((one.hit.document, one.scale)))
        else one
        for one in operands
    ]


def common_names(question: str, names: Iterable[str]) -> list[str]:
    """Return the proper names of a question that none of some values has, in a language where only names have capitals.

    The first word is no name for its capital.
    """
    if language_of(question).code != DEFAULT:
        return []
    known = {word for name in names for word in words(name)}
    said = written_words(question)[1:]
    return [w for w in said if w[0].isupper() and w.casefold() not in STOP_WORDS and w.casefold() not in known]


def _period(name: str, question: str) -> str:
    """Return the one year or date of a question that a name lacks, as it is added to it."""
    if years_in(name, ever=True) or dates_in(name):
        return ""
    years = dict.fromkeys(years_in(question, ever=True))
    said = [question[one.start : one.end] for one in dates_in(question)] or list(years)
    return f" {said[0]}" if len(said) == 1 else ""
