"""The read path: question -> passages -> evidence -> answer whose every claim is tied to a quote, or an honest no."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING

from prompts import examples, render
from rag_app.answering.comparison import side_by_side, topic_question
from rag_app.answering.listing import listing, look_up
from rag_app.answering.stages import Relay
from rag_app.answering.summary import PARTS, central, opening, parts
from rag_app.asking.followup import standalone
from rag_app.asking.kind import kind_of
from rag_app.asking.periods import Period
from rag_app.asking.series import MOST, asked_of, asks_edition, edition, looked_for, series_of
from rag_app.errors import UsageError
from rag_app.evidence.choose import around, choose, gather, row_called, show, with_heading
from rag_app.evidence.file_trouble import changed, last_text, removed
from rag_app.evidence.guard import Fence, harmless, neutral
from rag_app.evidence.injection import shown_name
from rag_app.language.detector import language_of
from rag_app.language.language import filled, get_language
from rag_app.models.generator import Message, Usage
from rag_app.proof.contradictions import about_question, answers_too, differs, rivals, set_aside
from rag_app.proof.figures import figures, unsupported_figures, unsupported_numbers
from rag_app.proof.quotes import (
    CITATIONS,
    cite,
    form_for,
    is_verdict,
    markers,
    proof_of,
    stands,
    stated,
    unsupported_words,
    whole_sentences,
)
from rag_app.proof.refusal import (
    DOUBT,
    AskedOnce,
    Look,
    carries,
    chance,
    empty,
    foreign,
    holds,
    signals,
)
from rag_app.proof.support import supports
from rag_app.proof.table_columns import in_column, scale
from rag_app.proof.wording import agree, snap
from rag_app.searching.candidates import Trace
from rag_app.text import one_line
from rag_app.types import WEAK_SUPPORT, Answer, AnswerSeconds, Passages, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from collections.abc import Generator as Generating

    from ingest import Document
    from rag_app.answering.comparison import Side
    from rag_app.answering.listing import Mention
    from rag_app.answering.stages import Found, Stages
    from rag_app.asking.kind import Asked
    from rag_app.asking.series import Series
    from rag_app.evidence.choose import Evidence
    from rag_app.proof.quotes import AnswerForm
    from rag_app.types import AnswerStatus, Citation, Event, Hit, StoredDocument, Turn

    Made = Generating[Event, None, "_Result"]

_ROOMY = 3072  # tokens of a generator that holds the examples too; without them a smaller one answers less well
_FEW = 600  # characters of evidence with a piece that is clearly best
_TRIES = 5  # of an answer, each without one more document that went meanwhile
_READ = 16  # documents that are kept while a question is answered
_MARKED = re.compile(r"(?<=\s)(?:\[\d+\])+$")
_GIST = 2  # statements from each of two documents that are compared as a whole
_PARAGRAPH = re.compile(r"^(?:\(\d+\)|\d+(?:\.\d+)+)\s+(?=[A-ZÄÖÜ])")  # number of one in a contract
_SPACED = re.compile(r"\s*\S+")


def answer(question: str, history: Sequence[Turn], stages: Stages) -> Iterator[Event]:
    """Yield `Passages`, the answer's text in `Token`s, and the `Answer`.

    Nothing is shown before its proof is found, and none is written where one is unlikely.
    """
    begun, usage, before = time.perf_counter(), Usage(), stages.generation()
    asked = standalone(question, history, stages.generator)
    gone: set[str] = set()
    first, events = 0.0, _without_those_gone(asked, stages, usage, gone)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result: _Result = end.value
            break
        if isinstance(event, Token):
            first = first or time.perf_counter() - begun
        yield event
    result, notes = _sources_now(result, stages, gone, unchanged=stages.generation() == before)
    seconds = result.trace.seconds
    yield Answer(
        question=question,
        standalone_question=asked,
        status=result.status,
        answer=result.text,
        citations=result.citations,
        passages=result.hits,
        seconds=AnswerSeconds(
            retrieve=seconds.get("embed", 0.0) + seconds.get("retrieve", 0.0),
            rerank=seconds.get("rerank", 0.0),
            first_token=first,
            total=time.perf_counter() - begun,
        ),
        tokens=Tokens(usage.prompt, usage.evaluated, usage.completion),
        models=stages.models,
        unknown_markers=result.unknown,
        notes=(*result.notes, *notes),
    )


class _Gone(Exception):
    """A document that was found is not in the library any more: another process has removed it."""


def _without_those_gone(question: str, stages: Stages, usage: Usage, gone: set[str]) -> Made:
    """Answer, and where a document goes before anything is said answer anew without it; those that go are noted."""
    shown = False
    for left in reversed(range(_TRIES)):
        present = _Present(stages, gone)
        events = _events(question, kind_of(question, present.documents), present, usage)
        try:
            while True:
                try:
                    event = next(events)
                except StopIteration as end:
                    result: _Result = end.value
                    return result
                if not (shown and isinstance(event, Passages)):
                    yield event
                shown = True
        except _Gone:
            if not left:
                break
    result = _nothing(question)
    yield from _spoken(result.text)
    return result


class _Present(Relay):
    """The stages without the documents that are gone; one that cannot be read any more becomes one of these."""

    def __init__(self, stages: Stages, gone: set[str]) -> None:
        super().__init__(stages)
        self._gone = gone
        self._read = lru_cache(_READ)(stages.read)  # a document is long, and asked for several times

    def read(self, path: str) -> Document:
        try:
            return self._read(path)
        except UsageError as error:
            self._gone.add(path)
            raise _Gone from error

    def find(self, question: str) -> Found:
        return self._there(super().find(question))

    def find_in(self, question: str, path: str) -> Found:
        try:
            return self._there(super().find_in(question, path))
        except UsageError as error:
            if any(path in document.paths for document in super().documents()):
                raise
            self._gone.add(path)
            raise _Gone from error

    def mentions(self, topic: str) -> Sequence[Mention]:
        return [one for one in super().mentions(topic) if one.document not in self._gone]

    def documents(self) -> Sequence[StoredDocument]:
        return [one for one in super().documents() if self._gone.isdisjoint({one.path, *one.paths})]

    def _there(self, found: Found) -> Found:
        hits, trace = found
        return tuple(hit for hit in hits if hit.document not in self._gone), trace


def _sources_now(
    result: _Result, stages: Stages, gone: Collection[str], *, unchanged: bool
) -> tuple[_Result, tuple[str, ...]]:
    """Compare an answer's sources with what is there when it is written, and return a sentence on each that differs.

    Args:
        result: its quotes were in the library when it was begun.
        stages: read the library as it is now.
        gone: documents that went meanwhile.
        unchanged: the library has not changed since.
    """
    said = {path: removed(path) for path in sorted(gone)}
    citations = []
    for citation in result.citations:
        path = citation.document
        overtaken = "" if unchanged else _overtaken(citation, stages)
        trouble = "" if overtaken else stages.trouble(path)
        if overtaken or trouble:
            said[path] = overtaken or last_text(path, trouble)
        citations.append(replace(citation, verified=citation.verified and not overtaken, stale=trouble))
    lost = sum(citation.verified for citation in citations) < sum(citation.verified for citation in result.citations)
    status: AnswerStatus = "partial" if lost else result.status
    return replace(result, status=status, citations=tuple(citations)), tuple(said.values())


def _overtaken(citation: Citation, stages: Stages) -> str:
    """Return the sentence on a quote that the library holds no more."""
    try:
        return "" if stands(citation, stages.read(citation.document)) else changed(citation.document)
    except UsageError:
        return removed(citation.document)


def _nothing(question: str) -> _Result:
    """Say in the language of a question that the documents do not answer it."""
    return _Result("not_found", language_of(question).sentences.not_found)


def _events(question: str, wish: Asked, stages: Stages, usage: Usage) -> Made:
    if wish.kind == "list":
        return _list(wish, stages)
    if wish.kind == "comparison":
        return _comparison(wish, stages, usage)
    if wish.kind == "summary":
        return _summary(question, wish, stages, usage)
    if wish.kind == "series":
        return _series(question, wish, stages, usage)
    return _fact(question, stages, usage)


@dataclass(frozen=True, slots=True)
class _Result:
    status: AnswerStatus
    text: str
    citations: tuple[Citation, ...] = ()
    unknown: tuple[int, ...] = ()
    hits: tuple[Hit, ...] = ()
    trace: Trace = field(default_factory=Trace)
    notes: tuple[str, ...] = ()


def _fact(question: str, stages: Stages, usage: Usage) -> Made:
    """Answer from the passages that bear most on the question, those of the document first whose date it gives."""
    hits, trace = stages.find(question)
    meant = edition(question, _series_of(hits, stages)) if asks_edition(question) else None
    if meant is not None and any(hit.document != meant[1] for hit in hits):
        asked, sought, found = _in_edition(question, *meant, stages)
        result = _from(asked, *found, stages, usage, sought)
        if result.status != "not_found":
            yield Passages(result.hits)
            yield from _spoken(result.text)
            return result
    yield Passages(hits)
    result = _from(question, hits, trace, stages, usage)
    yield from _spoken(result.text)
    return result


def _series_of(hits: Sequence[Hit], stages: Stages) -> Series:
    return series_of([hit.document for hit in hits], stages.documents())


def _in_edition(question: str, period: Period, path: str, stages: Stages) -> tuple[str, str, Found]:
    """Return what is asked of a document of a series, what is looked for in it, and what is found."""
    document = stages.read(path)
    asked = asked_of(question, period, document)
    sought = looked_for(asked_of(question, Period(), document), document)
    return asked, sought, stages.find_in(sought, path)


def _series(question: str, wish: Asked, stages: Stages, usage: Usage) -> Made:
    """Ask the same of each document that comes out again and again, in order of time."""
    hits, _ = stages.find(question)
    series = _series_of(hits, stages)[-MOST:]
    if not series:
        return (yield from _fact(question, stages, usage))
    each = [_in_edition(wish.topic, *one, stages) for one in series]
    sides = (_unless_gone(partial(_from, asked, *found, stages, usage, sought)) for asked, sought, found in each)
    names = [one_line(PurePath(path).name) for _, path in series]
    return (yield from _beside(names, [found for *_, found in each], sides, wish))


def _list(wish: Asked, stages: Stages) -> Made:
    """Name every document that mentions the topic: all passages are looked through, no model is asked."""
    hits, trace = stages.find(wish.topic)
    yield Passages(hits)
    found = look_up(wish.topic, stages.mentions, stages.read, exact=wish.exact, language=wish.language)
    nothing = get_language(wish.language).sentences.not_mentioned
    result = _Result("not_found", nothing, hits=hits, trace=trace)
    if found:
        text, citations = listing(wish.topic, found, stages.read, language=wish.language)
        status: AnswerStatus = "answered" if all(citation.verified for citation in citations) else "partial"
        result = _Result(status, text, tuple(citations), hits=hits, trace=trace)
    yield from _spoken(result.text)
    return result


def _comparison(wish: Asked, stages: Stages, usage: Usage) -> Made:
    """Answer for each of two documents from its own passages, or for each of two things, and lay it side by side."""
    names = wish.things or tuple(one_line(PurePath(path).name) for path in wish.documents)
    asked = [topic_question(wish, thing) for thing in wish.things or ("", "")]
    if wish.things:
        found = [stages.find(question) for question in asked]
    else:
        found = [stages.find_in(asked[0] if wish.topic else path, path) for path in wish.documents]
    sides = (
        (
            _unless_gone(partial(_from, question, *one, stages, usage))
            for question, one in zip(asked, found, strict=True)
        )
        if wish.topic
        else (
            _gist(parts(document, _GIST)[0], document, stages, usage, language=wish.language)
            for document in list(map(stages.read, wish.documents))  # both, before anything is said of one
        )
    )
    return (yield from _beside(names, found, sides, wish))


def _unless_gone(side: Callable[[], _Result]) -> _Result:
    """Return one side of a comparison; nothing is found in a document that goes when another side is said already."""
    try:
        return side()
    except _Gone:
        return _Result("not_found", "")


def _beside(names: Sequence[str], found: Sequence[Found], sides: Iterator[_Result], wish: Asked) -> Made:
    """Lay the answers of several documents or about several things side by side, each shown when it is there."""
    ranked = chain(*(hits for hits, _ in found))
    unique = {(hit.document, hit.start, hit.end): hit for hit in ranked}
    hits = tuple(replace(hit, rank=rank) for rank, hit in enumerate(unique.values(), 1))
    yield Passages(hits)
    answers: list[Side] = []
    statuses: set[AnswerStatus] = set()
    text = ""
    citations: tuple[Citation, ...] = ()
    notes: tuple[str, ...] = ()
    for name, side in zip(names, sides, strict=True):
        notes += tuple(note for note in side.notes if note not in notes)
        answers.append((name, side.status, side.text, side.citations))
        statuses.add(side.status)
        if statuses != {"not_found"}:
            before = text
            text, citations = side_by_side(answers, language=wish.language)
            yield from _spoken(text.removeprefix(before))
    status: AnswerStatus = "partial" if len(statuses) > 1 else statuses.pop()
    if status == "not_found":
        text = get_language(wish.language).sentences.not_found
        yield from _spoken(text)
    return _Result(status, text, citations, hits=hits, trace=found[0][1], notes=notes)


def _summary(question: str, wish: Asked, stages: Stages, usage: Usage) -> Made:
    """Say what a document is about, and show a statement from each of its parts."""
    [path] = wish.documents
    document = stages.read(path)
    hits, trace = stages.find_in(document.title or question, path)
    yield Passages(hits)
    found, read, count = parts(document, PARTS)
    result = _gist(found, document, stages, usage, language=wish.language, bullet="\n- ")
    if count > read:
        left = filled(get_language(wish.language).sentences.parts_read, read=read, count=count)
        result = replace(result, text=f"{result.text}\n({left})")
    yield from _spoken(result.text)
    return replace(result, hits=hits, trace=trace)


def _gist(
    found: Sequence[Sequence[Evidence]],
    document: Document,
    stages: Stages,
    usage: Usage,
    *,
    language: str,
    bullet: str = " ",
) -> _Result:
    """Return what a document is about, and after a bullet each a statement from every part that was found."""
    if not found:
        return _Result("not_found", get_language(language).sentences.not_found)
    pieces = [central(part, stages.embed) for part in found]
    shown = neutral(show(pieces))
    name = shown_name(" ".join(document.title.split()) or PurePath(document.path).name)
    asked = render("summary_user", language, text=Fence.of(shown, document.path).around(shown), document=name)
    sentence, _ = _say(asked, form_for(name, pieces), stages, usage)
    first, carried = opening(sentence, name, pieces)
    text = f"{harmless(first)} {''.join(f'[{row + 1}]' for row in carried)}" if first else ""
    cited = tuple(cite(marker, piece, document) for marker, piece in enumerate(pieces, 1))
    for marker, piece in enumerate(pieces, 1):
        text += f"{bullet}{harmless(_PARAGRAPH.sub('', stated(piece)))} [{marker}]"
    status: AnswerStatus = "answered" if all(citation.verified for citation in cited) else "partial"
    return _Result(status, text.strip(), cited)


def _spoken(text: str) -> Iterator[Token]:
    return (Token(piece) for piece in _SPACED.findall(text))


def _from(
    question: str, hits: tuple[Hit, ...], trace: Trace, stages: Stages, usage: Usage, sought: str = ""
) -> _Result:
    """Answer from these passages, or say that they do not hold the answer.

    Args:
        question: as it is asked of the generator.
        hits: the passages.
        trace: of the search.
        stages: what answering needs.
        usage: counts tokens.
        sought: as it is searched for, where that differs.
    """
    since = time.perf_counter()
    pieces = gather(sought or question, hits, stages.score, stages.read, stages.about(question), stages.numbers())
    trace.timed("rerank", since)
    result = _nothing(question)
    check = AskedOnce(stages.generator)  # the piece that is checked before is often the one that proves the answer
    likely = _likely(question, hits, pieces, stages, check) if pieces else 0.0
    doubted = DOUBT[0] <= likely < DOUBT[1]
    if doubted or likely >= stages.calibration().bound:
        result = _prove(question, sought or question, pieces, stages, usage, check if doubted else None)
    return replace(result, hits=hits, trace=trace)


def look(question: str, stages: Stages) -> Look | None:
    """Return what is seen of a question, the generator's check included; None where no passage is found."""
    hits, _ = stages.find(question)
    read = lru_cache(_READ)(stages.read)
    numbers = stages.numbers()
    pieces = gather(question, hits, stages.score, read, stages.about(question), numbers)
    if not pieces:
        return None
    checked = holds(question, pieces, read, stages.generator())
    said = " ".join(piece.text for piece in pieces)
    return Look(
        replace(signals(hits, pieces, numbers.late_rank), holds=checked), frozenset(hit.document for hit in hits), said
    )


