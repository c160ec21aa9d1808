"""Two documents that answer one question differently: the same sentence with another figure or name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest import sentences
from rag_app.citations import content_words
from rag_app.spans import NUMBERS
from rag_app.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.context import Evidence

_CLOSE = 2.0  # logits that the other sentence may bear less on the question
_RELEVANT = 3.0  # logits that it must have at least
_SHARED = 2  # words that both must have
_UNITS = {
    "time": "minute minutes hour hours day days week weeks month months year years minuten stunde stunden tag tage "
    "tagen woche wochen monat monate monaten jahr jahre jahren",
    "month": "january february march april may june july august september october november december januar februar "
    "märz mai juni juli oktober dezember",
    "weekday": "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag "
    "samstag sonntag",
    "money": "euro euros eur cent cents dollar dollars usd pound pounds gbp franc francs chf franken",
    "length": "mm cm m km metre metres meter meters kilometre kilometres kilometer kilometers mile miles feet foot",
    "weight": "g kg gram grams kilogram kilograms gramm kilogramm tonne tonnes tonnen",
}
_KINDS = {word: kind for kind, words in _UNITS.items() for word in words.split()}
_WHO = re.compile(r"\W*(?:who|wer|qui|quién)\b", re.IGNORECASE)  # asks for one name


def contradicted(question: str, answer: str, piece: Evidence, pieces: Sequence[Evidence]) -> Evidence | None:
    """Return the piece of another document that says what `piece` says, but for the answer; None where there is none.

    Both must bear on the question about equally, and hold the same words of it. What the other has and `piece` has not
    must stand in the place of what it lacks of the answer: a figure for a figure, with a unit of the same kind, or a
    word for a word; a name counts where the question asks who. Rows of tables are left out, since they differ in their
    first column.
    """
    if piece.row:
        return None
    said = max(_sentences(piece), key=lambda words: len(words & _words(answer)))
    told = _words(answer) & said
    asked = _words(question) & said
    least = max(piece.score - _CLOSE, _RELEVANT)
    for other in sorted(pieces, key=lambda other: -other.score):
        if other.row or other.hit.document == piece.hit.document or other.score < least:
            continue
        for words in _sentences(other):
            missing, new = told - words, words - said
            if (
                asked <= words
                and len(said & words) >= _SHARED
                and _replaces(new, missing, names=_WHO.match(question) is not None)
            ):
                return other
    return None


def _sentences(piece: Evidence) -> list[set[str]]:
    """Return the words of each sentence of a piece: short ones are quoted together."""
    return [_words(piece.text[start:end]) for start, end in sentences(piece.text)] or [set()]


def _replaces(new: set[str], missing: set[str], *, names: bool) -> bool:
    """Tell whether the new words stand for the missing ones: figures for figures, or no more words than were there."""
    figures, others = {word for word in missing if _is_figure(word)}, {word for word in new if _is_figure(word)}
    if bool(figures) != bool(others) or not (figures or names):
        return False
    if figures:
        kinds = [{_KINDS.get(word) for word in words} for words in (missing - figures, new - others)]
        return kinds[1] <= kinds[0] - {None}
    return 0 < len(new) <= len(missing)


def _is_figure(word: str) -> bool:
    return word[0].isdigit() or word in NUMBERS


def _words(text: str) -> set[str]:
    return content_words(text) - STOP_WORDS
