"""An answer in the form that its question asks for, and how likely it is right.

A short answer comes with the lines that state it; lists, steps, explanations and comparisons are shown in the words of
the documents. A large generator writes all of these itself, sentence by sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.answering.calculation import aggregated, as_whole, calculated, is_comparison, wanted
from rag_app.answering.catalogue import program_answer
from rag_app.answering.cell import in_cell
from rag_app.answering.excerpt import LONG, SHAPES, STATEMENT, TALK, Shape, excerpt, on_one_page, stated_in
from rag_app.answering.in_unit import in_unit_asked
from rag_app.answering.operands import of_cell
from rag_app.answering.outline import Outline
from rag_app.answering.proved import Result, from_passages, not_found
from rag_app.answering.section import headings, section
from rag_app.answering.side_by_side import are_two_times, side_by_side
from rag_app.answering.sides import compared
from rag_app.answering.whole_column import found_in_whole
from rag_app.answering.written import written
from rag_app.answering.yes_or_no import yes_or_no
from rag_app.asking.aggregate import aggregate_asked
from rag_app.asking.answer_kind import answer_kind
from rag_app.asking.days_asked import latest_first
from rag_app.asking.place_asked import places_asked
from rag_app.asking.program_question import program_fact
from rag_app.asking.unit_asked import without_units
from rag_app.evidence.called_so import may_be
from rag_app.evidence.guard import harmless
from rag_app.evidence.items import whole_list
from rag_app.evidence.windows import Size, Window, apart, trimmed, windows
from rag_app.language.detector import language_of
from rag_app.language.language import DEFAULT
from rag_app.proof.calculator import Call
from rag_app.proof.confidence import Claim, judge_of, signals
from rag_app.proof.quotes import unmarked
from rag_app.proof.whole import Whole
from rag_app.text import one_line, single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.answering.cell import InCell
    from rag_app.answering.excerpt import Excerpt
    from rag_app.answering.proved import Made
    from rag_app.answering.stages import Stages
    from rag_app.proof.calculator import Formula
    from rag_app.searching.candidates import Trace
    from rag_app.types import AnswerKind, AnswerStatus, Citation, Hit

_LINES = 8  # of what a short answer is stated in
_LEAST = 15  # words of it
_MORE = 1  # places after it that are shown too where a question leans on others
_SURE = 0.8  # how likely a cell is meant that is shown unasked of what kind the answer is
_POSSIBLE = 0.02  # how likely a cell is meant that is judged beside a short answer
_HARDLY = 0.05  # how likely a cell is meant that is not called answered, whatever the generator says
_TRUSTED = 0.6  # how likely what is worked out is right, at least, where a value stands in no cell
_EVEN = 0.5  # how likely a column, a cell or what is worked out is right that goes before anything else
_ANSWERED = 0.7  # how likely a cell is meant that is called answered: 91 in 100 are right (benchmarks/cells.py)
_VALUES = frozenset({"short", "comparison", "explanation"})  # kinds of answers that may be one value
_SEVERAL = frozenset({"short", "list"})  # of those that may be values asked for together, one beside the other
_WORKED_OUT = _VALUES | {"list"}  # of those that may be worked out: a list is of a whole column
_ENDS = ".!?…。！？"  # of a sentence


def in_shape(
    question: str, hits: tuple[Hit, ...], trace: Trace, stages: Stages, sought: str = "", *, leaning: bool = False
) -> Result:
    """Answer as `from_passages` does, in form and unit that the question asks for; what they lack the program may know.

    What a question means that leans on others is less sure: after a short answer a second place is shown.
    """
    form = _Form(question, sought or question, hits, stages, leaning)
    plain = without_units(question)  # a generator takes a value to another unit wrongly, or only calls it by that
    result = from_passages(plain, hits, trace, stages, sought or question, form=form.answer)
    if form.likely is None:
        result = replace(form.unless_known(result), hits=hits, trace=trace)
    return in_unit_asked(question, result)


@dataclass(frozen=True, slots=True)
class _WorkedOut:
    """What is worked out."""

    result: Result
    least: float  # how likely right it has to be, 0 to 1, to go before anything else

    @property
    def likely(self) -> float:
        """How likely right it is, 0 to 1."""
        return self.result.confidence or 0.0

    @property
    def first(self) -> bool:
        """Whether it goes before anything else."""
        return self.likely >= self.least


@dataclass(slots=True)
class _Form:
    """Gives the answer to one question its form."""

    question: str
    sought: str
    hits: Sequence[Hit]
    stages: Stages
    leaning: bool
    likely: float | None = None  # that the passages hold an answer; None as long as they are not taken to
    _cell: InCell | None = None  # that is meant, if any is
    _looked: bool = False

    def answer(self, likely: float, short: Callable[[], Result]) -> Result:
        """Return the answer in its form; `short` is a short one."""
        self.likely = likely
        if found := self._in_cell(_SURE):
            return found
        kind = answer_kind(self.question, self.stages.generator())
        if place := self._place(kind):
            return place
        if kind == "library":
            return self._of_dates() or self._by_program(short)
        if kind == "section" and places_asked(self.question):
            kind = "explanation"
        if kind in _VALUES and (found := self._in_cell(_ANSWERED)):
            return found
        if kind in _WORKED_OUT and (made := self._aggregated()):
            return made
        formula = wanted(self.question, self.hits, self.stages) if kind in _WORKED_OUT else None
        worked_out = self._calculated(kind, formula)
        if worked_out and worked_out.first:
            return self._stated_total(formula) or worked_out.result
        if formula is None and kind in _SEVERAL and (found := self._in_cell(_ANSWERED, several=True)):
            return found
        if self.stages.generator().numbers.writes_freely:
            return Result("answered", "", kind=kind, writing=partial(self._written, kind, short))
        found = _surer(self._in_their_words(kind, short), worked_out.result if worked_out else None)
        return found if self._called_so(found) else self._doubted(found)

    def unless_known(self, refused: Result) -> Result:
        """Return a cell that is surely meant, or what the program knows of the library, where no passage has it."""
        if found := self._in_cell(_SURE):
            return found
        if answer_kind(self.question, self.stages.generator()) != "library":
            return refused
        return self._by_program(lambda: refused)

    def _place(self, kind: AnswerKind) -> Result | None:
        """Return what a section or page says, or the headings of a document, where that is asked for."""
        place = section(self.question, self.hits, self.stages) if kind == "section" else None
        listed = kind in {"section", "list", "library"}
        return place or (headings(self.question, self.hits, self.stages) if listed else None)

    def _of_dates(self) -> Result | None:
        """Return the latest or earliest of a column, which passes for a question about the library."""
        if latest_first(self.question) is None:
            return None
        found = self._calculated("short", wanted(self.question, self.hits, self.stages))
        return found.result if found and found.likely >= _EVEN else None

    def _by_program(self, short: Callable[[], Result]) -> Result:
        """Say what the program knows by itself, where that is asked for."""
        fact = program_fact(self.question, self.stages.generator())
        if fact == "where":
            return _file_of(short())
        if fact is None:
            return self._stated(short())
        return program_answer(self.question, [fact], self.stages.documents, language_of(self.question))

    def _in_their_words(self, kind: AnswerKind, short: Callable[[], Result]) -> Result:
        """Show what the documents say in their own words, or a short answer with what states it."""
        shown = self._by_sides() if kind == "comparison" else None
        shape = self._shape(kind)
        shown = shown or (self._shown(kind, shape) if shape else None)
        return shown or self._rather_cell(self._stated(short()))

    def _written(self, kind: AnswerKind, short: Callable[[], Result]) -> Made:
        """Write in whole sentences, each shown after its proof; where none is proved the documents speak."""
        found = yield from written(self.question, self._windows(LONG), self.stages)
        if found.refused:
            return replace(not_found(self.question), kind=kind)
        if not found.text:
            return self._in_their_words(kind, short)
        status: AnswerStatus = "answered" if found.whole else "partial"
        text = found.said(language_of(self.question))
        result = Result(status, text, found.citations, kind=kind, shown=found.text)
        return self._judged(result, unmarked(found.text), found.window, shown_anyway=True)

    def _shape(self, kind: AnswerKind) -> Shape | None:
        """Return how an answer of a kind is laid out; None for a short one."""
        shape = SHAPES.get(kind)
        if shape and self.leaning and shape.size.words > TALK.words:
            return replace(shape, size=TALK)
        return shape

    def _windows(self, size: Size) -> list[Window]:
        return windows(self.sought, self.hits, size, self.stages.score, self.stages.read)

    def _shown(self, kind: AnswerKind, shape: Shape) -> Result | None:
        """Show what bears most on the question; None where no whole lines stand round the passages."""
        found = self._windows(shape.size)
        chosen = [self._trimmed(window) for window in apart(found, shape.count)]
        if kind == "list":
            chosen = [self._whole_list(window, shape.size) for window in chosen]
        shown = excerpt(chosen, shape, self.stages.read)
        if not shown.text:
            return None
        said = unmarked(shown.text)
        result = self._judged(Result("answered", shown.text, shown.citations, kind=kind), said, chosen[0])
        sure = kind == "yesno" and result.status == "answered"
        verdict = yes_or_no(self.question, said, self.stages.generator()) if sure else ""
        return replace(result, text=f"{verdict} {result.text}".lstrip())

    def _trimmed(self, window: Window) -> Window:
        """Return a window without sections beside the one that is asked for; a number in brackets heads none.

        Scores of the cross-encoder tell that in the language that it was trained on only.
        """
        if language_of(self.question).code != DEFAULT:
            return window
        outline = Outline(self.stages.read(window.hit.document))
        headings = {start for start, _ in outline.headings if outline.text[start] not in "(["}
        return trimmed(window, headings, self.sought, self.stages.score)

    def _whole_list(self, window: Window, size: Size) -> Window:
        """Return all items of a list, each by its first sentence, where a window holds only some of them."""
        document = self.stages.read(window.hit.document)
        lines = whole_list(window, document, size.words)
        text = "\n".join(single_spaced(document.text[start:end]) for start, end in lines)
        return replace(window, lines=lines, text=text) if lines else window

    def _by_sides(self) -> Result | None:
        """Show both sides of a comparison and what comes out of them; None where they are not clear."""
        both = compared(self.question, self.hits, self.stages)
        if both is None:
            return None
        result = Result("answered", both.text, both.citations, kind="comparison")
        return self._judged(result, unmarked(both.text), both.window)

    def _in_cell(self, least: float, *, several: bool = False) -> Result | None:
        """Show the value of a cell, or `several` that are asked for together; None where less likely meant."""
        found = self._cell_meant()
        if found is None or not found.fits or found.likely < least or found.several != several:
            return None
        return self._of_cells(Result("answered", found.text, found.citations), found.likely)

    def _cell_meant(self) -> InCell | None:
        if not self._looked:
            self._cell, self._looked = in_cell(self.question, self.hits, self.stages), True
        return self._cell

    def _rather_cell(self, stated: Result) -> Result:
        """Return a short answer, or the cell that may be meant where that is judged more likely right."""
        found = self._cell_meant()
        if found is not None and found.other_time and _is_value(stated, found):
            return self._doubted(stated)
        if found is None or found.likely < _POSSIBLE:
            return stated
        judged = self._judged(Result("answered", found.text, found.citations), found.value, found.window)
        return _surer(stated, judged if found.likely >= _HARDLY else self._doubted(judged))

    def _called_so(self, found: Result) -> bool:
        """Tell whether a figure may be what is asked for: a share, change or average is called so beside it."""
        if found.kind != "short" or not any(map(str.isdigit, found.text)):
            return True
        return may_be(self.question, "\n".join([unmarked(found.text), *(one.quote for one in found.citations)]))

    def _stated_total(self, formula: Formula | Whole | None) -> Result | None:
        """Return the sum that a table itself states, where its values are to be added up; None where it has none."""
        found = self._cell_meant()
        if not isinstance(formula, Call) or formula.function != "sum" or found is None or found.several:
            return None
        all_asked = found.meant[0].seen.asked >= 1 and aggregate_asked(self.question, "") == "sum"
        is_total = aggregate_asked(found.called, "") == "sum"
        if not (all_asked and is_total and found.likely >= _EVEN):
            return None
        return self._of_cells(Result("answered", found.text, found.citations), found.likely)

    def _doubted(self, found: Result) -> Result:
        """Return a value that is shown in the place of what was to be worked out, as one that is not sure."""
        return self._with_confidence(found, found.confidence or 0.0, sure=False) if found.kind == "short" else found

    def _of_cells(self, result: Result, likely: float) -> Result:
        """Return a result from cells that are so likely meant."""
        return self._with_confidence(result, likely, sure=likely >= _ANSWERED)

    def _with_confidence(self, result: Result, likely: float, *, sure: bool) -> Result:
        """Return a result with how likely it is right; one that is not sure, and does not say so, does."""
        result = replace(result, confidence=round(likely, 3))
        if sure or result.status == "partial":
            return result
        return replace(result, status="partial", unsure=language_of(self.question).sentences.unsure)

    def _together(self) -> InCell | None:
        """Return values that are surely named together."""
        found = self._cell_meant()
        return found if found and found.several and found.likely >= _ANSWERED else None

    def _aggregated(self) -> Result | None:
        """Show the average or the sum of values that are named together; None where neither is asked for."""
        found = self._together()
        function = aggregate_asked(self.question, found.called) if found else None
        if found is None or function is None:
            return None
        values = [of_cell(one, found.likely, self.stages) for one in found.meant]
        known = [one for one in values if one]
        if len(known) < len(values):
            return None
        made = aggregated(self.question, function, known, self.stages, date.today())
        if made is None:
            return None
        return self._of_cells(Result("answered", made.text, made.citations, kind="calculation"), found.likely)

    def _calculated(self, kind: AnswerKind, formula: Formula | Whole | None) -> _WorkedOut | None:
        """Show what comes out of figures that are looked up; None where nothing is to be worked out, or cannot be."""
        if (whole := as_whole(formula)) and (shown := found_in_whole(self.question, whole, self.hits, self.stages)):
            result = self._of_cells(Result("answered", shown.text, shown.citations, kind=shown.kind), shown.likely)
            return _WorkedOut(result, _EVEN)
        if formula is None or isinstance(formula, Whole):
            return None
        if kind in _SEVERAL and are_two_times(self.question, formula):
            return self._side_by_side(formula)
        if kind == "list":
            return None
        found = calculated(self.question, formula, self.hits, self.stages, date.today())
        if found is None or (found.likely is None and kind == "comparison" and is_comparison(formula, self.question)):
            return None
        result = Result(
            "answered", f"{self._direction(kind, found.trend)}{found.text}", found.citations, kind="calculation"
        )
        if found.likely is not None:
            return _WorkedOut(self._of_cells(result, found.likely), _EVEN)
        judged = self._judged(result, unmarked(found.text), found.window)
        if judged.status == "not_found":
            return None
        return _WorkedOut(judged, _TRUSTED)

    def _side_by_side(self, formula: Formula) -> _WorkedOut | None:
        """Show the values of a formula one beside the other; None where one is not found."""
        found = side_by_side(self.question, formula, self.hits, self.stages)
        if found is None or found.likely is None:
            return None
        return _WorkedOut(self._of_cells(Result("answered", found.text, found.citations), found.likely), _EVEN)

    def _direction(self, kind: AnswerKind, trend: int) -> str:
        """Say which way a value has gone that is compared with another of its row."""
        said = language_of(self.question).sentences
        word = {1: said.higher, -1: said.lower}.get(trend, "")
        return f"{word} " if word and kind == "comparison" else ""

    def _stated(self, result: Result) -> Result:
        """Show what a short answer is stated in, after it."""
        if result.status == "not_found":
            return result
        said = unmarked(result.text, [one.marker for one in result.citations])
        size = Size(_LINES, max(STATEMENT - len(said.split()), _LEAST))
        found = self._windows(size)
        quote = result.citations[0]
        differs = len({one.document for one in result.citations}) > 1  # then the generator calls neither value right
        window = stated_in(found, quote)
        if window:
            window = on_one_page(window, quote, self.stages.read(quote.document))
        fits = window is not None and len(said.split()) + window.words <= STATEMENT
        if window and fits and len(result.citations) == 1 and not _is_quote(said, quote):
            more = [one for one in found if not one.overlaps(window)][: _MORE if self.leaning else 0]
            shown = excerpt([window, *more], Shape(size, count=1 + len(more)), self.stages.read)
            result = _with_statement(result, said, shown) if shown.text else result
        window = window or _quoted(self.hits, quote)
        return self._judged(result, said, window, next(iter(found), None), shown_anyway=differs)

    def _judged(
        self, result: Result, said: str, window: Window, best: Window | None = None, *, shown_anyway: bool = False
    ) -> Result:
        """Return a result with how likely it is right.

        Args:
            result: what would be shown.
            said: the answer in it.
            window: what it is taken from.
            best: the best window, where that is another one.
            shown_anyway: it is not refused, however unlikely it is right.
        """
        document = self.stages.read(window.hit.document)
        name = single_spaced(document.title) or PurePath(document.path).name
        claim = Claim(without_units(self.question), said, window.text, name)
        seen = signals(claim, (best or window).text, self.likely or 0.0, self.stages.generator())
        judge = judge_of(self.stages.numbers().model, self.stages.generator().numbers.model)
        likely = judge.probability(seen)
        status = judge.status(likely)
        if status == "not_found" and not shown_anyway:
            return replace(not_found(self.question), kind=result.kind, confidence=round(likely, 3))
        return self._with_confidence(result, likely, sure=status == "answered")


def _is_value(stated: Result, found: InCell) -> bool:
    """Tell whether a short answer is the very value of a cell."""
    said = unmarked(stated.text).split("\n")[0]
    return stated.kind == "short" and single_spaced(said).strip() == single_spaced(found.meant[0].cell.text).strip()


def _surer(result: Result, other: Result | None) -> Result:
    """Return the one of two results that is more likely right, the first where they are alike."""
    return other if other and (other.confidence or 0.0) > (result.confidence or 0.0) else result


def _file_of(result: Result) -> Result:
    """Name the file that an answer rests on, with the quote."""
    if not result.citations:
        return result
    cited = replace(result.citations[0], marker=1)
    name, quote = one_line(PurePath(cited.document).name), harmless(single_spaced(cited.quote))
    status: AnswerStatus = "answered" if cited.verified else "partial"
    return replace(result, status=status, text=f"{name}: {quote} [1]", citations=(cited,), unknown=(), kind="library")


def _is_quote(said: str, quote: Citation) -> bool:
    """Tell whether a short answer is the whole sentence that it is taken from: it would only be repeated."""
    answer, sentence = (single_spaced(text).casefold().rstrip(_ENDS) for text in (said, quote.quote))
    return len(said.split()) <= _LEAST and answer == sentence


def _with_statement(result: Result, said: str, shown: Excerpt) -> Result:
    """Return a short answer followed by what it is stated in, or that alone where it holds all of a long one."""
    [quote], [stated, *others] = result.citations, shown.citations
    repeated = single_spaced(said).casefold() in single_spaced(unmarked(shown.text)).casefold()
    whole = len(said.split()) > _LEAST and repeated
    text = shown.text if whole else f"{said} [1]\n{shown.text}"
    return replace(result, text=text, citations=(replace(stated, support=quote.support), *others))


def _quoted(hits: Sequence[Hit], quote: Citation) -> Window:
    """Return a quote that stands in no window as one."""
    hit = next((hit for hit in hits if hit.document == quote.document), hits[0])
    return Window(hit, ((quote.start, quote.end),), single_spaced(quote.quote))
