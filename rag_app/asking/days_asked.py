"""Whether a question puts the dates of a column in order, and which of them it wants first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.language.detector import likely_languages
from rag_app.language.vocabulary import word_pattern

if TYPE_CHECKING:
    from rag_app.language.language import Words


def asks_for_days(question: str, name: str) -> bool:
    """Tell whether the values of a name are dates: it says so, or the question asks for the latest or the earliest."""
    dates = [word for one in likely_languages(question) for word in one.dates.called]
    return bool(word_pattern(dates).search(name)) or latest_first(question) is not None


def latest_first(question: str) -> bool | None:
    """Tell whether the latest comes first, or the earliest; None where a question says neither or both."""
    tongues = likely_languages(question)
    latest = _says(question, tuple(word for one in tongues for word in one.dates.latest))
    earliest = _says(question, tuple(word for one in tongues for word in one.dates.earliest))
    return latest if latest != earliest else None


def _says(question: str, said: Words) -> bool:
    return bool(word_pattern(said).search(question))
