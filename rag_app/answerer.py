"""The read path: question -> passages -> evidence -> answer whose every claim is tied to a quote, or an honest no."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prompts import render
from rag_app.citations import Draft, cite, form_for, split_marker, unsupported_figures, whole_sentences
from rag_app.context import gather, show
from rag_app.followup import standalone
from rag_app.generator import Message, Usage
from rag_app.refusal import SURE, hopeless, relevant, supported
from rag_app.types import Answer, AnswerSeconds, ModelNames, Passages, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Generator as Pieces

    from ingest import Document
    from rag_app.context import Evidence
    from rag_app.generator import Generator
    from rag_app.search import Trace
    from rag_app.types import AnswerStatus, Citation, Event, Hit, Turn, Vectors

NOT_FOUND = "The documents do not answer this question."


@dataclass(frozen=True, slots=True)
class Stages:
    """What answering needs; each part can be replaced in a test."""

    find: Callable[[str], tuple[tuple[Hit, ...], Trace]]  # question to passages, best first
    score: Callable[[str, Sequence[str]], Vectors]  # the cross-encoder
    generator: Callable[[], Generator]  # loaded at its first use
    read: Callable[[str], Document]  # a document's path to its stored pages and text
    models: ModelNames
    answer_tokens: int
    evidence: int


@dataclass(slots=True)
class _Clock:
    """Seconds since the question came."""

    begun: float
    first_token: float = 0.0

    def now(self) -> float:
        return time.perf_counter() - self.begun

    def token(self) -> None:
        self.first_token = self.first_token or self.now()


def answer(question: str, history: Sequence[Turn], stages: Stages) -> Iterator[Event]:
    """Yield `Passages`, the answer's text in `Token`s as it is written, and the `Answer`.

    The generator is not asked where no passage is relevant.
    """
    clock, usage = _Clock(time.perf_counter()), Usage()
    asked = standalone(question, history, stages.generator)
    hits, trace = stages.find(asked)
    yield Passages(hits)
    since = time.perf_counter()
    evidence = gather(asked, hits, stages.score, stages.evidence)
    trace.timed("rerank", since)
    draft, shown = Draft(), ""
    result = _Result("not_found", NOT_FOUND)
    if relevant(hits, evidence):
        writing, chosen = _write(asked, evidence, stages, usage), None
        for piece in writing:
            text = draft.add(piece)
            if chosen is None:
                chosen = _named(draft, evidence)
                if chosen and hopeless(asked, chosen, stages.read(chosen.hit.document)):
                    break
            if text and chosen and chosen.score >= SURE:  # else it is shown when it has been checked
                clock.token()
                shown += text
                yield Token(text)
        writing.close()
        result = _prove(asked, draft, evidence, stages)
    if rest := result.text.removeprefix(shown):
        clock.token()
        yield Token(rest)
    yield Answer(
        question=question,
        standalone_question=asked,
        status=result.status,
        answer=result.text,
        citations=result.citations,
        passages=hits,
        seconds=AnswerSeconds(
            retrieve=trace.seconds.get("embed", 0.0) + trace.seconds.get("retrieve", 0.0),
            rerank=trace.seconds.get("rerank", 0.0),
            first_token=clock.first_token,
            total=clock.now(),
        ),
        tokens=Tokens(usage.prompt, usage.evaluated, usage.completion),
        models=stages.models,
        unknown_markers=result.unknown,
    )


@dataclass(frozen=True, slots=True)
class _Result:
    status: AnswerStatus
    text: str
    citations: tuple[Citation, ...] = ()
    unknown: tuple[int, ...] = ()


def _write(question: str, evidence: Sequence[Evidence], stages: Stages, usage: Usage) -> Pieces[str, None, None]:
    messages = [
        Message("system", render("answer_system")),
        Message("user", render("answer_user", evidence=show(evidence), question=question)),
    ]
    form = form_for(question, evidence)
    yield from stages.generator().stream(messages, usage, max_tokens=stages.answer_tokens, form=form)


def _named(draft: Draft, evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the evidence that the draft names, as soon as it does."""
    number, _ = split_marker(draft.written)
    return next((piece for piece in evidence if piece.number == number), None)


def _prove(question: str, draft: Draft, evidence: Sequence[Evidence], stages: Stages) -> _Result:
    """Tie the written answer to its quote; what the quote does not cover makes it partial, or no answer at all."""
    number, text = split_marker(draft.written)
    text = whole_sentences(text.rstrip())
    piece = _named(draft, evidence)
    if piece is None:
        return _Result("partial", text, unknown=() if number is None else (number,))
    document = stages.read(piece.hit.document)
    if hopeless(question, piece, document) or not supported(question, text, piece, document, stages.generator()):
        return _Result("not_found", NOT_FOUND)
    citation = cite(1, piece, document)
    covered = citation.verified and not unsupported_figures(text, [citation.quote, piece.lead, piece.hit.text])
    return _Result("answered" if covered else "partial", f"{text} [1]", (citation,))
