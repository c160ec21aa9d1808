"""Sentences that say by how much something changed, but not how much it is: "revenue increased $334 million"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.detector import by_likelihood
from rag_app.language.language import languages
from rag_app.language.vocabulary import alternatives, in_order, word_pattern

if TYPE_CHECKING:
    from rag_app.language.language import Changes, Language


@dataclass(frozen=True, slots=True)
class _Rules:
    """How any language says it, as patterns."""

    changes: re.Pattern[str]
    level: re.Pattern[str]


@cache
def _rules() -> _Rules:
    told = [language.changes for language in languages() if language.changes.verbs]
    verbs = rf"{alternatives(in_order(lambda language: language.changes.verbs))}\w*"
    figure = rf"(?:{alternatives(in_order(lambda language: language.changes.about))}\s+)?[$€£¥]?\s?\d[\d.,]*"
    return _Rules(
        changes=re.compile("|".join(_says(said, verbs, figure) for said in told), re.IGNORECASE),
        level=re.compile(
            rf"\b{alternatives(in_order(lambda language: language.changes.level))}\s+{figure}|"
            rf"\b{alternatives(in_order(lambda language: language.changes.level_verbs))}\b",
            re.IGNORECASE,
        ),
    )


def _says(said: Changes, verbs: str, figure: str) -> str:
    by, far = alternatives(said.by), alternatives(said.by_far)
    units, nouns = alternatives(said.units), alternatives(said.nouns)
    return (
        rf"\b{verbs}(?:\s+{by})?\s+{figure}|\b{verbs}\s+(?:[\w-]+\s+){{1,8}}?{far}\s+{figure}|"
        rf"{figure}\s?(?:%|{units})?\s+{nouns}\b"
    )


def changes(sentence: str) -> bool:
    """Tell whether a sentence says by how much something changed and gives no figure of what it is."""
    rules = _rules()
    return bool(rules.changes.search(sentence)) and not rules.level.search(sentence)


def asks_change(question: str) -> bool:
    """Tell whether a question may ask for a change."""
    return any(_asks(language).search(question) for language in by_likelihood(question))


@cache
def _asks(language: Language) -> re.Pattern[str]:
    said = language.changes
    return word_pattern([rf"{alternatives(said.verbs)}\w*", *said.asks])
