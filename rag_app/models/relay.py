"""A generator that passes on what it is asked; subclasses change some of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.models.generator import Form, Generator, Message, Usage


class GeneratorRelay:
    """A generator before another one."""

    def __init__(self, generator: Generator) -> None:
        self.name = generator.name
        self.context = generator.context
        self.numbers = generator.numbers
        self._generator = generator

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return self._generator.count_tokens(text)

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        """Yield the text in pieces."""
        return self._generator.stream(messages, usage, max_tokens=max_tokens, form=form)

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits the model would rather begin its reply with `one` than with `other`."""
        return self._generator.preference(messages, one, other)

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Return for each of some words the logit with which the reply would begin with it."""
        return self._generator.leanings(messages, words)
