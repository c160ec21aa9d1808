"""A short answer in the document's own words: the stretch of the evidence that it repeats, taken whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.language.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = 8  # a longer answer is a sentence, and is left as it was written
_BETWEEN = 2  # words of the evidence that the answer may have left out, beside small ones
_AHEAD = 5  # words of the evidence in which the next word of the answer has to come
_STEM = 4  # letters; shorter beginnings say nothing about a word
_ALIKE = 3  # letters that two spellings of a word begin with
_ENDING = 3  # letters in which two forms of a word may differ
_WORD = re.compile(r"\d+(?:[.,:/’']\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_QUALIFIERS = {
    *("over", "under", "about", "around", "approximately", "nearly", "almost", "roughly", "circa", "only", "exactly"),
    *("über", "unter", "etwa", "rund", "ungefähr", "fast", "knapp", "nur", "genau"),
}
_SMALL = STOP_WORDS - {
    *("no", "not", "nor", "nicht", "kein", "keine", "non", "ne", "pas", "ni", "ohne", "sans", "sin"),
    *("over", "under", "about", "above", "below", "before", "after", "until", "über", "unter", "vor", "nach", "bis"),
}  # the others may be left out, or put in, without another meaning
_ARTICLES = {"the", "a", "an", "der", "die", "das", "ein", "eine", "le", "la", "les", "un", "une", "el", "los", "las"}
_WHOLE = {"all", "both", "every", "each", "most", "some", "many", "several", "other", "alle", "beide", "jede", "einige"}
_AMOUNT = re.compile(rf"(?:an? )?(?:{'|'.join(NUMBERS[2:])}|dozen|hundred|thousand|million|billion)s?\b", re.IGNORECASE)
_PHRASES = ("more than ", "less than ", "fewer than ", "at least ", "at most ", "up to ", "mehr als ", "weniger als ")
_BEFORE = "€$£¥#§~−-"  # signs that belong to a figure after them
_ABBREVIATION = re.compile(r" \(([A-Z]{2,})s?\)")
_TIMES = re.compile(r"[-‐‑]times?\b")  # "six-time" says how many, and the other half nothing
_UNITS = re.compile(r"\s?(?:[%‰°€$£¥]|percent\b|per cent\b|Prozent\b)")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str


def snap(answer: str, text: str) -> str:
    """Return the stretch of `text` that a short answer repeats, or `answer` where there is none.

    Small words at its beginning are left out, but for an article or one such as "all". Words may differ in their
    endings, figures may be written as words, and small words may be missing. A figure keeps its sign, its unit and the
    word that limits it, a hyphenated word its other half, a quotation its marks.
    """
    said, held = _words(answer), _words(text)
    if not said or len(said) > WORDS:
        return answer
    found = _shortest(said, held)
    if found is None:
        return answer
    first, last = found
    before = held[first - 1].text.casefold() if first else ""
    if before in _ARTICLES | _WHOLE and before in {word.text.casefold() for word in said}:
        first -= 1
    start, end = _widened(text, held[first].start, held[_named(held, last, text)].end)
    return " ".join(text[start:end].split())


def _named(held: list[_Word], last: int, text: str) -> int:
    """Return the last word of the name that the word `last` stands in: that of "Liberal Party" for "Liberal"."""
    while (
        last + 1 < len(held)
        and all(
            word.text[0].isupper() and word.text[1:].islower() and not _small(word) for word in held[last : last + 2]
        )
        and text[held[last].end : held[last + 1].start] == " "
    ):
        last += 1
    return last


def agree(short: str, sentence: str) -> bool:
    """Tell whether `sentence` says all that the short answer says."""
    held = [word.text for word in _words(sentence)]
    said = [word.text for word in _words(short) if word.text.casefold() not in _SMALL]
    return all(among(word, held) for word in said)


def among(word: str, others: Iterable[str]) -> bool:
    """Tell whether a word is one of `others`, in any of its forms."""
    return any(same_word(word, other) for other in others)


def same_word(word: str, source: str) -> bool:
    """Tell whether `word` is `source`, or another form of it; names and figures have no other form."""
    one, other = word.casefold(), source.casefold()
    if one == other or (one in _number(other)) or (other in _number(one)):
        return True
    if not source.isalpha() or not source.islower() or min(len(one), len(other)) < _STEM:
        return False
    if one[:_ALIKE] == other[:_ALIKE] and sorted(one) == sorted(other):  # "liters", "litres"
        return True
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= _STEM and max(len(one), len(other)) - shared <= _ENDING


def _number(word: str) -> tuple[str, ...]:
    return (str(NUMBERS.index(word)),) if word in NUMBERS else ()


def _words(text: str) -> list[_Word]:
    return [_Word(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]


def _shortest(said: list[_Word], held: list[_Word]) -> tuple[int, int] | None:
    """Return the first and last word of the shortest stretch of `held` that has the words of `said` in order."""
    best: tuple[int, int] | None = None
    for first in range(len(held)):
        last = _reach(said, held, first)
        if last is not None and (best is None or last - first < best[1] - best[0]):
            best = first, last
    return best


def _reach(said: list[_Word], held: list[_Word], first: int) -> int | None:
    at, skipped, last = first, 0, None
    for word in said:
        ahead = _next(word, held, at, _BETWEEN - skipped)
        if last is None and ahead != first:
            if ahead is None and _small(word):
                continue  # a small word before the first that is held
            return None
        if ahead is None:
            if _small(word):
                continue
            return None
        skipped += sum(not _small(between) for between in held[at:ahead])
        at, last = ahead + 1, ahead
    return last


def _next(word: _Word, held: list[_Word], at: int, room: int) -> int | None:
    """Return where `word` comes next, at most `room` words that say something further on."""
    for row in range(at, min(at + _AHEAD, len(held))):
        if same_word(word.text, held[row].text):
            return row
        room -= not _small(held[row])
        if room < 0:
            break
    return None


def _small(word: _Word) -> bool:
    """Tell whether a word says nothing by itself; one in capitals, or with one later on, is a name ("SI", "Hay")."""
    named = (word.text[0].isupper() and word.start > 0) or (len(word.text) > 1 and word.text.isupper())
    return word.text.casefold() in _SMALL and not named


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in what belongs to the words at the edges."""
    while start and text[start - 1] in "-‐‑" and start > 1 and text[start - 2].isalnum():
        start = _word_start(text, start - 1)
    while end < len(text) - 1 and text[end] in "-‐‑" and text[end + 1].isalnum() and not _TIMES.match(text, end):
        end = _word_end(text, end + 1)
    if text[start].isdigit() or _AMOUNT.match(text, start):
        while start and text[start - 1] in _BEFORE:
            start -= 1
        start = _qualified(text, start)
    start = _phrased(text, start)
    if text[end - 1].isdigit() and (unit := _UNITS.match(text, end)):
        end = unit.end()
    if text[start:end].count("(") > text[start:end].count(")") and text[end : end + 1] == ")":
        end += 1
    end = _abbreviated(text, start, end)
    opening, closing = text[start - 1 : start], text[end : end + 1]
    if (opening, closing) in {('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("‘", "’")}:
        start, end = start - 1, end + 1
    return start, end


def _abbreviated(text: str, start: int, end: int) -> int:
    """Take in the abbreviation that follows a name in brackets: "Alpha Repertory Television Service (ARTS)"."""
    short = _ABBREVIATION.match(text, end)
    initials = [word.text[0].casefold() for word in _words(text[start:end]) if not _small(word)]
    if short and len(initials) > 1 and [*short[1].casefold()] == initials:
        return short.end()
    return end


def _qualified(text: str, start: int) -> int:
    before = text[:start]
    for phrase in _PHRASES:
        if before.casefold().endswith(phrase):
            return start - len(phrase)
    word = re.search(r"([^\W\d_]+)\s+$", before)
    return word.start() if word and word[1].casefold() in _QUALIFIERS else start


def _phrased(text: str, start: int) -> int:
    """Take in the beginning of a phrase whose last word the stretch begins with: "at" of "at least"."""
    for phrase in _PHRASES:
        first, last = phrase.split()
        if text[start:].casefold().startswith(f"{last} ") and text[:start].casefold().endswith(f"{first} "):
            return start - len(first) - 1
    return start


def _word_start(text: str, end: int) -> int:
    while end and text[end - 1].isalnum():
        end -= 1
    return end


def _word_end(text: str, start: int) -> int:
    while start < len(text) and text[start].isalnum():
        start += 1
    return start
