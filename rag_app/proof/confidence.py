"""How likely an answer is right: a probability from what the encoders, the generator and the words say of it.

No signal alone tells a right answer from one that is beside the point. A logistic model over all of them is fitted to
answers whose outcome is known (benchmarks/confidence.py); its weights are data, `confidence.json`, with the models that
they were fitted with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resource_files
from math import copysign, log
from typing import TYPE_CHECKING

from prompts import render
from rag_app.evidence.guard import neutral
from rag_app.evidence.injection import shown_name
from rag_app.models.generator import Message
from rag_app.proof.calibration import Logistic, logistic
from rag_app.proof.quotes import content_words
from rag_app.types import Json

if TYPE_CHECKING:
    from rag_app.models.generator import Generator
    from rag_app.types import AnswerStatus

_FAR = 10.0  # log-odds; what is surer says no more


@dataclass(frozen=True, slots=True)
class Claim:
    """An answer and what it rests on."""

    question: str
    answer: str  # without markers
    shown: str  # the text that it is taken from, with its headings
    document: str  # its name or title


@dataclass(frozen=True, slots=True)
class Signals(Json):
    """What is seen of an answer."""

    says_right: float  # logits by which the generator rather says yes than no to "is it right"
    held: float  # share of the answer's words that stand in the best window
    answerable: float  # log-odds that the passages hold an answer at all, before one was written


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns signals into a probability, and a probability into a status."""

    model: Logistic
    answered: float  # least probability of a status `answered`
    shown: float  # least probability of an answer at all
    reranker: str
    generator: str

    def probability(self, seen: Signals) -> float:
        """Return how likely the answer is right, 0 to 1."""
        return self.model.probability(seen.as_json())

    def status(self, probability: float) -> AnswerStatus:
        """Return what an answer is called that is so likely right."""
        if probability >= self.answered:
            return "answered"
        return "partial" if probability >= self.shown else "not_found"


@cache
def shipped() -> Judge:
    """Return the weights that come with the program."""
    value = json.loads(resource_files("rag_app.proof").joinpath("confidence.json").read_text(encoding="utf-8"))
    return Judge(
        logistic(value["model"]),
        float(value["answered"]),
        float(value["shown"]),
        str(value["reranker"]),
        str(value["generator"]),
    )


def judge_of(reranker: str, generator: str) -> Judge:
    """Return what judges answers of two models: the generator's own word where the weights are of others.

    Args:
        reranker: name under which its numbers were measured; empty if they were not.
        generator: the same of the generator.
    """
    known = shipped()
    if (reranker, generator) == (known.reranker, known.generator):
        return known
    return Judge(Logistic(0.0, {"says_right": 1.0}), 0.5, 0.0, reranker, generator)


def signals(claim: Claim, best: str, likely: float, generator: Generator) -> Signals:
    """Return what is seen of an answer.

    Args:
        claim: the answer.
        best: text of the best window.
        likely: how likely the passages hold an answer, 0 to 1.
        generator: is asked once.
    """
    said = content_words(claim.answer) - content_words(claim.question)
    return Signals(
        says_right=_says_right(claim, generator),
        held=len(said & content_words(best)) / len(said) if said else 1.0,
        answerable=max(min(_log_odds(likely), _FAR), -_FAR),
    )


def _log_odds(likely: float) -> float:
    return log(likely / (1 - likely)) if 0 < likely < 1 else copysign(_FAR, likely - 0.5)


def _says_right(claim: Claim, generator: Generator) -> float:
    text = " ".join(neutral(claim.shown).split())
    values = {
        "document": shown_name(claim.document),
        "text": text,
        "question": claim.question,
        "answer": neutral(claim.answer),
    }
    messages = [Message("system", render("check_system")), Message("user", render("right_user", **values))]
    return generator.preference(messages, "yes", "no")
