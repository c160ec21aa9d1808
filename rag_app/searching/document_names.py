"""Which documents a question is about, by the names in it: passages of Intel's report should not answer for Microsoft.

A cross-encoder reads a passage alone, and a passage says "we" and "the company". Its document says the name elsewhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from math import log
from typing import TYPE_CHECKING

from rag_app.language.dates import YEAR, quarter_of, quarters_in
from rag_app.language.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CODE = re.compile(rf"\b(?:(?=\w*\d)(?=\w*[A-Za-z])\w{{2,}}|{YEAR})\b")  # E05, 4B, D540, 2025
_NAME = re.compile(rf"{CODE.pattern}|\b[^\W\d_][\w-]+\b")


def names(question: str) -> list[str]:
    """Return the words of `question` that are capitalised, or codes, or years, each once; a first quarter is "Q1"."""
    found = [word for word in _NAME.findall(question) if word[0].isupper() or any(map(str.isdigit, word))]
    quarters = [f"Q{quarter_of(match)}" for match in quarters_in(question) if not match["short"]]
    return list(dict.fromkeys(word for word in found + quarters if word.lower() not in STOP_WORDS))


def aboutness(question: str, shares: Callable[[str], Mapping[str, float]], documents: int) -> dict[str, float]:
    """Return how much each document is named in `question`, 0 to 1; documents that are not named are left out.

    A name counts the more the fewer documents have it, as a word does in inverse document frequency (Spärck Jones,
    1972): a company says more than a year.

    Args:
        question: any text.
        shares: a word to the share of its passages, 0 to 1, in which each document has the word.
        documents: how many there are in all.
    """
    total: dict[str, float] = defaultdict(float)
    whole = 0.0
    for share in filter(None, map(shares, names(question))):
        most = max(share.values())
        rarity = log(max(documents * most / sum(share.values()), 1.0))
        whole += rarity
        for document, value in share.items():
            total[document] += rarity * value / most
    return {document: value / whole for document, value in total.items()} if whole else {}
