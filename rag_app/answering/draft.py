"""What the generator writes from the evidence, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from prompts import examples, render
from rag_app.evidence.choose import choose, show
from rag_app.evidence.guard import Fence, neutral
from rag_app.language.detector import language_of
from rag_app.models.generator import Message, Usage
from rag_app.proof.quotes import (
    form_for,
    is_verdict,
    whole_sentences,
)
from rag_app.proof.refusal import (
    empty,
)
from rag_app.proof.wording import agree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.answering.stages import Stages
    from rag_app.evidence.choose import Evidence
    from rag_app.proof.quotes import AnswerForm


_ROOMY = 3072  # tokens of a generator that holds the examples too; without them a smaller one answers less well
FEW = 600  # characters of evidence with a piece that is clearly best


@dataclass(frozen=True, slots=True)
class Draft:
    """A short answer before its proof; where it is not believed, what it rests on is quoted in its place."""

    text: str
    believed: bool = True


def write(question: str, evidence: Sequence[Evidence], stages: Stages, earlier: str = "") -> Draft:
    """Ask for a short answer, and where the generator hesitates in another way too; the likelier one stands.

    It is asked for after examples, and then in the fewest words without any: these mislead in other questions.
    Where a piece of evidence is clearly best, the generator reads the best alone.
    An answer that is the same as an `earlier` one, from more evidence, is believed sooner.
    """
    scores, likelihoods = stages.numbers(), stages.generator().numbers
    if not earlier and max(piece.score for piece in evidence) >= scores.clearly_best:
        evidence = choose(evidence, FEW, out_of_reach=scores.out_of_reach)
    before = examples_for(stages)
    text, certainty = ask_generator("answer_user", question, evidence, stages, before)
    repeated = bool(earlier) and agree(text, earlier)
    if certainty >= (likelihoods.repeated if repeated else likelihoods.certain) or is_verdict(text):
        return Draft(text)
    brief, likelihood = ask_generator("brief_user", question, evidence, stages)
    likelier = max(certainty, likelihood)
    if empty(question, text):
        return Draft(brief, likelier >= likelihoods.believed)
    if agree(text, brief) or agree(brief, text) or empty(question, brief):
        return Draft(text, likelier >= likelihoods.repeated)
    return Draft(text if certainty >= likelihood else brief, likelier >= likelihoods.believed)


def ask_generator(
    prompt: str,
    question: str,
    evidence: Sequence[Evidence],
    stages: Stages,
    before: Sequence[Message] = (),
) -> tuple[str, float]:
    """Return what the generator answers from this evidence, and how certain it was of it."""
    shown = neutral(show(evidence))
    return say(_asked(prompt, shown, question), form_for(question, evidence), stages, before)


def _asked(prompt: str, shown: str, question: str) -> str:
    language = language_of(question).code
    return render(prompt, language, evidence=Fence.of(shown, question).around(shown), question=question)


def examples_for(stages: Stages) -> Sequence[Message]:
    """Return the examples before the question, for a generator that has room for them."""
    return _examples() if stages.generator().context >= _ROOMY else ()


@cache
def _examples() -> tuple[Message, ...]:
    """Return questions that are answered as they should be, as turns that go before the one that is asked."""
    messages: list[Message] = []
    for text, question, answered in examples("answer_examples"):
        shown = _asked("answer_user", text, question)
        messages += [Message("user", shown, kept=True), Message("assistant", answered, kept=True)]
    return tuple(messages)


def say(prompt: str, form: AnswerForm, stages: Stages, before: Sequence[Message] = ()) -> tuple[str, float]:
    """Return what the generator writes, and how certain it was of it."""
    messages, spent = [Message("system", render("answer_system"), kept=True), *before, Message("user", prompt)], Usage()
    text = "".join(stages.generator().stream(messages, spent, max_tokens=stages.answer_tokens, form=form))
    return whole_sentences(text.strip()), spent.certainty
