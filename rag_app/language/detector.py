"""Which language a text is in: a document when it comes in, and a question when it is asked."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from functools import cache, lru_cache

from rag_app.language.language import DEFAULT, Language, get_language, languages
from rag_app.language.words import words

_SAMPLE = 20_000  # characters from which the language of a text is told
_SHORT = 1000  # characters; a question is asked about several times
_RARE = 0.5  # what a word tells that is not among the commonest


def language_of(text: str) -> Language:
    """Return the language that `text` is mostly written in; the default one in doubt."""
    return likely_languages(text)[0]


def likely_languages(text: str) -> tuple[Language, ...]:
    """Return the languages that `text` may be written in, the likeliest first; at least one.

    A script of its own tells a language. Else those have it that know most of its words which say nothing of a subject.
    Of these the default one is the first, or the one whose words are its own more than others' or among its commonest.
    """
    return _kept(text) if len(text) <= _SHORT else _likely(text[:_SAMPLE])


def _likely(text: str) -> tuple[Language, ...]:
    found = words(text)
    scripts = Counter(filter(None, (_script(word[0]) for word in found)))
    for script, count in scripts.most_common(1):
        if count > len(found) / 2:
            return (_by_script()[script],)
    known: Counter[str] = Counter()
    weighed: defaultdict[str, float] = defaultdict(float)
    for word in found:
        for code, weight in _weights().get(word, {}).items():
            known[code] += 1
            weighed[code] += weight
    most = max(known.values(), default=0)
    likely = [language for language in languages() if most and known[language.code] == most]
    likely.sort(key=lambda language: (language.code != DEFAULT, -weighed[language.code]))
    return tuple(likely) or (get_language(DEFAULT),)


_kept = lru_cache(1024)(_likely)


def by_likelihood(text: str) -> tuple[Language, ...]:
    """Return the languages whose rules may fit `text`, the likeliest first; all of them where nothing tells."""
    likely = likely_languages(text)
    others = (get_language(DEFAULT),) if any(word in _weights() for word in words(text)) else languages()
    return (*likely, *(language for language in others if language not in likely))


@cache
def _weights() -> dict[str, dict[str, float]]:
    """Return what each word tells for each language that has it."""
    having: dict[str, dict[str, float]] = {}
    for language in languages():
        frequent = {*language.frequent}
        asking = filter(str.isalpha, (*language.followup.verbs, *language.followup.asks, *language.kinds.summary))
        for word in {*language.frequent, *language.stop, *language.stop_here, *asking}:
            having.setdefault(word, {})[language.code] = 1.0 if word in frequent else _RARE
    return {word: {code: weight / len(known) for code, weight in known.items()} for word, known in having.items()}


@cache
def _by_script() -> dict[str, Language]:
    return {language.script: language for language in languages() if language.script}


@lru_cache(4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    return name if name in _by_script() else ""
