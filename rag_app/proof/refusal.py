"""When to say that the documents do not answer: from scores and a check, never from the generator's own word.

A small generator asked to decline does not. What separates answerable from unanswerable questions is how well the
best passage and the best piece score, and the generator's preference for "yes" over "no" when it is shown the best
piece and asked whether the answer is there. A logistic model turns them into a probability;
its weights and how often it errs are data, `refusal.json`, which a library can replace by its own (`rag calibrate`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files as resource_files
from math import log2
from typing import TYPE_CHECKING, Any, Protocol

from prompts import render
from rag_app.evidence.choose import around, show
from rag_app.evidence.guard import neutral
from rag_app.evidence.injection import shown_name
from rag_app.language.detector import likely_languages
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import in_order, pattern
from rag_app.language.words import words, written_words
from rag_app.models.generator import Message
from rag_app.proof.calibration import Errors, Logistic, logistic
from rag_app.reports import RefusalState
from rag_app.searching.document_names import CODE
from rag_app.types import Json

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    from ingest import Document
    from rag_app.evidence.choose import Evidence
    from rag_app.language.language import Language
    from rag_app.models.numbers import RerankerNumbers
    from rag_app.types import Hit

CALIBRATION = "refusal"  # what the library's own is called in its store
_CLEAR = 0.2, 0.9  # probabilities by the scores; beyond them a generator of which nothing was measured is not asked
EVEN = 0.5  # from this probability on there is an answer, by a calibration of one's own, or the generator's word alone
DOUBT = 0.2, 0.75  # probabilities between which the answer is written, and looked at as well


@dataclass(frozen=True, slots=True)
class Signals(Json):
    """What tells an answerable question from others, in logits."""

    passage: float  # the cross-encoder's score of the best passage
    piece: float  # of the best sentence or table row
    holds: float | None = None  # how much rather the generator says "yes" than "no" to the answer being in the piece

    def within(self, reach: float | None) -> dict[str, float]:
        """Return them by name, as a model weighs them: what is beyond `reach`, either way, says no more."""
        known = {name: float(value) for name, value in self.as_json().items() if value is not None}
        return known if reach is None else {name: max(min(value, reach), -reach) for name, value in known.items()}


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a question, without an answer being written."""

    signals: Signals
    documents: frozenset[str]  # of the passages
    said: str  # by all pieces of evidence


@dataclass(frozen=True, slots=True)
class Calibration(Json):
    """How likely signals make an answer, from which likelihood on one is given, and how often that is wrong."""

    first: Logistic  # without the generator's check
    second: Logistic  # with it
    bound: float  # least probability of an answer that is given
    hopeless: float  # probability by the first; below it the check is left out, and the question refused
    sure: float  # from it on the check is left out, and the question answered
    reach: float | None  # logits; scores beyond it, either way, say no more; None: all count as they are
    errors: Errors  # shares of answerable questions that are refused, and of others that are answered
    questions: int  # that these were measured on; 0: it is neutral, and was not measured
    reranker: str  # the models whose scores they were
    generator: str

    def fits(self, reranker: str, generator: str) -> bool:
        """Tell whether it was made with these models."""
        return (self.reranker, self.generator) == (reranker, generator)


@cache
def shipped() -> Calibration:
    """Return the calibration that comes with the program; docs/decisions/0025 tells what it was made from."""
    return calibration(resource_files("rag_app.proof").joinpath("refusal.json").read_text(encoding="utf-8"))


@cache
def supplied(reranker: str, generator: str) -> Calibration:
    """Return the calibration of the program for two models: a neutral one where it was not made with them.

    Of another pair the sign of the generator's check decides, and before it the scores, if the reranker is the same.

    Args:
        reranker: name under which its numbers were measured; empty if they were not.
        generator: the same of the generator.
    """
    known = shipped()
    if known.fits(reranker, generator):
        return known
    first = known.first if reranker == known.reranker else Logistic(0.0, {"passage": 0.0, "piece": 0.0})
    second = Logistic(0.0, {"passage": 0.0, "piece": 0.0, "holds": 1.0})
    hopeless, sure = _CLEAR
    neutral = replace(
        known,
        first=first,
        second=second,
        bound=EVEN,
        hopeless=hopeless,
        sure=sure,
        reach=None,
        errors=Errors(0.0, 0.0),
        questions=0,
    )
    return replace(neutral, reranker=reranker, generator=generator)


def calibration(text: str) -> Calibration:
    """Return the calibration that was written as JSON; ValueError where `text` is none."""
    try:
        value: Mapping[str, Any] = json.loads(text)
        parts = {name: logistic(value[name]) for name in ("first", "second")}
        rates = Errors(**{name: float(rate) for name, rate in value["errors"].items()})
        bounds: dict[str, float | None] = {name: float(value[name]) for name in ("bound", "hopeless", "sure")}
        names = {name: str(value[name]) for name in ("reranker", "generator")}
        known = set(Signals(0.0, 0.0, 0.0).as_json())
        if unknown := {name for part in parts.values() for name in part.weights} - known:
            raise ValueError(f"unknown signals: {', '.join(sorted(unknown))}")
        reach = value["reach"] if "reach" in value else shipped().reach  # which was not kept at first
        bounds["reach"] = None if reach is None else float(reach)
        return Calibration(**parts, **bounds, errors=rates, questions=int(value["questions"]), **names)  # type: ignore[arg-type]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a calibration: {error!r}") from error


def state_of(stored: str | None, reranker: str, generator: str, program: Calibration) -> RefusalState:
    """Return in words of the interface what `in_force` returns."""
    by, own = in_force(stored, reranker, generator, program)
    return RefusalState(own, by.questions > 0, by.questions, by.errors.missed, by.errors.false)


