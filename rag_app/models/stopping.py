"""An answer that can be stopped from outside: each stage asks first, and the generator asks before every token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rag_app.models.counting import counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app.models.generator import Form, Generator, Message, Usage


class Stopped(Exception):
    """Nobody waits for this answer any more."""


@runtime_checkable
class Interruptible(Protocol):
    """A generator that can be stopped in the middle of a step."""

    def until(self, stop: Callable[[], bool]) -> Generator:
        """Return the same generator, which raises Stopped when `stop` says so while it works."""
        ...


class StoppableGenerator:
    """A generator that gives up as soon as `stop` says so; the model is free at once."""

    def __init__(self, generator: Generator, stop: Callable[[], bool]) -> None:
        if isinstance(generator, Interruptible):
            generator = generator.until(stop)
        self.name = generator.name
        self.context = generator.context
        self.numbers = generator.numbers
        self._generator = generator
        self._stop = stop

    def counting(self, total: Usage) -> StoppableGenerator:
        """Return the same generator, which adds what its choices read to `total`, where it can."""
        return StoppableGenerator(counting(self._generator, total), self._stop)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return self._generator.count_tokens(text)

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        """Yield the answer in pieces.

        Raises:
            Stopped: `stop` said so; the generator below has been closed.
        """
        check(self._stop)
        pieces = self._generator.stream(messages, usage, max_tokens=max_tokens, form=form)
        try:
            for piece in pieces:
                check(self._stop)
                yield piece
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits the model would rather begin its reply with `one` than with `other`.

        Raises:
            Stopped: `stop` said so.
        """
        check(self._stop)
        return self._generator.preference(messages, one, other)

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Return for each of some words the logit with which the reply would begin with it.

        Raises:
            Stopped: `stop` said so.
        """
        check(self._stop)
        return self._generator.leanings(messages, words)


def check(stop: Callable[[], bool]) -> None:
    """Raise Stopped where `stop` says so."""
    if stop():
        raise Stopped
