"""How two halves of a wrapped line fit together: a space, a hyphen, or neither."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from ingest.lexicon import NO_WORDS, Lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

_BROKEN_WORD = re.compile(r"([^\W_]+(?:-[^\W_]+)*)-$")
_LEADING_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_UNSPACED = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")  # Chinese and Japanese
_DASH = re.compile("[—–]")


class Words:
    """The words of a document: the evidence for hyphens at line ends."""

    def __init__(self, pages: Sequence[str], lexicon: Lexicon = NO_WORDS) -> None:
        self._pages = pages
        self._lexicon = lexicon

    def joint(self, left: str, right: str) -> tuple[str, str]:
        """Return `left`, without its last hyphen where `right` completes the word, and the glue."""
        broken, leading = _BROKEN_WORD.search(left), _LEADING_WORD.match(right)
        if broken and leading:
            return self._mend(left, broken[1], leading[0])
        if _DASH.match(left[-1]) and left[-2:-1].strip() and right[0].isalnum():
            return left, ""
        unspaced = _UNSPACED.match(left[-1]) and _UNSPACED.match(right)
        return left, "" if unspaced else " "

    def _mend(self, text: str, left: str, right: str) -> tuple[str, str]:
        if right.lower() in self._lexicon.suspended:  # "short- and long-term"
            return text, " "
        if left[-1].isalpha() and right[0].islower() and not self._keeps_hyphen(left, right):
            return text[:-1], ""
        return text, ""

    def _keeps_hyphen(self, left: str, right: str) -> bool:
        if "-" in left or "-" in right or len(left) == 1:
            return True
        compound, plain = self._counts[f"{left}-{right}".lower()], self._counts[(left + right).lower()]
        return compound > plain or (compound == plain and right in self._lexicon.compounds)

    @cached_property
    def _counts(self) -> Counter[str]:
        """How often each word and each hyphenated compound occurs within a line."""
        counts: Counter[str] = Counter()
        for page in self._pages:
            counts.update(_TOKEN.findall(page.lower()))
        return counts