def signals(hits: Sequence[Hit], pieces: Sequence[Evidence], late_rank: float) -> Signals:
    """Return what the scores tell; there must be evidence, and so hits.

    What the hits lost for each doubling of their rank in the first stage, `late_rank`, is given back.
    """
    passage = max(hit.score + late_rank * log2(hit.retrieval_rank) for hit in hits)
    return Signals(passage, max(piece.score for piece in pieces))


def chance(found: Signals, check: Callable[[], float], by: Calibration) -> float:
    """Return the probability that the question can be answered; `check` is called only where the scores leave doubt."""
    first = second = by.first.probability(found.within(by.reach))
    if by.hopeless <= first < by.sure:
        second = by.second.probability(replace(found, holds=check()).within(by.reach))
    return decided(by, first, second)


def decided(by: Calibration, first: float, second: float) -> float:
    """Return the probability that counts of those by the first and the second model: 0 or 1 where the first is sure."""
    return second if by.hopeless <= first < by.sure else float(first >= by.sure)


def in_force(stored: str | None, reranker: str, generator: str, program: Calibration) -> tuple[Calibration, bool]:
    """Return the calibration to decide by, and whether it is the library's own.

    Args:
        stored: what the library has, if anything; it counts where it can be read and was made with the same models.
        reranker: name of the cross-encoder that is used.
        generator: name of the model that is asked.
        program: what counts where the library has none.
    """
    try:
        own = calibration(stored) if stored else None
    except ValueError:
        own = None
    return (own, True) if own and own.fits(reranker, generator) else (program, False)


class Prefers(Protocol):
    """What the checks need of a generator."""

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits it would rather begin its reply with `one` than with `other`."""
        ...


class AskedOnce:
    """A generator, loaded when it is first asked, that remembers what it preferred."""

    def __init__(self, generator: Callable[[], Prefers]) -> None:
        self._generator = generator
        self._known: dict[tuple[tuple[Message, ...], str, str], float] = {}

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return what it preferred before, or ask it."""
        asked = (tuple(messages), one, other)
        if asked not in self._known:
            self._known[asked] = self._generator().preference(messages, one, other)
        return self._known[asked]


def holds(question: str, pieces: Sequence[Evidence], read: Callable[[str], Document], generator: Prefers) -> float:
    """Return by how many logits the generator prefers "yes": the best piece, with its neighbours, holds the answer.

    Args:
        question: as it was searched.
        pieces: as `choose.gather` returns them.
        read: a path to the document.
        generator: is asked.
    """
    best = max(pieces, key=lambda piece: piece.worth)
    return _prefers_yes("holds_user", _looked_at(question, best, pieces, read(best.hit.document)), generator)


def carries(
    question: str,
    answer: str,
    piece: Evidence,
    pieces: Sequence[Evidence],
    document: Document,
    generator: Prefers,
    numbers: RerankerNumbers,
    least: float,
) -> bool:
    """Tell whether `piece`, with what stands around it in `pieces`, carries an answer that was in doubt.

    Where the scores leave it open, the generator is asked twice; its preferences must be above `least` together.
    """
    if piece.score >= numbers.carries_alone:
        return True
    values = _looked_at(question, piece, pieces, document)
    agreed = _prefers_yes("holds_user", values, generator)
    agreed += _prefers_yes("states_user", {**values, "answer": answer}, generator)
    return agreed + numbers.look_share * piece.score > least


def _looked_at(question: str, piece: Evidence, pieces: Sequence[Evidence], document: Document) -> dict[str, str]:
    title = shown_name(" ".join(document.title.split()))
    text = " ".join(neutral(show(around(pieces, piece))).split())
    return {"document": title, "text": text, "question": question}


def _prefers_yes(check: str, values: dict[str, str], generator: Prefers) -> float:
    messages = [Message("system", render("check_system")), Message("user", render(check, **values))]
    return generator.preference(messages, "yes", "no")


def foreign(question: str, document: Document) -> bool:
    """Tell whether the document never names what the question names: a code, a flat number, a year."""
    text = f"{document.path} {document.title} {document.text}".casefold()
    return any(name.casefold() not in text for name in CODE.findall(question) if not _counted().fullmatch(name))


def empty(question: str, answer: str) -> bool:
    """Tell whether an answer only says the question's own words again.

    It does not where the question lets choose one of several, or where they are put together to a name that does not
    stand there.
    """
    said, asked = set(words(answer)), set(words(question))
    choice = any(_chooses(language, asked) for language in likely_languages(question))
    return not said - asked - STOP_WORDS and not (said and choice) and not _new_name(question, answer)


def _chooses(language: Language, asked: set[str]) -> bool:
    """Tell whether words ask in a language which of several it is: with "or", or "which ... between"."""
    if not asked.isdisjoint(language.answers.either):
        return True
    return not asked.isdisjoint(language.answers.which) and not asked.isdisjoint(language.answers.between)


@cache
def _counted() -> re.Pattern[str]:
    """Return the pattern of a number with an ending, which is said in many ways: "15th", "1990s"."""
    return pattern(in_order(lambda language: language.dates.counted), before=r"\d+")


def _new_name(question: str, answer: str) -> bool:
    named = [word for word in written_words(answer) if word.casefold() not in STOP_WORDS]
    put = " ".join(named).casefold()
    return (
        len(named) > 1
        and any(word[0].isupper() for word in named)
        and len(named) == len({*named})
        and (put not in " ".join(written_words(question)).casefold())
    )
