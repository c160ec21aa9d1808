"""Words that say nothing about the subject of a question."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.vocabulary import every

if TYPE_CHECKING:
    from rag_app.language.language import Language

STOP_WORDS = every(lambda language: language.stop)
"""Those of every language that are nothing else in another, in lower case, accents composed."""


@cache
def stop_words(language: Language) -> frozenset[str]:
    """Return the same with those that say nothing in this language only."""
    return STOP_WORDS | frozenset(language.stop_here)
