"""The codes of measures that words stand for: "kilograms" is "kg", "per cent" is "%"."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.units import MONEY, TIMES, units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_app.language.language import Language

PERCENT = "%"


@cache
def codes(language: Language) -> Mapping[str, str]:
    """Return the code of each name of a measure in a language that is one word, and of each code, in small letters."""
    found: dict[str, str] = {}
    for unit in units():
        if unit.dimension != MONEY and unit.symbols:
            written = (*unit.folded(language), *map(str.casefold, unit.symbols))
            found |= {name: unit.symbols[0].casefold() for name in written if " " not in name}
    return found | dict.fromkeys(language.measures.percent, PERCENT)


def names(language: Language) -> tuple[str, ...]:
    """Return the names of all measures in a language but those of times and money."""
    return tuple(name for unit in units() if unit.dimension not in (MONEY, *TIMES) for name in unit.names(language))
