"""Which kind of answer the generator chooses for a question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import pytest
from fakes import LIKELIHOODS, ScriptedGenerator

from prompts import examples
from rag_app.asking.answer_kind import NAMED, Sorter, answer_kind, shipped
from rag_app.models.numbers import GeneratorNumbers
from rag_app.types import AnswerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.generator import Message

QUESTION = "Why was the bridge closed?"
FAR = 30.0  # logits; nothing that a kind is taken for by mistake leads it so far


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


@pytest.mark.parametrize(("named", "kind"), list(NAMED.items()))
def test_the_kind_is_the_one_that_the_generator_leans_to_by_far(named: str, kind: str) -> None:
    assert answer_kind(QUESTION, Leaning(**{named: FAR})) == kind


@pytest.mark.parametrize("shift", [-7.0, 0.0, 7.0])
def test_only_differences_between_leanings_count(shift: float) -> None:
    leanings = {name: 2.0 * row + shift for row, name in enumerate(NAMED)}
    assert answer_kind(QUESTION, Leaning(**leanings)) == answer_kind(
        QUESTION, Leaning(**{name: value - shift for name, value in leanings.items()})
    )


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ({"fact": 0.0, "list": 0.0}, "fact"),  # the bias decides
        ({"fact": 0.0, "list": 1.5}, "fact"),
        ({"fact": 0.0, "list": 2.5}, "list"),
        ({"fact": 4.0, "list": 5.0}, "fact"),
    ],
)
def test_a_kind_is_weighed_by_its_bias_and_all_leanings(found: dict[str, float], kind: str) -> None:
    own = {"fact": {"fact": 1.0, "list": 0.0}, "list": {"fact": 0.0, "list": 1.0}}
    assert Sorter("a", {"fact": 2.0, "list": 0.0}, own).kind(found) == kind


def test_a_kind_that_another_is_taken_for_gives_way() -> None:
    weights = {"fact": {"fact": 1.0, "list": 0.0}, "list": {"fact": 0.0, "list": -1.0}}
    assert Sorter("a", {"fact": 0.0, "list": 0.0}, weights).kind({"fact": 1.0, "list": 3.0}) == "fact"


def test_the_weights_that_are_shipped_are_of_all_kinds_and_of_a_measured_generator() -> None:
    sorter = shipped()
    assert sorter.generator == LIKELIHOODS.model
    assert set(sorter.weights) == set(sorter.bias) == set(NAMED)
    assert all(set(row) == set(NAMED) for row in sorter.weights.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"numbers": GeneratorNumbers()},
        {"numbers": replace(LIKELIHOODS, model="another")},
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
        assert answer_kind(QUESTION, Leaning(**{word: FAR})) in get_args(AnswerKind)
