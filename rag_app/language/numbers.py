"""Numbers that are written as words, in any language."""

from __future__ import annotations

import re
from functools import cache

from rag_app.language.language import languages
from rag_app.language.vocabulary import alternatives

_FEWEST = 2  # the word for one is an article as well


def number_of(word: str) -> int | None:
    """Return the number that a word in lower case stands for, None for another word."""
    return _numbers().get(word)


@cache
def _numbers() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in languages():
        for number, word in enumerate(language.numbers.words):
            if word not in language.numbers.doubtful:
                found.setdefault(word, number)
    return found


def spelled_out(text: str) -> list[str]:
    """Return the words of a text that stand for two or more, as they are written."""
    return _spelled().findall(text)


@cache
def _spelled() -> re.Pattern[str]:
    words = alternatives(word for word, number in _numbers().items() if number >= _FEWEST)
    return re.compile(rf"(?<![\w-]){words}(?![\w-])", re.IGNORECASE)