def _likely(question: str, hits: Sequence[Hit], pieces: Sequence[Evidence], stages: Stages, check: AskedOnce) -> float:
    seen = signals(hits, pieces, stages.numbers().late_rank)
    return chance(seen, lambda: holds(question, pieces, stages.read, check), stages.calibration())


def _prove(
    question: str, sought: str, pieces: Sequence[Evidence], stages: Stages, usage: Usage, check: AskedOnce | None
) -> _Result:
    """Write an answer and tie it to the evidence it rests on; what that does not carry makes it partial, or none.

    Args:
        question: as it is asked.
        sought: as it was searched.
        pieces: all evidence.
        stages: what answering needs.
        usage: counts tokens.
        check: looks at an answer that is in doubt.
    """
    read, numbers = stages.read, stages.numbers()
    shown = choose(pieces, stages.evidence, out_of_reach=numbers.out_of_reach)
    draft = _write(question, shown, stages, usage)
    best = max(shown, key=lambda piece: piece.worth)
    if is_verdict(draft.text):  # a small model often gets yes and no wrong where it has found the fact that decides
        draft = _Draft(stated(best))
    piece = proof_of(draft.text, question, shown, numbers.proof_share)
    if foreign(question, read(piece.hit.document)):
        return _nothing(question)
    if piece.row:
        piece = row_called(sought, piece, pieces)
    if (draft.believed or piece.row) and draft.text != stated(piece) and _doubtful(draft.text, question, piece):
        nearest = around(pieces, [piece] if piece.row else [piece, best])
        if nearest != shown:
            again = _write(question, nearest, stages, usage, draft.text)
            if not (
                piece.row and _made_up(again.text, question, nearest) and not _made_up(draft.text, question, [piece])
            ):
                draft, shown = again, nearest
                piece = proof_of(draft.text, question, shown, numbers.proof_share)
    if piece.row:
        text = in_column(question, draft.text, piece.named)
    else:
        text = snap(draft.text, piece.text) if draft.believed else stated(piece)
    text = harmless(text)
    if empty(question, text):
        return _nothing(question)
    if made_up := _made_up(text, question, shown):  # no such figure is shown: what the documents say is
        text = harmless(stated(piece))
    document = read(piece.hit.document)
    short = text if draft.believed or piece.row else draft.text
    if check and not carries(
        question, short, piece, pieces, document, check, numbers, stages.generator().numbers.agreed
    ):
        return _nothing(question)
    result = _cited(question, text, [piece, *(other for other in shown if other is not piece)], stages)
    result = replace(result, status="partial") if made_up else result
    if piece.row and (said := scale(text, piece.text, document.text[: piece.start])):
        result = replace(result, text=_MARKED.sub(rf"({said}) \g<0>", result.text))
    return _weighed(question, sought, text, result, piece, pieces, stages, usage)


