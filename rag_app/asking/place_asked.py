"""Which place of a document a question asks for: a page, or a section, rule or step by its number or letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rag_app.asking.meant_document import generic_words
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import every, pattern
from rag_app.language.words import among, words

if TYPE_CHECKING:
    from collections.abc import Collection

_NUMBER = r"\d{1,3}(?:\.\d{1,3})*[a-z]?"
_ASKED = re.compile(
    rf"(?:(?P<word>[^\W\d_]+\.?)\s+)?(?:(?P<sign>§+)\s*)?"
    rf"(?<![\w.,/-])(?P<label>{_NUMBER}|[A-Z]|[IVXLC]+|[ivxlc]+)(?![\w/-]|[.,]\d)(?P<after>\.?\s+[^\W\d_]+)?"
)
_VERB = 1  # words that a question needs to ask for nothing but sections


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a question names."""

    label: str  # "4.2", "5", "B", "iv"
    word: str = ""  # before it, in lower case: "rule"
    page: bool = False
    sign: bool = False  # "§" stands before it
    plain: bool = False  # it can be nothing else: by its sign, the word before it, or as "4.2"


def places_asked(question: str, names: Collection[str] = ()) -> list[Place]:
    """Return the places that a question names, those told most plainly first.

    A letter or Roman figure has to have a word before it, and is looked for with that word.

    Args:
        question: any text.
        names: words of documents' names; a number among them names no place.
    """
    found: list[tuple[bool, bool, int, Place]] = []
    for match in _ASKED.finditer(question):
        word = (match["word"] or "").casefold()
        after = (match["after"] or "").strip(". ").casefold()
        label, page = match["label"], _is_page(word) or _is_page(after)
        marked = page or bool(match["sign"]) or (bool(word) and among(word.rstrip("."), _markers()))
        if label[0].isdigit() or page or (word and label.isupper()):
            place = Place(label, word, page=page, sign=bool(match["sign"]), plain=marked or "." in label)
            if marked or label.casefold() not in names:
                found.append((not marked, "." not in label, match.start(), place))
    return [place for *_, place in sorted(found, key=lambda one: one[:3])]


def asks_for_sections(question: str) -> bool:
    """Tell whether a question has a word for the parts of a document."""
    return bool(_sections().search(question))


def is_about_sections(question: str, names: Collection[str]) -> bool:
    """Tell whether a question that asks for sections has, beside the name of the document, no subject of its own."""
    if places_asked(question, names):
        return False
    return len(_subject(_sections().sub(" ", question), names)) <= _VERB


def is_about_place(question: str, place: Place, names: Collection[str]) -> bool:
    """Tell whether a question has no subject but a place of a document; one that is not plain leaves it no verb."""
    besides = [*names, place.word, place.label, *_markers(), *_pages()]
    subject = [word for word in _subject(question, besides) if not word.isdigit()]
    return len(subject) <= (_VERB if place.plain else 0)


def _subject(question: str, names: Collection[str]) -> list[str]:
    """Return the words of a question that say something beside these names."""
    said = [word for word in words(question) if word not in STOP_WORDS and word not in generic_words()]
    return [word for word in said if not among(word, names)]


@cache
def _sections() -> re.Pattern[str]:
    return pattern(every(lambda language: language.program.sections), before=r"\b", after=r"\b")


@cache
def _pages() -> frozenset[str]:
    return every(lambda language: language.reading.pages)


def _is_page(word: str) -> bool:
    return word in _pages() or (len(word) > 1 and among(word, _pages()))


@cache
def _markers() -> frozenset[str]:
    return frozenset(word.casefold() for word in every(lambda language: language.reading.markers))
