"""An answer from the passages that bear on a question, with its proof; or that they do not answer it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.answering.draft import FEW, Draft, ask_generator, examples_for, write
from rag_app.evidence.choose import around, choose, gather, row_called, with_heading
from rag_app.evidence.guard import harmless
from rag_app.language.detector import language_of
from rag_app.language.language import filled
from rag_app.proof.carried import Carried, carry
from rag_app.proof.contradictions import about_question, answers_too, differs, rivals, set_aside
from rag_app.proof.figures import figures, unsupported_figures, unsupported_numbers
from rag_app.proof.quotes import (
    CITATIONS,
    cite,
    is_verdict,
    markers,
    proof_of,
    stated,
    unsupported_words,
)
from rag_app.proof.refusal import (
    DOUBT,
    EVEN,
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
from rag_app.proof.wording import snap
from rag_app.searching.candidates import Trace
from rag_app.text import one_line
from rag_app.types import WEAK_SUPPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Generator as Generating

    from ingest import Document
    from rag_app.answering.stages import Stages
    from rag_app.evidence.choose import Evidence
    from rag_app.types import AnswerKind, AnswerStatus, Citation, Event, Hit

    Made = Generating[Event, None, "Result"]
    Form = Callable[[float, Callable[[], "Result"]], "Result"]

DOCUMENTS_KEPT = 16  # documents that are kept while a question is answered
_MARKED = re.compile(r"(?<=\s)(?:\[\d+\])+$")


def not_found(question: str) -> Result:
    """Say in the language of a question that the documents do not answer it."""
    return Result("not_found", language_of(question).sentences.not_found, confidence=0.0)


@dataclass(frozen=True, slots=True)
class Result:
    """What is said to a question, before it is shown."""

    status: AnswerStatus
    text: str
    citations: tuple[Citation, ...] = ()
    unknown: tuple[int, ...] = ()
    hits: tuple[Hit, ...] = ()
    trace: Trace = field(default_factory=Trace)
    notes: tuple[str, ...] = ()
    kind: AnswerKind = "short"
    confidence: float | None = None
    unsure: str = ""  # said where it is partial for its confidence alone
    writing: Callable[[], Made] | None = None  # writes the rest and shows it, and returns all; None where this is all
    shown: str = ""  # what was shown of the text while it was written


def from_passages(
    question: str,
    hits: tuple[Hit, ...],
    trace: Trace,
    stages: Stages,
    sought: str = "",
    *,
    form: Form | None = None,
) -> Result:
    """Answer from these passages, or say that they do not hold the answer.

    Args:
        question: as it is asked of the generator.
        hits: the passages.
        trace: of the search.
        stages: what answering needs.
        sought: as it is searched for, where that differs.
        form: makes the answer of how likely there is one, and of the short answer, which it may ask for, and judges it;
            None: that is the answer, and where it is in doubt it is looked at.
    """
    since = time.perf_counter()
    pieces = gather(sought or question, hits, stages.score, stages.read, stages.about(question), stages.numbers())
    trace.timed("rerank", since)
    result = not_found(question)
    check = AskedOnce(stages.generator)  # the piece that is checked before is often the one that proves the answer
    likely = _likely(question, hits, pieces, stages, check) if pieces else 0.0
    if form and likely >= stages.calibration().bound:
        result = form(likely, partial(_prove, question, sought or question, pieces, stages, None))
    elif not form and likely >= DOUBT[0]:
        doubted = likely < DOUBT[1]
        result = _prove(question, sought or question, pieces, stages, check if doubted else None)
    return replace(result, hits=hits, trace=trace)


def look(question: str, stages: Stages) -> Look | None:
    """Return what is seen of a question, the generator's check included; None where no passage is found."""
    hits, _ = stages.find(question)
    read = lru_cache(DOCUMENTS_KEPT)(stages.read)
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


