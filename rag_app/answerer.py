"""The read path: question -> passages -> evidence -> answer whose every claim is tied to a quote, or an honest no."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from prompts import render
from rag_app.citations import (
    CITATIONS,
    cite,
    figures,
    form_for,
    is_verdict,
    markers,
    proof_of,
    stated,
    unsupported_figures,
    unsupported_words,
    whole_sentences,
)
from rag_app.context import around, choose, gather, show
from rag_app.followup import standalone
from rag_app.generator import Message, Usage
from rag_app.refusal import empty, foreign, relevant, supported
from rag_app.spans import agree, snap
from rag_app.types import Answer, AnswerSeconds, ModelNames, Passages, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ingest import Document
    from rag_app.citations import AnswerForm
    from rag_app.context import Evidence
    from rag_app.generator import Generator
    from rag_app.search import Trace
    from rag_app.types import AnswerStatus, Citation, Event, Hit, Turn, Vectors

NOT_FOUND = "The documents do not answer this question."
_CERTAIN = -0.2  # mean log-likelihood of a short answer's tokens; below it the generator is asked in another way too
_SPACED = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Stages:
    """What answering needs; each part can be replaced in a test."""

    find: Callable[[str], tuple[tuple[Hit, ...], Trace]]  # question to passages, best first
    score: Callable[[str, Sequence[str]], Vectors]  # the cross-encoder
    about: Callable[[str], Mapping[str, float]]  # how much a question names each document, 0 to 1
    generator: Callable[[], Generator]  # loaded at its first use
    read: Callable[[str], Document]  # a document's path to its stored pages and text
    models: ModelNames
    answer_tokens: int
    evidence: int  # characters that the generator reads


def answer(question: str, history: Sequence[Turn], stages: Stages) -> Iterator[Event]:
    """Yield `Passages`, the answer's text in `Token`s, and the `Answer`.

    Nothing is shown before its proof is found. The generator is not asked where no passage is relevant.
    """
    begun, usage = time.perf_counter(), Usage()
    asked = standalone(question, history, stages.generator)
    hits, trace = stages.find(asked)
    yield Passages(hits)
    since = time.perf_counter()
    read = cache(stages.read)  # a document is long, and asked for several times
    pieces = gather(asked, hits, stages.score, read, stages.about(asked))
    trace.timed("rerank", since)
    result = _Result("not_found", NOT_FOUND)
    if relevant(hits, pieces):
        result = _prove(asked, pieces, replace(stages, read=read), usage)
    first = time.perf_counter() - begun
    for text in _SPACED.findall(result.text):
        yield Token(text)
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
            first_token=first,
            total=time.perf_counter() - begun,
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


def _prove(question: str, pieces: Sequence[Evidence], stages: Stages, usage: Usage) -> _Result:
    """Write an answer and tie it to the evidence it rests on; what that does not carry makes it partial, or none."""
    read = stages.read
    shown = choose(pieces, stages.evidence)
    text = _write(question, shown, stages, usage)
    best = max(shown, key=lambda piece: piece.worth)
    if is_verdict(text):  # a small model often gets yes and no wrong where it has found the fact that decides
        text = stated(best)
    piece = proof_of(text, question, shown)
    if foreign(question, read(piece.hit.document)):
        return _Result("not_found", NOT_FOUND)
    if text != stated(piece) and _doubtful(text, question, piece):
        nearest = around(pieces, [piece] if piece.row else [piece, best])
        if nearest != shown:
            shown = nearest
            text = _write(question, shown, stages, usage)
            piece = proof_of(text, question, shown)
    text = text if piece.row else snap(text, piece.text)
    document = read(piece.hit.document)
    if empty(question, text) or not supported(question, text, piece, pieces, document, stages.generator()):
        return _Result("not_found", NOT_FOUND)
    return _cited(question, text, [piece, *(other for other in shown if other is not piece)], read)


def _doubtful(text: str, question: str, piece: Evidence) -> bool:
    """Tell whether a figure may have been mixed up: it comes from a table or from among others, or stands elsewhere.

    Such an answer is written again from the evidence and its neighbours alone. Written again without such a reason,
    as many answers are spoilt as mended (docs/decisions/0009).
    """
    if piece.row:
        return True
    said = unsupported_figures(text, [question])
    return bool(said) and (len(figures(piece.text)) > 1 or bool(unsupported_figures(text, [question, piece.whole])))


def _write(question: str, evidence: Sequence[Evidence], stages: Stages, usage: Usage) -> str:
    """Return a short answer, or a sentence where the generator hesitated and, asked for one, says something else."""
    values = {"evidence": show(evidence), "question": question}
    form = form_for(question, evidence)
    short, certainty = _say(render("answer_user", **values), form, stages, usage)
    if certainty >= _CERTAIN or is_verdict(short):
        return short
    sentence, _ = _say(render("sentence_user", **values), form, stages, usage)
    return short if agree(short, sentence) else sentence


def _say(prompt: str, form: AnswerForm, stages: Stages, usage: Usage) -> tuple[str, float]:
    """Return what the generator writes, and how certain it was of it."""
    messages, spent = [Message("system", render("answer_system")), Message("user", prompt)], Usage()
    text = "".join(stages.generator().stream(messages, spent, max_tokens=stages.answer_tokens, form=form))
    usage.prompt += spent.prompt
    usage.evaluated += spent.evaluated
    usage.completion += spent.completion
    return whole_sentences(text.strip()), spent.certainty


def _cited(question: str, text: str, evidence: Sequence[Evidence], read: Callable[[str], Document]) -> _Result:
    """Cite the first piece, and others as far as they hold what the answer says and the ones before do not."""
    known = [question]
    cited: list[Citation] = []
    for piece in evidence:
        missing = _unsupported(text, known)
        if not cited or (missing and len(_unsupported(text, [*known, piece.whole])) < len(missing)):
            cited.append(cite(len(cited) + 1, piece, read(piece.hit.document)))
            known.append(piece.whole)
        if len(cited) == CITATIONS:
            break
    covered = all(citation.verified for citation in cited) and not _unsupported(text, known)
    unknown = tuple(markers(text))  # none of the generator's own is a citation
    text = f"{text} {''.join(f'[{citation.marker}]' for citation in cited)}"
    return _Result("answered" if covered and not unknown else "partial", text, tuple(cited), unknown)


def _unsupported(text: str, sources: Sequence[str]) -> list[str]:
    return [*unsupported_figures(text, sources), *unsupported_words(text, sources)]
