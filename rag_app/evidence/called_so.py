"""Whether a value may be what a question wants made of values: a share, a change or an average is called one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rag_app.evidence.changes import asks_change
from rag_app.evidence.labels import content
from rag_app.language.detector import language_of
from rag_app.language.measures import PERCENT
from rag_app.language.vocabulary import in_order, word_pattern

if TYPE_CHECKING:
    import re


def may_be(question: str, called: str) -> bool:
    """Tell whether a value may be what is asked for, by what it is called with its value and unit."""
    language = language_of(question)
    if PERCENT in content(question, language) and PERCENT not in content(called, language):
        return False
    if asks_change(question) and not asks_change(called):
        return False
    return not _average().search(question) or bool(_average().search(called))


@cache
def _average() -> re.Pattern[str]:
    return word_pattern(in_order(lambda language: language.measures.average))
