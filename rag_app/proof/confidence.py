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
from typing import TYPE_CHECKING

from prompts import render
from rag_app.evidence.guard import neutral
from rag_app.evidence.injection import shown_name
from rag_app.models.generator import Message
from rag_app.proof.calibration import Logistic, logistic
from rag_app.proof.quotes import content_words
from rag_app.types import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.evidence.windows import Window
    from rag_app.models.generator import Generator
    from rag_app.types import AnswerStatus

_FAR = 10.0  # logits; what lies further apart says no more


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

    window: float  # the cross-encoder's logit of the best window
    margin: float  # by how much that of another document is behind
    says_right: float  # logits by which the generator rather says yes than no to "is it right"
    held: float  # share of the answer's words that stand in the best window


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


def signals(claim: Claim, found: Sequence[Window], generator: Generator) -> Signals:
    """Return what is seen of an answer.

    Args:
        claim: the answer.
        found: windows, best first, at least one.
        generator: is asked once.
    """
    best = found[0]
    rivals = [one.score for one in found if one.hit.document != best.hit.document]
    said = content_words(claim.answer) - content_words(claim.question)
    return Signals(
        window=best.score,
        margin=min(best.score - max(rivals, default=best.score - _FAR), _FAR),
        says_right=_says_right(claim, generator),
        held=len(said & content_words(best.text)) / len(said) if said else 1.0,
    )


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
