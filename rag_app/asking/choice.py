"""The generator's choice among words, after examples: what its reply would begin with, without a text being written."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prompts import examples, render
from rag_app.models.generator import Message

if TYPE_CHECKING:
    from collections.abc import Collection

    from rag_app.models.generator import Generator


def leanings(prompt: str, question: str, words: Collection[str], generator: Generator) -> dict[str, float]:
    """Return for each of some words, by how many logits the generator leans to it.

    Args:
        prompt: the name of a system text and of its examples, in `prompts`.
        question: that is sorted.
        words: that the examples answer with; the first token of each is another one.
        generator: is asked.
    """
    return dict(zip(words, generator.leanings(after_examples(prompt, question), tuple(words)), strict=True))


def after_examples(prompt: str, question: str) -> list[Message]:
    """Return a question after the system text and the examples that `prompt` names in `prompts`.

    Where the examples show a text, `question` is one after its text, as "`prompt`_user" has it.
    """
    return [*_before(prompt), Message("user", question)]


@cache
def _before(prompt: str) -> tuple[Message, ...]:
    messages = [Message("system", render(f"{prompt}_system"), kept=True)]
    for text, question, word in examples(f"{prompt}_examples"):
        asked = render(f"{prompt}_user", text=text, question=question) if text else question
        messages += [Message("user", asked, kept=True), Message("assistant", word, kept=True)]
    return tuple(messages)
