"""Which kind of answer the generator chooses for a question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import pytest
from fakes import LIKELIHOODS, ScriptedGenerator

from prompts import examples
from rag_app.asking.answer_kind import answer_kind
from rag_app.models.numbers import GeneratorNumbers
from rag_app.types import AnswerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.generator import Message

QUESTION = "Why was the bridge closed?"
SHORT = LIKELIHOODS.kind_short


class Leaning(ScriptedGenerator):
    """Leans to words as it is told, to all others not at all."""

    def __init__(self, numbers: GeneratorNumbers = LIKELIHOODS, context: int = 4096, **leanings: float) -> None:
        super().__init__()
        self.numbers = numbers
        self.context = context
        self._leanings = leanings
        self.asked: list[tuple[Message, ...]] = []
        self.words: tuple[str, ...] = ()

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        self.asked.append(tuple(messages))
        self.words = tuple(words)
        return [self._leanings.get(word, 0.0) for word in words]


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("fact", "short"),
        ("list", "list"),
        ("steps", "howto"),
        ("explanation", "explanation"),
        ("yes", "yesno"),
        ("comparison", "comparison"),
    ],
)
def test_the_kind_is_the_one_that_the_generator_leans_to_most(named: str, kind: str) -> None:
    assert answer_kind(QUESTION, Leaning(**{"list": 0.5, "yes": 0.5, named: SHORT + 1})) == kind


@pytest.mark.parametrize(("more", "kind"), [(-0.5, "short"), (0.5, "explanation")])
def test_a_short_answer_is_given_where_another_kind_is_hardly_likelier(more: float, kind: str) -> None:
    assert SHORT > 0
    assert answer_kind(QUESTION, Leaning(fact=1.0, explanation=1.0 + SHORT + more)) == kind


@pytest.mark.parametrize(
    "changes",
    [
        {"numbers": GeneratorNumbers()},
        {"numbers": replace(LIKELIHOODS, kind_short=0.0)},
        {"context": 1024},
    ],
)
def test_a_generator_that_was_not_measured_or_is_small_is_not_asked(changes: dict[str, object]) -> None:
    generator = Leaning(list=100.0, **changes)  # type: ignore[arg-type]
    assert (answer_kind(QUESTION, generator), generator.asked) == ("short", [])


def test_the_question_comes_last_after_examples_that_are_the_same_for_all_questions() -> None:
    generator = Leaning()
    for question in (QUESTION, "كم مدة الإشعار؟", ""):
        answer_kind(question, generator)
    heads = {tuple(messages[:-1]) for messages in generator.asked}
    assert [messages[-1].content for messages in generator.asked] == [QUESTION, "كم مدة الإشعار؟", ""]
    [[system, *shown]] = heads
    assert system.role == "system"
    assert [message.role for message in shown] == ["user", "assistant"] * (len(shown) // 2)


def test_the_examples_show_each_kind_that_can_be_chosen_and_no_other() -> None:
    generator = Leaning()
    answer_kind(QUESTION, generator)
    assert {kind for _, _, kind in examples("kind_examples")} == set(generator.words)


def test_every_choice_is_a_kind_of_answer() -> None:
    probe = Leaning()
    answer_kind(QUESTION, probe)
    for word in probe.words:
        assert answer_kind(QUESTION, Leaning(**{word: 100.0})) in get_args(AnswerKind)
