"""The read path: question -> passages -> evidence -> answer whose every claim is tied to a quote, or an honest no."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeVar

from prompts import render
from rag_app.answering.catalogue import program_answer
from rag_app.answering.comparison import side_by_side, topic_question
from rag_app.answering.draft import say
from rag_app.answering.listing import listing, look_up
from rag_app.answering.proved import DOCUMENTS_KEPT, Result, from_passages, not_found
from rag_app.answering.section import section_by_rule
from rag_app.answering.shaped import in_shape
from rag_app.answering.stages import CountedStages, Relay
from rag_app.answering.summary import PARTS, central, opening, parts
from rag_app.asking.followup import standalone
from rag_app.asking.kind import kind_of
from rag_app.asking.periods import Period
from rag_app.asking.program_question import told
from rag_app.asking.series import MOST, asked_of, asks_edition, edition, looked_for, series_of
from rag_app.errors import UsageError
from rag_app.evidence.choose import show
from rag_app.evidence.file_trouble import changed, last_text, removed
from rag_app.evidence.guard import Fence, harmless, neutral
from rag_app.evidence.injection import shown_name
from rag_app.language.language import filled, get_language
from rag_app.models.generator import Usage
from rag_app.proof.quotes import (
    cite,
    form_for,
    stands,
    stated,
)
from rag_app.text import one_line
from rag_app.types import Answer, AnswerSeconds, Passages, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from collections.abc import Generator as Generating

    from ingest import Document, Table
    from rag_app.answering.comparison import Side
    from rag_app.answering.listing import Mention
    from rag_app.answering.stages import Found, Stages
    from rag_app.asking.kind import Asked
    from rag_app.asking.series import Series
    from rag_app.evidence.choose import Evidence
    from rag_app.types import AnswerKind, AnswerStatus, Citation, Event, Hit, StoredDocument, Turn

    Made = Generating[Event, None, "Result"]
    Answering = Callable[..., "Result"]  # from passages

T = TypeVar("T")

_TRIES = 5  # of an answer, each without one more document that went meanwhile
_GIST = 2  # statements from each of two documents that are compared as a whole
_PARAGRAPH = re.compile(r"^(?:\(\d+\)|\d+(?:\.\d+)+)\s+(?=[A-ZÄÖÜ])")  # number of one in a contract
_SPACED = re.compile(r"\s*\S+")


def answer(question: str, history: Sequence[Turn], stages: Stages) -> Iterator[Event]:
    """Yield `Passages`, the answer's text in `Token`s, and the `Answer`.

    Nothing is shown before its proof is found, and none is written where one is unlikely.
    """
    begun, usage, before = time.perf_counter(), Usage(), stages.generation()
    stages = CountedStages(stages, usage)
    asked = question if told(question) else standalone(question, history, stages.generator)
    gone: set[str] = set()
    first, events = 0.0, _without_those_gone(asked, stages, gone, leaning=asked != question)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result: Result = end.value
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
        kind=result.kind,
        confidence=result.confidence,
        unsure=result.unsure,
    )


class _Gone(Exception):
    """A document that was found is not in the library any more: another process has removed it."""


def _without_those_gone(question: str, stages: Stages, gone: set[str], *, leaning: bool) -> Made:
    """Answer, and where a document goes before anything is said answer anew without it; those that go are noted."""
    shown = False
    for left in reversed(range(_TRIES)):
        present = _Present(stages, gone)
        events = _events(question, kind_of(question, present.documents), present, leaning=leaning)
        try:
            while True:
                try:
                    event = next(events)
                except StopIteration as end:
                    result: Result = end.value
                    return result
                if not (shown and isinstance(event, Passages)):
                    yield event
                shown = True
        except _Gone:
            if not left:
                break
    result = not_found(question)
    yield from _spoken(result.text)
    return result


class _Present(Relay):
    """The stages without the documents that are gone; one that cannot be read any more becomes one of these."""

    def __init__(self, stages: Stages, gone: set[str]) -> None:
        super().__init__(stages)
        self._gone = gone
        self._read = lru_cache(DOCUMENTS_KEPT)(stages.read)  # a document is long, and asked for several times

    def read(self, path: str) -> Document:
        return self._unless_gone(self._read, path)

    def tables(self, path: str) -> Sequence[Table]:
        return self._unless_gone(super().tables, path)

    def _unless_gone(self, get: Callable[[str], T], path: str) -> T:
        try:
            return get(path)
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
    result: Result, stages: Stages, gone: Collection[str], *, unchanged: bool
) -> tuple[Result, tuple[str, ...]]:
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
    result = replace(result, status="partial", unsure="") if lost else result
    return replace(result, citations=tuple(citations)), tuple(said.values())


def _overtaken(citation: Citation, stages: Stages) -> str:
    """Return the sentence on a quote that the library holds no more."""
    try:
        return "" if stands(citation, stages.read(citation.document)) else changed(citation.document)
    except UsageError:
        return removed(citation.document)


def _events(question: str, wish: Asked, stages: Stages, *, leaning: bool) -> Made:
    if message := told(question):
        return _shown(program_answer(question, message.facts, stages.documents, message.language))
    if wish.kind == "list":
        return _list(wish, stages)
    if wish.kind == "comparison":
        return _comparison(wish, stages)
    if wish.kind == "summary":
        return _summary(question, wish, stages)
    if wish.kind == "series":
        return _series(question, wish, stages)
    if place := section_by_rule(question, stages):
        return _shown(place)
    return _fact(question, stages, partial(in_shape, leaning=leaning))


def _shown(result: Result) -> Made:
    """Say what is known without looking for anything."""
    yield Passages(result.hits)
    yield from _spoken(result.text)
    return result


def _fact(question: str, stages: Stages, answered: Answering = from_passages) -> Made:
    """Answer from the passages that bear most on the question, those of the document first whose date it gives."""
    hits, trace = stages.find(question)
    meant = edition(question, _series_of(hits, stages)) if asks_edition(question) else None
    if meant is not None and any(hit.document != meant[1] for hit in hits):
        asked, sought, found = _in_edition(question, *meant, stages)
        result = _whole(answered(asked, *found, stages, sought))
        if result.status != "not_found":
            yield Passages(result.hits)
            yield from _spoken(result.text)
            return result
    yield Passages(hits)
    return (yield from _said(answered(question, hits, trace, stages)))


def _said(result: Result) -> Made:
    """Say an answer; one that is not written yet is shown as far as it is."""
    if result.writing:
        made = yield from result.writing()
        result = replace(made, hits=result.hits, trace=result.trace)
    yield from _spoken(result.text.removeprefix(result.shown))
    return result


def _whole(result: Result) -> Result:
    """Return an answer when all of it is written, and show nothing."""
    events = _said(result)
    while True:
        try:
            next(events)
        except StopIteration as end:
            written: Result = end.value
            return written


def _series_of(hits: Sequence[Hit], stages: Stages) -> Series:
    return series_of([hit.document for hit in hits], stages.documents())


def _in_edition(question: str, period: Period, path: str, stages: Stages) -> tuple[str, str, Found]:
    """Return what is asked of a document of a series, what is looked for in it, and what is found."""
    document = stages.read(path)
    asked = asked_of(question, period, document)
    sought = looked_for(asked_of(question, Period(), document), document)
    return asked, sought, stages.find_in(sought, path)


def _series(question: str, wish: Asked, stages: Stages) -> Made:
    """Ask the same of each document that comes out again and again, in order of time."""
    hits, _ = stages.find(question)
    series = _series_of(hits, stages)[-MOST:]
    if not series:
        return (yield from _fact(question, stages))
    each = [_in_edition(wish.topic, *one, stages) for one in series]
    sides = (_unless_gone(partial(from_passages, asked, *found, stages, sought)) for asked, sought, found in each)
    names = [one_line(PurePath(path).name) for _, path in series]
    return (yield from _beside(names, [found for *_, found in each], sides, wish))


def _list(wish: Asked, stages: Stages) -> Made:
    """Name every document that mentions the topic: all passages are looked through, no model is asked."""
    hits, trace = stages.find(wish.topic)
    yield Passages(hits)
    found = look_up(wish.topic, stages.mentions, stages.read, exact=wish.exact, language=wish.language)
    nothing = get_language(wish.language).sentences.not_mentioned
    result = Result("not_found", nothing, hits=hits, trace=trace, kind="list")
    if found:
        text, citations = listing(wish.topic, found, stages.read, language=wish.language)
        status: AnswerStatus = "answered" if all(citation.verified for citation in citations) else "partial"
        result = Result(status, text, tuple(citations), hits=hits, trace=trace, kind="list")
    yield from _spoken(result.text)
    return result


def _comparison(wish: Asked, stages: Stages) -> Made:
    """Answer for each of two documents from its own passages, or for each of two things, and lay it side by side."""
    names = wish.things or tuple(one_line(PurePath(path).name) for path in wish.documents)
    asked = [topic_question(wish, thing) for thing in wish.things or ("", "")]
    if wish.things:
        found = [stages.find(question) for question in asked]
    else:
        found = [stages.find_in(asked[0] if wish.topic else path, path) for path in wish.documents]
    sides = (
        (
            _unless_gone(partial(from_passages, question, *one, stages))
            for question, one in zip(asked, found, strict=True)
        )
        if wish.topic
        else (
            _gist(parts(document, _GIST)[0], document, stages, language=wish.language)
            for document in list(map(stages.read, wish.documents))  # both, before anything is said of one
        )
    )
    return (yield from _beside(names, found, sides, wish))


def _unless_gone(side: Callable[[], Result]) -> Result:
    """Return one side of a comparison; nothing is found in a document that goes when another side is said already."""
    try:
        return side()
    except _Gone:
        return Result("not_found", "")


def _beside(names: Sequence[str], found: Sequence[Found], sides: Iterator[Result], wish: Asked) -> Made:
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
    kind: AnswerKind = "list" if wish.kind == "series" else "comparison"
    return Result(status, text, citations, hits=hits, trace=found[0][1], notes=notes, kind=kind)


def _summary(question: str, wish: Asked, stages: Stages) -> Made:
    """Say what a document is about, and show a statement from each of its parts."""
    [path] = wish.documents
    document = stages.read(path)
    hits, trace = stages.find_in(document.title or question, path)
    yield Passages(hits)
    found, read, count = parts(document, PARTS)
    result = _gist(found, document, stages, language=wish.language, bullet="\n- ")
    if count > read:
        left = filled(get_language(wish.language).sentences.parts_read, read=read, count=count)
        result = replace(result, text=f"{result.text}\n({left})")
    yield from _spoken(result.text)
    return replace(result, hits=hits, trace=trace)


def _gist(
    found: Sequence[Sequence[Evidence]],
    document: Document,
    stages: Stages,
    *,
    language: str,
    bullet: str = " ",
) -> Result:
    """Return what a document is about, and after a bullet each a statement from every part that was found."""
    if not found:
        return Result("not_found", get_language(language).sentences.not_found)
    pieces = [central(part, stages.embed) for part in found]
    shown = neutral(show(pieces))
    name = shown_name(" ".join(document.title.split()) or PurePath(document.path).name)
    asked = render("summary_user", language, text=Fence.of(shown, document.path).around(shown), document=name)
    sentence, _ = say(asked, form_for(name, pieces), stages)
    first, carried = opening(sentence, name, pieces)
    text = f"{harmless(first)} {''.join(f'[{row + 1}]' for row in carried)}" if first else ""
    cited = tuple(cite(marker, piece, document) for marker, piece in enumerate(pieces, 1))
    for marker, piece in enumerate(pieces, 1):
        text += f"{bullet}{harmless(_PARAGRAPH.sub('', stated(piece)))} [{marker}]"
    status: AnswerStatus = "answered" if all(citation.verified for citation in cited) else "partial"
    return Result(status, text.strip(), cited, kind="explanation")


def _spoken(text: str) -> Iterator[Token]:
    return (Token(piece) for piece in _SPACED.findall(text))