def _weighed(
    question: str,
    sought: str,
    text: str,
    result: _Result,
    piece: Evidence,
    pieces: Sequence[Evidence],
    stages: Stages,
    usage: Usage,
) -> _Result:
    """Return an answer beside what other documents say instead, or theirs where it only speaks about the question."""
    talking = about_question(question, pieces)
    if piece.hit.document in talking:
        rest = [other for other in pieces if other.hit.document not in talking]
        return _instead(question, sought, text, piece, rest, stages, usage) or result
    for other in rivals(question, text, piece, pieces, stages.read, stages.numbers()):
        said = _alone(question, other, pieces, stages, usage)
        if said and differs(question, text, said):
            if other.hit.document not in talking:
                return _contradicted(question, result, other, stages.read)
            result = replace(result, notes=(*result.notes, _aside(question, other, said)))
    return result


def _instead(
    question: str, sought: str, text: str, piece: Evidence, rest: Sequence[Evidence], stages: Stages, usage: Usage
) -> _Result | None:
    """Return what the other documents answer, where that is another value; the reader is told what was set aside."""
    hits = list(dict.fromkeys(other.hit for other in rest))
    if not rest or _likely(question, hits, rest, stages, AskedOnce(stages.generator)) < stages.calibration().bound:
        return None
    again = _prove(question, sought, rest, stages, usage, None)
    if again.status == "not_found":
        return None
    said = _MARKED.sub("", again.text)
    own = [one for one in rest if one.hit.document == again.citations[0].document]
    other = proof_of(said, question, own, stages.numbers().proof_share)
    if not (differs(question, text, said) and answers_too(question, piece, other, stages.read)):
        return None
    return replace(again, notes=(*again.notes, _aside(question, piece, text)))