def _prove(question: str, sought: str, pieces: Sequence[Evidence], stages: Stages, check: AskedOnce | None) -> Result:
    """Write an answer and tie it to the evidence it rests on; what that does not carry makes it partial, or none.

    Args:
        question: as it is asked.
        sought: as it was searched.
        pieces: all evidence.
        stages: what answering needs.
        check: looks at an answer that is in doubt.
    """
    read, numbers = stages.read, stages.numbers()
    shown = choose(pieces, stages.evidence, out_of_reach=numbers.out_of_reach)
    draft = write(question, shown, stages)
    best = max(shown, key=lambda piece: piece.worth)
    if is_verdict(draft.text):  # a small model often gets yes and no wrong where it has found the fact that decides
        draft = Draft(stated(best))
    piece = proof_of(draft.text, question, shown, numbers.proof_share)
    if foreign(question, read(piece.hit.document)):
        return not_found(question)
    if piece.row:
        piece = row_called(sought, piece, pieces)
    if (draft.believed or piece.row) and draft.text != stated(piece) and _doubtful(draft.text, question, piece):
        nearest = around(pieces, [piece] if piece.row else [piece, best])
        if nearest != shown:
            again = write(question, nearest, stages, draft.text)
            if not (
                piece.row
                and made_up_figures(again.text, question, nearest)
                and not made_up_figures(draft.text, question, [piece])
            ):
                draft, shown = again, nearest
                piece = proof_of(draft.text, question, shown, numbers.proof_share)
    text, proven = harmless(draft.text), True
    if piece.row:
        text = in_column(question, text, piece.named)
    elif not draft.believed:
        text = harmless(stated(piece))
    else:
        text = snap(text, piece.text)
        if not empty(question, text) and not markers(text):  # one with markers of its own is never called answered
            piece, found = _carried(text, question, piece, shown)
            text, proven = harmless(found.text), found.carried
    if empty(question, text):
        return not_found(question)
    if made_up := made_up_figures(text, question, shown):  # no such figure is shown: what the documents say is
        text = harmless(stated(piece))
    document = read(piece.hit.document)
    short = text if draft.believed or piece.row else draft.text
    if check and not carries(
        question, short, piece, pieces, document, check, numbers, stages.generator().numbers.agreed
    ):
        return not_found(question)
    result = with_citations(question, text, [piece, *(other for other in shown if other is not piece)], stages)
    result = replace(result, status="partial") if made_up or not proven else result
    if piece.row and (said := scale(text, piece.text, document.text[: piece.start])):
        result = replace(result, text=_MARKED.sub(rf"({said}) \g<0>", result.text))
    return _weighed(question, sought, text, result, piece, pieces, stages)


def _carried(draft: str, question: str, piece: Evidence, shown: Sequence[Evidence]) -> tuple[Evidence, Carried]:
    """Return what is shown of a draft, and the piece of evidence that it is from."""
    pieces = [piece, *(one for one in shown if one != piece and not one.row)]
    found = carry(draft, question, *(one.text for one in pieces), *(one.lead for one in pieces))
    return pieces[found.source % len(pieces)], found


def _weighed(
    question: str,
    sought: str,
    text: str,
    result: Result,
    piece: Evidence,
    pieces: Sequence[Evidence],
    stages: Stages,
) -> Result:
    """Return an answer beside what other documents say instead, or theirs where it only speaks about the question."""
    talking = about_question(question, pieces)
    if piece.hit.document in talking:
        rest = [other for other in pieces if other.hit.document not in talking]
        return _instead(question, sought, text, piece, rest, stages) or result
    for other in rivals(question, text, piece, pieces, stages.read, stages.numbers()):
        said = _alone(question, other, pieces, stages)
        if said and differs(question, text, said):
            if other.hit.document not in talking:
                return _contradicted(question, result, other, stages.read)
            result = replace(result, notes=(*result.notes, _aside(question, other, said)))
    return result


def _instead(
    question: str, sought: str, text: str, piece: Evidence, rest: Sequence[Evidence], stages: Stages
) -> Result | None:
    """Return what the other documents answer, where that is another value; the reader is told what was set aside."""
    hits = list(dict.fromkeys(other.hit for other in rest))
    if not rest or _likely(question, hits, rest, stages, AskedOnce(stages.generator)) < EVEN:
        return None
    again = _prove(question, sought, rest, stages, None)
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


def _alone(question: str, piece: Evidence, pieces: Sequence[Evidence], stages: Stages) -> str:
    """Return what is answered from a piece and its neighbours alone; nothing where they do not hold it."""
    evidence = choose(around(pieces, [piece]), FEW, out_of_reach=stages.numbers().out_of_reach)
    before = examples_for(stages)
    text, _ = ask_generator("answer_user", question, evidence, stages, before)
    return "" if empty(question, text) or made_up_figures(text, question, evidence) else harmless(text)


def _contradicted(question: str, result: Result, against: Evidence, read: Callable[[str], Document]) -> Result:
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


def made_up_figures(text: str, question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether an answer gives numbers, and none of them stands in what the generator read."""
    given = unsupported_numbers(text, [question])
    return (
        bool(given)
        and not markers(text)
        and len(unsupported_numbers(text, [question, *(one.whole for one in evidence)])) == len(given)
    )


def with_citations(question: str, text: str, evidence: Sequence[Evidence], stages: Stages) -> Result:
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
    return Result("answered" if covered and not unknown else "partial", text, tuple(cited), unknown)


def _unsupported(text: str, question: str, pieces: Sequence[Evidence]) -> list[str]:
    """Return the figures of an answer that are not quoted, and the words that do not even stand above what is."""
    return [
        *unsupported_numbers(text, [question, *(piece.said for piece in pieces)]),
        *unsupported_words(text, [question, *(piece.whole for piece in pieces)]),
    ]
