"""A figure that is worked out, written as the documents write theirs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag_app.language.detector import language_of
from rag_app.language.language import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

_UNGROUPED = 3  # digits that stand together without a mark
_GROUPED = re.compile(r"\d{1,3}(?:[.,’' ]\d{3})+(?!\d)")
_COMMA = re.compile(r",(?:\d{1,2}|\d{4,})\Z|^[1-9]\d{0,2}(?:\.\d{3})+(?:,|\Z)")  # that begins the decimals


def written_like(value: Decimal, figures: Sequence[str], question: str) -> str:
    """Return a figure with the marks for thousands and decimals of others, which have no sign.

    Where none of them is large enough to tell, it is written as the language of the question does.
    """
    large = [figure for figure in figures if len(re.split(r"[.,]\d{1,2}\Z", figure)[0]) > _UNGROUPED]
    grouped = any(map(_GROUPED.match, large)) if large else language_of(question).code == DEFAULT
    text = f"{value:,f}" if grouped else f"{value:f}"
    return text.translate(str.maketrans(",.", ".,")) if any(map(_COMMA.search, figures)) else text