def _aside(question: str, piece: Evidence, said: str) -> str:
    return set_aside(piece.hit.document, said, language_of(question).code)


def _alone(question: str, piece: Evidence, pieces: Sequence[Evidence], stages: Stages, usage: Usage) -> str:
    """Return what is answered from a piece and its neighbours alone; nothing where they do not hold it."""
    evidence = choose(around(pieces, [piece]), _FEW, out_of_reach=stages.numbers().out_of_reach)
    before = _examples_for(stages)
    text, _ = _ask("answer_user", question, evidence, stages, usage, before)
    return "" if empty(question, text) or _made_up(text, question, evidence) else harmless(text)


def _contradicted(question: str, result: _Result, against: Evidence, read: Callable[[str], Document]) -> _Result:
    """Add what another document says instead."""
    cited = result.citations[: CITATIONS - 1]
    if any(citation.document == against.hit.document for citation in cited[1:]):
        return result
    citation = cite(len(cited) + 1, against, read(against.hit.document))
    text = _MARKED.sub("", result.text) + " ".join(f"[{one.marker}]" for one in cited)
    quote = harmless(stated(against))
    name = one_line(PurePath(citation.document).name)
    instead = filled(language_of(question).sentences.says_instead, document=name, quote=quote)
    return replace(result, text=f"{text} {instead} [{citation.marker}]", citations=(*cited, citation))


