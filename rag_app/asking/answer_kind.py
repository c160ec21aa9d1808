"""Which kind of answer a question asks for, by the generator's choice: the same way in every language.

How far the generator leans to each kind says more than which it leans to most: it takes some kinds for others in ways
of its own. A linear model over all its leanings is fitted to questions of known kinds (benchmarks/question_kinds.py);
the weights are data, `answer_kind.json`, with the generator that they were fitted with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resource_files
from typing import TYPE_CHECKING

from rag_app.asking.choice import leanings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_app.models.generator import Generator
    from rag_app.types import AnswerKind


_ROOMY = 2048  # tokens of a generator that holds the examples too
NAMED: Mapping[str, AnswerKind] = {  # as the prompt calls them; the first token of each is another one
    "fact": "short",
    "list": "list",
    "steps": "howto",
    "explanation": "explanation",
    "yes": "yesno",
    "comparison": "comparison",
    "section": "section",
    "library": "library",
    "chat": "library",
}


@dataclass(frozen=True, slots=True)
class Sorter:
    """Tells kinds apart by the leanings of one generator."""

    generator: str  # name under which its numbers were measured
    bias: Mapping[str, float]  # of each kind, as the prompt calls it
    weights: Mapping[str, Mapping[str, float]]  # of each kind, for the leaning to each

    def kind(self, found: Mapping[str, float]) -> str:
        """Return the likeliest kind of a question to which the generator leans so, in logits."""
        mean = sum(found.values()) / len(found)
        likely = {
            name: self.bias[name] + sum(weight * (found[other] - mean) for other, weight in weights.items())
            for name, weights in self.weights.items()
        }
        return max(likely, key=likely.__getitem__)


@cache
def shipped() -> Sorter:
    """Return the weights that come with the program."""
    value = json.loads(resource_files("rag_app.asking").joinpath("answer_kind.json").read_text(encoding="utf-8"))
    return Sorter(value["generator"], value["bias"], value["weights"])


def answer_kind(question: str, generator: Generator) -> AnswerKind:
    """Return the kind of answer that a question asks for.

    A generator that was not measured has no say: its answers are short ones.
    """
    sorter = shipped()
    if generator.numbers.model != sorter.generator or generator.context < _ROOMY:
        return "short"
    return NAMED[sorter.kind(leanings("kind", question, NAMED, generator))]
