"""The words of natural languages by which files are read; whoever reads brings them."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Words = frozenset[str]

_NONE: Words = frozenset()
_NEVER = r"(?!)"


@dataclass(frozen=True)
class Lexicon:
    """What is known of languages; an empty one knows none. Words are in lower case where nothing else is said."""

    titles: Words = _NONE  # abbreviations that end no sentence, without their last full stop: "dr", "e.g"
    numbered: Words = _NONE  # those that are one only before a number: "no", "fig"
    endings: Words = _NONE  # those that may end a sentence: the next word decides; "inc", "etc", "jan"
    starters: Words = _NONE  # with which a new sentence begins after one of these
    markers: Words = _NONE  # before the number of a heading or an item, as they are written: "Section"
    before_ordinals: Words = _NONE  # of languages that write these with a full stop: "am" 3. Mai
    after_ordinals: Words = _NONE  # the same: "mai", "jahrhundert"
    suspended: Words = _NONE  # after a hyphen that stands for the rest of a word: short- "and" long-term
    compounds: Words = _NONE  # before which a compound keeps its hyphen: long-"term"
    unfinished: Words = _NONE  # with which no paragraph ends, as they are written: "of"
    months: Words = _NONE  # in full, and cut short where that is no other word
    pages: Words = _NONE  # before the number of a page: "page", "p."
    page_counts: Words = _NONE  # between the number of a page and how many there are: 3 "of" 9
    new_files: Words = _NONE  # by which programs call new files, with a number or without: "document"
    untitled: Words = _NONE  # with which the titles of files begin that nobody gave one; may hold spaces
    no_value: Words = _NONE  # in place of a figure that there is none of: "n/a"
    no_meaning: Words = _NONE  # in place of one that would say nothing; may be a unit where it heads a column: "nm"
    unit_in: Words = _NONE  # before the unit of a table's figures: "in" thousands
    unit_of: Words = _NONE  # between its scale and its currency: thousands "of" euros
    scales: Words = _NONE  # in full and cut short, without a full stop: "thousands", "bn"
    currencies: Words = _NONE  # "euros"
    measures: Words = _NONE  # "kilograms"

    def lists(self) -> dict[str, list[str]]:
        """Return the words of each field in order, as they go to another process."""
        return {one.name: sorted(getattr(self, one.name)) for one in fields(self)}


NO_WORDS = Lexicon()
"""Knows no language."""


def from_lists(words: Mapping[str, Sequence[str]]) -> Lexicon:
    """Return the lexicon that `Lexicon.lists` was made of."""
    return Lexicon(**{name: frozenset(some) for name, some in words.items()})


def any_of(words: Iterable[str]) -> str:
    """Return the expression of any one of `words`, the longest that fits; of none it fits nowhere."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, ordered)) or _NEVER})"