def _doubtful(text: str, question: str, piece: Evidence) -> bool:
    """Tell whether a figure may have been mixed up: it comes from a table or from among others, or stands elsewhere.

    Such an answer is written again from the evidence and its neighbours alone. Written again without such a reason,
    as many answers are spoilt as mended (docs/decisions/0009).
    """
    if piece.row:
        return True
    said = unsupported_figures(text, [question])
    return bool(said) and (len(figures(piece.text)) > 1 or bool(unsupported_figures(text, [question, piece.whole])))


def _made_up(text: str, question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether an answer gives numbers, and none of them stands in what the generator read."""
    given = unsupported_numbers(text, [question])
    return (
        bool(given)
        and not markers(text)
        and len(unsupported_numbers(text, [question, *(one.whole for one in evidence)])) == len(given)
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A short answer before its proof; where it is not believed, what it rests on is quoted in its place."""

    text: str
    believed: bool = True


def _write(question: str, evidence: Sequence[Evidence], stages: Stages, usage: Usage, earlier: str = "") -> _Draft:
    """Ask for a short answer, and where the generator hesitates in another way too; the likelier one stands.

    It is asked for after examples, and then in the fewest words without any: these mislead in other questions.
    Where a piece of evidence is clearly best, the generator reads the best alone.
    An answer that is the same as an `earlier` one, from more evidence, is believed sooner.
    """
    scores, likelihoods = stages.numbers(), stages.generator().numbers
    if not earlier and max(piece.score for piece in evidence) >= scores.clearly_best:
        evidence = choose(evidence, _FEW, out_of_reach=scores.out_of_reach)
    before = _examples_for(stages)
    text, certainty = _ask("answer_user", question, evidence, stages, usage, before)
    repeated = bool(earlier) and agree(text, earlier)
    if certainty >= (likelihoods.repeated if repeated else likelihoods.certain) or is_verdict(text):
        return _Draft(text)
    brief, likelihood = _ask("brief_user", question, evidence, stages, usage)
    likelier = max(certainty, likelihood)
    if empty(question, text):
        return _Draft(brief, likelier >= likelihoods.believed)
    if agree(text, brief) or agree(brief, text) or empty(question, brief):
        return _Draft(text, likelier >= likelihoods.repeated)
    return _Draft(text if certainty >= likelihood else brief, likelier >= likelihoods.believed)


def _ask(
    prompt: str,
    question: str,
    evidence: Sequence[Evidence],
    stages: Stages,
    usage: Usage,
    before: Sequence[Message] = (),
) -> tuple[str, float]:
    """Return what the generator answers from this evidence, and how certain it was of it."""
    shown = neutral(show(evidence))
    return _say(_asked(prompt, shown, question), form_for(question, evidence), stages, usage, before)


def _asked(prompt: str, shown: str, question: str) -> str:
    language = language_of(question).code
    return render(prompt, language, evidence=Fence.of(shown, question).around(shown), question=question)


def _examples_for(stages: Stages) -> Sequence[Message]:
    """Return the examples before the question, for a generator that has room for them."""
    return _examples() if stages.generator().context >= _ROOMY else ()


@cache
def _examples() -> tuple[Message, ...]:
    """Return questions that are answered as they should be, as turns that go before the one that is asked."""
    messages: list[Message] = []
    for text, question, answered in examples("answer_examples"):
        messages += [Message("user", _asked("answer_user", text, question)), Message("assistant", answered)]
    return tuple(messages)


def _say(
    prompt: str, form: AnswerForm, stages: Stages, usage: Usage, before: Sequence[Message] = ()
) -> tuple[str, float]:
    """Return what the generator writes, and how certain it was of it."""
    messages, spent = [Message("system", render("answer_system")), *before, Message("user", prompt)], Usage()
    text = "".join(stages.generator().stream(messages, spent, max_tokens=stages.answer_tokens, form=form))
    usage.prompt += spent.prompt
    usage.evaluated += spent.evaluated
    usage.completion += spent.completion
    return whole_sentences(text.strip()), spent.certainty


def _cited(question: str, text: str, evidence: Sequence[Evidence], stages: Stages) -> _Result:
    """Cite the first piece, and others as far as they hold what the answer says and the ones before do not."""
    used: list[Evidence] = []
    for piece in evidence:
        missing = _unsupported(text, question, used)
        if not used or (missing and len(_unsupported(text, question, [*used, piece])) < len(missing)):
            used.append(piece)
        if len(used) == CITATIONS:
            break
    if missing := _unsupported(text, question, used):
        wider = [with_heading(piece, stages.read(piece.hit.document)) for piece in used]
        used = wider if len(_unsupported(text, question, wider)) < len(missing) else used
    cited = [cite(marker, piece, stages.read(piece.hit.document)) for marker, piece in enumerate(used, 1)]
    covered = all(citation.verified for citation in cited) and not _unsupported(text, question, used)
    told = [piece.whole for piece in used]
    together = [*told, " ".join(told)] if len(told) > 1 else told
    support = supports(question, text, together, stages.score, stages.numbers())
    cited = [replace(citation, support=round(value, 3)) for citation, value in zip(cited, support, strict=False)]
    covered = covered and max(support) >= WEAK_SUPPORT
    unknown = tuple(markers(text))  # none of the generator's own is a citation
    text = f"{text} {''.join(f'[{citation.marker}]' for citation in cited)}"
    return _Result("answered" if covered and not unknown else "partial", text, tuple(cited), unknown)


def _unsupported(text: str, question: str, pieces: Sequence[Evidence]) -> list[str]:
    """Return the figures of an answer that are not quoted, and the words that do not even stand above what is."""
    return [
        *unsupported_numbers(text, [question, *(piece.said for piece in pieces)]),
        *unsupported_words(text, [question, *(piece.whole for piece in pieces)]),
    ]
