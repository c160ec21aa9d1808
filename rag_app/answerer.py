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
from rag_app.types import Answer, AnswerSeconds, ModelNames, Passages, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest import Document
    from rag_app.context import Evidence
    from rag_app.generator import Generator
    from rag_app.search import Trace
    from rag_app.types import AnswerStatus, Citation, Event, Hit, Turn, Vectors

RELEVANT = 0.0  # logits; below it the best passage and sentence say nothing on the question (benchmarks/refusal.py)
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
    draft = Draft()
    if relevant(hits, evidence):
        for piece in _write(asked, evidence, stages, usage):
            if text := draft.add(piece):
                clock.token()
                yield Token(text)
        result = _prove(draft.written, evidence, stages)
    else:
        result = _Result("not_found", NOT_FOUND)
    if rest := result.after(draft):
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


def relevant(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> bool:
    """Tell whether any passage or sentence bears on the question."""
    best = max([*(hit.score for hit in hits), *(piece.score for piece in evidence)], default=RELEVANT)
    return bool(evidence) and best > RELEVANT


@dataclass(frozen=True, slots=True)
class _Result:
    status: AnswerStatus
    text: str
    citations: tuple[Citation, ...] = ()
    unknown: tuple[int, ...] = ()

    def after(self, draft: Draft) -> str:
        """Return what is still to be shown when the draft has been."""
        return self.text.removeprefix(draft.shown)


def _write(question: str, evidence: Sequence[Evidence], stages: Stages, usage: Usage) -> Iterator[str]:
    messages = [
        Message("system", render("answer_system")),
        Message("user", render("answer_user", evidence=show(evidence), question=question)),
    ]
    form = form_for(question, evidence)
    yield from stages.generator().stream(messages, usage, max_tokens=stages.answer_tokens, form=form)


def _prove(written: str, evidence: Sequence[Evidence], stages: Stages) -> _Result:
    """Tie the written answer to its quote; what is not covered by it makes the answer partial."""
    number, text = split_marker(written)
    text = whole_sentences(text.rstrip())
    piece = next((piece for piece in evidence if piece.number == number), None)
    if piece is None:
        return _Result("partial", text, unknown=() if number is None else (number,))
    citation = cite(1, piece, stages.read(piece.hit.document))
    sources = [citation.quote, piece.lead, piece.hit.text]
    supported = citation.verified and not unsupported_figures(text, sources)
    return _Result("answered" if supported else "partial", f"{text} [1]", (citation,))
