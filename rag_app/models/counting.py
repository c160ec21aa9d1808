"""What one question costs: every text that is written and every choice that is made for it, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.models.generator import Form, Generator, Message, Usage


@runtime_checkable
class CountsChoices(Protocol):
    """A generator that can say what its choices cost; of a text it says so anyway."""

    def counting(self, total: Usage) -> Generator:
        """Return the same generator, which adds to `total` what `preference` and `leanings` read."""
        ...


class CountedGenerator:
    """A generator whose texts and choices are added to one total."""

    def __init__(self, generator: Generator, total: Usage) -> None:
        generator = counting(generator, total)
        self.name = generator.name
        self.context = generator.context
        self.numbers = generator.numbers
        self._generator = generator
        self._total = total

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return self._generator.count_tokens(text)

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        """Yield the text in pieces; what it cost is counted when it is written, or closed."""
        try:
            yield from self._generator.stream(messages, usage, max_tokens=max_tokens, form=form)
        finally:
            self._total.add(usage)

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits the model would rather begin its reply with `one` than with `other`."""
        return self._generator.preference(messages, one, other)

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Return for each of some words the logit with which the reply would begin with it."""
        return self._generator.leanings(messages, words)


def counting(generator: Generator, total: Usage) -> Generator:
    """Return a generator that adds what its choices read to `total`, where it can; else the same."""
    return generator.counting(total) if isinstance(generator, CountsChoices) else generator
