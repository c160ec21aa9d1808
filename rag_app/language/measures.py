"""The codes of measures that words stand for: "kilograms" is "kg", "per cent" is "%"."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_app.language.language import Language

PERCENT = "%"


@cache
def codes(language: Language) -> Mapping[str, str]:
    """Return the code of each name of a measure in a language, and of each code."""
    found: dict[str, str] = {}
    for entry in language.measures.codes:
        code, *names = entry.split()
        found |= dict.fromkeys((code, *names), code)
    return found


def names(language: Language) -> tuple[str, ...]:
    """Return the names of the measures of length and weight in a language, without those that are only a code."""
    listed = (name for name, code in codes(language).items() if name != code)
    return (*listed, *language.measures.length, *language.measures.weight)
