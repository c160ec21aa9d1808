"""A short answer in the document's own words: the stretch of the evidence that it repeats, taken whole."""

from __future__ import annotations

import re
from functools import cache

from rag_app.language.language import languages
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import alternatives, every, in_order, pattern
from rag_app.language.words import Written, among, same_word, tokens

WORDS = 8  # a longer answer is a sentence, and is left as it was written
_BETWEEN = 2  # words of the evidence that the answer may have left out, beside small ones
_AHEAD = 5  # words of the evidence in which the next word of the answer has to come
_BEFORE = "€$£¥#§~−-"  # signs that belong to a figure after them
_ABBREVIATION = re.compile(r" \(([A-Z]{2,})s?\)")


@cache
def _qualifiers() -> frozenset[str]:
    return every(lambda language: language.answers.qualifiers)


@cache
def _small_words() -> frozenset[str]:
    """Return the words that may be left out, or put in, without another meaning."""
    return STOP_WORDS - every(lambda language: language.answers.telling)


@cache
def leading() -> frozenset[str]:
    """Return the small words that stay at the beginning of an answer: articles, and such as "all"."""
    return every(lambda language: language.answers.articles) | every(lambda language: language.answers.whole)


@cache
def _amount() -> re.Pattern[str]:
    """Return the pattern of a number in words."""
    told = [language.numbers for language in languages() if language.numbers.words]
    return pattern(rf"(?:{said.before_large})?{alternatives((*said.words[2:], *said.large))}s?\b" for said in told)


@cache
def _limits() -> list[str]:
    return [f"{limit} " for limit in in_order(lambda language: language.answers.limits)]


@cache
def _times() -> re.Pattern[str]:
    """Return the pattern of a word's other half that says nothing: "six-time" says how many."""
    return pattern(in_order(lambda language: language.numbers.times), before="[-‐‑]", after=r"\b")


@cache
def _units() -> re.Pattern[str]:
    percent = alternatives(in_order(lambda language: language.numbers.percent))
    return re.compile(rf"\s?(?:[%‰°€$£¥]|{percent}\b)")


def snap(answer: str, text: str) -> str:
    """Return the stretch of `text` that a short answer repeats, or `answer` where there is none.

    Small words at its beginning are left out, but for an article or one such as "all". Words may differ in their
    endings, figures may be written as words, and small words may be missing. A figure keeps its sign, its unit and the
    word that limits it, a hyphenated word its other half, a quotation its marks.
    """
    said, held = tokens(answer), tokens(text)
    if not said or len(said) > WORDS:
        return answer
    found = _shortest(said, held)
    if found is None:
        return answer
    first, last = found
    before = held[first - 1].text.casefold() if first else ""
    if before in leading() and before in {word.text.casefold() for word in said}:
        first -= 1
    start, end = widened(text, held[first].start, held[_named(held, last, text)].end)
    return " ".join(text[start:end].split())


def _named(held: list[Written], last: int, text: str) -> int:
    """Return the last word of the name that the word `last` stands in: that of "Liberal Party" for "Liberal"."""
    while (
        last + 1 < len(held)
        and all(
            word.text[0].isupper() and word.text[1:].islower() and not is_small(word) for word in held[last : last + 2]
        )
        and text[held[last].end : held[last + 1].start] == " "
    ):
        last += 1
    return last


def agree(short: str, sentence: str) -> bool:
    """Tell whether `sentence` says all that the short answer says."""
    held = [word.text for word in tokens(sentence)]
    said = [word.text for word in tokens(short) if word.text.casefold() not in _small_words()]
    return all(among(word, held) for word in said)


def _shortest(said: list[Written], held: list[Written]) -> tuple[int, int] | None:
    """Return the first and last word of the shortest stretch of `held` that has the words of `said` in order."""
    best: tuple[int, int] | None = None
    for first in range(len(held)):
        last = _reach(said, held, first)
        if last is not None and (best is None or last - first < best[1] - best[0]):
            best = first, last
    return best


def _reach(said: list[Written], held: list[Written], first: int) -> int | None:
    at, skipped, last = first, 0, None
    for word in said:
        ahead = _next(word, held, at, _BETWEEN - skipped)
        if last is None and ahead != first:
            if ahead is None and is_small(word):
                continue  # a small word before the first that is held
            return None
        if ahead is None:
            if is_small(word):
                continue
            return None
        skipped += sum(not is_small(between) for between in held[at:ahead])
        at, last = ahead + 1, ahead
    return last


def _next(word: Written, held: list[Written], at: int, room: int) -> int | None:
    """Return where `word` comes next, at most `room` words that say something further on."""
    for row in range(at, min(at + _AHEAD, len(held))):
        if same_word(word.text, held[row].text):
            return row
        room -= not is_small(held[row])
        if room < 0:
            break
    return None


def is_small(word: Written) -> bool:
    """Tell whether a word says nothing by itself; one in capitals, or with one later on, is a name ("SI", "Hay")."""
    named = (word.text[0].isupper() and word.start > 0) or (len(word.text) > 1 and word.text.isupper())
    return word.text.casefold() in _small_words() and not named


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in what belongs to the words at the edges."""
    while start and text[start - 1] in "-‐‑" and start > 1 and text[start - 2].isalnum():
        start = _word_start(text, start - 1)
    while end < len(text) - 1 and text[end] in "-‐‑" and text[end + 1].isalnum() and not _times().match(text, end):
        end = _word_end(text, end + 1)
    if text[start].isdigit() or _amount().match(text, start):
        while start and text[start - 1] in _BEFORE:
            start -= 1
        start = _qualified(text, start)
    start = _phrased(text, start)
    if text[end - 1].isdigit() and (unit := _units().match(text, end)):
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
    initials = [word.text[0].casefold() for word in tokens(text[start:end]) if not is_small(word)]
    if short and len(initials) > 1 and [*short[1].casefold()] == initials:
        return short.end()
    return end


def _qualified(text: str, start: int) -> int:
    before = text[:start]
    for phrase in _limits():
        if before.casefold().endswith(phrase):
            return start - len(phrase)
    word = re.search(r"([^\W\d_]+)\s+$", before)
    return word.start() if word and word[1].casefold() in _qualifiers() else start


def _phrased(text: str, start: int) -> int:
    """Take in the beginning of a phrase whose last word the stretch begins with: "at" of "at least"."""
    for phrase in _limits():
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
