"""What a question costs: texts and choices are added to one total, whoever asks for them and however they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from fakes import LIKELIHOODS, ScriptedGenerator

from rag_app.models.counting import CountedGenerator
from rag_app.models.generator import Message, Usage
from rag_app.models.stopping import StoppableGenerator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.models.generator import Generator

ASKED = [Message("system", "Answer."), Message("user", "How long is it?")]  # five words


class Costly(ScriptedGenerator):
    """Says what its choices cost: the words of the prompt, of which the first is known."""

    def __init__(self) -> None:
        super().__init__(lambda _: "It is three months.")
        self.totals: list[Usage] = []

    def counting(self, total: Usage) -> Self:
        self.totals.append(total)
        return self

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        self._spend(messages)
        return super().preference(messages, one, other)

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        self._spend(messages)
        return super().leanings(messages, words)

    def _spend(self, messages: Sequence[Message]) -> None:
        read = sum(self.count_tokens(message.content) for message in messages)
        self.totals[-1].add(Usage(read, read - 1))


def spent(total: Usage) -> tuple[int, int, int]:
    return total.prompt, total.evaluated, total.completion


def stoppable(generator: Generator) -> Generator:
    return StoppableGenerator(generator, lambda: False)


def test_texts_and_choices_are_added_up() -> None:
    total = Usage()
    counted = CountedGenerator(Costly(), total)
    assert "".join(counted.stream(ASKED, Usage(), max_tokens=9)) == "It is three months."
    assert spent(total) == (5, 5, 4)
    assert counted.preference(ASKED, "yes", "no") == -2.0
    assert spent(total) == (10, 9, 4)
    assert list(counted.leanings(ASKED, ("yes", "no"))) == [0.0, -10.0]
    assert spent(total) == (15, 13, 4)


def test_choices_of_a_generator_that_can_be_stopped_count_too() -> None:
    total = Usage()
    CountedGenerator(stoppable(Costly()), total).preference(ASKED, "yes", "no")
    assert spent(total) == (5, 4, 0)


def test_a_generator_that_cannot_say_what_its_choices_cost_counts_its_texts() -> None:
    total = Usage()
    counted = CountedGenerator(stoppable(ScriptedGenerator(lambda _: "No.")), total)
    counted.preference(ASKED, "yes", "no")
    assert spent(total) == (0, 0, 0)
    list(counted.stream(ASKED, Usage(), max_tokens=9))
    assert spent(total) == (5, 5, 1)


def test_a_text_that_is_closed_counts_as_far_as_it_was_written() -> None:
    total = Usage()
    pieces: Iterator[Any] = CountedGenerator(Costly(), total).stream(ASKED, Usage(), max_tokens=9)
    assert [next(pieces), next(pieces)] == ["It", " is"]
    assert spent(total) == (0, 0, 0)
    pieces.close()  # type: ignore[attr-defined]
    assert spent(total) == (5, 5, 2)


def test_how_likely_a_text_was_is_told_of_it_alone() -> None:
    total, usage, generator = Usage(), Usage(), Costly()
    generator.certainty = -0.5
    list(CountedGenerator(generator, total).stream(ASKED, usage, max_tokens=9))
    assert (usage.certainty, total.certainty) == (-0.5, 0.0)


def test_a_counted_generator_is_the_one_it_stands_for() -> None:
    counted = CountedGenerator(Costly(), Usage())
    assert (counted.name, counted.context, counted.numbers) == ("script", 4096, LIKELIHOODS)
    assert counted.count_tokens("three months") == 2
