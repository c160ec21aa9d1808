"""Words of all languages together, for texts whose language does not matter, and patterns of words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag_app.language.language import languages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rag_app.language.language import Language, Words

_NEVER = r"(?!)"


def every(part: Callable[[Language], Words]) -> frozenset[str]:
    """Return the words that a part has in any language, without double ones."""
    return frozenset(in_order(part))


def in_order(part: Callable[[Language], Words]) -> list[str]:
    """Return the same in a fixed order: language by language, and as they stand in its file."""
    return list(dict.fromkeys(word for language in languages() for word in part(language)))


def alternatives(parts: Iterable[str]) -> str:
    """Return an expression for any one of `parts`; of none it fits nowhere."""
    return f"(?:{'|'.join(parts) or _NEVER})"


def pattern(parts: Iterable[str], *, before: str = "", after: str = "", case: bool = False) -> re.Pattern[str]:
    """Return a pattern for any one of `parts` between two expressions, letter case aside unless it counts."""
    return re.compile(f"{before}{alternatives(parts)}{after}", 0 if case else re.IGNORECASE)


def word_pattern(parts: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any one of `parts` as whole words."""
    return pattern(parts, before=r"\b", after=r"\b")
