"""How text is cut into words, and which words are forms of one.

`words` are what the index tells apart. `tokens` keep what belongs together in writing: the marks within a figure and
the apostrophe within a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag_app.language.numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable

RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"  # marks of notes and powers: no part of the figure or word that they stand at
_FLAT = str.maketrans(RAISED + "₀₁₂₃₄₅₆₇₈₉", " " * len(RAISED) + "0123456789")
_WORD = re.compile(r"[^\W_]+")
FIGURE = r"\d+(?:[.,:/’']\d+)*"
LETTERS = rf"(?:[^\W\d_{RAISED}]{{1,3}}[²³](?!\w)|[^\W\d_{RAISED}]+(?:['’][^\W\d_{RAISED}]+)*)"  # "m²" is a unit
MARK = re.compile(rf"(?<=[\d)])(?:[{RAISED}]+|\^\([^\W_]\))")  # of a note or power at a figure
_TOKEN = re.compile(rf"{FIGURE}|{LETTERS}")
_STEM = 4  # letters; shorter beginnings say nothing about a word
_ALIKE = 3  # letters that two spellings of a word begin with
_ENDING = 3  # letters in which two forms of a word may differ
_ROOT = 5  # letters that two forms of a word share, where many are compared


@dataclass(frozen=True, slots=True)
class Written:
    """A word or figure as it is written, in characters of its text."""

    start: int
    end: int
    text: str


def flat(text: str) -> str:
    """Return a text of the same length without what is raised, and with lowered figures as others: "45 ", "CO2"."""
    return text.translate(_FLAT)


def unmarked(text: str) -> str:
    """Return a text of the same length without the marks that stand raised at its figures: "45 " for 45 with a 1."""
    return MARK.sub(lambda match: " " * len(match[0]), text)


def words(text: str) -> list[str]:
    """Return the words of a text as the index tells them apart, in lower case."""
    return _WORD.findall(unicodedata.normalize("NFC", flat(text)).lower())


def written_words(text: str) -> list[str]:
    """Return the same words in the letters that they are written in."""
    return _WORD.findall(flat(text))


def tokens(text: str) -> list[Written]:
    """Return the words and figures of a text as they are written, with their places."""
    return [Written(match.start(), match.end(), match[0]) for match in _TOKEN.finditer(text)]


def roots(text: str, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the beginnings of the words of a text but for some, by which many are compared at once."""
    return frozenset(word[:_ROOT] for word in words(text) if word not in without)


@lru_cache(50_000)
def same_word(word: str, source: str) -> bool:
    """Tell whether `word` is `source`, or another form of it.

    Letter case and accents do not count, and a number may be a figure or a word. A name, which begins with a capital,
    and what holds a digit have no other form.
    """
    one, other = folded(word), folded(source)
    if one == other or _figure(word) == _figure(source):
        return True
    if not (one.isalpha() and other.isalpha() and source.islower()):
        return False
    shared = shared_letters(one, other)
    if min(len(one), len(other)) < _STEM:
        return False
    if one[:_ALIKE] == other[:_ALIKE] and sorted(one) == sorted(other):  # "liters", "litres"
        return True
    return shared >= _STEM and max(len(one), len(other)) - shared <= _ENDING


def _figure(word: str) -> str:
    """Return a word, or the figure of the number that it stands for."""
    number = number_of(word.casefold())
    return word if number is None else str(number)


def among(word: str, others: Iterable[str]) -> bool:
    """Tell whether a word is one of `others`, in any of its forms."""
    return any(same_word(word, other) for other in others)


def shared_letters(one: str, other: str) -> int:
    """Return with how many letters both words begin."""
    for at, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return at
    return min(len(one), len(other))


def folded(word: str) -> str:
    """Return a word as it is compared: without letter case and accents."""
    plain = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
