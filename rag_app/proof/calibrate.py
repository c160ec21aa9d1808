"""Refusal fitted to the user's own documents, by questions that are asked with and without the document that answers.

The questions are made from passages, so each has an answer; with its document left out of the search it has none, but
the nearest that the other documents hold. The weights that come with the program are the start, and few questions move
little but the bias.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag_app.errors import UsageError
from rag_app.proof.calibration import errors, fit, held_out
from rag_app.proof.refusal import EVEN, decided
from rag_app.text import holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rag_app.proof.calibration import Errors
    from rag_app.proof.refusal import Calibration, Look, Signals
    from rag_app.types import MadeQuestion

PULL = 20.0  # examples that the weights of the program count for
LEAST = 5  # examples of each kind


@dataclass(frozen=True, slots=True)
class Example:
    """What was seen of a question, and whether it had an answer."""

    signals: Signals
    answerable: bool


def examples(
    questions: Iterable[MadeQuestion], look: Callable[[str, str | None], Look | None], asked: Callable[[int], None]
) -> Iterator[Example]:
    """Yield what is seen of each question with its document and without it.

    Left out are questions whose document the search does not find, since that is no fault of refusal, and those whose
    answer stands in other documents as well.

    Args:
        questions: with answers.
        look: a question, and a document that is not searched, to what is seen; None where no passage is found.
        asked: is told how many questions are done.
    """
    for done, question in enumerate(questions, 1):
        own = look(question.question, None)
        if own and question.document in own.documents:
            yield Example(own.signals, answerable=True)
        other = look(question.question, question.document)
        if other and not holds(other.said, question.answer):
            yield Example(other.signals, answerable=False)
        asked(done)


def calibrated(found: Sequence[Example], by: Calibration) -> tuple[Calibration, Errors]:
    """Fit `by` to examples; from an even chance on there is an answer.

    Returns:
        The calibration, with what it errs in as measured on examples that it was not fitted to, and what `by` errs in
        on them. Where `by` errs no more often, its weights are kept.

    Raises:
        UsageError: fewer than five examples of one kind.
    """
    by = replace(by, bound=EVEN)
    rows, labels = [example.signals.within(by.reach) for example in found], [example.answerable for example in found]
    if min(sum(labels), len(labels) - sum(labels)) < LEAST:
        raise UsageError(
            f"The questions gave {sum(labels)} examples with an answer and {len(labels) - sum(labels)} without; "
            f"{LEAST} of each are needed.",
            hint="Ask for more with --questions, or ingest more documents.",
        )
    before = errors([decided(by, *_probabilities(by, row)) for row in rows], labels, by.bound)
    pairs = zip(*(held_out(rows, labels, model, PULL) for model in (by.first, by.second)), strict=True)
    after = errors([decided(by, first, second) for first, second in pairs], labels, by.bound)
    if after.missed + after.false >= before.missed + before.false:
        return replace(by, errors=before, questions=len(found)), before
    first, second = (fit(rows, labels, model, PULL) for model in (by.first, by.second))
    return replace(by, first=first, second=second, errors=after, questions=len(found)), before


def _probabilities(by: Calibration, row: dict[str, float]) -> tuple[float, float]:
    return by.first.probability(row), by.second.probability(row)
